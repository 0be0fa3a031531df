package collect

import (
	"testing"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/media"
	"castad/shared/message"

	"github.com/google/go-cmp/cmp"
)

// ad is a lyric of nine lines: seven of verse, a hook, a call.
var ad = claim.Lyric{Lines: []claim.Line{
	{Section: "verse", Text: "을지로 골목 안에"}, {Section: "verse", Text: "김이 나는 아침"}, {Section: "verse", Text: "밀가루 반죽 소리"}, {Section: "verse", Text: "손으로 민 면"},
	{Section: "hook", Text: "돌담골목 칼국수"}, {Section: "verse", Text: "비가 오는 날이면"}, {Section: "verse", Text: "생각나는 국물"}, {Section: "verse", Text: "어머니와 딸이"},
	{Section: "call", Text: "오늘 저녁 오세요"}}}

const (
	hook    = 4
	closing = 8
)

// sings is the report on a song that sings the lines of the ad in this order.
func sings(t *testing.T, order ...int) media.Report {
	t.Helper()
	var words []media.Word
	for i, n := range order {
		words = append(words, media.Word{Text: ad.Lines[n].Text + "\n", Start: float64(i) + 0.25, End: float64(i) + 1})
	}
	r, err := media.SingCheck(texts(ad), words)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// without are all lines but some.
func without(gone ...int) (order []int) {
	for n := range ad.Lines {
		left := true
		for _, g := range gone {
			left = left && g != n
		}
		if left {
			order = append(order, n)
		}
	}
	return order
}

func TestTheTakeThatMissesLeastIsChosen(t *testing.T) {
	t.Parallel()
	slipped := sings(t, without()...)
	slipped.Lines[2].Coverage = 0.8
	for name, c := range map[string]struct {
		takes []media.Report
		want  int
	}{
		"all sung twice: the first":                      {[]media.Report{sings(t, without()...), sings(t, without()...)}, 0},
		"the one that drops fewer":                       {[]media.Report{sings(t, without(0, 1)...), sings(t, without(0)...)}, 1},
		"the one that swaps none":                        {[]media.Report{sings(t, 1, 0, 2, 3, 4, 5, 6, 7, 8), sings(t, without(0)...)}, 1},
		"of equal ones the one that is covered better":   {[]media.Report{slipped, sings(t, without()...)}, 1},
		"one without its hook is not fit, even if whole": {[]media.Report{sings(t, without(hook)...), sings(t, without(0, 1, 2)...)}, 1},
		"one without its call neither":                   {[]media.Report{sings(t, without(closing)...), sings(t, without(0, 1, 2)...)}, 1},
		"a third may be missing":                         {[]media.Report{sings(t, without(0, 1, 2)...)}, 0},
		"lines in another order are sung":                {[]media.Report{sings(t, 8, 7, 6, 5, 4, 3, 2, 1, 0)}, 0},
	} {
		if got, err := choose(ad, c.takes); got != c.want || err != nil {
			t.Errorf("%s: take %d, %v, want %d", name, got, err, c.want)
		}
	}
}

func TestASongThatLeavesOutTooMuchFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes []media.Report
		code  fault.Code
	}{
		"no take sings the hook":               {[]media.Report{sings(t, without(hook)...), sings(t, without(hook, 0)...)}, fault.CodeLinesMissing},
		"one lacks the hook, one the call":     {[]media.Report{sings(t, without(hook)...), sings(t, without(closing)...)}, fault.CodeLinesMissing},
		"more than a third is missing in each": {[]media.Report{sings(t, without(0, 1, 2, 3)...), sings(t, without(0, 1, 2, 3)...)}, fault.CodeLinesMissing},
		"nothing is sung at all":               {[]media.Report{sings(t), sings(t)}, fault.CodeVendorResult},
		"no take came":                         {nil, fault.CodeVendorResult},
	} {
		got, err := choose(ad, c.takes)
		if got != -1 || fault.CodeOf(err) != c.code {
			t.Errorf("%s: take %d, %v", name, got, err)
		}
	}
	if e, _ := fault.CodeLinesMissing.Entry(); !e.Retryable || e.Kind != fault.Refused {
		t.Errorf("the owner cannot retry: %+v", e)
	}
}

func TestOnlyWhatIsSungIsCaptionedWhenItIsSung(t *testing.T) {
	t.Parallel()
	want := []message.LineTime{{Text: ad.Lines[2].Text, Start: 0.25, End: 1}, {Text: ad.Lines[0].Text, Start: 1.25, End: 2}, {Text: ad.Lines[8].Text, Start: 2.25, End: 3}}
	if diff := cmp.Diff(want, captions(sings(t, 2, 0, 8))); diff != "" {
		t.Errorf("captions (-want +got):\n%s", diff)
	}
}
