package remove

import (
	"context"
	"testing"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/provider"
)

// account is one account whose token may have been rejected.
type account struct {
	err      error
	rejected int
}

func (a *account) Access(context.Context, id.Tenant, string, id.Account) (string, string, error) {
	return "UC-1", "access-1", a.err
}

func (a *account) Reject(context.Context, id.Tenant, id.Account, string) error {
	a.rejected++
	return nil
}

// channel answers the two questions.
type channel struct{ remove, look error }

func (c channel) Remove(context.Context, provider.Sought) error { return c.remove }
func (c channel) Look(context.Context, provider.Sought) (provider.Posted, error) {
	return provider.Posted{}, c.look
}

func TestWhatAChannelSaysToARemoval(t *testing.T) {
	t.Parallel()
	refused, cut := fault.New(fault.CodeVendorRefused), fault.New(fault.CodeReconnect)
	for name, c := range map[string]struct {
		account  error
		at       channel
		code     fault.Code
		rejected int
	}{
		"deleted":                                  {nil, channel{}, "", 0},
		"no app may, and it is there":              {nil, channel{remove: refused}, fault.CodeVendorRefused, 0},
		"no app may, and its owner has":            {nil, channel{refused, message.Absent{}}, "", 0},
		"no app may, and nobody can look":          {nil, channel{refused, fault.New(fault.CodeVendorDown)}, fault.CodeVendorRefused, 0},
		"the token is not taken":                   {nil, channel{remove: cut}, fault.CodeReconnect, 1},
		"the token is not taken to look with":      {nil, channel{refused, cut}, fault.CodeReconnect, 1},
		"the account was disconnected":             {fault.New(fault.CodeNotFound), channel{}, fault.CodeReconnect, 0},
		"the account must be connected again":      {cut, channel{}, fault.CodeReconnect, 0},
		"the channel is down, and nothing is said": {nil, channel{remove: fault.New(fault.CodeVendorDown)}, fault.CodeVendorDown, 0},
	} {
		a := &account{err: c.account}
		err := erase(t.Context(), sns.Target{Tenant: 7, Channel: "youtube", Account: 9, ExternalID: "v1"}, a, c.at)
		if (err == nil) != (c.code == "") || err != nil && fault.CodeOf(err) != c.code || a.rejected != c.rejected {
			t.Errorf("%s: %v, the token was rejected %d times", name, err, a.rejected)
		}
	}
}
