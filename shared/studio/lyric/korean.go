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
		hours: func(open, shut int) string {
			return hangul.Hour(open) + " 시부터 " + hangul.Hour(shut) + " 시까지"
		},
		verse: map[claim.FactKind][]template{
			claim.Area: join(
				say(anyMood, anyTrade, "{area} 걷다 보면 들리는 노래", "{area} 바람 따라 걸어가면", "{area} 하늘 아래 우리 둘이", "{area} 하면 생각나는 이름", "발길이 닿는 곳 {area}"),
				say(polite, anyTrade, "오늘은 {area}에서 만나요", "{area}에 불이 켜지면 와요", "{area:으로/로} 산책 갈래요", "{area}에서 시작되는 하루", "{area:으로/로} 발길이 향하네요"),
				say(trendy, anyTrade, "{area}에서 만나 지금 바로", "{area} 온 도시가 리듬을 타", "{area} 체크인 우리의 밤", "{area:으로/로} 달려 오늘 밤"),
				say(trot, anyTrade, "{area:으로/로} 오시구려 그대여", "{area} 바람아 너는 알지", "{area} 고개 넘어 임 만나러", "꿈에도 못 잊을 {area:이여/여}"),
			),
			claim.Category: join(
				say(anyMood, anyTrade, "{category} 찾는 그대에게", "생각이 나네 {category}", "{category} 문을 열고 들어서면"),
				say(polite, anyTrade, "여기는 {category:이에요/예요} 어서 와요", "우리 동네 {category:으로/로} 가요", "{category:을/를} 찾고 있나요"),
				say(trendy, anyTrade, "{category} 찾니 딱 여기야", "오늘 코스는 {category} 고고"),
				say(trot, anyTrade, "{category} 찾아 여기 왔네", "얼씨구나 {category:이라네/라네}"),
			),
			claim.Menu: join(
				say(anyMood, anyTrade, "자꾸만 떠오르네 {menu}", "{menu:이/가} 생각나는 오늘", "오늘의 주인공은 {menu}", "{menu} 생각에 두근두근", "{menu:과/와} 함께하는 오늘", "눈 감아도 보이는 {menu}", "{won}에 만나는 {menu}", "{menu} 하면 떠올라 {won}"),
				say(polite, anyTrade, "기다렸어요 {menu}", "{menu:을/를} 찾아 여기 왔어요", "{menu:은/는} 오늘도 {won}", "{menu} {won}이면 돼요", "{won} 들고서 {menu} 만나요"),
				say(trendy, anyTrade, "{menu} 나와라 지금 이 순간", "{menu} 하나로 기분 체인지", "{menu} {won} 콜 하고 가자", "내 플레이리스트엔 {menu}", "{won} 툭 꺼내 {menu} 가자"),
				say(trot, anyTrade, "{menu:이/가} 나를 부르네", "아 글쎄 {menu:이라네/라네}", "{menu:이/가} {won}이라네", "{menu} 앞에서 웃어나 보자"),
				say(anyMood, food, "배고픈 날엔 {menu}", "둘이서 나눠 먹는 {menu}"),
				say(polite, food, "{menu} 한 입에 웃음이 나요", "{menu} 먹고 힘을 내요", "오늘 점심은 {menu} 어때요"),
				say(trendy, food, "{menu} 한 입 리듬을 타고", "한 입 두 입 {menu} 비트"),
				say(trot, food, "{menu} 한 입에 시름을 잊고", "{menu} 먹고서 기운 내보세"),
				say(anyMood, drink, "{menu} 한 잔 손에 들고", "{menu} 한 잔의 이야기"),
				say(polite, drink, "{menu} 한 모금 쉬어 가요"),
			),
			claim.Praise: join(
				say(anyMood, anyTrade, "{praise}", "누군가 말했죠 {praise}", "들려오는 말 {praise}", "{praise} 그 말처럼"),
				say(polite, anyTrade, "손님이 그래요 {praise}", "{praise} 그렇게 들었어요"),
				say(trendy, anyTrade, "다들 들었니 {praise}", "{praise} 예"),
				say(trot, anyTrade, "누가 그러더라 {praise}", "{praise} 얼쑤"),
			),
			claim.Story: join(
				say(anyMood, anyTrade, "{story}", "우리의 이야기 {story}", "{story} 그 이야기", "들어 봐 이 노래 {story}"),
				say(polite, anyTrade, "들려줄게요 {story}"),
				say(trot, anyTrade, "세월아 들어라 {story}"),
			),
			claim.Offer: join(
				say(anyMood, anyTrade, "{offer}", "지금 여기서 {offer}", "오늘의 소식 {offer}"),
				say(polite, anyTrade, "{offer} 놓치지 마요", "반가운 소식 {offer}"),
				say(trendy, anyTrade, "들었지 뉴스 {offer}", "{offer} 렛츠 고"),
				say(trot, anyTrade, "여보게 들었나 {offer}"),
			),
			claim.Hours: join(
				say(anyMood, anyTrade, "{hours}", "{hours} 언제나"),
				say(polite, anyTrade, "{hours} 만나요", "{hours} 와요"),
				say(trendy, anyTrade, "{hours} 고고"),
				say(trot, anyTrade, "{hours} 오소"),
			),
		},
		free: join(
			say(bright, anyTrade, "햇살이 톡톡 어깨를 두드려", "콧노래 흥얼흥얼 걷는 길", "오늘은 왠지 좋은 일 생길 듯", "신호등 초록불 내 맘도 초록", "손잡고 걸을까 우리 둘이", "발걸음 가볍게 랄라라라", "구름도 둥실 마음도 둥실", "하나 둘 셋 하고 웃어 봐요", "기분이 둥둥 떠오르는 날", "친구야 나와라 놀러 가자", "창문을 열면 노래가 들려", "오늘 하루도 힘차게 랄라"),
			say(warm, anyTrade, "하루의 끝에서 그대를 봐요", "잠시 쉬어 가도 괜찮아요", "천천히 걸어도 괜찮은 날", "그리운 얼굴이 떠오르네요", "말없이 손을 꼭 잡아 줘요", "어제보다 조금 더 웃어요", "바람이 스치는 저녁 무렵", "그대의 하루를 안아 줄게요", "마음에 작은 불을 켜요", "오래 기억될 오늘이에요", "가만히 눈 감고 들어 봐요", "별빛이 내리는 창가에서"),
			say(trendy, anyTrade, "이어폰 꽂고 볼륨을 올려", "금요일 느낌 오늘도 그래", "네온이 번쩍 심장이 쿵쿵", "고민은 접고 따라와 봐", "필이 와 필이 와 지금 이 순간", "셔터를 눌러 찰칵 찰칵", "발끝이 먼저 움직이잖아", "온종일 너만 기다렸잖아", "손을 위로 머리 위로", "비트를 쪼개 하루를 쪼개", "우리끼리만 아는 이 느낌", "스텝을 밟아 왼발 오른발"),
			say(trot, anyTrade, "얼씨구 좋다 절씨구 좋아", "어깨춤 들썩 덩실 덩실", "쉬엄쉬엄 가세 좋은 날이니", "아리랑 고개를 넘어가세", "웃으면 복이 와요 허허허", "임아 내 임아 어디로 가나", "달빛을 밟고서 오시는 길", "세월아 네월아 쉬어 가자", "청춘아 가거라 나는 웃는다", "막걸리 없이도 흥이 나네", "쿵짝 쿵짝 쿵짜라 쿵짝", "박수를 치면서 놀아 보세"),
		),
		hook: join(
			say(anyMood, anyTrade, "{name} {name} 라라라", "라라라 {name} 랄라라", "오 오 {name} 우리의 노래", "{name} 오 {name}", "{name} 그 이름 {name}", "{name} 라라 {name}"),
			say(polite, anyTrade, "{name:으로/로} 와요 지금 와요", "불러 봐요 {name} {name}", "랄라 {name} 웃는 {name}"),
			say(trendy, anyTrade, "예 예 {name} 다 같이 {name}", "{name} 업 {name} 고", "헤이 {name} 원 모어 {name}"),
			say(trot, anyTrade, "어화둥둥 {name} 좋구나 {name}", "{name} {name} 얼쑤 {name}", "아싸 {name} 우리 {name}"),
		),
		answer: join(
			say(anyMood, anyTrade, "한 번 더 불러 {name}", "손뼉을 짝짝 {name}", "생각나면 {name:으로/로} 와", "{name:이/가} 너를 불러", "{name} 노래가 들려와"),
			say(polite, anyTrade, "잊지 말아요 {name}", "{name:과/와} 함께 오늘도", "우리가 만날 곳 {name}"),
			say(trendy, anyTrade, "소리 질러 {name}", "{name:으로/로} 모여 오늘 밤"),
			say(trot, anyTrade, "{name:이/가} 나를 부르네", "못 잊을 그 이름 {name}"),
		),
		call: join(
			say(anyMood, anyTrade, "지금 만나러 가 {name}", "문을 열면 {name}", "오늘 바로 {name:으로/로}"),
			say(polite, anyTrade, "오늘 {name}에서 만나요", "{name:으로/로} 어서 오세요", "기다릴게요 {name}에서", "지금 {name:으로/로} 놀러 와요"),
			say(trendy, anyTrade, "지금 당장 고고 {name}", "{name} 거기서 만나", "저장해 놔 {name}"),
			say(trot, anyTrade, "{name:으로/로} 놀러 오이소", "{name:으로/로} 어서들 오소", "오늘은 {name:으로/로} 가세"),
		),
		callArea: join(
			say(anyMood, anyTrade, "{area} {name}", "{area} 하면 {name}"),
			say(polite, anyTrade, "{area} {name} 어서 와요", "{area} {name}에서 봐요"),
			say(trendy, anyTrade, "{area} {name} 고고"),
			say(trot, anyTrade, "{area} {name:이라네/라네}"),
		),
		phone:  join(say(anyMood, anyTrade, "전화 {phone}", "{phone}"), say(polite, anyTrade, "전화 줘요 {phone}")),
		titles: say(anyMood, anyTrade, "{name} 송", "{name}의 노래", "{name} 라라라", "노래하는 {name}", "{name:으로/로} 가는 길", "오늘은 {name}", "{name} 멜로디"),
	}
}

func join(lists ...[]template) []template {
	var out []template
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}
