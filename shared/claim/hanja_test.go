package claim

import "testing"

func TestHanjaAreSungByTheirKoreanReading(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"韓一館": "한일관", "李家 국수": "이가 국수", "金家네": "김가네", "金剛 식당": "금강 식당", "老鋪": "노포", "東大門 설렁탕": "동대문 설렁탕", "女子": "여자", "料理": "요리", "本家": "본가",
		"自動車": "자동차", "三六九": "삼륙구", "한빛": "한빛", "Cafe 月": "Cafe 월", "楽": "楽",
	} {
		if got := readHanja(in); got != want {
			t.Errorf("readHanja(%q) = %q, want %q", in, got, want)
		}
	}
	if n := len(hanja()); n != 4620 {
		t.Errorf("the table has %d characters", n)
	}
	for c, r := range hanja() {
		if !isHan(c) || !isHangul(r) {
			t.Errorf("%c is read %c", c, r)
		}
	}
}

func TestANameIsSpokenWithoutWhatCannotBeSung(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"돌담골목 칼국수 (본점)": "돌담골목 칼국수", "🍜 한빛 🍜": "한빛", "韓一館": "한일관", "鼎泰豊 딤섬": "정태풍 딤섬", "楽しい 카페": "카페", "Кафе": "", "<b>한빛</b>": "한빛", "한\u200b빛\u3164": "한빛", "Willow & Co.": "Willow & Co",
	} {
		if got := Spoken(in); got != want {
			t.Errorf("Spoken(%q) = %q, want %q", in, got, want)
		}
	}
}
