package collect

import (
	"context"
	"slices"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/media"
	"castad/shared/message"
	"castad/shared/provider"
)

// listen finds the lyric's lines in what the provider says that a take sings.
func (c collector) listen(ctx context.Context, l claim.Lyric, call message.Call, track provider.Track) (media.Report, error) {
	words, err := c.music.Words(ctx, call.ExternalID, track.ID)
	if err != nil {
		return media.Report{}, err
	}
	timed := make([]media.Word, len(words))
	for i, w := range words {
		timed[i] = media.Word(w)
	}
	return media.SingCheck(texts(l), timed)
}

func texts(l claim.Lyric) []string {
	out := make([]string, len(l.Lines))
	for i, line := range l.Lines {
		out[i] = line.Text
	}
	return out
}

// captions are the sung lines; one that is not sung gets no time and so no caption.
func captions(r media.Report) []message.LineTime {
	var out []message.LineTime
	for _, c := range media.Captions(r.Lines) {
		out = append(out, message.LineTime(c))
	}
	return out
}

// choose takes, of the takes that are fit for an ad, the one that misses the
// fewest lines, then the one that sings most of their letters, then the first.
func choose(l claim.Lyric, takes []media.Report) (int, error) {
	best := -1
	for i, t := range takes {
		if fit(l, t) && (best < 0 || better(t, takes[best])) {
			best = i
		}
	}
	switch {
	case best >= 0:
		return best, nil
	case !slices.ContainsFunc(takes, func(t media.Report) bool { return len(t.Dropped) < len(t.Lines) }):
		return -1, fault.Newf(fault.CodeVendorResult, "none of %d takes sings the lyric", len(takes))
	}
	return -1, fault.Newf(fault.CodeLinesMissing, "each of %d takes drops the hook, the call or more than a third of %d lines", len(takes), len(l.Lines))
}

func better(a, b media.Report) bool {
	if x, y := len(a.Missing()), len(b.Missing()); x != y {
		return x < y
	}
	return coverage(a) > coverage(b)
}

func coverage(r media.Report) float64 {
	sum := 0.0
	for _, l := range r.Lines {
		sum += l.Coverage
	}
	return sum
}

// fit says whether a take can be an ad's song: it sings something of the hook
// and of the call, if they are written, and at least two thirds of the lines.
func fit(l claim.Lyric, r media.Report) bool {
	written, sung := map[string]bool{}, map[string]bool{}
	for i, line := range l.Lines {
		written[line.Section] = true
		sung[line.Section] = sung[line.Section] || r.Lines[i].Sung()
	}
	for _, section := range []string{"hook", "call"} {
		if written[section] && !sung[section] {
			return false
		}
	}
	return len(l.Lines) > 0 && 3*len(r.Dropped) <= len(l.Lines)
}
