package blobserver_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// endpoint is a blob service under contract.
type endpoint struct{ url, account, key string }

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
