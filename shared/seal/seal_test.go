package seal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/keyring"
	"castad/shared/seal"
	"castad/shared/seal/sealtest"

	"pgregory.net/rapid"
)

var (
	monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	label  = seal.Label{Tenant: 7, Subject: "channel_a", Provider: "youtube", Purpose: "grant"}
	secret = []byte("1//refresh-token-of-somebody")
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func sealer(t testing.TB, wrappers ...seal.Wrapper) (*seal.Sealer, *clock) {
	t.Helper()
	c := &clock{at: monday}
	s, err := seal.New(c.now, wrappers...)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func sealed(t testing.TB, s *seal.Sealer, l seal.Label, value []byte) []byte {
	t.Helper()
	b, err := s.Seal(t.Context(), l, value)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsSealedOpensUnderItsLabelOnly(t *testing.T) {
	t.Parallel()
	s, _ := sealer(t, sealtest.Ring("a"))
	b := sealed(t, s, label, secret)
	if bytes.Contains(b, secret) || bytes.Contains(b, []byte("refresh")) {
		t.Fatal("the value is to be read in what was sealed")
	}
	if got, err := s.Open(t.Context(), label, b); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("%q, %v", got, err)
	}
	for name, l := range map[string]seal.Label{
		"another tenant":   {Tenant: 8, Subject: "channel_a", Provider: "youtube", Purpose: "grant"},
		"another account":  {Tenant: 7, Subject: "channel_b", Provider: "youtube", Purpose: "grant"},
		"another channel":  {Tenant: 7, Subject: "channel_a", Provider: "instagram", Purpose: "grant"},
		"another purpose":  {Tenant: 7, Subject: "channel_a", Provider: "youtube", Purpose: "verifier"},
		"borders moved":    {Tenant: 7, Subject: "channel_ay", Provider: "outube", Purpose: "grant"},
		"borders moved on": {Tenant: 7, Subject: "channel_a", Provider: "youtubeg", Purpose: "rant"},
	} {
		if got, err := s.Open(t.Context(), l, b); fault.KindOf(err) != fault.Internal || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestACiphertextInAnotherTenantsRowDoesNotOpen(t *testing.T) {
	t.Parallel()
	s, _ := sealer(t, sealtest.Ring("a"))
	other := label
	other.Tenant = 8
	mine, theirs := sealed(t, s, label, []byte("mine")), sealed(t, s, other, []byte("theirs"))
	for l, b := range map[seal.Label][]byte{label: theirs, other: mine} {
		if got, err := s.Open(t.Context(), l, b); err == nil {
			t.Errorf("tenant %d reads %q", int64(l.Tenant), got)
		}
	}
}

func TestEachFlippedByteIsNoticed(t *testing.T) {
	t.Parallel()
	s, _ := sealer(t, sealtest.Ring("a", "b"))
	b := sealed(t, s, label, secret)
	for i := range b {
		for _, bit := range []byte{1, 0x80} {
			changed := bytes.Clone(b)
			changed[i] ^= bit
			if got, err := s.Open(t.Context(), label, changed); err == nil {
				t.Fatalf("byte %d of %d, bit %#x: %q", i, len(b), bit, got)
			}
		}
	}
	for n := range b {
		if _, err := s.Open(t.Context(), label, b[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes open", n, len(b))
		}
	}
}

func TestAMillionNoncesAreDistinct(t *testing.T) {
	t.Parallel()
	s, _ := sealer(t, sealtest.Ring("a"))
	k, err := s.Key(t.Context(), label.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	const many = 1 << 20
	seen := make(map[[12]byte]struct{}, many)
	for range many {
		b, err := k.Seal(label, nil)
		if err != nil {
			t.Fatal(err)
		}
		// nonce, one step of padding and the tag are at the end
		seen[[12]byte(b[len(b)-12-128-16:])] = struct{}{}
	}
	if len(seen) != many {
		t.Errorf("%d nonces of %d", len(seen), many)
	}
}

func TestLengthsTellLittle(t *testing.T) {
	t.Parallel()
	s, _ := sealer(t, sealtest.Ring("a"))
	lengths := map[int]bool{}
	for _, n := range []int{0, 1, 20, 60, 124} {
		lengths[len(sealed(t, s, label, make([]byte, n)))] = true
	}
	if len(lengths) != 1 {
		t.Errorf("values of up to 124 bytes have %d lengths", len(lengths))
	}
	if a, b := len(sealed(t, s, label, make([]byte, 125))), len(sealed(t, s, label, make([]byte, 252))); a != b {
		t.Errorf("125 and 252 bytes: %d and %d", a, b)
	}
}

func TestEveryValueComesBackAndFitsItsColumn(t *testing.T) {
	t.Parallel()
	s, _ := sealer(t, sealtest.Ring("a"))
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, "value")
		l := seal.Label{Tenant: id.Tenant(rapid.Int64Range(1, 1<<62).Draw(t, "tenant")), Subject: rapid.StringN(1, 40, 80).Draw(t, "subject"), Provider: "p", Purpose: "q"}
		b, err := s.Seal(t.Context(), l, value)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Open(t.Context(), l, b)
		if err != nil || !bytes.Equal(got, value) {
			t.Fatalf("%x, %v", got, err)
		}
	})
	if n := len(sealed(t, s, label, make([]byte, seal.MaxBytes))); n > 8000 {
		t.Errorf("the longest value takes %d bytes", n)
	}
}

func TestWhatCannotBeSealedIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := sealer(t, sealtest.Ring("a"))
	k, err := s.Key(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() ([]byte, error){
		"another tenant's": func() ([]byte, error) {
			return k.Seal(seal.Label{Tenant: 8, Subject: "a", Provider: "b", Purpose: "c"}, nil)
		},
		"no subject": func() ([]byte, error) { return k.Seal(seal.Label{Tenant: 7, Provider: "b", Purpose: "c"}, nil) },
		"no tenant": func() ([]byte, error) {
			return s.Seal(t.Context(), seal.Label{Subject: "a", Provider: "b", Purpose: "c"}, nil)
		},
		"too long": func() ([]byte, error) { return k.Seal(label, make([]byte, seal.MaxBytes+1)) },
		"no key":   func() ([]byte, error) { return seal.Key{}.Seal(label, nil) },
	} {
		if b, err := try(); err == nil {
			t.Errorf("%s: sealed into %d bytes", name, len(b))
		}
	}
}

func TestTheOldKeyOpensUntilEverythingIsResealed(t *testing.T) {
	t.Parallel()
	old, _ := sealer(t, sealtest.Ring("old"))
	rows := map[seal.Label][]byte{}
	for i := range 6 {
		l := label
		l.Subject = fmt.Sprintf("channel_%d", i)
		rows[l] = sealed(t, old, l, fmt.Append(nil, "value ", i))
	}
	both, _ := sealer(t, sealtest.Ring("new", "old"))
	mixed := 0
	for l, b := range rows {
		if mixed++; mixed <= 3 {
			fresh, changed, err := both.Reseal(t.Context(), l, b)
			if err != nil || !changed || seal.Version(fresh) != "ring/new" {
				t.Fatalf("%v %v %q", err, changed, seal.Version(fresh))
			}
			rows[l] = fresh
		}
	}
	for l, b := range rows { // mixed rows are all readable
		if _, err := both.Open(t.Context(), l, b); err != nil {
			t.Errorf("%s under %s: %v", l.Subject, seal.Version(b), err)
		}
		fresh, _, err := both.Reseal(t.Context(), l, b)
		if err != nil {
			t.Fatal(err)
		}
		rows[l] = fresh
	}
	alone, _ := sealer(t, sealtest.Ring("new"))
	for l, b := range rows {
		if _, changed, err := both.Reseal(t.Context(), l, b); err != nil || changed {
			t.Errorf("%s is resealed again: %v", l.Subject, err)
		}
		if _, err := alone.Open(t.Context(), l, b); err != nil {
			t.Errorf("%s without the old key: %v", l.Subject, err)
		}
	}
	if _, err := alone.Open(t.Context(), label, sealed(t, old, label, secret)); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("a value under a key that was taken away: %v", err)
	}
}

func TestAKeyThatEndsIsRefused(t *testing.T) {
	t.Parallel()
	ring, err := keyring.Parse("a:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=,b:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=@2026-12-01T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.NewRing(ring); err == nil || !strings.Contains(err.Error(), "has an end") {
		t.Errorf("%v", err)
	}
}

func TestErrorsShowNoValue(t *testing.T) {
	t.Parallel()
	s, _ := sealer(t, sealtest.Ring("a"))
	b := sealed(t, s, label, secret)
	b[len(b)-1] ^= 1
	_, err := s.Open(t.Context(), label, b)
	_, err2 := s.Open(t.Context(), label, secret)
	if text := errors.Join(err, err2).Error(); strings.Contains(text, string(secret)) || strings.Contains(text, "refresh") {
		t.Errorf("the error shows it: %s", text)
	}
}

// FuzzOpen: whatever is in the column, Open neither panics nor returns anything
// but what was sealed.
func FuzzOpen(f *testing.F) {
	s, _ := sealer(f, sealtest.Ring("a"))
	good, err := s.Seal(f.Context(), label, secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{1, 0})
	f.Add([]byte{1, 6, 'r', 'i', 'n', 'g', '/', 'a', 0, 0})
	f.Add(append([]byte{1, 255}, good...))
	long := bytes.Clone(good)
	binary.BigEndian.PutUint16(long[8:], 0xffff)
	f.Add(long)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := s.Open(t.Context(), label, b)
		// go test -fuzz seals the seeds in another process, under the same key but with
		// another nonce: what was sealed is known, how it looks is not.
		if err == nil && !bytes.Equal(got, secret) {
			t.Fatalf("a forged value opens: %x gives %q", b, got)
		}
		if err != nil && got != nil {
			t.Fatalf("an error with a value: %q", got)
		}
		_ = seal.Version(b)
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	s, _ := sealer(b, sealtest.Ring("a"))
	value := make([]byte, 400)
	_, _ = rand.Read(value)
	for b.Loop() {
		x, err := s.Seal(b.Context(), label, value)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Open(b.Context(), label, x); err != nil {
			b.Fatal(err)
		}
	}
}
