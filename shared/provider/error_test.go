package provider

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/message"
)

func TestEveryClassHasItsKindAndCode(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		class Class
		kind  fault.Kind
		code  fault.Code
	}{
		{Unknown, fault.Unknown, fault.CodeVendorUnknown},
		{Later, fault.Unavailable, fault.CodeVendorDown},
		{RateLimited, fault.TooMany, fault.CodeVendorBusy},
		{QuotaExhausted, fault.Unavailable, fault.CodeVendorQuota},
		{UserFault, fault.Refused, fault.CodeVendorRefused},
		{OurFault, fault.Misconfigured, fault.CodeVendorSettings},
		{Failed, fault.Refused, fault.CodeVendorFailed},
		{BadResult, fault.Refused, fault.CodeVendorResult},
		{Reconnect, fault.Refused, fault.CodeReconnect},
		{Class(99), fault.Unknown, fault.CodeVendorUnknown},
	} {
		err := fmt.Errorf("wrapped: %w", &Error{Provider: "p", Op: "o", Class: row.class, RetryAfter: time.Second})
		if k, c := fault.KindOf(err), fault.CodeOf(err); k != row.kind || c != row.code || fault.RetryAfterOf(err) != time.Second {
			t.Errorf("%v is %v %v", row.class, k, c)
		}
	}
	if (&Error{}).Class != Unknown {
		t.Error("an error that nobody classed is not unknown")
	}
}

func TestAnErrorTellsWhatHappened(t *testing.T) {
	t.Parallel()
	e := &Error{Provider: "suno", Op: "generate", Status: 200, Code: "455", Class: Later, Snippet: "maintenance", Err: io.ErrUnexpectedEOF}
	for _, part := range []string{"suno generate", "later", "200", "455", "maintenance", "unexpected EOF"} {
		if !strings.Contains(e.Error(), part) {
			t.Errorf("%q does not say %q", e, part)
		}
	}
	if !errors.Is(e, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
}

func TestARefusalNamesItsField(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("x: %w", Refused("suno", "generate", "title", "has %d characters", 101))
	if fault.FieldOf(err) != "title" || fault.KindOf(err) != fault.Refused || fault.CodeOf(err) != fault.CodeVendorRefused {
		t.Errorf("got %q %v %v", fault.FieldOf(err), fault.KindOf(err), fault.CodeOf(err))
	}
}

func TestNotYetAndAbsentAreTheEnginesOwn(t *testing.T) {
	t.Parallel()
	var n message.NotYet
	if !errors.As(NotYet(time.Minute), &n) || n.After != time.Minute {
		t.Errorf("NotYet is %#v", NotYet(time.Minute))
	}
	if !errors.As(Absent(), &message.Absent{}) {
		t.Errorf("Absent is %#v", Absent())
	}
}

func TestAPostIsRefusedBeforeAnyIO(t *testing.T) {
	t.Parallel()
	good := Post{Channel: "youtube", Account: "a", Title: "t", Marker: "m", Privacy: Unlisted, AI: Generated(), Video: strings.NewReader("x"), Bytes: 1,
		SHA256: strings.Repeat("ab", 32), Hashtags: []string{"전주"}}
	if err := good.Check(); err != nil {
		t.Fatalf("a complete post: %v", err)
	}
	for name, row := range map[string]struct {
		change func(*Post)
		field  string
	}{
		"a post that discloses nothing":        {func(p *Post) { p.AI = Disclosure{} }, "ai"},
		"a post without a channel":             {func(p *Post) { p.Channel = "" }, "account"},
		"a post without an account":            {func(p *Post) { p.Account = "" }, "account"},
		"a post that could not be found again": {func(p *Post) { p.Marker = "" }, "marker"},
		"a post of no privacy":                 {func(p *Post) { p.Privacy = "" }, "privacy"},
		"a post of an unheard-of privacy":      {func(p *Post) { p.Privacy = "friends" }, "privacy"},
		"a post without a film":                {func(p *Post) { p.Video = nil }, "video"},
		"a film of no bytes":                   {func(p *Post) { p.Bytes = 0 }, "video"},
		"a hash that is no hash":               {func(p *Post) { p.SHA256 = "abc" }, "sha256"},
		"a hashtag with its sign":              {func(p *Post) { p.Hashtags = []string{"a", "#b"} }, "hashtags[1]"},
	} {
		p := good
		row.change(&p)
		if err := p.Check(); fault.KindOf(err) != fault.Refused || fault.FieldOf(err) != row.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
