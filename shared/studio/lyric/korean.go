package lyric

import (
	"strings"

	"castad/shared/claim"
	"castad/shared/studio/lyric/hangul"
)

var grammars = map[string]*grammar{"ko": korean(), "en": english()}

// korean is the Korean grammar. Lines without a slot speak of the listener, the
// day or the song, never of the shop: they must claim nothing.
func korean() *grammar {
	return &grammar{
		shortest: 7, longest: 13, quote: mostlyHangul, mend: strings.TrimSpace,
		price: func(won int) string { return hangul.Number(int64(won)) + " 원" },
		hours: func(open, shut clockTime) string { return koreanTime(open) + "부터 " + koreanTime(shut) + "까지" },
		verse: map[claim.FactKind][]template{
			claim.Area: koreanArea, claim.Category: koreanCategory, claim.Menu: join(koreanMenu, koreanMenuByTrade),
			claim.Praise: koreanPraise, claim.Story: koreanStory, claim.Offer: koreanOffer, claim.Hours: koreanHours,
		},
		free: join(koreanFree, koreanFreeByTrade), hook: koreanHook, answer: koreanAnswer,
		call: koreanCall, callArea: koreanCallArea, callAny: koreanCallAny,
		phone:  join(say(anyMood, anyTrade, "전화 {phone}", "{phone}"), say(gentle, anyTrade, "전화 줘요 {phone}")),
		titles: say(anyMood, anyTrade, "{name} 송", "{name}의 노래", "{name} 라라라", "노래하는 {name}", "{name:으로/로} 가는 길", "오늘은 {name}", "{name} 멜로디"),
	}
}

// koreanTime says a time of day; noon and midnight have words of their own.
func koreanTime(t clockTime) string {
	switch {
	case t.hour == 24:
		return "자정"
	case t.half:
		return hangul.Hour(t.hour) + " 시 반"
	}
	return hangul.Hour(t.hour) + " 시"
}

var koreanArea = join(
	say(anyMood, anyTrade, "{area} 걷다 보면 들리는 노래", "{area} 바람 따라 걸어가면", "{area} 하늘 아래 우리 둘이", "{area} 하면 생각나는 이름", "발길이 닿는 곳 {area}"),
	say(gentle, anyTrade, "오늘은 {area}에서 만나요", "{area:으로/로} 산책 갈래요", "{area}에서 시작되는 하루", "{area:으로/로} 발길이 향하네요", "{area}에 햇살이 내려요"),
	say(trendy, anyTrade, "{area}에서 만나 지금 바로", "{area} 모두 리듬을 타", "오늘의 좌표는 {area}", "{area:으로/로} 달려 달려"),
	say(trot, anyTrade, "{area:으로/로} 오시구려 그대여", "{area} 바람아 너는 알지", "{area} 가는 길에 콧노래", "꿈에도 못 잊을 {area:이여/여}"),
)

var koreanCategory = join(
	say(anyMood, anyTrade, "{category} 찾는 그대에게", "{category} 문을 열고 들어서면"),
	say(gentle, anyTrade, "여기는 {category:이에요/예요} 어서 와요", "{category:을/를} 찾고 있나요"),
	say(trendy, anyTrade, "{category} 찾니 딱 여기야", "오늘 코스는 {category} 고고"),
	say(trot, anyTrade, "{category} 찾아 여기 왔네", "얼씨구나 {category:이라네/라네}"),
)

var koreanMenu = join(
	say(anyMood, anyTrade, "오늘의 주인공은 {menu}", "{won}에 만나는 {menu}", "{menu} {won}"),
	say(anyMood, food|drink|flower|beauty, "자꾸만 떠오르네 {menu}"),
	say(anyMood, food|drink|flower|other, "{menu} 생각에 두근두근"),
	say(gentle, anyTrade, "{menu:은/는} {won}이에요", "{won}으로 만나는 {menu}", "{menu} {won}이면 돼요", "{menu:을/를} 찾아 여기 왔어요", "오늘은 {menu} 어때요"),
	say(trendy, anyTrade, "{menu} {won} 콜 가자", "{menu} 하나로 기분 전환", "{menu} 지금 이 순간"),
	say(trendy, food|drink|flower, "내 플레이리스트엔 {menu}", "{won} 들고 {menu} 고고"),
	say(trot, anyTrade, "{menu:이/가} {won}이라네", "{menu:이/가} 나를 부르네", "얼씨구 {menu:이라네/라네}", "{won}에 {menu} 좋을시고"),
)

var koreanMenuByTrade = join(
	say(anyMood, food, "배고픈 날엔 {menu}", "둘이서 나눠 먹는 {menu}"),
	say(gentle, food, "{menu} 한 입에 웃음이 나요", "{menu} 먹으러 가요 우리", "{won}이면 {menu} 먹어요"),
	say(trendy, food, "{menu} 한 입 리듬을 타고", "한 입 두 입 {menu} 비트"),
	say(trot, food, "{menu} 한 입에 시름을 잊고", "{menu} 먹고서 기운 내보세"),
	say(anyMood, drink, "{menu} 한 잔 손에 들고", "{menu} 한 잔에 {won}"),
	say(gentle, drink, "{menu} 한 모금 쉬어 가요", "{menu} 한 잔의 여유예요"),
	say(trendy, drink, "{menu} 한 잔 얼음이 짤랑", "{menu} 들고 거리로 나가"),
	say(trot, drink, "{menu} 한 잔에 시름을 잊고"),
	say(anyMood, beauty, "{menu} 하고 나온 오늘", "거울 앞에서 {menu}"),
	say(gentle, beauty, "{menu:으로/로} 기분을 바꿔요", "{menu} {won} 나를 위한 날"),
	say(trendy, beauty, "{menu} 하고 셀카 찰칵", "{menu} {won} 기분 체인지"),
	say(trot, beauty, "{menu} 하고서 꽃단장했네"),
	say(anyMood, stay, "{menu}에서 맞는 아침", "{menu} {won} 쉬어 가는 길"),
	say(gentle, stay, "{menu}에 짐을 풀어요", "{menu}에서 푹 쉬어요"),
	say(trendy, stay, "{menu} 체크인 알람은 꺼"),
	say(trot, stay, "{menu}에서 단꿈을 꾸세"),
	say(anyMood, gym, "{menu:으로/로} 시작하는 나"),
	say(gentle, gym, "{menu:으로/로} 힘을 내 봐요", "{menu} {won} 오늘부터 시작"),
	say(trendy, gym, "{menu} 시작해 렛츠 고", "땀방울 반짝 {menu}"),
	say(trot, gym, "{menu:으로/로} 힘을 내 보세"),
	say(anyMood, flower, "{menu} 품에 안고서", "{menu}에 마음을 담아", "그대에게 {menu}"),
	say(gentle, flower, "{menu:을/를} 건네면 웃어 줄까요", "{won}으로 전하는 내 마음"),
	say(trendy, flower, "{menu} 들고 고백하러 가"),
	say(trot, flower, "{menu} 안고서 임에게 가세"),
)

var koreanPraise = join(
	say(anyMood, anyTrade, "{praise}", "누군가 말했죠 {praise:!}", "들려오는 말 {praise}"),
	say(gentle, anyTrade, "손님이 그래요 {praise:!}", "{praise:고} 하네요", "{praise:고} 말해 줬어요", "{praise:이에요/예요}", "고마운 한마디 {praise}"),
	say(trendy, anyTrade, "들었니 들었니 {praise}", "{praise:고} 해 예", "{praise} 예 예"),
	say(trot, anyTrade, "누가 그러더라 {praise}", "{praise:고} 하더라", "{praise:이라네/라네}", "{praise} 얼쑤"),
)

var koreanStory = join(
	say(anyMood, anyTrade, "{story}", "우리의 이야기 {story}"),
	say(gentle, anyTrade, "들려줄게요 {story}", "{story:이에요/예요}", "{story:고} 하네요"),
	say(trendy, anyTrade, "스토리 들어 봐 {story}", "{story:고} 해 예"),
	say(trot, anyTrade, "세월아 들어라 {story}", "{story:이라네/라네}", "{story:네}"),
)

var koreanOffer = join(
	say(anyMood, anyTrade, "{offer}", "반가운 소식 {offer}"),
	say(gentle, anyTrade, "{offer:이에요/예요}", "놓치지 마요 {offer}"),
	say(trendy, anyTrade, "들었지 뉴스 {offer}", "{offer} 렛츠 고"),
	say(trot, anyTrade, "여보게 들었나 {offer}", "{offer:이라네/라네}"),
)

var koreanHours = join(
	say(anyMood, anyTrade, "{hours}"),
	say(gentle, anyTrade, "{hours} 만나요", "{hours} 와요"),
	say(trendy, anyTrade, "{hours} 고고"),
	say(trot, anyTrade, "{hours} 오소", "{hours}라네"),
)

var koreanHook = join(
	say(anyMood, anyTrade, "{name} {name} 라라라", "라라라 {name} 랄라라", "오 오 {name} 우리의 노래", "{name} 그 이름 {name}", "{name} 라라 {name}", "라라라 {name}", "{name} {name} {name} 라라라"),
	say(gentle, anyTrade, "{name:으로/로} 와요 지금 와요", "불러 봐요 {name} {name}", "랄라 {name} 기분 좋은 {name}"),
	say(trendy, anyTrade, "예 예 {name} 다 같이 {name}", "{name} 업 {name} 고", "헤이 {name} 원 모어 {name}"),
	say(trot, anyTrade, "어화둥둥 {name} 좋구나 {name}", "{name} {name} 얼쑤 {name}", "아싸 {name} 우리 {name}", "얼쑤 좋다 {name}"),
)

var koreanAnswer = join(
	say(anyMood, anyTrade, "한 번 더 불러 {name}", "손뼉을 짝짝 {name}", "생각나면 {name:으로/로} 와", "{name:이/가} 너를 불러", "{name} 노래가 들려와"),
	say(gentle, anyTrade, "잊지 말아요 {name}", "{name:과/와} 함께 오늘도", "우리가 만날 곳 {name}"),
	say(trendy, anyTrade, "소리 질러 {name}", "{name:으로/로} 모여 지금 모여"),
	say(trot, anyTrade, "{name:이/가} 나를 부르네", "못 잊을 그 이름 {name}"),
)

var koreanCall = join(
	say(anyMood, anyTrade, "지금 만나러 가 {name}", "문을 열면 {name}", "오늘 바로 {name:으로/로}"),
	say(gentle, anyTrade, "오늘 {name}에서 만나요", "{name:으로/로} 어서 오세요", "기다릴게요 {name}에서", "지금 {name:으로/로} 놀러 와요"),
	say(trendy, anyTrade, "지금 당장 고고 {name}", "{name} 거기서 만나", "저장해 놔 {name}"),
	say(trot, anyTrade, "{name:으로/로} 놀러들 오소", "{name:으로/로} 어서들 오소", "오늘은 {name:으로/로} 가세"),
	say(anyMood, food, "배고프면 {name:으로/로}"), say(gentle, food, "먹으러 가요 {name:으로/로}"), say(trot, food, "먹으러 가세 {name:으로/로}"),
	say(anyMood, drink, "한잔 생각나면 {name}"), say(gentle, drink, "쉬었다 가요 {name}에서"),
	say(gentle, beauty, "예뻐지러 가요 {name:으로/로}"), say(trendy, beauty, "새로운 나로 {name:으로/로}"), say(trot, beauty, "꽃단장하러 {name:으로/로}"),
	say(gentle, stay, "쉬어 가세요 {name}에서"), say(trendy, stay, "짐을 싸 지금 {name:으로/로}"), say(trot, stay, "쉬었다 가소 {name}에서"),
	say(gentle, gym, "운동하러 가요 {name:으로/로}"), say(trendy, gym, "땀 흘리러 가 {name:으로/로}"), say(trot, gym, "힘내러 가세 {name:으로/로}"),
	say(anyMood, flower, "꽃이 필요한 날 {name}"), say(gentle, flower, "꽃을 사러 가요 {name:으로/로}"),
)

var koreanCallArea = join(
	say(anyMood, anyTrade, "{area} {name}", "{area} 하면 {name}"),
	say(gentle, anyTrade, "{area} {name} 어서 와요", "{area} {name}에서 봐요"),
	say(trendy, anyTrade, "{area} {name} 고고"),
	say(trot, anyTrade, "{area} {name:이라네/라네}"),
)

var koreanCallAny = join(
	say(gentle, anyTrade, "지금 바로 놀러 와요", "우리 오늘 만나요", "문을 열고 들어와요"),
	say(trendy, anyTrade, "지금 당장 만나러 가", "망설이지 말고 고고"),
	say(trot, anyTrade, "어서들 놀러 오시구려", "오늘은 여기로 가세"),
)
