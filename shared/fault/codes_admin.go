package fault

// The codes of what operators do.
const (
	CodeAuditBroken Code = "admin.audit_broken"
	CodeOwnRole     Code = "admin.own_role"
	// CodePaused is what a call to a vendor ends with that operators have paused.
	CodePaused Code = "vendor.paused"
)

// ErrPaused is inside of every error of a call that was not made because operators
// have paused it, whatever else the error says.
var ErrPaused = New(CodePaused)

var adminCodes = map[Code]Entry{
	CodeAuditBroken: {Internal, "감사 기록의 사슬이 끊어졌습니다.", "The chain of the audit log is broken.",
		"castad", "handler admin verify-audit가 알려 주는 행부터 확인하고, 따로 보관한 해시와 비교해 주세요.", "Look at the row that handler admin verify-audit names, and compare with a hash that was kept elsewhere.", false},
	CodeOwnRole: {Conflict, "자기 자신의 역할은 바꿀 수 없습니다.", "You cannot change your own role.",
		"you", "다른 운영자에게 부탁하거나 handler admin을 써 주세요.", "Ask another operator, or use handler admin.", false},
	CodePaused: {Unavailable, "운영자가 이 작업을 잠시 멈추었습니다.", "Operators have paused this for the moment.",
		"castad", "주문은 사라지지 않습니다. 다시 시작되면 이어서 진행됩니다.", "Nothing is lost; it goes on when they resume it.", true},
}
