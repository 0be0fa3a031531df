package fault

// The codes of what operators do.
const (
	CodeAuditBroken Code = "admin.audit_broken"
	CodeOwnRole     Code = "admin.own_role"
	CodeRunOver     Code = "admin.run_over"
	CodeForeign     Code = "admin.foreign_letter"
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
	CodeRunOver: {Conflict, "이미 끝났거나, 주인이 치웠거나 떠나는 실행이라 움직일 것이 없습니다.", "This run is over, or its owner has put the ad away or is leaving: there is nothing to move.",
		"you", "어떻게 끝났는지는 GET /admin/runs/{id}에서 볼 수 있습니다. 새 광고는 주인만 주문할 수 있습니다.", "GET /admin/runs/{id} tells how it ended; only its owner can order anew.", false},
	CodeForeign: {Refused, "서명이 맞지 않아 누가 보냈는지 알 수 없는 메시지입니다.", "This letter's signature does not verify, so nobody knows who wrote it.",
		"you", "멈춘 실행이 있으면 그 실행을 redrive하고, 대기열에 누가 보낼 수 있는지 확인해 주세요.", "Redrive the run itself if one stands still, and look who can send to the queue.", false},
	CodePaused: {Unavailable, "운영자가 이 작업을 잠시 멈추었습니다.", "Operators have paused this for the moment.",
		"castad", "주문은 사라지지 않습니다. 다시 시작되면 이어서 진행됩니다.", "Nothing is lost; it goes on when they resume it.", true},
}
