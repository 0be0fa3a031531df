package kakao

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"castad/shared/fault"
	"castad/shared/provider"
)

// kauthCodes are kauth's error codes (kakaologin/trouble-shooting). What it does
// not have, and answers without a code, go by OAuth's own error: an invalid_grant is
// a code or a token that has ended. All else goes by the status.
var kauthCodes = map[string]provider.Class{
	"KOE003": provider.Later, // an outage of theirs
	"KOE237": provider.RateLimited,
	"KOE006": provider.OurFault,  // redirect URI not registered
	"KOE010": provider.OurFault,  // client secret wrong or missing
	"KOE101": provider.OurFault,  // app key wrong
	"KOE205": provider.OurFault,  // a scope that the console has not enabled
	"KOE303": provider.OurFault,  // redirect URI is not the one of the authorization
	"KOE320": provider.UserFault, // code used or ended
	"KOE322": provider.Reconnect, // refresh token used or ended
}

// oauthErrors are OAuth's and OpenID's words in redirects.
var oauthErrors = map[string]provider.Class{
	"access_denied":           provider.UserFault, // the person called it off
	"login_required":          provider.UserFault,
	"consent_required":        provider.UserFault,
	"interaction_required":    provider.UserFault,
	"server_error":            provider.Later,
	"temporarily_unavailable": provider.Later,
}

// kapiCodes are kapi's (rest-api/error-code). Most of them come with status 400,
// outages and quotas too.
var kapiCodes = map[int]provider.Class{
	-1:    provider.Later,          // internal error of theirs
	-4:    provider.UserFault,      // the account is blocked
	-7:    provider.Later,          // maintenance
	-10:   provider.QuotaExhausted, // calls allowed are used up
	-11:   provider.QuotaExhausted, // paid limit reached
	-101:  provider.Reconnect,      // the account is not linked with the app
	-103:  provider.UserFault,      // dormant account, or none
	-401:  provider.Reconnect,      // token ended; with the admin key: the key is wrong
	-402:  provider.Reconnect,      // a consent is missing
	-406:  provider.UserFault,      // under 14
	-603:  provider.Later,          // timeout inside
	-9798: provider.Later,          // maintenance
}

// MissingConsent is in the chain of an error for a call that needs scopes to which
// the person has not agreed.
type MissingConsent struct{ Scopes []string }

func (m *MissingConsent) Error() string {
	return "the person has not agreed to " + provider.Redact(strings.Join(m.Scopes, ", "))
}

type kauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Code        string `json:"error_code"`
}

// refused is the error of an answer of kauth. UserFault is the person's to mend, by
// signing in again.
func (c *Client) refused(call provider.Call, a *provider.Answer, k kauthError, secrets ...string) error {
	class, ok := kauthCodes[k.Code]
	switch {
	case ok:
	case a != nil && k.Error == "invalid_grant" && call.Op == opRefresh:
		class = provider.Reconnect
	case a != nil && k.Error == "invalid_grant":
		class = provider.UserFault
	case a != nil:
		class = statusClass(a.Status, call.Paid)
	default:
		if class, ok = oauthErrors[k.Error]; !ok {
			class = provider.OurFault
		}
	}
	code := k.Code
	if code == "" {
		code = k.Error
	}
	e := c.auth.Fail(call, a, class, c.masked(code, secrets), orDash(c.masked(k.Description, secrets)))
	if class == provider.UserFault {
		return fault.Wrap(e, fault.CodeUnauthenticated)
	}
	return e
}

// statusClass is the class of a refusal without a code that we know. A 4xx is then
// ours: what a person can do wrong has codes.
func statusClass(status int, paid bool) provider.Class {
	if c := provider.StatusClass(status, paid); c != provider.UserFault {
		return c
	}
	return provider.OurFault
}

// openAuth decodes an answer of kauth into out.
func (c *Client) openAuth(call provider.Call, a *provider.Answer, out any, secrets ...string) error {
	if a.Status < 300 {
		if err := json.Unmarshal(a.Body, out); err != nil {
			return c.auth.Unintelligible(call, a, err)
		}
		return nil
	}
	var k kauthError
	if json.Unmarshal(a.Body, &k) != nil || k.Error == "" && k.Code == "" { // a gateway's page
		return c.auth.Fail(call, a, statusClass(a.Status, call.Paid), "", "-")
	}
	return c.refused(call, a, k, secrets...)
}

// open decodes an answer of kapi into out.
func (c *Client) open(call provider.Call, a *provider.Answer, credential string, out any) error {
	var k struct {
		Code           int      `json:"code"`
		Msg            string   `json:"msg"`
		RequiredScopes []string `json:"required_scopes"`
	}
	bad := json.Unmarshal(a.Body, &k)
	if a.Status < 300 && k.Code == 0 {
		if err := json.Unmarshal(a.Body, out); err != nil {
			return c.api.Unintelligible(call, a, err)
		}
		return nil
	}
	if bad != nil || k.Code == 0 {
		return c.api.Fail(call, a, statusClass(a.Status, call.Paid), "", "-")
	}
	class, ok := kapiCodes[k.Code]
	switch {
	case !ok:
		class = statusClass(a.Status, call.Paid)
	case k.Code == -401 && !strings.HasPrefix(credential, "Bearer "):
		class = provider.OurFault
	}
	_, secret, _ := strings.Cut(credential, " ")
	e := c.api.Fail(call, a, class, strconv.Itoa(k.Code), orDash(c.masked(k.Msg, []string{secret})))
	if k.Code == -402 {
		e.Err = &MissingConsent{Scopes: k.RequiredScopes}
	}
	if class == provider.UserFault {
		return fault.Wrap(e, fault.CodeDenied)
	}
	return e
}

// hasCode says whether err is the vendor's refusal with that code.
func hasCode(err error, code int) bool {
	var e *provider.Error
	return errors.As(err, &e) && e.Code == strconv.Itoa(code)
}

// masked is text without the app's secrets and those of the call.
func (c *Client) masked(text string, secrets []string) string {
	return provider.Redact(text, append([]string{c.cfg.RESTKey, c.cfg.AdminKey, c.cfg.ClientSecret}, secrets...)...)
}

// orDash keeps Fail from quoting a whole answer when the vendor gave no message.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func signIn(format string, args ...any) error {
	return fault.Newf(fault.CodeUnauthenticated, "verify id token: %w", fmt.Errorf(format, args...))
}
