package hangul

import (
	"strconv"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestSplitAndRuneAreInverse(t *testing.T) {
	t.Parallel()
	for r := rune(first); r <= last; r++ {
		s, ok := Split(r)
		if !ok || s.Rune() != r {
			t.Fatalf("%c became %+v became %c", r, s, s.Rune())
		}
	}
	if _, ok := Split('a'); ok {
		t.Error("a Latin letter was split")
	}
}

func TestJosaFollowsHowTheWordIsSpoken(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ word, pair, want string }{
		{"국수", "은/는", "는"}, {"밥", "은/는", "은"}, {"골목", "이/가", "이"}, {"가게", "이/가", "가"},
		{"한빛", "을/를", "을"}, {"전주", "을/를", "를"}, {"서울", "으로/로", "로"}, {"집", "으로/로", "으로"}, {"가게", "으로/로", "로"},
		{"밥", "와/과", "과"}, {"국수", "와/과", "와"}, {"영심", "아/야", "아"}, {"보라", "아/야", "야"},
		{"식당", "이에요/예요", "이에요"}, {"카페", "이에요/예요", "예요"}, {"서울", "이랑/랑", "이랑"},
		{"을지로 3", "이/가", "이"}, {"카페 24", "이/가", "가"}, {"스튜디오 7", "으로/로", "로"}, {"9000", "은/는", "은"}, {"12", "을/를", "를"}, {"100", "과/와", "과"},
		{"BBQ", "을/를", "를"}, {"CGV", "으로/로", "로"}, {"ML", "으로/로", "로"}, {"GM", "은/는", "은"},
		{"Shop", "이/가", "이"}, {"Salon", "으로/로", "으로"}, {"Noodle", "으로/로", "로"}, {"Cake", "을/를", "를"}, {"Cafe", "은/는", "는"}, {"Time", "을/를", "을"}, {"Pub", "이/가", "이"}, {"Park", "이/가", "가"},
		{"Market", "을/를", "을"}, {"Rabbit", "이/가", "이"}, {"Workshop", "은/는", "은"}, {"Clinic", "으로/로", "으로"}, {"Steak", "을/를", "를"}, {"Street", "은/는", "는"}, {"Bouquet", "을/를", "를"}, {"Hotel", "으로/로", "로"},
		{"LAB", "을/를", "을"}, {"CAFE", "이/가", "가"}, {"GYM", "으로/로", "으로"}, {"CLUB", "이/가", "이"}, {"VIP", "을/를", "를"}, {"KFC", "은/는", "는"}, {"DJ", "와/과", "와"},
		{"No.7", "으로/로", "로"}, {"1", "이/가", "이"}, {"2", "이/가", "가"}, {"3", "이에요/예요", "이에요"}, {"4", "이에요/예요", "예요"}, {"6", "으로/로", "으로"}, {"8", "으로/로", "로"}, {"10", "으로/로", "으로"}, {"1000", "아/야", "아"},
		{"한빛(본점)", "은/는", "은"}, {"할인 10%", "은/는", "는"}, {"♪", "은/는", "는"}, {"", "이/가", "가"},
	} {
		if got, ok := Josa(row.word, row.pair); !ok || got != row.want {
			t.Errorf("%s + %s: got %q, want %q", row.word, row.pair, got, row.want)
		}
	}
	if _, ok := Josa("밥", "은는"); ok {
		t.Error("an unknown pair was accepted")
	}
}

// TestJosaIsRightAfterEverySyllable compares all 11,172 syllables with their
// canonical decomposition, which Unicode defines apart from this package.
func TestJosaIsRightAfterEverySyllable(t *testing.T) {
	t.Parallel()
	n := 0
	for r := '가'; r <= '힣'; r++ {
		n++
		jamo := []rune(norm.NFD.String(string(r)))
		closed, rieul := len(jamo) == 3, len(jamo) == 3 && jamo[2] == '\u11af'
		for pair, forms := range pairs {
			want := forms[1]
			if closed && !(rieul && pair == "으로/로") {
				want = forms[0]
			}
			for _, word := range []string{string(r), "한" + string(r), "Cafe " + string(r), string(r) + "!"} {
				if got, ok := Josa(word, pair); !ok || got != want {
					t.Fatalf("%q + %s: got %q, want %q", word, pair, got, want)
				}
			}
		}
	}
	if n != 11172 {
		t.Errorf("%d syllables", n)
	}
}

// TestJosaFollowsTheReadingOfNumbers: the particle after digits is the one after the word that they are read as.
func TestJosaFollowsTheReadingOfNumbers(t *testing.T) {
	t.Parallel()
	for n := range 20_000 {
		for _, pair := range []string{"은/는", "으로/로", "이에요/예요"} {
			digits, _ := Josa(strconv.Itoa(n), pair)
			word, _ := Josa(Number(int64(n)), pair)
			if digits != word {
				t.Fatalf("%d + %s: %q, but %s + %q", n, pair, digits, Number(int64(n)), word)
			}
		}
	}
}

func TestReadSpellsWhatIsSung(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"칼국수 9,000원":     "칼국수 구천원",
		"12000원":         "만 이천원",
		"15,500원":        "만 오천오백원",
		"110000원":        "십일만원",
		"아침 11시부터":       "아침 열한시부터",
		"20가지":           "스무가지",
		"3개월":            "삼개월",
		"1987년":          "천구백팔십칠년",
		"전화 02-123-4567": "전화 공이 일이삼 사오육칠",
		"BBQ 10%":        "비비큐 십퍼센트",
		"저녁엔 1+1":        "저녁엔 원 플러스 원",
		"LAB 장미 5송이":     "LAB 장미 다섯송이",
		"PT 10회":         "피티 십회",
		"을지로 3가":         "을지로 삼가",
		"0":              "영",
		"Cafe 7":         "Cafe 칠",
		"99999999999999": "구구구구구구구구구구구구구구",
	} {
		if got := Read(in); got != want {
			t.Errorf("Read(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCountCountsSungSyllables(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		"칼국수 한 그릇": 6, "9,000원": 3, "come home tonight": 4, "noodle table": 4, "a bowl of hope": 4, "walked": 1, "started": 2, "BBQ": 3, "♥": 0, "Hello 전주": 4,
	} {
		if got := Count(in); got != want {
			t.Errorf("Count(%q) = %d, want %d", in, got, want)
		}
	}
}

func TestPronounceFollowsTheStandardRules(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"음악": "으막", "맛이": "마시", "꽃잎이": "꼬치피", "닭이": "달기", "값이": "갑씨", "앉아": "안자", "많아": "마나", "좋아": "조아", "강아지": "강아지",
		"국물": "궁물", "밥물": "밤물", "합니다": "함니다", "꽃망울": "꼰망울",
		"칼날": "칼랄", "신라": "실라", "국립": "궁닙", "음료": "음뇨", "협력": "혐녁",
		"좋다": "조타", "많고": "만코", "입학": "이팍", "축하": "추카", "맏형": "마텽", "좋소": "조쏘",
		"국수": "국쑤", "맛집": "맏찝", "옆집": "엽찝",
		"같이": "가치", "굳이": "구지", "밖": "박", "부엌": "부억", "빛": "빋", "전화": "전화",
	} {
		if got := Text(Pronounce(in)); got != want {
			t.Errorf("%s sounds %s, want %s", in, got, want)
		}
	}
}
