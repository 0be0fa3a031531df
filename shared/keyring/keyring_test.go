package keyring

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

var (
	newer = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("n", 32)))
	older = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("o", 40)))
)

func TestTheFirstKeySignsAndBothAreFound(t *testing.T) {
	t.Parallel()
	ring, err := Parse(" b2:" + newer + ", b1:" + older + "@2026-12-01T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	if k, ok := ring.Signing(); !ok || k.ID != "b2" || string(k.Secret) != strings.Repeat("n", 32) {
		t.Errorf("the signing key is %v %v", k, ok)
	}
	end := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	if k, ok := ring.Find("b1", end.Add(-time.Second)); !ok || string(k.Secret) != strings.Repeat("o", 40) {
		t.Errorf("the old key is not found before its end: %v %v", k, ok)
	}
	if _, ok := ring.Find("b1", end); ok {
		t.Error("the old key is still found at its end")
	}
	if _, ok := ring.Find("b3", end); ok {
		t.Error("an unknown key is found")
	}
}

func TestTheZeroRingSignsAndFindsNothing(t *testing.T) {
	t.Parallel()
	var ring Ring
	if _, ok := ring.Signing(); ok {
		t.Error("it signs")
	}
	if _, ok := ring.Find("", time.Now()); ok {
		t.Error("it finds a key")
	}
}

func TestPrintingShowsNoKey(t *testing.T) {
	t.Parallel()
	ring, err := Parse("b2:" + newer)
	if err != nil {
		t.Fatal(err)
	}
	k, _ := ring.Signing()
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{ring, k} {
			if s := fmt.Sprintf(form, v); strings.Contains(s, "nnnn") || strings.Contains(s, newer) || strings.Contains(s, "110") {
				t.Errorf("%s of %T shows the key: %s", form, v, s)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	short := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 31)))
	for name, row := range map[string]struct{ in, says string }{
		"nothing":                     {"", "at least one key"},
		"a key without a name":        {newer, "kid:base64"},
		"an empty name":               {":" + newer, "its id"},
		"a name with a space":         {"a b:" + newer, "its id"},
		"a key of 31 bytes":           {"b1:" + short, "32 are the least"},
		"something that is no base64": {"b1:%%%", "base64"},
		"base64 with loose bits":      {"b1:" + strings.TrimRight(newer, "=") + "B=", "base64"},
		"the same name twice":         {"b1:" + newer + ",b1:" + older, "twice"},
		"three keys":                  {"a:" + newer + ",b:" + newer + ",c:" + newer, "at most 2"},
		"an end that is no time":      {"a:" + newer + ",b:" + older + "@tomorrow", "RFC 3339"},
		"a signing key with an end":   {"a:" + newer + "@2026-12-01T00:00:00Z", "may therefore not have an end"},
		"a comma at the end":          {"a:" + newer + ",", "extra comma"},
	} {
		_, err := Parse(row.in)
		if err == nil {
			t.Errorf("%s was accepted", name)
			continue
		}
		if !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %q does not say %q", name, err, row.says)
		}
		if strings.Contains(err.Error(), newer) || strings.Contains(err.Error(), older) || strings.Contains(err.Error(), short) {
			t.Errorf("%s: the error shows a key: %v", name, err)
		}
	}
}
