package hangul

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var digitNames = []string{"영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"}

// Number reads n in Sino-Korean, without 일 before 십, 백, 천 and 만: 9000 구천,
// 12000 만 이천, 15500 만 오천오백.
func Number(n int64) string {
	if n < 0 {
		return "마이너스 " + Number(-n)
	}
	if n == 0 {
		return "영"
	}
	var parts []string
	for _, g := range []struct {
		unit int64
		name string
	}{{1_0000_0000_0000, "조"}, {1_0000_0000, "억"}, {1_0000, "만"}, {1, ""}} {
		v := n / g.unit
		if g.unit == 1_0000_0000_0000 {
			n %= g.unit
			if v > 0 {
				parts = append(parts, Number(v)+g.name)
			}
			continue
		}
		n %= g.unit
		if v == 0 {
			continue
		}
		if v == 1 && g.name == "만" && len(parts) == 0 {
			parts = append(parts, g.name)
			continue
		}
		parts = append(parts, belowTenThousand(int(v))+g.name)
	}
	return strings.Join(parts, " ")
}

func belowTenThousand(n int) string {
	var b strings.Builder
	for _, u := range []struct {
		unit int
		name string
	}{{1000, "천"}, {100, "백"}, {10, "십"}, {1, ""}} {
		d := n / u.unit
		n %= u.unit
		if d == 0 {
			continue
		}
		if d > 1 || u.unit == 1 {
			b.WriteString(digitNames[d])
		}
		b.WriteString(u.name)
	}
	return b.String()
}

var hourNames = []string{"열두", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한"}

// Hour reads an hour of a 24-hour clock as it is said: 21 아홉.
func Hour(h int) string { return hourNames[((h%12)+12)%12] }

var countNames = []string{"", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉"}
var countTens = []string{"", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"}

func count(n int64) string {
	if n == 20 {
		return "스무"
	}
	return countTens[n/10] + countNames[n%10]
}

var (
	readable = regexp.MustCompile(`\d{1,3}(?:,\d{3})+|\d+`)
	counters = regexp.MustCompile(`^ ?(?:시(?:$|[^가-힣]|[에부까반])|시간|가지|명|개(?:$|[^월가-힣])|살|번째|그릇|잔|병(?:$|[^가-힣])|마리|송이|권(?:$|[^가-힣])|장(?:$|[^가-힣])|판(?:$|[^가-힣])|접시|조각|켤레)`)
	letters  = map[rune]string{'a': "에이", 'b': "비", 'c': "씨", 'd': "디", 'e': "이", 'f': "에프", 'g': "지", 'h': "에이치", 'i': "아이", 'j': "제이", 'k': "케이", 'l': "엘", 'm': "엠",
		'n': "엔", 'o': "오", 'p': "피", 'q': "큐", 'r': "알", 's': "에스", 't': "티", 'u': "유", 'v': "브이", 'w': "더블유", 'x': "엑스", 'y': "와이", 'z': "제트"}
	acronym = regexp.MustCompile(`\b[A-Z]{2,4}\b`)
)

// Read spells digits, signs and acronyms of a Korean line in Hangul, as they
// are sung: "9,000원" 구천원, "11시" 열한시, "02-123-4567" 공이 일이삼 사오육칠, "BBQ" 비비큐.
// Latin words stay as they are.
func Read(text string) string {
	text = phone.ReplaceAllStringFunc(text, digitByDigit)
	text = plusOne.ReplaceAllStringFunc(text, func(m string) string {
		return map[byte]string{'1': "원", '2': "투", '3': "쓰리"}[m[0]] + " 플러스 원"
	})
	var b strings.Builder
	for text != "" {
		m := readable.FindStringIndex(text)
		if m == nil {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:m[0]])
		digits := strings.ReplaceAll(text[m[0]:m[1]], ",", "")
		rest := text[m[1]:]
		n, err := strconv.ParseInt(digits, 10, 64)
		switch {
		case err != nil || len(digits) > 12 || digits[0] == '0' && len(digits) > 1:
			b.WriteString(digitByDigit(digits))
		case n > 0 && n < 100 && counters.MatchString(rest):
			b.WriteString(count(n))
		default:
			b.WriteString(Number(n))
		}
		text = rest
	}
	s := acronym.ReplaceAllStringFunc(b.String(), func(w string) string {
		if !spelled(w) {
			return w
		}
		var out strings.Builder
		for _, r := range strings.ToLower(w) {
			out.WriteString(letters[r])
		}
		return out.String()
	})
	return strings.NewReplacer("%", "퍼센트", "&", " 앤 ", "+", " 플러스 ", "~", " ", "₩", "").Replace(s)
}

// 1+1 is said in English.
var plusOne = regexp.MustCompile(`\b[123] ?\+ ?1\b`)

var phone = regexp.MustCompile(`\b0\d{1,3}[-. ]\d{3,4}[-. ]\d{4}\b|\b1\d{3}[-. ]\d{4}\b`)

func digitByDigit(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '0':
			b.WriteString("공")
		case r > '0' && r <= '9':
			b.WriteString(digitNames[r-'0'])
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// Count returns how many syllables a line has when it is sung, Korean or
// English; the line is read first.
func Count(text string) int {
	n := 0
	for _, w := range strings.Fields(Read(text)) {
		n += countWord(w)
	}
	return n
}

func countWord(w string) int {
	n := 0
	var latin []rune
	flush := func() {
		if len(latin) > 0 {
			n += countLatin(string(latin))
			latin = latin[:0]
		}
	}
	for _, r := range w {
		switch {
		case Is(r):
			flush()
			n++
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || r == '\''):
			latin = append(latin, r)
		default:
			flush()
		}
	}
	flush()
	return n
}

// countLatin estimates the syllables of an English word by its vowel groups.
func countLatin(w string) int {
	w = strings.ToLower(strings.Trim(w, "'"))
	if w == "" {
		return 0
	}
	n, in := 0, false
	for i := 0; i < len(w); i++ {
		v := vowelLetter(w[i]) || w[i] == 'y' && i > 0
		if v && !in {
			n++
		}
		in = v
	}
	if n > 1 && strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "le") && !vowelLetter(w[len(w)-2]) {
		n--
	}
	if n > 1 && strings.HasSuffix(w, "ed") && len(w) > 3 && w[len(w)-3] != 't' && w[len(w)-3] != 'd' && !vowelLetter(w[len(w)-3]) {
		n--
	}
	return max(n, 1)
}
