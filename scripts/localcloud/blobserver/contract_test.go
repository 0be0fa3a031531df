package blobserver_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/scripts/localcloud/blobserver/blobtest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/google/go-cmp/cmp"
)

// endpoint is a blob service under contract.
type endpoint struct{ url, account, key string }

func TestTheLocalServerKeepsTheContract(t *testing.T) {
	t.Parallel()
	s := blobtest.Start(t)
	account, key := s.Account()
	contract(t, endpoint{s.URL(), account, key})
}

func TestAzuriteKeepsTheContract(t *testing.T) {
	t.Parallel()
	contract(t, startAzurite(t))
}

// contract is what CastAD relies on in any blob service, told through azblob.
func contract(t *testing.T, e endpoint) {
	for name, test := range map[string]func(*testing.T, endpoint, *container.Client){
		"a container is created once and deleted":               containerLifecycle,
		"a blob put in one request comes back whole":            putOne,
		"names with spaces, Hangul and signs are kept":          oddNames,
		"staged blocks are a blob after the commit only":        stagedBlocks,
		"a commit names known blocks of one id length":          blockListErrors,
		"a commit may reuse committed blocks":                   reuseBlocks,
		"If-None-Match star lets one of many racers create":     createOnce,
		"conditions decide reads and writes":                    conditions,
		"ranges are cut to the blob and refused beyond it":      ranges,
		"a body that does not match its checksum is refused":    checksums,
		"metadata and properties can be replaced":               replaceProperties,
		"a list is ordered, filtered and paged":                 list,
		"a deleted blob is gone":                                deleteBlob,
		"a blob SAS reads that blob and nothing else":           blobSAS,
		"a container SAS does what its permissions say":         containerSAS,
		"a wrong key, a wrong account and nobody are refused":   strangers,
		"a blob's ETag changes with it and the listing has it":  etags,
		"an unfinished upload is not a blob and loses no other": unfinished,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, e, e.container(t))
		})
	}
}

var serial atomic.Int64

// clientOptions: no retries, so a test sees the first answer.
func clientOptions() azcore.ClientOptions {
	return azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}, Transport: &http.Client{Transport: connections}}
}

// connections are shared by all tests, so that TestMain can close them.
var connections = &http.Transport{MaxIdleConnsPerHost: 8}

// container returns a client for a container of its own.
func (e endpoint) container(t *testing.T) *container.Client {
	t.Helper()
	c := e.client(t, fmt.Sprintf("contract-%d", serial.Add(1)))
	if _, err := c.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return c
}

func (e endpoint) client(t *testing.T, name string) *container.Client {
	t.Helper()
	cred, err := container.NewSharedKeyCredential(e.account, e.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := container.NewClientWithSharedKeyCredential(e.url+"/"+name, cred, &container.ClientOptions{ClientOptions: clientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func body(s string) io.ReadSeekCloser { return streaming.NopCloser(strings.NewReader(s)) }

func put(t *testing.T, c *container.Client, name, content string) azcore.ETag {
	t.Helper()
	r, err := c.NewBlockBlobClient(name).Upload(t.Context(), body(content), nil)
	if err != nil {
		t.Fatal(err)
	}
	return *r.ETag
}

func read(t *testing.T, c *blob.Client, o *blob.DownloadStreamOptions) (string, blob.DownloadStreamResponse) {
	t.Helper()
	r, err := c.DownloadStream(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b), r
}

// wantStatus asserts a failure with the status and, unless empty, the code.
func wantStatus(t *testing.T, what string, err error, status int, code bloberror.Code) {
	t.Helper()
	var re *azcore.ResponseError
	if !errors.As(err, &re) || re.StatusCode != status || (code != "" && re.ErrorCode != string(code)) {
		t.Errorf("%s: got %v, want %d %s", what, err, status, code)
	}
}

func ifNone(tag azcore.ETag) *blob.AccessConditions {
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: &tag}}
}

func ifMatch(tag azcore.ETag) *blob.AccessConditions {
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &tag}}
}

func containerLifecycle(t *testing.T, e endpoint, c *container.Client) {
	_, err := c.Create(t.Context(), nil)
	wantStatus(t, "create again", err, 409, bloberror.ContainerAlreadyExists)
	if p, err := c.GetProperties(t.Context(), nil); err != nil || p.ETag == nil || p.BlobPublicAccess != nil {
		t.Errorf("properties: %v, ETag %v, public access %v", err, p.ETag, p.BlobPublicAccess)
	}
	put(t, c, "a", "x")
	if _, err := c.Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_, err = c.NewBlobClient("a").GetProperties(t.Context(), nil)
	wantStatus(t, "blob of a deleted container", err, 404, "")
	_, err = c.NewBlockBlobClient("a").Upload(t.Context(), body("x"), nil)
	wantStatus(t, "put into a deleted container", err, 404, bloberror.ContainerNotFound)
	_, err = e.client(t, "never-made").NewListBlobsFlatPager(nil).NextPage(t.Context())
	wantStatus(t, "list an absent container", err, 404, bloberror.ContainerNotFound)
}

func putOne(t *testing.T, _ endpoint, c *container.Client) {
	for _, content := range []string{"", "x", strings.Repeat("노래", 1<<16)} {
		b := c.NewBlockBlobClient("songs/take 1.mp3")
		up, err := b.Upload(t.Context(), body(content), &blockblob.UploadOptions{
			HTTPHeaders: &blob.HTTPHeaders{BlobContentType: to.Ptr("audio/mpeg"), BlobCacheControl: to.Ptr("private")},
			Metadata:    map[string]*string{"sha256": to.Ptr("abc"), "Kind": to.Ptr("take-1")}})
		if err != nil {
			t.Fatal(err)
		}
		sum := md5.Sum([]byte(content))
		got, r := read(t, b.BlobClient(), nil)
		if got != content || *r.ContentType != "audio/mpeg" || *r.CacheControl != "private" || *r.ETag != *up.ETag ||
			*r.ContentLength != int64(len(content)) || *r.BlobType != blob.BlobTypeBlockBlob || !bytes.Equal(r.ContentMD5, sum[:]) {
			t.Errorf("%d bytes: read back %d bytes, %+v", len(content), len(got), r)
		}
		p, err := b.GetProperties(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if m := lower(p.Metadata); !cmp.Equal(m, map[string]string{"sha256": "abc", "kind": "take-1"}) || *p.ETag != *up.ETag ||
			*p.ContentLength != int64(len(content)) || time.Since(*p.LastModified) > time.Hour {
			t.Errorf("properties: %v %+v", m, p)
		}
	}
}

func lower(m map[string]*string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[strings.ToLower(k)] = *v
	}
	return out
}

func oddNames(t *testing.T, _ endpoint, c *container.Client) {
	names := []string{"a b", "전주/한옥 마을.mp4", "plus+and%25percent", "q?x=1&y", "#hash", strings.Repeat("긴", 300), "a/b/c/d.json", "x.y-z_~!$'(),;=@:"}
	for _, n := range names {
		put(t, c, n, n)
	}
	slices.Sort(names)
	var listed []string
	for p := c.NewListBlobsFlatPager(nil); p.More(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Segment.BlobItems {
			listed = append(listed, *b.Name)
		}
	}
	if d := cmp.Diff(names, listed); d != "" {
		t.Errorf("listed names (-put +listed):\n%s", d)
	}
	for _, n := range names {
		if got, _ := read(t, c.NewBlobClient(n), nil); got != n {
			t.Errorf("%q holds %q", n, got)
		}
	}
}

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

func conditions(t *testing.T, _ endpoint, c *container.Client) {
	b := c.NewBlockBlobClient("x")
	_, err := b.Upload(t.Context(), body("0"), &blockblob.UploadOptions{AccessConditions: ifMatch(`"0x1"`)})
	wantStatus(t, "put if-match on nothing", err, 412, bloberror.ConditionNotMet)
	old := put(t, c, "x", "1")
	if _, err := b.Upload(t.Context(), body("2"), &blockblob.UploadOptions{AccessConditions: ifMatch(old)}); err != nil {
		t.Fatal(err)
	}
	_, err = b.Upload(t.Context(), body("3"), &blockblob.UploadOptions{AccessConditions: ifMatch(old)})
	wantStatus(t, "put with a stale ETag", err, 412, bloberror.ConditionNotMet)
	_, err = b.DownloadStream(t.Context(), &blob.DownloadStreamOptions{AccessConditions: ifMatch(old)})
	wantStatus(t, "read with a stale ETag", err, 412, bloberror.ConditionNotMet)
	_, err = b.Delete(t.Context(), &blob.DeleteOptions{AccessConditions: ifMatch(old)})
	wantStatus(t, "delete with a stale ETag", err, 412, bloberror.ConditionNotMet)
	got, r := read(t, b.BlobClient(), nil)
	if got != "2" {
		t.Errorf("holds %q", got)
	}
	_, err = b.GetProperties(t.Context(), &blob.GetPropertiesOptions{AccessConditions: ifNone(*r.ETag)})
	wantStatus(t, "head if-none-match", err, 304, "")
	if got, _ := read(t, b.BlobClient(), &blob.DownloadStreamOptions{AccessConditions: ifMatch(*r.ETag)}); got != "2" {
		t.Errorf("if-match read %q", got)
	}
	before := r.LastModified.Add(-time.Hour)
	_, err = b.DownloadStream(t.Context(), &blob.DownloadStreamOptions{AccessConditions: &blob.AccessConditions{
		ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfUnmodifiedSince: &before}}})
	wantStatus(t, "read if-unmodified-since an hour ago", err, 412, bloberror.ConditionNotMet)
	_, err = b.GetProperties(t.Context(), &blob.GetPropertiesOptions{AccessConditions: &blob.AccessConditions{
		ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfModifiedSince: r.LastModified}}})
	wantStatus(t, "head if-modified-since its own time", err, 304, "")
}

func ranges(t *testing.T, _ endpoint, c *container.Client) {
	put(t, c, "x", "0123456789")
	b := c.NewBlobClient("x")
	for _, row := range []struct {
		offset, count int64
		want, header  string
	}{
		{0, 1, "0", "bytes 0-0/10"}, {3, 4, "3456", "bytes 3-6/10"}, {9, 0, "9", "bytes 9-9/10"},
		{5, 0, "56789", "bytes 5-9/10"}, {8, 100, "89", "bytes 8-9/10"},
	} {
		got, r := read(t, b, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: row.offset, Count: row.count}})
		if got != row.want || r.ContentRange == nil || *r.ContentRange != row.header || *r.ContentLength != int64(len(row.want)) {
			t.Errorf("%d+%d: %q, %v", row.offset, row.count, got, r.ContentRange)
		}
	}
	_, err := b.DownloadStream(t.Context(), &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 11, Count: 1}})
	wantStatus(t, "beyond the end", err, 416, bloberror.InvalidRange)
}

func checksums(t *testing.T, _ endpoint, c *container.Client) {
	b := c.NewBlockBlobClient("x")
	wrong := md5.Sum([]byte("other"))
	_, err := b.StageBlock(t.Context(), blockID(1), body("one"), &blockblob.StageBlockOptions{
		TransactionalValidation: blob.TransferValidationTypeMD5(wrong[:])})
	wantStatus(t, "a block with another's MD5", err, 400, "") // Azurite has another code
	_, err = b.Upload(t.Context(), body("one"), &blockblob.UploadOptions{TransactionalValidation: blob.TransferValidationTypeMD5(wrong[:])})
	wantStatus(t, "a blob with another's MD5", err, 400, "") // Azurite has another code
	_, err = b.GetProperties(t.Context(), nil)
	wantStatus(t, "after the refusals", err, 404, bloberror.BlobNotFound)
	right := md5.Sum([]byte("one"))
	if _, err := b.Upload(t.Context(), body("one"), &blockblob.UploadOptions{TransactionalValidation: blob.TransferValidationTypeMD5(right[:])}); err != nil {
		t.Error(err)
	}
}

func replaceProperties(t *testing.T, _ endpoint, c *container.Client) {
	first := put(t, c, "x", "content")
	b := c.NewBlobClient("x")
	if _, err := b.SetMetadata(t.Context(), map[string]*string{"a": to.Ptr("1")}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SetHTTPHeaders(t.Context(), blob.HTTPHeaders{BlobContentType: to.Ptr("image/png"), BlobContentDisposition: to.Ptr("attachment")}, nil); err != nil {
		t.Fatal(err)
	}
	got, r := read(t, b, nil)
	if got != "content" || *r.ContentType != "image/png" || *r.ContentDisposition != "attachment" || lower(r.Metadata)["a"] != "1" || *r.ETag == first {
		t.Errorf("%q %+v", got, r)
	}
	_, err := b.SetMetadata(t.Context(), nil, &blob.SetMetadataOptions{AccessConditions: ifMatch(first)})
	wantStatus(t, "metadata with a stale ETag", err, 412, bloberror.ConditionNotMet)
	_, err = c.NewBlobClient("absent").SetMetadata(t.Context(), nil, nil)
	wantStatus(t, "metadata of nothing", err, 404, bloberror.BlobNotFound)
}

func list(t *testing.T, _ endpoint, c *container.Client) {
	var want []string
	for n := range 7 {
		name := fmt.Sprintf("songs/%d", n)
		put(t, c, name, strings.Repeat("x", n))
		want = append(want, fmt.Sprintf("%s %d", name, n))
	}
	put(t, c, "other", "x")
	put(t, c, "songsx", "x")
	b := c.NewBlockBlobClient("songs/uncommitted")
	stage(t, b, 1, "x")
	var got []string
	pages := 0
	for p := c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: to.Ptr("songs/"), MaxResults: to.Ptr[int32](3)}); p.More(); pages++ {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Segment.BlobItems {
			got = append(got, fmt.Sprintf("%s %d", *i.Name, *i.Properties.ContentLength))
		}
	}
	if d := cmp.Diff(want, got); d != "" || pages != 3 {
		t.Errorf("%d pages; (-want +got):\n%s", pages, d)
	}
}

func deleteBlob(t *testing.T, _ endpoint, c *container.Client) {
	put(t, c, "x", "1")
	put(t, c, "y", "1")
	b := c.NewBlobClient("x")
	if _, err := b.Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_, err := b.Delete(t.Context(), nil)
	wantStatus(t, "delete again", err, 404, bloberror.BlobNotFound)
	_, err = b.DownloadStream(t.Context(), nil)
	wantStatus(t, "read a deleted blob", err, 404, bloberror.BlobNotFound)
	_, err = b.GetProperties(t.Context(), nil)
	wantStatus(t, "head a deleted blob", err, 404, bloberror.BlobNotFound)
	if got, _ := read(t, c.NewBlobClient("y"), nil); got != "1" {
		t.Errorf("its neighbour holds %q", got)
	}
}

// signed returns a URL of a blob or container with a SAS.
func (e endpoint) signed(t *testing.T, v sas.BlobSignatureValues, url string) string {
	t.Helper()
	cred, err := blob.NewSharedKeyCredential(e.account, e.key)
	if err != nil {
		t.Fatal(err)
	}
	if v.ExpiryTime.IsZero() {
		v.ExpiryTime = time.Now().UTC().Add(time.Hour)
	}
	q, err := v.SignWithSharedKey(cred)
	if err != nil {
		t.Fatal(err)
	}
	return url + "?" + q.Encode()
}

func (e endpoint) name(c *container.Client) string { return c.URL()[len(e.url)+1:] }

func fetch(t *testing.T, method, url string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-ms-version", "2024-11-04")
	if method == http.MethodPut {
		req.Header.Set("x-ms-blob-type", "BlockBlob")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

func blobSAS(t *testing.T, e endpoint, c *container.Client) {
	put(t, c, "mine", "content")
	put(t, c, "other", "secret")
	base := sas.BlobSignatureValues{Protocol: sas.ProtocolHTTPSandHTTP, ContainerName: e.name(c), BlobName: "mine",
		Permissions: (&sas.BlobPermissions{Read: true}).String(), StartTime: time.Now().UTC().Add(-5 * time.Minute), ContentType: "video/mp4"}
	url := e.signed(t, base, c.URL()+"/mine")
	if status, got, h := fetch(t, "GET", url); status != 200 || got != "content" || h.Get("Content-Type") != "video/mp4" {
		t.Errorf("read: %d %q %q", status, got, h.Get("Content-Type"))
	}
	expired := base
	expired.ExpiryTime = time.Now().UTC().Add(-time.Minute)
	early := base
	early.StartTime = time.Now().UTC().Add(30 * time.Minute)
	secure := base
	secure.Protocol = sas.ProtocolHTTPS
	for what, row := range map[string]struct{ method, url string }{
		"another blob":          {"GET", strings.Replace(url, "/mine?", "/other?", 1)},
		"more permissions":      {"GET", strings.Replace(url, "sp=r", "sp=rw", 1)},
		"later expiry":          {"GET", strings.Replace(url, "se=20", "se=21", 1)},
		"a write":               {"PUT", url},
		"a delete":              {"DELETE", url},
		"the list":              {"GET", strings.Replace(url, "/mine?", "?restype=container&comp=list&", 1)},
		"an expired one":        {"GET", e.signed(t, expired, c.URL()+"/mine")},
		"one that starts later": {"GET", e.signed(t, early, c.URL()+"/mine")},
		"https only over http":  {"GET", e.signed(t, secure, c.URL()+"/mine")},
		"no signature":          {"GET", strings.Split(url, "&sig=")[0]},
	} {
		if status, got, _ := fetch(t, row.method, row.url); status != 403 && status != 401 || strings.Contains(got, "secret") {
			t.Errorf("%s: %d %q", what, status, got)
		}
	}
	if got, _ := read(t, c.NewBlobClient("mine"), nil); got != "content" {
		t.Errorf("after the attempts it holds %q", got)
	}
}

func containerSAS(t *testing.T, e endpoint, c *container.Client) {
	put(t, c, "mine", "content")
	v := sas.BlobSignatureValues{ContainerName: e.name(c), Permissions: (&sas.ContainerPermissions{Create: true, List: true}).String()}
	signed, err := container.NewClientWithNoCredential(e.signed(t, v, c.URL()), &container.ClientOptions{ClientOptions: clientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := signed.NewListBlobsFlatPager(nil).NextPage(t.Context()); err != nil || len(p.Segment.BlobItems) != 1 {
		t.Errorf("list: %v", err)
	}
	if _, err := signed.NewBlockBlobClient("new").Upload(t.Context(), body("x"), nil); err != nil {
		t.Errorf("create: %v", err)
	}
	_, err = signed.NewBlobClient("mine").DownloadStream(t.Context(), nil)
	wantStatus(t, "read without r", err, 403, "")
	_, err = signed.NewBlobClient("mine").Delete(t.Context(), nil)
	wantStatus(t, "delete without d", err, 403, "")
	_, err = signed.NewBlockBlobClient("mine").Upload(t.Context(), body("x"), nil)
	wantStatus(t, "overwrite with c", err, 403, "")
	_, err = signed.Delete(t.Context(), nil)
	wantStatus(t, "delete the container", err, 403, "")
	_, err = e.client(t, e.name(c)).GetProperties(t.Context(), nil)
	if err != nil {
		t.Errorf("the container is gone: %v", err)
	}
}

func strangers(t *testing.T, e endpoint, c *container.Client) {
	put(t, c, "x", "secret")
	wrong := e
	wrong.key = base64.StdEncoding.EncodeToString([]byte("another key"))
	_, err := wrong.client(t, e.name(c)).NewBlobClient("x").DownloadStream(t.Context(), nil)
	wantStatus(t, "a wrong key", err, 403, "") // Azurite has another code
	for what, url := range map[string]string{"blob": c.URL() + "/x", "list": c.URL() + "?restype=container&comp=list"} {
		if status, got, _ := fetch(t, "GET", url); status < 400 || strings.Contains(got, "secret") {
			t.Errorf("anonymous %s: %d %q", what, status, got)
		}
	}
	other := e
	other.account, other.url = "someoneelse", strings.Replace(e.url, e.account, "someoneelse", 1)
	if _, err = other.client(t, e.name(c)).NewBlobClient("x").DownloadStream(t.Context(), nil); err == nil {
		t.Error("another account was served")
	}
}

func etags(t *testing.T, _ endpoint, c *container.Client) {
	first, second := put(t, c, "x", "1"), put(t, c, "x", "2")
	if first == second || !strings.HasPrefix(string(second), `"`) {
		t.Errorf("ETags %s and %s", first, second)
	}
	page, err := c.NewListBlobsFlatPager(nil).NextPage(t.Context())
	if err != nil || len(page.Segment.BlobItems) != 1 {
		t.Fatal(err)
	}
	if got := *page.Segment.BlobItems[0].Properties.ETag; strings.Trim(string(got), `"`) != strings.Trim(string(second), `"`) {
		t.Errorf("listed ETag %s, put %s", got, second)
	}
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
