package place_test

import (
	"errors"
	"testing"
	"time"

	"castad/functions/place"

	"github.com/google/go-cmp/cmp"
)

// What was read of a page and is too old to be used is not kept because nobody orders: all
// goes but the name, by which the owner knows the place, and which no order uses.
func TestWhatWasReadOfAPageGoesWhenItIsTooOld(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	named, unnamed := k.linked(place.Details{Name: "돌담골목", Phone: "02-123-4567"}), k.linked(place.Details{})
	for _, p := range []place.Place{named, unnamed} {
		if err := k.places.Collect(t.Context(), k.order(p.ID), says(page, nil)); err != nil {
			t.Fatal(err)
		}
	}
	purge := func(want int64) {
		t.Helper()
		if n, err := k.places.PurgeFetched(t.Context()); n != want || err != nil {
			t.Errorf("%d places purged, want %d: %v", n, want, err)
		}
	}
	k.pass(place.KeepFetched)
	before := k.show(named.ID)
	purge(0) // an order that began in time may still be at it
	if diff := cmp.Diff(before.Facts, k.show(named.ID).Facts); diff != "" || len(before.Facts) != 5 {
		t.Errorf("in time (-before +after):\n%s", diff)
	}
	k.pass(25 * time.Hour)
	purge(2)
	purge(0)
	if got := k.show(named.ID); !cmp.Equal(named.Facts, got.Facts) || got.Source.Outcome != place.Waiting || got.Source.FetchedAt != nil || got.Version == before.Version {
		t.Errorf("a place with a name of its own: %+v %+v", got, got.Source)
	}
	got := k.show(unnamed.ID)
	if got.Name != "돌담골목 칼국수" || len(got.Facts) != 2 { // the link is the owner's
		t.Errorf("a place named by its page: %q %+v", got.Name, got.Facts)
	}
	renamed := page
	renamed.Details.Name = "새 칼국수"
	if err := k.places.Collect(t.Context(), k.order(unnamed.ID), says(renamed, nil)); err != nil {
		t.Fatal(err)
	}
	if got := k.show(unnamed.ID); got.Name != "새 칼국수" || got.Source.Outcome != place.Fetched {
		t.Errorf("read anew: %q %+v", got.Name, got.Source)
	}
	k.pass(place.KeepFetched + 25*time.Hour)
	purge(1)
	w := k.order(unnamed.ID)
	if err := k.places.Collect(t.Context(), w, says(place.Found{}, place.Stop{Outcome: place.Robots, Err: errors.New("no")})); err != nil {
		t.Fatal(err)
	}
	if s, _ := k.step(w); s.state != "failed" || k.show(unnamed.ID).Name != "" {
		t.Errorf("an order of it that cannot read the page: %s, %q", s.state, k.show(unnamed.ID).Name)
	}
}
