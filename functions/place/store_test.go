package place_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"castad/functions/place"
	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	owner    id.Tenant = 7
	stranger id.Tenant = 8
)

// bench is the places' store on a real database. Its clock moves a millisecond
// whenever it is read, so that ids are in the order of their making.
type bench struct {
	t      *testing.T
	db     *store.Primary
	places *place.Store

	mu    sync.Mutex
	clock time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, db: storetest.Open(t).Primary(), clock: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	b.places = place.New(b.db, nil, b.now)
	return b
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(time.Millisecond)
	return b.clock
}

func (b *bench) create(d place.Details) place.Place {
	b.t.Helper()
	p, created, err := b.places.Create(b.t.Context(), owner, d, "")
	if err != nil || !created {
		b.t.Fatalf("created %v, %v", created, err)
	}
	return p
}

// photo is a new upload of the nth picture.
func (b *bench) photo(n int) place.Photo {
	ph := place.Photo{ID: id.New[id.Photo](b.now()), Type: "image/jpeg", Width: 4, Height: 3, Bytes: int64(n) + 1, SHA256: sha256.Sum256(fmt.Append(nil, n))}
	ph.Blob = fmt.Sprintf("photos/%v/%v", owner, ph.ID)
	return ph
}

func colored(ph place.Photo, colors ...string) place.Photo { ph.Colors = colors; return ph }

func (b *bench) add(p id.Place, n int) place.Photo {
	b.t.Helper()
	ph, _, err := b.places.AddPhoto(b.t.Context(), owner, p, b.photo(n))
	if err != nil {
		b.t.Fatal(err)
	}
	return ph
}

func (b *bench) show(p id.Place) place.Place {
	b.t.Helper()
	got, err := b.places.Show(b.t.Context(), owner, p)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func (b *bench) count(query string) int {
	b.t.Helper()
	return storetest.Value[int](b.t, b.db, query)
}

func TestAPlaceIsShownAsItWasCreated(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := place.Details{Name: " 돌담골목 칼국수 ", Category: "칼국수집", Phone: "02-123-4567", Hours: " ", Menu: []place.Item{{Name: "칼국수 🍜", Won: 9000}, {Name: "만두"}},
		Praise: []string{"국물이 깊다"}, Offer: "점심 할인"}
	made := b.create(d)
	if diff := cmp.Diff(made, b.show(made.ID)); diff != "" {
		t.Errorf("created, shown (-created +shown):\n%s", diff)
	}
	want := []claim.Fact{{ID: "f1", Kind: claim.Name, Text: "돌담골목 칼국수", Source: "owner"}, {ID: "f2", Kind: claim.Category, Text: "칼국수집", Source: "owner"},
		{ID: "f3", Kind: claim.Phone, Text: "02-123-4567", Source: "owner"}, {ID: "f4", Kind: claim.Menu, Text: "칼국수 🍜", Won: 9000, Source: "owner"},
		{ID: "f5", Kind: claim.Menu, Text: "만두", Source: "owner"}, {ID: "f6", Kind: claim.Praise, Text: "국물이 깊다", Source: "owner"},
		{ID: "f7", Kind: claim.Offer, Text: "점심 할인", Source: "owner"}}
	if diff := cmp.Diff(want, made.Facts); diff != "" || made.Name != "돌담골목 칼국수" {
		t.Errorf("%q, facts (-want +got):\n%s", made.Name, diff)
	}
	if _, err := b.places.Show(t.Context(), stranger, made.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("shown to a stranger: %v", err)
	}
}

func TestEqualCreationsAtOnceAreOnePlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := place.Details{Name: "돌담골목", Menu: []place.Item{{Name: "칼국수", Won: 9000}}}
	var wg sync.WaitGroup
	var mu sync.Mutex
	ids, made := map[id.Place]bool{}, 0
	for range 12 {
		wg.Go(func() {
			p, created, err := b.places.Create(t.Context(), owner, d, "k")
			mu.Lock()
			defer mu.Unlock()
			if err != nil || len(p.Facts) != 2 {
				t.Errorf("%+v, %v", p, err)
			}
			if ids[p.ID] = true; created {
				made++
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || made != 1 || b.count(`SELECT COUNT(*) FROM places`) != 1 || b.count(`SELECT COUNT(*) FROM place_facts`) != 2 {
		t.Errorf("places %v, %d made", ids, made)
	}
	other := d
	other.Area = "을지로"
	if _, _, err := b.places.Create(t.Context(), owner, other, "k"); fault.CodeOf(err) != fault.CodeKeyReused {
		t.Errorf("the key with other details: %v", err)
	}
	if _, created, err := b.places.Create(t.Context(), stranger, d, "k"); err != nil || !created {
		t.Errorf("a stranger's own key: created %v, %v", created, err)
	}
	for range 2 { // without a key each is a place of its own
		b.create(d)
	}
}

func TestTheSamePictureIsThePhotoThatWasKeptFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, other := b.create(place.Details{Name: "a"}), b.create(place.Details{Name: "b"})
	first := b.add(p.ID, 1)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, added, err := b.places.AddPhoto(t.Context(), owner, p.ID, b.photo(1))
			if err != nil || added || !cmp.Equal(first, got) {
				t.Errorf("added %v, %v: %s", added, err, cmp.Diff(first, got))
			}
		})
	}
	wg.Wait()
	if got := b.show(p.ID).Photos; !cmp.Equal([]place.Photo{first}, got) {
		t.Errorf("photos %+v", got)
	}
	if elsewhere := b.add(other.ID, 1); elsewhere.ID == first.ID {
		t.Error("the picture of another place is not this place's")
	}
	for name, want := range map[string]bool{first.Blob: true, "photos/x/never": false} {
		if kept, err := b.places.Keeps(t.Context(), name); err != nil || kept != want {
			t.Errorf("keeps %s: %v, %v", name, kept, err)
		}
	}
}

func TestThirtyPhotosAndNotOneMoreEvenWhenTwoArriveAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.create(place.Details{Name: "a"})
	for n := range place.MaxPhotos - 1 {
		b.add(p.ID, n)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	last, refused := place.Photo{}, 0
	for n := range 6 {
		wg.Go(func() {
			ph, added, err := b.places.AddPhoto(t.Context(), owner, p.ID, b.photo(100+n))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case fault.CodeOf(err) == fault.CodeTooManyPhotos:
				refused++
			case err != nil || !added || last.ID != 0:
				t.Errorf("added %v, %v, after %v", added, err, last.ID)
			default:
				last = ph
			}
		})
	}
	wg.Wait()
	if n := len(b.show(p.ID).Photos); refused != 5 || n != place.MaxPhotos {
		t.Errorf("%d refused, %d kept", refused, n)
	}
	// An upload whose answer was lost is repeated: it is there, not one too many.
	if again, added, err := b.places.AddPhoto(t.Context(), owner, p.ID, last); err != nil || added || again.ID != last.ID {
		t.Errorf("the last photo again: added %v, %v", added, err)
	}
	if got, kept, err := b.places.Kept(t.Context(), owner, p.ID, last.SHA256); err != nil || !kept || got.ID != last.ID {
		t.Errorf("kept %v, %v", kept, err)
	}
	if _, _, err := b.places.Kept(t.Context(), owner, p.ID, b.photo(500).SHA256); fault.CodeOf(err) != fault.CodeTooManyPhotos {
		t.Errorf("room for another: %v", err)
	}
}

func TestAStrangersPlaceTakesNoPhoto(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.create(place.Details{Name: "a"})
	if err := b.places.Has(t.Context(), owner, p.ID); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"has":                     b.places.Has(t.Context(), stranger, p.ID),
		"a place that is no more": b.places.Has(t.Context(), owner, 1),
		"add": func() error {
			_, _, err := b.places.AddPhoto(t.Context(), stranger, p.ID, b.photo(1))
			return err
		}(),
	} {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := b.count(`SELECT COUNT(*) FROM place_photos`); n != 0 {
		t.Errorf("%d photos", n)
	}
}

func TestWhatIsCollectedIsThePlaceAsItIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.create(place.Details{Name: "a", Area: "b"})
	ph, _, err := b.places.AddPhoto(t.Context(), owner, p.ID, colored(b.photo(1), "#c81e28", "#1e3ca0"))
	if err != nil {
		t.Fatal(err)
	}
	plain := b.add(p.ID, 2)
	want := message.PlaceFacts{Place: p.ID, Name: "a", Facts: p.Facts, Photos: []message.Photo{{ID: ph.ID, Blob: ph.Blob, Type: "image/jpeg", Width: 4, Height: 3, Colors: []string{"#c81e28", "#1e3ca0"}},
		{ID: plain.ID, Blob: plain.Blob, Type: "image/jpeg", Width: 4, Height: 3}}}
	if diff := cmp.Diff(want, b.show(p.ID).Collected()); diff != "" {
		t.Errorf("collected (-want +got):\n%s", diff)
	}
}

func TestTheNamesOfFilesAreReadInPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.create(place.Details{Name: "온유"})
	var want []string
	for n := range 5 {
		want = append(want, b.add(p.ID, n).Blob)
	}
	slices.Sort(want)
	for _, page := range []struct{ from, to, limit int }{{0, 4, 10}, {1, 3, 10}, {0, 4, 2}, {3, 4, 1}} {
		got, err := b.places.Named(t.Context(), want[page.from], want[page.to], page.limit)
		if diff := cmp.Diff(want[page.from:min(page.to+1, page.from+page.limit)], got); err != nil || diff != "" {
			t.Errorf("%+v: %v (-want +got):\n%s", page, err, diff)
		}
	}
	if _, err := b.places.RemovePhoto(t.Context(), owner, p.ID, b.show(p.ID).Photos[0].ID); err != nil {
		t.Fatal(err)
	}
	if got, err := b.places.Named(t.Context(), want[0], want[4], 10); err != nil || len(got) != 5 {
		t.Errorf("with one taken away: %v, %v", got, err)
	}
}
