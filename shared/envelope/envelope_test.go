package envelope

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"castad/shared/keyring"

	"pgregory.net/rapid"
)

const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

var now = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)

func ring(t testing.TB, names ...string) keyring.Ring {
	t.Helper()
	keys := make([]keyring.Key, len(names))
	for i, n := range names {
		keys[i] = keyring.Key{ID: n, Secret: bytes.Repeat([]byte(n[:1]), 32)}
	}
	r, err := keyring.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sealed(t testing.TB) []byte {
	t.Helper()
	raw, err := Seal(now, ring(t, "a"), "song-generate", "m1", trace, []byte(`{"run":1}`), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestWhatIsSealedIsOpened(t *testing.T) {
	t.Parallel()
	keys := ring(t, "a")
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "body")
		id := rapid.StringMatching(`[A-Za-z0-9._-]{1,128}`).Draw(t, "id")
		traceparent := rapid.SampledFrom([]string{"", trace}).Draw(t, "trace")
		raw, err := Seal(now, keys, "song-generate", id, traceparent, body, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(raw) {
			t.Fatalf("not JSON: %s", raw)
		}
		gotID, gotBody, gotTrace, err := Open(now.Add(59*time.Minute), keys, "song-generate", raw)
		if err != nil || gotID != id || !bytes.Equal(gotBody, body) || gotTrace != traceparent {
			t.Fatalf("opened %q %q %q %v", gotID, gotBody, gotTrace, err)
		}
	})
}

func TestAnyChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	raw, keys := sealed(t), ring(t, "a")
	for i := range raw {
		for _, flip := range []byte{1, 0x20, 0x80} {
			forged := bytes.Clone(raw)
			forged[i] ^= flip
			if _, body, _, err := Open(now, keys, "song-generate", forged); err == nil {
				t.Errorf("byte %d changed to %q and still opened as %q", i, forged[i], body)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	good := string(sealed(t))
	swap := func(old, new string) string {
		s := strings.Replace(good, old, new, 1)
		if s == good {
			t.Fatalf("%q is not in %s", old, good)
		}
		return s
	}
	for name, row := range map[string]struct {
		raw   string
		queue string
		keys  keyring.Ring
		at    time.Time
		want  error
	}{
		"a message at its expiry":             {good, "song-generate", ring(t, "a"), now.Add(time.Hour), ErrExpired},
		"a message of another queue":          {good, "song-collect", ring(t, "a"), now, ErrQueue},
		"a key that is no longer live":        {good, "song-generate", ring(t, "b"), now, ErrKey},
		"another key of the same name":        {swap(`"kid":"a"`, `"kid":"b"`), "song-generate", ring(t, "b", "a"), now, ErrSignature},
		"a later expiry than was signed":      {swap(`"exp":1`, `"exp":2`), "song-generate", ring(t, "a"), now, ErrSignature},
		"another id than was signed":          {swap(`"m1"`, `"m2"`), "song-generate", ring(t, "a"), now, ErrSignature},
		"another version":                     {swap(`"v":1`, `"v":2`), "song-generate", ring(t, "a"), now, ErrMalformed},
		"a field that was moved into the id":  {swap(`"m1"`, `"m1\n"`), "song-generate", ring(t, "a"), now, ErrMalformed},
		"a newline inside the body's base64":  {swap(`"body":"`, `"body":"\n`), "song-generate", ring(t, "a"), now, ErrSignature},
		"no signature":                        {swap(`"mac":"`, `"mac":"","x":"`), "song-generate", ring(t, "a"), now, ErrMalformed},
		"an empty signature":                  {good[:strings.Index(good, `"mac":"`)] + `"mac":""}`, "song-generate", ring(t, "a"), now, ErrMalformed},
		"a second body":                       {swap(`{`, `{"body":"e30=",`), "song-generate", ring(t, "a"), now, ErrMalformed},
		"an unknown field":                    {swap(`{`, `{"role":"admin",`), "song-generate", ring(t, "a"), now, ErrMalformed},
		"a body that is not an envelope":      {`{"run":"run_1","step":1}`, "song-generate", ring(t, "a"), now, ErrMalformed},
		"nothing":                             {``, "song-generate", ring(t, "a"), now, ErrMalformed},
		"more than a queue carries":           {`"` + strings.Repeat("x", MaxBytes) + `"`, "song-generate", ring(t, "a"), now, ErrMalformed},
		"any message when there are no keys":  {good, "song-generate", keyring.Ring{}, now, ErrKey},
		"trailing data after a good envelope": {good + "{}", "song-generate", ring(t, "a"), now, ErrMalformed},
	} {
		_, body, _, err := Open(row.at, row.keys, row.queue, []byte(row.raw))
		if !errors.Is(err, row.want) || body != nil {
			t.Errorf("%s: got body %q, error %v; want %v", name, body, err, row.want)
		}
	}
}

func TestKeysRotateWithoutLosingAMessage(t *testing.T) {
	t.Parallel()
	raw := sealed(t)
	for _, keys := range []keyring.Ring{ring(t, "a"), ring(t, "a", "b"), ring(t, "b", "a")} {
		if _, _, _, err := Open(now, keys, "song-generate", raw); err != nil {
			t.Errorf("with %v: %v", keys, err)
		}
	}
}

func TestSealRefusesWhatOpenCouldNotRead(t *testing.T) {
	t.Parallel()
	keys := ring(t, "a")
	for name, seal := range map[string]func() ([]byte, error){
		"no key":                   func() ([]byte, error) { return Seal(now, keyring.Ring{}, "q", "m", "", []byte("x"), time.Hour) },
		"no queue":                 func() ([]byte, error) { return Seal(now, keys, "", "m", "", []byte("x"), time.Hour) },
		"an id with a newline":     func() ([]byte, error) { return Seal(now, keys, "q", "m\n", "", []byte("x"), time.Hour) },
		"a traceparent with more":  func() ([]byte, error) { return Seal(now, keys, "q", "m", trace+"0", []byte("x"), time.Hour) },
		"no validity":              func() ([]byte, error) { return Seal(now, keys, "q", "m", "", []byte("x"), 0) },
		"validity without measure": func() ([]byte, error) { return Seal(now, keys, "q", "m", "", []byte("x"), MaxTTL+1) },
		"no body":                  func() ([]byte, error) { return Seal(now, keys, "q", "m", "", nil, time.Hour) },
		"a body that is too large": func() ([]byte, error) { return Seal(now, keys, "q", "m", "", make([]byte, MaxBytes), time.Hour) },
	} {
		if raw, err := seal(); err == nil {
			t.Errorf("%s: sealed %s", name, raw)
		}
	}
}

func TestTheTraceTravelsInTheContext(t *testing.T) {
	t.Parallel()
	if got := Trace(WithTrace(context.Background(), trace)); got != trace {
		t.Errorf("got %q", got)
	}
	if got := Trace(context.Background()); got != "" {
		t.Errorf("an empty context has %q", got)
	}
	for _, s := range []string{"", trace[:54], "01" + trace[2:], strings.ToUpper(trace), strings.Replace(trace, "00f067aa0ba902b7", "0000000000000000", 1)} {
		if ValidTraceparent(s) {
			t.Errorf("%q passes", s)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	raw, keys := sealed(b), ring(b, "a")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := Open(now, keys, "song-generate", raw); err != nil {
			b.Fatal(err)
		}
	}
}
