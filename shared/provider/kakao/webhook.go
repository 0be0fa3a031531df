package kakao

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"castad/shared/fault"
)

// Why a person's link with the app ended.
const (
	AccountDeleted      = "ACCOUNT_DELETE"
	AccountForceDeleted = "FORCED_ACCOUNT_DELETE"
	UnlinkedByAdmin     = "UNLINK_FROM_ADMIN"
	UnlinkedInApps      = "UNLINK_FROM_APPS"
	IncompleteSignUp    = "INCOMPLETE_SIGN_UP"
	// OtherReason is what Kakao has named since: the link has ended all the same.
	OtherReason = "OTHER"
)

var reasons = []string{AccountDeleted, AccountForceDeleted, UnlinkedByAdmin, UnlinkedInApps, IncompleteSignUp}

// Unlinked is Kakao's word that a person has ended the link with the app.
type Unlinked struct {
	// UserID is the same as User.ID. Whether we know that person is another matter:
	// Kakao wants 200 in any case, within 3 s, and stops sending when it keeps failing.
	UserID string
	// Reason is one of the constants.
	Reason string
}

// ParseUnlink reads an unlink webhook: the request's header, and its query (GET) or
// form (POST). Only Kakao knows the admin key, which the header must have; without a
// configured key and app id nothing is believed. Errors are of kind Unauthenticated
// or Invalid.
func (c *Client) ParseUnlink(header http.Header, form url.Values) (Unlinked, error) {
	sent := header.Values("Authorization")
	if len(sent) != 1 || c.cfg.AdminKey == "" || !same(sent[0], "KakaoAK "+c.cfg.AdminKey) {
		return Unlinked{}, fault.Newf(fault.CodeUnauthenticated, "read unlink webhook: the admin key is missing or wrong")
	}
	if app := form["app_id"]; len(app) != 1 || c.cfg.AppID == "" || app[0] != c.cfg.AppID {
		return Unlinked{}, fault.Newf(fault.CodeBadValue, "read unlink webhook: it is for another app").In("app_id")
	}
	user := form["user_id"]
	if len(user) != 1 || !validUserID(user[0]) {
		return Unlinked{}, fault.Newf(fault.CodeBadValue, "read unlink webhook: not a user id").In("user_id")
	}
	reason := strings.ToUpper(form.Get("referrer_type"))
	if !slices.Contains(reasons, reason) {
		reason = OtherReason
	}
	return Unlinked{UserID: user[0], Reason: reason}, nil
}

// same compares in a time that tells neither where nor in what length they differ.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
