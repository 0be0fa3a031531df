package claim

import (
	"strings"
	"testing"
)

func TestNamesOfOthersAreSeenAndOrdinaryWordsAreNot(t *testing.T) {
	t.Parallel()
	korean := []Fact{{ID: "n", Kind: Name, Text: "한빛칼국수"}, {ID: "c", Kind: Category, Text: "칼국수집"}, {ID: "a", Kind: Area, Text: "서울 망원동"}, {ID: "m", Kind: Menu, Text: "바지락 칼국수", Won: 9000},
		{ID: "l", Kind: Link, Text: "https://hanbit.kr"}, {ID: "k", Kind: Color, Text: "#129000"}}
	latin := []Fact{{ID: "n", Kind: Name, Text: "Blue Door Cafe"}, {ID: "m", Kind: Menu, Text: "Flat White", Won: 5000}, {ID: "a", Kind: Area, Text: "Mapo"}}
	for _, row := range []struct {
		facts []Fact
		text  string
		cites string
		ok    bool
	}{
		{korean, "한빛으로 와요", "n", true}, {korean, "한빛 칼국수 좋아", "n", true}, {korean, "달빛칼국수로 와요", "", false}, {korean, "달빛 달빛 라라라", "n", false}, {korean, "우리 가게로 놀러 와요", "n", true},
		{korean, "Hanbit, Hanbit, la la la", "n", true}, {korean, "Sunrise, Sunrise, la la la", "n", false}, {korean, "동네식당 골목식당", "", true}, {korean, "이루어짐을 느껴", "", true}, {korean, "그대와 헤어지던 날", "", true},
		{korean, "김치찌개가 생각나", "", false}, {korean, "바지락칼국수 한 그릇", "m", true}, {korean, "딸기 칼국수 한 그릇", "m", false}, {korean, "돔베고기는 구천 원", "m", false}, {korean, "가격은 구천 원", "m", true},
		{korean, "망원동 골목길", "a", true}, {korean, "부산스럽게 웃는 너", "", true}, {korean, "부산에서 만나요", "", false}, {korean, "홍대입구역에서 봐요", "", false}, {korean, "스타벅스 말고 여기", "", false},
		{korean, "hanbit.kr 에서 만나", "l", false}, {korean, "구천 원이면 돼", "k", false}, {korean, "빨갛게 물든 하루", "k", true},
		{latin, "Meet me at the Blue Door", "n", true}, {latin, "Meet me at the Red Door", "n", false}, {latin, "Meet me at Luigi's tonight", "", false}, {latin, "Monday morning, oh I love it", "", true}, {latin, "Caramel latte in my hand", "", false},
		{latin, "Rainy day in Paris", "", false}, {latin, "Feels like home in Mapo", "a", true}, {latin, "Kingfisher Coffee is calling", "", false},
	} {
		var ids []string
		if row.cites != "" {
			ids = strings.Split(row.cites, ",")
		}
		if p := Check(row.facts, one(row.text, ids)); (len(p) == 0) != row.ok {
			t.Errorf("%q citing %v: %v", row.text, ids, p)
		}
	}
}

func TestAReviewIsNoAuthorityForPriceAndContact(t *testing.T) {
	t.Parallel()
	facts := []Fact{{ID: "m", Kind: Menu, Text: "칼국수", Won: 9000}, {ID: "p", Kind: Praise, Text: "칼국수가 5,000원이라 좋아요 010-1111-2222"}}
	for _, text := range []string{"칼국수가 5,000원", "칼국수 오천 원", "전화 010-1111-2222"} {
		if p := Check(facts, one(text, []string{"m", "p"})); len(p) == 0 {
			t.Errorf("%q passes", text)
		}
	}
}

func TestGiftsAreTheOffersOwn(t *testing.T) {
	t.Parallel()
	facts := []Fact{{ID: "o", Kind: Offer, Text: "예약하면 손편지 카드 무료"}, {ID: "e", Kind: Offer, Text: "Free card with every bouquet"}}
	for text, ok := range map[string]bool{"손편지 카드가 무료예요": true, "배송이 무료예요": false, "a free card for you": true, "free vase for you": false, "set me free tonight": true, "feel free to come": true, "the card is free": true, "parking is free": false} {
		if p := Check(facts, one(text, []string{"o", "e"})); (len(p) == 0) != ok {
			t.Errorf("%q: %v", text, p)
		}
	}
}

func TestASongMayTellToForget(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Forget all your worries tonight", "Forget the rules and dance with me", "Ignore the rain and sing along", "Show me the key to your heart", "You are an angel, oh yeah", "Repeat after me, la la la", "I can't forget everything you said",
		"너는 이제 별처럼 빛나", "모든 규칙은 던져 버려", "모두 잊고 웃어 봐", "사랑이라고 대답해 줘", "규칙을 잊어 오늘은", "비밀을 말해 줘", "지금까지 걸어온 길", "앞만 보고 달려"} {
		if p := Check(nil, one(text, nil)); len(p) > 0 {
			t.Errorf("%q: %v", text, p)
		}
	}
}
