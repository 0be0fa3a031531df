// Package music composes and sings an advertising song: an order in, stereo PCM
// with word timings out.
//
// It is a synthesised song, made by arithmetic alone: a composer (form, key,
// tempo, harmony, melody over the syllables of the lyric), an arranger who writes
// the notes of a small band, instruments that play them and a formant singer that
// pronounces Hangul and, through letter-to-sound rules, English; then a mix with
// reverb, delay, sidechain and a limiter. No samples, no models, no processes.
// What it promises:
//
//   - deterministic: one order (with its seed) gives the same bytes every time on
//     one architecture (Go may fuse multiply-adds on others);
//   - every line is sung, evenly laid out, each word with its start and end; lines
//     ask and answer, the hook comes back to its tune and has the highest note,
//     the song ends on the tonic;
//   - exactly Seconds·Rate samples: at 30 frames a second a whole number of frames.
//     The last line is over before the fade begins;
//   - −14 LUFS ± 1 (ITU-R BS.1770-4), true peak ≤ −1 dBTP, no silent second before
//     the fade;
//   - the beats are even: beat n is at n·60/Tempo seconds, beat 0 at sample 0, and a
//     drum marks every beat but those of the fill before a hook and the last bar,
//     which rings. Bars are counted from the first line, so the introduction may
//     begin inside one. An MP3 of the song begins later by its encoder's delay,
//     where the player does not take that off;
//   - five genres that differ in tempo, groove, harmony, scale, instruments and singing.
//
// Limits: the singer is understandable, not human; 15 to 60 seconds; at most
// MaxSyllableRate syllables a second, beyond that Compose refuses the order
// rather than mumble it. Hangul and Latin letters can be sung, other scripts not.
package music

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"castad/shared/fault"
	"castad/shared/studio/lyric/hangul"
)

// Rate is the sample rate in Hz.
const Rate = 44100

// The limits of an order.
const (
	MinSeconds, MaxSeconds, DefaultSeconds = 15, 60, 20
	MaxLines                               = 40
	// MaxSyllableRate is the fastest singing, in syllables a second of a line's own
	// time: beyond 9 a syllable is shorter than its consonants.
	MaxSyllableRate = 9.0
)

// The genres.
const (
	KPop     = "k-pop"
	Ballad   = "ballad"
	Trot     = "trot"
	HipHop   = "hip-hop"
	Acoustic = "acoustic"
)

// Genres lists them.
var Genres = []string{KPop, Ballad, Trot, HipHop, Acoustic}

// Order says what to make. No lines: an instrumental.
type Order struct {
	Title string
	Lines []Line
	// Genre is one of Genres; "" is k-pop.
	Genre string
	// Mood is bright, warm, trendy or trot; any other word is taken as bright.
	Mood string
	// Voice is "f" or "m"; "" is "f".
	Voice string
	// Seconds is the length, 15 to 60; 0 is 20.
	Seconds int
	// Seed chooses key, tempo, harmony and melody.
	// Siblings 2n and 2n+1 never share key, groove or the choice of a progression:
	// they are the two takes of one order.
	Seed int64
}

// Line is one line of the lyric; Section is verse, hook (chorus) or call (outro).
type Line struct{ Section, Text string }

// Song is a finished song.
type Song struct {
	// Rate is samples per second and channel.
	Rate int
	// PCM is interleaved stereo, 16 bit.
	PCM []int16
	// Seconds is the length.
	Seconds float64
	// Tempo is in beats per minute: beat n falls on sample n·60·Rate/Tempo, beat 0
	// on sample 0, and the song is a whole number of beats long.
	Tempo float64
	// Key is like "A minor".
	Key string
	// Words are the sung words, in order.
	Words []Word
	// Lines are the lyric lines' times, one for each line of the order.
	Lines []Span
	// Notes are the sung syllables, in order.
	Notes []Note

	vocal []float32 // the singer alone and dry, for measuring
}

// Beats returns the times of the song's beats in seconds, from 0 on.
func (s *Song) Beats() []float64 {
	out := make([]float64, int(math.Round(s.Seconds*s.Tempo/60)))
	for i := range out {
		out[i] = float64(i) * 60 / s.Tempo
	}
	return out
}

// Word is one sung word; times are seconds from the song's start.
type Word struct {
	Text       string
	Start, End float64
	Line       int
}

// Span is a stretch of the song in seconds.
type Span struct {
	Text       string
	Start, End float64
}

// Note is one sung syllable: its vowel starts at Start.
type Note struct {
	Start, End, Hz float64
	Line           int
}

// syllable is one sung syllable of a line.
type syllable struct {
	sounds  sounds
	word    int  // index into the line's words
	wordEnd bool // the last syllable of its word
}

// lineText is a lyric line made ready to be sung.
type lineText struct {
	section   string
	text      string
	words     []string
	syllables []syllable
}

// normal returns the order with its defaults filled in, or what is wrong with it.
func (o Order) normal() (Order, []lineText, error) {
	if o.Genre == "" {
		o.Genre = KPop
	}
	if !slices.Contains(Genres, o.Genre) {
		return o, nil, fault.Newf(fault.CodeBadValue, "genre %q is none of %s", o.Genre, strings.Join(Genres, ", ")).In("genre")
	}
	if o.Seconds == 0 {
		o.Seconds = DefaultSeconds
	}
	if o.Seconds < MinSeconds || o.Seconds > MaxSeconds {
		return o, nil, fault.Newf(fault.CodeBadValue, "%d seconds are not within %d to %d", o.Seconds, MinSeconds, MaxSeconds).In("seconds")
	}
	switch o.Voice {
	case "":
		o.Voice = "f"
	case "f", "m":
	default:
		return o, nil, fault.Newf(fault.CodeBadValue, "voice %q is neither f nor m", o.Voice).In("voice")
	}
	if len(o.Lines) > MaxLines {
		return o, nil, fault.Newf(fault.CodeBadValue, "%d lines are more than %d", len(o.Lines), MaxLines).In("lines")
	}
	var lines []lineText
	for i, l := range o.Lines {
		t := readLine(l)
		if len(t.syllables) == 0 {
			return o, nil, fault.Newf(fault.CodeBadValue, "line %d (%q) has no syllable that can be sung", i+1, clip(l.Text)).In(fmt.Sprintf("lines[%d]", i))
		}
		lines = append(lines, t)
	}
	return o, lines, nil
}

// readLine splits a line into words and their sounds.
func readLine(l Line) lineText {
	t := lineText{section: sectionOf(l.Section), text: l.Text}
	words := strings.Fields(l.Text)
	for i, w := range words {
		spoken := hangul.Read(w)
		if english(l.Text) {
			spoken = readEnglish(w)
		} else if i+1 < len(words) { // 열한 시 for "11 시": the counter may be the next word
			both, next := hangul.Read(w+" "+words[i+1]), hangul.Read(words[i+1])
			if s, ok := strings.CutSuffix(both, next); ok {
				spoken = s
			}
		}
		found := pronounce(spoken)
		if len(found) == 0 {
			continue
		}
		t.words = append(t.words, w)
		for n, s := range found {
			t.syllables = append(t.syllables, syllable{sounds: s, word: len(t.words) - 1, wordEnd: n == len(found)-1})
		}
	}
	return t
}

func sectionOf(s string) string {
	s = strings.ToLower(s)
	switch {
	case strings.Contains(s, "hook"), strings.Contains(s, "chorus"):
		return "hook"
	case strings.Contains(s, "call"), strings.Contains(s, "outro"):
		return "call"
	}
	return "verse"
}

func clip(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
