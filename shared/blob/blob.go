// Package blob keeps media in Azure Blob Storage: songs, films, photos, and
// whatever else is too big for a row.
//
// It promises:
//
//   - Create-once. Keep writes a name that does not exist or reports what is
//     there; it never overwrites. Names are made by the server from ids, so a
//     retry of a step finds what its first attempt kept.
//   - Whole or not at all. A stream goes up as staged blocks and becomes a blob
//     by one commit that carries its SHA-256. An error, a limit or a crash
//     before the commit leaves nothing readable; the service forgets staged
//     blocks after a week.
//   - Bounded memory. Keep holds at most 3 blocks of 4 MiB whatever the stream's
//     size; an Object holds none: it reads ranges of 4 MiB as they are consumed.
//   - One version. An Object reads the version it was opened on (If-Match on
//     its ETag) or fails; bytes of two versions are never mixed.
//   - Errors have kinds (shared/fault): NotFound for an absent blob, Unavailable
//     with RetryAfter when the service is down or busy, Misconfigured for a
//     refused credential or an absent container, Invalid/request.too_large over
//     the limit. The context's own error stays what it is.
//
// Limits (Azure documentation): 50,000 blocks per blob, so 195 GiB at this
// block size; names of 1 to 1,024 characters.
//
// One request is tried three times (see Open); the caller's deadline bounds
// them all.
package blob

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

const (
	// blockSize is the size of a staged block and of a ranged read, in bytes.
	// The SDK's defaults differ from version to version (1 MiB blocks, 1 to 96
	// at a time), so both are ours.
	blockSize = 4 << 20
	// concurrency is how many blocks of one Keep are on their way at once; one
	// more is being filled.
	concurrency = 2
	// maxBlocks is the service's limit per blob.
	maxBlocks = 50_000
)

// Config says which container to use and how to sign in: either a connection
// string (local stage, the value of CASTAD_BLOB) or an account URL with a token
// credential (Azure, managed identity).
type Config struct {
	// ConnectionString has AccountName, AccountKey and BlobEndpoint (or
	// DefaultEndpointsProtocol and EndpointSuffix), or is
	// UseDevelopmentStorage=true for an emulator on 127.0.0.1:10000.
	ConnectionString string
	// AccountURL is https://ACCOUNT.blob.core.windows.net.
	AccountURL string
	Credential azcore.TokenCredential
	// Container is the container's name.
	Container string
	// Transport makes the requests; nil is the SDK's client.
	Transport *http.Client
}

// Store is a container.
type Store struct {
	container *container.Client
	name      string
	blocks    sync.Pool // of *[blockSize]byte
}

// Open makes a Store. It does no I/O; a combination that cannot work is an
// error that says what CASTAD_BLOB should be.
func Open(c Config) (*Store, error) {
	if !containerName.MatchString(c.Container) || strings.Contains(c.Container, "--") {
		return nil, fmt.Errorf("CASTAD_BLOB: container %q is not 3 to 63 of a-z, 0-9 and single hyphens", c.Container)
	}
	o := &container.ClientOptions{ClientOptions: azcore.ClientOptions{
		// Three tries within about a second: a longer outage is the queue's to wait for, not an invocation's.
		Retry: policy.RetryOptions{MaxRetries: 2, RetryDelay: 200 * time.Millisecond, MaxRetryDelay: time.Second},
	}}
	if c.Transport != nil {
		o.Transport = c.Transport
	}
	client, err := connect(c, o)
	if err != nil {
		return nil, err
	}
	return &Store{container: client, name: c.Container, blocks: sync.Pool{New: func() any { return new([blockSize]byte) }}}, nil
}

var containerName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

func connect(c Config, o *container.ClientOptions) (*container.Client, error) {
	switch {
	case c.ConnectionString != "" && (c.AccountURL != "" || c.Credential != nil):
		return nil, errors.New("CASTAD_BLOB: give a connection string or an account URL, not both")
	case c.ConnectionString != "":
		return fromConnectionString(c, o)
	case c.AccountURL == "":
		return nil, errors.New("CASTAD_BLOB is empty: give a connection string, or an account URL such as https://ACCOUNT.blob.core.windows.net")
	case c.Credential == nil:
		return nil, errors.New("CASTAD_BLOB is an account URL, which needs a managed identity; without one give a connection string")
	}
	u, err := url.Parse(c.AccountURL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("CASTAD_BLOB: the account URL must look like https://ACCOUNT.blob.core.windows.net")
	}
	client, err := container.NewClient("https://"+u.Host+"/"+c.Container, c.Credential, o)
	if err != nil {
		return nil, fmt.Errorf("CASTAD_BLOB: %w", err)
	}
	return client, nil
}

// The published account of the emulators; UseDevelopmentStorage=true means it.
const development = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;" +
	"AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;" +
	"BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1"

// fromConnectionString parses the string itself: the SDK's own parser takes the
// account of a URL from its first host label, which for
// http://127.0.0.1:10000/devstoreaccount1 would sign for account "127".
func fromConnectionString(c Config, o *container.ClientOptions) (*container.Client, error) {
	text := c.ConnectionString
	if strings.Trim(text, "; ") == "UseDevelopmentStorage=true" {
		text = development
	}
	fields := map[string]string{}
	for field := range strings.SplitSeq(text, ";") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		k, v, ok := strings.Cut(field, "=")
		if !ok {
			return nil, errors.New("CASTAD_BLOB: a connection string is Name=Value pairs separated by semicolons")
		}
		fields[k] = v
	}
	account, key := fields["AccountName"], fields["AccountKey"]
	if account == "" || key == "" {
		return nil, errors.New("CASTAD_BLOB: the connection string needs AccountName and AccountKey")
	}
	endpoint, err := endpointOf(fields, account)
	if err != nil {
		return nil, err
	}
	cred, err := container.NewSharedKeyCredential(account, key)
	if err != nil {
		return nil, errors.New("CASTAD_BLOB: AccountKey is not base64")
	}
	client, err := container.NewClientWithSharedKeyCredential(endpoint+"/"+c.Container, cred, o)
	if err != nil {
		return nil, fmt.Errorf("CASTAD_BLOB: %w", err)
	}
	return client, nil
}

// endpointOf returns the service URL of a connection string. Plain http is for
// this machine only: a signed request without TLS can be replayed.
func endpointOf(fields map[string]string, account string) (string, error) {
	endpoint := fields["BlobEndpoint"]
	if endpoint == "" {
		protocol, suffix := fields["DefaultEndpointsProtocol"], fields["EndpointSuffix"]
		if protocol == "" {
			protocol = "https"
		}
		if suffix == "" {
			suffix = "core.windows.net"
		}
		endpoint = protocol + "://" + account + ".blob." + suffix
	}
	u, err := url.Parse(endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return "", errors.New("CASTAD_BLOB: BlobEndpoint must be a URL such as http://127.0.0.1:10000/devstoreaccount1")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return "", errors.New("CASTAD_BLOB: plain http is for a loopback address only; use https")
	}
	return strings.TrimRight(endpoint, "/"), nil
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
