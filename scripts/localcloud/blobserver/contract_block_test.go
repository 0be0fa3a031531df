package blobserver_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

func blockID(n int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "block-%06d", n))
}

func stage(t *testing.T, b *blockblob.Client, n int, content string) {
	t.Helper()
	if _, err := b.StageBlock(t.Context(), blockID(n), body(content), nil); err != nil {
		t.Fatal(err)
	}
}

func stagedBlocks(t *testing.T, _ endpoint, c *container.Client) {
	b := c.NewBlockBlobClient("video.mp4")
	parts := []string{strings.Repeat("a", 300_000), strings.Repeat("b", 200_000), "c"}
	for _, n := range []int{2, 0, 1} {
		stage(t, b, n, parts[n])
	}
	stage(t, b, 1, parts[1]) // again: replaces
	_, err := b.GetProperties(t.Context(), nil)
	wantStatus(t, "before the commit", err, 404, bloberror.BlobNotFound)
	ids := []string{blockID(0), blockID(1), blockID(2)}
	up, err := b.CommitBlockList(t.Context(), ids, &blockblob.CommitBlockListOptions{
		HTTPHeaders: &blob.HTTPHeaders{BlobContentType: to.Ptr("video/mp4")}, Metadata: map[string]*string{"sha256": to.Ptr("f00")}})
	if err != nil {
		t.Fatal(err)
	}
	got, r := read(t, b.BlobClient(), nil)
	if got != strings.Join(parts, "") || *r.ContentType != "video/mp4" || lower(r.Metadata)["sha256"] != "f00" || *r.ETag != *up.ETag {
		t.Errorf("read back %d bytes, %+v", len(got), r)
	}
	l, err := b.GetBlockList(t.Context(), blockblob.BlockListTypeAll, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.CommittedBlocks) != 3 || len(l.UncommittedBlocks) != 0 || *l.CommittedBlocks[1].Name != blockID(1) || *l.CommittedBlocks[1].Size != 200_000 {
		t.Errorf("block list %+v", l.BlockList)
	}
	// A range over the seam of two blocks.
	got, _ = read(t, b.BlobClient(), &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 299_998, Count: 4}})
	if got != "aabb" {
		t.Errorf("over the seam: %q", got)
	}
}

func blockListErrors(t *testing.T, _ endpoint, c *container.Client) {
	b := c.NewBlockBlobClient("x")
	stage(t, b, 1, "one")
	_, err := b.CommitBlockList(t.Context(), []string{blockID(1), blockID(2)}, nil)
	wantStatus(t, "an unknown block", err, 400, "InvalidBlockList")
	_, err = b.StageBlock(t.Context(), base64.StdEncoding.EncodeToString([]byte("short")), body("x"), nil)
	wantStatus(t, "another id length", err, 400, "InvalidBlobOrBlock")
	// The refused commit has not used up the block.
	if _, err = b.CommitBlockList(t.Context(), []string{blockID(1)}, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, b.BlobClient(), nil); got != "one" {
		t.Errorf("holds %q", got)
	}
}

func reuseBlocks(t *testing.T, _ endpoint, c *container.Client) {
	b := c.NewBlockBlobClient("x")
	stage(t, b, 1, "one ")
	stage(t, b, 2, "two ")
	if _, err := b.CommitBlockList(t.Context(), []string{blockID(1), blockID(2)}, nil); err != nil {
		t.Fatal(err)
	}
	stage(t, b, 3, "three ")
	if _, err := b.CommitBlockList(t.Context(), []string{blockID(3), blockID(1)}, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, b.BlobClient(), nil); got != "three one " {
		t.Errorf("holds %q", got)
	}
	_, err := b.CommitBlockList(t.Context(), []string{blockID(2)}, nil)
	wantStatus(t, "a block that the last commit dropped", err, 400, "InvalidBlockList")
}

func createOnce(t *testing.T, _ endpoint, c *container.Client) {
	const racers = 8
	b := c.NewBlockBlobClient("once")
	var won atomic.Int64
	var winner atomic.Pointer[string]
	var wg sync.WaitGroup
	for n := range racers {
		wg.Go(func() {
			content := fmt.Sprintf("racer %d", n)
			var err error
			if n%2 == 0 {
				_, err = b.Upload(context.WithoutCancel(t.Context()), body(content), &blockblob.UploadOptions{AccessConditions: ifNone(azcore.ETagAny)})
			} else {
				if _, err = b.StageBlock(context.WithoutCancel(t.Context()), blockID(n), body(content), nil); err == nil {
					_, err = b.CommitBlockList(context.WithoutCancel(t.Context()), []string{blockID(n)}, &blockblob.CommitBlockListOptions{AccessConditions: ifNone(azcore.ETagAny)})
				}
			}
			switch {
			case err == nil:
				won.Add(1)
				winner.Store(&content)
			case !bloberror.HasCode(err, bloberror.BlobAlreadyExists, bloberror.ConditionNotMet, bloberror.InvalidBlockList):
				t.Errorf("racer %d: %v", n, err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d racers created the blob", won.Load())
	}
	if got, _ := read(t, b.BlobClient(), nil); got != *winner.Load() {
		t.Errorf("the blob holds %q, the winner wrote %q", got, *winner.Load())
	}
	_, err := b.Upload(t.Context(), body("late"), &blockblob.UploadOptions{AccessConditions: ifNone(azcore.ETagAny)})
	wantStatus(t, "a late racer", err, 409, bloberror.BlobAlreadyExists)
}

func unfinished(t *testing.T, _ endpoint, c *container.Client) {
	put(t, c, "x", "old")
	b := c.NewBlockBlobClient("x")
	stage(t, b, 1, "new")
	if got, _ := read(t, b.BlobClient(), nil); got != "old" {
		t.Errorf("a staged block shows: %q", got)
	}
	if _, err := b.CommitBlockList(t.Context(), []string{blockID(1)}, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, b.BlobClient(), nil); got != "new" {
		t.Errorf("holds %q", got)
	}
}
