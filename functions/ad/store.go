package ad

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"castad/shared/chaos"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store"
)

// Channels knows where an ad can be posted.
type Channels interface {
	// Ready refuses an account that an order must not name: one that is not the
	// tenant's on that channel (CodeNotFound), one that its owner must connect again
	// (CodeReconnect), one of a channel that is not set up here (CodeChannelOff).
	Ready(ctx context.Context, tenant id.Tenant, channel string, account id.Account) error
	// Check refuses words that the channel would refuse, with the field.
	Check(p message.SnsPublish) error
}

// Store holds every statement that writes ads, and the reads over an ad's run.
type Store struct {
	db       *store.Primary
	replica  *store.Replica
	engine   *pipeline.Engine
	channels Channels
	now      func() time.Time
}

// New returns the store.
func New(db *store.Primary, replica *store.Replica, engine *pipeline.Engine, channels Channels, now func() time.Time) *Store {
	return &Store{db: db, replica: replica, engine: engine, channels: channels, now: now}
}

// Start accepts an order: the ad, its run, its first wake-up, or nothing. The
// same key and wish again return the ad that was made (created is false); the
// same key with another wish is refused.
func (s *Store) Start(ctx context.Context, tenant id.Tenant, w Wish, key message.Key) (a Ad, created bool, err error) {
	text, err := json.Marshal(w)
	if err != nil {
		return Ad{}, false, fmt.Errorf("write wish: %w", err)
	}
	hash := sha256.Sum256(text)
	if no := s.ready(ctx, tenant, w, w.Channels); no != nil {
		// What was ordered stays ordered, whatever has become of its accounts.
		if a, err = s.byKey(ctx, tenant, key, hash); errors.Is(err, store.ErrNoRows) {
			err = no
		}
		return a, false, err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	a = Ad{ID: id.New[id.Ad](now), Run: id.New[id.Run](now), Place: w.Place, Wish: w, CreatedAt: now}
	err = s.db.TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO ads (id, tenant_id, place_id, run_id, wish_json, request_key, request_hash, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, a.ID, tenant, w.Place, a.Run, string(text), string(key), hash[:], now)
		if err != nil {
			return fmt.Errorf("insert %v: %w", a.ID, err)
		}
		if err := hasPhotos(ctx, tx, tenant, w.Place); err != nil {
			return err
		}
		if err := s.begin(ctx, tx, tenant, a.Run, order{Ad: a.ID, Wish: w}, revision{no: 1, hash: hash}, now); err != nil {
			return err
		}
		chaos.Point("A1", "")
		return nil
	}, func(ctx context.Context, q store.Querier) (bool, error) {
		_, err := store.One(ctx, q, `SELECT id FROM ads WHERE tenant_id = ? AND id = ?`, func(n *id.Ad) []any { return []any{n} }, tenant, a.ID)
		if errors.Is(err, store.ErrNoRows) {
			return false, nil
		}
		return err == nil, err
	})
	chaos.Point("A2", "")
	if _, dup := store.Duplicate(err); dup {
		a, err = s.byKey(ctx, tenant, key, hash)
		return a, false, err
	}
	if err != nil {
		return Ad{}, false, err
	}
	a, err = s.Show(ctx, tenant, a.ID)
	return a, true, err
}

// ready refuses a wish that names an account where nothing could be posted, or words
// that could not: neither is to be found out when the film has been paid for.
func (s *Store) ready(ctx context.Context, tenant id.Tenant, w Wish, to []Channel) error {
	for i, c := range to {
		field := fmt.Sprintf("channels[%d].account", i)
		account, err := c.account()
		if err != nil {
			return fault.Newf(fault.CodeBadValue, "order for %s: %w", c.Channel, err).In(field)
		}
		err = s.channels.Ready(ctx, tenant, c.Channel, account)
		if err == nil {
			title := cmp.Or(w.Title, "-") // one of CastAD's own suits every channel
			err = s.channels.Check(message.SnsPublish{Channel: c.Channel, Title: title, Caption: cmp.Or(w.Caption, title), Hashtags: w.Hashtags})
			field = fault.FieldOf(err)
		}
		switch code := fault.CodeOf(err); {
		case err == nil:
		case code == fault.CodeNotFound, code == fault.CodeReconnect, code == fault.CodeChannelOff, code == fault.CodeVendorRefused:
			return fault.Newf(code, "order for %s: %w", c.Channel, err).In(field)
		default:
			return fmt.Errorf("order for %s: %w", c.Channel, err)
		}
	}
	return nil
}

func hasPhotos(ctx context.Context, q store.Querier, tenant id.Tenant, place id.Place) error {
	n, err := store.One(ctx, q, `SELECT COUNT(ph.id) FROM places p LEFT JOIN place_photos ph ON ph.place_id = p.id AND ph.tenant_id = p.tenant_id AND ph.removed_at IS NULL
		WHERE p.tenant_id = ? AND p.id = ? GROUP BY p.id LIMIT 1`, func(n *int) []any { return []any{n} }, tenant, place)
	if errors.Is(err, store.ErrNoRows) {
		return fault.Newf(fault.CodeNotFound, "order an ad for %v: no such place", place).In("place")
	}
	if err != nil {
		return fmt.Errorf("count photos of %v: %w", place, err)
	}
	if n == 0 {
		return fault.New(fault.CodeNoPhotos).In("place")
	}
	return nil
}

func (s *Store) byKey(ctx context.Context, tenant id.Tenant, key message.Key, hash [32]byte) (Ad, error) {
	type made struct {
		id   id.Ad
		hash []byte
	}
	m, err := store.One(ctx, s.db, `SELECT id, request_hash FROM ads WHERE tenant_id = ? AND request_key = ? LIMIT 1`,
		func(m *made) []any { return []any{&m.id, &m.hash} }, tenant, string(key))
	if err != nil {
		return Ad{}, fmt.Errorf("find ad of key: %w", err)
	}
	if string(m.hash) != string(hash[:]) {
		return Ad{}, fault.New(fault.CodeKeyReused)
	}
	return s.Show(ctx, tenant, m.id)
}

// head reads an ad without its steps, and the order of its newest revision.
func (s *Store) head(ctx context.Context, tenant id.Tenant, ad id.Ad) (Ad, order, error) {
	type row struct {
		adRow
		text []byte
	}
	r, err := store.One(ctx, s.db, `SELECT a.id, a.place_id, a.run_id, a.revision, a.wish_json, a.created_at, a.updated_at, r.state, r.version, r.fail_code, r.approve_by, r.ended_at, r.order_json
		FROM ads a JOIN pipeline_runs r ON r.id = a.run_id WHERE a.tenant_id = ? AND a.id = ? AND a.deleted_at IS NULL LIMIT 1`,
		func(r *row) []any { return append(adColumns(&r.adRow), &r.text) }, tenant, ad)
	if errors.Is(err, store.ErrNoRows) {
		return Ad{}, order{}, fault.Newf(fault.CodeNotFound, "show %v: no such ad", ad)
	}
	if err != nil {
		return Ad{}, order{}, fmt.Errorf("show %v: %w", ad, err)
	}
	o, err := read(r.text)
	if err != nil {
		return Ad{}, order{}, err
	}
	a, err := r.finish()
	for _, p := range o.Photos {
		a.Photos = append(a.Photos, p.ID)
	}
	return a, o, err
}

type adRow struct {
	Ad
	wish []byte
	fail fault.Code
}

func adColumns(a *adRow) []any {
	return []any{&a.ID, &a.Place, &a.Run, &a.Revision, &a.wish, &a.CreatedAt, &a.UpdatedAt, &a.State, &a.Version, &a.fail, &a.ApproveBy, &a.EndedAt}
}

func (a adRow) finish() (Ad, error) {
	if err := json.Unmarshal(a.wish, &a.Wish); err != nil {
		return Ad{}, fault.Newf(fault.CodeInternal, "read wish of %v: %w", a.ID, err)
	}
	a.Fail = fault.Tell(a.fail)
	return a.Ad, nil
}

// Cancel stops an ad of the tenant's; cancelling again is no error. CodeAdEnded: it has
// ended otherwise.
func (s *Store) Cancel(ctx context.Context, tenant id.Tenant, ad id.Ad) (Ad, error) {
	a, err := s.control(ctx, tenant, ad, func(ctx context.Context, a Ad) error { return s.engine.Cancel(ctx, tenant, a.Run) })
	if fault.CodeOf(err) != fault.CodeAdEnded {
		return a, err
	}
	if now, seen := s.Show(ctx, tenant, ad); seen != nil || now.State == string(pipeline.RunCancelled) {
		return now, seen
	}
	return Ad{}, err
}

// Retry lets a failed ad go on from its failed steps; see Engine.Retry for a retry that
// comes again. When its film is yet to be made and what was read from its place's page must
// not be used any more, the ad goes on as an edit that changes nothing but reads it anew.
func (s *Store) Retry(ctx context.Context, tenant id.Tenant, ad id.Ad, key message.Key) (Ad, error) {
	again := Edit{}
	hash, err := hashOf(ad, again)
	if err != nil {
		return Ad{}, err
	}
	if a, err := s.revised(ctx, tenant, key, hash); !errors.Is(err, store.ErrNoRows) {
		return a, err
	}
	p, err := s.present(ctx, tenant, ad)
	if err != nil {
		return Ad{}, err
	}
	if p.state == pipeline.RunFailed && p.video == nil && s.tooOld(p.place) {
		_, _, err = s.Edit(ctx, tenant, ad, again, key, "")
	} else {
		err = s.engine.Retry(ctx, tenant, p.run, key, func(ctx context.Context, tx *store.Tx) error {
			return there(ctx, tx, tenant, ad)
		})
	}
	if code := fault.CodeOf(err); code == fault.CodeAdNotFailed || code == fault.CodeAdRunning {
		if on, looked := s.anew(ctx, tenant, ad, hash); on || looked != nil {
			err = looked
		}
	}
	if err != nil {
		return Ad{}, err
	}
	return s.Show(ctx, tenant, ad)
}

// anew says that the ad's newest revision is a retry that reads its place anew (an edit of
// that hash), and goes on or has ended well.
func (s *Store) anew(ctx context.Context, tenant id.Tenant, ad id.Ad, hash [32]byte) (bool, error) {
	n, err := store.One(ctx, s.db, `SELECT COUNT(*) FROM ads a JOIN ad_revisions v ON v.tenant_id = a.tenant_id AND v.ad_id = a.id AND v.run_id = a.run_id
		JOIN pipeline_runs r ON r.id = v.run_id WHERE a.tenant_id = ? AND a.id = ? AND v.request_hash = ? AND r.state IN (?, ?, ?)`,
		func(n *int) []any { return []any{n} }, tenant, ad, hash[:], pipeline.Running, pipeline.Awaiting, pipeline.RunSucceeded)
	if err != nil {
		return false, fmt.Errorf("look for a retry of %v: %w", ad, err)
	}
	return n > 0, nil
}

// there is NotFound when the ad has been put away. With a run of it locked it stays there
// until that is let go: see PutAway.
func there(ctx context.Context, tx *store.Tx, tenant id.Tenant, ad id.Ad) error {
	away, err := awayAt(ctx, tx, tenant, ad)
	if err == nil && away != nil {
		err = fault.Newf(fault.CodeNotFound, "look for %v: it was put away at %v", ad, away)
	}
	return err
}

// Approve lets an ad's posts go out. match, when it is not "", is the ETag with which its
// film was seen: CodeStale when the ad has another revision, whose film is another one.
func (s *Store) Approve(ctx context.Context, tenant id.Tenant, ad id.Ad, match string) (Ad, error) {
	return s.control(ctx, tenant, ad, func(ctx context.Context, a Ad) error {
		if match != "" && !strings.HasPrefix(match, fmt.Sprintf(`"%d.`, a.Revision)) {
			return fault.Newf(fault.CodeStale, "approve %v: %s is not of revision %d", ad, match, a.Revision)
		}
		return s.engine.Approve(ctx, tenant, a.Run)
	})
}

// control does something about an ad's newest run, and shows the ad as it is then.
func (s *Store) control(ctx context.Context, tenant id.Tenant, ad id.Ad, do func(context.Context, Ad) error) (Ad, error) {
	a, _, err := s.head(ctx, tenant, ad)
	if err != nil {
		return Ad{}, err
	}
	if err := do(ctx, a); err != nil {
		return Ad{}, err
	}
	return s.Show(ctx, tenant, ad)
}

// List returns the tenant's ads, newest first, that were made before the given
// one (0 = from the newest), at most limit. It reads the replica and may lag.
func (s *Store) List(ctx context.Context, tenant id.Tenant, before id.Ad, limit int) ([]Ad, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	rows, err := store.All(ctx, s.replica, `SELECT a.id, a.place_id, a.run_id, a.revision, a.wish_json, a.created_at, a.updated_at, r.state, r.version, r.fail_code, r.approve_by, r.ended_at
		FROM ads a JOIN pipeline_runs r ON r.id = a.run_id WHERE a.tenant_id = ? AND a.id < ? AND a.deleted_at IS NULL ORDER BY a.id DESC LIMIT ?`, adColumns, tenant, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list ads: %w", err)
	}
	ads := make([]Ad, 0, len(rows))
	for _, r := range rows {
		a, err := r.finish()
		if err != nil {
			return nil, err
		}
		ads = append(ads, a)
	}
	return ads, nil
}
