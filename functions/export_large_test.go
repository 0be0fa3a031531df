package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"testing"
	"time"
)

// A film of several pieces comes out of the storage, the zip and the connection as it was
// kept. Alone, and with a large film, it measures what that takes, in the app, the
// storage's stand-in and this client together:
//
//	CASTAD_EXPORT_MB=256 go test ./functions -run ALargeFilm -v
func TestALargeFilmIsExportedWhole(t *testing.T) {
	t.Parallel()
	size, measured := int64(9_000_001), os.Getenv("CASTAD_EXPORT_MB")
	if measured != "" {
		mb, err := strconv.ParseInt(measured, 10, 64)
		must(t, err)
		size = mb * 1_000_000
	}
	b := newBench(t)
	a := b.film()
	b.quiet()
	name := "runs/large/film"
	kept, err := b.parts.files.Keep(t.Context(), name, "video/mp4", io.LimitReader(rand.NewChaCha8([32]byte{1}), size), size)
	must(t, err)
	b.exec(`UPDATE artifacts SET blob_path = ?, bytes = ?, sha256 = ? WHERE id = ?`, name, size, kept.SHA256[:], a.Video.File)

	file := filepath.Join(t.TempDir(), "export.zip")
	before, stop := heap(), make(chan struct{})
	peak := make(chan uint64)
	go func() {
		most, every := before, time.NewTicker(10*time.Millisecond)
		defer every.Stop()
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-every.C:
				most = max(most, heap())
			}
		}
	}()
	began := time.Now()
	b.download(fmt.Sprintf("/archive/%v/export", a.ID), file)
	took := time.Since(began)
	close(stop)
	grown := <-peak - before
	t.Logf("%d MB in %v; the heap of app, storage and client grew by %.1f MB at most", size/1e6, took.Round(time.Millisecond), float64(grown)/1e6)
	if measured != "" && grown > 32e6 { // other tests at the same time have heaps of their own
		t.Errorf("the heap grew by %d bytes", grown)
	}
	z, err := zip.OpenReader(file)
	must(t, err)
	defer z.Close()
	film, err := z.Open("film.mp4")
	must(t, err)
	sum := sha256.New()
	if n, err := io.Copy(sum, film); err != nil || n != size || hex.EncodeToString(sum.Sum(nil)) != hex.EncodeToString(kept.SHA256[:]) {
		t.Errorf("the film in the zip has %d bytes, %v", n, err)
	}
	for from, want := range map[int64]int{0: 7, 4<<20 - 3: 7, size - 7: 7} { // across two pieces of the storage, too
		got := b.send(http.MethodGet, fmt.Sprintf("/files/%v", a.Video.File), b.token, map[string]string{"Range": fmt.Sprintf("bytes=%d-%d", from, from+6)}, nil)
		if got.status != http.StatusPartialContent || len(got.body) != want || got.header.Get("Etag") != `"`+hex.EncodeToString(kept.SHA256[:])+`"` {
			t.Errorf("from %d: %d, %d bytes, %v", from, got.status, len(got.body), got.header)
		}
	}
	if measured == "" {
		b.takenUp(fmt.Sprintf("/archive/%v/export", a.ID), file)
	}
}

// takenUp fails unless a download that broke off can be taken up anywhere, for as long as it is the same file.
func (b *bench) takenUp(path, whole string) {
	b.t.Helper()
	all, err := os.ReadFile(whole)
	must(b.t, err)
	head := b.send(http.MethodHead, path, b.token, nil, nil)
	tag := head.header.Get("Etag")
	if head.status != http.StatusOK || head.header.Get("Content-Length") != strconv.Itoa(len(all)) || head.header.Get("Accept-Ranges") != "bytes" || tag == "" {
		b.t.Errorf("its head: %d %v", head.status, head.header)
	}
	for _, from := range []int{1, 3000, 5_000_000, len(all) - 300} { // in the words, in the film, behind it
		got := b.send(http.MethodGet, path, b.token, map[string]string{"Range": fmt.Sprintf("bytes=%d-", from), "If-Range": tag}, nil)
		if got.status != http.StatusPartialContent || !bytes.Equal(got.body, all[from:]) {
			b.t.Errorf("from %d: %d, %d bytes", from, got.status, len(got.body))
		}
	}
	if got := b.send(http.MethodGet, path, b.token, map[string]string{"If-None-Match": tag}, nil); got.status != http.StatusNotModified || len(got.body) != 0 {
		b.t.Errorf("known: %d, %d bytes", got.status, len(got.body))
	}
	b.exec(`INSERT INTO credit_ledger (tenant_id, run_id, step_no, version, entry, debit, credit, amount_won, at)
		SELECT tenant_id, id, 4, 999, 'capture', 'reserved', 'spent', 1, NOW(6) FROM pipeline_runs LIMIT 1`)
	if got := b.send(http.MethodGet, path, b.token, map[string]string{"Range": "bytes=5000000-", "If-Range": tag}, nil); got.status != http.StatusOK || got.header.Get("Etag") == tag {
		b.t.Errorf("another file by now: %d, %d bytes", got.status, len(got.body))
	}
}

// heap is how much memory this process's objects take.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// download gets a file piece by piece.
func (b *bench) download(path, to string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+"/api/v1"+path, nil)
	must(b.t, err)
	r.Header.Set("Authorization", "Bearer "+b.token)
	a, err := http.DefaultClient.Do(r)
	must(b.t, err)
	defer a.Body.Close()
	f, err := os.Create(to)
	must(b.t, err)
	_, err = io.Copy(f, a.Body)
	must(b.t, err)
	must(b.t, f.Close())
	if a.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %d", path, a.StatusCode)
	}
}
