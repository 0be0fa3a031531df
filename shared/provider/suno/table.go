package suno

import "castad/shared/provider"

// CodeTable says what a vendor's body code means for an order. On a read, Unknown
// in the table is Later, because asking has no effect, and UserFault is OurFault,
// because a question holds nothing of the user's.
type CodeTable map[int]provider.Class

// SunoAPI is sunoapi.org's table (docs.sunoapi.org; 430, 455 and 500 are unverified there).
func SunoAPI() CodeTable {
	return CodeTable{
		400: provider.UserFault, // invalid parameters; the form is checked before sending, so it is the content
		401: provider.OurFault,
		402: provider.QuotaExhausted,
		404: provider.OurFault,
		405: provider.RateLimited, // sunoapi.org's own use of 405
		409: provider.Unknown,
		413: provider.UserFault, // style or prompt too long
		422: provider.UserFault,
		429: provider.QuotaExhausted, // insufficient credits, not a rate limit
		430: provider.RateLimited,
		451: provider.UserFault,
		455: provider.Later, // maintenance: refused, nothing started
		500: provider.Unknown,
	}
}

// Kie is kie.ai's table (docs.kie.ai).
func Kie() CodeTable {
	t := SunoAPI()
	t[405] = provider.OurFault
	t[429] = provider.RateLimited
	return t
}

// Where the vendors tell the balance (seen in public clients; unverified for sunoapi.org).
const (
	SunoAPICredits = "/api/v1/generate/credit" // #nosec G101 -- a path
	KieCredits     = "/api/v1/chat/credit"     // #nosec G101 -- a path
)

// class returns the class of a body code; codes that the table does not have go
// by what HTTP means by them.
func (t CodeTable) class(code int, paid bool) provider.Class {
	c, ok := t[code]
	if !ok {
		return provider.StatusClass(max(code, 300), paid)
	}
	switch {
	case !paid && c == provider.Unknown:
		return provider.Later
	case !paid && c == provider.UserFault:
		return provider.OurFault
	}
	return c
}

// limits are the vendor's for one model, in characters.
type limits struct{ lyrics, style, title int }

func limitsOf(model string) limits {
	l := limits{lyrics: 5000, style: 1000, title: 100}
	switch model {
	case "V4":
		l = limits{lyrics: 3000, style: 200, title: 80}
	case "V4_5ALL":
		l.title = 80
	}
	return l
}
