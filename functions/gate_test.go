package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"castad/shared/store/storetest"
)

// An instance that does not know yet which sessions have ended would take their tokens.
func TestNobodyIsLetInBeforeWhatMustBeKnownIsKnown(t *testing.T) {
	t.Parallel()
	g, tries := &gate{}, 0
	first := func(context.Context) error {
		if tries++; g.opened.Load() {
			t.Error("it is open before that has been read")
		}
		if tries == 1 {
			return errors.New("not read")
		}
		return nil
	}
	if err := g.open(t.Context(), storetest.Open(t), slog.New(slog.DiscardHandler), first); err != nil || tries != 2 || g.ready() != nil {
		t.Errorf("%v after %d tries, ready: %v", err, tries, g.ready())
	}
}
