package media

import "math"

// stretch is the sung letters from (inclusive) to (exclusive).
type stretch struct{ from, to int }

// What a line's score counts: letters, and those that follow the letter before
// them as in the line. Letters weigh more than in the alignment, so that a slip
// of the provider costs little more than its letter.
const (
	letterScore = 3
	runScore    = 1
	// breakScore is lost for every line break of the provider's inside a line: its
	// lines are mostly ours, but not always, and not every provider tells them.
	breakScore = 2 * letterScore
	// startCost is lost, as gain, by a stretch that does not begin after a line
	// break: two fifths of a letter, so that slips do not break a line into others.
	startCost = 400
)

// gainOf values a score for a line of n letters sung over a span of so many
// letters. It grows faster than the share that is sung, so that one line whole
// is worth more than two in halves; but little faster, so that a line with slips
// is not taken apart for a short one that is whole in it. Less than a third is
// worth nothing. It is an integer, so that equal is equal.
func gainOf(score, n, span int) int {
	score -= max(0, span-n) / 2
	whole := letterScore*n + runScore*(n-1)
	if 3*score < whole {
		return 0
	}
	return int(math.Round(1000 * float64(n) * math.Pow(float64(score)/float64(whole), 1.25)))
}

// seeker finds the stretches that sing something of a line.
type seeker struct {
	letters []rune
	sung    []letter
	room    int     // the longest stretch: with more between its letters it is not that line
	hits    []int32 // pairs of the line before each sung letter
	breaks  []int32 // line breaks up to each sung letter
	ends    *ends
}

func newSeeker(letters []rune, sung []letter, breaks []int32) *seeker {
	room := 2*len(letters) + 8
	return &seeker{letters: letters, sung: sung, room: room, hits: pairs(letters, sung), breaks: breaks, ends: newEnds(room)}
}

// lineBreaks counts the line breaks up to each sung letter.
func lineBreaks(sung []letter) []int32 {
	out := make([]int32, len(sung))
	n := int32(0)
	for i, l := range sung {
		if l.newLine {
			n++
		}
		out[i] = n
	}
	return out
}

// from calls use for every stretch that begins at the sung letter j, if a word does.
func (s *seeker) from(j int, use func(to, gain int)) {
	n, to := len(s.letters), min(len(s.sung), j+s.room)
	// Half of the letters in runs of two are a quarter of the pairs.
	if !s.sung[j].begins || s.hits[to]-s.hits[j] < int32(max(1, n/4)) {
		return
	}
	for b, score := range s.ends.scores(s.letters, s.sung[j:to]) {
		if b == 0 {
			continue
		}
		if g := gainOf(int(score-breakScore*(s.breaks[j+b-1]-s.breaks[j])), n, b); g > 0 {
			use(j+b, g)
		}
	}
}

// pairs counts the sung letters before each that are, with their next one, a pair of the line's.
func pairs(line []rune, sung []letter) []int32 {
	of := map[[2]rune]bool{}
	for i := range line {
		if i+1 < len(line) {
			of[[2]rune{line[i], line[i+1]}] = true
		} else if len(line) == 1 {
			of[[2]rune{line[0]}] = true
		}
	}
	out := make([]int32, len(sung)+1)
	for j := range sung {
		pair := [2]rune{sung[j].r}
		if len(line) > 1 && j+1 < len(sung) {
			pair[1] = sung[j+1].r
		}
		if out[j+1] = out[j]; of[pair] {
			out[j+1]++
		}
	}
	return out
}

// ends computes scores; its rows are used again for every stretch.
type ends struct{ fresh, run, freshBefore, runBefore []int32 }

func newEnds(room int) *ends {
	row := func() []int32 { return make([]int32, room+1) }
	return &ends{row(), row(), row(), row()}
}

// scores returns, for each length of the stretch, the highest score of the line in it.
func (e *ends) scores(line []rune, sung []letter) []int32 {
	const never = -1 << 20
	w := len(sung)
	for b := range w + 1 {
		e.freshBefore[b], e.runBefore[b] = 0, never
	}
	for _, r := range line {
		e.fresh[0], e.run[0] = 0, never
		for b := 1; b <= w; b++ {
			e.run[b] = never
			if r == sung[b-1].r {
				e.run[b] = letterScore + max(e.freshBefore[b-1], e.runBefore[b-1]+runScore)
			}
			e.fresh[b] = max(e.freshBefore[b], e.fresh[b-1], e.run[b])
		}
		e.fresh, e.freshBefore, e.run, e.runBefore = e.freshBefore, e.fresh, e.runBefore, e.run
	}
	return e.freshBefore[:w+1]
}

// edits is the edit distance of a line and what is sung.
func edits(line []rune, sung []letter) int {
	row := make([]int, len(sung)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range line {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range sung {
			changed := diagonal + 1
			if s.r == r {
				changed--
			}
			diagonal, row[j+1] = row[j+1], min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(sung)]
}
