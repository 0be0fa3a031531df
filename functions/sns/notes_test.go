package sns_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/seal"
	"castad/shared/store"
)

// look asks about the post of a step and returns the notes that were asked with;
// asked is false when the channel was not asked at all.
func (b *bench) look(step int, out message.SnsPosted, cause error) (notes []byte, asked bool) {
	b.t.Helper()
	err := b.posts.Verify(b.t.Context(), message.Wake{Run: b.run, Step: step},
		func(_ context.Context, _ message.SnsPublish, _ message.Call, n []byte) (message.SnsPosted, error) {
			notes, asked = n, true
			return out, cause
		})
	if err != nil {
		b.t.Fatal(err)
	}
	return notes, asked
}

// killed submits a round whose process dies after f: its lease ends and is taken over.
func (b *bench) killed(step int, f func(*sns.Notes)) {
	b.t.Helper()
	b.submit(step, func(n *sns.Notes) (string, error) {
		f(n)
		b.pass(10 * time.Minute)
		if swept, err := b.eng.Sweep(b.t.Context()); err != nil || swept.Expired != 1 {
			b.t.Errorf("swept %+v, %v", swept, err)
		}
		return "", fault.New(fault.CodeUnknown) // too late to be written
	})
	b.pass(10 * time.Second) // the first look
}

func (b *bench) keep(n *sns.Notes, text string) {
	b.t.Helper()
	if err := n.Keep(b.t.Context(), []byte(text)); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) column(step int) []byte {
	b.t.Helper()
	raw, err := store.One(b.t.Context(), b.db, `SELECT notes_sealed FROM publications WHERE step_no = ?`, func(p *[]byte) []any { return []any{p} }, step)
	if err != nil {
		b.t.Fatal(err)
	}
	return raw
}

func TestARoundFindsWhatTheOneBeforeHasKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for round, want := range []string{"", "container 1", "publishing"} {
		b.submit(1, func(n *sns.Notes) (string, error) {
			if got := string(n.Last()); got != want {
				t.Errorf("round %d finds %q, want %q", round, got, want)
			}
			switch round {
			case 0:
				b.keep(n, "container 1")
				return "", message.NotYet{After: time.Minute}
			case 1:
				b.keep(n, "publishing")
				if got := string(n.Last()); got != "publishing" {
					t.Errorf("kept, and the last notes are %q", got)
				}
				return "", message.NotYet{}
			}
			return "reel-1", nil
		})
		b.pass(2 * time.Minute)
	}
	b.want("taken", "waiting", "youtube publishing - ")
	if notes, _ := b.look(1, message.SnsPosted{ExternalID: "reel-1", URL: "https://i/1", Privacy: "public", Note: "no cover"}, nil); string(notes) != "publishing" {
		t.Errorf("asked with the notes %q", notes)
	}
	b.want("public", "succeeded", "youtube published reel-1 https://i/1 at")
	if b.column(1) != nil {
		t.Error("the notes of a published post are still there")
	}
	said, err := store.One(t.Context(), b.db, `SELECT CONCAT(privacy, '/', note) FROM publications WHERE step_no = 1`, func(s *string) []any { return []any{s} })
	if err != nil || said != "public/no cover" {
		t.Errorf("the channel said %q, %v", said, err)
	}
}

func TestARoundIsNotMarkedAsFailed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.submit(1, func(*sns.Notes) (string, error) { return "", message.NotYet{} })
	b.want("between two rounds", "ready", "youtube publishing - ")
}

// A process that is killed before the channel kept anything has shown nothing:
// the post goes out without waiting for the reconcile window, and nobody is asked.
func TestKilledBeforeTheFirstNotesItIsSentAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.killed(1, func(*sns.Notes) {})
	if s := b.step(1); s != "unknown" {
		t.Fatalf("the step is %s", s)
	}
	if _, asked := b.look(1, message.SnsPosted{}, message.NotYet{}); asked {
		t.Error("the channel was asked about a post that cannot be there")
	}
	b.want("looked up", "ready", "youtube publishing - ")
}

// The notes of the killed process decide how the next one goes on.
func TestKilledAfterwardsTheNotesAreThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.killed(1, func(n *sns.Notes) { b.keep(n, "session 1, 8 MiB are there") })
	notes, asked := b.look(1, message.SnsPosted{}, message.Absent{Settled: true})
	if !asked || string(notes) != "session 1, 8 MiB are there" {
		t.Errorf("asked %v with %q", asked, notes)
	}
	b.submit(1, func(n *sns.Notes) (string, error) {
		if string(n.Last()) != "session 1, 8 MiB are there" {
			t.Errorf("went on from %q", n.Last())
		}
		return "video-1", nil
	})
	b.want("sent", "waiting", "youtube publishing - ")
}

// Whoever takes a claim over reads the notes: what the loser would add later,
// before it shows anything, must not be added.
func TestALostClaimKeepsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var zombie *sns.Notes
	b.killed(1, func(n *sns.Notes) {
		b.keep(n, "container 1")
		zombie = n
	})
	if err := zombie.Keep(t.Context(), []byte("publishing")); fault.CodeOf(err) != fault.CodeConflict {
		t.Errorf("a lost claim kept its notes: %v", err)
	}
	if notes, _ := b.look(1, message.SnsPosted{}, message.NotYet{}); string(notes) != "container 1" {
		t.Errorf("the notes are %q", notes)
	}
}

func TestNotesAreSealedForTheirOwnPublication(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const session = "https://upload.example/session?upload_id=secret"
	for step := 1; step <= 2; step++ {
		b.submit(step, func(n *sns.Notes) (string, error) {
			b.keep(n, session)
			return "", message.NotYet{}
		})
	}
	if raw := b.column(1); bytes.Contains(raw, []byte("upload")) || len(raw) == 0 {
		t.Errorf("in the table: %q", raw)
	}
	post, err := store.One(t.Context(), b.db, `SELECT id FROM publications WHERE step_no = 1`, func(p *id.Post) []any { return []any{p} })
	if err != nil {
		t.Fatal(err)
	}
	label := seal.Label{Tenant: 7, Subject: post.String(), Provider: "youtube", Purpose: "upload"}
	if plain, err := b.vault.Open(t.Context(), label, b.column(1)); err != nil || string(plain) != session {
		t.Errorf("opened %q, %v", plain, err)
	}
	if _, err := b.db.Exec(t.Context(), `UPDATE publications SET notes_sealed = ? WHERE step_no = 1`, b.column(2)); err != nil {
		t.Fatal(err)
	}
	b.pass(time.Minute)
	b.submit(1, func(n *sns.Notes) (string, error) {
		t.Errorf("published from another publication's notes: %q", n.Last())
		return "", nil
	})
	if s := b.step(1); s != "ready" {
		t.Errorf("the step is %s: nothing was sent", s)
	}
}

// An account that must be connected again says nothing about a post that is
// there; "failed" would invite its owner to post it twice.
func TestAnAccountThatIsCutOffDoesNotFailItsPost(t *testing.T) {
	t.Parallel()
	b, calls := newBench(t), 0
	b.submit(1, func(*sns.Notes) (string, error) { return "video-1", nil })
	b.submit(2, lost(t, &calls))
	for range 3 {
		b.pass(time.Minute)
		for step := 1; step <= 2; step++ {
			b.verify(step, message.SnsPosted{}, fault.New(fault.CodeReconnect))
		}
	}
	if b.step(1) != "waiting" || b.step(2) != "unknown" {
		t.Errorf("the steps are %s and %s", b.step(1), b.step(2))
	}
	b.pass(time.Minute)
	b.verify(1, message.SnsPosted{ExternalID: "video-1", URL: "https://y/1"}, nil)
	if s := b.step(1); s != "succeeded" {
		t.Errorf("connected again, the step is %s", s)
	}
}

// A refusal that names no post refuses the question: an account that is suspended
// for an hour has its posts afterwards.
func TestAQuestionThatIsRefusedSaysNothingAboutThePost(t *testing.T) {
	t.Parallel()
	b, calls := newBench(t), 0
	b.submit(1, func(n *sns.Notes) (string, error) { b.keep(n, "session 1"); return "video-1", nil })
	b.submit(2, lost(t, &calls))
	b.pass(time.Minute)
	for step := 1; step <= 2; step++ {
		b.verify(step, message.SnsPosted{}, fault.New(fault.CodeVendorRefused))
	}
	if b.step(1) != "waiting" || b.step(2) != "unknown" || b.column(1) == nil {
		t.Errorf("the steps are %s and %s, the notes of the first %v", b.step(1), b.step(2), b.column(1))
	}
}

// A post that was found late is as new to the channel's lists as one that was just
// taken, however often it was looked for before.
func TestAPostThatWasFoundLateIsNotGoneWhenItIsNotListedYet(t *testing.T) {
	t.Parallel()
	b, calls := newBench(t), 0
	b.submit(1, lost(t, &calls))
	for range 25 {
		b.pass(30 * time.Second)
		b.verify(1, message.SnsPosted{}, message.NotYet{})
	}
	b.pass(30 * time.Second)
	b.verify(1, message.SnsPosted{}, message.NotYet{ExternalID: "video-1"})
	b.pass(time.Minute)
	b.verify(1, message.SnsPosted{}, message.Absent{})
	b.want("found and not listed", "waiting", "youtube publishing - ")
	if b.column(1) == nil {
		t.Error("its notes are gone: a retry would begin at the beginning")
	}
}

// What a channel says about a post is from outside. Words that fit no column must not
// keep a post that is live from being published here.
func TestLongWordsOfAChannelDoNotFailItsPost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.submit(1, func(*sns.Notes) (string, error) { return "video-1", nil })
	b.pass(time.Minute)
	b.verify(1, message.SnsPosted{ExternalID: "video-1", URL: "https://y/" + strings.Repeat("1", 500), Privacy: strings.Repeat("p", 40), Note: strings.Repeat("n", 300)}, nil)
	b.want("public", "succeeded", "youtube published video-1  at")
}

// A channel's lists lag behind its uploads. A post that was taken a moment ago and
// is not listed is not gone: called failed, it would be posted again by its owner.
func TestAPostThatIsNotListedYetIsNotGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.submit(1, func(n *sns.Notes) (string, error) { b.keep(n, "session 1"); return "video-1", nil })
	for range 3 {
		b.pass(time.Minute)
		b.verify(1, message.SnsPosted{}, message.Absent{})
	}
	b.want("not listed", "waiting", "youtube publishing - ")
	b.pass(time.Minute)
	b.verify(1, message.SnsPosted{ExternalID: "video-1", URL: "https://y/1"}, nil)
	b.want("listed", "succeeded", "youtube published video-1 https://y/1 at")
}

// A post that the channel took and gave up (a rejected video, one that its owner
// deleted) is over: a retry makes a new one.
func TestARetryOfAPostThatCameToNothingBeginsAtTheBeginning(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]error{"rejected": fault.New(fault.CodeVendorFailed), "deleted": message.Absent{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.submit(1, func(n *sns.Notes) (string, error) { b.keep(n, "session 1"); return "video-1", nil })
			b.submit(2, func(n *sns.Notes) (string, error) { return "", fault.New(fault.CodeRefused) })
			for asked := 0; b.step(1) != "failed" && asked < 25; asked++ { // a post that is not seen is asked for until no list can lag so far behind
				b.pass(time.Minute)
				b.verify(1, message.SnsPosted{ExternalID: "video-1"}, end)
			}
			b.want("looked at", "failed", "youtube publishing - ", "instagram failed - ")
			if err := b.eng.Retry(t.Context(), 7, b.run, ""); err != nil {
				t.Fatal(err)
			}
			b.submit(1, func(n *sns.Notes) (string, error) {
				if n.Last() != nil {
					t.Errorf("goes on from %q", n.Last())
				}
				return "video-2", nil
			})
			b.want("again", "waiting", "youtube publishing - ", "instagram failed - ")
		})
	}
}
