package fault

// The codes of limits.
const (
	CodeTooMany          Code = "limit.too_many"
	CodeLimitUnavailable Code = "limit.unavailable"
)

var limitCodes = map[Code]Entry{
	CodeTooMany: {TooMany, "요청이 너무 많습니다.", "Too many requests.",
		"you", "Retry-After에 적힌 시간 뒤에 다시 시도해 주세요.", "Try again after the time in Retry-After.", true},
	CodeLimitUnavailable: {Unavailable, "요청 한도를 확인할 수 없어 비용이 드는 작업을 잠시 받지 않습니다.", "The limits cannot be checked, so nothing that costs money is accepted for the moment.",
		"castad", "잠시 뒤에 같은 요청을 다시 보내 주세요. 처리된 것은 없습니다.", "Send the same request again in a moment; nothing was done.", true},
}
