package fault

// The codes of what outside services answer.
const (
	CodeVendorBusy     Code = "vendor.busy"
	CodeVendorQuota    Code = "vendor.quota_exhausted"
	CodeVendorDown     Code = "vendor.unavailable"
	CodeVendorRefused  Code = "vendor.refused_content"
	CodeVendorFailed   Code = "vendor.failed"
	CodeVendorSettings Code = "vendor.misconfigured"
	CodeVendorUnknown  Code = "vendor.unknown_outcome"
	CodeVendorResult   Code = "vendor.bad_result"
)

var vendorCodes = map[Code]Entry{
	CodeVendorBusy: {TooMany, "외부 서비스가 바쁩니다.", "The outside service is busy.",
		"vendor", "만들거나 게시하던 것은 CastAD가 잠시 뒤 다시 시도합니다. 검색이나 로그인은 잠시 뒤에 다시 해 주세요.", "CastAD goes on by itself with what it is making or posting; repeat a search or a sign-in in a moment.", true},
	CodeVendorQuota: {Unavailable, "외부 서비스의 사용 한도가 찼습니다.", "The quota at the outside service is used up.",
		"castad", "한도가 다시 생기거나(보통 다음 날) 운영자가 늘리면 이어서 진행됩니다.", "It goes on when there is quota again, mostly the next day, or when the operator has raised it.", true},
	CodeVendorDown: {Unavailable, "외부 서비스에 연결할 수 없습니다.", "The outside service cannot be reached.",
		"vendor", "만들거나 게시하던 것은 CastAD가 다시 시도합니다. 검색이나 로그인은 잠시 뒤에 다시 해 주세요.", "CastAD goes on by itself with what it is making or posting; repeat a search or a sign-in in a moment.", true},
	CodeVendorRefused: {Refused, "외부 서비스가 내용을 받아들이지 않았습니다.", "The outside service refused the content.",
		"you", "가게 정보나 문구를 바꾸어 다시 시도해 주세요.", "Change the facts or the wording and try again.", false},
	CodeVendorFailed: {Refused, "외부 서비스가 만들기에 실패했습니다.", "The outside service failed to make it.",
		"vendor", "비용은 청구되지 않습니다. 다시 시도해 주세요.", "You are not charged; please retry.", true},
	CodeVendorSettings: {Misconfigured, "외부 서비스 계정이나 설정이 잘못되었습니다.", "Our account or settings at the outside service are wrong.",
		"castad", "운영자가 고친 뒤 다시 시도해 주세요.", "Try again after the operator has corrected it.", false},
	CodeVendorUnknown: {Unknown, "외부 서비스의 응답을 받지 못했습니다.", "The outside service's answer was lost.",
		"castad", "광고나 게시라면 CastAD가 확인하고 있으니 다시 주문하지 마세요. 로그인이나 계정 연결은 처음부터 다시 해 주세요.", "CastAD is finding out what became of an ad or a post; please do not order it again. Begin a sign-in or a connection anew.", false},
	CodeVendorResult: {Refused, "외부 서비스가 준 파일이 올바르지 않습니다.", "The file that the outside service gave is not valid.",
		"vendor", "비용은 청구되지 않습니다. 다시 시도해 주세요.", "You are not charged; please retry.", true},
}
