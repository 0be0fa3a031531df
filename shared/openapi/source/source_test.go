package source

import (
	"slices"
	"testing"

	"castad/shared/fault"
)

// The product itself is the example: what is said of these functions follows from their text.
func TestAFunctionsCodesAreThoseThatItCanReach(t *testing.T) {
	t.Parallel()
	s, err := Read("../../..", []string{"ad-request", "ad-show", "sns-confirm", "place-create", "place-search", "social-callback", "social-start"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		function string
		code     fault.Code
		reached  bool
		why      string
	}{
		{"ad-request", fault.CodeNoPhotos, true, "through an interface, in a module"},
		{"ad-request", fault.CodeKeyRequired, false, "the door's"},
		{"sns-confirm", fault.CodeBadValue, true, "in the function itself"},
		{"ad-show", fault.CodeNotFound, true, "in the module"},
		{"ad-show", fault.CodeNoPhotos, false, "another method of the same store"},
		{"place-create", fault.CodeBadLink, true, "in what a type's method calls"},
		{"place-create", fault.CodeTooManyPhotos, false, "another function's"},
		{"place-search", fault.CodeVendorBusy, true, "an error type that knows its code"},
		{"place-search", fault.CodeRouteNotFound, false, "the door's"},
	} {
		if got := slices.Contains(s.Functions[row.function].Codes, row.code); got != row.reached {
			t.Errorf("%s reaches %s: %v (%s); %v", row.function, row.code, got, row.why, s.Functions[row.function].Codes)
		}
	}
	if b := s.Functions["ad-request"]; b.Sometimes != 201 || b.Doc == "" {
		t.Errorf("ad-request: %+v", b)
	}
	if back, start := s.Functions["social-callback"], s.Functions["social-start"]; !back.Redirects || start.Redirects {
		t.Errorf("social-callback redirects: %v, social-start: %v", back.Redirects, start.Redirects)
	}
	if got := s.Fields["castad/functions/ad.Wish.Voice"]; got != `Voice is "f" or "m".` {
		t.Errorf("the comment of a field is %q", got)
	}
	if got := s.Enums["castad/shared/message.Kind"]; !slices.Contains(got, "lyric") {
		t.Errorf("the constants of a type are %v", got)
	}
}

func TestAFunctionWithoutAPackageIsToldSo(t *testing.T) {
	t.Parallel()
	if s, err := Read("../../..", []string{"ad-dance"}); err == nil {
		t.Errorf("read %+v", s.Functions)
	}
}
