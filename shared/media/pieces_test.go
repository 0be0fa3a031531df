//go:build !race

// A hundred thousand beginnings of files, in one goroutine.

package media

import (
	"bytes"
	"testing"

	"castad/shared/fault"
)

func TestNoPieceOfAFilePasses(t *testing.T) {
	t.Parallel()
	// Encoders miscount their frames by up to two, so that many may be missing.
	spare := map[string]int{"song.mp3": 3 * 140, "vbr.mp3": 3 * 300}
	for name, j := range judges {
		for _, fix := range j.fixtures {
			whole := fixture(t, fix)
			if err := j.judge(bytes.NewReader(whole), int64(len(whole))); err != nil {
				t.Errorf("%s %s: %v", name, fix, err)
			}
			for n := range len(whole) - spare[fix] {
				if err := j.judge(bytes.NewReader(whole[:n]), int64(n)); err == nil || fault.CodeOf(err) != j.code {
					t.Fatalf("%s: the first %d of %d bytes of %s: %v", name, n, len(whole), fix, err)
				}
			}
		}
	}
}
