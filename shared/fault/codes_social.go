package fault

// The codes of connected channel accounts.
const (
	CodeState          Code = "social.bad_state"
	CodeConsentRefused Code = "social.consent_refused"
	CodeConsentSpent   Code = "social.consent_spent"
	CodeReconnect      Code = "social.reconnect_needed"
	CodeChannelOff     Code = "social.channel_not_available"
	CodeAccountRefused Code = "social.account_refused"
)

var socialCodes = map[Code]Entry{
	CodeState: {Invalid, "계정 연결 요청이 없거나 이미 쓰였거나 시간이 지났거나, 다른 브라우저에서 시작한 것입니다.", "This connection is unknown, used, expired, or was begun in another browser.",
		"you", "같은 브라우저에서 10분 안에 처음부터 다시 연결해 주세요.", "Begin again, and finish within ten minutes in the same browser.", false},
	CodeConsentRefused: {Refused, "채널에서 연결을 허용하지 않았습니다.", "The connection was not allowed at the channel.",
		"you", "연결하려면 다시 시작하여 채널의 동의 화면에서 허용해 주세요.", "To connect, begin again and allow it on the channel's page.", false},
	CodeConsentSpent: {Invalid, "채널이 준 승인 코드가 이미 쓰였거나 만료되었습니다.", "The channel's code has been used or has expired.",
		"you", "계정 연결을 처음부터 다시 시작해 주세요.", "Begin the connection again.", false},
	CodeReconnect: {Refused, "채널 계정의 연결이 끊어졌거나 게시에 필요한 권한이 빠져 있습니다.", "The channel account is no longer connected, or lacks a permission that posting needs.",
		"you", "채널 계정을 다시 연결하면서 요청하는 권한을 모두 허용한 뒤 다시 시도해 주세요.", "Connect the channel account again, allow all that is asked for, then retry.", false},
	CodeAccountRefused: {Refused, "채널이 지금 이 계정의 게시를 받지 않습니다.", "The channel takes no post from this account now.",
		"you", "채널에서 계정 상태를 확인해 주세요. 이용이 제한되었거나 계정의 하루 업로드 한도가 찼을 수 있습니다. 풀린 뒤 다시 게시해 주세요.",
		"Look at the account there: it may be restricted, or have reached its own limit of uploads for a day. Post again when that is over.", true},
	CodeChannelOff: {Refused, "이 서비스에서는 아직 이 채널에 게시할 수 없습니다.", "Posting to this channel is not set up here.",
		"castad", "다른 채널을 고르거나, 운영자가 채널을 설정한 뒤 주문해 주세요.", "Choose another channel, or order again when the operator has set it up.", false},
}
