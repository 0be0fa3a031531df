package fault

import "sort"

// Code is the stable name of a failure: what clients switch on.
type Code string

// Entry is what CastAD says about a code. Every code that can leave the
// process has one, and a test that triggers it.
type Entry struct {
	Kind Kind
	// Ko and En are the sentences shown to people.
	Ko, En string
	// Side says who can mend it: "you", "castad" or "vendor".
	Side string
	// Next says what happens or what to do, Korean and English.
	NextKo, NextEn string
	// Retryable: the same request may succeed later without a change.
	Retryable bool
}

// The codes. The first part names the subject, the second the fault.
const (
	CodeInternal        Code = "castad.internal"
	CodeMisconfigured   Code = "castad.misconfigured"
	CodeUnavailable     Code = "castad.unavailable"
	CodeBusy            Code = "castad.busy"
	CodeTimeout         Code = "castad.timeout"
	CodeUnknown         Code = "castad.unknown_outcome"
	CodeInvalid         Code = "request.invalid"
	CodeMalformedJSON   Code = "request.malformed_json"
	CodeUnknownField    Code = "request.unknown_field"
	CodeDuplicateField  Code = "request.duplicate_field"
	CodeMissingField    Code = "request.missing_field"
	CodeBadValue        Code = "request.bad_value"
	CodeTooLarge        Code = "request.too_large"
	CodeContentType     Code = "request.content_type"
	CodeKeyRequired     Code = "request.idempotency_key_required"
	CodeKeyReused       Code = "request.idempotency_key_reused"
	CodeRouteNotFound   Code = "request.route_not_found"
	CodeMethod          Code = "request.method_not_allowed"
	CodeUnauthenticated Code = "auth.unauthenticated"
	CodeTokenExpired    Code = "auth.token_expired"
	CodeDenied          Code = "auth.denied"
	CodeNotFound        Code = "resource.not_found"
	CodeConflict        Code = "resource.conflict"
	CodeTooMany         Code = "limit.too_many"
	CodeRefused         Code = "content.refused"
	CodeNotAnImage      Code = "photo.not_an_image"
	CodeImageTooLarge   Code = "photo.too_many_pixels"
	CodeImageHEIC       Code = "photo.heic"
	CodeTooManyPhotos   Code = "photo.too_many"
	CodeBadLink         Code = "place.bad_link"
	CodeBadColor        Code = "place.bad_color"
	CodeState           Code = "social.bad_state"
	CodeConsentRefused  Code = "social.consent_refused"
	CodeConsentSpent    Code = "social.consent_spent"
	CodeNotPlaceLink    Code = "place.not_a_place_link"
	CodeNoFacts         Code = "place.nothing_known"
	CodeNoPhotos        Code = "ad.no_photos"
	CodeAdEnded         Code = "ad.already_ended"
	CodeAdNotFailed     Code = "ad.not_failed"
	CodeRetryUnsafe     Code = "ad.retry_unsafe"
	CodeClaim           Code = "lyric.unsupported_claim"
	CodeLinesMissing    Code = "song.lines_missing"
	CodeDeadline        Code = "run.deadline"
	CodeAttempts        Code = "run.attempts_exhausted"
	CodeAbandoned       Code = "run.outcome_never_known"
	CodeVendorBusy      Code = "vendor.busy"
	CodeVendorQuota     Code = "vendor.quota_exhausted"
	CodeVendorDown      Code = "vendor.unavailable"
	CodeVendorRefused   Code = "vendor.refused_content"
	CodeVendorFailed    Code = "vendor.failed"
	CodeVendorSettings  Code = "vendor.misconfigured"
	CodeVendorUnknown   Code = "vendor.unknown_outcome"
	CodeVendorResult    Code = "vendor.bad_result"
	CodeReconnect       Code = "social.reconnect_needed"
	CodeChannelOff      Code = "social.channel_not_available"
)

var catalogue = map[Code]Entry{
	CodeInternal: {Internal, "서버에서 예상하지 못한 오류가 발생했습니다.", "Something unexpected went wrong on our side.",
		"castad", "요청 번호를 알려 주시면 원인을 찾겠습니다.", "Tell us the request id and we will find the cause.", true},
	CodeMisconfigured: {Misconfigured, "서비스 설정이 잘못되어 처리할 수 없습니다.", "The service is misconfigured and cannot do this.",
		"castad", "운영자가 설정을 고친 뒤 다시 시도해 주세요.", "Try again after the operator has corrected the settings.", false},
	CodeUnavailable: {Unavailable, "데이터베이스나 대기열에 잠시 연결할 수 없습니다.", "The database or the queue cannot be reached for the moment.",
		"castad", "잠시 뒤에 같은 요청을 다시 보내 주세요.", "Send the same request again in a moment.", true},
	CodeBusy: {Unavailable, "지금 요청이 많아 데이터베이스 연결을 얻지 못했습니다.", "Too many requests are waiting for a database connection.",
		"castad", "Retry-After에 적힌 시간 뒤에 다시 시도해 주세요.", "Try again after the time in Retry-After.", true},
	CodeTimeout: {Timeout, "정해진 시간 안에 처리하지 못했습니다.", "The request was not finished within its time budget.",
		"castad", "같은 요청을 다시 보내도 안전합니다.", "It is safe to send the same request again.", true},
	CodeUnknown: {Unknown, "처리 결과를 아직 확인하지 못했습니다.", "The outcome is not known yet.",
		"castad", "CastAD가 결과를 확인하고 있습니다. 다시 주문하지 마세요.", "CastAD is finding out; please do not order again.", false},
	CodeInvalid: {Invalid, "요청을 이해할 수 없습니다.", "The request cannot be understood.",
		"you", "요청 형식을 확인해 주세요.", "Check the form of the request.", false},
	CodeMalformedJSON: {Invalid, "JSON 형식이 올바르지 않습니다.", "The body is not well-formed JSON.",
		"you", "본문을 올바른 JSON으로 고쳐 다시 보내 주세요.", "Correct the JSON body and send it again.", false},
	CodeUnknownField: {Invalid, "알 수 없는 필드가 들어 있습니다.", "The body has a field that is not known here.",
		"you", "field에 적힌 이름을 빼거나 고쳐 주세요.", "Remove or correct the name given in field.", false},
	CodeDuplicateField: {Invalid, "같은 필드가 두 번 들어 있습니다.", "The body has the same field twice.",
		"you", "field에 적힌 이름을 한 번만 보내 주세요.", "Send the name given in field once.", false},
	CodeMissingField: {Invalid, "꼭 필요한 값이 빠졌습니다.", "A required value is missing.",
		"you", "field에 적힌 값을 채워 주세요.", "Fill in the value named in field.", false},
	CodeBadValue: {Invalid, "값이 허용 범위를 벗어났습니다.", "A value is outside what is allowed.",
		"you", "field에 적힌 값을 고쳐 주세요.", "Correct the value named in field.", false},
	CodeTooLarge: {Invalid, "요청 본문이 너무 큽니다.", "The request body is too large.",
		"you", "크기를 줄여 다시 보내 주세요. 사진은 한 장에 20MB까지입니다.", "Make it smaller; a photo may have up to 20 MB.", false},
	CodeContentType: {Invalid, "지원하지 않는 Content-Type입니다.", "This Content-Type is not supported here.",
		"you", "문서에 적힌 형식으로 보내 주세요.", "Send the type that the documentation names.", false},
	CodeKeyRequired: {Invalid, "Idempotency-Key 헤더가 필요합니다.", "The Idempotency-Key header is required.",
		"you", "요청마다 고유한 키를 넣어 주세요. 다시 보낼 때는 같은 키를 쓰세요.", "Send a key of your own for each order, and the same key when you repeat it.", false},
	CodeKeyReused: {Refused, "같은 Idempotency-Key로 다른 내용이 왔습니다.", "This Idempotency-Key was used with another body.",
		"you", "새 주문에는 새 키를 써 주세요.", "Use a new key for a new order.", false},
	CodeRouteNotFound: {NotFound, "없는 주소입니다.", "There is nothing at this address.",
		"you", "주소와 메서드를 확인해 주세요.", "Check the path and the method.", false},
	CodeMethod: {Invalid, "이 주소에서 쓸 수 없는 메서드입니다.", "This address does not accept that method.",
		"you", "Allow 헤더에 적힌 메서드를 써 주세요.", "Use one of the methods in the Allow header.", false},
	CodeUnauthenticated: {Unauthenticated, "로그인이 필요합니다.", "You need to sign in.",
		"you", "유효한 토큰을 Authorization 헤더에 넣어 주세요.", "Send a valid token in the Authorization header.", false},
	CodeTokenExpired: {Unauthenticated, "로그인 시간이 끝났습니다.", "Your sign-in has expired.",
		"you", "토큰을 새로 받아 주세요.", "Get a new token.", false},
	CodeDenied: {Denied, "이 작업을 할 권한이 없습니다.", "You may not do this.",
		"you", "권한이 있는 계정으로 다시 시도해 주세요.", "Try again with an account that may.", false},
	CodeNotFound: {NotFound, "찾을 수 없습니다.", "It cannot be found.",
		"you", "주소의 번호를 확인해 주세요.", "Check the id in the address.", false},
	CodeConflict: {Conflict, "지금 상태에서는 할 수 없습니다.", "The present state does not allow this.",
		"you", "현재 상태를 다시 읽고 시도해 주세요.", "Read the present state and try again.", false},
	CodeTooMany: {TooMany, "요청이 너무 많습니다.", "Too many requests.",
		"you", "Retry-After에 적힌 시간 뒤에 다시 시도해 주세요.", "Try again after the time in Retry-After.", true},
	CodeRefused: {Refused, "내용 때문에 처리할 수 없습니다.", "This content cannot be accepted.",
		"you", "내용을 고쳐 다시 보내 주세요.", "Change the content and send it again.", false},
	CodeNotAnImage: {Invalid, "사진 파일이 아닙니다. JPEG, PNG, WebP만 받습니다.", "This is not a photo; JPEG, PNG and WebP are accepted.",
		"you", "다른 파일을 올려 주세요.", "Upload another file.", false},
	CodeImageTooLarge: {Invalid, "사진의 화소 수가 너무 큽니다.", "The photo has too many pixels.",
		"you", "5천만 화소 이하로 줄여 주세요.", "Reduce it to 50 megapixels or less.", false},
	CodeImageHEIC: {Invalid, "HEIC(HEIF, AVIF) 사진입니다. JPEG, PNG, WebP만 받습니다.", "This is an HEIC (HEIF, AVIF) photo; JPEG, PNG and WebP are accepted.",
		"you", "사진을 JPEG로 내보내 올리거나, 아이폰은 설정 > 카메라 > 포맷을 '높은 호환성'으로 바꾼 뒤 찍어 주세요.",
		"Export it as JPEG, or set the camera to Most Compatible (iPhone: Settings > Camera > Formats) and take it again.", false},
	CodeBadLink: {Invalid, "가게 링크가 올바르지 않습니다.", "The link is not a web address that can be shown.",
		"you", "https://로 시작하는 공개된 웹 주소를 영문 200자 이내로 적어 주세요.", "Give a public address that begins with https:// or http://, at most 200 characters, without a user name.", false},
	CodeBadColor: {Invalid, "색은 #rrggbb 형식이어야 합니다.", "A colour must be written as #rrggbb.",
		"you", "#ff8800처럼 # 뒤에 16진수 여섯 자리를 적어 주세요.", "Write # and six hexadecimal digits, such as #ff8800.", false},
	CodeNotPlaceLink: {Invalid, "지원하는 장소 링크가 아닙니다.", "This is not a link to a place that is understood here.",
		"you", "네이버 지도나 카카오맵에서 장소를 열고 '공유'로 복사한 링크를 붙여 넣어 주세요. kko.to 짧은 링크는 쓸 수 없습니다.",
		"Open the place in Naver Map or KakaoMap and paste what Share copies; kko.to short links cannot be used.", false},
	CodeNoFacts: {Refused, "링크만으로는 가게 정보를 가져올 수 없습니다.", "The link alone does not give any facts about the place.",
		"you", "가게 이름과 알고 있는 정보를 직접 적어 장소를 다시 만들어 주세요.", "Make the place again with its name and what you know typed in.", false},
	CodeTooManyPhotos: {Conflict, "사진은 한 장소에 30장까지 올릴 수 있습니다.", "A place can have up to 30 photos.",
		"you", "필요 없는 사진을 지운 뒤 올려 주세요.", "Remove a photo you do not need first.", false},
	CodeState: {Invalid, "계정 연결 요청이 없거나 이미 쓰였거나 시간이 지났거나, 다른 브라우저에서 시작한 것입니다.", "This connection is unknown, used, expired, or was begun in another browser.",
		"you", "같은 브라우저에서 10분 안에 처음부터 다시 연결해 주세요.", "Begin again, and finish within ten minutes in the same browser.", false},
	CodeConsentRefused: {Refused, "채널에서 연결을 허용하지 않았습니다.", "The connection was not allowed at the channel.",
		"you", "연결하려면 다시 시작하여 채널의 동의 화면에서 허용해 주세요.", "To connect, begin again and allow it on the channel's page.", false},
	CodeConsentSpent: {Invalid, "채널이 준 승인 코드가 이미 쓰였거나 만료되었습니다.", "The channel's code has been used or has expired.",
		"you", "계정 연결을 처음부터 다시 시작해 주세요.", "Begin the connection again.", false},
	CodeNoPhotos: {Refused, "이 장소에는 사진이 없습니다.", "This place has no photos.",
		"you", "사진을 한 장 이상 올린 뒤 주문해 주세요.", "Upload at least one photo, then order.", false},
	CodeAdEnded: {Conflict, "이미 끝난 광고입니다.", "This ad has already ended.",
		"you", "새 광고를 주문해 주세요.", "Order a new ad.", false},
	CodeAdNotFailed: {Conflict, "실패한 광고만 다시 시도할 수 있습니다.", "Only a failed ad can be retried.",
		"you", "광고의 현재 상태를 확인해 주세요.", "Check the ad's present state.", false},
	CodeRetryUnsafe: {Conflict, "결과를 알 수 없는 게시가 있어 다시 시도할 수 없습니다.", "A post's outcome is unknown, so a retry could publish twice.",
		"castad", "채널에서 게시 여부를 먼저 확인해 주세요.", "Look at the channel first to see whether it was published.", false},
	CodeClaim: {Refused, "가사에 사실로 확인되지 않은 내용이 있습니다.", "The lyrics claim something that no fact supports.",
		"vendor", "가게 정보를 더 적거나 다시 시도해 주세요.", "Add facts about the place, or try again.", true},
	CodeLinesMissing: {Refused, "노래에 후렴이나 마무리 문구, 또는 가사의 3분의 1 이상이 빠졌습니다.", "The song leaves out the hook, the closing line or more than a third of the lyrics.",
		"vendor", "다시 시도하면 노래를 새로 만듭니다.", "Retry, and the song is made anew.", true},
	CodeDeadline: {Refused, "정해진 기한 안에 끝내지 못했습니다.", "The order was not finished before its deadline.",
		"castad", "비용은 청구되지 않습니다. 다시 시도해 주세요.", "You are not charged; please retry.", true},
	CodeAttempts: {Refused, "여러 번 시도했지만 끝내지 못했습니다.", "All attempts were used without success.",
		"vendor", "잠시 뒤에 다시 시도해 주세요.", "Please retry later.", true},
	CodeAbandoned: {Refused, "외부 서비스가 결과를 끝내 알려 주지 않았습니다.", "The outside service never told the outcome.",
		"vendor", "운영자가 확인한 뒤 다시 시도할 수 있습니다.", "It can be retried after an operator has looked.", false},
	CodeVendorBusy: {TooMany, "외부 서비스가 바쁩니다.", "The outside service is busy.",
		"vendor", "CastAD가 잠시 뒤 자동으로 다시 시도합니다.", "CastAD tries again by itself in a while.", true},
	CodeVendorQuota: {Unavailable, "외부 서비스의 사용 한도가 찼습니다.", "The quota at the outside service is used up.",
		"castad", "운영자가 한도를 늘리면 이어서 진행됩니다.", "It goes on when the operator has raised the quota.", true},
	CodeVendorDown: {Unavailable, "외부 서비스에 연결할 수 없습니다.", "The outside service cannot be reached.",
		"vendor", "CastAD가 자동으로 다시 시도합니다.", "CastAD tries again by itself.", true},
	CodeVendorRefused: {Refused, "외부 서비스가 내용을 받아들이지 않았습니다.", "The outside service refused the content.",
		"you", "가게 정보나 문구를 바꾸어 다시 시도해 주세요.", "Change the facts or the wording and try again.", false},
	CodeVendorFailed: {Refused, "외부 서비스가 만들기에 실패했습니다.", "The outside service failed to make it.",
		"vendor", "비용은 청구되지 않습니다. 다시 시도해 주세요.", "You are not charged; please retry.", true},
	CodeVendorSettings: {Misconfigured, "외부 서비스 계정이나 설정이 잘못되었습니다.", "Our account or settings at the outside service are wrong.",
		"castad", "운영자가 고친 뒤 다시 시도해 주세요.", "Try again after the operator has corrected it.", false},
	CodeVendorUnknown: {Unknown, "외부 서비스의 응답을 받지 못해 결과를 확인하는 중입니다.", "The outside service's answer was lost; the outcome is being looked up.",
		"castad", "CastAD가 확인하고 있습니다. 다시 주문하지 마세요.", "CastAD is finding out; please do not order again.", false},
	CodeVendorResult: {Refused, "외부 서비스가 준 파일이 올바르지 않습니다.", "The file that the outside service gave is not valid.",
		"vendor", "비용은 청구되지 않습니다. 다시 시도해 주세요.", "You are not charged; please retry.", true},
	CodeReconnect: {Refused, "채널 계정의 연결이 끊어졌습니다.", "The channel account is no longer connected.",
		"you", "채널 계정을 다시 연결한 뒤 다시 시도해 주세요.", "Connect the channel account again, then retry.", false},
	CodeChannelOff: {Refused, "이 서비스에서는 아직 이 채널에 게시할 수 없습니다.", "Posting to this channel is not set up here.",
		"castad", "다른 채널을 고르거나, 운영자가 채널을 설정한 뒤 주문해 주세요.", "Choose another channel, or order again when the operator has set it up.", false},
}

// Kind returns the kind that the catalogue gives the code; Internal when it has none.
func (c Code) Kind() Kind { return catalogue[c].Kind }

// Entry returns what the catalogue says about c, and whether it is there.
func (c Code) Entry() (Entry, bool) { e, ok := catalogue[c]; return e, ok }

// Codes returns every code of the catalogue, sorted.
func Codes() []Code {
	all := make([]Code, 0, len(catalogue))
	for c := range catalogue {
		all = append(all, c)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return all
}

func general(k Kind) Code {
	switch k {
	case Invalid:
		return CodeInvalid
	case Unauthenticated:
		return CodeUnauthenticated
	case Denied:
		return CodeDenied
	case NotFound:
		return CodeNotFound
	case Conflict:
		return CodeConflict
	case Refused:
		return CodeRefused
	case TooMany:
		return CodeTooMany
	case Misconfigured:
		return CodeMisconfigured
	case Unavailable:
		return CodeUnavailable
	case Timeout:
		return CodeTimeout
	case Unknown:
		return CodeUnknown
	default:
		return CodeInternal
	}
}
