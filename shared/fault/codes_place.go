package fault

// The codes of places and photos.
const (
	CodeNotAnImage    Code = "photo.not_an_image"
	CodeImageTooLarge Code = "photo.too_many_pixels"
	CodeImageHEIC     Code = "photo.heic"
	CodeTooManyPhotos Code = "photo.too_many"
	CodeBadLink       Code = "place.bad_link"
	CodeBadColor      Code = "place.bad_color"
	CodeNotPlaceLink  Code = "place.not_a_place_link"
	CodeNoFacts       Code = "place.nothing_known"
)

var placeCodes = map[Code]Entry{
	CodeNotAnImage: {Invalid, "사진 파일이 아닙니다. JPEG, PNG, WebP만 받습니다.", "This is not a photo; JPEG, PNG and WebP are accepted.",
		"you", "다른 파일을 올려 주세요.", "Upload another file.", false},
	CodeImageTooLarge: {Invalid, "사진의 화소 수가 너무 큽니다.", "The photo has too many pixels.",
		"you", "5천만 화소 이하로 줄여 주세요. 프로그레시브 JPEG는 2천5백만 화소까지 받습니다.", "Reduce it to 50 megapixels or less, a progressive JPEG to 25.", false},
	CodeImageHEIC: {Invalid, "HEIC(HEIF, AVIF) 사진입니다. JPEG, PNG, WebP만 받습니다.", "This is an HEIC (HEIF, AVIF) photo; JPEG, PNG and WebP are accepted.",
		"you", "사진을 JPEG로 내보내 올리거나, 아이폰은 설정 > 카메라 > 포맷을 '높은 호환성'으로 바꾼 뒤 찍어 주세요.",
		"Export it as JPEG, or set the camera to Most Compatible (iPhone: Settings > Camera > Formats) and take it again.", false},
	CodeTooManyPhotos: {Conflict, "사진은 한 장소에 30장까지 올릴 수 있습니다.", "A place can have up to 30 photos.",
		"you", "필요 없는 사진을 지운 뒤 올려 주세요.", "Remove a photo you do not need first.", false},
	CodeBadLink: {Invalid, "가게 링크가 올바르지 않습니다.", "The link is not a web address that can be shown.",
		"you", "https://로 시작하는 공개된 웹 주소를 영문 200자 이내로 적어 주세요.", "Give a public address that begins with https:// or http://, at most 200 characters, without a user name.", false},
	CodeBadColor: {Invalid, "색은 #rrggbb 형식이어야 합니다.", "A colour must be written as #rrggbb.",
		"you", "#ff8800처럼 # 뒤에 16진수 여섯 자리를 적어 주세요.", "Write # and six hexadecimal digits, such as #ff8800.", false},
	CodeNotPlaceLink: {Invalid, "지원하는 장소 링크가 아닙니다.", "This is not a link to a place that is understood here.",
		"you", "네이버 지도나 카카오맵에서 장소를 열고 '공유'로 복사한 링크를 붙여 넣어 주세요. kko.to 짧은 링크는 쓸 수 없습니다.",
		"Open the place in Naver Map or KakaoMap and paste what Share copies; kko.to short links cannot be used.", false},
	CodeNoFacts: {Refused, "링크만으로는 가게 정보를 가져올 수 없습니다.", "The link alone does not give any facts about the place.",
		"you", "가게 이름과 알고 있는 정보를 직접 적어 장소를 다시 만들어 주세요.", "Make the place again with its name and what you know typed in.", false},
}
