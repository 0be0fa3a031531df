package sns_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"

	"github.com/google/go-cmp/cmp"
)

// measure runs the timer once; the channel answers by the id of a post.
func (d *desk) measure(ask func(external string) (sns.Counts, error)) (measured, failed int, err error) {
	return d.orders.Measure(d.t.Context(), func(_ context.Context, t sns.Target) (sns.Counts, error) {
		if t.Tenant != 7 || t.Account != 9 {
			d.t.Errorf("asked for %+v", t)
		}
		c, err := ask(t.ExternalID)
		c.At = d.now()
		return c, err
	})
}

func (d *desk) measured(what string, n int, ask func(string) (sns.Counts, error)) {
	d.t.Helper()
	if got, failed, err := d.measure(ask); got != n || failed != 0 || err != nil {
		d.t.Errorf("%s: %d measured, %d failed, %v; want %d", what, got, failed, err, n)
	}
}

// What is asked of a channel grows with a post's age no faster than the plan says.
func TestAPostIsMeasuredOftenAtFirstAndNotForEver(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.publish(d.order(d.draft()), "v1")
	views := int64(0)
	count := func(string) (sns.Counts, error) {
		views++
		return sns.Counts{Views: views, Likes: 2, Comments: 0, Shares: -1}, nil
	}
	asked := map[string]int64{}
	begin := d.now()
	for d.now().Sub(begin) < 120*24*time.Hour {
		before := views
		if _, failed, err := d.measure(count); failed != 0 || err != nil {
			t.Fatal(failed, err)
		}
		switch age := d.now().Sub(begin); {
		case age < 48*time.Hour:
			asked["two days"] += views - before
		case age < 30*24*time.Hour:
			asked["a month"] += views - before
		default:
			asked["for ever"] += views - before
		}
		d.pass(30 * time.Minute)
		if d.now().Sub(begin) > 50*time.Hour { // fewer rounds, the same questions
			d.pass(11*time.Hour + 30*time.Minute)
		}
	}
	if want := map[string]int64{"two days": 48, "a month": 28, "for ever": 10}; !cmp.Equal(want, asked) {
		t.Errorf("asked %v, want %v", asked, want)
	}
	got := d.show(p)
	if m := got.Metrics; m == nil || *m.Views != views || *m.Likes != 2 || *m.Comments != 0 || m.Shares != nil {
		t.Errorf("shown as %+v", m)
	}
}

func TestTwoTimersAtOnceAskOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.publish(d.order(d.draft()), "v1")
	var asked atomic.Int32
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, _, err := d.measure(func(string) (sns.Counts, error) { asked.Add(1); return sns.Counts{}, nil }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// shelf publishes n posts and makes them due.
func (d *desk) shelf(n int) {
	d.t.Helper()
	for i := range n {
		draft := d.draft()
		draft.Again = true
		d.publish(d.order(draft), fmt.Sprint("v", i))
	}
}

func TestAChannelThatAllowsNoMoreQuestionsIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]fault.Code{"too fast": fault.CodeVendorBusy, "the day's quota is used up": fault.CodeVendorQuota} {
		d := newDesk(t)
		d.shelf(3)
		asked := 0
		_, failed, err := d.measure(func(string) (sns.Counts, error) { asked++; return sns.Counts{}, fault.New(code) })
		if asked != 1 || failed != 1 || fault.CodeOf(err) != code {
			t.Errorf("%s: asked %d times, %d failed, %v", name, asked, failed, err)
		}
		d.measured("the others come next", 2, func(string) (sns.Counts, error) { return sns.Counts{}, nil })
	}
}

// A channel whose questions are used up for the day does not take another one's turn:
// as many of its posts are due as are asked about at once, and all for longer.
func TestAChannelThatIsFullDoesNotKeepAnotherWaiting(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if want := strings.Join(sns.ChannelNames, ","); !strings.Contains(string(channelsTag(t)), `enum:"`+want+`"`) {
		t.Errorf("posts are ordered for %s, and %s are measured", channelsTag(t), want)
	}
	d.exec(`INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, external_post_id, url, created_at, published_at, measure_at)
		WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 60)
		SELECT i, 7, 20, i, 1, 'youtube', ?, i, 'published', CONCAT('v', i), '', ?, ?, ? FROM n`, id.Account(9).String(), d.now(), d.now(), d.now().Add(-time.Hour))
	draft := d.draft()
	draft.Channel = "instagram"
	reel := d.publish(d.order(draft), "reel")
	ask := func(external string) (sns.Counts, error) {
		if external != "reel" {
			return sns.Counts{}, fault.New(fault.CodeVendorQuota)
		}
		return sns.Counts{Views: 5}, nil
	}
	if n, failed, err := d.measure(ask); n != 1 || failed != 1 || fault.CodeOf(err) != fault.CodeVendorQuota {
		t.Errorf("%d measured, %d failed, %v", n, failed, err)
	}
	if got := d.show(reel); got.Metrics == nil || *got.Metrics.Views != 5 {
		t.Errorf("the reel's figures are %+v", got.Metrics)
	}
}

func TestAChannelThatHangsDoesNotKeepAnotherWaiting(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.shelf(2)
	draft := d.draft()
	draft.Channel = "instagram"
	reel := d.publish(d.order(draft), "reel")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, failed, err := d.orders.Measure(ctx, func(ctx context.Context, target sns.Target) (sns.Counts, error) {
		if target.Channel == "youtube" {
			<-ctx.Done()
			return sns.Counts{}, fault.Newf(fault.CodeVendorDown, "%w", ctx.Err())
		}
		return sns.Counts{Views: 5, At: d.now()}, nil
	})
	if failed != 1 || fault.CodeOf(err) != fault.CodeVendorDown {
		t.Errorf("%d failed, %v", failed, err)
	}
	if got := d.show(reel); got.Metrics == nil || *got.Metrics.Views != 5 {
		t.Errorf("the reel's figures are %+v", got.Metrics)
	}
}

func channelsTag(t *testing.T) reflect.StructTag {
	t.Helper()
	f, ok := reflect.TypeFor[sns.Draft]().FieldByName("Channel")
	if !ok {
		t.Fatal("a draft has no channel")
	}
	return f.Tag
}

func TestOneThatFailsDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.shelf(3)
	ask := func(external string) (sns.Counts, error) {
		switch external {
		case "v0":
			return sns.Counts{}, fault.New(fault.CodeReconnect)
		case "v1":
			return sns.Counts{}, fault.New(fault.CodeVendorDown)
		}
		return sns.Counts{}, nil
	}
	if n, failed, err := d.measure(ask); n != 1 || failed != 2 || fault.CodeOf(err) != fault.CodeVendorDown {
		t.Errorf("%d measured, %d failed, %v", n, failed, err)
	}
	d.pass(time.Hour)
	d.measured("the account is still cut off and not asked", 2, func(string) (sns.Counts, error) { return sns.Counts{}, nil })
	d.pass(24 * time.Hour)
	d.measured("connected again", 3, func(string) (sns.Counts, error) { return sns.Counts{}, nil })
}

// Of a post whose channel never answers about it nobody hears in the end, and it does
// not take the others' turn for ever.
func TestAPostThatCannotBeMeasuredIsGivenUpWithItsAge(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.publish(d.order(d.draft()), "v1")
	down := func(string) (sns.Counts, error) { return sns.Counts{}, fault.New(fault.CodeVendorDown) }
	for _, c := range []struct {
		after time.Duration
		asked int
	}{{0, 1}, {time.Hour, 1}, {89 * 24 * time.Hour, 1}, {24 * time.Hour, 1}, {time.Hour, 0}, {365 * 24 * time.Hour, 0}} {
		d.pass(c.after)
		if _, failed, _ := d.measure(down); failed != c.asked {
			t.Errorf("%v later: asked %d times, want %d", c.after, failed, c.asked)
		}
	}
}

func TestAPostThatItsChannelHasNotGotTwiceIsShownAsRemoved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.publish(d.order(d.draft()), "v1")
	gone := func(string) (sns.Counts, error) { return sns.Counts{}, message.Absent{} }
	d.measured("missed", 1, gone)
	d.state("missed once: lists lag", p, sns.Published)
	d.pass(time.Hour)
	d.measured("seen again", 1, func(string) (sns.Counts, error) { return sns.Counts{}, nil })
	for range 2 {
		d.pass(time.Hour)
		d.measured("missed", 1, gone)
	}
	if got := d.state("missed twice", p, sns.Removed); got.RemovedAt == nil || got.Note == "" {
		t.Errorf("removed: %+v", got)
	}
	d.pass(24 * time.Hour)
	d.measured("nobody asks any more", 0, gone)
}
