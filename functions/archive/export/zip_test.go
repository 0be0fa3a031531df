package export

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"testing"
	"testing/iotest"
	"time"

	"castad/functions/archive"
	"castad/shared/claim"

	"github.com/google/go-cmp/cmp"
)

// reel is a film in memory.
type reel struct {
	*bytes.Reader
	sum    [32]byte
	crc    uint32
	breaks error
}

func reelOf(b []byte) *reel {
	return &reel{Reader: bytes.NewReader(b), sum: sha256.Sum256(b), crc: crc32.ChecksumIEEE(b)}
}

func (r *reel) SHA256() [32]byte       { return r.sum }
func (r *reel) CRC32() (uint32, error) { return r.crc, r.breaks }
func (r *reel) Close() error           { return nil }

func bundleOf(film []byte) archive.Bundle {
	sum := sha256.Sum256(film)
	b := archive.Bundle{Film: archive.File{SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(film))}}
	b.CreatedAt = time.Date(2026, 11, 29, 12, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	b.Lyric = claim.Lyric{Title: "돌담골목", Lines: []claim.Line{{Text: "칼국수 하고 가요"}}}
	return b
}

func packed(t *testing.T, b archive.Bundle, film Film) *parcel {
	t.Helper()
	p, err := pack(b, film)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Whatever part is asked for, and in whatever pieces it is read, it is a part of one zip.
func TestAnExportIsTheSameBytesFromWhereverItIsRead(t *testing.T) {
	t.Parallel()
	for _, film := range [][]byte{nil, []byte("f"), bytes.Repeat([]byte("film"), 50)} {
		whole, err := io.ReadAll(packed(t, bundleOf(film), reelOf(film)))
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(packed(t, bundleOf(film), reelOf(film)), whole); err != nil {
			t.Errorf("a film of %d bytes: %v", len(film), err)
		}
		z, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range z.File {
			if names = append(names, f.Name); !f.Modified.Equal(bundleOf(film).CreatedAt) {
				t.Errorf("%s is of %v", f.Name, f.Modified)
			}
		}
		if diff := cmp.Diff([]string{captionsName, lyricName, receiptsName, provenanceName, filmName}, names); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		f, err := z.Open(filmName)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, film) { // checks the CRC
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestAnExportHasAnotherETagWhenItHasOtherBytes(t *testing.T) {
	t.Parallel()
	film := []byte("film")
	tag := packed(t, bundleOf(film), reelOf(film)).etag()
	if again := packed(t, bundleOf(film), reelOf(film)).etag(); again != tag {
		t.Errorf("%s, and then %s", tag, again)
	}
	other := bundleOf(film)
	other.Posts = []archive.Post{{State: "published"}}
	for name, p := range map[string]*parcel{"a post": packed(t, other, reelOf(film)), "another film": packed(t, bundleOf([]byte("mlif")), reelOf([]byte("mlif")))} {
		if p.etag() == tag {
			t.Errorf("%s: the same", name)
		}
	}
}

// Not parallel: it measures what is allocated.
func TestAnExportHoldsNothingOfItsFilm(t *testing.T) {
	film := make([]byte, 64<<20)
	b, r := bundleOf(film), reelOf(film)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if n, err := io.Copy(io.Discard, packed(t, b, r)); err != nil || n < int64(len(film)) {
		t.Errorf("%d bytes, %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("a film of %d bytes took %d bytes of memory", len(film), took)
	}
}

func TestAFilmThatIsNotTheOneThatWasKeptIsNotExported(t *testing.T) {
	t.Parallel()
	kept := bundleOf([]byte("kept"))
	for _, other := range []string{"", "kep", "kept!", "KEPT"} {
		if _, err := pack(kept, reelOf([]byte(other))); err == nil {
			t.Errorf("%q passes", other)
		}
	}
	down := reelOf([]byte("kept"))
	down.breaks = errors.New("down")
	if _, err := pack(kept, down); !errors.Is(err, down.breaks) {
		t.Errorf("%v", err)
	}
	short := packed(t, kept, reelOf([]byte("kept")))
	short.film = cut{short.film}
	if _, err := io.ReadAll(short); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a film that ends early: %v", err)
	}
}

// cut is a film that ends before its end.
type cut struct{ Film }

func (cut) Read([]byte) (int, error) { return 0, io.EOF }
