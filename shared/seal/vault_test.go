package seal_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider/providertest"
	"castad/shared/seal"
	"castad/shared/seal/sealtest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// anybody is a managed identity that always has a token.
type anybody struct{}

func (anybody) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func vault(t *testing.T) (*sealtest.Vault, *seal.Vault) {
	t.Helper()
	v := sealtest.Start(t)
	w, err := seal.NewVault(seal.VaultConfig{KeyURL: v.KeyURL, Credential: anybody{}, StandIn: v.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return v, w
}

func TestTheVaultWrapsAndIsAskedSeldom(t *testing.T) {
	t.Parallel()
	v, w := vault(t)
	s, _ := sealer(t, w)
	var rows [][]byte
	for range 50 {
		rows = append(rows, sealed(t, s, label, secret))
	}
	for _, b := range rows {
		if got, err := s.Open(t.Context(), label, b); err != nil || !bytes.Equal(got, secret) {
			t.Fatalf("%q, %v", got, err)
		}
	}
	other, _ := sealer(t, w) // another process
	for _, b := range rows {
		if got, err := other.Open(t.Context(), label, b); err != nil || !bytes.Equal(got, secret) {
			t.Fatalf("%q, %v", got, err)
		}
	}
	asked := map[string]int{}
	for _, e := range v.Ledger() {
		asked[e.Op]++
	}
	if asked["wrapkey"] != 1 || asked["unwrapkey"] != 1 {
		t.Errorf("50 values, two processes: %v", asked)
	}
}

func TestWithoutTheVaultWhatIsRememberedWorksForTenMinutesAndNothingElse(t *testing.T) {
	t.Parallel()
	v, w := vault(t)
	s, c := sealer(t, w)
	cold, _ := sealer(t, w)
	b := sealed(t, s, label, secret)
	v.Stop()
	c.add(9 * time.Minute)
	if got, err := s.Open(t.Context(), label, b); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("open with a remembered key: %q, %v", got, err)
	}
	if _, err := s.Seal(t.Context(), label, secret); err != nil {
		t.Errorf("seal with a remembered key: %v", err)
	}
	other := label
	other.Tenant = 8
	if b, err := s.Seal(t.Context(), other, secret); fault.KindOf(err) != fault.Unavailable || b != nil || fault.RetryAfterOf(err) == 0 {
		t.Errorf("seal for another tenant: %q, %v", b, err)
	}
	if got, err := cold.Open(t.Context(), label, b); fault.KindOf(err) != fault.Unavailable || got != nil {
		t.Errorf("open in another process: %q, %v", got, err)
	}
	c.add(2 * time.Minute)
	if got, err := s.Open(t.Context(), label, b); fault.KindOf(err) != fault.Unavailable || got != nil {
		t.Errorf("open after eleven minutes: %q, %v", got, err)
	}
	if b, err := s.Seal(t.Context(), label, secret); fault.KindOf(err) != fault.Unavailable || b != nil {
		t.Errorf("seal after eleven minutes: %q, %v", b, err)
	}
}

func TestRowsOfTwoVaultVersionsLiveSideBySide(t *testing.T) {
	t.Parallel()
	v, w := vault(t)
	s, c := sealer(t, w)
	before := sealed(t, s, label, []byte("before"))
	number := v.Rotate()
	c.add(10 * time.Minute)
	after := sealed(t, s, label, []byte("after"))
	if seal.Version(before) == seal.Version(after) || seal.Version(after) != "vault/"+number {
		t.Fatalf("versions %s and %s", seal.Version(before), seal.Version(after))
	}
	for want, b := range map[string][]byte{"before": before, "after": after} {
		if got, err := s.Open(t.Context(), label, b); err != nil || string(got) != want {
			t.Errorf("%q, %v", got, err)
		}
	}
	fresh, changed, err := s.Reseal(t.Context(), label, before)
	if err != nil || !changed || seal.Version(fresh) != "vault/"+number {
		t.Fatalf("%v %v", changed, err)
	}
	v.Disable(strings.TrimPrefix(seal.Version(before), "vault/"))
	cold, _ := sealer(t, w)
	if got, err := cold.Open(t.Context(), label, fresh); err != nil || string(got) != "before" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := cold.Open(t.Context(), label, before); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("a disabled version: %v", err)
	}
}

func TestARowOfTheRingIsReadableAfterTheMoveToTheVault(t *testing.T) {
	t.Parallel()
	_, w := vault(t)
	ring, _ := sealer(t, sealtest.Ring("a"))
	b := sealed(t, ring, label, secret)
	moved, _ := sealer(t, w, sealtest.Ring("a"))
	fresh, changed, err := moved.Reseal(t.Context(), label, b)
	if err != nil || !changed {
		t.Fatalf("%v %v", changed, err)
	}
	alone, _ := sealer(t, w)
	if got, err := alone.Open(t.Context(), label, fresh); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTheVaultsAnswersAreClassed(t *testing.T) {
	t.Parallel()
	v, w := vault(t)
	s, _ := sealer(t, w)
	b := sealed(t, s, label, secret)
	for name, row := range map[string]struct {
		fault providertest.Fault
		kind  fault.Kind
	}{
		"throttled":        {providertest.Fault{Kind: providertest.Status, Status: 429, RetryAfter: "0"}, fault.Unavailable},
		"broken":           {providertest.Fault{Kind: providertest.Status, Status: 503}, fault.Unavailable},
		"not allowed":      {providertest.Fault{Kind: providertest.Status, Status: 403, Code: "Forbidden"}, fault.Misconfigured},
		"a deleted key":    {providertest.Fault{Kind: providertest.Status, Status: 404, Code: "KeyNotFound"}, fault.Misconfigured},
		"a foreign answer": {providertest.Fault{Kind: providertest.Page}, fault.Unavailable},
	} {
		row.fault.Times = 3
		v.Next(row.fault)
		cold, _ := sealer(t, w)
		got, err := cold.Open(t.Context(), label, b)
		if fault.KindOf(err) != row.kind || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		v.Clear()
	}
	other, _ := vaultOf(t, sealtest.Start(t))
	if _, err := other.Open(t.Context(), label, b); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("another vault: %v", err)
	}
}

func TestAVaultThatHangsIsNotWaitedForLongerThanTheCallerCan(t *testing.T) {
	t.Parallel()
	v, w := vault(t)
	s, _ := sealer(t, w)
	v.Next(providertest.Fault{Kind: providertest.Hang, Times: 10})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if b, err := s.Seal(ctx, label, secret); fault.KindOf(err) != fault.Unavailable || b != nil {
		t.Errorf("%q, %v", b, err)
	}
}

func vaultOf(t *testing.T, v *sealtest.Vault) (*seal.Sealer, *clock) {
	t.Helper()
	w, err := seal.NewVault(seal.VaultConfig{KeyURL: v.KeyURL, Credential: anybody{}, StandIn: v.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return sealer(t, w)
}

func TestOnlyTheNewestThousandKeysAreRemembered(t *testing.T) {
	t.Parallel()
	v, w := vault(t)
	s, _ := sealer(t, w)
	for n := range 1030 {
		l := label
		l.Tenant = id.Tenant(n + 1)
		sealed(t, s, l, nil)
	}
	before := v.Asked("wrapkey")
	first, last := label, label
	first.Tenant, last.Tenant = 1, 1030
	sealed(t, s, last, nil)
	if n := v.Asked("wrapkey"); n != before {
		t.Errorf("the newest key was asked for again")
	}
	sealed(t, s, first, nil)
	if n := v.Asked("wrapkey"); n != before+1 {
		t.Errorf("the oldest key is still remembered")
	}
}

func TestAVaultsKeyIsNamedByAnHTTPSAddressWithoutAVersion(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"", "castad-seal", "http://x.vault.azure.net/keys/a", "https://x.vault.azure.net/secrets/a", "https://x.vault.azure.net/keys/",
		"https://x.vault.azure.net/keys/a/0123456789abcdef0123456789abcdef", "https://u:p@x.vault.azure.net/keys/a", "https://x.vault.azure.net/keys/a?v=1"} {
		if _, err := seal.NewVault(seal.VaultConfig{KeyURL: u, Credential: anybody{}}); err == nil {
			t.Errorf("%q is taken", u)
		}
	}
	if _, err := seal.NewVault(seal.VaultConfig{KeyURL: "https://x.vault.azure.net/keys/castad-seal", Credential: anybody{}}); err != nil {
		t.Error(err)
	}
}
