package write

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/message"
	"castad/shared/provider/openai"

	"github.com/google/go-cmp/cmp"
)

// author writes its lyrics in turn and remembers the briefs.
type author struct {
	lyrics []claim.Lyric
	errs   []error
	briefs []claim.Brief
}

func (a *author) Write(_ context.Context, b claim.Brief) (claim.Lyric, error) {
	n := len(a.briefs)
	a.briefs = append(a.briefs, b)
	var err error
	if n < len(a.errs) {
		err = a.errs[n]
	}
	return a.lyrics[min(n, len(a.lyrics)-1)], err
}

var (
	brief = claim.Brief{Facts: []claim.Fact{{ID: "f1", Kind: claim.Name, Text: "돌담골목"}, {ID: "f2", Kind: claim.Menu, Text: "칼국수", Won: 9000}}, Language: "ko", Seconds: 15}
	good  = claim.Lyric{Title: "칼국수", Lines: []claim.Line{{Section: "hook", Text: "돌담골목 칼국수", Facts: []string{"f1", "f2"}}}}
	// boast claims a price, a rank and a fact that nobody gave.
	boast = claim.Lyric{Title: "칼국수", Lines: []claim.Line{{Section: "hook", Text: "돌담골목", Facts: []string{"f1"}}, {Section: "hook", Text: "전국 1위 5000원", Facts: []string{"f9"}}}}
)

func TestALyricThatFollowsFromTheFactsIsTakenAtOnce(t *testing.T) {
	t.Parallel()
	a := &author{lyrics: []claim.Lyric{good}}
	got, err := checked(t.Context(), a, brief)
	if diff := cmp.Diff(good, got); diff != "" || err != nil || len(a.briefs) != 1 || len(a.briefs[0].Problems) != 0 {
		t.Errorf("%v, %d requests, lyric (-want +got):\n%s", err, len(a.briefs), diff)
	}
}

// An owner's text is held against the facts as they are now; nobody is asked for another.
func TestAnOwnersTextIsTakenAsItIsOrRefused(t *testing.T) {
	t.Parallel()
	a := &author{lyrics: []claim.Lyric{good}}
	got, err := lyric(t.Context(), a, message.LyricWrite{Brief: brief, Given: &good})
	if diff := cmp.Diff(good, got); diff != "" || err != nil {
		t.Errorf("%v, lyric (-want +got):\n%s", err, diff)
	}
	if _, err := lyric(t.Context(), a, message.LyricWrite{Brief: brief, Given: &boast}); fault.CodeOf(err) != fault.CodeOwnWords {
		t.Errorf("a text that claims too much: %v", err)
	}
	if len(a.briefs) != 0 {
		t.Errorf("%d requests", len(a.briefs))
	}
}

func TestALyricThatClaimsTooMuchGoesBackOnceWithTheReasons(t *testing.T) {
	t.Parallel()
	a := &author{lyrics: []claim.Lyric{boast, good}}
	got, err := checked(t.Context(), a, brief)
	if err != nil || !cmp.Equal(good, got) || len(a.briefs) != 2 {
		t.Fatalf("%v after %d requests: %+v", err, len(a.briefs), got)
	}
	var want []string
	for _, p := range claim.Check(brief.Facts, claim.Mend(brief.Facts, boast)) {
		want = append(want, p.String())
	}
	if diff := cmp.Diff(want, a.briefs[1].Problems); diff != "" || len(want) < 2 {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	for _, reason := range a.briefs[1].Problems {
		if !strings.HasPrefix(reason, "line 2: ") {
			t.Errorf("the second line is wrong, but the reason says %q", reason)
		}
	}
	if len(brief.Problems) != 0 {
		t.Error("the step's own brief was changed")
	}
}

func TestReasonsNameTheTitleAndTheWholeLyricAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lyric  claim.Lyric
		prefix string
	}{
		"a title that boasts":      {claim.Lyric{Title: "전국 1위", Lines: good.Lines}, "title: "},
		"a lyric that has no line": {claim.Lyric{Title: "칼국수"}, "the lyric has no lines"},
	} {
		a := &author{lyrics: []claim.Lyric{c.lyric, good}}
		if _, err := checked(t.Context(), a, brief); err != nil || len(a.briefs) != 2 || len(a.briefs[1].Problems) == 0 ||
			!strings.HasPrefix(a.briefs[1].Problems[0], c.prefix) {
			t.Errorf("%s: %v, %+v", name, err, a.briefs)
		}
	}
}

func TestALyricThatClaimsTooMuchTwiceFails(t *testing.T) {
	t.Parallel()
	a := &author{lyrics: []claim.Lyric{boast, boast, good}}
	got, err := checked(t.Context(), a, brief)
	if fault.CodeOf(err) != fault.CodeClaim || fault.KindOf(err) != fault.Refused || len(a.briefs) != 2 || len(got.Lines) != 0 {
		t.Errorf("%v after %d requests: %+v", err, len(a.briefs), got)
	}
}

func TestAProvidersErrorIsNotAReasonToAskAgain(t *testing.T) {
	t.Parallel()
	busy := fault.New(fault.CodeUnavailable)
	for _, first := range []claim.Lyric{good, boast} {
		a := &author{lyrics: []claim.Lyric{first}, errs: []error{busy}}
		if _, err := checked(t.Context(), a, brief); !errors.Is(err, busy) || len(a.briefs) != 1 {
			t.Errorf("%v after %d requests", err, len(a.briefs))
		}
	}
	a := &author{lyrics: []claim.Lyric{boast, good}, errs: []error{nil, busy}}
	if _, err := checked(t.Context(), a, brief); !errors.Is(err, busy) || len(a.briefs) != 2 {
		t.Errorf("the second request: %v after %d", err, len(a.briefs))
	}
}

func TestAForgottenCitationIsRepairedWithoutAskingAgain(t *testing.T) {
	t.Parallel()
	sloppy := claim.Lyric{Title: "칼국수 🍜", Lines: []claim.Line{
		{Section: "verse", Text: "칼국수 한 그릇 구천 원", Facts: nil},
		{Section: "hook", Text: "돌담골목\u200b 칼국수 ✨", Facts: []string{"f1", "f7"}},
	}}
	want := claim.Lyric{Title: "칼국수", Lines: []claim.Line{
		{Section: "verse", Text: "칼국수 한 그릇 구천 원", Facts: []string{"f2"}},
		{Section: "hook", Text: "돌담골목 칼국수", Facts: []string{"f1", "f2"}},
	}}
	a := &author{lyrics: []claim.Lyric{sloppy}}
	got, err := checked(t.Context(), a, brief)
	if diff := cmp.Diff(want, got); diff != "" || err != nil || len(a.briefs) != 1 {
		t.Errorf("%v, %d requests, lyric (-want +got):\n%s", err, len(a.briefs), diff)
	}
}

// TestTheReasonsReachTheProvidersRequest sends a lyric back over the wire.
func TestTheReasonsReachTheProvidersRequest(t *testing.T) {
	t.Parallel()
	answers := []claim.Lyric{boast, good}
	var asked []claim.Brief
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Messages []struct{ Content string } `json:"messages"`
		}
		var b claim.Brief
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || json.Unmarshal([]byte(q.Messages[len(q.Messages)-1].Content), &b) != nil {
			t.Errorf("the request holds no brief: %v", err)
		}
		text, _ := json.Marshal(answers[min(len(asked), 1)])
		asked = append(asked, b)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"model": "m", "choices": []any{map[string]any{"message": map[string]any{"role": "assistant", "content": string(text)}, "finish_reason": "stop"}}})
	}))
	t.Cleanup(s.Close)
	client, err := openai.New(openai.Config{BaseURL: s.URL, Key: "sk-k", Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	got, err := checked(t.Context(), chat{client}, brief)
	if err != nil || !cmp.Equal(good, got) || len(asked) != 2 {
		t.Fatalf("%v after %d requests: %+v", err, len(asked), got)
	}
	if len(asked[0].Problems) != 0 || !strings.Contains(strings.Join(asked[1].Problems, "\n"), "1위") {
		t.Errorf("the requests told %q, then %q", asked[0].Problems, asked[1].Problems)
	}
}

type chat struct{ *openai.Client }

func (c chat) Write(ctx context.Context, b claim.Brief) (claim.Lyric, error) {
	l, _, err := c.Client.Write(ctx, b)
	return l, err
}
