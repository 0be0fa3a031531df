package storyboard

import (
	"math"
	"slices"

	"castad/shared/message"
)

// Times in seconds.
const (
	frameRate  = 30
	shortest   = 1.0 // below it nothing is a film
	tail       = 1.0 // kept after the last line when a long song is cut
	titleTime  = 2.6 // of the title
	titleLeast = 1.6 // below it the name could not be read
	cardTime   = 3.8 // of the closing card
	cardLeast  = 1.0 // below it that card could not be read
	glance     = 1.2 // below it a picture is not seen, only noticed
	quick      = 1.8 // of a picture, when there are many photos
	reach      = 1.1 // that a card moves to begin on a beat
)

const maxPictures = 16 // decoded photos that the renderer holds at a time

// span is when something is shown, in seconds.
type span struct{ from, to float64 }

func (s span) length() float64 { return s.to - s.from }

// timeline is when what happens in a film.
type timeline struct {
	length  float64
	title   span
	middle  span // between title and card
	card    span // empty when the film is too short for one
	changes []float64
}

// plan cuts a film of a song. pace is how long a picture should be seen.
func plan(in message.VideoRender, pace float64) timeline {
	t := timeline{length: filmSeconds(in)}
	end := t.length - cardTime
	title := math.Min(titleTime, t.length)
	if end < title {
		end = title
	}
	if t.length-end < cardLeast {
		end = t.length
	}
	marks := marksOf(in.Take, t.length)
	if end < t.length {
		end = near(marks, end, reach, titleLeast, t.length-cardLeast)
	}
	// As many pictures as the pace asks for, or faster to show every photo.
	n := max(int(math.Round(end/pace)), min(len(in.Photos)-1, int(end/quick)))
	n = max(1, min(n, maxPictures-1, int(end/glance)))
	t.changes = changes(in.Take, marks, end, n)
	if end < t.length {
		if k := len(t.changes); k > 0 && end-t.changes[k-1] < glance {
			t.changes = t.changes[:k-1]
		}
		t.changes = append(t.changes, end)
	}
	title = near(t.changes, math.Min(title, end), 1, titleLeast, end)
	t.title, t.middle, t.card = span{0, title}, span{title, end}, span{end, t.length}
	return t
}

// marksOf are the moments at which a picture may change: the beats, or the
// starts of the lines when the song has no beats or has them in less than half of the film.
func marksOf(take message.Take, length float64) []float64 {
	inside := func(list []float64) (out []float64) {
		for _, v := range list {
			if v > 0 && v < length {
				out = append(out, v)
			}
		}
		slices.Sort(out)
		return out
	}
	if b := inside(take.Beats); len(b) > 1 && b[len(b)-1]-b[0] >= length/2 {
		return b
	}
	var starts []float64
	for _, l := range take.Lines {
		starts = append(starts, l.Start)
	}
	return inside(starts)
}

// near is the mark nearest to at that lies within some seconds of it and between
// low and high; at itself when there is none.
func near(marks []float64, at, within, low, high float64) float64 {
	best := at
	for _, m := range marks {
		if d := math.Abs(m - at); d <= within && m >= low && m <= high {
			best, within = m, d
		}
	}
	return best
}

// changes are at most n-1 moments before end at which the picture changes: near
// to the start of a line where one is near, on a mark where there are marks.
func changes(take message.Take, marks []float64, end float64, n int) []float64 {
	var lines []float64
	for _, l := range take.Lines {
		lines = append(lines, l.Start)
	}
	each := end / float64(n)
	last, out := 0.0, []float64(nil)
	for k := 1; k < n; k++ {
		at := near(lines, float64(k)*each, each/3, last+glance, end-glance)
		if len(marks) > 0 {
			if at = near(marks, at, each/2, last+glance, end-glance); !slices.Contains(marks, at) {
				continue
			}
		}
		if at < last+glance || at > end-glance {
			continue
		}
		out = append(out, at)
		last = at
	}
	return out
}

// filmSeconds is the length of the film: the whole song, or, when the song is
// longer than the ad may be, up to the end of the last line that fits, and never
// into the line after it.
func filmSeconds(in message.VideoRender) float64 {
	if in.Take.Seconds <= float64(in.Seconds)*1.2 {
		return frames(in.Take.Seconds)
	}
	cut := 0.0
	for i, l := range in.Take.Lines {
		end := l.End + tail
		if i+1 < len(in.Take.Lines) {
			end = math.Min(end, math.Max(l.End, in.Take.Lines[i+1].Start))
		}
		if end <= float64(in.Seconds) {
			cut = end
		}
	}
	if cut < float64(in.Seconds)/2 {
		cut = float64(in.Seconds)
	}
	return frames(cut)
}

// frames rounds down to whole frames, so that picture and sound end together, as
// the milliseconds that a script has.
func frames(seconds float64) float64 { return round(math.Floor(seconds*frameRate) / frameRate) }

// round rounds to the milliseconds that a script has.
func round(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }
