package studio

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"castad/shared/studio/lyric/hangul"
	"castad/shared/studio/music"
)

var (
	marker      = regexp.MustCompile(`^\s*\[([^\[\]]{1,60})\]\s*$`)
	inlineMark  = regexp.MustCompile(`\[[^\[\]]{0,60}\]`)
	secondsWord = regexp.MustCompile(`(?i)\b(\d{1,3}) ?(?:seconds?|secs?|s)\b|(\d{1,3}) ?초`)
)

// longestLine is how many syllables are sung in one breath; a longer line of the prompt is sung as several.
const longestLine = 18

// readSunoRequest turns a request into an order: the style's words carry genre,
// mood, length and, unless vocalGender is given, the voice.
func readSunoRequest(q sunoRequest) (o music.Order, breaks []bool) {
	style := strings.ToLower(q.Style)
	if !*q.CustomMode {
		style = strings.ToLower(q.Prompt)
	}
	o = music.Order{Title: q.Title, Genre: genreOf(style), Mood: moodOf(style), Voice: q.VocalGender}
	if o.Voice == "" {
		o.Voice = "f"
		if strings.Contains(style, "male vocal") && !strings.Contains(style, "female vocal") || strings.Contains(style, "남성 보컬") {
			o.Voice = "m"
		}
	}
	if !*q.Instrumental {
		o.Lines, breaks = readPrompt(q.Prompt)
	}
	o.Seconds = secondsOf(style)
	if o.Seconds == 0 { // like Suno, the studio then decides: as long as the lyrics need
		o.Seconds = comfortable(o.Lines)
		for o.Seconds < music.MaxSeconds && music.Check(o) != nil {
			o.Seconds++
		}
	}
	return o, breaks
}

// readPrompt reads lyrics with [Verse], [Hook] … markers. Lines that hold
// nothing to sing are left out.
func readPrompt(prompt string) (lines []music.Line, breaks []bool) {
	section := "verse"
	for raw := range strings.Lines(prompt) {
		if m := marker.FindStringSubmatch(raw); m != nil {
			section = sectionOf(m[1])
			continue
		}
		text := strings.Join(strings.Fields(inlineMark.ReplaceAllString(raw, " ")), " ")
		if hangul.Count(text) == 0 {
			continue
		}
		parts := breathe(text)
		for i, p := range parts {
			lines = append(lines, music.Line{Section: section, Text: p})
			breaks = append(breaks, i == len(parts)-1)
		}
	}
	return lines, breaks
}

func sectionOf(mark string) string {
	mark = strings.ToLower(mark)
	for _, s := range []struct{ word, section string }{{"chorus", "hook"}, {"hook", "hook"}, {"후렴", "hook"}, {"call", "call"}, {"outro", "call"}, {"ending", "call"}} {
		if strings.Contains(mark, s.word) && !strings.Contains(mark, "pre-") {
			return s.section
		}
	}
	return "verse"
}

// breathe splits a long line at word boundaries into parts of about equal length.
func breathe(text string) []string {
	n := hangul.Count(text)
	parts := (n + longestLine - 1) / longestLine
	if parts <= 1 {
		return []string{text}
	}
	var out []string
	var part []string
	sung, total := 0, 0
	for _, w := range strings.Fields(text) {
		c := hangul.Count(w)
		if sung > 0 && total+c/2 > (len(out)+1)*n/parts {
			out = append(out, strings.Join(part, " "))
			part, sung = nil, 0
		}
		part = append(part, w)
		sung += c
		total += c
	}
	return append(out, strings.Join(part, " "))
}

func genreOf(style string) string {
	for _, g := range []struct{ genre, words string }{
		{music.Trot, "trot|트로트|뽕짝"}, {music.Ballad, "ballad|발라드"}, {music.HipHop, "hip-hop|hip hop|hiphop|rap|trap|힙합|랩"},
		{music.Acoustic, "acoustic|folk|unplugged|어쿠스틱|통기타"}, {music.KPop, "k-pop|kpop|k pop|dance|idol|케이팝|댄스"},
	} {
		for w := range strings.SplitSeq(g.words, "|") {
			if containsWord(style, w) {
				return g.genre
			}
		}
	}
	return music.KPop
}

func moodOf(style string) string {
	for _, m := range []struct{ mood, words string }{
		{"warm", "warm|calm|tender|emotional|sentimental|cozy|따뜻|잔잔|감성"}, {"trendy", "trendy|cool|modern|urban|chic|트렌디|세련"}, {"bright", "bright|happy|cheerful|upbeat|fun|밝|신나|경쾌"}, {"trot", "trot|트로트|흥"},
	} {
		for w := range strings.SplitSeq(m.words, "|") {
			if containsWord(style, w) {
				return m.mood
			}
		}
	}
	return "bright"
}

// containsWord finds a Latin word as a whole and a Korean one anywhere.
func containsWord(s, w string) bool {
	i := strings.Index(s, w)
	if i < 0 || w[0] > 'z' {
		return i >= 0
	}
	letter := func(b byte) bool { return b >= 'a' && b <= 'z' }
	return (i == 0 || !letter(s[i-1])) && (i+len(w) == len(s) || !letter(s[i+len(w)]))
}

func secondsOf(style string) int {
	m := secondsWord.FindStringSubmatch(style)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1] + m[2])
	return n
}

// comfortable is how long a song lets every line breathe.
func comfortable(lines []music.Line) int {
	seconds := 4.0
	for _, l := range lines {
		seconds += max(2.2, .24*float64(hangul.Count(l.Text)))
	}
	return min(music.MaxSeconds, max(music.DefaultSeconds, int(seconds)))
}

// promptOf returns the request's prompt, for answers.
func promptOf(t task) string {
	var q sunoRequest
	_ = json.Unmarshal(t.Param, &q) // it was read before it was accepted
	return q.Prompt
}
