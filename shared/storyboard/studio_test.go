//go:build !race

// Every film and every character is laid out here, one goroutine each and nothing shared.

package storyboard

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	cm "castad/shared/provider/creatomate"
	"castad/shared/studio/film"
)

// studio are the fonts with which the studio draws; the test is skipped where
// they are not installed, and fails there under CI.
func studio(t *testing.T) *film.Fonts {
	t.Helper()
	f, err := film.LoadFonts(film.FontFolder)
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	return f
}

// drawn is what the studio would make of a script.
func drawn(f *film.Fonts, s cm.Script) (film.Report, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return film.Report{}, err
	}
	return f.Check(data), nil
}

// The boxes that the rules look at are this package's promise; this looks at the
// letters that the studio measures in the fonts.
func TestTheStudioDrawsEveryFilmInsideItsBoxes(t *testing.T) {
	t.Parallel()
	fonts := studio(t)
	rapid.Check(t, func(r *rapid.T) {
		in := anyFilm(r)
		s, err := Script(in, plain)
		if err != nil {
			r.Fatal(err)
		}
		report, err := drawn(fonts, s)
		if err != nil {
			r.Fatal(err)
		}
		for _, p := range report.Errors {
			if !strings.Contains(p.Message, "glyph") || !strings.ContainsFunc(p.Message, func(c rune) bool { return unicode.Is(unicode.Han, c) }) {
				r.Errorf("refused: %s: %s", p.Path, p.Message)
			}
		}
		for _, p := range report.Warnings {
			// Texts of absurd length become small; of Hanja another Nanum font has more.
			if !strings.Contains(p.Message, "hard to read") && !strings.HasSuffix(p.Message, "is used") {
				r.Errorf("warned: %s: %s", p.Path, p.Message)
			}
		}
		left, top, right, foot := safeOf(in.Aspect)
		for i, a := range report.Texts {
			if a.X*100 < left-0.1 || (a.X+a.W)*100 > right+0.1 || a.Y*100 < top-0.1 || (a.Y+a.H)*100 > foot+0.1 {
				r.Errorf("%q is drawn at x %.3f–%.3f, y %.3f–%.3f", a.Lines, a.X, a.X+a.W, a.Y, a.Y+a.H)
			}
			for _, b := range report.Texts[:i] {
				if a.Start < b.End-0.001 && b.Start < a.End-0.001 && a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					r.Errorf("%q is drawn on %q", a.Lines, b.Lines)
				}
			}
		}
	})
}

// What an owner usually writes is large enough to be read on a telephone: 2.2 %
// of the height of 16:9 and 1:1 is what the studio calls legible; here it is 3.6 % of
// the shorter side, in every aspect. Label and name in the corner are as large as
// an app's own small print.
func TestUsualTextsAreLargeEnoughToRead(t *testing.T) {
	t.Parallel()
	fonts := studio(t)
	for _, template := range allTemplates {
		for _, aspect := range allAspects {
			t.Run(template+" "+aspect, func(t *testing.T) {
				t.Parallel()
				in := noodleShop()
				in.Template, in.Aspect = template, aspect
				s, err := Script(in, plain)
				if err != nil {
					t.Fatal(err)
				}
				report, err := drawn(fonts, s)
				if err != nil || len(report.Errors) > 0 {
					t.Fatal(err, report.Errors)
				}
				for _, b := range report.Texts {
					least := 3.6 // percent of the shorter side
					if one := strings.Join(b.Lines, " "); one == "AI로 생성" || one == in.Name {
						least = 3.2
					}
					if got := b.Size / float64(min(s.Width, s.Height)) * 100; got < least {
						t.Errorf("%q is %.1f %% of the shorter side", b.Lines, got)
					}
				}
			})
		}
	}
}

func TestWhatCountsAsDrawableHasAGlyph(t *testing.T) {
	t.Parallel()
	fonts := studio(t)
	var all []rune
	for c := rune(' '); c < 0x10000; c++ {
		if covered(c) && !unicode.Is(unicode.Han, c) && c != ' ' {
			all = append(all, c)
		}
	}
	if len(all) < 11172+500 {
		t.Fatalf("only %d characters", len(all))
	}
	for _, family := range []string{gothic, myeongjo} {
		for from := 0; from < len(all); from += 1500 {
			text := string(all[from:min(from+1500, len(all))])
			report, err := drawn(fonts, cm.Script{OutputFormat: cm.MP4, Width: 1080, Height: 1920, Duration: cm.Num(1),
				Elements: []cm.Element{{Type: cm.TypeText, Text: text, FontFamily: family, FontWeight: cm.Num(800)}}})
			if err != nil || len(report.Errors) > 0 {
				t.Fatal(err, report.Errors)
			}
		}
	}
}

func TestALongNameIsStillLargeInTheTitle(t *testing.T) {
	t.Parallel()
	fonts := studio(t)
	for _, name := range []string{strings.Repeat("가나다라마바사아자차", 4), "가나다라마바사아자차카타파하 거너더러머버서어저처커터퍼허고노도로모보", "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"} {
		for _, template := range allTemplates {
			for _, aspect := range allAspects {
				in := noodleShop()
				in.Name, in.Template, in.Aspect = name, template, aspect
				s, err := Script(in, plain)
				if err != nil {
					t.Fatal(err)
				}
				report, err := drawn(fonts, s)
				if err != nil || len(report.Errors) > 0 {
					t.Fatal(err, report.Errors)
				}
				largest := 0.0
				for _, b := range report.Texts {
					if strings.ReplaceAll(strings.Join(b.Lines, ""), " ", "") == strings.ReplaceAll(name, " ", "") {
						largest = max(largest, b.Size/float64(min(s.Width, s.Height))*100)
					}
				}
				if largest < 4 {
					t.Errorf("%s %s: %q is %.1f %% of the shorter side", template, aspect, name, largest)
				}
			}
		}
	}
}
