package openai

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	sdk "github.com/sashabaranov/go-openai"

	"castad/shared/provider"
)

// quotaCodes are the codes and types of a 429 that no waiting cures (OpenAI's guide to error codes, and what compatible servers say).
var quotaCodes = []string{"insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded", "project_spend_limit_exceeded",
	"organization_usage_limit_exceeded", "billing_hard_limit_reached"}

// contentCodes are the codes of a 400 that the owner's words have caused.
var contentCodes = []string{"content_filter", "content_policy_violation", "context_length_exceeded", "moderation_blocked", "string_above_max_length"}

// classed turns an error of the SDK into ours. a is the head of the answer, nil
// when nothing was sent.
func (c *Client) classed(err error, a *provider.Answer) error {
	var ours *provider.Error
	if errors.As(err, &ours) { // from the transport
		return ours
	}
	call := provider.Call{Op: op}
	var api *sdk.APIError
	if errors.As(err, &api) {
		code := api.Type
		if api.Code != nil {
			code = fmt.Sprint(api.Code)
		}
		class := statusClass(api.HTTPStatusCode, code, api.Type)
		return c.p.Fail(call, a, class, code, api.Message)
	}
	var other *sdk.RequestError // the body was not OpenAI's error JSON
	if errors.As(err, &other) {
		a.Body = other.Body
		return c.p.Fail(call, a, statusClass(other.HTTPStatusCode, "", ""), "", "")
	}
	if a == nil { // the SDK did not send it: its rules for model names refuse our settings
		return c.ours("not_sent", err)
	}
	return c.p.Fail(call, a, provider.Later, "unintelligible", err.Error())
}

func statusClass(status int, codes ...string) provider.Class {
	has := func(list []string) bool {
		return slices.ContainsFunc(codes, func(c string) bool { return slices.Contains(list, c) })
	}
	switch {
	case status == http.StatusTooManyRequests && has(quotaCodes):
		return provider.QuotaExhausted
	case status == http.StatusBadRequest && has(contentCodes), status == http.StatusRequestEntityTooLarge:
		return provider.UserFault
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return provider.OurFault
	}
	return provider.StatusClass(status, false)
}
