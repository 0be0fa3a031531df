package instagram_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"castad/shared/message"
	"castad/shared/provider"
	"castad/shared/provider/instagram"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/providertest"
)

// death is a process that is killed after a number of steps: a step is the sending of
// a request, the arrival of its answer, and both sides of keeping the notes.
type death struct{ in int }

type killed struct{}

var wire = &http.Transport{DisableKeepAlives: true} // nothing of a killed process is used again

func (d *death) step() {
	if d.in--; d.in == 0 {
		panic(killed{})
	}
}

func (d *death) RoundTrip(r *http.Request) (*http.Response, error) {
	d.step()
	res, err := wire.RoundTrip(r)
	if err == nil && d.in == 1 {
		res.Body.Close()
	}
	d.step()
	return res, err
}

// mortalNotes are notes that are kept by a process that can die.
type mortalNotes struct {
	*pad
	d *death
}

func (m mortalNotes) Keep(ctx context.Context, notes []byte) error {
	m.d.step()
	err := m.pad.Keep(ctx, notes)
	m.d.step()
	return err
}

// survive runs do and says whether it was killed.
func survive(do func()) (dead bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, dead = r.(killed); !dead {
				panic(r)
			}
		}
	}()
	do()
	return false
}

// engine publishes like the step engine: an unknown outcome, or a killed process's, is
// looked for before it is published again. Without looks it is not: Publish must be
// safe by itself.
type engine struct {
	w       *world
	notes   *pad
	unknown bool
	looks   bool
}

// fataler is a testing.T or a rapid.T.
type fataler interface {
	Fatalf(format string, args ...any)
}

// round makes one call with a process that dies after the given number of steps, 0 =
// never. ended says that the reel is known to be live.
func (e *engine) round(t fataler, steps int) (posted provider.Posted, ended bool) {
	e.w.Settle()
	d := &death{in: steps}
	client, err := instagram.New(instagram.Config{GraphURL: e.w.URL, APIURL: e.w.URL, AppID: "a", AppSecret: "b", Now: e.w.Now, HTTP: provider.HTTP{Transport: d}})
	if err != nil {
		t.Fatalf("%v", err)
	}
	dead := survive(func() {
		if e.unknown && e.looks {
			posted, err = client.Find(context.Background(), e.w.sought(e.notes))
		} else {
			posted, err = client.Publish(context.Background(), e.w.post(mortalNotes{e.notes, d}))
		}
	})
	var not message.NotYet
	switch class := classOf(err); {
	case dead:
		e.unknown = true
	case err == nil:
		return posted, true
	case class == "absent":
		e.unknown = false
	case class == "unknown": // it is looked for a while later
		e.unknown = true
		e.w.pass(time.Minute)
	case errors.As(err, &not):
		e.w.pass(not.After)
	case class == "later", class == "rate_limited":
		e.w.pass(time.Minute)
	default:
		t.Fatalf("round ends with %v", err)
	}
	return posted, false
}

// publish makes rounds until the reel is live; the process of round i dies after
// deaths[i] steps. Exactly one reel may be there, the one that is known.
func (e *engine) publish(t fataler, deaths []int) {
	before := len(e.w.Publishes())
	for i := range 60 {
		steps := 0
		if i < len(deaths) {
			steps = deaths[i]
		}
		posted, ended := e.round(t, steps)
		if !ended {
			continue
		}
		if all := e.w.Publishes(); len(all) != before+1 || all[before].Reel != posted.ID {
			t.Fatalf("%d reels, known is %s (deaths %v)", len(all)-before, posted.ID, deaths)
		}
		return
	}
	t.Fatalf("never live; %d publishes, notes %s (deaths %v)", len(e.w.Publishes())-before, e.notes.kept, deaths)
}

func TestAReelIsPublishedOnceWhateverDies(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{Quota: 100_000})
	faults := rapid.SampledFrom([]providertest.Fault{
		{Kind: providertest.Drop, Op: "publish"}, {Kind: providertest.DropBefore, Op: "publish"}, {Kind: providertest.StatusAfter, Op: "publish", Status: 403, Code: "4/2207051"},
		{Kind: providertest.StatusAfter, Op: "publish", Status: 502}, {Kind: providertest.Malformed, Op: "publish"}, {Kind: providertest.Status, Op: "publish", Status: 400, Code: "9007/2207027"},
		{Kind: providertest.Status, Op: "publish", Status: 403, Code: "9/2207042"}, {Kind: providertest.Status, Op: "publish", Status: 400, Code: "-2/2207008"},
		{Kind: providertest.Status, Op: "status", Status: 400, Code: "100/33"}, {Kind: providertest.Drop, Op: "status"}, {Kind: providertest.Malformed, Op: "list"}, {Kind: providertest.Drop, Op: "container"},
		{Kind: providertest.Fail, Op: "container", Code: "2207053"}, {Kind: providertest.Fail, Op: "container", Code: "EXPIRED"}, {Kind: providertest.Status, Op: "limit", Status: 500},
	})
	rapid.Check(t, func(t *rapid.T) {
		w.Clear()
		w.pass(time.Hour) // this publication is no other's neighbour
		_, w.access = w.Account("hanbit", "BUSINESS")
		e := &engine{w: w, notes: &pad{}, looks: rapid.Bool().Draw(t, "looks")}
		w.Next(rapid.SliceOfN(faults, 0, 3).Draw(t, "faults")...)
		e.publish(t, rapid.SliceOfN(rapid.IntRange(0, 14), 0, 6).Draw(t, "deaths"))
	})
}

// Every single crash point, so that none is left to chance.
func TestAReelIsPublishedOnceWhereverOneProcessDies(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{Quota: 100_000})
	for _, looks := range []bool{false, true} {
		for first := range 9 {
			for steps := range 9 {
				w.pass(time.Hour)
				deaths := make([]int, first+1)
				deaths[first] = steps
				(&engine{w: w, notes: &pad{}, looks: looks}).publish(t, deaths)
			}
		}
	}
}
