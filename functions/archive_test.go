package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/archive"
	"castad/functions/home"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// film orders an ad of a new place and waits for its end.
func (b *bench) film() ad.Ad {
	b.t.Helper()
	var a ad.Ad
	b.do(http.MethodPost, "/ads", id.New[id.Ad](clock()).String(), ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	if a = b.ended(a.ID); a.State != "succeeded" {
		b.t.Fatalf("the ad %s: %+v", a.State, a.Steps)
	}
	return a
}

func (b *bench) get(path string, out any) answer {
	b.t.Helper()
	a := b.send(http.MethodGet, path, b.token, nil, nil)
	if out != nil {
		if err := json.Unmarshal(a.body, out); err != nil || a.status != 200 {
			b.t.Fatalf("%s: %d %s, %v", path, a.status, a.body, err)
		}
	}
	return a
}

type shelf struct {
	Items []archive.Item `json:"items"`
	Next  string         `json:"next"`
}

func TestAnExportHoldsTheFilmItsWordsAndWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.film()
	got := b.get(fmt.Sprintf("/archive/%v/export", a.ID), nil)
	if got.status != 200 || got.header.Get("Content-Type") != "application/zip" || !strings.Contains(got.header.Get("Content-Disposition"), a.ID.String()) {
		t.Fatalf("%d %v", got.status, got.header)
	}
	z, err := zip.NewReader(bytes.NewReader(got.body), int64(len(got.body)))
	must(t, err)
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		files[f.Name], err = io.ReadAll(r) // checks the CRC
		must(t, err)
	}
	var made struct {
		Steps  []archive.Step          `json:"steps"`
		SHA256 map[string]string       `json:"sha256"`
		AI     struct{ Ko, En string } `json:"ai_disclosure"`
	}
	must(t, json.Unmarshal(files["provenance.json"], &made))
	for name, text := range files {
		if sum := sha256.Sum256(text); name != "provenance.json" && made.SHA256[name] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: sha256 %x, said %s", name, sum, made.SHA256[name])
		}
	}
	if len(files) != 5 || len(made.SHA256) != 4 || made.SHA256["film.mp4"] != a.Video.SHA256 || made.AI.Ko == "" || made.AI.En == "" {
		t.Errorf("%d files, %+v", len(files), made)
	}
	by := map[string]string{}
	for _, s := range made.Steps {
		if by[string(s.Kind)] = s.Provider; s.EndedAt == nil {
			t.Errorf("%s: no time", s.Kind)
		}
	}
	if by["lyric"] != "openai" || by["song"] != "suno" || by["video"] != "creatomate" {
		t.Errorf("made by %v", by)
	}
	var receipts struct {
		Lines []struct {
			Text  string
			Facts []struct{ ID, Text string }
		}
		SpentWon int64          `json:"spent_won"`
		Costs    []archive.Cost `json:"costs"`
	}
	must(t, json.Unmarshal(files["receipts.json"], &receipts))
	if len(receipts.Lines) != len(a.Lyric.Lines) || len(receipts.Lines[0].Facts) != len(a.Lyric.Lines[0].Facts) || receipts.SpentWon != 510 {
		t.Errorf("%+v", receipts)
	}
	if !strings.HasPrefix(string(files["lyric.txt"]), a.Lyric.Title+"\n\n"+a.Lyric.Lines[0].Text) {
		t.Errorf("%s", files["lyric.txt"])
	}
	srt := filepath.Join(t.TempDir(), "captions.srt")
	must(t, os.WriteFile(srt, files["captions.srt"], 0o600))
	out, err := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "csv=p=0", srt).CombinedOutput()
	if want := fmt.Sprintf("subrip,%d", len(a.Song.Takes[a.Song.Chosen].Lines)); err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("ffprobe says %s, %v, want %s", out, err, want)
	}
	dir := os.Getenv("CASTAD_KEEP_EXPORT") // to open it with something else
	if dir == "" {
		dir = t.TempDir()
	}
	kept := filepath.Join(dir, "export.zip")
	must(t, os.WriteFile(kept, got.body, 0o600))
	if out, err := exec.Command("unzip", "-t", kept).CombinedOutput(); err != nil || !strings.Contains(string(out), "No errors detected") {
		t.Errorf("unzip -t says %s, %v", out, err)
	}
	must(t, b.parts.files.Delete(t.Context(), b.blob(a)))
	for _, path := range []string{fmt.Sprintf("/archive/%v/export", a.ID), fmt.Sprintf("/files/%v", a.Video.File)} {
		lost := b.get(path, nil)
		if code, _ := refusal(t, lost); lost.status != 500 || code != string(fault.CodeFileLost) {
			t.Errorf("%s without its file: %d %s", path, lost.status, lost.body)
		}
	}
}

func TestFinishedAdsAreFoundByTheirWords(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.film()
	line := []rune(a.Lyric.Lines[0].Text)
	for query, want := range map[string]int{"": 1, "돌담골목": 1, a.Lyric.Title: 1, string(line[:min(8, len(line))]): 1, "%": 0, "_": 0, "text": 0, `\`: 0, `"`: 0, "없는말": 0} {
		var s shelf
		b.get("/archive?query="+url.QueryEscape(query), &s)
		if len(s.Items) != want || want == 1 && (s.Items[0].ID != a.ID || s.Items[0].Film.File != a.Video.File) {
			t.Errorf("%q: %+v", query, s)
		}
	}
	again := b.film()
	var first, second shelf
	b.get("/archive?limit=1", &first)
	b.get("/archive?limit=1&after="+first.Next, &second)
	if len(first.Items) != 1 || len(second.Items) != 1 || first.Items[0].ID != again.ID || second.Items[0].ID != a.ID {
		t.Errorf("pages %+v, %+v", first, second)
	}
	own := b.token
	b.token = b.signIn()
	var none shelf
	if b.get("/archive", &none); len(none.Items) != 0 || b.get(fmt.Sprintf("/archive/%v", a.ID), nil).status != 404 {
		t.Errorf("a stranger sees %+v", none)
	}
	b.token = own
}

func TestWordsAreFoundWhateverTheyLookLikeInJSON(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.film()
	lines := a.Lyric.Lines
	lines[0].Text = `칼국수 & "돌담골목" 하고 가요`
	path := fmt.Sprintf("/lyrics/%v", a.Lyric.ID)
	b.edited(a.ID, http.MethodPatch, path, "k", map[string]any{"lines": lines, "title": "너 & 나"})
	for query, want := range map[string]int{"칼국수 & ": 1, `& "돌담골목" 하고`: 1, "너 & 나": 1, "&": 1, `\u0026`: 0, "0026": 0, "&&": 0, "& 하고": 0} {
		var s shelf
		if b.get("/archive?query="+url.QueryEscape(query), &s); len(s.Items) != want {
			t.Errorf("%q: %+v", query, s)
		}
	}
}

func TestAnAdThatIsPutAwayIsNowhereUntilItIsRestored(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.film()
	paths := []string{fmt.Sprintf("/ads/%v", a.ID), fmt.Sprintf("/files/%v", a.Video.File), fmt.Sprintf("/files/%v", a.Video.Thumbnail), fmt.Sprintf("/archive/%v/export", a.ID)}
	status := func(want int) {
		t.Helper()
		for _, p := range paths {
			if got := b.get(p, nil); got.status != want {
				t.Errorf("%s: %d, want %d", p, got.status, want)
			}
		}
	}
	status(200)
	var gone, again struct {
		DeletedAt string `json:"deleted_at"`
		RestoreBy string `json:"restore_by"`
		Note      struct{ Ko, En string }
	}
	b.do(http.MethodDelete, fmt.Sprintf("/archive/%v", a.ID), "", nil, &gone)
	b.do(http.MethodDelete, fmt.Sprintf("/archive/%v", a.ID), "", nil, &again)
	if gone != again || gone.RestoreBy <= gone.DeletedAt || gone.Note.Ko == "" {
		t.Errorf("%+v, again %+v", gone, again)
	}
	status(404)
	var kept, away shelf
	b.get("/archive", &kept)
	b.get("/archive?deleted=true", &away)
	if len(kept.Items) != 0 || len(away.Items) != 1 || away.Items[0].RestoreBy == nil {
		t.Errorf("%+v; away %+v", kept, away)
	}
	var back archive.Entry
	b.do(http.MethodPost, fmt.Sprintf("/archive/%v/restore", a.ID), "", nil, &back)
	if back.DeletedAt != nil {
		t.Errorf("restored: %+v", back)
	}
	status(200)
}

// A film is there from when it is made on, whatever becomes of an edit; what has no film
// is nowhere in the archive until it is put away, and comes back all the same.
func TestAnEditTakesNoFilmOutOfTheArchive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.film()
	b.quiet()
	there := func(when string) {
		t.Helper()
		var s shelf
		var e archive.Entry
		var h home.Summary
		b.get("/archive", &s)
		b.get(fmt.Sprintf("/archive/%v", a.ID), &e)
		b.get("/home", &h)
		if len(s.Items) != 1 || s.Items[0].Film == nil || s.Items[0].Film.File != a.Video.File || s.Items[0].Revision != 1 || s.Items[0].State != "succeeded" {
			t.Errorf("%s: listed are %+v", when, s.Items)
		}
		if e.Film == nil || e.Film.File != a.Video.File || e.Title != a.Lyric.Title || len(e.Steps) != 4 || e.EndedAt == nil {
			t.Errorf("%s: shown is %+v", when, e.Item)
		}
		if len(h.Films) != 1 || h.Films[0].File != a.Video.File || h.Films[0].Title != a.Lyric.Title {
			t.Errorf("%s: home shows %+v", when, h.Films)
		}
		if got := b.get(fmt.Sprintf("/archive/%v/export", a.ID), nil); got.status != 200 {
			t.Errorf("%s: export %d %s", when, got.status, got.body)
		}
	}
	there("made")
	if got := b.change(http.MethodPatch, fmt.Sprintf("/ads/%v", a.ID), "edit", obj{"captions": obj{"0": "칼국수 생각나는 날"}}); got.status != 200 {
		t.Fatalf("edit: %d %s", got.status, got.body)
	}
	there("while an edit runs")
	var edited ad.Ad
	b.do(http.MethodPost, fmt.Sprintf("/ads/%v/cancel", a.ID), "", nil, &edited)
	if edited = b.ended(a.ID); edited.State != "cancelled" || edited.Video != nil {
		t.Fatalf("the edit %s with %+v", edited.State, edited.Video)
	}
	there("after the edit was cancelled")
}

func TestAnAdWithoutAFilmIsPutAwayAndRestoredToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.quiet()
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	restored := func(state string) {
		t.Helper()
		var e archive.Entry
		b.do(http.MethodPost, fmt.Sprintf("/archive/%v/restore", a.ID), "", nil, &e)
		if e.ID != a.ID || e.State != state || e.Film != nil || e.DeletedAt != nil {
			t.Errorf("restored: %+v", e.Item)
		}
	}
	restored("running")
	var note json.RawMessage
	b.do(http.MethodPost, fmt.Sprintf("/ads/%v/cancel", a.ID), "", nil, &a)
	b.do(http.MethodDelete, fmt.Sprintf("/archive/%v", a.ID), "", nil, &note)
	var kept, away shelf
	b.get("/archive", &kept)
	b.get("/archive?deleted=true", &away)
	if len(kept.Items) != 0 || len(away.Items) != 1 || away.Items[0].Film != nil {
		t.Errorf("%+v; away %+v", kept, away)
	}
	restored("cancelled")
	var e archive.Entry
	b.get(fmt.Sprintf("/archive/%v", a.ID), &e)
	booked := len(e.Costs)
	for n := range 1_001 {
		b.exec(`INSERT INTO credit_ledger (tenant_id, run_id, step_no, version, entry, debit, credit, amount_won, at)
			SELECT tenant_id, id, 4, ?, 'capture', 'reserved', 'spent', 1, NOW(6) FROM pipeline_runs WHERE id = ?`, n+100, a.Run)
	}
	b.get(fmt.Sprintf("/archive/%v", a.ID), &e)
	if e.SpentWon != 1_001 || booked == 0 || len(e.Costs) != 1_000 || e.Costs[999].Entry != "capture" {
		t.Errorf("of %d bookings %d are told, of 1,001 won %d", booked+1_001, len(e.Costs), e.SpentWon)
	}
	if got := b.get(fmt.Sprintf("/archive/%v/export", a.ID), nil); got.status != 404 {
		t.Errorf("export without a film: %d", got.status)
	}
}

func TestAnAdThatHasSomethingUnderWayIsNotPutAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "approve", ad.Wish{Place: b.place(1).ID, Publish: "approve", Channels: []ad.Channel{{Channel: "youtube", Account: b.account("youtube")}}}, &a)
	refused := func(when string) {
		t.Helper()
		var p struct{ Code fault.Code }
		got := b.send(http.MethodDelete, fmt.Sprintf("/archive/%v", a.ID), b.token, nil, nil)
		if err := json.Unmarshal(got.body, &p); err != nil || got.status != 409 || p.Code != fault.CodeAdInUse {
			t.Errorf("%s: %d %s", when, got.status, got.body)
		}
	}
	refused("being made")
	b.awaiting(a.ID)
	refused("awaiting approval")
	b.do(http.MethodPost, fmt.Sprintf("/ads/%v/cancel", a.ID), "", nil, &a)
	b.ended(a.ID)
	if got := b.send(http.MethodDelete, fmt.Sprintf("/archive/%v", a.ID), b.token, nil, nil); got.status != 200 {
		t.Errorf("ended: %d %s", got.status, got.body)
	}
}

// What was put away 30 days ago is deleted with all its files, and nothing of another ad's;
// a purge that is broken off anywhere is ended by the next.
func TestWhatWasPutAwayIsDeletedForGood(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	gone, stays := b.film(), b.film()
	b.quiet()
	var note json.RawMessage
	planned := b.post("another ad's, with a picture of this one", "/posts", mustJSON(t, obj{"ad": stays.ID, "channel": "youtube", "account": b.account("youtube"),
		"thumbnail": gone.Video.Thumbnail, "at": clock().Add(time.Hour)}), "201")
	b.do(http.MethodDelete, fmt.Sprintf("/archive/%v", gone.ID), "", nil, &note)
	tenant := b.value(`SELECT tenant_id FROM ads WHERE id = ?`, gone.ID)
	if err := forgetting(b.parts).Forget(t.Context(), clock().Add(-ad.KeepAway)); err != nil || b.value(`SELECT COUNT(*) FROM ads WHERE id = ?`, gone.ID) != 1 {
		t.Fatalf("deleted too early, %v", err)
	}
	b.exec(`UPDATE provider_calls SET reason = 'it quotes them' WHERE run_id = ? LIMIT 1`, gone.Run)
	_, err := b.db.Primary().Exec(t.Context(), `UPDATE ads SET deleted_at = ? WHERE id = ?`, clock().Add(-ad.KeepAway), gone.ID)
	must(t, err)
	if got := b.send(http.MethodPost, fmt.Sprintf("/archive/%v/restore", gone.ID), b.token, nil, nil); got.status != 404 {
		t.Errorf("restored after 30 days: %d %s", got.status, got.body)
	}
	if err := forgetting(b.parts).Forget(t.Context(), clock().Add(-ad.KeepAway)); err != nil || b.value(`SELECT COUNT(*) FROM ads WHERE id = ?`, gone.ID) != 1 {
		t.Fatalf("deleted although a post to come shows a picture of it, %v", err)
	}
	b.post("it is not to come", fmt.Sprintf("/posts/%v/cancel", planned.ID), "{}", "200")
	var away shelf
	if b.get("/archive?deleted=true", &away); len(away.Items) != 0 || b.get(fmt.Sprintf("/archive/%v", gone.ID), nil).status != 404 {
		t.Errorf("what cannot be brought back is shown: %+v", away.Items)
	}
	cost, film := b.captured(), b.blob(gone)
	for stop := range 5 { // broken off after each part
		must(t, forgetting(b.parts).rows[stop].Forget(t.Context(), id.Tenant(tenant), gone.ID))
	}
	must(t, forgetting(b.parts).Forget(t.Context(), clock().Add(-ad.KeepAway)))
	for table, n := range map[string]int64{"ads": 1, "ad_revisions": 1, "lyrics": 1, "songs": 1, "videos": 1, "pipeline_runs": 2} {
		if got := b.counted(table, tenant); got != n {
			t.Errorf("%s: %d rows, want %d", table, got, n)
		}
	}
	if now := b.captured(); cost != 1020 || now != cost {
		t.Errorf("the two ads cost %d won, %d when one is deleted", cost, now)
	}
	_, lost := b.parts.files.Stat(t.Context(), film)
	if _, err := b.parts.files.Stat(t.Context(), b.blob(stays)); err != nil || fault.KindOf(lost) != fault.NotFound {
		t.Errorf("the deleted ad's film: %v; the other ad's: %v", lost, err)
	}
	if b.value(`SELECT COUNT(*) FROM run_events WHERE run_id = ?`, gone.Run)+b.value(`SELECT COUNT(*) FROM artifacts WHERE run_id = ?`, gone.Run)+
		b.value(`SELECT COUNT(*) FROM pipeline_steps WHERE run_id = ?`, gone.Run)+
		b.value(`SELECT COUNT(*) FROM provider_calls WHERE run_id = ? AND reason <> ''`, gone.Run) != 0 || b.value(`SELECT COUNT(*) FROM credit_ledger WHERE run_id = ?`, gone.Run) == 0 {
		t.Error("rows of the run are left, or its bookings are not")
	}
	if got := b.get(fmt.Sprintf("/archive/%v", stays.ID), nil); got.status != 200 {
		t.Errorf("the other ad: %d", got.status)
	}
}

// captured is what all vendors have cost, as operators see it.
func (b *bench) captured() (won int64) {
	b.t.Helper()
	day := func(n int) string { return clock().AddDate(0, 0, n).Format(time.DateOnly) }
	costs, err := b.parts.admin.Costs(b.t.Context(), day(-1), day(1))
	must(b.t, err)
	for _, c := range costs {
		won += c.CapturedWon
	}
	return won
}

func (b *bench) value(query string, args ...any) int64 {
	b.t.Helper()
	return storetest.Value[int64](b.t, b.db.Primary(), query, args...)
}

func (b *bench) counted(table string, tenant int64) int64 {
	return b.value("SELECT COUNT(*) FROM "+table+" WHERE tenant_id = ?", tenant)
}

// blob is where the film of an ad is kept.
func (b *bench) blob(a ad.Ad) string {
	b.t.Helper()
	name, err := store.One(b.t.Context(), b.db.Primary(), `SELECT blob_path FROM artifacts WHERE id = ?`, func(s *string) []any { return []any{s} }, a.Video.File)
	must(b.t, err)
	return name
}
