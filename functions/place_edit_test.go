package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"castad/functions/ad"
	"castad/functions/place"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"

	"github.com/google/go-cmp/cmp"
)

// A film shows the photos in the order that its owner gave them; what is changed later
// leaves it as it is.
func TestAFilmShowsThePhotosInTheirOwnersOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	made := b.place(2)
	path := fmt.Sprintf("/places/%v", made.ID)
	read := func() (p place.Place, tag string) {
		got := b.send(http.MethodGet, path, b.token, nil, nil)
		must(t, json.Unmarshal(got.body, &p))
		return p, got.header.Get("ETag")
	}
	p, tag := read()
	order := []id.Photo{p.Photos[1].ID, p.Photos[0].ID}
	body := []byte(mustJSON(t, map[string]any{"photos": order}))
	header := map[string]string{"Content-Type": "application/json"}
	if code, _ := refusal(t, b.send(http.MethodPatch, path, b.token, header, body)); code != string(fault.CodeIfMatchRequired) {
		t.Errorf("without If-Match: %s", code)
	}
	header["If-Match"] = tag
	if got := b.send(http.MethodPatch, path, b.token, header, body); got.status != http.StatusOK || got.header.Get("ETag") == tag {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := b.send(http.MethodPatch, path, b.token, header, body); got.status != http.StatusPreconditionFailed {
		t.Errorf("with the old ETag: %d %s", got.status, got.body)
	}
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", ad.Wish{Place: made.ID, Publish: "none"}, &a)
	if a = b.ended(a.ID); a.State != "succeeded" {
		t.Fatalf("the ad %s: %+v", a.State, a.Steps)
	}
	input, err := store.One(t.Context(), b.db.Primary(), `SELECT input_json FROM pipeline_steps WHERE run_id = ? AND kind = 'video'`, func(s *string) []any { return []any{s} }, a.Run)
	must(t, err)
	first, second := strings.Index(input, order[0].String()), strings.Index(input, order[1].String())
	if first < 0 || second < first {
		t.Errorf("the film's input has them at %d and %d: %s", first, second, input)
	}
	if got := b.send(http.MethodDelete, path+"/photos/"+order[0].String(), b.token, nil, nil); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	now, _ := read()
	if diff := cmp.Diff(order[1:], idsOf(now.Photos)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	if film := b.send(http.MethodGet, "/files/"+a.Video.File.String(), b.token, nil, nil); film.status != http.StatusOK || len(film.body) == 0 {
		t.Errorf("the film that was made: %d", film.status)
	}
}

func idsOf(photos []place.Photo) (ids []id.Photo) {
	for p := range slices.Values(photos) {
		ids = append(ids, p.ID)
	}
	return ids
}
