// Package unlink is POST /api/v1/auth/kakao/unlink: Kakao says that somebody has
// ended the link with the app, or their Kakao account.
//
// Anonymous; Kakao's admin key in the header is the guard. Kakao wants 200 within
// three seconds, also for people whom nobody knows here, so one short transaction ends
// the sessions and calls nobody; the timer background-erase withdraws the channels'
// permissions and, thirty days later or at once when the account is gone, erases the
// user. Writes users and refresh_tokens. Without the key: 401.
package unlink

import (
	"context"
	_ "embed"
	"net/url"
	"time"

	"castad/shared/fault"
	"castad/shared/provider/kakao"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Users keeps users.
type Users interface {
	Unlink(ctx context.Context, issuer, subject string, gone bool) error
}

// Read reads Kakao's word with the Authorization header that came with it.
type Read func(authorization string, form url.Values) (kakao.Unlinked, error)

type notice struct {
	Authorization string `header:"Authorization"`
	// Body is a form: app_id, user_id, referrer_type.
	Body []byte `body:"raw"`
}

type answer struct {
	Received bool `json:"received"`
}

// answerTime is less than Kakao's three seconds.
const answerTime = 2500 * time.Millisecond

// New returns the function; read nil = sign-in is not set up.
func New(users Users, read Read) trigger.Function {
	return trigger.Public("auth-unlink", binding, trigger.Budget{Time: answerTime, Connections: 1},
		func(ctx context.Context, in notice) (answer, error) {
			if read == nil {
				return answer{}, fault.Newf(fault.CodeLoginOff, "unlink: there is no Kakao app")
			}
			form, err := url.ParseQuery(string(in.Body))
			if err != nil {
				return answer{}, fault.Newf(fault.CodeInvalid, "unlink: the body is not a form")
			}
			word, err := read(in.Authorization, form)
			if fault.KindOf(err) == fault.Unauthenticated {
				return answer{}, fault.Newf(fault.CodeUnauthenticated, "unlink: %w", err)
			}
			if err != nil {
				return answer{}, err
			}
			gone := word.Reason == kakao.AccountDeleted || word.Reason == kakao.AccountForceDeleted
			err = users.Unlink(ctx, kakao.Issuer, word.UserID, gone)
			return answer{Received: err == nil}, err
		})
}
