package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"castad/shared/blob"
	"castad/shared/fault"

	"github.com/google/go-cmp/cmp"
)

func TestKeptBytesComeBackWhateverTheirNumber(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, n := range []int{0, 1, 1000, block - 1, block, block + 1, 2 * block, 3*block + 17} {
		t.Run(fmt.Sprintf("%d bytes", n), func(t *testing.T) {
			t.Parallel()
			want := content(n, n)
			name := fmt.Sprintf("t/acct_1/한옥 %d.bin", n)
			kept, err := s.Keep(t.Context(), name, "video/mp4", iotest.HalfReader(bytes.NewReader(want)), []int64{int64(max(n, 1)), math.MaxInt64}[n%2])
			if err != nil {
				t.Fatal(err)
			}
			expect := blob.Kept{Name: name, SHA256: sha256.Sum256(want), Bytes: int64(n), Type: "video/mp4"}
			if d := cmp.Diff(expect, kept); d != "" {
				t.Errorf("kept (-want +got):\n%s", d)
			}
			st, err := s.Stat(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(expect, st.Kept); d != "" || st.ETag == "" || st.Modified.IsZero() {
				t.Errorf("stat %+v (-want +got):\n%s", st, d)
			}
			o, err := s.Open(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			crc, err := o.CRC32()
			if err != nil || crc != crc32.ChecksumIEEE(want) {
				t.Errorf("CRC-32 %x, %v", crc, err)
			}
			got, err := io.ReadAll(o)
			if err = errors.Join(err, o.Close()); err != nil || !bytes.Equal(got, want) {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
			again, err := s.Keep(t.Context(), name, "text/plain", bytes.NewReader(content(n+1, n)), int64(max(n, 1)))
			expect.Existed = true
			if d := cmp.Diff(expect, again); err != nil || d != "" {
				t.Errorf("kept again: %v (-want +got):\n%s", err, d)
			}
		})
	}
}

func TestARetryOfALongUploadSendsNothingAgain(t *testing.T) {
	t.Parallel()
	s := start(t)
	if _, err := s.Keep(t.Context(), "film", "video/mp4", bytes.NewReader(content(1, 3*block)), 4*block); err != nil {
		t.Fatal(err)
	}
	before := s.wire.count("PUT block")
	kept, err := s.Keep(t.Context(), "film", "video/mp4", bytes.NewReader(content(1, 3*block)), 4*block)
	if err != nil || !kept.Existed {
		t.Fatalf("%+v %v", kept, err)
	}
	if after := s.wire.count("PUT block"); before != 3 || after != before {
		t.Errorf("%d blocks at first, %d after the retry", before, after)
	}
}

func TestOneOfManyWritersCreatesAndAllLearnWhatIsThere(t *testing.T) {
	t.Parallel()
	s := start(t)
	var wg sync.WaitGroup
	kept := make([]blob.Kept, 6)
	for n := range kept {
		wg.Go(func() {
			var err error
			// Half are one request, half are staged.
			if kept[n], err = s.Keep(t.Context(), "once", "video/mp4", bytes.NewReader(content(n, 1000+n%2*(block+n))), 2*block); err != nil {
				t.Errorf("writer %d: %v", n, err)
			}
		})
	}
	wg.Wait()
	st, err := s.Stat(t.Context(), "once")
	if err != nil {
		t.Fatal(err)
	}
	created := 0
	for n, k := range kept {
		if !k.Existed {
			created++
		}
		if k.SHA256 != st.SHA256 || k.Bytes != st.Bytes {
			t.Errorf("writer %d was told of other bytes than those that are there", n)
		}
	}
	if created != 1 {
		t.Errorf("%d writers created the blob", created)
	}
	o, err := s.Open(t.Context(), "once")
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	_, err = io.Copy(h, o)
	if err = errors.Join(err, o.Close()); err != nil || [32]byte(h.Sum(nil)) != st.SHA256 {
		t.Errorf("the bytes are not those of the checksum: %v", err)
	}
}

func TestMoreThanTheLimitIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, limit := range []int64{1, 1000, block - 1, block, 2*block + 5} {
		endless := new(counter)
		_, err := s.Keep(t.Context(), "big", "video/mp4", endless, limit)
		if fault.CodeOf(err) != fault.CodeTooLarge {
			t.Errorf("limit %d: %v", limit, err)
		}
		if endless.n > limit+1 {
			t.Errorf("limit %d: %d bytes were read", limit, endless.n)
		}
		_, err = s.Stat(t.Context(), "big")
		wantFault(t, "after the refusal", err, fault.NotFound)
	}
}

func TestABrokenSourceLeavesNothingAndItsErrorIsPassedOn(t *testing.T) {
	t.Parallel()
	s := start(t)
	broken := errors.New("the vendor hung up")
	for _, n := range []int{0, 10, block, 2*block + 1} {
		_, err := s.Keep(t.Context(), "x", "video/mp4", io.MultiReader(bytes.NewReader(content(1, n)), iotest.ErrReader(broken)), 10*block)
		if !errors.Is(err, broken) || fault.KindOf(err) != fault.Internal {
			t.Errorf("after %d bytes: %v", n, err)
		}
		own := fault.New(fault.CodeVendorResult)
		_, err = s.Keep(t.Context(), "x", "video/mp4", io.MultiReader(bytes.NewReader(content(1, n)), iotest.ErrReader(own)), 10*block)
		if fault.CodeOf(err) != fault.CodeVendorResult {
			t.Errorf("after %d bytes: %v", n, err)
		}
		_, err = s.Stat(t.Context(), "x")
		wantFault(t, "afterwards", err, fault.NotFound)
	}
	if kept, err := s.Keep(t.Context(), "x", "video/mp4", bytes.NewReader(content(2, 2*block)), 10*block); err != nil || kept.Existed {
		t.Errorf("a good source afterwards: %+v %v", kept, err)
	}
}

func TestAnEndedContextStopsAKeep(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	read := 0
	_, err := s.Keep(ctx, "x", "video/mp4", readFunc(func(p []byte) (int, error) {
		if read += len(p); read > 3*block {
			cancel()
		}
		return len(p), nil
	}), 100*block)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = s.Keep(late, "x", "video/mp4", strings.NewReader("x"), 10)
	wantFault(t, "past the deadline", err, fault.Timeout)
	_, err = s.Stat(t.Context(), "x")
	wantFault(t, "afterwards", err, fault.NotFound)
}

func TestALostAnswerToTheCommitIsNotAFailure(t *testing.T) {
	t.Parallel()
	s := start(t)
	var once sync.Once
	lose := func(r *http.Request, base http.RoundTripper) (*http.Response, error) {
		resp, err := base.RoundTrip(r)
		if err == nil && r.Method == http.MethodPut && r.URL.Query().Get("comp") != "block" {
			once.Do(func() {
				_ = resp.Body.Close()
				resp, err = nil, io.ErrUnexpectedEOF
			})
		}
		return resp, err
	}
	for _, n := range []int{100, block + 1} {
		once = sync.Once{}
		s.wire.disturb.Store(&lose)
		want := content(n, n)
		kept, err := s.Keep(t.Context(), fmt.Sprint("x", n), "video/mp4", bytes.NewReader(want), 2*block)
		if err != nil || kept.SHA256 != sha256.Sum256(want) || kept.Bytes != int64(n) {
			t.Errorf("%d bytes: %+v %v", n, kept, err)
		}
	}
}

func TestListAndDelete(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, n := range []string{"a/1", "a/2", "b/1"} {
		if _, err := s.Keep(t.Context(), n, "text/plain", strings.NewReader(n), 10); err != nil {
			t.Fatal(err)
		}
	}
	names := func() (names []string) {
		err := s.List(t.Context(), "a/", func(name string, bytes int64, modified time.Time) error {
			if bytes != 3 || modified.IsZero() {
				t.Errorf("%s: %d bytes, %s", name, bytes, modified)
			}
			names = append(names, name)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return names
	}
	if got := names(); !slices.Equal(got, []string{"a/1", "a/2"}) {
		t.Errorf("listed %q", got)
	}
	enough := errors.New("enough")
	if err := s.List(t.Context(), "", func(string, int64, time.Time) error { return enough }); err != enough {
		t.Errorf("the callback's error became %v", err)
	}
	for range 2 { // the second finds nothing
		if err := s.Delete(t.Context(), "a/1"); err != nil {
			t.Error(err)
		}
	}
	if got := names(); !slices.Equal(got, []string{"a/2"}) {
		t.Errorf("after the delete %q", got)
	}
}

func TestNamesThatClientsRewriteAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, n := range []string{"", "/a", "a/", "a//b", "../x", "a/../b", "a/./b", "a.", `a\b`, "a\nb", "\xff", strings.Repeat("a", 1025)} {
		_, err := s.Keep(t.Context(), n, "text/plain", strings.NewReader("x"), 1)
		wantFault(t, fmt.Sprintf("%.20q", n), err, fault.Internal)
	}
	if got := s.wire.count("PUT"); got != 2 { // the two EnsureContainer
		t.Errorf("%d requests were made", got)
	}
}

func TestFailuresHaveTheirKind(t *testing.T) {
	t.Parallel()
	s := start(t)
	account, _ := s.server.Account()
	wrongKey, _ := open(t, "AccountName="+account+";AccountKey=d3Jvbmc=;BlobEndpoint="+s.server.URL(), "media")
	noContainer, _ := open(t, s.server.ConnectionString(), "absent")
	down, _ := open(t, "AccountName=a;AccountKey=d3Jvbmc=;BlobEndpoint=http://127.0.0.1:1/a", "media")
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(503)
	}))
	t.Cleanup(busy.Close)
	throttled, _ := open(t, "AccountName=a;AccountKey=d3Jvbmc=;BlobEndpoint="+busy.URL+"/a", "media")
	for what, row := range map[string]struct {
		store *blob.Store
		kind  fault.Kind
		pause time.Duration
	}{
		"a wrong key":           {wrongKey, fault.Misconfigured, 0},
		"an absent container":   {noContainer, fault.Misconfigured, 0},
		"nobody listens":        {down, fault.Unavailable, 5 * time.Second},
		"the service is busy":   {throttled, fault.Unavailable, 7 * time.Second},
		"the blob is not there": {s.Store, fault.NotFound, 0},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			calls := map[string]func() error{
				"stat": func() error { _, err := row.store.Stat(t.Context(), "x"); return err },
				"open": func() error { _, err := row.store.Open(t.Context(), "x"); return err },
			}
			if row.kind != fault.NotFound {
				calls["keep"] = func() error { _, err := row.store.Keep(t.Context(), "x", "a/b", strings.NewReader("x"), 1); return err }
				calls["keep long"] = func() error {
					_, err := row.store.Keep(t.Context(), "x", "a/b", bytes.NewReader(content(1, 2*block)), 2*block)
					return err
				}
				calls["delete"] = func() error { return row.store.Delete(t.Context(), "x") }
				calls["list"] = func() error { return row.store.List(t.Context(), "", nil) }
			}
			var wg sync.WaitGroup // each is tried three times, with pauses
			for name, call := range calls {
				wg.Go(func() {
					err := call()
					wantFault(t, name, err, row.kind)
					if got := fault.RetryAfterOf(err); got != row.pause {
						t.Errorf("%s: retry after %v, want %v", name, got, row.pause)
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestOpenExplainsWhatCASTAD_BLOBShouldBe(t *testing.T) {
	t.Parallel()
	const good = "AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a"
	for what, c := range map[string]blob.Config{
		"nothing":                         {Container: "media"},
		"both":                            {Container: "media", ConnectionString: good, AccountURL: "https://a.blob.core.windows.net", Credential: credential{}},
		"a URL without a credential":      {Container: "media", AccountURL: "https://a.blob.core.windows.net"},
		"a plain http URL":                {Container: "media", AccountURL: "http://a.blob.core.windows.net", Credential: credential{}},
		"a URL with a path":               {Container: "media", AccountURL: "https://a.blob.core.windows.net/media", Credential: credential{}},
		"no key":                          {Container: "media", ConnectionString: "AccountName=a;BlobEndpoint=http://127.0.0.1:1/a"},
		"a key that is not base64":        {Container: "media", ConnectionString: "AccountName=a;AccountKey=?;BlobEndpoint=http://127.0.0.1:1/a"},
		"no pairs":                        {Container: "media", ConnectionString: "hello"},
		"plain http to another machine":   {Container: "media", ConnectionString: "AccountName=a;AccountKey=a2V5;BlobEndpoint=http://10.0.0.1/a"},
		"an endpoint that is not a URL":   {Container: "media", ConnectionString: "AccountName=a;AccountKey=a2V5;BlobEndpoint=blob"},
		"a container name in upper case":  {Container: "Media", ConnectionString: good},
		"a container name of two letters": {Container: "me", ConnectionString: good},
	} {
		if _, err := blob.Open(c); err == nil || !strings.Contains(err.Error(), "CASTAD_BLOB") || strings.Contains(err.Error(), "a2V5") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, c := range map[string]blob.Config{
		"a connection string":     {Container: "media", ConnectionString: good},
		"a URL with a credential": {Container: "media", AccountURL: "https://a.blob.core.windows.net/", Credential: credential{}},
		"the development account": {Container: "media", ConnectionString: "UseDevelopmentStorage=true"},
		"an Azure account":        {Container: "media", ConnectionString: "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net"},
	} {
		if _, err := blob.Open(c); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
