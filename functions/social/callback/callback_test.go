package callback

import (
	"context"
	"errors"
	"testing"

	"castad/functions/social"
	"castad/shared/fault"
	"castad/shared/provider"
)

// channels is a channel that answers as the test says.
type channels struct {
	exchange func() (provider.Grant, error)
	owner    func() (provider.Account, error)
	revoked  []string
}

func (c *channels) Exchange(context.Context, string, string, string, string) (provider.Grant, error) {
	return c.exchange()
}

func (c *channels) Owner(context.Context, string, string) (provider.Account, error) { return c.owner() }

func (c *channels) Revoke(_ context.Context, _ string, g provider.Grant) error {
	c.revoked = append(c.revoked, g.Access)
	return errors.New("no answer")
}

// accounts keeps what it is given.
type accounts struct{ kept []string }

func (*accounts) Spend(context.Context, string, string, string) (social.Consent, error) {
	return social.Consent{}, nil
}

func (a *accounts) Keep(_ context.Context, _ social.Consent, owner provider.Account, _ provider.Grant) (social.Account, error) {
	a.kept = append(a.kept, owner.ID)
	return social.Account{ExternalID: owner.ID}, nil
}

func granted() (provider.Grant, error) { return provider.Grant{Access: "granted"}, nil }

func refused(class provider.Class) error { return &provider.Error{Provider: "p", Class: class} }

func TestACodeThatWasUsedIsToldAsSuch(t *testing.T) {
	t.Parallel()
	a := &accounts{}
	c := &channels{exchange: func() (provider.Grant, error) { return provider.Grant{}, refused(provider.Reconnect) }}
	if _, err := finish(t.Context(), a, c, social.Consent{Channel: "p"}, arrival{Code: "used"}, "r"); fault.CodeOf(err) != fault.CodeConsentSpent || len(a.kept) != 0 {
		t.Errorf("%v, kept %v", err, a.kept)
	}
	c.exchange = func() (provider.Grant, error) { return provider.Grant{}, refused(provider.Later) }
	if _, err := finish(t.Context(), a, c, social.Consent{Channel: "p"}, arrival{Code: "c"}, "r"); fault.CodeOf(err) != fault.CodeVendorDown || len(a.kept) != 0 {
		t.Errorf("%v, kept %v", err, a.kept)
	}
}

func TestAGrantThatNobodyWillUseIsGivenBack(t *testing.T) {
	t.Parallel()
	a := &accounts{}
	c := &channels{exchange: granted, owner: func() (provider.Account, error) { return provider.Account{}, refused(provider.UserFault) }}
	if _, err := finish(t.Context(), a, c, social.Consent{Channel: "p"}, arrival{Code: "c"}, "r"); fault.CodeOf(err) != fault.CodeVendorRefused {
		t.Error(err)
	}
	if len(c.revoked) != 1 || c.revoked[0] != "granted" || len(a.kept) != 0 {
		t.Errorf("revoked %v, kept %v", c.revoked, a.kept)
	}
	// The owner has left out what says whose it is. Google ends everything that an account has allowed
	// when one grant is given back: also the connection that works, if it was one to connect again.
	c.owner = func() (provider.Account, error) { return provider.Account{}, refused(provider.Reconnect) }
	if _, err := finish(t.Context(), a, c, social.Consent{Channel: "p"}, arrival{Code: "c"}, "r"); fault.CodeOf(err) != fault.CodeConsentRefused || len(c.revoked) != 1 {
		t.Errorf("%v, revoked %v", err, c.revoked)
	}
	// Whose it is is not known: it may be connected already, and that must go on working.
	c.owner = func() (provider.Account, error) { return provider.Account{}, refused(provider.Later) }
	if _, err := finish(t.Context(), a, c, social.Consent{Channel: "p"}, arrival{Code: "c"}, "r"); fault.CodeOf(err) != fault.CodeVendorDown || len(c.revoked) != 1 {
		t.Errorf("%v, revoked %v", err, c.revoked)
	}
	c.owner = func() (provider.Account, error) { return provider.Account{ID: "UC1"}, nil }
	if got, err := finish(t.Context(), a, c, social.Consent{Channel: "p"}, arrival{Code: "c"}, "r"); err != nil || got.ExternalID != "UC1" || len(c.revoked) != 1 {
		t.Errorf("%+v, %v, revoked %v", got, err, c.revoked)
	}
}
