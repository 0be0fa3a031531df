package lyric

import (
	"strings"

	"castad/shared/claim"
	"castad/shared/studio/lyric/hangul"
)

// tolerance is how far outside the range a line may be before its fact is left out.
const tolerance = 2

// verseKinds is the order in which a song tells about a place: where it is, what
// there is, what others say, what is on now. The n-th entry of a kind is its n-th fact.
var verseKinds = []claim.FactKind{claim.Area, claim.Menu, claim.Praise, claim.Menu, claim.Offer, claim.Story, claim.Praise, claim.Hours, claim.Menu, claim.Category, claim.Menu, claim.Praise}

// shortKinds is the order when there are two lines to tell it all.
var shortKinds = []claim.FactKind{claim.Menu, claim.Praise, claim.Offer, claim.Area, claim.Story, claim.Menu, claim.Hours, claim.Category}

func (w *writer) write(shape string) claim.Lyric {
	verse := w.verses(shape)
	hook := map[rune]claim.Line{'h': w.line("hook", w.grammar.hook, w.words[claim.Name]...)}
	switch {
	case !strings.Contains(shape, "H"):
	case hangul.Count(w.words[claim.Name][0].text) > longestName: // 40 syllables three times are more than 30 seconds hold
		hook['H'] = w.line("hook", w.grammar.callAny)
	default:
		hook['H'] = w.line("hook", w.grammar.answer, w.words[claim.Name]...)
	}
	var l claim.Lyric
	l.Title = w.title()
	calls := w.calls(strings.Count(shape, "c"))
	for _, part := range shape {
		switch part {
		case 'v':
			l.Lines = append(l.Lines, verse[0])
			verse = verse[1:]
		case 'c':
			l.Lines = append(l.Lines, calls[0])
			calls = calls[1:]
		default:
			l.Lines = append(l.Lines, hook[part])
		}
	}
	return l
}

// verses writes the stanzas of a song (the runs of v in its shape): facts, and
// in a longer song at least a quarter of lines that claim nothing, for breath.
func (w *writer) verses(shape string) []claim.Line {
	n := strings.Count(shape, "v")
	queue := w.queue(n)
	var out []claim.Line
	free := n / 4
	for stanza := range strings.FieldsFuncSeq(shape, func(r rune) bool { return r != 'v' }) {
		pause := min(free, max(1, len(stanza)/4))
		free -= pause
		var lines [][]claim.Line
		lines, queue = w.stanza(queue, len(stanza)-pause)
		for size(lines) < len(stanza) {
			at := 0 // the first stanza opens with a scene, later ones breathe after a fact
			if len(out) > 0 && len(lines) > 0 {
				at = 1 + w.rng.IntN(len(lines))
			}
			lines = append(lines[:at], append([][]claim.Line{{w.line("verse", w.grammar.free)}}, lines[at:]...)...)
		}
		for _, l := range lines {
			out = append(out, l...)
		}
	}
	return out
}

// stanza spends facts over at most n lines; a statement in two lines stays
// together. left is what has not been told.
func (w *writer) stanza(queue []word, n int) (lines [][]claim.Line, left []word) {
	for _, x := range queue {
		room := n - size(lines)
		if room == 0 || x.rest != "" && room < 2 {
			left = append(left, x)
			continue
		}
		if l := w.tell(x); len(l) > 0 {
			lines = append(lines, l)
		}
	}
	return lines, left
}

// tell sings a fact in one line, a long statement in two; none when no phrasing fits.
func (w *writer) tell(x word) []claim.Line {
	if x.rest == "" {
		if line, ok := w.phrase("verse", w.grammar.verse[x.kind], x); ok {
			return []claim.Line{line}
		}
		return nil
	}
	two := []claim.Line{{Section: "verse", Text: x.text, Facts: []string{x.id}}, {Section: "verse", Text: x.rest, Facts: []string{x.id}}}
	if w.refused(two[0]) || w.refused(two[1]) {
		return nil
	}
	return two
}

func size(lines [][]claim.Line) int {
	n := 0
	for _, l := range lines {
		n += len(l)
	}
	return n
}

// queue orders the facts as they are to be told in n lines.
func (w *writer) queue(n int) []word {
	kinds := verseKinds
	if n <= 2 {
		kinds = shortKinds
	}
	var out []word
	told := map[claim.FactKind]int{}
	for _, kind := range kinds {
		if i := told[kind]; i < len(w.words[kind]) {
			out = append(out, w.words[kind][i])
			told[kind]++
		}
	}
	return out
}

// calls ends the song with n lines: the last invites to the place by its name,
// one before it tells the phone when there is one. In a song with one call the
// phone takes its place every other time, but not in 15 seconds, where the name
// is worth more.
func (w *writer) calls(n int) []claim.Line {
	var out []claim.Line
	phones := w.words[claim.Phone]
	if len(phones) > 0 && (n > 1 || w.brief.Seconds > 15 && w.rng.IntN(2) == 0) {
		if line, ok := w.phrase("call", w.grammar.phone, phones[0]); ok {
			out = append(out, line)
		}
	}
	placed := false
	for len(out) < n {
		var line claim.Line
		line, placed = w.call(placed)
		out = append(out, line)
	}
	return out
}

// call invites; every other time it says where, once in a song.
func (w *writer) call(placed bool) (line claim.Line, says bool) {
	name := w.words[claim.Name][0]
	if hangul.Count(name.text) > longestName {
		return w.line("call", w.grammar.callAny), placed
	}
	if areas := w.words[claim.Area]; !placed && len(areas) > 0 && w.rng.IntN(2) == 0 {
		if line, ok := w.phrase("call", w.grammar.callArea, areas[0], name); ok {
			return line, true
		}
	}
	return w.line("call", w.grammar.call, name), placed
}

// attempts is how many phrasings of a line are tried before it becomes one without a fact.
const attempts = 24

func (w *writer) title() string {
	name := w.words[claim.Name][0]
	for range attempts {
		t := w.grammar.titles[w.rng.IntN(len(w.grammar.titles))]
		text, _ := t.fill([]word{name})
		if !w.refusedTitle(text) {
			return text
		}
	}
	return name.text
}

// phrase puts the words into a phrasing that fits the melody and the facts; ok
// is false when none does (the fact is then left out).
func (w *writer) phrase(section string, from []template, with ...word) (claim.Line, bool) {
	fit := w.candidates(from, with)
	for i, c := range fit {
		if i == attempts {
			break
		}
		if c.distance > tolerance {
			continue
		}
		line := claim.Line{Section: section, Text: c.text, Facts: c.ids}
		if !w.refused(line) {
			w.used[c.template.key] = true
			return line, true
		}
	}
	return claim.Line{}, false
}

// line is phrase for lines that must be: when nothing fits, the best fitting
// phrasing that passes the check is taken however long it is.
func (w *writer) line(section string, from []template, with ...word) claim.Line {
	if line, ok := w.phrase(section, from, with...); ok {
		return line
	}
	for _, c := range w.candidates(from, with) {
		line := claim.Line{Section: section, Text: c.text, Facts: c.ids}
		if !w.refused(line) {
			return line
		}
	}
	line := claim.Line{Section: section, Text: "la la la"}
	if len(with) > 0 { // the bare name cites itself and always passes
		line.Text, line.Facts = with[len(with)-1].text, []string{with[len(with)-1].id}
	}
	return line
}

// refused reports whether the check refuses a line; a line is judged once.
func (w *writer) refused(l claim.Line) bool {
	return w.judge(l.Section+"\n"+l.Text+"\n"+strings.Join(l.Facts, "\n"), func() []claim.Problem { return w.checker.CheckLine(l) })
}

func (w *writer) refusedTitle(title string) bool {
	return w.judge(title, func() []claim.Problem { return w.checker.CheckTitle(title) })
}

func (w *writer) judge(key string, check func() []claim.Problem) bool {
	refused, ok := w.judged[key]
	if !ok {
		refused = len(check()) > 0
		w.judged[key] = refused
	}
	return refused
}

// candidate is a filled phrasing; distance is how many syllables it is outside
// the range that a melody line carries.
type candidate struct {
	template template
	text     string
	ids      []string
	distance int
	priced   bool
}

func (w *writer) candidates(from []template, with []word) []candidate {
	var out []candidate
	tr := w.trade
	if len(with) > 0 && with[0].kind == claim.Menu {
		tr = with[0].trade
	}
	for _, i := range w.rng.Perm(len(from)) {
		t := from[i]
		if !t.suits(w.mood, tr) || w.used[t.key] {
			continue
		}
		text, ok := t.fill(with)
		if !ok {
			continue
		}
		c := candidate{template: t, text: w.grammar.mend(text), priced: strings.Contains(t.key, "{won")}
		for _, x := range with {
			if t.uses(x.kind) {
				c.ids = append(c.ids, x.id)
			}
		}
		n := hangul.Count(c.text)
		c.distance = max(0, w.grammar.shortest-n, n-w.grammar.longest)
		out = append(out, c)
	}
	// A price is what listeners keep: when it is told, three of four times a
	// phrasing with it comes first. So does, two of three times, one of the trade or of the mood.
	sortByDistance(out, preference{price: w.rng.IntN(4) > 0, trade: w.rng.IntN(3) > 0, tone: w.rng.IntN(3) > 0})
	if len(out) == 0 && anySuits(from, w.mood, tr, with) { // all used up: phrasings may come again
		for _, t := range from {
			delete(w.used, t.key)
		}
		return w.candidates(from, with)
	}
	return out
}

func anySuits(from []template, m mood, tr trade, with []word) bool {
	for _, t := range from {
		if _, ok := t.fill(with); ok && t.suits(m, tr) {
			return true
		}
	}
	return false
}
