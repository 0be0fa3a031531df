package fault

// The codes of posts.
const (
	CodeNoFilm       Code = "post.no_film"
	CodePosted       Code = "post.already_posted"
	CodePostUnderWay Code = "post.under_way"
	CodePostReplaced Code = "post.replaced"
	CodeBadThumbnail Code = "post.bad_thumbnail"
	CodePostOfAd     Code = "post.part_of_ad"
	CodePostEnded    Code = "post.already_ended"
	CodeNotPublished Code = "post.not_published"
	CodeRemoveByHand Code = "post.remove_by_hand"
	CodeAdAway       Code = "post.ad_deleted"
	CodeDailyPosts   Code = "limit.daily_posts"
)

var postCodes = map[Code]Entry{
	CodeNoFilm: {Conflict, "이 광고에는 게시할 수 있는 완성본 영상이 아직 없습니다.", "This ad has no finished film yet that could be posted.",
		"you", "광고가 완성된 뒤에 게시해 주세요. 미리보기 화질의 영상은 게시할 수 없습니다.", "Post it when the ad is finished. A preview cannot be posted.", false},
	CodePosted: {Conflict, "이 광고는 이 계정에 이미 게시되었거나 예약되어 있습니다.", "This ad is already posted on this account, or scheduled to be.",
		"you", "한 번 더 게시하려면 again을 true로 보내 주세요.", "To post it once more, send again: true.", false},
	CodePostUnderWay: {Conflict, "이 계정에 올리는 앞선 게시가 진행 중이거나 결과를 아직 알 수 없습니다.", "An earlier post on this account is under way, or its outcome is not known yet.",
		"you", "앞선 게시가 끝난 뒤 다시 시도해 주세요. 결과를 끝내 알 수 없으면 채널에서 확인하여 confirm으로 알려 주세요.",
		"Try again when it has ended. If its outcome stays unknown, look at the channel and tell what you see with confirm.", false},
	CodePostReplaced: {Refused, "이 게시는 나중에 주문한 다른 게시로 대체되었습니다.", "Another post that was ordered has taken the place of this one.",
		"you", "대신 주문한 게시를 확인해 주세요.", "Look at the post that was ordered instead.", false},
	CodeBadThumbnail: {Refused, "대표 이미지로 쓸 수 없는 파일입니다. 2MB 이하의 JPEG만 쓸 수 있습니다.", "This file cannot be a thumbnail: it must be a JPEG of at most 2 MB.",
		"you", "다른 파일을 고르거나, 비워 두어 영상의 대표 이미지를 쓰세요.", "Choose another file, or none to use the film's own.", false},
	CodePostOfAd: {Conflict, "광고와 함께 주문한 게시는 따로 취소할 수 없습니다.", "This post is a part of its ad's order and cannot be cancelled alone.",
		"you", "광고를 취소해 주세요.", "Cancel the ad.", false},
	CodePostEnded: {Conflict, "이미 끝난 게시입니다.", "This post has already ended.",
		"you", "게시된 글을 내리려면 remove를 써 주세요.", "To take a published post down, use remove.", false},
	CodeNotPublished: {Conflict, "게시되지 않은 글은 내릴 수 없습니다.", "Only a published post can be removed.",
		"you", "아직 나가지 않은 게시는 cancel로 취소해 주세요.", "Cancel a post that is not out yet.", false},
	CodeRemoveByHand: {Refused, "CastAD가 이 채널의 글을 지울 수 없습니다.", "CastAD cannot delete this post at its channel.",
		"you", "link에 적힌 주소에서 직접 지운 뒤 다시 요청해 주세요.", "Delete it yourself at the address in link, then ask again.", false},
	CodeDailyPosts: {TooMany, "그날 나갈 수 있는 게시가 가득 찼습니다.", "As many posts go out on that day as one owner may have.",
		"you", "at으로 다른 날을 고르거나, 그날 예약한 다른 게시를 취소해 주세요.", "Choose another day with at, or cancel another post that is scheduled for it.", true},
	CodeAdAway: {Refused, "게시하기 전에 광고가 삭제되었습니다.", "The ad was deleted before its post was due.",
		"you", "게시하려면 보관함에서 광고를 되살린 뒤 다시 주문해 주세요.", "To post it, restore the ad and order the post again.", false},
}
