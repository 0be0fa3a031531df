package fault

// The codes of runs that wait for their owner, of what one may cost in a day, and
// of publications that someone has looked at.
const (
	CodeNotAwaiting     Code = "ad.not_awaiting"
	CodeApprovalExpired Code = "ad.approval_expired"
	CodeSuperseded      Code = "ad.superseded"
	CodeDailySpend      Code = "limit.daily_spend"
	CodeDailyStarts     Code = "limit.daily_starts"
	CodeRunning         Code = "limit.running"
	CodeConfirmedAbsent Code = "post.confirmed_absent"
	CodeNotUnknown      Code = "post.not_unknown"
)

var runCodes = map[Code]Entry{
	CodeNotAwaiting: {Conflict, "승인을 기다리는 광고가 아닙니다.", "This ad is not waiting for approval.",
		"you", "광고의 현재 상태를 확인해 주세요.", "Check the ad's present state.", false},
	CodeApprovalExpired: {Refused, "기한 안에 승인되지 않아 게시하지 않았습니다.", "It was not approved in time, so it was not published.",
		"you", "만든 영상은 그대로 있습니다. 게시를 새로 주문해 주세요.", "The film is kept; order a post of it.", false},
	CodeSuperseded: {Refused, "승인 전에 새 수정본으로 바뀌었습니다.", "A newer revision took its place before it was approved.",
		"you", "새 수정본을 승인해 주세요.", "Approve the newer revision.", false},
	CodeDailySpend: {TooMany, "오늘 쓸 수 있는 비용을 넘습니다.", "This would exceed what may be spent today.",
		"you", "한국 시간 자정 이후에 다시 주문해 주세요.", "Order again after midnight in Seoul.", true},
	CodeDailyStarts: {TooMany, "오늘 주문할 수 있는 횟수를 모두 썼습니다.", "Today's number of orders is used up.",
		"you", "한국 시간 자정 이후에 다시 주문해 주세요.", "Order again after midnight in Seoul.", true},
	CodeRunning: {TooMany, "동시에 진행할 수 있는 주문이 가득 찼습니다.", "As many orders are under way as may be at once.",
		"you", "진행 중인 주문이 끝난 뒤 다시 주문해 주세요.", "Order again when one of them has ended.", true},
	CodeConfirmedAbsent: {Refused, "게시되지 않은 것으로 확인되었습니다.", "Someone has looked: it was not published.",
		"you", "다시 시도하면 게시합니다.", "Retry to publish it.", true},
	CodeNotUnknown: {Conflict, "결과를 알 수 없는 게시만 직접 확인할 수 있습니다.", "Only a post whose outcome is unknown can be confirmed by hand.",
		"you", "게시의 현재 상태를 확인해 주세요.", "Check the post's present state.", false},
}
