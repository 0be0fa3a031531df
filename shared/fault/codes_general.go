package fault

// The codes of any request and of CastAD itself.
const (
	CodeInternal        Code = "castad.internal"
	CodeMisconfigured   Code = "castad.misconfigured"
	CodeUnavailable     Code = "castad.unavailable"
	CodeBusy            Code = "castad.busy"
	CodeTimeout         Code = "castad.timeout"
	CodeUnknown         Code = "castad.unknown_outcome"
	CodeInvalid         Code = "request.invalid"
	CodeMalformedJSON   Code = "request.malformed_json"
	CodeUnknownField    Code = "request.unknown_field"
	CodeDuplicateField  Code = "request.duplicate_field"
	CodeMissingField    Code = "request.missing_field"
	CodeBadValue        Code = "request.bad_value"
	CodeTooLarge        Code = "request.too_large"
	CodeContentType     Code = "request.content_type"
	CodeKeyRequired     Code = "request.idempotency_key_required"
	CodeKeyReused       Code = "request.idempotency_key_reused"
	CodeRouteNotFound   Code = "request.route_not_found"
	CodeMethod          Code = "request.method_not_allowed"
	CodeNotFound        Code = "resource.not_found"
	CodeConflict        Code = "resource.conflict"
	CodeRefused         Code = "content.refused"
	CodeStale           Code = "resource.stale"
	CodeIfMatchRequired Code = "request.if_match_required"
)

var generalCodes = map[Code]Entry{
	CodeInternal: {Internal, "서버에서 예상하지 못한 오류가 발생했습니다.", "Something unexpected went wrong on our side.",
		"castad", "요청 번호를 알려 주시면 원인을 찾겠습니다.", "Tell us the request id and we will find the cause.", true},
	CodeMisconfigured: {Misconfigured, "서비스 설정이 잘못되어 처리할 수 없습니다.", "The service is misconfigured and cannot do this.",
		"castad", "운영자가 설정을 고친 뒤 다시 시도해 주세요.", "Try again after the operator has corrected the settings.", false},
	CodeUnavailable: {Unavailable, "데이터베이스나 대기열에 잠시 연결할 수 없습니다.", "The database or the queue cannot be reached for the moment.",
		"castad", "잠시 뒤에 같은 요청을 다시 보내 주세요.", "Send the same request again in a moment.", true},
	CodeBusy: {Unavailable, "지금 요청이 많아 데이터베이스 연결을 얻지 못했습니다.", "Too many requests are waiting for a database connection.",
		"castad", "Retry-After에 적힌 시간 뒤에 다시 시도해 주세요.", "Try again after the time in Retry-After.", true},
	CodeTimeout: {Timeout, "정해진 시간 안에 처리하지 못했습니다.", "The request was not finished within its time budget.",
		"castad", "같은 요청을 다시 보내도 안전합니다.", "It is safe to send the same request again.", true},
	CodeUnknown: {Unknown, "처리 결과를 아직 확인하지 못했습니다.", "The outcome is not known yet.",
		"castad", "잠시 뒤 되었는지 확인해 주세요. 같은 Idempotency-Key로 다시 보내면 두 번 처리되지 않습니다.", "Look in a moment whether it was done. With the same Idempotency-Key it is not done twice.", false},
	CodeInvalid: {Invalid, "요청을 이해할 수 없습니다.", "The request cannot be understood.",
		"you", "요청 형식을 확인해 주세요.", "Check the form of the request.", false},
	CodeMalformedJSON: {Invalid, "JSON 형식이 올바르지 않습니다.", "The body is not well-formed JSON.",
		"you", "본문을 올바른 JSON으로 고쳐 다시 보내 주세요.", "Correct the JSON body and send it again.", false},
	CodeUnknownField: {Invalid, "알 수 없는 필드가 들어 있습니다.", "The body has a field that is not known here.",
		"you", "field에 적힌 이름을 빼거나 고쳐 주세요.", "Remove or correct the name given in field.", false},
	CodeDuplicateField: {Invalid, "같은 필드가 두 번 들어 있습니다.", "The body has the same field twice.",
		"you", "field에 적힌 이름을 한 번만 보내 주세요.", "Send the name given in field once.", false},
	CodeMissingField: {Invalid, "꼭 필요한 값이 빠졌습니다.", "A required value is missing.",
		"you", "field에 적힌 값을 채워 주세요.", "Fill in the value named in field.", false},
	CodeBadValue: {Invalid, "값이 허용 범위를 벗어났습니다.", "A value is outside what is allowed.",
		"you", "field에 적힌 값을 고쳐 주세요. allowed가 있으면 그것이 허용되는 값입니다.", "Correct the value named in field; allowed, if it is there, says what it may be.", false},
	CodeTooLarge: {Invalid, "요청 본문이 너무 큽니다.", "The request body is too large.",
		"you", "크기를 줄여 다시 보내 주세요. 사진은 한 장에 20MB까지입니다.", "Make it smaller; a photo may have up to 20 MB.", false},
	CodeContentType: {Invalid, "지원하지 않는 Content-Type입니다.", "This Content-Type is not supported here.",
		"you", "문서에 적힌 형식으로 보내 주세요.", "Send the type that the documentation names.", false},
	CodeKeyRequired: {Invalid, "Idempotency-Key 헤더가 필요합니다.", "The Idempotency-Key header is required.",
		"you", "요청마다 고유한 키를 넣어 주세요. 다시 보낼 때는 같은 키를 쓰세요.", "Send a key of your own for each order, and the same key when you repeat it.", false},
	CodeKeyReused: {Refused, "같은 Idempotency-Key로 다른 내용이 왔습니다.", "This Idempotency-Key was used with another body.",
		"you", "새 주문에는 새 키를 써 주세요.", "Use a new key for a new order.", false},
	CodeRouteNotFound: {NotFound, "없는 주소입니다.", "There is nothing at this address.",
		"you", "주소와 메서드를 확인해 주세요.", "Check the path and the method.", false},
	CodeMethod: {Invalid, "이 주소에서 쓸 수 없는 메서드입니다.", "This address does not accept that method.",
		"you", "Allow 헤더에 적힌 메서드를 써 주세요.", "Use one of the methods in the Allow header.", false},
	CodeNotFound: {NotFound, "찾을 수 없습니다.", "It cannot be found.",
		"you", "주소의 번호나 field에 적힌 번호를 확인해 주세요.", "Check the id in the address, or the one named in field.", false},
	CodeConflict: {Conflict, "지금 상태에서는 할 수 없습니다.", "The present state does not allow this.",
		"you", "현재 상태를 다시 읽고 시도해 주세요.", "Read the present state and try again.", false},
	CodeRefused: {Refused, "내용 때문에 처리할 수 없습니다.", "This content cannot be accepted.",
		"you", "내용을 고쳐 다시 보내 주세요.", "Change the content and send it again.", false},
	CodeStale: {Conflict, "그사이 다른 곳에서 바뀌었습니다.", "It has been changed since you read it.",
		"you", "다시 읽고 바뀐 내용을 확인한 뒤 새 ETag로 보내 주세요.", "Read it again, look at what has changed, and send the new ETag.", false},
	CodeIfMatchRequired: {Invalid, "If-Match 헤더가 필요합니다.", "The If-Match header is required.",
		"you", "읽을 때 받은 ETag를 If-Match에 넣어 주세요.", "Send the ETag that you got when you read it.", false},
}
