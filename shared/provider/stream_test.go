package provider

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"castad/scripts/localcloud/blobserver"
	"castad/shared/blob"
)

// It does not run in parallel with others: it measures this process. The vendor's
// file server and the blob server are in another.
func TestALongResultIsStreamedIntoBlobWithLittleMemory(t *testing.T) {
	const size, bound = 256 << 20, 32 << 20
	vendor, connection := startServers(t)
	files, err := blob.Open(blob.Config{ConnectionString: connection, Container: "castad"})
	if err != nil {
		t.Fatal(err)
	}
	if err := files.EnsureContainer(t.Context()); err != nil {
		t.Fatal(err)
	}
	from := Downloader{Allow: []string{vendor}}
	fetch := func(n int64) [32]byte {
		t.Helper()
		d, err := from.Get(t.Context(), vendor+"/film?n="+strconv.FormatInt(n, 10), size, MP4)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Body.Close()
		kept, err := files.Keep(t.Context(), "film-"+strconv.FormatInt(n, 10), "video/mp4", d.Body, size)
		if err != nil || kept.Bytes != n {
			t.Fatalf("%d bytes were kept, %v", kept.Bytes, err)
		}
		return kept.SHA256
	}
	fetch(1 << 10) // what is made once, for the first file
	debug.FreeOSMemory()
	before := peak(t)
	got := fetch(size)
	grown := peak(t) - before
	t.Logf("%d MiB: the process grew by %.1f MiB", size>>20, float64(grown)/(1<<20))
	if grown > bound && !raceDetector {
		t.Errorf("the process grew by %.1f MiB, the bound is %d", float64(grown)/(1<<20), bound>>20)
	}
	sum := sha256.New()
	_, _ = io.CopyN(sum, endlessFilm(), size)
	if !bytes.Equal(sum.Sum(nil), got[:]) {
		t.Error("what was kept is not what was sent")
	}
}

// startServers runs this test binary as the vendor's file server and the blob
// server, and returns the first's origin and the second's connection string.
func startServers(t *testing.T) (vendor, connection string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "CASTAD_TEST_SERVERS="+t.TempDir())
	cmd.Stderr = os.Stderr
	end, err := cmd.StdinPipe() // its end is the servers' end, however this process ends
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = end.Close(); _ = cmd.Wait() })
	said := bufio.NewScanner(out)
	var lines []string
	for len(lines) < 2 && said.Scan() {
		lines = append(lines, said.Text())
	}
	if len(lines) < 2 {
		t.Fatalf("the servers said %q", lines)
	}
	return lines[0], lines[1]
}

// servers is the other process.
func servers(dir string) error {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.ParseInt(r.URL.Query().Get("n"), 10, 64)
		w.Header().Set("Content-Type", "video/mp4")
		w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
		_, _ = io.CopyN(w, endlessFilm(), n)
	}))
	defer vendor.Close()
	blobs, err := blobserver.Start(context.Background(), blobserver.Options{Dir: dir})
	if err != nil {
		return err
	}
	fmt.Println(vendor.URL)
	fmt.Println(blobs.ConnectionString())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// endlessFilm is a film, the same each time, that nothing on the way can shrink.
func endlessFilm() io.Reader {
	return io.MultiReader(strings.NewReader("\x00\x00\x00\x18ftypisom"), rand.NewChaCha8([32]byte{1}))
}

// peak returns the largest resident set since the last call, and begins anew.
func peak(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("there is no /proc here to measure the process by")
	}
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.ParseInt(strings.Fields(rest + " ?")[0], 10, 64)
	if err == nil {
		err = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
