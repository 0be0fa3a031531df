package blobserver_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"hash/crc64"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"castad/scripts/localcloud/blobserver"
	"castad/scripts/localcloud/blobserver/blobtest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
)

// Answers where Azurite differs from the documentation, and the local server does not.
func TestTheDocumentedAnswersThatAzuriteDoesNotGive(t *testing.T) {
	t.Parallel()
	c := of(blobtest.Start(t)).container(t)
	b := c.NewBlockBlobClient("x")
	wrong := md5.Sum([]byte("other"))
	_, err := b.Upload(t.Context(), body("one"), &blockblob.UploadOptions{TransactionalValidation: blob.TransferValidationTypeMD5(wrong[:])})
	wantStatus(t, "another's MD5", err, 400, bloberror.MD5Mismatch)
	_, err = b.StageBlock(t.Context(), blockID(1), body("one"), &blockblob.StageBlockOptions{TransactionalValidation: blob.TransferValidationTypeCRC64(7)})
	wantStatus(t, "another's CRC-64", err, 400, "Crc64Mismatch")
	sum := crc64.Checksum([]byte("one"), crc64.MakeTable(0x9A6C9329AC4BC9B5))
	if _, err = b.StageBlock(t.Context(), blockID(1), body("one"), &blockblob.StageBlockOptions{TransactionalValidation: blob.TransferValidationTypeCRC64(sum)}); err != nil {
		t.Errorf("the right CRC-64: %v", err)
	}
	put(t, c, "x", "two") // Put Blob discards uncommitted blocks
	_, err = b.CommitBlockList(t.Context(), []string{blockID(1)}, nil)
	wantStatus(t, "commit of a discarded block", err, 400, bloberror.InvalidBlockList)
	_, err = b.DownloadStream(t.Context(), &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 3, Count: 1}})
	wantStatus(t, "a range that starts at the end", err, 416, bloberror.InvalidRange)
	other, err := container.NewClientWithNoCredential(c.URL(), &container.ClientOptions{ClientOptions: clientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.NewBlobClient("x").DownloadStream(t.Context(), nil)
	wantStatus(t, "anonymous", err, 401, "NoAuthenticationInformation")
}

func TestWhatIsNotHereIsRefusedAndNotIgnored(t *testing.T) {
	t.Parallel()
	e := of(blobtest.Start(t))
	c := e.container(t)
	put(t, c, "x", "content")
	b := c.NewBlockBlobClient("x")
	_, err := b.StartCopyFromURL(t.Context(), c.URL()+"/y", nil)
	wantStatus(t, "copy", err, 501, "NotImplemented")
	_, err = b.SetTier(t.Context(), blob.AccessTierCool, nil)
	wantStatus(t, "tier", err, 501, "NotImplemented")
	_, err = b.SetTags(t.Context(), map[string]string{"a": "b"}, nil)
	wantStatus(t, "tags", err, 501, "NotImplemented")
	_, err = b.CreateSnapshot(t.Context(), nil)
	wantStatus(t, "snapshot", err, 501, "NotImplemented")
	_, err = b.Upload(t.Context(), body("y"), &blockblob.UploadOptions{Tier: to.Ptr(blob.AccessTierCool)})
	wantStatus(t, "put with a tier", err, 501, "NotImplemented")
	_, err = b.Delete(t.Context(), &blob.DeleteOptions{AccessConditions: &blob.AccessConditions{LeaseAccessConditions: &blob.LeaseAccessConditions{LeaseID: to.Ptr("x")}}})
	wantStatus(t, "a lease", err, 501, "NotImplemented")
	_, err = c.NewListBlobsHierarchyPager("/", nil).NextPage(t.Context())
	wantStatus(t, "a delimiter", err, 501, "NotImplemented")
	_, err = c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Include: container.ListBlobsInclude{Snapshots: true}}).NextPage(t.Context())
	wantStatus(t, "snapshots in a list", err, 501, "NotImplemented")
	_, err = c.NewAppendBlobClient("log").Create(t.Context(), nil)
	wantStatus(t, "an append blob", err, 501, "NotImplemented")
	_, err = e.client(t, "public").Create(t.Context(), &container.CreateOptions{Access: to.Ptr(container.PublicAccessTypeBlob)})
	wantStatus(t, "a public container", err, 409, "PublicAccessNotPermitted")
	if got, _ := read(t, b.BlobClient(), nil); got != "content" {
		t.Errorf("afterwards it holds %q", got)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	e := of(blobtest.Start(t))
	c := e.container(t)
	for _, name := range []string{"Media", "a", "a--b", "-ab", "ab-", strings.Repeat("a", 64), "a_b"} {
		_, err := e.client(t, name).Create(t.Context(), nil)
		wantStatus(t, "container "+name, err, 400, "InvalidResourceName")
	}
	for _, name := range []string{"a/../b", "a\x01b", `a\b`, strings.Repeat("긴", 1025)} {
		_, err := c.NewBlockBlobClient(name).Upload(t.Context(), body("x"), nil)
		wantStatus(t, "blob "+name[:3], err, 400, "InvalidResourceName")
	}
	b := c.NewBlockBlobClient("x")
	_, err := b.StageBlock(t.Context(), "not base64!", body("x"), nil)
	wantStatus(t, "a block id that is not base64", err, 400, "InvalidQueryParameterValue")
	_, err = b.StageBlock(t.Context(), base64.StdEncoding.EncodeToString(make([]byte, 65)), body("x"), nil)
	wantStatus(t, "a block id of 65 bytes", err, 400, "InvalidQueryParameterValue")
	_, err = b.Upload(t.Context(), body("x"), &blockblob.UploadOptions{Metadata: map[string]*string{"a": to.Ptr(strings.Repeat("x", 9000))}})
	wantStatus(t, "9 KB of metadata", err, 400, "MetadataTooLarge")
	_, err = b.Upload(t.Context(), body("x"), &blockblob.UploadOptions{Metadata: map[string]*string{"1a": to.Ptr("x")}})
	wantStatus(t, "a metadata name", err, 400, "InvalidMetadata")
	_, err = b.GetProperties(t.Context(), nil)
	wantStatus(t, "afterwards", err, 404, bloberror.BlobNotFound)
}

// signedDo asks for the properties of an absent container; edit changes the
// request before the SDK signs it.
func signedDo(t *testing.T, e endpoint, edit func(*http.Request)) *http.Response {
	t.Helper()
	cred, err := container.NewSharedKeyCredential(e.account, e.key)
	if err != nil {
		t.Fatal(err)
	}
	var answer *http.Response
	o := container.ClientOptions{ClientOptions: clientOptions()}
	o.PerCallPolicies = append(o.PerCallPolicies, policyFunc(func(r *policy.Request) (*http.Response, error) {
		edit(r.Raw())
		return r.Next()
	}))
	o.Transport = doer(func(r *http.Request) (*http.Response, error) {
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			b, e := io.ReadAll(resp.Body)
			err = errors.Join(e, resp.Body.Close())
			again := *resp
			resp.Body, again.Body = io.NopCloser(bytes.NewReader(b)), io.NopCloser(bytes.NewReader(b))
			answer = &again
		}
		return resp, err
	})
	c, err := container.NewClientWithSharedKeyCredential(e.url+"/any", cred, &o)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.GetProperties(t.Context(), nil)
	if answer == nil {
		t.Fatal("no answer")
	}
	return answer
}

type policyFunc func(*policy.Request) (*http.Response, error)

func (f policyFunc) Do(r *policy.Request) (*http.Response, error) { return f(r) }

type doer func(*http.Request) (*http.Response, error)

func (f doer) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestSignaturesAge(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // nanoseconds, of the server's clock
	s, err := blobserver.Start(t.Context(), blobserver.Options{Dir: t.TempDir(), Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	for minutes, want := range map[int]int{0: 404, 14: 404, -14: 404, 16: 403, -16: 403} { // 404: the signature passed, there is no such container
		ahead.Store(int64(time.Duration(minutes) * time.Minute))
		if got := signedDo(t, of(s), func(*http.Request) {}); got.StatusCode != want {
			t.Errorf("%d minutes ahead: %s", minutes, got.Status)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/any?restype=container", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SharedKey "+of(s).account+":AAAA")
	req.Header.Set("x-ms-date", "yesterday")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != 403 {
		t.Errorf("a date that cannot be read: %s, %v", resp.Status, err)
	}
}

func TestHeaderNamesThatDifferInHyphensAreSortedAsTheSDKSortsThem(t *testing.T) {
	t.Parallel()
	got := signedDo(t, of(blobtest.Start(t)), func(r *http.Request) {
		for _, h := range []string{"x-ms-meta-ab", "x-ms-meta-a-b", "x-ms-meta-a-c", "x-ms-meta-a", "x-ms-blob-type", "x-ms-blobtype", "x-ms-meta-a1", "x-ms-meta-z_b"} {
			r.Header.Set(h, h)
		}
	})
	if got.StatusCode != 404 {
		t.Errorf("%s", got.Status)
	}
}

func TestErrorsAreInTheServicesForm(t *testing.T) {
	t.Parallel()
	e := of(blobtest.Start(t))
	r := signedDo(t, e, func(r *http.Request) {
		r.Header.Set("x-ms-client-request-id", "mine")
	})
	var doc struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}
	if err := xml.NewDecoder(r.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Code != "ContainerNotFound" || r.Header.Get("x-ms-error-code") != doc.Code || r.Header.Get("Content-Type") != "application/xml" ||
		!strings.Contains(doc.Message, r.Header.Get("x-ms-request-id")) || r.Header.Get("x-ms-request-id") == "" ||
		r.Header.Get("x-ms-client-request-id") != "mine" || r.Header.Get("x-ms-version") == "" {
		t.Errorf("%+v %v", doc, r.Header)
	}
}

func TestHostStyleAddressesWork(t *testing.T) {
	t.Parallel()
	s := blobtest.Start(t)
	e := of(s)
	put(t, e.container(t), "x", "content")
	cred, err := container.NewSharedKeyCredential(e.account, e.key)
	if err != nil {
		t.Fatal(err)
	}
	base := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Addr())
	}}
	t.Cleanup(base.CloseIdleConnections)
	o := clientOptions()
	o.Transport = &http.Client{Transport: base}
	c, err := container.NewClientWithSharedKeyCredential("http://"+e.account+".blob.localhost/host-style", cred, &container.ClientOptions{ClientOptions: o})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	put(t, c, "a/b", "content")
	if got, _ := read(t, c.NewBlobClient("a/b"), nil); got != "content" {
		t.Errorf("holds %q", got)
	}
}

func TestASASOfAnAddressOrAnOldVersionIsJudged(t *testing.T) {
	t.Parallel()
	e := of(blobtest.Start(t))
	c := e.container(t)
	put(t, c, "x", "content")
	v := sas.BlobSignatureValues{ContainerName: e.name(c), BlobName: "x", Permissions: "r"}
	elsewhere, here, old := v, v, v
	elsewhere.IPRange = sas.IPRange{Start: net.IPv4(10, 0, 0, 1), End: net.IPv4(10, 0, 0, 9)}
	here.IPRange = sas.IPRange{Start: net.IPv4(127, 0, 0, 1)}
	old.Version = "2019-12-12"
	for what, row := range map[string]struct {
		v    sas.BlobSignatureValues
		want int
	}{"another address": {elsewhere, 403}, "this address": {here, 200}, "an old version": {old, 403}} {
		if got, _, _ := fetch(t, "GET", e.signed(t, row.v, c.URL()+"/x")); got != row.want {
			t.Errorf("%s: %d", what, got)
		}
	}
}

func TestAReadGoesOnWhileItsBlobIsReplacedAndDeleted(t *testing.T) {
	t.Parallel()
	c := of(blobtest.Start(t)).container(t)
	old := strings.Repeat("old ", 4<<20)
	put(t, c, "x", old)
	r, err := c.NewBlobClient("x").DownloadStream(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, "x", "new")
	if _, err := c.NewBlobClient("x").Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil || string(got) != old {
		t.Errorf("%d of %d bytes, %v", len(got), len(old), err)
	}
}
