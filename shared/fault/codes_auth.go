package fault

// The codes of signing in and of what a caller may do.
const (
	CodeUnauthenticated Code = "auth.unauthenticated"
	CodeTokenExpired    Code = "auth.token_expired" // #nosec G101 -- a code
	CodeDenied          Code = "auth.denied"
)

var authCodes = map[Code]Entry{
	CodeUnauthenticated: {Unauthenticated, "로그인이 필요합니다.", "You need to sign in.",
		"you", "유효한 토큰을 Authorization 헤더에 넣어 주세요.", "Send a valid token in the Authorization header.", false},
	CodeTokenExpired: {Unauthenticated, "로그인 시간이 끝났습니다.", "Your sign-in has expired.",
		"you", "토큰을 새로 받아 주세요.", "Get a new token.", false},
	CodeDenied: {Denied, "이 작업을 할 권한이 없습니다.", "You may not do this.",
		"you", "권한이 있는 계정으로 다시 시도해 주세요.", "Try again with an account that may.", false},
}
