package lyric

import (
	"slices"
	"strings"
	"unicode"

	"castad/shared/claim"
)

// trade is a bit set: which kinds of shop, or of thing sold, a phrasing suits.
type trade uint8

const (
	food trade = 1 << iota
	drink
	beauty
	stay
	gym
	flower
	other
	anyTrade = food | drink | beauty | stay | gym | flower | other
)

// tradeWords are looked for in this order: 꽃게 식당 sells no flowers, a hotel bar is a bar.
var tradeWords = []struct {
	trade trade
	words []string
}{
	{flower, strings.Fields(`꽃집 플라워 화원 꽃방 꽃다발 꽃바구니 장미 flower flowers florist bouquet`)},
	{beauty, strings.Fields(`미용 헤어 네일 살롱 바버 이발 왁싱 피부 에스테틱 속눈썹 커트 파마 염색 디지털펌 hair salon barber barbershop nail nails beauty haircut spa`)},
	{gym, strings.Fields(`헬스 피트니스 필라테스 요가 크로스핏 체육관 복싱 도장 태권도 pt gym fitness pilates yoga crossfit boxing`)},
	{stay, strings.Fields(`게스트하우스 호텔 펜션 민박 스테이 숙소 숙박 모텔 리조트 도미토리 인실 객실 hotel hostel guesthouse guesthouses inn pension dormitory`)},
	{drink, strings.Fields(`카페 커피 찻집 다방 호프 맥주 와인 주점 포차 칵테일 cafe café coffee tea pub brewery roasters`)},
	{food, strings.Fields(`식당 국수 분식 국밥 고기 고깃 치킨 피자 반찬 김밥 떡 찌개 만두 라멘 라면 우동 냉면 밥 횟집 회 족발 곱창 갈비 한식 중식 일식 양식 맛집 베이커리 빵 제과 디저트 구이 restaurant noodle noodles ramen diner kitchen bakery grill pizza chicken food bistro eatery sushi bbq`)},
	{drink, strings.Fields(`bar`)}, // after a noodle bar
}

// Things sold are not all of the shop's kind: a café's waffle is no drink.
var (
	drinks = strings.Fields(`커피 라떼 라테 아메리카노 카푸치노 에스프레소 콜드브루 모카 에이드 주스 스무디 밀크티 녹차 홍차 허브티 맥주 와인 소주 막걸리 하이볼 칵테일 사케 코코아 latte coffee americano espresso cappuccino brew mocha tea juice ade beer wine ale lager cocktail white smoothie cocoa`)
	foods  = strings.Fields(`와플 케이크 쿠키 빵 토스트 샌드위치 크로플 스콘 머핀 베이글 타르트 마카롱 빙수 샐러드 파스타 피자 브라우니 푸딩 도넛 떡 waffle cake cookie bread toast sandwich scone muffin bagel tart macaron salad pasta pizza brownie pudding donut bun croissant pie`)
	rooms  = strings.Fields(`실 룸 도미토리 침대 베드 독채 객실 스위트 온돌 room bed suite dorm studio cabin`)
)

// tradeOf guesses the kind of shop from its category, else from its name and
// menu; a wrong guess would sing of eating at a hairdresser's, so no match is other.
func tradeOf(facts []claim.Fact) trade {
	for _, kind := range []claim.FactKind{claim.Category, claim.Name, claim.Menu} {
		for _, f := range facts {
			if f.Kind != kind {
				continue
			}
			for _, t := range tradeWords {
				if hasAny(f.Text, t.words) {
					return t.trade
				}
			}
		}
		if hasKind(facts, claim.Category) {
			return other // the owner said what it is
		}
	}
	return other
}

// sells returns which phrasings suit one thing that a shop of the trade sells.
func (t trade) sells(item string) trade {
	switch {
	case t&(food|drink) != 0 && hasAny(item, drinks):
		return drink
	case t == food, t == drink && hasAny(item, foods):
		return food
	case t == drink, t == stay && !hasAny(item, rooms):
		return other
	}
	return t
}

// hasAny finds a Korean word anywhere in the text, a Latin one as a whole.
func hasAny(text string, words []string) bool {
	text = strings.ToLower(claim.Clean(text))
	latin := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.ContainsFunc(words, func(w string) bool {
		if w[0] < 0x80 {
			return slices.Contains(latin, w)
		}
		return strings.Contains(text, w)
	})
}

func hasKind(facts []claim.Fact, kind claim.FactKind) bool {
	return slices.ContainsFunc(facts, func(f claim.Fact) bool { return f.Kind == kind && claim.Clean(f.Text) != "" })
}
