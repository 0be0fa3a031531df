package claim

import "testing"

// TestOrdinarySongsPass: lines of the kind that songs are full of claim nothing
// about a shop, whatever numbers, days and foods they play with. (A number with a
// unit — 열두 시, seven days — and a proper name are always claims: Check is strict there.)
func TestOrdinarySongsPass(t *testing.T) {
	t.Parallel()
	var facts []Fact
	for _, p := range goldenPlaces(t) {
		if p.Place == "칼국수집" || p.Place == "coffee shop" {
			for _, f := range p.Facts {
				f.ID = p.Language + f.ID
				facts = append(facts, f)
			}
		}
	}
	c := Against(facts)
	for _, text := range []string{
		"하나 둘 셋 넷 다 같이 박수", "천 번을 불러도 좋은 이름", "열 번 찍어 안 넘어가는", "백 번 천 번 불러 볼게", "너 하나면 충분해", "두 눈을 감으면 보이는", "둘이서 걷는 이 길", "세상에 하나뿐인 너", "우리 둘만의 비밀", "일요일 아침처럼 나른해",
		"월요일이 와도 괜찮아", "매일 생각나 자꾸 생각나", "매일매일 보고 싶은 얼굴", "언제나 내 곁에", "하루 종일 흥얼거려", "밤새 떠들어도 좋아", "새벽까지 노래해", "자정이 지나도 잠이 안 와", "한 시간이 일 분 같아",
		"최선을 다한 오늘", "제일 먼저 달려와", "가장자리에 앉아서", "이등병의 편지처럼", "오 오 오 오 라라라", "사랑이 원래 그래", "만남이 있는 곳", "천천히 와도 돼", "이 집 저 집 기웃기웃", "오늘 점심 뭐 먹지", "배고파 배고파 빨리 와", "국물 한 숟갈 후루룩", "밥 한 공기 뚝딱", "커피 한 잔의 여유", "맥주 한 잔 어때",
		"눈이 오나 비가 오나", "바람 불어 좋은 날", "꿈속에서 만나요", "창가에서 기다릴게", "우산 쓰고 걸어요", "엄마 손 잡고 가던 길", "아빠의 웃음소리", "친구들아 모여라", "기분은 구름 위에", "파도가 밀려오면", "별 하나 나 하나", "스무 살의 나처럼", "첫사랑처럼 두근두근",
		"소문내 줘 여기저기", "문 열고 들어와", "불 꺼진 거리에도", "환하게 웃어 주는 그 사람", "줄 서도 좋아 기다릴게", "여름이 가고 가을이 오면", "크리스마스 같은 오늘",
		"One two three, here we go", "A million stars above my head", "Two hearts beating like a drum", "Dancing until the morning comes", "Saturday night fever in my feet", "Sunday morning, rain is falling", "Every day I think of you", "You are the one, my only sun", "First time I saw you smile", "Best friends forever, you and I",
		"Nine lives and a lucky star", "Come rain or shine, I'm here", "Free like a bird in the sky", "Set me free, oh set me free", "Around the corner, down the lane", "Half past dreaming, wide awake", "Thousand miles to your door", "Feel the beat of the city lights",
		"Coffee on the stove, toast on the plate", "Sugar, honey, sweet like you", "Mama said it'd be alright", "Knock on wood and make a wish", "All day long and all night too", "Meet me halfway, meet me here", "Turn it up to eleven, baby",
	} {
		if p := c.Check(one(text, nil)); len(p) > 0 {
			t.Errorf("%q: %v", text, p)
		}
	}
}
