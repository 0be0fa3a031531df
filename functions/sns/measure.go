package sns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/store"
)

// How often a post is measured, after the first time, which follows at once. What people see of a post changes most in its first
// days; each question costs one of the project's 10,000 units a day at YouTube (of which
// the guard leaves most to posting), and one of the account's hourly calls at Instagram, where figures lag up to 48 h.
const (
	hourly    = time.Hour
	hourlyFor = 2 * 24 * time.Hour
	daily     = 24 * time.Hour
	dailyFor  = 30 * 24 * time.Hour
	weekly    = 7 * 24 * time.Hour
	weeklyFor = 90 * 24 * time.Hour
	// atOnce is how many posts of one channel one run of the timer measures at most.
	atOnce = 50
)

// Counts are a channel's figures; what it does not count is -1.
type Counts struct {
	// ExternalID is the channel's id of the post, for one that was known by its address.
	ExternalID                     string
	Views, Likes, Comments, Shares int64
	At                             time.Time
}

// due is a post that is to be measured.
type due struct {
	Target
	account   string
	published time.Time
	at        time.Time
	missed    *time.Time
}

// channelNames are the channels, in the order in which they are asked.
var channelNames = []string{"youtube", "instagram"}

// Measure asks for the figures of the posts whose time has come, the longest due
// first, at most 50 of each channel, and returns how many were measured and how many could not be.
// ask returns message.Absent when the channel has no such post: missed twice, an hour
// apart, it counts as removed. A channel that has no more questions left is not asked
// again in this run, and does not keep another one waiting; nor does one that hangs: each
// may use its share of the time that is left.
func (o *Orders) Measure(ctx context.Context, ask func(context.Context, Target) (Counts, error)) (measured, failed int, err error) {
	var stuck []error
	for i, channel := range channelNames {
		part, cancel := share(ctx, len(channelNames)-i)
		m, f, err := o.measureOn(part, channel, ask)
		cancel()
		measured, failed, stuck = measured+m, failed+f, append(stuck, err)
	}
	return measured, failed, errors.Join(stuck...)
}

// share is ctx with the nth part of the time that it leaves.
func share(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	ends, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(ends)/time.Duration(n))
}

// measureOn is Measure for one channel.
func (o *Orders) measureOn(ctx context.Context, channel string, ask func(context.Context, Target) (Counts, error)) (measured, failed int, err error) {
	rows, err := store.All(ctx, o.c.DB, `SELECT id, tenant_id, channel, account_id, COALESCE(external_post_id, ''), url, published_at, measure_at, missed_at FROM publications
		WHERE measure_at <= ? AND channel = ? AND state = 'published' AND (external_post_id IS NOT NULL OR url <> '') AND published_at IS NOT NULL ORDER BY measure_at LIMIT ?`,
		func(d *due) []any {
			return []any{&d.Post, &d.Tenant, &d.Channel, &d.account, &d.ExternalID, &d.URL, &d.published, &d.at, &d.missed}
		}, o.now(), channel, atOnce)
	if err != nil {
		return 0, 0, fmt.Errorf("read posts of %s to measure: %w", channel, err)
	}
	full := false
	var stuck []error
	for _, d := range rows {
		if full || ctx.Err() != nil {
			break
		}
		mine, err := o.claim(ctx, d)
		if err == nil && mine {
			err = o.measure(ctx, d, ask)
		}
		switch {
		case err == nil && mine:
			measured++
		case err != nil:
			failed++
			full = fault.KindOf(err) == fault.TooMany || fault.CodeOf(err) == fault.CodeVendorQuota || errors.Is(err, fault.ErrPaused)
			if fault.CodeOf(err) != fault.CodeReconnect { // that is the owner's business, who is told (ask)
				stuck = append(stuck, err)
			}
		}
	}
	return measured, failed, errors.Join(stuck...)
}

// claim takes a post for this run, or leaves it to another that was first. A run that
// dies here, or is not answered, has cost the post an hour.
func (o *Orders) claim(ctx context.Context, d due) (mine bool, err error) {
	n, err := o.c.DB.Exec(ctx, `UPDATE publications SET measure_at = ? WHERE tenant_id = ? AND id = ? AND measure_at = ?`, o.later(d, hourly), d.Tenant, d.Post, d.at)
	if err != nil {
		return false, fmt.Errorf("claim %v: %w", d.Post, err)
	}
	return n == 1, nil
}

func (o *Orders) measure(ctx context.Context, d due, ask func(context.Context, Target) (Counts, error)) error {
	if err := d.Account.UnmarshalText([]byte(d.account)); err != nil { // from before accounts were connected
		return o.postpone(ctx, d, weekly)
	}
	c, err := ask(ctx, d.Target)
	switch {
	case errors.As(err, &message.Absent{}):
		return o.missing(ctx, d)
	case fault.CodeOf(err) == fault.CodeReconnect, fault.KindOf(err) == fault.NotFound:
		return errors.Join(err, o.postpone(ctx, d, daily))
	case err != nil:
		return fmt.Errorf("measure %v: %w", d.Post, err)
	}
	err = o.c.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE publications SET measure_at = ?, missed_at = NULL, external_post_id = COALESCE(external_post_id, ?)
			WHERE tenant_id = ? AND id = ? AND state = 'published'`, o.after(d.published), cmp.Or(d.ExternalID, c.ExternalID), d.Tenant, d.Post)
		if err != nil || n == 0 { // removed meanwhile: nobody asks any more
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO post_metrics (post_id, at, tenant_id, views, likes, comments, shares) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			d.Post, c.At.UTC().Truncate(time.Microsecond), d.Tenant, c.Views, c.Likes, c.Comments, c.Shares)
		if err != nil {
			return fmt.Errorf("keep figures of %v: %w", d.Post, err)
		}
		return nil
	})
	if _, dup := store.Duplicate(err); dup { // another post is at that address, and measured
		return o.postpone(ctx, d, weekly)
	}
	return err
}

// after is when a post of that age is measured next; nil = never again.
func (o *Orders) after(published time.Time) *time.Time {
	now := o.now()
	var next time.Time
	switch age := now.Sub(published); {
	case age < hourlyFor:
		next = now.Add(hourly)
	case age < dailyFor:
		next = now.Add(daily)
	case age < weeklyFor:
		next = now.Add(weekly)
	default:
		return nil
	}
	return &next
}

// later is when a post is asked about again that tells nothing now; nil = never: it is too old.
func (o *Orders) later(d due, by time.Duration) *time.Time {
	now := o.now()
	if now.Sub(d.published) >= weeklyFor {
		return nil
	}
	at := now.Add(by)
	return &at
}

func (o *Orders) postpone(ctx context.Context, d due, by time.Duration) error {
	if _, err := o.c.DB.Exec(ctx, `UPDATE publications SET measure_at = ? WHERE tenant_id = ? AND id = ? AND state = 'published'`, o.later(d, by), d.Tenant, d.Post); err != nil {
		return fmt.Errorf("postpone %v: %w", d.Post, err)
	}
	return nil
}

// missing notes that the channel does not have the post; the second time it is gone:
// its owner has deleted it there.
func (o *Orders) missing(ctx context.Context, d due) error {
	now := o.now()
	query, args := `UPDATE publications SET missed_at = ? WHERE tenant_id = ? AND id = ? AND state = 'published'`, []any{now, d.Tenant, d.Post}
	if d.missed != nil {
		query = `UPDATE publications SET removed_at = ?, state = 'removed', measure_at = NULL, note = 'the channel does not have it any more'
			WHERE tenant_id = ? AND id = ? AND state = 'published'`
	}
	if _, err := o.c.DB.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("mark %v missing: %w", d.Post, err)
	}
	return nil
}
