package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestEveryCodeSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	for _, c := range Codes() {
		e, _ := c.Entry()
		for field, s := range map[string]string{"ko": e.Ko, "en": e.En, "next ko": e.NextKo, "next en": e.NextEn} {
			if strings.TrimSpace(s) == "" {
				t.Errorf("%s has no %s sentence", c, field)
			}
		}
		if e.Side != "you" && e.Side != "castad" && e.Side != "vendor" {
			t.Errorf("%s: side is %q", c, e.Side)
		}
		if !strings.ContainsFunc(e.Ko, func(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }) {
			t.Errorf("%s: the Korean sentence has no Hangul: %q", c, e.Ko)
		}
	}
}

func TestEveryKindHasAGeneralCodeOfThatKind(t *testing.T) {
	t.Parallel()
	for k := Internal; k <= Unknown; k++ {
		if k == Done {
			continue
		}
		if got := general(k).Kind(); got != k {
			t.Errorf("general(%s) is %s, a code of kind %s", k, general(k), got)
		}
	}
}

func TestKindAndCodeSurviveWrapping(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("start ad 7: %w", New(CodeNoPhotos).In("place").After(3*time.Second))
	if KindOf(err) != Refused || CodeOf(err) != CodeNoPhotos || FieldOf(err) != "place" || RetryAfterOf(err) != 3*time.Second {
		t.Errorf("got %s %s %q %v", KindOf(err), CodeOf(err), FieldOf(err), RetryAfterOf(err))
	}
	if k := KindOf(fmt.Errorf("x: %w", context.DeadlineExceeded)); k != Timeout {
		t.Errorf("a context deadline is %s", k)
	}
	if k := KindOf(errors.New("x")); k != Internal {
		t.Errorf("a plain error is %s", k)
	}
	if k := KindOf(nil); k != Done {
		t.Errorf("nil is %s", k)
	}
}
