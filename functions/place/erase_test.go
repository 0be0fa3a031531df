package place_test

import (
	"context"
	"errors"
	"testing"

	"castad/functions/place"
	"castad/shared/claim"
	"castad/shared/store"
)

// Somebody who is being erased may still add something, with a token that lives: what
// arrives in the middle is erased by the next round, and nothing is left that none finds.
func TestWhatIsAddedWhileAPlaceIsErasedIsErasedToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.create(place.Details{Name: "온유", Link: "https://example.com"})
	b.add(p.ID, 1)
	removed := map[string]int{}
	meanwhile := func() {
		late := b.create(place.Details{Name: "달빛"})
		b.add(p.ID, 2)
		story := "새로 적은 이야기"
		now, err := b.places.Show(t.Context(), owner, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.places.Edit(t.Context(), owner, p.ID, place.Change{Facts: []place.FactChange{{Kind: string(claim.Story), Text: &story}}}, now.Tag()); err != nil {
			t.Error(err)
		}
		b.add(late.ID, 3)
	}
	remove := func(_ context.Context, file string) error {
		if removed[file]++; len(removed) == 1 {
			meanwhile()
		}
		return nil
	}
	done := false
	for range 5 {
		var err error
		if done, err = b.places.Erase(t.Context(), owner, 100, remove); err != nil {
			t.Fatal(err)
		}
		if done {
			break
		}
	}
	if !done || len(removed) != 3 {
		t.Errorf("done %v, files removed %v", done, removed)
	}
	for _, table := range []string{"places", "place_facts", "place_photos", "place_sources"} {
		n, err := store.One(t.Context(), b.db, "SELECT COUNT(*) FROM "+table, func(n *int) []any { return []any{n} })
		if err != nil || n != 0 {
			t.Errorf("%d rows are left in %s, %v", n, table, err)
		}
	}
}

func TestAPhotoWhoseFileStaysKeepsItsRow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.create(place.Details{Name: "온유"})
	b.add(p.ID, 1)
	down := errors.New("storage is down")
	if done, err := b.places.Erase(t.Context(), owner, 100, func(context.Context, string) error { return down }); done || !errors.Is(err, down) {
		t.Errorf("done %v, %v", done, err)
	}
	if shown, err := b.places.Show(t.Context(), owner, p.ID); err != nil || len(shown.Photos) != 1 {
		t.Errorf("%+v, %v", shown, err)
	}
}
