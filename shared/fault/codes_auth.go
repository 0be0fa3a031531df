package fault

// The codes of signing in and of what a caller may do.
const (
	CodeUnauthenticated Code = "auth.unauthenticated"
	CodeTokenExpired    Code = "auth.token_expired" // #nosec G101 -- a code
	CodeTicketEnded     Code = "auth.ticket_ended"
	CodeDenied          Code = "auth.denied"
	CodeLoginState      Code = "auth.bad_state"
	CodeLoginRefused    Code = "auth.login_refused"
	CodeLoginOff        Code = "auth.login_not_available"
	CodeSessionEnded    Code = "auth.session_ended"
	CodeErasing         Code = "auth.being_erased"
)

var authCodes = map[Code]Entry{
	CodeUnauthenticated: {Unauthenticated, "로그인이 필요합니다.", "You need to sign in.",
		"you", "유효한 토큰을 Authorization 헤더에 넣어 주세요.", "Send a valid token in the Authorization header.", false},
	CodeTokenExpired: {Unauthenticated, "로그인 시간이 끝났습니다.", "Your sign-in has expired.",
		"you", "POST /auth/renew로 토큰을 새로 받거나 다시 로그인해 주세요.", "Get a new token with POST /auth/renew, or sign in again.", false},
	CodeTicketEnded: {Unauthenticated, "이 티켓은 없거나, 이미 쓰였거나, 시간이 지났거나, 다른 광고의 것입니다.", "This ticket is unknown, used, expired, or another ad's.",
		"you", "POST /ads/{id}/events/ticket으로 새 티켓을 받아 1분 안에 한 번 쓰세요.", "Get a new one with POST /ads/{id}/events/ticket and use it within a minute, once.", false},
	CodeDenied: {Denied, "이 작업을 할 권한이 없습니다.", "You may not do this.",
		"you", "권한이 있는 계정으로 다시 시도해 주세요.", "Try again with an account that may.", false},
	CodeLoginState: {Invalid, "로그인 요청이 없거나 이미 쓰였거나 시간이 지났거나, 다른 브라우저에서 시작한 것입니다.", "This sign-in is unknown, used, expired, or was begun in another browser.",
		"you", "같은 브라우저에서 10분 안에 처음부터 다시 로그인해 주세요.", "Begin again, and finish within ten minutes in the same browser.", false},
	CodeLoginRefused: {Refused, "카카오에서 로그인을 취소했습니다.", "The sign-in was called off at Kakao.",
		"you", "로그인하려면 다시 시작하여 카카오의 동의 화면에서 동의해 주세요.", "To sign in, begin again and agree on Kakao's page.", false},
	CodeLoginOff: {Refused, "이 서비스에는 아직 카카오 로그인이 설정되지 않았습니다.", "Signing in with Kakao is not set up here.",
		"castad", "운영자가 카카오 로그인을 설정한 뒤 다시 시도해 주세요.", "Try again when the operator has set it up.", false},
	CodeSessionEnded: {Unauthenticated, "로그인이 끝났습니다.", "This session has ended.",
		"you", "다시 로그인해 주세요.", "Sign in again.", false},
	CodeErasing: {Conflict, "이 계정은 삭제되고 있습니다.", "This account is being erased.",
		"castad", "삭제가 끝나면 같은 카카오 계정으로 새로 가입할 수 있습니다.", "When that is done, the same Kakao account can sign up anew.", true},
}
