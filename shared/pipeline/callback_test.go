package pipeline_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"

	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/pipeline"
)

// tokenOf is the token of the address that a call told its vendor.
func tokenOf(c message.Call) string {
	return c.CallbackURL[strings.LastIndexByte(c.CallbackURL, '/')+1:]
}

// The vendor reports while its own answer to the order is still on its way.
func TestACallbackBeforeTheAnswerIsNotLost(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	v.song = func(c message.Call) (string, error) {
		err := w.engine.Callback(t.Context(), message.Song, tokenOf(c), pipeline.Report{Stage: "complete", ExternalID: "task-1", Body: []byte("{}")})
		return "task-1", err
	}
	run := w.start()
	for q, ok := w.next(); ok; q, ok = w.next() { // no time passes: the callback alone makes it ask
		if err := w.deliver(t.Context(), v, q); err != nil {
			t.Errorf("%s: %v", q.queue, err)
		}
	}
	if got := w.text(`SELECT state FROM pipeline_steps WHERE run_id = ? AND step_no = 2`, run); got != "succeeded" {
		t.Errorf("the song is %s%s", got, w.dump(run))
	}
	if s := w.finish(run, v); s != "succeeded" || v.songs.Load() != 1 {
		t.Errorf("%s with %d songs%s", s, v.songs.Load(), w.dump(run))
	}
	w.invariants(run)
}

func TestFiftyCallbacksAtOnceAreOne(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	var token string
	v.song = func(c message.Call) (string, error) { token = tokenOf(c); return "task-1", nil }
	asked := 0
	v.ask = func(message.Call) (string, error) { asked++; return "tune", nil }
	run := w.start()
	for token == "" {
		q, ok := w.next()
		if !ok {
			t.Fatalf("no song was ordered%s", w.dump(run))
		}
		if err := w.deliver(t.Context(), v, q); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			err := w.engine.Callback(t.Context(), message.Song, token, pipeline.Report{Stage: "complete", ExternalID: "task-1", Body: []byte("{}")})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if s := w.finish(run, v); s != "succeeded" || v.songs.Load() != 1 || asked != 1 {
		t.Errorf("%s with %d songs, asked %d times%s", s, v.songs.Load(), asked, w.dump(run))
	}
	if got := w.text(`SELECT COUNT(*) FROM callbacks`); got != "1" {
		t.Errorf("%s callbacks kept", got)
	}
	w.invariants(run)
}

func TestAForgedTokenOpensNothing(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), happy()
	var tokens []string
	v.song = func(c message.Call) (string, error) {
		tokens = append(tokens, tokenOf(c))
		return fmt.Sprintf("task-%d", len(tokens)), nil
	}
	run := w.start()
	if s := w.finish(run, v); s != "succeeded" || len(tokens) != 1 {
		t.Fatalf("%s%s", s, w.dump(run))
	}
	raw, err := base64.RawURLEncoding.DecodeString(tokens[0])
	if err != nil || len(raw) != 32 {
		t.Fatalf("a token of %d bytes: %v", len(raw), err)
	}
	flipped, random := append([]byte{raw[0] ^ 1}, raw[1:]...), make([]byte, 32)
	_, _ = rand.Read(random)
	for name, token := range map[string]string{
		"nothing": "", "half of it": tokens[0][:21], "one bit off": base64.RawURLEncoding.EncodeToString(flipped), "random": base64.RawURLEncoding.EncodeToString(random),
		"with something behind": tokens[0] + "A", "SQL": `' OR 1=1 -- `,
	} {
		if err := w.engine.Callback(t.Context(), message.Song, token, pipeline.Report{Stage: "complete", ExternalID: "task-1"}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.engine.Callback(t.Context(), message.Video, tokens[0], pipeline.Report{Stage: "complete"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a song's token for a video: %v", err)
	}
	if got := w.text(`SELECT COUNT(*) FROM callbacks`); got != "0" {
		t.Errorf("%s callbacks kept", got)
	}
	if err := w.engine.Callback(t.Context(), message.Song, tokens[0], pipeline.Report{Stage: "complete", ExternalID: "task-1"}); err != nil {
		t.Errorf("the true one, late: %v", err)
	}
	w.invariants(run)
}
