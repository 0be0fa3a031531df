package blob_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"castad/scripts/localcloud/blobserver"
	"castad/shared/blob"

	"go.uber.org/goleak"
)

// memoryBound is what keeping a film may add to the process (performance goal P9).
const memoryBound = 32 << 20

// TestMain lets the test binary be the two processes of the memory test.
func TestMain(m *testing.M) {
	switch os.Getenv("CASTAD_TEST_ROLE") {
	case "server":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		code := blobserver.Run(ctx, []string{"-addr", "127.0.0.1:0", "-dir", os.Getenv("CASTAD_TEST_DIR")}, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	case "writer":
		if err := writer(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func TestKeepingAndReadingALongStreamNeedsLittleMemory(t *testing.T) {
	t.Parallel()
	size := int64(128 << 20)
	if raceDetector {
		size = 48 << 20 // slow; still half more than the bound
	}
	m := measure(t, size)
	t.Logf("%d MiB: resident +%.1f MiB while keeping, +%.1f MiB while reading; heap at most %.1f MiB", size>>20, mib(m.keep), mib(m.read), mib(m.heap))
	if m.heap > memoryBound {
		t.Errorf("the heap grew to %.1f MiB, the bound is %d", mib(m.heap), memoryBound>>20)
	}
	if !raceDetector && max(m.keep, m.read) > memoryBound {
		t.Errorf("the resident set grew by %.1f MiB while keeping and %.1f while reading, the bound is %d", mib(m.keep), mib(m.read), memoryBound>>20)
	}
}

// BenchmarkKeepFilm keeps and reads 500 MB through a server in another process
// and reports by how much the resident set of this side grew.
func BenchmarkKeepFilm(b *testing.B) {
	b.SetBytes(500e6)
	for b.Loop() {
		m := measure(b, 500e6)
		b.ReportMetric(mib(m.keep), "keep-rss-MiB")
		b.ReportMetric(mib(m.read), "read-rss-MiB")
		b.ReportMetric(mib(m.heap), "heap-MiB")
	}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// usage is growth in bytes over the state after a first small blob.
type usage struct{ keep, read, heap int64 }

func measure(t testing.TB, size int64) (u usage) {
	t.Helper()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), "CASTAD_TEST_ROLE=server", "CASTAD_TEST_DIR="+t.TempDir())
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "blob ready on ")
	if err != nil || !ok {
		t.Fatalf("the server said %q, %v", line, err)
	}
	w := exec.Command(os.Args[0])
	w.Env = append(os.Environ(), "CASTAD_TEST_ROLE=writer", "CASTAD_TEST_SIZE="+strconv.FormatInt(size, 10),
		"CASTAD_TEST_BLOB=AccountName="+blobserver.DefaultAccount+";AccountKey="+blobserver.DefaultKey+";BlobEndpoint=http://"+addr+"/"+blobserver.DefaultAccount)
	w.Stderr = os.Stderr
	answer, err := w.Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(answer), &u.keep, &u.read, &u.heap); err != nil {
		t.Fatalf("the writer said %q: %v", answer, err)
	}
	return u
}

// writer is the measured process.
func writer() error {
	size, err := strconv.ParseInt(os.Getenv("CASTAD_TEST_SIZE"), 10, 64)
	if err != nil {
		return err
	}
	ctx := context.Background()
	store, err := blob.Open(blob.Config{ConnectionString: os.Getenv("CASTAD_TEST_BLOB"), Container: "media", Transport: &http.Client{}})
	if err != nil {
		return err
	}
	if err := store.EnsureContainer(ctx); err != nil {
		return err
	}
	if _, err := store.Keep(ctx, "small", "text/plain", strings.NewReader("x"), 10); err != nil {
		return err
	}
	debug.FreeOSMemory()
	var heap atomic.Int64
	base, err := peak(true)
	if err != nil {
		return err
	}
	film := &film{left: size, heap: &heap, sum: sha256.New(), rnd: rand.NewChaCha8([32]byte{})}
	kept, err := store.Keep(ctx, "film", "video/mp4", film, size)
	if err != nil {
		return err
	}
	afterKeep, err := peak(true)
	if err != nil {
		return err
	}
	o, err := store.Open(ctx, "film")
	if err != nil {
		return err
	}
	read := sha256.New()
	n, err := io.Copy(io.MultiWriter(read, sampler{&heap}), o)
	if err = errors.Join(err, o.Close()); err != nil {
		return err
	}
	afterRead, err := peak(false)
	if err != nil {
		return err
	}
	if n != size || kept.Bytes != size || !bytes.Equal(kept.SHA256[:], read.Sum(nil)) || !bytes.Equal(kept.SHA256[:], film.sum.Sum(nil)) {
		return fmt.Errorf("kept %d of %d bytes, read %d, or other bytes", kept.Bytes, size, n)
	}
	_, err = fmt.Println(afterKeep-base, afterRead-base, heap.Load())
	return err
}

// peak returns the highest resident set since the last reset, in bytes; reset
// starts a new peak at the present value.
func peak(reset bool) (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "kB")), 10, 64)
			if err == nil && reset {
				err = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
			}
			return kb << 10, err
		}
	}
	return 0, errors.New("/proc/self/status has no VmHWM")
}

// film gives left bytes, random so that nothing on the way can shrink them.
type film struct {
	left int64
	heap *atomic.Int64
	sum  hash.Hash
	rnd  *rand.ChaCha8
}

func (f *film) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), f.left, 1<<20)]
	f.left -= int64(len(p))
	_, _ = f.rnd.Read(p) // never fails
	sampleHeap(f.heap)
	return f.sum.Write(p)
}

// sampler watches the heap while something is read.
type sampler struct{ heap *atomic.Int64 }

func (s sampler) Write(p []byte) (int, error) {
	sampleHeap(s.heap)
	return len(p), nil
}

func sampleHeap(most *atomic.Int64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	most.Store(max(most.Load(), int64(sample[0].Value.Uint64())))
}
