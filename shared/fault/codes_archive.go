package fault

// The codes of ads that are put away.
const (
	CodeAdInUse Code = "archive.in_use"
)

var archiveCodes = map[Code]Entry{
	CodeAdInUse: {Conflict, "만드는 중이거나 승인 또는 게시를 기다리는 광고는 치울 수 없습니다.", "An ad that is being made, or that waits for approval or for a post, cannot be put away.",
		"you", "끝날 때까지 기다리거나 취소한 뒤 다시 해 주세요.", "Wait until it has ended, or cancel it, then try again.", false},
}
