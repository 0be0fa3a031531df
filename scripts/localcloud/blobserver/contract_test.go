package blobserver_test

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"castad/scripts/localcloud/blobserver/blobtest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/google/go-cmp/cmp"
)

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
