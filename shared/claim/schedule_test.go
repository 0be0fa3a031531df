package claim

import "testing"

// What a line may say about days and hours depends on how the owner writes them.
func TestOpeningHoursAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		hours string
		yes   []string
		no    []string
	}{
		{"매일 11:00–21:00, 월요일 쉼", []string{"열한 시부터 아홉 시까지", "화요일에 문을 열어요", "월요일은 쉬어요", "화요일에 만나요"},
			[]string{"월요일에 문을 열어요", "매일 열어요", "연중무휴", "24시간 열어요", "월요일에 만나요", "아홉 시부터 열한 시까지", "화요일은 쉬어요"}},
		{"연중무휴 10:00~22:00", []string{"매일 문을 열어요", "쉬는 날 없이 열 시부터", "일요일에도 열어요"}, []string{"24시간 열어요", "일요일은 쉬어요"}},
		{"24시간 연중무휴", []string{"24시간 열려 있어요", "이십사 시간 연중무휴", "매일 열어요"}, []string{"밤 열 시까지 열어요"}},
		{"월-금 9:30~18:30", []string{"아홉 시 반부터", "여섯 시 반까지", "금요일에도 문을 열어요"}, []string{"아홉 시부터", "토요일에도 문을 열어요", "주말에도 영업해요", "매일 열어요"}},
		{"평일 06:00~24:00, 주말 09:00~18:00", []string{"자정까지 불이 켜져 있어요", "주말에도 열려 있어", "아침 여섯 시부터"}, []string{"새벽 한 시까지", "24시간 열려 있어"}},
		{"11:30~22:00, 브레이크타임 15:00~17:00, 라스트오더 21:30", []string{"열한 시 반부터 열 시까지"}, []string{"다섯 시에 문을 열어요", "아홉 시 반까지 열어요"}},
		{"월~토 6시~23시, 일요일 정기휴무", []string{"아침 여섯 시부터 밤 열한 시까지", "일요일은 쉽니다", "토요일에도 열어요"}, []string{"일요일도 영업해요", "매일 문을 열어요"}},
		{"17:00~02:00", []string{"새벽까지 문 열어요", "새벽 두 시까지"}, []string{"24시간 열려 있어요", "새벽 세 시까지"}},
		{"09:00~18:00", nil, []string{"심야에도 영업해요", "밤늦게까지 열려 있어요"}},
		{"12:00~20:00 (월, 화 휴무)", []string{"정오에 문을 열어요", "월요일 화요일은 쉬어요", "수요일에 문을 열어요"}, []string{"화요일에 문을 열어요", "수요일은 쉬어요"}},
		{"Daily 8:00-18:00, closed on Tuesdays", []string{"eight to six", "open on Mondays", "closed on Tuesday"}, []string{"open on Tuesdays", "open every day", "eight to nine", "open at six a.m."}},
		{"Tue-Sun 11am-8pm", []string{"eleven to eight", "open on Sunday", "from eleven a.m. till eight p.m."}, []string{"open on Monday", "open daily", "eleven p.m. to eight"}},
		{"Check-in 3 p.m., check-out 11 a.m.", []string{"check in at three p.m.", "check out at eleven"}, []string{"check in at eleven a.m.", "check in at two p.m."}},
	} {
		facts := []Fact{{ID: "h", Kind: Hours, Text: row.hours}}
		for _, text := range append(row.yes, row.hours) {
			if p := Check(facts, one(text, []string{"h"})); len(p) > 0 {
				t.Errorf("%q: %q was refused: %v", row.hours, text, p)
			}
		}
		for _, text := range row.no {
			if p := Check(facts, one(text, []string{"h"})); len(p) == 0 {
				t.Errorf("%q: %q passes", row.hours, text)
			}
		}
	}
}
