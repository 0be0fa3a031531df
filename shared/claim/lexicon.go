package claim

import "strings"

// The word lists behind foreign. They hold common words of the trades that the
// product serves; a word outside them is not seen.

// shopNouns end a shop's name in Korean; the longer ones come first.
var shopNouns = strings.Fields(`게스트하우스 칼국수집 베이커리 피트니스 필라테스 정육식당 한정식 레스토랑 국수집 국밥집 고깃집 갈빗집 치킨집 미용실 이발소 헤어샵 헤어숍 헤어살롱 네일샵 네일숍 헬스장
플라워샵 요가원 사진관 세탁소 정육점 편의점 한의원 커피숍 커피집 와인바 식당 분식 횟집 빵집 떡집 꽃집 술집 밥집 찻집 책방 서점 카페 다방 헤어 살롱 네일 펜션 호텔 모텔 민박 스테이 리조트 헬스 공방
학원 약국 병원 의원 치과 마트 슈퍼 반점 가든 면옥 회관 포차 주점 호프 키친 다이닝 하우스 플라워 로스터스 짐`)

// shopWords stand before a shop noun without making it a name: 동네식당.
var shopWords = strings.Fields(`우리 동네 골목 시골 단골 시장 새벽 아침 점심 저녁 심야 한밤 산골 바닷가 해변 길가 역전 모퉁이 그런 이런 저런 어느 무슨 온갖 작은 예쁜 이층 지하 옥상 북 애견 무인 한옥 나만의 우리집 여기 거기 오늘 봄날 한식 중식 일식 양식 대중 가정 국밥 고기 여성 남성 전문`)

// shortWords are the words of one syllable that may stand before a shop noun.
var shortWords = strings.Fields(`새 저 그 이 옛 큰 내 네 제 한 첫 북 꽃 술 밥 빵`)

// counters count things sold.
const counters = `(?:그릇|접시|잔|판|마리|조각|개|송이|점|병|상|줄|모금|장|권|팩|세트)`

// englishShopNouns end a shop's name in English.
var englishShopNouns = strings.Fields(`coffee cafe café salon hair gym inn house hotel hostel diner bakery kitchen restaurant bar pub shop store studio flowers florist florists grill bistro tavern spa guesthouse motel lounge noodles barbershop barbers barber roasters fitness eatery brewery yoga pilates academy clinic market`)

// plainWords may stand before an English shop noun in a title without making it a name.
var plainWords = strings.Fields(`the a an my your our this that his her their morning sweet good little hot warm fresh cozy quiet old new first last one more every some no at in on of to for and with from by oh come home iced strong black corner open happy dream sunday`)

// items are heads of names of things sold; a compound of one (치즈케이크) is another thing.
var items = strings.Fields(`찌개 칼국수 국수 냉면 라면 우동 짬뽕 짜장면 파스타 스파게티 국밥 비빔밥 볶음밥 김밥 덮밥 초밥 갈비탕 설렁탕 삼계탕 감자탕 매운탕 곰탕 해장국 미역국 만두 파전 부침개 튀김 떡볶이 순대 족발 보쌈
삼겹살 목살 항정살 갈비 불고기 곱창 막창 스테이크 돈까스 돈가스 치킨 통닭 피자 버거 샌드위치 토스트 샐러드 수제비 잡채 생선구이 물회 광어회 아메리카노 라떼 카푸치노 에스프레소 콜드브루 에이드 스무디 주스 밀크티 녹차 홍차 하이볼
대게 꽃게 킹크랩 랍스터 전복 고등어 갈치 굴비 홍합 막국수 족탕 모밀 소바 돈카츠 돈코츠 교자 케이크 쿠키 마카롱 와플 크루아상 크로플 빙수 타르트 스콘 도넛 단팥빵 식빵 소금빵 바게트 베이글 머핀 푸딩 아이스크림 젤라또 커트 펌 파마 염색 매직 스트레이트 탈색 클리닉 속눈썹 왁싱 마사지 도미토리 스위트룸
풀빌라 독채 바비큐 조식 수영장 사우나 자쿠지 필라테스 요가 스피닝 크로스핏 줌바 발레 복싱 튤립 수국 장미 백합 해바라기 카네이션 안개꽃 작약 프리지아 꽃다발 꽃바구니 화환 부케 난초 돔베고기 전골 샤브샤브 쌀국수 마라탕 훠궈
오마카세 육회 연어 낙지 주꾸미 쭈꾸미 아귀찜 해물찜 갈비찜 닭갈비 닭발 호떡 붕어빵 탕수육 양꼬치 타코 케밥 젤네일 PT 피티`)

// ingredients before an item make another one: 딸기 라떼.
var ingredients = strings.Fields(`김치 된장 고추장 딸기 초코 초콜릿 바닐라 치즈 고구마 녹차 말차 해물 들깨 팥 부추 감자 새우 불고기 참치 소고기 쇠고기 돼지 명란 크림 토마토 로제 카레 오징어 낙지 굴 버섯 땅콩 호박 옥수수 얼그레이 캐러멜 카라멜
헤이즐넛 자몽 레몬 복숭아 망고 블루베리 흑임자 인절미 쑥 바지락 디지털 세팅 셋팅 볼륨 뿌리 전체 매운 왕 caramel vanilla strawberry blueberry chocolate cheese matcha lemon mango cardamom cinnamon almond hazelnut pumpkin kimchi seafood chicken beef pork shrimp mushroom iced`)

var englishItems = strings.Fields(`latte cappuccino espresso americano mocha muffin croissant bagel cake cookie brownie pie scone waffle pancake pizza pasta burger steak sandwich salad soup ramen sushi taco curry bibimbap kimchi dumpling manicure pedicure perm balayage
facial massage waxing keratin haircut highlights suite penthouse pool sauna jacuzzi yoga pilates spinning zumba boxing crossfit tiramisu gelato tart baguette focaccia donut doughnut pretzel cupcake cheesecake shortcake loaf rose tulip lily lilies sunflower bouquet dinner breakfast brunch`)

// englishPhrases are things sold that take two words.
var englishPhrases = []string{"cinnamon roll", "fried chicken", "hot dog", "french toast", "spring roll", "egg roll", "garlic bread", "apple pie", "iced tea"}

// poetic may be compared with in a song: 어제보다 나은 오늘.
var poetic = strings.Fields(`어제 그때 예전 처음 내일 지금 생각 말 무엇 꿈 꽃 별 달 해 햇살 봄 바람 하늘 바다 구름 보석 사랑 나 너 내 네 그대 우리 엄마 꿀 설탕 사탕 솜사탕 황금 돈 그림 사진 영화 소문 평소 누구 무엇 그 이`)

// landmarks end the name of a place.
const landmarks = `(?:시장|해수욕장|대교|대공원|대학교|터미널|공항|타워|백화점|사거리|오거리|신도시)`

// landmarkWords stand before one without naming it.
var landmarkWords = strings.Fields(`전통 재래 새벽 동네 벼룩 야 꽃 수산 농산물 도깨비 중앙 시골 오일 오일장`)

// brands are well-known names that a lyric must not use unless a fact does.
var brands = strings.Fields(`스타벅스 이디야 투썸 메가커피 컴포즈커피 빽다방 할리스 커피빈 파스쿠찌 파리바게뜨 파리바게트 뚜레쥬르 성심당 던킨 배스킨라빈스 맥도날드 버거킹 롯데리아 맘스터치 서브웨이 교촌 굽네 네네치킨 도미노피자 피자헛 본죽 김가네 명륜진사갈비 준오헤어 박승철헤어
이철헤어커커 리안헤어 올리브영 다이소 이마트 홈플러스 코스트코 쿠팡 배달의민족 배민 요기요 에어비앤비 야놀자 스포애니 신라호텔 롯데호텔 starbucks mcdonald's mcdonalds kfc subway dunkin domino's airbnb costco ikea hilton marriott hyatt nike adidas`)

// areas are well-known places; words that also mean something else (전주, 공주, 상주, 청주) are left out.
var areas = strings.Fields(`서울 부산 대구 인천 광주 대전 울산 세종 제주 서귀포 강릉 속초 춘천 원주 수원 성남 분당 판교 일산 고양 안양 부천 용인 화성 평택 천안 아산 군산 익산 목포 여수 순천 포항 경주 안동 구미 창원 마산 진해 통영 거제 김해 양산 강남 홍대 홍대입구 신촌 이태원 명동 종로 을지로
인사동 북촌 서촌 삼청동 성수 성수동 연남동 망원동 합정 상수 한남동 압구정 청담 청담동 가로수길 신사동 서초 잠실 송파 여의도 영등포 노량진 건대 혜화 대학로 동대문 남대문 광화문 해운대 광안리 서면 남포동 전포동 동성로 둔산동 월정리 애월 협재 성산
seoul busan daegu incheon gwangju daejeon ulsan sejong jeju gangneung sokcho chuncheon suwon gyeongju jeonju yeosu gangnam hongdae sinchon itaewon myeongdong jongno insadong bukchon seongsu haeundae gwangalli tokyo osaka paris london milan`)

// generic words may be told to cost something without being a thing sold.
var generic = strings.Fields(`가격 값 이것 그것 모두 전부 오늘 한끼 점심 저녁 아침 하루 행복 기쁨 웃음 여기 우리 이맛 그맛 그릇 한그릇 한잔 식사 지금 언제나 하나 마음 선물 커피 메뉴 가게 집 비용 요금 할인 우리집 방 침대 하룻밤 이용 등록 회원 시작 변화 머리 스타일 향기 꽃 빵 면 국물 국수 고기 만두 음식 요리 디저트 음료`)

// capitals are English words that are written with a capital letter anywhere.
var capitals = strings.Fields(`i i'm i'll i've i'd o oh monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays january february march april may june july august september october november december
christmas valentine valentine's new year god mr mrs ms ok dj tv korea korean koreans hangul english hey ho la na yeah a.m p.m won krw`)
