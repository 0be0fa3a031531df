package naver_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/clienttest"
	"castad/shared/provider/naver"
	"castad/shared/provider/naver/navertest"
	"castad/shared/provider/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is moved by the test alone.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 28, 23, 30, 0, 0, time.UTC)} } // 08:30 on the 29th in Seoul

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func client(t *testing.T, c naver.Config) *naver.Client {
	t.Helper()
	if c.Adapter == "" {
		c.Adapter = naver.Hub
	}
	c.MapURL = c.BaseURL
	s, err := naver.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestBothDoorsFindTheSamePlaces(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{ID: "id-1", Secret: "secret-1"})
	for _, door := range []naver.Adapter{naver.Legacy, naver.Hub} {
		c := client(t, naver.Config{Adapter: door, BaseURL: s.URL, ID: "id-1", Secret: "secret-1"})
		got, err := c.Local(t.Context(), " 돌담골목 칼국수 ")
		if err != nil {
			t.Fatal(door, err)
		}
		want := []provider.PlaceHit{{Name: "돌담골목 칼국수 & 만두", Category: "음식점>칼국수,만두", Address: "서울특별시 중구 을지로3가 999-7", RoadAddress: "서울특별시 중구 을지로999길 7 1층",
			Lat: 37.5666103, Lng: 126.9783882, URL: "https://doldam.example.com/", Source: "naver"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", door, diff)
		}
		pictures, err := c.Image(t.Context(), "칼국수")
		if diff := cmp.Diff([]naver.OthersPicture{{Title: "칼국수 사진", Page: "https://blog.example/a.jpg", Thumbnail: "https://search.example/t.jpg", Width: 1080, Height: 720}}, pictures); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", door, err, diff)
		}
		if hits, err := c.Local(t.Context(), "없는 가게"); err != nil || hits == nil || len(hits) != 0 {
			t.Errorf("%s: nothing found: %v, %v", door, hits, err)
		}
	}
}

func TestACoordinateIsReadInTheScaleThatLiesInKorea(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ x, y, scale string }{
		{"1269783882", "375666103", "ten millionths"}, {"126978388", "37566610", "millionths"}, {"126.9783882", "37.5666103", "degrees"},
		{"310443", "552102", ""}, {"375666103", "1269783882", ""}, {"0", "0", ""}, {"-1269783882", "375666103", ""}, {"NaN", "NaN", ""}, {"1e9", "x", ""}, {"", "", ""},
	} {
		s := navertest.Start(t, navertest.Options{})
		s.SetAnswer("local", providertest.Reply{JSON: map[string]any{"items": []any{map[string]any{"title": "a", "mapx": row.x, "mapy": row.y}}}})
		got, err := client(t, naver.Config{BaseURL: s.URL, ID: "i"}).Local(t.Context(), "a")
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if inKorea := got[0].Lat > 37.56 && got[0].Lat < 37.57 && got[0].Lng > 126.97 && got[0].Lng < 126.98; inKorea != (row.scale != "") || !inKorea && (got[0].Lat != 0 || got[0].Lng != 0) {
			t.Errorf("%s, %s (%s): %v, %v", row.x, row.y, row.scale, got[0].Lat, got[0].Lng)
		}
	}
}

func TestAnAddressIsGeocoded(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{MapID: "m", MapSecret: "n-secret"})
	c := client(t, naver.Config{BaseURL: s.URL, ID: "i", MapID: "m", MapSecret: "n-secret"})
	got, err := c.Geocode(t.Context(), "을지로 999길 7")
	want := []naver.Position{{RoadAddress: "서울특별시 중구 을지로999길 7", Address: "서울특별시 중구 을지로3가 999-7", Lat: 37.5666103, Lng: 126.9783882}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := c.Geocode(t.Context(), "없는 길 1"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("an unknown address: %v, %v", got, err)
	}
	if _, err := client(t, naver.Config{BaseURL: s.URL, ID: "i"}).Geocode(t.Context(), "을지로"); clienttest.ErrorOf(t, err).Code != "not_set" {
		t.Errorf("without a key: %v", err)
	}
	if _, err := client(t, naver.Config{BaseURL: s.URL, ID: "i", MapID: "m", MapSecret: "wrong"}).Geocode(t.Context(), "을지로"); clienttest.ErrorOf(t, err).Class != provider.OurFault {
		t.Errorf("with a wrong key: %v", err)
	}
}

func TestWhatNaverRefusesIsClassed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		fault providertest.Fault
		class provider.Class
		code  string
	}{
		{"a wrong query", providertest.Fault{Kind: providertest.Status, Status: 400, Code: "SE01"}, provider.OurFault, "SE01"},
		{"no such API", providertest.Fault{Kind: providertest.Status, Status: 404, Code: "SE05"}, provider.OurFault, "SE05"},
		{"Naver's own error", providertest.Fault{Kind: providertest.Status, Status: 500, Code: "SE99"}, provider.Later, "SE99"},
		{"a wrong key", providertest.Fault{Kind: providertest.Status, Status: 401, Code: "024"}, provider.OurFault, "024"},
		{"an API that is not enabled", providertest.Fault{Kind: providertest.Status, Status: 403}, provider.OurFault, "not_enabled"},
		{"the gateway's wrong key", providertest.Fault{Kind: providertest.Status, Status: 401, Code: "gateway-200"}, provider.OurFault, "200"},
		{"the gateway's quota", providertest.Fault{Kind: providertest.Status, Status: 429, Code: "gateway-400"}, provider.QuotaExhausted, "400"},
		{"the gateway's throttle", providertest.Fault{Kind: providertest.Status, Status: 429, Code: "gateway-410"}, provider.RateLimited, "410"},
		{"a gateway that gives up", providertest.Fault{Kind: providertest.Status, Status: 504, Code: "gateway-510"}, provider.Later, "510"},
		{"no answer", providertest.Fault{Kind: providertest.Hang}, provider.Later, "timeout"},
		{"a dropped connection", providertest.Fault{Kind: providertest.Drop}, provider.Later, "no_answer"},
		{"broken JSON", providertest.Fault{Kind: providertest.Malformed}, provider.Later, "unintelligible"},
		{"a web page", providertest.Fault{Kind: providertest.Page}, provider.Later, "unintelligible"},
		{"a redirect", providertest.Fault{Kind: providertest.Redirect}, provider.OurFault, "redirect"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := navertest.Start(t, navertest.Options{})
			s.Next(row.fault)
			timeout := 20 * time.Second
			if row.fault.Hangs() {
				timeout = 300 * time.Millisecond
			}
			_, err := client(t, naver.Config{BaseURL: s.URL, ID: "i", HTTP: provider.HTTP{Timeout: timeout}}).Local(t.Context(), "a")
			if e := clienttest.ErrorOf(t, err); e.Class != row.class || e.Code != row.code {
				t.Errorf("%v, want %v %s", err, row.class, row.code)
			}
			if s.Asked("local") != 1 {
				t.Errorf("asked %d times", s.Asked("local"))
			}
		})
	}
}

func TestA429IsTheSecondsOnceAndThenTheDays(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	at := newClock()
	c := client(t, naver.Config{Adapter: naver.Legacy, BaseURL: s.URL, ID: "i", HTTP: provider.HTTP{Now: at.now}})
	busy := providertest.Fault{Kind: providertest.Status, Status: 429, Code: "012"}
	search := func() error { _, err := c.Local(t.Context(), "a"); return err }

	s.Next(busy)
	if e := clienttest.ErrorOf(t, search()); e.Class != provider.RateLimited || e.RetryAfter != time.Second {
		t.Errorf("the first: %v, after %v", e, e.RetryAfter)
	}
	at.pass(time.Second)
	if err := search(); err != nil {
		t.Errorf("a second later: %v", err)
	}
	for _, when := range []string{"the first after an answer", "one of the same second"} {
		s.Next(busy)
		if e := clienttest.ErrorOf(t, search()); e.Class != provider.RateLimited {
			t.Errorf("%s: %v", when, e)
		}
	}
	s.Next(busy)
	at.pass(time.Second)
	if e := clienttest.ErrorOf(t, search()); e.Class != provider.QuotaExhausted || e.RetryAfter != time.Hour {
		t.Errorf("a second later, without an answer in between: %v, after %v", e, e.RetryAfter)
	}
	asked := s.Asked("local")
	at.pass(15*time.Hour + 29*time.Minute - 2*time.Second) // 23:59 in Seoul
	if e := clienttest.ErrorOf(t, search()); e.Class != provider.QuotaExhausted || e.RetryAfter != time.Minute {
		t.Errorf("before midnight in Seoul: %v, after %v", e, e.RetryAfter)
	}
	if _, err := c.Image(t.Context(), "a"); clienttest.ErrorOf(t, err).Class != provider.QuotaExhausted {
		t.Errorf("the image search has a quota of its own: %v", err)
	}
	if s.Asked("local") != asked || s.Asked("image") != 0 {
		t.Error("Naver was asked although the day's quota is spent")
	}
	at.pass(time.Minute)
	if err := search(); err != nil {
		t.Errorf("after midnight in Seoul: %v", err)
	}
}

func TestNoSecretIsInAnError(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	const secret = "s3cr3t-of-ours"
	s.Next(providertest.Fault{Kind: providertest.Status, Status: 401, Code: "024", Text: "the key " + secret + " is wrong"})
	_, err := client(t, naver.Config{BaseURL: s.URL, ID: "i", Secret: secret}).Local(t.Context(), "a")
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
	if _, err := naver.New(naver.Config{Adapter: naver.Hub, ID: "i", Secret: "two\nlines"}); err == nil || strings.Contains(err.Error(), "two") {
		t.Errorf("%v", err)
	}
}

func TestAQueryThatIsNoneIsNotSent(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{MapID: "m"})
	c := client(t, naver.Config{BaseURL: s.URL, ID: "i", MapID: "m"})
	for _, q := range []string{"", " ", "a\nb", "\xff", strings.Repeat("가", 201)} {
		_, local := c.Local(t.Context(), q)
		_, geo := c.Geocode(t.Context(), q)
		for _, err := range []error{local, geo} {
			if e := clienttest.ErrorOf(t, err); e.Class != provider.UserFault || fault.FieldOf(err) == "" {
				t.Errorf("%q: %v", q, err)
			}
		}
	}
	if s.Asked("local")+s.Asked("geocode") != 0 {
		t.Error("it was sent")
	}
}

func TestWrongSettingsAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]naver.Config{
		"no adapter":         {},
		"an unknown adapter": {Adapter: "papago"},
		"plain http":         {Adapter: naver.Hub, BaseURL: "http://api.example"},
		"a map of no host":   {Adapter: naver.Hub, MapURL: "maps"},
	} {
		if _, err := naver.New(c); err == nil {
			t.Error(name)
		}
	}
	for _, contact := range []string{"", "me", "a@b c", "http://a.example", "@", "me@a.example)"} {
		if _, err := naver.NewPages(naver.PagesConfig{Contact: contact}); err == nil {
			t.Errorf("contact %q", contact)
		}
	}
	if _, err := naver.NewPages(naver.PagesConfig{Contact: "ops@castad.example", Via: "http://192.168.0.1"}); err == nil {
		t.Error("a stand-in by plain http")
	}
}

// A burst that is over the limit of the second is many 429s and no answer in between.
func TestABurstThatIsRefusedDoesNotCloseTheSearchForTheDay(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	c := client(t, naver.Config{Adapter: naver.Legacy, BaseURL: s.URL, ID: "i", HTTP: provider.HTTP{Now: newClock().now}})
	s.Next(providertest.Fault{Kind: providertest.Status, Status: 429, Code: "012", Times: 8})
	var burst sync.WaitGroup
	for range 8 {
		burst.Go(func() {
			if _, err := c.Local(t.Context(), "a"); err == nil {
				t.Error("it was not refused")
			}
		})
	}
	burst.Wait()
	if _, err := c.Local(t.Context(), "a"); err != nil {
		t.Errorf("after the burst: %v", err)
	}
}
