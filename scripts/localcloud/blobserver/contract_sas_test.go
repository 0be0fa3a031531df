package blobserver_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
)

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
