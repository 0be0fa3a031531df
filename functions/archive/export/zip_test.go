package export

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"runtime"
	"strings"
	"testing"

	"castad/functions/archive"
)

// blank is a film of so many zeros.
func blank(bytes int64) io.Reader { return io.LimitReader(zeros{}, bytes) }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Not parallel: it measures what is allocated.
func TestAFilmIsExportedInSmallPieces(t *testing.T) {
	const film = 64 << 20
	sum := sha256.New()
	if _, err := io.Copy(sum, blank(film)); err != nil {
		t.Fatal(err)
	}
	b := archive.Bundle{Film: archive.File{SHA256: hex.EncodeToString(sum.Sum(nil))}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := write(io.Discard, b, blank(film)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("a film of %d bytes took %d bytes of memory", film, took)
	}
}

func TestAFilmThatIsNotTheOneThatWasKeptEndsTheExport(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("kept"))
	b := archive.Bundle{Film: archive.File{SHA256: hex.EncodeToString(sum[:])}}
	if err := write(io.Discard, b, strings.NewReader("kept")); err != nil {
		t.Errorf("the one that was kept: %v", err)
	}
	for _, other := range []string{"", "kep", "kept!", "KEPT"} {
		if err := write(io.Discard, b, strings.NewReader(other)); err == nil {
			t.Errorf("%q passes", other)
		}
	}
}
