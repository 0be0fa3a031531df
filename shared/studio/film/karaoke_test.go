package film

import (
	"math"
	"regexp"
	"strings"
	"testing"
)

func TestTheHighlightFollowsTheWords(t *testing.T) {
	t.Parallel()
	sing := func(effect, more string) *assFile {
		return lettered(t, texts(textElement("한 그릇, 더\n주세요!", `"font_size":40,"fill_color":"#fff","transcript_effect":"`+effect+`"`+more)))
	}
	// Seven syllables in two seconds; comma and exclamation mark take no time.
	l := sing("color", "").texts[0]
	var said []string
	at := 0.0
	for i, p := range l.pieces() {
		share := float64(letters(p.text)) * 2 / 7
		if math.Abs(p.from-at) > 1e-9 || math.Abs(p.to-at-share) > 1e-9 {
			t.Errorf("%q from %.3f to %.3f, want %.3f to %.3f", p.text, p.from, p.to, at, at+share)
		}
		if x, y := l.sungTo(p.line, p.from-0.01), l.sungTo(p.line, p.from+0.01); y <= x || math.Abs(y-p.x-p.w) > 1e-9 {
			t.Errorf("word %d is not marked as a whole: to %.1f before, %.1f after", i, x, y)
		}
		at, said = p.to, append(said, strings.TrimSpace(p.text))
	}
	if got := strings.Join(said, "|"); got != "한|그릇,|더|주세요!" || math.Abs(at-2) > 1e-9 {
		t.Errorf("%s, to the end at %.3f", got, at)
	}
	// A karaoke sweep goes on within a syllable.
	k := sing("karaoke", "").texts[0]
	if a, b := k.sungTo(1, 1.2), k.sungTo(1, 1.3); a <= 0 || b <= a || k.sungTo(0, 1.3) != k.sungTo(0, 9) || math.Abs(k.sungTo(1, 2)-k.lines[1].w) > k.size/2 {
		t.Errorf("the second line is swept to %.1f, then %.1f, at last %.1f of %.1f", a, b, k.sungTo(1, 2), k.lines[1].w)
	}
	// One box after the other, without a gap.
	times := regexp.MustCompile(`Dialogue: \d+,([^,]*),([^,]*),.*\\p1`).FindAllStringSubmatch(sing("highlight", "").String(), -1)
	if len(times) != 4 || times[0][1] != assTime(0) || times[3][2] != assTime(2) {
		t.Fatalf("the boxes are there at %q", times)
	}
	for i := range 3 {
		if times[i][2] != times[i+1][1] {
			t.Errorf("a box ends at %s and the next begins at %s", times[i][2], times[i+1][1])
		}
	}
	// A text that pops in while it is sung is cut where it has been sung.
	if s := sing("karaoke", `,"animations":[{"type":"scale","time":"start","duration":0.3,"start_scale":"80%","end_scale":"100%"}]`).String(); strings.Count(s, `\clip(`) < 9 {
		t.Errorf("only %d events are cut", strings.Count(s, `\clip(`))
	}
}
