package sns_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
)

// at is one post on its way, and what its owner may want of it there.
type at struct {
	*desk
	draft sns.Draft
	post  sns.Post
}

// ways bring a post of its own ad somewhere; then is what its owner does there.
var ways = map[string]func(a *at, then func()){
	"ordered":   func(a *at, then func()) { a.order(); then() },
	"scheduled": func(a *at, then func()) { a.draft.At = a.now().Add(time.Hour); a.order(); then() },
	"paused at its time": func(a *at, then func()) {
		a.draft.At = a.now().Add(time.Hour)
		a.order()
		a.pass(time.Hour)
		a.send(a.post, answer("", fault.ErrPaused))
		then()
	},
	"being sent": func(a *at, then func()) {
		a.order()
		a.send(a.post, func(_ message.SnsPublish, n *sns.Notes) (string, error) {
			a.keep(n, "container 1")
			then()
			return "", message.NotYet{}
		})
	},
	"between two rounds": func(a *at, then func()) {
		a.order()
		a.send(a.post, func(_ message.SnsPublish, n *sns.Notes) (string, error) {
			a.keep(n, "container 1")
			return "", message.NotYet{}
		})
		then()
	},
	"taken by the channel": func(a *at, then func()) { a.order(); a.send(a.post, answer(a.external(), nil)); then() },
	"with its answer lost": func(a *at, then func()) {
		a.order()
		a.send(a.post, func(_ message.SnsPublish, n *sns.Notes) (string, error) {
			a.keep(n, "the last byte is about to leave")
			return "", fault.New(fault.CodeUnknown)
		})
		then()
	},
	"given up":  func(a *at, then func()) { a.order(); a.lose(a.post); then() },
	"published": func(a *at, then func()) { a.order(); a.publish(a.post, a.external()); then() },
	"refused":   func(a *at, then func()) { a.order(); a.send(a.post, answer("", fault.New(fault.CodeRefused))); then() },
	"cut off from its account": func(a *at, then func()) {
		a.order()
		a.send(a.post, answer("", fault.New(fault.CodeReconnect)))
		then()
	},
	"cancelled": func(a *at, then func()) { a.order(); _, _ = a.cancel(a.post); then() },
	"removed": func(a *at, then func()) {
		a.order()
		a.publish(a.post, a.external())
		_ = a.want("remove")
		then()
	},
	"told to be absent": func(a *at, then func()) { a.order(); a.lose(a.post); _ = a.want("absent"); then() },
	"replaced": func(a *at, then func()) {
		a.order()
		_, _ = a.cancel(a.post)
		_ = a.want("order")
		then()
	},
}

func answer(external string, err error) func(message.SnsPublish, *sns.Notes) (string, error) {
	return func(message.SnsPublish, *sns.Notes) (string, error) { return external, err }
}

func (a *at) order() { a.t.Helper(); a.post = a.desk.order(a.draft) }

func (a *at) external() string { return "v-" + a.draft.Ad.String() }

// want is what comes of a wish: the code of its refusal, or the post's state. Of another order
// it is the state of that one.
func (a *at) want(wish string) string {
	a.t.Helper()
	var p sns.Post
	var err error
	next := a.draft
	next.At = time.Time{}
	switch wish {
	case "cancel":
		p, err = a.cancel(a.post)
	case "remove":
		p, err = a.orders.Remove(a.t.Context(), 7, a.post.ID, func(context.Context, sns.Target) error { return nil })
	case "there":
		p, err = a.confirm(a.post, true, "https://y/"+a.external())
	case "absent":
		p, err = a.confirm(a.post, false, "")
	case "order":
		p, err = a.request(next)
	case "again":
		next.Again = true
		p, err = a.request(next)
	}
	if err != nil {
		return string(fault.CodeOf(err))
	}
	return p.State
}

const (
	notOut    = "remove: post.not_published"
	known     = "there: post.not_unknown, absent: post.not_unknown"
	ended     = "cancel: post.already_ended"
	underWay  = "order: post.under_way, again: post.under_way"
	nextGoes  = "order: publishing, again: publishing"
	onPurpose = "order: post.already_posted, again: publishing"
)

// Whatever an owner wants of a post, wherever it is, is done or refused with a code, and
// no wish but a new order sends anything.
func TestEveryWishIsAnsweredWhereverAPostIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	film := id.Ad(100)
	answers := map[string][]string{
		"ordered":                  {"cancel: cancelled", notOut, known, onPurpose},
		"scheduled":                {"cancel: cancelled", notOut, known, onPurpose},
		"paused at its time":       {"cancel: cancelled", notOut, known, underWay},
		"being sent":               {"cancel: publishing", notOut, known, underWay},
		"between two rounds":       {"cancel: cancelled", notOut, known, underWay},
		"taken by the channel":     {"cancel: publishing", notOut, known, underWay},
		"with its answer lost":     {"cancel: unknown", notOut, known, underWay},
		"given up":                 {ended, notOut, "there: published, absent: failed", underWay},
		"published":                {ended, "remove: removed", "there: published", "absent: post.not_unknown", onPurpose},
		"refused":                  {ended, notOut, known, nextGoes},
		"cut off from its account": {ended, notOut, known, nextGoes},
		"cancelled":                {"cancel: cancelled", notOut, known, nextGoes},
		"removed":                  {ended, "remove: removed", "there: removed, absent: post.not_unknown", nextGoes},
		"told to be absent":        {ended, notOut, "there: post.not_unknown, absent: failed", nextGoes},
		"replaced":                 {"cancel: cancelled", notOut, known, onPurpose},
	}
	for where, way := range ways {
		for _, want := range strings.Split(strings.Join(answers[where], ", "), ", ") {
			wish, _, _ := strings.Cut(want, ":")
			film++
			d.film(film, "final")
			a := &at{desk: d, draft: sns.Draft{Ad: film, Channel: "youtube", Account: 9}}
			way(a, func() {
				if got := fmt.Sprintf("%s: %s", wish, a.want(wish)); got != want {
					t.Errorf("%s: %s, want %s", where, got, want)
				}
			})
			if p := d.show(a.post); p.State == sns.Cancelled {
				d.pass(2 * time.Hour)
				d.send(p, func(message.SnsPublish, *sns.Notes) (string, error) {
					t.Errorf("%s and cancelled: it was sent", where)
					return "", message.NotYet{}
				})
			}
		}
	}
}
