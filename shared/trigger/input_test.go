package trigger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"

	"github.com/google/go-cmp/cmp"
)

type edit struct {
	Ad       id.Ad       `path:"id"`
	Key      message.Key `header:"Idempotency-Key" required:"true"`
	State    string      `cookie:"state"`
	Channels []string    `query:"channel" enum:"youtube,instagram" max:"2"`
	Dry      bool        `query:"dry"`
	Since    *time.Time  `query:"since"`
	Page[id.Ad]
	Title  string   `json:"title" required:"true" max:"5"`
	Photos []string `json:"photos"`
}

func (e edit) Validate() error {
	switch e.Title {
	case "own":
		return fault.New(fault.CodeNoPhotos).In("photos")
	case "plain":
		return errors.New("the cause stays inside")
	}
	return nil
}

func editor(t *testing.T) (*bench, *edit) {
	var got edit
	return set(t, nil, HTTP("ad-edit", httpJSON("v1/ads/{id}", "patch"), quick, func(_ context.Context, _ identity.Principal, in edit) (struct{}, error) {
		got = in
		return struct{}{}, nil
	})), &got
}

const adID = "ad_0000000000009"

func TestEverySourceIsRead(t *testing.T) {
	t.Parallel()
	b, got := editor(t)
	w := b.as("PATCH", "/api/v1/ads/"+adID+"?channel=youtube,instagram&dry=true&since=2026-11-21T03:00:00Z&after=ad_000000000000a&limit=100&utm_source=x",
		`{"title":"칼국수집요","photos":["a"]}`, "idempotency-key", "k-1", "Cookie", "state=s; other=o")
	since := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	want := edit{Ad: 9, Key: "k-1", State: "s", Channels: []string{"youtube", "instagram"}, Dry: true, Since: &since,
		Page: Page[id.Ad]{After: 10, Limit: 100}, Title: "칼국수집요", Photos: []string{"a"}}
	if diff := cmp.Diff(want, *got, cmp.AllowUnexported(edit{})); w.Code != http.StatusNoContent || diff != "" {
		t.Errorf("status %d %s\n%s", w.Code, w.Body, diff)
	}
	w = b.as("PATCH", "/api/v1/ads/"+adID+"?channel=youtube&channel=instagram", `{"title":"a"}`, "Idempotency-Key", "k")
	if diff := cmp.Diff([]string{"youtube", "instagram"}, got.Channels); w.Code != http.StatusNoContent || diff != "" {
		t.Errorf("status %d %s\n%s", w.Code, w.Body, diff)
	}
}

func TestBadInputIsNamed(t *testing.T) {
	t.Parallel()
	b, got := editor(t)
	const ok = `{"title":"a"}`
	k := []string{"Idempotency-Key", "k"}
	plain := "/api/v1/ads/" + adID
	for name, row := range map[string]struct {
		uri, body string
		header    []string
		status    int
		code      fault.Code
		field     string
	}{
		"no key":                        {plain, ok, nil, 400, fault.CodeKeyRequired, "Idempotency-Key"},
		"an empty key":                  {plain, ok, []string{"Idempotency-Key", ""}, 400, fault.CodeKeyRequired, "Idempotency-Key"},
		"a key of 65 characters":        {plain, ok, []string{"Idempotency-Key", strings.Repeat("k", 65)}, 400, fault.CodeBadValue, "Idempotency-Key"},
		"a key with a space":            {plain, ok, []string{"Idempotency-Key", "a b"}, 400, fault.CodeBadValue, "Idempotency-Key"},
		"a key in Korean":               {plain, ok, []string{"Idempotency-Key", "키"}, 400, fault.CodeBadValue, "Idempotency-Key"},
		"two keys":                      {plain, ok, []string{"Idempotency-Key", "a", "Idempotency-Key", "b"}, 400, fault.CodeBadValue, "Idempotency-Key"},
		"an id of another kind":         {"/api/v1/ads/song_0000000000009", ok, k, 400, fault.CodeBadValue, "id"},
		"a number for an id":            {"/api/v1/ads/9", ok, k, 400, fault.CodeBadValue, "id"},
		"a quote in an id":              {"/api/v1/ads/ad_00'OR1=1--", ok, k, 400, fault.CodeBadValue, "id"},
		"an id that is not UTF-8":       {"/api/v1/ads/%bf%27", ok, k, 404, fault.CodeRouteNotFound, ""},
		"a channel that is not offered": {plain + "?channel=tiktok", ok, k, 400, fault.CodeBadValue, "channel"},
		"an empty channel":              {plain + "?channel=youtube,", ok, k, 400, fault.CodeBadValue, "channel"},
		"three channels":                {plain + "?channel=youtube,youtube,youtube", ok, k, 400, fault.CodeBadValue, "channel"},
		"a limit of 101":                {plain + "?limit=101", ok, k, 400, fault.CodeBadValue, "limit"},
		"a limit of 0":                  {plain + "?limit=0", ok, k, 400, fault.CodeBadValue, "limit"},
		"a limit that is no number":     {plain + "?limit=ten", ok, k, 400, fault.CodeBadValue, "limit"},
		"a limit beyond 64 bits":        {plain + "?limit=99999999999999999999", ok, k, 400, fault.CodeBadValue, "limit"},
		"two limits":                    {plain + "?limit=1&limit=2", ok, k, 400, fault.CodeBadValue, "limit"},
		"a bool that is 1":              {plain + "?dry=1", ok, k, 400, fault.CodeBadValue, "dry"},
		"a time without a zone":         {plain + "?since=2026-11-21", ok, k, 400, fault.CodeBadValue, "since"},
		"NUL in the query":              {plain + "?after=%00", ok, k, 400, fault.CodeBadValue, "after"},
		"a query that breaks off":       {plain + "?limit=%zz", ok, k, 400, fault.CodeInvalid, "query"},
		"a semicolon in the query":      {plain + "?limit=1;after=x", ok, k, 400, fault.CodeInvalid, "query"},
		"no body":                       {plain, "", k, 400, fault.CodeMissingField, "title"},
		"a form":                        {plain, "title=a", append([]string{"Content-Type", "application/x-www-form-urlencoded"}, k...), 415, fault.CodeContentType, "Content-Type"},
		"a type that only begins right": {plain, ok, append([]string{"Content-Type", "application/jsonx"}, k...), 415, fault.CodeContentType, "Content-Type"},
		"Latin-1":                       {plain, ok, append([]string{"Content-Type", "application/json; charset=iso-8859-1"}, k...), 415, fault.CodeContentType, "Content-Type"},
		"a merge patch":                 {plain, ok, append([]string{"Content-Type", "application/merge-patch+json"}, k...), 415, fault.CodeContentType, "Content-Type"},
		"two types":                     {plain, ok, append([]string{"Content-Type", "application/json", "Content-Type", "text/plain"}, k...), 415, fault.CodeContentType, "Content-Type"},
		"no type":                       {plain, ok, append([]string{"Content-Type", ""}, k...), 415, fault.CodeContentType, "Content-Type"},
		"a compressed body":             {plain, ok, append([]string{"Content-Type", "application/json", "Content-Encoding", "gzip"}, k...), 415, fault.CodeContentType, "Content-Encoding"},
		"somebody else's tenant":        {plain, `{"title":"a","tenant_id":1}`, k, 400, fault.CodeUnknownField, "tenant_id"},
		"a role of one's own":           {plain, `{"title":"a","role":"admin"}`, k, 400, fault.CodeUnknownField, "role"},
		"the same field twice":          {plain, `{"title":"a","title":"b"}`, k, 400, fault.CodeDuplicateField, "title"},
		"a title of six characters":     {plain, `{"title":"가나다라마바"}`, k, 400, fault.CodeBadValue, "title"},
		"a hundred thousand lists":      {plain, `{"photos":` + strings.Repeat("[", 100_000) + `}`, k, 400, fault.CodeMalformedJSON, ""},
		"more than 1 MiB":               {plain, `{"title":"` + strings.Repeat("a", maxBody) + `"}`, k, 413, fault.CodeTooLarge, ""},
		"what the input itself refuses": {plain, `{"title":"own"}`, k, 422, fault.CodeNoPhotos, "photos"},
		"what it refuses plainly":       {plain, `{"title":"plain"}`, k, 400, fault.CodeBadValue, ""},
	} {
		header := append([]string{"Authorization", "Bearer " + b.token}, row.header...)
		if !strings.Contains(strings.Join(header, " "), "Content-Type") {
			header = append(header, "Content-Type", "application/json")
		}
		*got = edit{}
		w := b.ask("PATCH", row.uri, row.body, header...)
		p := problemOf(t, w)
		if w.Code != row.status || p.Code != string(row.code) || p.Field != row.field || got.Ad != 0 {
			t.Errorf("%s: status %d, %s (%s), want %d, %s (%s); function called: %v", name, w.Code, p.Code, p.Field, row.status, row.code, row.field, got.Ad != 0)
		}
		if strings.Contains(w.Body.String(), "inside") {
			t.Errorf("%s: the cause is answered: %s", name, w.Body)
		}
	}
}

func TestARefusedParameterIsToldWhatItMayBe(t *testing.T) {
	t.Parallel()
	b, _ := editor(t)
	for query, want := range map[string]string{
		"after=zzz": "an id of the form ad_…", // Page says that it is at least 0: nobody sees that of an id
		"after=%00": "text in UTF-8 without control characters",
		"limit=ten": "from 1 to 100",
		"limit=101": "from 1 to 100",
		"since=now": "a time as RFC 3339 has it, such as 2026-12-24T09:00:00+09:00",
		"dry=maybe": "true or false",
	} {
		w := b.as("PATCH", "/api/v1/ads/"+adID+"?"+query, `{"title":"칼국수"}`, "idempotency-key", "k")
		var p struct {
			Field   string
			Allowed struct{ En string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Allowed.En != want || !strings.HasPrefix(query, p.Field+"=") {
			t.Errorf("%s: %d %s, want %q", query, w.Code, w.Body, want)
		}
	}
}

func TestABodyThatNobodyReads(t *testing.T) {
	t.Parallel()
	b := set(t, nil, HTTP("ad-cancel", httpJSON("v1/ads/{id}/cancel", "post"), quick, func(_ context.Context, _ identity.Principal, in struct {
		Ad     id.Ad  `path:"id"`
		Reason string `json:"reason" max:"10"`
	}) (struct{}, error) {
		return struct{}{}, nil
	}))
	for _, body := range []string{"", "{}", `{"reason":"x"}`} {
		if w := b.as("POST", "/api/v1/ads/"+adID+"/cancel", body); w.Code != http.StatusNoContent {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestARawBodyIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	var got []byte
	b := set(t, nil, Public("song-callback", httpJSON("v1/callbacks/song/{token}", "post"), quick, func(_ context.Context, in struct {
		Token string `path:"token" max:"64"`
		Body  []byte `body:"raw"`
	}) (struct{}, error) {
		got = in.Body
		return struct{}{}, nil
	}))
	const body = `{"code":200,"code":201, not JSON`
	if w := b.ask("POST", "/api/v1/callbacks/song/t0k", body, "Content-Type", "text/plain"); w.Code != http.StatusNoContent || string(got) != body {
		t.Errorf("status %d, got %q", w.Code, got)
	}
	w := b.ask("POST", "/api/v1/callbacks/song/t0k", strings.Repeat("x", 10<<20))
	if p := problemOf(t, w); w.Code != http.StatusRequestEntityTooLarge || p.Code != string(fault.CodeTooLarge) {
		t.Errorf("10 MB: status %d, %+v", w.Code, p)
	}
}

func TestAnUploadIsAStreamWithAnEnd(t *testing.T) {
	t.Parallel()
	var got int64
	var sum bytes.Buffer
	b := set(t, nil, Upload("place-photo", httpJSON("v1/places/{id}/photos", "post"), quick, 1000, func(_ context.Context, _ identity.Principal, in struct {
		Place id.Place `path:"id"`
		Type  string   `header:"Content-Type" enum:"image/jpeg,image/png"`
	}, body io.Reader) (struct{}, error) {
		sum.Reset()
		var err error
		got, err = io.Copy(&sum, body)
		return struct{}{}, err
	}))
	server := httptest.NewServer(b.Handler())
	defer server.Close()
	send := func(body io.Reader, kind string) *http.Response {
		r, err := http.NewRequest("POST", server.URL+"/api/v1/places/place_0000000000001/photos", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+b.token)
		r.Header.Set("Content-Type", kind)
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return res
	}
	photo := strings.Repeat("p", 1000)
	if res := send(strings.NewReader(photo), "image/jpeg"); res.StatusCode != 204 || got != 1000 || sum.String() != photo {
		t.Errorf("1000 bytes: status %d, got %d", res.StatusCode, got)
	}
	if res := send(struct{ io.Reader }{strings.NewReader(photo)}, "image/png"); res.StatusCode != 204 || got != 1000 {
		t.Errorf("1000 bytes in chunks: status %d, got %d", res.StatusCode, got)
	}
	got = 0
	if res := send(strings.NewReader(photo+"p"), "image/jpeg"); res.StatusCode != 413 || got != 0 {
		t.Errorf("1001 bytes announced: status %d, got %d", res.StatusCode, got)
	}
	if res := send(struct{ io.Reader }{strings.NewReader(photo + "p")}, "image/jpeg"); res.StatusCode != 413 {
		t.Errorf("1001 bytes in chunks: status %d", res.StatusCode)
	}
	if res := send(strings.NewReader(photo), "image/svg+xml"); res.StatusCode != 400 {
		t.Errorf("another type: status %d", res.StatusCode)
	}
}

func TestABodyThatNeverComesEndsWithTheBudget(t *testing.T) {
	t.Parallel()
	b := set(t, nil,
		Upload("place-photo", httpJSON("v1/photos", "post"), Budget{Time: 50 * time.Millisecond}, 1000, func(_ context.Context, _ identity.Principal, _ struct{}, body io.Reader) (struct{}, error) {
			_, err := io.ReadAll(body)
			return struct{}{}, err
		}),
		HTTP("ad-request", httpJSON("v1/ads", "post"), Budget{Time: 50 * time.Millisecond}, func(context.Context, identity.Principal, struct {
			Title string `json:"title"`
		}) (struct{}, error) {
			return struct{}{}, nil
		}))
	server := httptest.NewServer(b.Handler())
	defer server.Close()
	for _, uri := range []string{"/api/v1/photos", "/api/v1/ads"} {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "POST", server.URL+uri, blocked{ctx.Done()})
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 10
		r.Header.Set("Authorization", "Bearer "+b.token)
		r.Header.Set("Content-Type", "application/json")
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusGatewayTimeout {
			t.Errorf("%s: status %d", uri, res.StatusCode)
		}
		cancel()
		_ = res.Body.Close()
	}
}
