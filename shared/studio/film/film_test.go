package film

import (
	"net/netip"
	"os"
	"testing"
)

// need skips where ffmpeg or the fonts are not installed; CI must have them.
func need(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skip(err)
}

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }
