package blobserver_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"castad/scripts/localcloud/blobserver"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"go.uber.org/goleak"
)

// TestMain lets the test binary be a blob server that can be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CASTAD_TEST_DIR"); dir != "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		code := blobserver.Run(ctx, []string{"-addr", "127.0.0.1:0", "-dir", dir}, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		connections.CloseIdleConnections()
		http.DefaultClient.CloseIdleConnections()
		os.Exit(code)
	}))
}

// process is a blob server in another process.
type process struct {
	cmd *exec.Cmd
	endpoint
}

func startProcess(t *testing.T, dir string) process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CASTAD_TEST_DIR="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "blob ready on ")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		t.Fatalf("the server said %q, %v, %v", line, err, cmd.Wait())
	}
	return process{cmd, endpoint{"http://" + addr + "/" + blobserver.DefaultAccount, blobserver.DefaultAccount, blobserver.DefaultKey}}
}

func TestKillingTheServerLosesNothingAnsweredAndShowsNothingHalf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	answered := map[string]string{} // name to checksum of what was acknowledged
	for round := range 4 {
		p := startProcess(t, dir)
		c := p.client(t, "crash")
		if _, err := c.Create(t.Context(), nil); err != nil && !bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
			t.Fatal(err)
		}
		checkWhole(t, c, answered)
		var mu sync.Mutex
		var wg sync.WaitGroup
		enough := make(chan struct{}, 1000)
		for w := range 3 {
			wg.Go(func() {
				for n := 0; ; n++ {
					name := fmt.Sprintf("%d/%d/%d", round, w, n%7) // later ones replace earlier ones
					content := bytes.Repeat(fmt.Appendf(nil, "%s %d;", name, n), 5000+n)
					sum := sha256.Sum256(content)
					mu.Lock()
					before := answered[name]
					answered[name] = before + "|" + hex.EncodeToString(sum[:]) // either may be there
					mu.Unlock()
					if err := write(c, name, content, n%2 == 0); err != nil {
						return // killed
					}
					mu.Lock()
					answered[name] = hex.EncodeToString(sum[:])
					mu.Unlock()
					enough <- struct{}{}
				}
			})
		}
		for range 10 + rand.IntN(30) {
			select {
			case <-enough:
			case <-time.After(time.Minute):
				t.Error("the writers do not get on")
			}
		}
		if err := p.cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		_ = p.cmd.Wait() // killed
	}
	p := startProcess(t, dir)
	checkWhole(t, p.client(t, "crash"), answered)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("a stop that was asked for: %v", err)
	}
}

// write puts a blob in one piece or in three blocks, with its checksum as metadata.
func write(c *container.Client, name string, content []byte, blocks bool) error {
	ctx := context.Background()
	sum := sha256.Sum256(content)
	text := hex.EncodeToString(sum[:])
	metadata := map[string]*string{"sha256": &text}
	b := c.NewBlockBlobClient(name)
	if !blocks {
		_, err := b.Upload(ctx, body(string(content)), &blockblob.UploadOptions{Metadata: metadata})
		return err
	}
	third := len(content) / 3
	for n, part := range [][]byte{content[:third], content[third : 2*third], content[2*third:]} {
		if _, err := b.StageBlock(ctx, blockID(n), body(string(part)), nil); err != nil {
			return err
		}
	}
	_, err := b.CommitBlockList(ctx, []string{blockID(0), blockID(1), blockID(2)}, &blockblob.CommitBlockListOptions{Metadata: metadata})
	return err
}

// checkWhole asserts that every blob answered for is there with its bytes, and
// that every listed blob has the bytes of its own checksum.
func checkWhole(t *testing.T, c *container.Client, answered map[string]string) {
	t.Helper()
	seen := map[string]bool{}
	for pages := c.NewListBlobsFlatPager(nil); pages.More(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Segment.BlobItems {
			r, err := c.NewBlobClient(*i.Name).DownloadStream(t.Context(), &blob.DownloadStreamOptions{})
			if err != nil {
				t.Fatal(err)
			}
			h := sha256.New()
			_, err = io.Copy(h, r.Body)
			if err = errors.Join(err, r.Body.Close()); err != nil {
				t.Fatal(err)
			}
			got := hex.EncodeToString(h.Sum(nil))
			if got != lower(r.Metadata)["sha256"] || !strings.Contains(answered[*i.Name], got) {
				t.Errorf("%s has bytes that nobody wrote", *i.Name)
			}
			seen[*i.Name] = true
		}
	}
	for name, sums := range answered {
		if !strings.HasPrefix(sums, "|") && !seen[name] {
			t.Errorf("%s was answered for and is gone", name)
		}
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-h"}, 0, "-addr"},
		{[]string{"-port", "1"}, 2, "-port"},
		{[]string{"extra"}, 2, "extra"},
		{[]string{"-addr", "0.0.0.0:0", "-dir", t.TempDir()}, 1, "loopback"},
		{[]string{"-addr", "127.0.0.1:0", "-dir", os.Args[0]}, 1, "not a directory"},
	} {
		var out, errs bytes.Buffer
		if code := blobserver.Run(t.Context(), row.args, &out, &errs); code != row.code || !strings.Contains(errs.String(), row.says) || out.Len() > 0 {
			t.Errorf("%q: exit %d, %q, %q", row.args, code, out.String(), errs.String())
		}
	}
}
