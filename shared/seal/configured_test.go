package seal_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"castad/shared/seal"
)

const (
	keyA = "a:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
	keyB = "b:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI="
)

func TestTheSettingsMakeASealer(t *testing.T) {
	t.Parallel()
	before, err := seal.Configured(time.Now, keyA, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	b := sealed(t, before, label, secret)
	rolled, err := seal.Configured(time.Now, keyB+","+keyA, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := rolled.Open(t.Context(), label, b); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%q, %v", got, err)
	}
	if v := seal.Version(sealed(t, rolled, label, secret)); v != "ring/b" {
		t.Errorf("sealed under %s", v)
	}
	// With a vault the ring still opens, though the vault cannot be reached.
	moved, err := seal.Configured(time.Now, keyA, "https://castad.vault.azure.net/keys/castad-seal", anybody{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := moved.Open(t.Context(), label, b); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWrongSettingsAreNamedAndNotShown(t *testing.T) {
	t.Parallel()
	for says, s := range map[string][2]string{
		"CASTAD_SEAL_KEYS: ":          {"a:hunter2-canary", ""},
		"CASTAD_SEAL_VAULT_KEY_URL: ": {"", "https://hunter2-canary.example/keys/a/b"},
		"a key-encryption key":        {"", ""},
	} {
		_, err := seal.Configured(time.Now, s[0], s[1], anybody{})
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", says, err)
		}
	}
}
