package film

import "encoding/json"

// Report is what can be said about a script without its sources.
type Report struct {
	Errors   []Problem // the film cannot be made as asked
	Warnings []Problem // it can, differently
	Texts    []TextBox // in drawing order; none when there are errors in the script's form
	Seconds  float64   // the film's length, as far as it does not depend on a source's
}

// TextBox is a text as it will be drawn, where it rests when nothing moves.
type TextBox struct {
	Path       string   // "elements[3]"
	Lines      []string // as they are broken
	Start, End float64  // seconds of the film
	// X, Y, W and H are fractions of the frame; the box holds the lines in their
	// full height and the background with its padding, without stroke and shadow.
	X, Y, W, H float64
	Size       float64 // the font's size in pixels of the output
	Face       string  // the font's full name: "NanumSquareRound ExtraBold"
}

// Check says what a render of this RenderScript would say before it fetches
// anything, and where its texts will be. The addresses of sources are not
// looked at: which are allowed is a server's decision.
func (f *Fonts) Check(script json.RawMessage) Report {
	p := &problems{}
	s := parse(script, p)
	var r Report
	if s != nil {
		s.sources(p)
		r = s.check(f, p)
	}
	r.Errors, r.Warnings = p.errors, p.warnings
	return r
}

// parse reads a script; nil when it is no object.
func parse(raw json.RawMessage, p *problems) *script {
	o, ok := newObject(raw, "", p)
	if !ok {
		return nil
	}
	count := 0
	return parseScript(o, &count)
}

// check finds everything about a script that can be known without its files:
// times, places, characters without a glyph, text that leaves the frame. A
// script whose form is wrong is not looked into.
func (s *script) check(f *Fonts, p *problems) Report {
	if len(p.errors) > 0 {
		return Report{}
	}
	sc := s.resolve(nil, p)
	r := Report{Seconds: sc.total}
	for _, l := range sc.letter(f, p).texts {
		b := l.bounds
		t := TextBox{Path: l.e.path, Start: l.start, End: l.end, X: b.x / sc.w, Y: b.y / sc.h, W: b.w / sc.w, H: b.h / sc.h, Size: l.size, Face: l.face.name}
		for _, n := range l.lines {
			t.Lines = append(t.Lines, n.text)
		}
		r.Texts = append(r.Texts, t)
	}
	return r
}
