package ad

import (
	"fmt"
	"slices"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/message"
)

// What an owner writes is sung and shown like what a writer wrote, so it may not
// say more than the facts do either. An owner need not name facts: a line then leans
// on those that the line in its place leaned on, and on those whose words it has.

// rewritten is the owner's lyric as it is sung in place of was. A line that says more
// than the facts is refused with CodeOwnWords, one that cannot be sung or shown with
// CodeBadValue; both name it ("lines[2].text").
func rewritten(own message.OwnLyric, facts []claim.Fact, was claim.Lyric) (claim.Lyric, error) {
	c := claim.Against(singable(facts))
	out := claim.Lyric{Title: was.Title, Lines: slices.Clone(was.Lines)}
	if own.Title != nil {
		out.Title = c.Mend(claim.Lyric{Title: *own.Title}).Title
		if err := refuse(c.CheckTitle(out.Title), "title"); err != nil {
			return claim.Lyric{}, err
		}
	}
	if len(own.Lines) == 0 {
		return out, nil
	}
	out.Lines = make([]claim.Line, 0, len(own.Lines))
	for i, l := range own.Lines {
		line, err := rewrittenLine(l, c, facts, was.Lines, i)
		if err != nil {
			return claim.Lyric{}, err
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

func rewrittenLine(l message.OwnLine, c *claim.Checker, facts []claim.Fact, was []claim.Line, i int) (claim.Line, error) {
	line := claim.Line{Section: l.Section, Text: l.Text, Facts: l.Facts}
	var before claim.Line
	if i < len(was) {
		before = was[i]
	}
	if line.Section == "" {
		line.Section = before.Section
		preset(&line.Section, "verse")
	}
	switch {
	case l.Facts != nil:
	case line.Text == before.Text:
		line.Facts = before.Facts
	default:
		line.Facts = leaning(facts, before.Facts)
	}
	line = mended(c, line)
	return line, refuse(c.CheckLine(line), fmt.Sprintf("lines[%d].text", i))
}

// leaning are the facts that other words in a line's place may lean on: all that
// the line leaned on but a name, which a line may only cite when it sings it.
func leaning(facts []claim.Fact, ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(facts, func(f claim.Fact) bool { return f.ID == id && f.Kind == claim.Name })
	})
}

// mended is claim.Mend for one line.
func mended(c *claim.Checker, l claim.Line) claim.Line {
	return c.Mend(claim.Lyric{Lines: []claim.Line{l}}).Lines[0]
}

// refuse makes the first problem of a text that an owner wrote the answer.
func refuse(problems []claim.Problem, field string) error {
	for _, p := range problems {
		if p.Code == claim.Shape || p.Code == claim.UnknownFact {
			return fault.Newf(fault.CodeBadValue, "%s", p.Reason).In(field)
		}
	}
	if len(problems) > 0 {
		return fault.Newf(fault.CodeOwnWords, "%s", problems[0].Reason).In(field)
	}
	return nil
}

// captioned is the take with the captions in place of what it sings. A caption
// is checked like the line that it stands for, against the facts of this run: they may
// have changed since it was written.
func captioned(facts []claim.Fact, l claim.Lyric, take message.Take, texts map[int]string) (message.Take, error) {
	if len(texts) == 0 {
		return take, nil
	}
	shown := map[int]string{}
	c := claim.Against(singable(facts))
	for i := range l.Lines {
		text, ok := texts[i]
		if !ok {
			continue
		}
		line := mended(c, claim.Line{Section: l.Lines[i].Section, Text: text, Facts: leaning(facts, l.Lines[i].Facts)})
		if err := refuse(c.CheckLine(line), fmt.Sprintf("captions.%d", i)); err != nil {
			return take, err
		}
		shown[i] = line.Text
	}
	take.Lines = dub(l, take, shown)
	return take, nil
}

// dub puts the texts into the times of the lines that they stand for. Times name
// a line by its words; a line that is sung twice is found by its turn.
func dub(l claim.Lyric, take message.Take, texts map[int]string) []message.LineTime {
	lineOf := map[string][]int{}
	for i, line := range l.Lines {
		if !slices.Contains(take.Missing, i) || slices.Contains(take.Swapped, i) {
			lineOf[line.Text] = append(lineOf[line.Text], i)
		}
	}
	out := slices.Clone(take.Lines)
	for n := range out {
		sung := out[n].Text
		turns := lineOf[sung]
		if len(turns) == 0 {
			continue
		}
		if text, ok := texts[turns[0]]; ok {
			out[n].Text = text
		}
		lineOf[sung] = turns[1:]
	}
	return out
}
