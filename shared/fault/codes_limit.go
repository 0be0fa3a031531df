package fault

// The codes of limits.
const (
	CodeTooMany Code = "limit.too_many"
)

var limitCodes = map[Code]Entry{
	CodeTooMany: {TooMany, "요청이 너무 많습니다.", "Too many requests.",
		"you", "Retry-After에 적힌 시간 뒤에 다시 시도해 주세요.", "Try again after the time in Retry-After.", true},
}
