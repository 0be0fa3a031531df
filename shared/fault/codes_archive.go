package fault

// The codes of ads that are put away, and of kept files.
const (
	CodeAdInUse  Code = "archive.in_use"
	CodeFileLost Code = "file.lost"
)

var archiveCodes = map[Code]Entry{
	CodeAdInUse: {Conflict, "만드는 중이거나 승인 또는 게시를 기다리는 광고는 치울 수 없습니다.", "An ad that is being made, or that waits for approval or for a post, cannot be put away.",
		"you", "끝날 때까지 기다리거나 취소한 뒤 다시 해 주세요.", "Wait until it has ended, or cancel it, then try again.", false},
	CodeFileLost: {Internal, "보관해 둔 파일이 저장소에 없습니다.", "A file that was kept is no longer in the storage.",
		"castad", "요청 번호를 알려 주시거나, 그 단계를 다시 만들어 주세요.", "Tell us the request id, or have that step made again.", false},
}
