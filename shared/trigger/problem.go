package trigger

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"castad/shared/fault"
)

// problem is an RFC 9457 problem document.
type problem struct {
	Type      string    `json:"type"`
	Title     string    `json:"title"`
	Status    int       `json:"status"`
	Code      string    `json:"code"`
	Message   bilingual `json:"message"`
	Next      bilingual `json:"next"`
	Side      string    `json:"side"`
	Retryable bool      `json:"retryable"`
	Field     string    `json:"field,omitempty"`
	// Allowed is what that field may be.
	Allowed *fault.Words `json:"allowed,omitempty"`
	Detail  string       `json:"detail,omitempty"`
	// Link is where the caller can do what we cannot.
	Link      string `json:"link,omitempty"`
	RequestID string `json:"request_id"`
}

type bilingual struct {
	Ko string `json:"ko"`
	En string `json:"en"`
}

// statusOf is the status that err is answered with. Its kind counts, not its code's: an
// error may be of another kind than the catalogue's.
func statusOf(err error) int {
	if status := special(fault.Known(err)); status != 0 {
		return status
	}
	return fault.KindOf(err).Status()
}

// StatusOf is the status that a code is answered with, for documentation.
func StatusOf(code fault.Code) int {
	if status := special(code); status != 0 {
		return status
	}
	return code.Kind().Status()
}

// special are the codes for which HTTP has a number that says more than their kind's.
func special(code fault.Code) int {
	switch code {
	case fault.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.CodeContentType:
		return http.StatusUnsupportedMediaType
	case fault.CodeMethod:
		return http.StatusMethodNotAllowed
	case fault.CodeStale:
		return http.StatusPreconditionFailed
	case fault.CodeIfMatchRequired:
		return http.StatusPreconditionRequired
	}
	return 0
}

// retryAfter is the whole seconds to wait; 0 = the header is not sent. An
// overload without a time of its own says 2 s, so that clients do not come back at once.
func retryAfter(err error) int {
	after := fault.RetryAfterOf(err)
	if after <= 0 {
		switch fault.KindOf(err) {
		case fault.TooMany, fault.Unavailable:
			after = 2 * time.Second
		default:
			return 0
		}
	}
	return int(math.Ceil(after.Seconds()))
}

// newProblem says what err means for the caller. The cause is not in it.
func newProblem(err error, status int, requestID string) problem {
	code := fault.Known(err)
	entry, _ := code.Entry()
	return problem{
		Type:      "urn:castad:fault:" + string(code),
		Title:     entry.En,
		Status:    status,
		Code:      string(code),
		Message:   bilingual{entry.Ko, entry.En},
		Next:      bilingual{entry.NextKo, entry.NextEn},
		Side:      entry.Side,
		Retryable: entry.Retryable,
		Field:     fault.FieldOf(err),
		Allowed:   fault.AllowedOf(err),
		Link:      fault.LinkOf(err),
		RequestID: requestID,
	}
}

// Types of answers; the slices are shared and never written to.
var (
	typeJSON    = []string{"application/json"}
	typeProblem = []string{"application/problem+json"}
)

func surround(header http.Header, requestID string) { header["X-Request-Id"] = []string{requestID} }

func writeProblem(w http.ResponseWriter, err error, status int, requestID string) {
	header := w.Header()
	surround(header, requestID)
	header["Content-Type"] = typeProblem
	header["Cache-Control"] = noStore
	if s := retryAfter(err); s > 0 {
		header.Set("Retry-After", strconv.Itoa(s))
	}
	if status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer")
	}
	body, _ := json.Marshal(newProblem(err, status, requestID)) // strings, numbers and a bool: cannot fail
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (h *Host) notFound(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, fault.New(fault.CodeRouteNotFound), http.StatusNotFound, h.requestID(r))
}
