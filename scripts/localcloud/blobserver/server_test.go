package blobserver_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"castad/scripts/localcloud/blobserver"
	"castad/scripts/localcloud/blobserver/blobtest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

func of(s *blobserver.Server) endpoint {
	account, key := s.Account()
	return endpoint{s.URL(), account, key}
}

func stop(t *testing.T, s *blobserver.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func startIn(t *testing.T, dir string) *blobserver.Server {
	t.Helper()
	s, err := blobserver.Start(t.Context(), blobserver.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEverythingSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startIn(t, dir)
	c := of(s).container(t)
	name := of(s).name(c)
	up, err := c.NewBlockBlobClient("one").Upload(t.Context(), body("content"), &blockblob.UploadOptions{
		HTTPHeaders: &blob.HTTPHeaders{BlobContentType: to.Ptr("audio/mpeg")}, Metadata: map[string]*string{"sha256": to.Ptr("abc")}})
	if err != nil {
		t.Fatal(err)
	}
	b := c.NewBlockBlobClient("blocks")
	stage(t, b, 1, "first ")
	stage(t, b, 2, "second")
	if _, err := b.CommitBlockList(t.Context(), []string{blockID(1), blockID(2)}, nil); err != nil {
		t.Fatal(err)
	}
	stage(t, c.NewBlockBlobClient("waiting"), 7, "staged before")
	put(t, c, "deleted", "x")
	if _, err := c.NewBlobClient("deleted").Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	put(t, c, "replaced", "old")
	put(t, c, "replaced", "new")
	stop(t, s)

	s = startIn(t, dir)
	defer stop(t, s)
	c = of(s).client(t, name)
	got, r := read(t, c.NewBlobClient("one"), nil)
	if got != "content" || *r.ETag != *up.ETag || *r.ContentType != "audio/mpeg" || lower(r.Metadata)["sha256"] != "abc" || !r.LastModified.Equal(*up.LastModified) {
		t.Errorf("%q %+v", got, r)
	}
	if got, _ := read(t, c.NewBlobClient("blocks"), nil); got != "first second" {
		t.Errorf("blocks hold %q", got)
	}
	if got, _ := read(t, c.NewBlobClient("replaced"), nil); got != "new" {
		t.Errorf("replaced holds %q", got)
	}
	_, err = c.NewBlobClient("deleted").GetProperties(t.Context(), nil)
	wantStatus(t, "deleted", err, 404, bloberror.BlobNotFound)
	w := c.NewBlockBlobClient("waiting")
	if _, err := w.CommitBlockList(t.Context(), []string{blockID(7)}, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, w.BlobClient(), nil); got != "staged before" {
		t.Errorf("waiting holds %q", got)
	}
	if parts := files(t, filepath.Join(dir, "containers", name, "parts")); parts != 5 { // one, blocks (2), replaced, waiting
		t.Errorf("%d part files are on disk, want 5", parts)
	}
}

func files(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestWhatACrashLeavesIsSweptAndDamageIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startIn(t, dir)
	c := of(s).container(t)
	put(t, c, "good", "content")
	stop(t, s)
	base := filepath.Join(dir, "containers", of(s).name(c))
	for _, orphan := range []string{"parts/orphan", "incoming/half"} {
		if err := os.WriteFile(filepath.Join(base, orphan), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "containers", "unborn", "blobs"), 0o700); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(base, "staged", "old")
	if err := os.Mkdir(old, 0o700); err != nil {
		t.Fatal(err)
	}
	weekAgo := time.Now().Add(-8 * 24 * time.Hour)
	if err := os.Chtimes(old, weekAgo, weekAgo); err != nil {
		t.Fatal(err)
	}
	s = startIn(t, dir)
	if n := files(t, filepath.Join(base, "parts")) + files(t, filepath.Join(base, "incoming")) + files(t, filepath.Join(base, "staged")); n != 1 {
		t.Errorf("%d files are left, want the good part only", n)
	}
	if _, err := os.Stat(filepath.Join(dir, "containers", "unborn")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a container without its record: %v", err)
	}
	stop(t, s)
	parts, err := filepath.Glob(filepath.Join(base, "parts", "*"))
	if err != nil || len(parts) != 1 {
		t.Fatal(parts, err)
	}
	if err := os.Truncate(parts[0], 3); err != nil {
		t.Fatal(err)
	}
	if _, err := blobserver.Start(t.Context(), blobserver.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), `blob "good"`) {
		t.Errorf("a truncated part: %v", err)
	}
}

func TestStartRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	s := blobtest.Start(t)
	taken := t.TempDir()
	first := startIn(t, taken)
	defer stop(t, first)
	for what, row := range map[string]struct {
		o    blobserver.Options
		says string
	}{
		"no folder":          {blobserver.Options{}, "Dir"},
		"every interface":    {blobserver.Options{Dir: t.TempDir(), Addr: "0.0.0.0:0"}, "loopback"},
		"no interface":       {blobserver.Options{Dir: t.TempDir(), Addr: ":0"}, "loopback"},
		"no port":            {blobserver.Options{Dir: t.TempDir(), Addr: "127.0.0.1"}, "port"},
		"a port in use":      {blobserver.Options{Dir: t.TempDir(), Addr: s.Addr()}, "in use"},
		"a folder in use":    {blobserver.Options{Dir: taken}, "another blob server"},
		"an account, no key": {blobserver.Options{Dir: t.TempDir(), Account: "castad"}, "Key"},
		"a key, not base64":  {blobserver.Options{Dir: t.TempDir(), Account: "castad", Key: "?"}, "base64"},
	} {
		if _, err := blobserver.Start(t.Context(), row.o); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTheConnectionStringWorksInTheSDKAndTheContextStopsTheServer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := blobserver.Start(ctx, blobserver.Options{Dir: t.TempDir(), Account: "castad", Key: base64.StdEncoding.EncodeToString([]byte("local"))})
	if err != nil {
		t.Fatal(err)
	}
	c, err := azblob.NewClientFromConnectionString(s.ConnectionString(), &azblob.ClientOptions{ClientOptions: clientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateContainer(t.Context(), "media", nil); err != nil {
		t.Fatal(err)
	}
	// The SDK's own streaming upload: many blocks at once.
	want := bytes.Repeat([]byte("노래"), 500_000)
	if _, err := c.UploadStream(t.Context(), "media", "x", bytes.NewReader(want), &azblob.UploadStreamOptions{BlockSize: 1 << 18, Concurrency: 4}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if _, err := c.DownloadBuffer(t.Context(), "media", "x", got, nil); err != nil || !bytes.Equal(got, want) {
		t.Errorf("downloaded: %v", err)
	}
	cancel()
	stop(t, s)
	if conn, err := net.Dial("tcp", s.Addr()); err == nil {
		t.Error(errors.Join(errors.New("it still listens"), conn.Close()))
	}
}
