package sns_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/sns"
	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// atHome are channels without a network: account 9 is the owner's on each.
type atHome struct{}

func (atHome) Ready(_ context.Context, tenant id.Tenant, channel string, account id.Account) error {
	switch {
	case tenant != 7 || account != 9 && account != 10:
		return fault.New(fault.CodeNotFound)
	case account == 10:
		return fault.New(fault.CodeReconnect)
	}
	return nil
}

func (atHome) Check(p message.SnsPublish) error {
	if strings.Contains(p.Title, "<") {
		return fault.New(fault.CodeVendorRefused).In("title")
	}
	return nil
}

func (atHome) Identify(_, address string) (external, known string, err error) {
	external, ok := strings.CutPrefix(address, "https://y/")
	if !ok {
		return "", "", fault.New(fault.CodeVendorRefused)
	}
	return external, address, nil
}

// desk is where an owner orders posts.
type desk struct {
	*bench
	orders *sns.Orders
	keys   int
}

func newDesk(t *testing.T, opts ...storetest.Option) *desk {
	t.Helper()
	d := &desk{bench: newBench(t, opts...)}
	d.orders = sns.NewOrders(sns.OrdersConfig{DB: d.db, Replica: d.replica, Engine: d.eng, Channels: atHome{}, Order: ad.PostOrder, Now: d.now})
	d.film(20, "final")
	return d
}

func (d *desk) exec(query string, args ...any) {
	d.t.Helper()
	storetest.Exec(d.t, d.db, query, args...)
}

// film is an ad of the owner's with a finished film.
func (d *desk) film(a id.Ad, quality string) id.Run {
	d.t.Helper()
	run := id.New[id.Run](d.now())
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			d.t.Fatal(err)
		}
		return string(b)
	}
	d.exec(`INSERT INTO ads (id, tenant_id, place_id, run_id, wish_json, request_key, request_hash, created_at) VALUES (?, 7, 1, ?, ?, ?, '', ?)`,
		a, run, `{"caption":"오늘도 칼국수","hashtags":["맛집"]}`, a.String(), d.now())
	d.exec(`INSERT INTO pipeline_runs (id, tenant_id, ad_id, state, order_json, deadline_at, version, fail_code, created_at) VALUES (?, 7, ?, 'succeeded', '{}', ?, 1, '', ?)`,
		run, a, d.now(), d.now())
	d.exec(`INSERT INTO pipeline_steps (run_id, step_no, tenant_id, kind, provider, policy, after_no, cost_won, state, attempt, fence, polls, abandoned, call_state, fail_code, input_json, output_json)
		VALUES (?, 4, 7, 'video', 'creatomate', 'paid', 3, 0, 'succeeded', 1, 1, 0, 0, 'done', '', ?, ?)`, run,
		text(message.VideoRender{Name: "돌담골목", Facts: []claim.Fact{{Kind: claim.Area, Text: "을지로"}}, Quality: quality}),
		text(message.VideoMade{Video: id.Video(a), Blob: "film", Thumbnail: "still", SHA256: strings.Repeat("ab", 32), Bytes: 4}))
	return run
}

func (d *desk) draft() sns.Draft { return sns.Draft{Ad: 20, Channel: "youtube", Account: 9} }

// request orders a post with a key of its own.
func (d *desk) request(draft sns.Draft) (sns.Post, error) {
	d.t.Helper()
	if err := draft.Validate(); err != nil {
		d.t.Fatal(err)
	}
	d.keys++
	p, created, err := d.orders.Request(d.t.Context(), 7, draft, message.Key(fmt.Sprintf("key-%d", d.keys)))
	if err == nil && !created {
		d.t.Errorf("%v was there", p.ID)
	}
	return p, err
}

func (d *desk) order(draft sns.Draft) sns.Post {
	d.t.Helper()
	p, err := d.request(draft)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *desk) refused(what string, draft sns.Draft, code fault.Code) {
	d.t.Helper()
	if _, err := d.request(draft); fault.CodeOf(err) != code {
		d.t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func (d *desk) show(p sns.Post) sns.Post {
	d.t.Helper()
	out, err := d.orders.Show(d.t.Context(), 7, p.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func (d *desk) state(what string, p sns.Post, want string) sns.Post {
	d.t.Helper()
	p = d.show(p)
	if p.State != want {
		d.t.Errorf("%s: the post is %s, want %s", what, p.State, want)
	}
	return p
}

// wake is what the queue would bring for a post.
func (d *desk) wake(p sns.Post) message.Wake {
	d.t.Helper()
	w, err := store.One(d.t.Context(), d.db, `SELECT run_id, step_no FROM publications WHERE id = ?`, func(w *message.Wake) []any { return []any{&w.Run, &w.Step} }, p.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return w
}

// send lets the post's step submit.
func (d *desk) send(p sns.Post, f func(in message.SnsPublish, n *sns.Notes) (string, error)) {
	d.t.Helper()
	err := d.posts.Submit(d.t.Context(), d.wake(p), func(_ context.Context, in message.SnsPublish, _ message.Call, n *sns.Notes) (message.SnsPosted, error) {
		external, err := f(in, n)
		return message.SnsPosted{ExternalID: external}, err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// publish brings a post to its end.
func (d *desk) publish(p sns.Post, external string) sns.Post {
	d.t.Helper()
	d.send(p, func(message.SnsPublish, *sns.Notes) (string, error) { return external, nil })
	d.pass(time.Minute)
	err := d.posts.Verify(d.t.Context(), d.wake(p), func(context.Context, message.SnsPublish, message.Call, []byte) (message.SnsPosted, error) {
		return message.SnsPosted{ExternalID: external, URL: "https://y/" + external}, nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return d.state("sent", p, sns.Published)
}

// lose sends a post whose answer is lost and never found again.
func (d *desk) lose(p sns.Post) {
	d.t.Helper()
	d.send(p, func(_ message.SnsPublish, n *sns.Notes) (string, error) {
		if err := n.Keep(d.t.Context(), []byte("the last byte is about to leave")); err != nil {
			d.t.Error(err)
		}
		return "", fault.New(fault.CodeUnknown)
	})
	d.state("its answer is lost", p, sns.Unknown)
	d.pass(27 * time.Hour)
	if _, err := d.eng.Sweep(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}
