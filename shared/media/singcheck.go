package media

import (
	"fmt"
	"math"
	"slices"

	"castad/shared/fault"
)

// Report says how a song sings its lyric.
type Report struct {
	// Lines are the lyric's lines, as they were written.
	Lines []Line
	// Dropped are the indexes of the lines that are not sung, Swapped of those
	// that are sung where another line is written. Lines without a letter or
	// digit have nothing to be sung and are in neither.
	Dropped, Swapped []int
}

// Missing are the lines that a listener misses where they are written: dropped
// or swapped, in order.
func (r Report) Missing() []int {
	all := slices.Concat(r.Dropped, r.Swapped)
	slices.Sort(all)
	return all
}

// maxLines is the longest lyric in lines; an ad of a minute has about thirty.
const maxLines = 150

// SingCheck finds each lyric line in what a provider says is sung.
//
// Letters and digits are compared in NFC and without case; spaces, punctuation
// and section markers do not count. The song is cut into the stretches that the
// lyric explains best, whatever their order: a stretch that sings one line whole
// is never shared between two that it sings in halves, so a dropped line is not
// made up from its neighbours. Then each line is given a stretch that sings it,
// as many as can be in the written order, the others where they are. Of equal
// stretches the earliest is taken: a chorus sung twice but written once is
// captioned the first time, and of a hook written twice and sung once one is
// dropped. Of lines sung in another order those that stand where another is
// written are swapped.
//
// Lines do not overlap; in the order in which they are sung their starts never
// decrease. Times that are not finite or negative, or that are all zero, are
// vendor.bad_result; more letters or lines than a song can have are an error too.
func SingCheck(lines []string, words []Word) (Report, error) {
	sung, err := sungLetters(words)
	if err != nil {
		return Report{}, fmt.Errorf("time lyrics: %w", err)
	}
	c := check{sung: sung, lines: make([]sungLine, len(lines))}
	total := 0
	for i, text := range lines {
		l := sungLine{Line: Line{Cue: Cue{Text: text}}, letters: letters(stripMarkers(text)), index: i}
		l.like = slices.IndexFunc(c.lines[:i], func(k sungLine) bool { return slices.Equal(k.letters, l.letters) })
		if l.like < 0 {
			l.like = i
		}
		c.lines[i] = l
		total += len(l.letters)
	}
	if total > maxLyric || len(lines) > maxLines {
		return Report{}, fmt.Errorf("time lyrics: %w", fault.Newf(fault.CodeBadValue, "%d letters in %d lines, at most %d in %d", total, len(lines), maxLyric, maxLines))
	}
	c.assign(c.cut())
	return c.report(), nil
}

// check is a sing-check under way.
type check struct {
	sung  []letter
	lines []sungLine
}

// sungLine is a line with the stretch of the song that sings it.
type sungLine struct {
	Line
	index   int
	like    int // the first line of the same letters
	letters []rune
	stretch
}

// cut finds the stretches that the lyric explains best, in the order in which
// they are sung; a line may explain any number of them.
func (c *check) cut() []stretch {
	m := len(c.sung)
	breaks := lineBreaks(c.sung)
	var seekers []*seeker
	for i, l := range c.lines {
		if l.like == i && len(l.letters) > 0 {
			seekers = append(seekers, newSeeker(l.letters, c.sung, breaks))
		}
	}
	gain, from := make([]int, m+1), make([]int, m+1) // the highest gain within the first e sung letters
	for e := range from {
		from[e] = e - 1 // no stretch ends here
	}
	stretches := make([]bool, m+1)
	for j := range m {
		if j > 0 && gain[j] <= gain[j-1] {
			gain[j], from[j], stretches[j] = gain[j-1], j-1, false
		}
		cost := startCost
		if j == 0 || c.sung[j].newLine {
			cost = 0
		}
		for _, s := range seekers {
			s.from(j, func(to, g int) {
				if g := gain[j] + g - cost; g > gain[to] {
					gain[to], from[to], stretches[to] = g, j, true
				}
			})
		}
	}
	if m > 0 && gain[m] <= gain[m-1] {
		from[m], stretches[m] = m-1, false
	}
	var out []stretch
	for e := m; e > 0; e = from[e] {
		if stretches[e] {
			out = append(out, stretch{from[e], e})
		}
	}
	slices.Reverse(out)
	return out
}

// best is the highest gain of the line within the sung letters.
func (c *check) best(i int, within stretch) (gain int) {
	part := c.sung[within.from:within.to]
	s := newSeeker(c.lines[i].letters, part, lineBreaks(part))
	for j := range s.sung {
		s.from(j, func(_, g int) { gain = max(gain, g) })
	}
	return gain
}

// assign gives each line a stretch.
func (c *check) assign(stretches []stretch) {
	gains, fits := c.judge(stretches)
	c.inOrder(stretches, gains, fits)
	free := func(s stretch) bool {
		return !slices.ContainsFunc(c.lines, func(l sungLine) bool { return l.Sung() && l.from < s.to && s.from < l.to })
	}
	for i := range c.lines { // sung whole, but elsewhere
		for k, s := range stretches {
			if !c.lines[i].Sung() && fits[k][i] && free(s) {
				c.put(i, s)
			}
		}
	}
	for range c.lines { // sung in part, where another would be sung better that is sung already
		line, most, at := -1, 0, stretch{}
		for i := range c.lines {
			for k, s := range stretches {
				if g := gains[k][i]; !c.lines[i].Sung() && g > most && free(s) && c.sings(i, s) {
					line, most, at = i, g, s
				}
			}
		}
		if line < 0 {
			return
		}
		c.put(line, at)
	}
}

// judge returns what each line would gain from each stretch, and whether no
// other is closer to what is sung. Closeness is the edit distance: a line with
// slips stays the closest as long as they are fewer than half of what tells it
// from another.
func (c *check) judge(stretches []stretch) (gains [][]int, fits [][]bool) {
	for _, s := range stretches {
		gain, distance := make([]int, len(c.lines)), make([]int, len(c.lines))
		closest := math.MaxInt
		for i, l := range c.lines {
			switch {
			case l.like < i:
				gain[i], distance[i] = gain[l.like], distance[l.like]
			case len(l.letters) > 0:
				gain[i], distance[i] = c.best(i, s), edits(l.letters, c.sung[s.from:s.to])
			}
			if gain[i] > 0 {
				closest = min(closest, distance[i])
			}
		}
		fit := make([]bool, len(gain))
		for i, g := range gain {
			fit[i] = g > 0 && distance[i] == closest
		}
		gains, fits = append(gains, gain), append(fits, fit)
	}
	return gains, fits
}

// inOrder gives the lines the stretches that fit them so that the gain is
// highest with the lines in the written order, the earliest of equal ones.
func (c *check) inOrder(stretches []stretch, gains [][]int, fits [][]bool) {
	n, m := len(c.lines), len(stretches)
	table := make([][]int, n+1) // the highest gain from line i and stretch k on
	table[n] = make([]int, m+1)
	for i := n - 1; i >= 0; i-- {
		table[i] = make([]int, m+1)
		for k := m - 1; k >= 0; k-- {
			table[i][k] = max(table[i+1][k], table[i][k+1])
			if fits[k][i] {
				table[i][k] = max(table[i][k], table[i+1][k+1]+gains[k][i])
			}
		}
	}
	for i, k := 0, 0; i < n && k < m; {
		switch {
		case fits[k][i] && table[i][k] == table[i+1][k+1]+gains[k][i]:
			c.put(i, stretches[k])
			i, k = i+1, k+1
		case table[i][k] == table[i][k+1]:
			k++
		default:
			i++
		}
	}
}

// put gives a line a stretch, its coverage and its times; a stretch that does
// not sing the line leaves it without.
func (c *check) put(i int, s stretch) {
	l := &c.lines[i]
	l.Line, l.stretch = c.placed(i, s)
}

// sings says whether the line would be sung if it had the stretch.
func (c *check) sings(i int, s stretch) bool {
	l, _ := c.placed(i, s)
	return l.Sung()
}

func (c *check) placed(i int, s stretch) (Line, stretch) {
	l := Line{Cue: Cue{Text: c.lines[i].Text}}
	part := c.sung[s.from:s.to]
	first, last := place(&l, align(c.lines[i].letters, part), part)
	if !l.Sung() {
		l.Start, l.End = 0, 0
		return l, stretch{}
	}
	return l, stretch{s.from + first, s.from + last + 1}
}

// report makes the times fit to be shown and says what is missing.
func (c *check) report() Report {
	var order []*sungLine // as they are sung
	for i := range c.lines {
		if c.lines[i].Sung() {
			order = append(order, &c.lines[i])
		}
	}
	slices.SortFunc(order, func(a, b *sungLine) int { return a.from - b.from })
	settle(order)
	order = slices.DeleteFunc(order, func(l *sungLine) bool { return !l.Sung() })
	written := slices.Clone(order)
	slices.SortFunc(written, func(a, b *sungLine) int { return a.index - b.index })
	for p, l := range order {
		l.InPlace = slices.Equal(l.letters, written[p].letters)
	}
	var r Report
	for i, l := range c.lines {
		r.Lines = append(r.Lines, l.Line)
		switch {
		case len(l.letters) == 0:
		case !l.Sung():
			r.Dropped = append(r.Dropped, i)
		case !l.InPlace:
			r.Swapped = append(r.Swapped, i)
		}
	}
	return r
}
