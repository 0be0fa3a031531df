package fault

// The codes of orders and of what they are made of.
const (
	CodeNoPhotos     Code = "ad.no_photos"
	CodeAdEnded      Code = "ad.already_ended"
	CodeAdNotFailed  Code = "ad.not_failed"
	CodeRetryUnsafe  Code = "ad.retry_unsafe"
	CodeAdRunning    Code = "ad.running"
	CodeAdUnchanged  Code = "ad.nothing_changed"
	CodeClaim        Code = "lyric.unsupported_claim"
	CodeOwnWords     Code = "lyric.own_words_unsupported"
	CodeLinesMissing Code = "song.lines_missing"
	CodeDeadline     Code = "run.deadline"
	CodeAbandoned    Code = "run.outcome_never_known"
)

var adCodes = map[Code]Entry{
	CodeNoPhotos: {Refused, "이 장소에는 사진이 없습니다.", "This place has no photos.",
		"you", "사진을 한 장 이상 올린 뒤 주문해 주세요.", "Upload at least one photo, then order.", false},
	CodeAdEnded: {Conflict, "이미 끝난 광고입니다.", "This ad has already ended.",
		"you", "새 광고를 주문해 주세요.", "Order a new ad.", false},
	CodeAdNotFailed: {Conflict, "실패한 광고만 다시 시도할 수 있습니다.", "Only a failed ad can be retried.",
		"you", "광고의 현재 상태를 확인해 주세요.", "Check the ad's present state.", false},
	CodeRetryUnsafe: {Conflict, "결과를 알 수 없는 게시가 있어 다시 시도할 수 없습니다.", "A post's outcome is unknown, so a retry could publish twice.",
		"you", "주인이 채널을 보고 POST /posts/{id}/confirm으로 게시 여부를 알려 주면 다시 시도할 수 있습니다.", "Its owner looks at the channel and tells with POST /posts/{id}/confirm whether the post is there; then it can be retried.", false},
	CodeAdRunning: {Conflict, "아직 만드는 중인 광고는 고칠 수 없습니다.", "An ad cannot be changed while it is being made.",
		"you", "끝날 때까지 기다리거나 취소한 뒤 고쳐 주세요.", "Wait until it has ended, or cancel it, then change it.", false},
	CodeAdUnchanged: {Conflict, "바뀌는 내용이 없습니다.", "Nothing about the ad would change.",
		"you", "고칠 내용을 넣어 다시 보내 주세요.", "Send what is to be otherwise.", false},
	CodeClaim: {Refused, "가사에 사실로 확인되지 않은 내용이 있습니다.", "The lyrics claim something that no fact supports.",
		"vendor", "다시 시도하거나, 가게 정보를 더 적고 refresh_place로 다시 읽어 와 주세요.", "Retry, or add facts about the place and have it read anew with refresh_place.", true},
	CodeOwnWords: {Refused, "직접 쓴 문구에 사실로 확인되지 않은 내용이 있습니다.", "Your own words claim something that no fact supports.",
		"you", "문구를 고치거나, 가게 정보에 그 사실을 넣고 refresh_place로 다시 읽어 온 뒤 써 주세요.",
		"Change the words, or add the fact to the place, have it read anew with refresh_place, and write them then.", false},
	CodeLinesMissing: {Refused, "노래에 후렴이나 마무리 문구, 또는 가사의 3분의 1 이상이 빠졌습니다.", "The song leaves out the hook, the closing line or more than a third of the lyrics.",
		"vendor", "다시 시도하면 노래를 새로 만듭니다.", "Retry, and the song is made anew.", true},
	CodeDeadline: {Refused, "정해진 기한 안에 끝내지 못했습니다.", "The order was not finished before its deadline.",
		"castad", "비용은 청구되지 않습니다. 다시 시도해 주세요.", "You are not charged; please retry.", true},
	CodeAbandoned: {Refused, "외부 서비스가 결과를 끝내 알려 주지 않았습니다.", "The outside service never told the outcome.",
		"vendor", "게시였다면 채널에서 확인하여 confirm으로 알려 주세요. 그 밖에는 다시 시도할 수 있고, 비용은 청구되지 않습니다.",
		"Of a post: look at the channel and tell what you see with confirm. Anything else can be retried, and you are not charged.", false},
}
