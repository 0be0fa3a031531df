package sns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Channels knows where can be posted, and what.
type Channels interface {
	// Ready refuses an account that an order must not name: one that is not the
	// tenant's on that channel (CodeNotFound), one that its owner must connect again
	// (CodeReconnect), one of a channel that is not set up here (CodeChannelOff).
	Ready(ctx context.Context, tenant id.Tenant, channel string, account id.Account) error
	// Check refuses words that the channel would refuse, with the field.
	Check(p message.SnsPublish) error
	// Identify is the channel's own id of the post at an address, "" where addresses do
	// not tell it, and the one address that stands for all of the post's. Refused: it is
	// no address of a post on that channel.
	Identify(channel, address string) (external, known string, err error)
}

// OrdersConfig makes Orders.
type OrdersConfig struct {
	DB       *store.Primary
	Replica  *store.Replica
	Engine   *pipeline.Engine
	Channels Channels
	// Order writes a post as the engine's recipe reads it; zero at = at once.
	Order func(p message.SnsPublish, at time.Time) (json.RawMessage, error)
	// Daily is how many posts of one tenant may go out in a day of Seoul; 0 = no cap. All
	// tenants share what a channel allows CastAD in a day.
	Daily int
	Now   func() time.Time
}

// Orders are the owner's side of posts: ordered, seen, cancelled, confirmed, removed, measured.
type Orders struct{ c OrdersConfig }

// NewOrders returns them.
func NewOrders(c OrdersConfig) *Orders { return &Orders{c: c} }

func (o *Orders) now() time.Time { return o.c.Now().UTC().Truncate(time.Microsecond) }

const (
	// farthest is how far ahead a post may be ordered: unused refresh tokens are kept
	// alive, but nobody remembers what was planned a year ago.
	farthest = 90 * 24 * time.Hour
	// late is how much too late a time may come and still mean "at once".
	late = time.Minute
)

// Request accepts a post: its row, its run and the first wake-up, or nothing. The
// same key and draft again return the post that was made (created is false); the
// same key with another draft is refused.
func (o *Orders) Request(ctx context.Context, tenant id.Tenant, d Draft, key message.Key) (p Post, created bool, err error) {
	hash, err := d.hash()
	if err != nil {
		return Post{}, false, err
	}
	p, err = o.byKey(ctx, tenant, key, hash)
	if !errors.Is(err, store.ErrNoRows) {
		return p, false, err // what was ordered stays ordered, whatever has become of its account
	}
	made, err := o.request(ctx, tenant, d, key, hash)
	chaos.Point("A2", "post")
	if err == nil {
		p, err = o.Show(ctx, tenant, made)
		return p, true, err
	}
	// Whatever refuses it, the same order may have been accepted at this moment.
	if p, was := o.byKey(ctx, tenant, key, hash); !errors.Is(was, store.ErrNoRows) {
		return p, false, was
	}
	if _, dup := store.Duplicate(err); dup {
		err = fault.Newf(fault.CodePostUnderWay, "order post of %v: another order was first", d.Ad)
	}
	return Post{}, false, err
}

// request makes the post.
func (o *Orders) request(ctx context.Context, tenant id.Tenant, d Draft, key message.Key, hash []byte) (id.Post, error) {
	n, err := o.compose(ctx, tenant, d)
	if err != nil {
		return 0, err
	}
	n.key, n.hash = key, hash
	return n.id, o.c.DB.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error { return o.insert(ctx, tx, n) },
		func(ctx context.Context, q store.Querier) (bool, error) {
			_, err := store.One(ctx, q, `SELECT id FROM publications WHERE tenant_id = ? AND id = ?`, func(p *id.Post) []any { return []any{p} }, tenant, n.id)
			if errors.Is(err, store.ErrNoRows) {
				return false, nil
			}
			return err == nil, err
		})
}

func (o *Orders) byKey(ctx context.Context, tenant id.Tenant, key message.Key, hash []byte) (Post, error) {
	type made struct {
		id   id.Post
		hash []byte
	}
	m, err := store.One(ctx, o.c.DB, `SELECT id, request_hash FROM publications WHERE tenant_id = ? AND request_key = ? LIMIT 1`,
		func(m *made) []any { return []any{&m.id, &m.hash} }, tenant, string(key))
	if err != nil {
		return Post{}, fmt.Errorf("find post of key: %w", err)
	}
	if string(m.hash) != string(hash) {
		return Post{}, fault.New(fault.CodeKeyReused)
	}
	return o.Show(ctx, tenant, m.id)
}

// insert writes the order within tx.
func (o *Orders) insert(ctx context.Context, tx *store.Tx, n post) error {
	number, err := o.number(ctx, tx, n)
	if err != nil {
		return err
	}
	n.Revision = number
	tags, err := json.Marshal(n.Hashtags)
	if err != nil {
		return fmt.Errorf("write hashtags of %v: %w", n.id, err)
	}
	var at any
	if !n.at.IsZero() {
		at = n.at
	}
	_, err = tx.Exec(ctx, `INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, url, privacy, made_for_kids,
		title, caption, hashtags_json, thumbnail_file, thumbnail_photo, video_id, scheduled_at, request_key, request_hash, created_at)
		VALUES (?, ?, ?, ?, 1, ?, ?, ?, 'ordered', '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.id, n.tenant, n.Ad, n.run, n.Channel, n.Account.String(), n.Revision, n.Privacy, n.MadeForKids,
		clip(n.Title, maxTitle), clip(n.Caption, maxCaption), string(tags), n.file, n.photo, n.Video, at, string(n.key), n.hash, n.now)
	if err != nil {
		return fmt.Errorf("insert %v: %w", n.id, err)
	}
	order, err := o.c.Order(n.SnsPublish, n.at)
	if err != nil {
		return fmt.Errorf("write order of %v: %w", n.id, err)
	}
	if err := o.c.Engine.Start(ctx, tx, pipeline.Order{Run: n.run, Tenant: n.tenant, Ad: n.Ad, JSON: order}); err != nil {
		return err
	}
	if err := o.room(ctx, tx, n); err != nil {
		return err
	}
	chaos.Point("A1", "post")
	return nil
}

// seoul has had no other offset since 1988.
var seoul = time.FixedZone("KST", 9*60*60)

// room refuses a post that was written already when it is one too many of the day on which
// it is to go out. Engine.Start has locked the tenant's day, so that orders are counted one
// after the other.
func (o *Orders) room(ctx context.Context, tx *store.Tx, n post) error {
	if o.c.Daily == 0 {
		return nil
	}
	out, again := n.at, time.Hour // another of that day may be cancelled
	if out.IsZero() {
		out = n.now
	}
	y, m, d := out.In(seoul).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, seoul).UTC()
	posts, err := store.One(ctx, tx, `SELECT COUNT(*) FROM publications p JOIN pipeline_steps s ON s.run_id = p.run_id AND s.step_no = p.step_no
		WHERE p.tenant_id = ? AND COALESCE(p.scheduled_at, p.created_at) >= ? AND COALESCE(p.scheduled_at, p.created_at) < ? AND s.state <> 'cancelled'`,
		func(n *int) []any { return []any{n} }, n.tenant, day, day.Add(24*time.Hour))
	if err != nil {
		return fmt.Errorf("count posts of the day: %w", err)
	}
	if posts <= o.c.Daily {
		return nil
	}
	if n.at.IsZero() { // at once is tomorrow then
		again = day.Add(24 * time.Hour).Sub(n.now)
	}
	return fault.Newf(fault.CodeDailyPosts, "order post: %d of %d on that day", posts, o.c.Daily).In("at").After(again)
}

// last is the newest post of an ad on an account.
type last struct {
	post   id.Post
	number int
	row    string // the row's state
	step   pipeline.State
	code   fault.Code
}

// number is the new post's; it refuses one that must not follow those before it. The
// newest one's row stays locked, so that its step, which writes to it before it calls
// the channel, either began before and is seen, or finds that it is replaced.
func (o *Orders) number(ctx context.Context, tx *store.Tx, n post) (int, error) {
	l, err := store.One(ctx, tx, `SELECT id, revision, state FROM publications
		WHERE tenant_id = ? AND ad_id = ? AND channel = ? AND account_id = ? ORDER BY revision DESC LIMIT 1 FOR UPDATE`,
		func(l *last) []any { return []any{&l.post, &l.number, &l.row} }, n.tenant, n.Ad, n.Channel, n.Account.String())
	if errors.Is(err, store.ErrNoRows) {
		return 1, o.planned(ctx, tx, n)
	}
	if err != nil {
		return 0, fmt.Errorf("read posts of %v: %w", n.Ad, err)
	}
	s, err := store.One(ctx, tx, `SELECT s.state, s.fail_code FROM publications p JOIN pipeline_steps s ON s.run_id = p.run_id AND s.step_no = p.step_no
		WHERE p.tenant_id = ? AND p.id = ? LIMIT 1`, func(l *last) []any { return []any{&l.step, &l.code} }, n.tenant, l.post)
	if err != nil {
		return 0, fmt.Errorf("read step of %v: %w", l.post, err)
	}
	l.step, l.code = s.step, s.code
	replace, err := l.allow(n.again)
	if err == nil && !n.again {
		err = o.alone(ctx, tx, n)
	}
	if err != nil || !replace {
		return l.number + 1, err
	}
	if _, err := tx.Exec(ctx, `UPDATE publications SET state = 'replaced' WHERE tenant_id = ? AND id = ?`, n.tenant, l.post); err != nil {
		return 0, fmt.Errorf("replace %v: %w", l.post, err)
	}
	return l.number + 1, nil
}

// allow says whether another post may follow, and whether it replaces this one,
// which came to nothing.
func (l last) allow(again bool) (replace bool, err error) {
	switch {
	case l.row == removed:
		return false, nil
	case l.row == published, l.row == ordered && l.step == pipeline.Ready:
		if again {
			return false, nil
		}
		return false, fault.Newf(fault.CodePosted, "%v is there, or will be", l.post)
	case !l.step.Ended(), l.code == fault.CodeAbandoned:
		return false, fault.Newf(fault.CodePostUnderWay, "%v is %s", l.post, l.step)
	}
	return true, nil
}

// alone refuses a post that is not ordered on purpose where the newest one came to nothing
// and another is out, may be, or is still to go.
func (o *Orders) alone(ctx context.Context, tx *store.Tx, n post) error {
	others, err := store.One(ctx, tx, `SELECT COUNT(*) FROM publications p JOIN pipeline_steps s ON s.run_id = p.run_id AND s.step_no = p.step_no
		WHERE p.tenant_id = ? AND p.ad_id = ? AND p.channel = ? AND p.account_id = ? AND p.state NOT IN ('removed', 'replaced')
		AND (s.state NOT IN ('failed', 'cancelled') OR s.fail_code = ?)`,
		func(n *int) []any { return []any{n} }, n.tenant, n.Ad, n.Channel, n.Account.String(), fault.CodeAbandoned)
	if err != nil {
		return fmt.Errorf("read other posts of %v: %w", n.Ad, err)
	}
	if others > 0 {
		return fault.Newf(fault.CodePosted, "%d others of %v are there, or may be", others, n.Ad)
	}
	return nil
}

// planned refuses a first post on an account where the ad's own run is still going to
// post: both would be the first one. (Steps that wait have no input yet; the wish names
// their accounts, whose ids are found in its text.)
func (o *Orders) planned(ctx context.Context, tx *store.Tx, n post) error {
	steps, err := store.One(ctx, tx, `SELECT COUNT(*) FROM ads a JOIN pipeline_steps s ON s.run_id = a.run_id
		WHERE a.tenant_id = ? AND a.id = ? AND INSTR(a.wish_json, ?) > 0 AND s.kind = 'publish' AND s.provider = ? AND s.state NOT IN ('succeeded', 'skipped', 'failed', 'cancelled')
		AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.run_id = s.run_id AND p.step_no = s.step_no)`,
		func(n *int) []any { return []any{n} }, n.tenant, n.Ad, n.Account.String(), n.Channel)
	if err != nil {
		return fmt.Errorf("read plans of %v: %w", n.Ad, err)
	}
	if steps > 0 {
		return fault.Newf(fault.CodePostUnderWay, "%v posts on %s by itself", n.Ad, n.Channel)
	}
	return nil
}
