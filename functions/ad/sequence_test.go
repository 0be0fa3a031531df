package ad_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/store/storetest"
)

// price is what one of a kind costs in this package's tests; a post is free.
func price(k message.Kind) int64 {
	return int64(map[message.Kind]int{message.Lyric: recipe.Costs.Lyric, message.Song: recipe.Costs.Song, message.Video: recipe.Costs.Video}[k])
}

// life is an ad in the hands of its owner, and vendors in changing weather.
type life struct {
	*bench
	v      *vendors
	r      *rand.Rand
	ad     ad.Ad
	photos []id.Photo
	log    []string
	did    map[string]int
}

// Whatever an owner does in whatever order, whatever the vendors answer: the books
// balance, what was captured is what the vendors made, what was given up is booked as
// waste and nothing else is, nothing is made twice of the same input, nothing is posted twice
// or before its approval, and a quote is what is reserved.
func TestTheBooksAreTheVendorsWhateverAnOwnerDoes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v, did := newVendors(), map[string]int{}
	for seed := range uint64(8) {
		v.jobs = map[string]*job{}
		l := &life{bench: b, v: v, r: rand.New(rand.NewPCG(seed, 5)), did: did}
		l.v.weather = l.weather
		l.begin(seed)
		for range 10 {
			l.act()
			l.balanced()
			if t.Failed() {
				t.Fatalf("seed %d: %q", seed, l.log)
			}
		}
		l.rest()
		l.settled()
		if t.Failed() {
			t.Fatalf("seed %d: %q", seed, l.log)
		}
	}
	for _, what := range []string{"edit", "edit for nothing", "edit refused", "retry", "retry again", "approve", "lapse", "cancel", "failed", "waste", "spoilt"} {
		if did[what] == 0 {
			t.Errorf("no %s in any of them: %v", what, did)
		}
	}
}

// weather is mostly fine; nobody is paid for a lyric whose answer is lost, and what is lost of
// a post is package sns's.
func (l *life) weather(kind message.Kind) weather {
	w := weather(max(0, l.r.IntN(14)-9))
	if kind == message.Publish || kind == message.Lyric {
		w = min(w, refused)
	}
	return w
}

func (l *life) begin(seed uint64) {
	w := l.wish(l.place(3), youtube)
	w.Publish = []string{"auto", "approve"}[seed%2]
	l.ad = l.start(w, message.Key(fmt.Sprint("life-", seed)))
	p, err := l.places.Show(l.t.Context(), owner, w.Place)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, ph := range p.Photos {
		l.photos = append(l.photos, ph.ID)
	}
}

// act does one thing, mostly what an owner has reason to, and lets some of what follows happen.
func (l *life) act() {
	l.t.Helper()
	if l.r.IntN(4) > 0 {
		l.rest()
	}
	state, all := l.look(), []func(){l.edit, l.cancel, l.retry, l.approve, l.month}
	what := map[pipeline.RunState][]func(){
		pipeline.RunFailed: {l.retry, l.retry, l.edit}, pipeline.Awaiting: {l.approve, l.approve, l.month, l.edit},
		pipeline.RunSucceeded: {l.edit}, pipeline.RunCancelled: {l.edit}, pipeline.Running: {l.cancel},
	}[state]
	if len(what) == 0 || l.r.IntN(4) == 0 {
		what = all
	}
	what[l.r.IntN(len(what))]()
	for range l.r.IntN(4) { // the owner does not wait for the rest
		l.deliver(l.v, 1)
	}
}

func (l *life) cancel() {
	l.note("cancel", func() error { _, err := l.ads.Cancel(l.t.Context(), owner, l.ad.ID); return err }, fault.CodeAdEnded)
}

// month lets so much time pass that an approval lapses.
func (l *life) month() {
	l.pass(32 * 24 * time.Hour)
	l.sweep()
	if was := l.ad.State; was == string(pipeline.Awaiting) && l.look() == pipeline.RunCancelled {
		l.did["lapse"]++
	}
}

// note does something that may be refused with these codes, and remembers it.
func (l *life) note(what string, do func() error, refusals ...fault.Code) bool {
	l.t.Helper()
	was := l.ad.State
	err := do()
	if err == nil {
		l.log = append(l.log, fmt.Sprintf("%s on %s", what, was))
		l.did[what]++
		return true
	}
	l.log = append(l.log, fmt.Sprintf("%s on %s: %s", what, was, fault.CodeOf(err)))
	for _, code := range refusals {
		if fault.CodeOf(err) == code {
			l.did[what+" refused"]++
			return false
		}
	}
	l.t.Errorf("%s on an ad that is %s: %v", what, was, err)
	return false
}

// edit makes a quote and then the edit, which is what the quote says.
func (l *life) edit() {
	l.t.Helper()
	e := anyEdit(l.ad, l.photos).Example(l.r.IntN(1 << 20))
	q, no := l.ads.QuoteEdit(l.t.Context(), owner, l.ad.ID, e)
	key := message.Key(fmt.Sprint("edit-", l.ad.ID, "-", len(l.log)))
	made := l.note("edit", func() error {
		edited, _, err := l.ads.Edit(l.t.Context(), owner, l.ad.ID, e, key, "")
		if fault.CodeOf(err) != fault.CodeOf(no) {
			l.t.Errorf("%+v: quoted %v, edited %v", e, no, err)
		}
		if err == nil {
			l.ad = edited
		}
		return err
	}, fault.CodeAdRunning, fault.CodeAdUnchanged, fault.CodeOwnWords, fault.CodeBadValue, fault.CodeConflict)
	if !made {
		return
	}
	l.reserved(l.ad, q)
	if q.Won == 0 {
		l.did["edit for nothing"]++
	}
	if same, created, err := l.ads.Edit(l.t.Context(), owner, l.ad.ID, e, key, ""); err != nil || created || same.Revision != l.ad.Revision {
		l.t.Errorf("the same edit again: created %v, %v", created, err)
	}
}

// retry is sent twice: the second one begins nothing.
func (l *life) retry() {
	l.t.Helper()
	key := message.Key(fmt.Sprint("retry-", l.ad.ID, "-", len(l.log)))
	do := func() error { _, err := l.ads.Retry(l.t.Context(), owner, l.ad.ID, key); return err }
	failed := l.ad.State == string(pipeline.RunFailed)
	l.note("retry", do, fault.CodeAdNotFailed)
	if !failed {
		return
	}
	for range l.r.IntN(3) {
		l.deliver(l.v, 1)
	}
	before := l.look()
	l.note("retry again", do)
	if l.look() != before {
		l.t.Errorf("a retry again: the ad was %s and is %s", before, l.ad.State)
	}
}

func (l *life) approve() {
	l.t.Helper()
	l.note("approve", func() error { _, err := l.ads.Approve(l.t.Context(), owner, l.ad.ID, ""); return err }, fault.CodeNotAwaiting)
}

// look reads the ad.
func (l *life) look() pipeline.RunState {
	l.t.Helper()
	l.ad = l.show(l.ad)
	return pipeline.RunState(l.ad.State)
}

func (l *life) sweep() {
	l.t.Helper()
	if _, err := l.engine.Sweep(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// rest lets everything happen until the ad has ended or waits for its owner.
func (l *life) rest() {
	l.t.Helper()
	for range 200 {
		for l.deliver(l.v, 1000) > 0 {
			continue
		}
		switch state := l.look(); {
		case state == pipeline.RunFailed:
			l.did["failed"]++
			return
		case state == pipeline.Awaiting, state.Ended():
			return
		}
		l.pass(5 * time.Minute)
		l.sweep()
	}
	l.t.Fatalf("the ad does not end: %s %+v", l.ad.State, l.ad.Steps)
}

// balanced is what holds at any time.
func (l *life) balanced() {
	l.t.Helper()
	accounts, err := l.engine.Balances(l.t.Context(), owner)
	if err != nil {
		l.t.Fatal(err)
	}
	sum := int64(0)
	for _, won := range accounts {
		sum += won
	}
	if sum != 0 || accounts[pipeline.Reserved] < 0 {
		l.t.Errorf("the accounts: %v", accounts)
	}
	for what, query := range map[string]string{
		"a run that ended has something reserved": `SELECT COUNT(*) FROM (SELECT l.run_id FROM credit_ledger l JOIN pipeline_runs r ON r.id = l.run_id WHERE r.ended_at IS NOT NULL
			GROUP BY l.run_id, l.step_no HAVING SUM(CASE WHEN l.credit = 'reserved' THEN l.amount_won WHEN l.debit = 'reserved' THEN -l.amount_won ELSE 0 END) <> 0) x`,
		"a day is not what the ledger says": `SELECT COUNT(*) FROM (SELECT SUM(reserved_won) AS r, SUM(captured_won) AS c FROM spend_days) d JOIN (SELECT SUM(CASE entry WHEN 'reserve' THEN amount_won
			WHEN 'release' THEN -amount_won ELSE 0 END) AS r, SUM(CASE entry WHEN 'capture' THEN amount_won ELSE 0 END) AS c FROM credit_ledger) l WHERE d.r <> l.r OR d.c <> l.c`,
		"a post was sent without approval": `SELECT COUNT(*) FROM pipeline_steps s JOIN pipeline_runs r ON r.id = s.run_id WHERE s.hold AND s.attempt > 0 AND r.approved_at IS NULL`,
	} {
		if n := l.count(query); n != 0 {
			l.t.Errorf("%s: %d", what, n)
		}
	}
}

// settled is what holds when nothing of the ad is under way.
func (l *life) settled() {
	l.t.Helper()
	type books struct{ spent, wasted int64 }
	var want books
	made, posts := map[string]string{}, 0
	for tag, j := range l.v.jobs {
		call := l.call(j.call)
		switch {
		case j.made && j.kind == message.Publish:
			posts++
		case j.made:
			want.spent += price(j.kind)
			if other, twice := made[string(j.kind)+j.input]; twice {
				l.t.Errorf("%s and %s are made of the same input", tag, other)
			}
			made[string(j.kind)+j.input] = tag
		case j.spoilt:
			l.did["spoilt"]++
		case j.kind != message.Publish && call != "abandoned":
			l.t.Errorf("the vendor works on %s, which is %s", tag, call)
		}
		if j.made != (call == "done") {
			l.t.Errorf("%s was given out: %v, and is %s", tag, j.made, call)
		}
	}
	given := l.count(l.ofAd(`SELECT COALESCE(SUM(c.cost_won), 0) FROM provider_calls c JOIN pipeline_runs r ON r.id = c.run_id WHERE c.state = 'abandoned'`))
	if want.wasted = int64(given); given > 0 {
		l.did["waste"]++
	}
	got := books{int64(l.count(l.ofAd(`SELECT COALESCE(SUM(c.amount_won), 0) FROM credit_ledger c JOIN pipeline_runs r ON r.id = c.run_id WHERE c.entry = 'capture'`))),
		int64(l.count(l.ofAd(`SELECT COALESCE(SUM(c.amount_won), 0) FROM credit_ledger c JOIN pipeline_runs r ON r.id = c.run_id WHERE c.entry = 'waste'`)))}
	if got != want {
		l.t.Errorf("the books say %+v, the vendors %+v", got, want)
	}
	if posts > 1 {
		l.t.Errorf("%d posts on one account", posts)
	}
}

// ofAd is a query over runs, of the ad's alone.
func (l *life) ofAd(query string) string {
	return query + ` AND r.ad_id = ` + strconv.FormatInt(int64(l.ad.ID), 10)
}

// call is what has become of a call.
func (l *life) call(c message.Call) string {
	l.t.Helper()
	return storetest.Value[string](l.t, l.db.Primary(), `SELECT state FROM provider_calls WHERE run_id = ? AND step_no = ? AND attempt = ?`, c.Run, c.Step, c.Attempt)
}
