package youtube

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
)

// meaning is what one of YouTube's reasons means for us.
type meaning struct {
	class provider.Class
	// field of provider.Post that the owner can mend, for user faults.
	field string
}

// reasons is YouTube's table (docs/errors, videos/insert, thumbnails/set). What it does not
// have goes by the status.
var reasons = map[string]meaning{
	"quotaExceeded":           {class: provider.QuotaExhausted},
	"dailyLimitExceeded":      {class: provider.QuotaExhausted},
	"rateLimitExceeded":       {class: provider.RateLimited},
	"userRateLimitExceeded":   {class: provider.RateLimited},
	"uploadRateLimitExceeded": {class: provider.RateLimited},
	"processingFailure":       {class: provider.Later},

	"authError":               {class: provider.Reconnect},
	"insufficientPermissions": {class: provider.Reconnect}, // the owner has unticked a scope

	"uploadLimitExceeded":               {provider.UserFault, "account"},
	"youtubeSignupRequired":             {provider.UserFault, "account"},
	"authenticatedUserAccountClosed":    {provider.UserFault, "account"},
	"authenticatedUserAccountSuspended": {provider.UserFault, "account"},
	"authenticatedUserNotChannel":       {provider.UserFault, "account"},
	"channelClosed":                     {provider.UserFault, "account"},
	"channelSuspended":                  {provider.UserFault, "account"},

	"invalidTitle":            {provider.UserFault, "title"},
	"invalidDescription":      {provider.UserFault, "caption"},
	"invalidTags":             {provider.UserFault, "hashtags"},
	"invalidImage":            {provider.UserFault, "thumbnail"},
	"forbiddenPrivacySetting": {provider.UserFault, "privacy"},

	// The owner has no say in these.
	"invalidCategoryId":     {class: provider.OurFault},
	"invalidVideoMetadata":  {class: provider.OurFault},
	"invalidPublishAt":      {class: provider.OurFault},
	"defaultLanguageNotSet": {class: provider.OurFault},
	"mediaBodyRequired":     {class: provider.OurFault},
	"accessNotConfigured":   {class: provider.OurFault},
	"forbidden":             {class: provider.OurFault},
}

// fail classes an answer of the Data API by its reason, else by its status.
func (c *Client) fail(call provider.Call, a *provider.Answer, access string) *provider.Error {
	reason, text := errorOf(a.Body)
	reason, text = strings.ReplaceAll(reason, access, "***"), strings.ReplaceAll(text, access, "***")
	m, known := reasons[reason]
	switch {
	case known:
	case a.Status == http.StatusUnauthorized:
		m.class = provider.Reconnect
	default:
		m.class = provider.StatusClass(a.Status, call.Paid)
		if m.class == provider.UserFault { // a refusal without a reason blames nobody
			m.class = provider.OurFault
		}
	}
	if call.Paid && m.class == provider.Later {
		m.class = provider.Unknown
	}
	e := c.api.Fail(call, a, m.class, reason, text)
	if m.class == provider.QuotaExhausted && e.RetryAfter == 0 {
		e.RetryAfter = min(c.untilFull(), provider.MaxRetryAfter)
	}
	switch m.field {
	case "":
	case "account":
		e.Err = fault.Newf(fault.CodeAccountRefused, "youtube says %s", reason).In(m.field)
	default:
		e.Err = fault.Newf(fault.CodeVendorRefused, "youtube says %s", reason).In(m.field)
	}
	return e
}

// untilFull is how long it is to midnight in Los Angeles, when quotas are full again.
func (c *Client) untilFull() time.Duration {
	now := c.cfg.Now().In(c.pacific)
	y, m, d := now.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, c.pacific).Sub(now)
}

// errorOf reads an answer's first reason and its message; a gateway's page has none.
func errorOf(body []byte) (reason, text string) {
	var e struct {
		Error struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Errors  []struct {
				Reason string `json:"reason"`
			} `json:"errors"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return "", "-"
	}
	reason, text = e.Error.Status, e.Error.Message
	if len(e.Error.Errors) > 0 {
		reason = e.Error.Errors[0].Reason
	}
	if text == "" {
		text = "-"
	}
	return reason, text
}

// reasonOf returns YouTube's reason of a failed call, "" when it gave none.
func reasonOf(err error) string {
	var e *provider.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
