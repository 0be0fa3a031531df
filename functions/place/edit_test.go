package place_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"castad/functions/place"
	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func (b *bench) edit(p place.Place, c place.Change) place.Place {
	b.t.Helper()
	got, err := b.places.Edit(b.t.Context(), owner, p.ID, c, p.Tag())
	if err != nil {
		b.t.Fatal(err)
	}
	if again := b.show(p.ID); !cmp.Equal(got.Facts, again.Facts) || got.Tag() != again.Tag() || got.Tag() == p.Tag() {
		b.t.Errorf("answered %+v, shown %+v", got, again)
	}
	return got
}

func TestOfTwoEditsOfOneVersionOneIsMade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.create(place.Details{Name: "a"})
	var wg sync.WaitGroup
	var mu sync.Mutex
	made, stale := "", 0
	for n := range 6 {
		wg.Go(func() {
			name := fmt.Sprint("name ", n)
			got, err := b.places.Edit(t.Context(), owner, p.ID, place.Change{Name: &name}, p.Tag())
			mu.Lock()
			defer mu.Unlock()
			switch {
			case fault.CodeOf(err) == fault.CodeStale:
				stale++
			case err != nil || made != "" || got.Name != name:
				t.Errorf("%+v, %v, after %q", got, err, made)
			default:
				made = name
			}
		})
	}
	wg.Wait()
	if got := b.show(p.ID); stale != 5 || got.Name != made || got.Version != 2 || got.UpdatedAt == nil {
		t.Errorf("%d stale, %+v, made %q", stale, got, made)
	}
	if _, err := b.places.Edit(t.Context(), stranger, p.ID, place.Change{Name: new("x")}, `"2"`); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a stranger's edit: %v", err)
	}
}

func TestAFactKeepsItsIDAndNoneIsGivenTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.create(place.Details{Name: "a", Area: "b", Menu: []place.Item{{Name: "국수", Won: 9000}}, Colors: []string{"#112233", "#445566"}})
	if _, err := b.db.Exec(t.Context(), `UPDATE places SET last_fact = 0 WHERE id = ?`, p.ID); err != nil { // as places of before are
		t.Fatal(err)
	}
	p = b.edit(p, place.Change{Name: new("c"), Link: new("https://a.example/"), Colors: []string{"#445566"},
		Facts: []place.FactChange{{Fact: "f3", Won: new(9500)}, {Kind: "menu", Text: new("만두")}, {Kind: "praise", Text: new("깊다")}, {Fact: "f2", Remove: true}}})
	want := []claim.Fact{{ID: "f1", Kind: claim.Name, Text: "c", Source: "owner"}, {ID: "f3", Kind: claim.Menu, Text: "국수", Won: 9500, Source: "owner"},
		{ID: "f5", Kind: claim.Color, Text: "#445566", Source: "owner"}, {ID: "f6", Kind: claim.Menu, Text: "만두", Source: "owner"},
		{ID: "f7", Kind: claim.Praise, Text: "깊다", Source: "owner"}, {ID: "f8", Kind: claim.Link, Text: "https://a.example/", Source: "owner"}}
	if diff := cmp.Diff(want, p.Facts); diff != "" || p.Name != "c" {
		t.Errorf("%s (-want +got):\n%s", p.Name, diff)
	}
	p = b.edit(p, place.Change{Link: new("")})
	p = b.edit(p, place.Change{Facts: []place.FactChange{{Fact: "f7", Remove: true}}})
	p = b.edit(p, place.Change{Facts: []place.FactChange{{Kind: "area", Text: new("d")}}})
	if last := p.Facts[len(p.Facts)-1]; last.ID != "f9" || len(p.Facts) != 5 {
		t.Errorf("after removals: %+v", p.Facts)
	}
}

func TestAnEditIsHeldToWhatANewPlaceIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.create(place.Details{Name: "a", Area: "b", Menu: []place.Item{{Name: "국수"}}, Link: "https://a.example/"})
	fact := func(c place.FactChange) place.Change { return place.Change{Facts: []place.FactChange{c}} }
	var dishes []place.FactChange
	for range 20 {
		dishes = append(dishes, place.FactChange{Kind: "menu", Text: new("b")})
	}
	for name, c := range map[string]struct {
		c     place.Change
		field string
		code  fault.Code
	}{
		"no name":                 {place.Change{Name: new(" ")}, "name", fault.CodeMissingField},
		"its name removed":        {fact(place.FactChange{Fact: "f1", Remove: true}), "name", fault.CodeMissingField},
		"a name of two lines":     {place.Change{Name: new("a\nb")}, "name", fault.CodeBadValue},
		"a link that is a script": {place.Change{Link: new("javascript:alert(1)")}, "link", fault.CodeBadLink},
		"a colour by name":        {place.Change{Colors: []string{"red"}}, "colors[0]", fault.CodeBadColor},
		"a dish too many":         {place.Change{Facts: dishes}, "menu", fault.CodeBadValue},
		"no such fact":            {fact(place.FactChange{Fact: "f9", Text: new("x")}), "facts[0].fact", fault.CodeNotFound},
		"the link as a fact":      {fact(place.FactChange{Fact: "f4", Text: new("x")}), "facts[0].kind", fault.CodeBadValue},
		"another kind":            {fact(place.FactChange{Fact: "f3", Kind: "area", Text: new("x")}), "facts[0].kind", fault.CodeBadValue},
		"a second area":           {fact(place.FactChange{Kind: "area", Text: new("x")}), "facts[0].kind", fault.CodeBadValue},
		"no kind":                 {fact(place.FactChange{Text: new("x")}), "facts[0].kind", fault.CodeMissingField},
		"no text":                 {fact(place.FactChange{Kind: "menu"}), "facts[0].text", fault.CodeMissingField},
		"a text of two lines":     {fact(place.FactChange{Fact: "f2", Text: new("x\ny")}), "facts[0].text", fault.CodeBadValue},
		"an area without end":     {fact(place.FactChange{Fact: "f2", Text: new(fmt.Sprintf("%061d", 0))}), "facts[0].text", fault.CodeBadValue},
		"a price below nothing":   {fact(place.FactChange{Fact: "f3", Won: new(-1)}), "facts[0].won", fault.CodeBadValue},
		"an area's price":         {fact(place.FactChange{Fact: "f2", Won: new(1)}), "facts[0].won", fault.CodeBadValue},
		"a removal with a text":   {fact(place.FactChange{Fact: "f2", Remove: true, Text: new("x")}), "facts[0].remove", fault.CodeBadValue},
		"a stranger's photo":      {place.Change{Photos: []id.Photo{1}}, "photos[0]", fault.CodeNotFound},
	} {
		if _, err := b.places.Edit(t.Context(), owner, p.ID, c.c, p.Tag()); fault.CodeOf(err) != c.code || fault.FieldOf(err) != c.field {
			t.Errorf("%s: %v in %q, want %s in %q", name, err, fault.FieldOf(err), c.code, c.field)
		}
	}
	if got := b.show(p.ID); !cmp.Equal(p, got) {
		t.Errorf("refused edits changed it: %s", cmp.Diff(p, got))
	}
}

func TestWhatThePageToldCanBeRemovedAndOverridden(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	p := k.linked(place.Details{Name: "돌담골목"})
	if p.Source.ConsentedAt == nil {
		t.Error("nothing shows the consent")
	}
	if err := k.places.Collect(t.Context(), k.order(p.ID), says(page, nil)); err != nil {
		t.Fatal(err)
	}
	// f1 name, f2 link, f3 phone, f4 hours and f5 menu of the page's
	p = k.edit(k.show(p.ID), place.Change{Facts: []place.FactChange{{Fact: "f4", Remove: true}, {Fact: "f5", Won: new(9900)}, {Kind: "phone", Text: new("02-1")}}})
	want := []claim.Fact{p.Facts[0], p.Facts[1], {ID: "f5", Kind: claim.Menu, Text: "칼국수", Won: 9900, Source: "owner"}, {ID: "f6", Kind: claim.Phone, Text: "02-1", Source: "owner"}}
	again := k.order(p.ID)
	if err := k.places.Collect(t.Context(), again, says(page, nil)); err != nil {
		t.Fatal(err)
	}
	if _, out := k.step(again); !cmp.Equal(want, out.Facts) {
		t.Errorf("collected again (-want +got):\n%s", cmp.Diff(want, out.Facts))
	}
	// Another link: what is left of the old page goes with it, and nobody may read the new one.
	p = k.edit(k.show(p.ID), place.Change{Link: new("https://naver.me/other"), Origin: &place.Origin{Link: place.Link{Vendor: "naver", URL: "https://naver.me/other"}, Fetching: true}})
	if p.Source.Outcome != place.NoConsent || p.Source.ConsentedAt != nil || p.Source.Link != "https://naver.me/other" {
		t.Errorf("%+v", p.Source)
	}
}

func TestWhatWasReadOfALinkThatIsNoMoreIsNotKept(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	p := k.linked(place.Details{Name: "돌담골목"})
	w := k.order(p.ID)
	meanwhile := func(context.Context, place.Link) (place.Found, error) {
		k.edit(k.show(p.ID), place.Change{Link: new("https://naver.me/other"), Origin: &place.Origin{Link: place.Link{Vendor: "naver", URL: "https://naver.me/other"}, Consent: true, Fetching: true}})
		return page, nil
	}
	if err := k.places.Collect(t.Context(), w, meanwhile); err != nil {
		t.Fatal(err)
	}
	got := k.show(p.ID)
	if s, out := k.step(w); s.state != "succeeded" || len(out.Facts) != 2 || got.Source.Outcome != place.Waiting || len(got.Facts) != 2 {
		t.Errorf("%s: %+v, then %+v", s.state, out.Facts, got)
	}
}

func TestPhotosAreCollectedInTheirOrderAndWithoutTheRemovedOnes(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	p := k.create(place.Details{Name: "a"})
	one, two, three := k.add(p.ID, 1), k.add(p.ID, 2), k.add(p.ID, 3)
	collected := func() (ids []id.Photo) {
		t.Helper()
		w := k.order(p.ID)
		if err := k.places.Collect(t.Context(), w, nil); err != nil {
			t.Fatal(err)
		}
		_, out := k.step(w)
		for _, ph := range out.Photos {
			ids = append(ids, ph.ID)
		}
		return ids
	}
	k.edit(k.show(p.ID), place.Change{Photos: []id.Photo{three.ID, one.ID}})
	if diff := cmp.Diff([]id.Photo{three.ID, one.ID, two.ID}, collected()); diff != "" {
		t.Errorf("in order (-want +got):\n%s", diff)
	}
	four := k.add(p.ID, 4)
	before := k.show(p.ID)
	first, err := k.places.RemovePhoto(t.Context(), owner, p.ID, one.ID)
	if err != nil || first.Tag() == before.Tag() {
		t.Fatalf("%s, %v", first.Tag(), err)
	}
	if again, err := k.places.RemovePhoto(t.Context(), owner, p.ID, one.ID); err != nil || again.Tag() != first.Tag() {
		t.Errorf("removed again: %s, %v", again.Tag(), err)
	}
	if diff := cmp.Diff([]id.Photo{three.ID, two.ID, four.ID}, collected()); diff != "" {
		t.Errorf("without the first (-want +got):\n%s", diff)
	}
	if _, err := k.places.RemovePhoto(t.Context(), stranger, p.ID, two.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a stranger's removal: %v", err)
	}
	if _, err := k.places.RemovePhoto(t.Context(), owner, k.create(place.Details{Name: "b"}).ID, two.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another place's removal: %v", err)
	}
	// The picture again is the photo that it was, as the last one.
	if back, added, err := k.places.AddPhoto(t.Context(), owner, p.ID, k.photo(1)); err != nil || !added || back.ID != one.ID || back.Blob != one.Blob {
		t.Errorf("brought back: %+v, %v, %v", back, added, err)
	}
	if diff := cmp.Diff([]id.Photo{three.ID, two.ID, four.ID, one.ID}, collected()); diff != "" {
		t.Errorf("brought back (-want +got):\n%s", diff)
	}
}

// An ad that may show a removed photo keeps it; without one it goes after 30 days.
func TestARemovedPhotoIsKeptAsLongAsAnAdMayShowIt(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	shown, alone := k.create(place.Details{Name: "a"}), k.create(place.Details{Name: "b"})
	used, unused := k.add(shown.ID, 1), k.add(alone.ID, 2)
	k.order(shown.ID)
	for p, ph := range map[id.Place]id.Photo{shown.ID: used.ID, alone.ID: unused.ID} {
		if _, err := k.places.RemovePhoto(t.Context(), owner, p, ph); err != nil {
			t.Fatal(err)
		}
	}
	keeps := func(wantUsed, wantUnused bool) {
		t.Helper()
		if _, err := k.places.PurgePhotos(t.Context()); err != nil {
			t.Fatal(err)
		}
		for blob, want := range map[string]bool{used.Blob: wantUsed, unused.Blob: wantUnused} {
			if kept, err := k.places.Keeps(t.Context(), blob); err != nil || kept != want {
				t.Errorf("keeps %q: %v, %v", blob, kept, err)
			}
		}
	}
	k.pass(29 * 24 * time.Hour)
	keeps(true, true)
	k.pass(2 * 24 * time.Hour)
	keeps(true, false)
	// A post to come shows it, too, of whichever ad that is.
	storetest.Exec(t, k.db, `INSERT INTO pipeline_runs (id, tenant_id, ad_id, state, order_json, deadline_at, version, fail_code, created_at) VALUES (1, ?, 2, 'running', '{}', ?, 1, '', ?)`, owner, k.now(), k.now())
	storetest.Exec(t, k.db, `INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, url, created_at, thumbnail_photo)
		VALUES (1, ?, 2, 1, 1, 'youtube', 'channel_1', 1, 'ordered', '', ?, ?)`, owner, k.now(), used.ID)
	storetest.Exec(t, k.db, `DELETE FROM ads WHERE place_id = ?`, shown.ID) // what deleting it for good does last
	keeps(true, false)
	storetest.Exec(t, k.db, `UPDATE pipeline_runs SET ended_at = ? WHERE id = 1`, k.now())
	keeps(false, false)
}
