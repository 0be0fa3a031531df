package naver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"castad/shared/provider"
	"castad/shared/provider/clienttest"
	"castad/shared/provider/naver"
	"castad/shared/provider/naver/navertest"
	"castad/shared/provider/providertest"
)

// freely is a guard that always allows.
type freely struct{}

func (freely) Allow(context.Context, provider.Attempt) (provider.Pass, error) {
	return func(provider.Outcome) {}, nil
}

func fetcher(t *testing.T, s *navertest.Server, at *clock) *naver.Pages {
	t.Helper()
	p, err := naver.NewPages(naver.PagesConfig{Contact: "ops@castad.example", Via: s.URL, Guard: freely{}, Timeout: 20 * time.Second, Now: at.now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func parsed(t *testing.T, text string) naver.Link {
	t.Helper()
	l, err := naver.ParseLink(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// request is one that the stand-in has recorded.
type request struct {
	Host, Path string
	UserAgent  string `json:"user_agent"`
}

func requests(t *testing.T, s *navertest.Server) []request {
	t.Helper()
	var all []request
	for _, e := range s.Ledger() {
		var r request
		if err := json.Unmarshal(e.Request, &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func TestAPageIsFetchedAsARobotThatSaysSo(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	p := fetcher(t, s, newClock())
	got, err := p.Page(t.Context(), parsed(t, "https://map.naver.com/p/entry/place/10000001"))
	if err != nil || got.Name != "돌담골목 칼국수" || len(got.Menu) != 5 {
		t.Fatalf("%+v, %v", got, err)
	}
	var paths []string
	for _, r := range requests(t, s) {
		paths = append(paths, r.Host+r.Path)
		if r.UserAgent != "CastAD/1 (+ops@castad.example)" {
			t.Errorf("user agent %q", r.UserAgent)
		}
	}
	if want := "m.place.naver.com/robots.txt m.place.naver.com/place/10000001/home m.place.naver.com/restaurant/10000001/home"; strings.Join(paths, " ") != want {
		t.Errorf("asked for %q", paths)
	}
	if _, err := p.Page(t.Context(), parsed(t, "https://m.place.naver.com/hairshop/10000002/home")); err != nil || s.Asked("robots") != 1 {
		t.Errorf("%v; robots.txt was asked for %d times", err, s.Asked("robots"))
	}
}

func TestRobotsTxtIsObeyed(t *testing.T) {
	t.Parallel()
	text := func(lines ...string) providertest.Reply {
		return providertest.Reply{Type: "text/plain", Body: []byte(strings.Join(lines, "\n"))}
	}
	for name, c := range map[string]struct {
		reply   providertest.Reply
		allowed bool
	}{
		"nothing":                      {text(""), true},
		"everything for all":           {text("User-agent: *", "Disallow: /"), false},
		"nothing for all":              {text("User-agent: *", "Disallow:"), true},
		"another part":                 {text("User-agent: *", "Disallow: /my/"), true},
		"our name":                     {text("User-agent: *", "Allow: /", "", "User-agent: castad", "Disallow: /place"), false},
		"our name, allowed":            {text("User-agent: *", "Disallow: /", "", "User-agent: CastAD", "Allow: /place/"), true},
		"the beginning of our name":    {text("User-agent: *", "Disallow: /", "", "User-agent: Cast", "Allow: /"), false},
		"another robot":                {text("User-agent: Googlebot", "Allow: /", "", "User-agent: *", "Disallow: /"), false},
		"the longer rule allows":       {text("User-agent: *", "Disallow: /", "Allow: /place/"), true},
		"the longer rule forbids":      {text("User-agent: *", "Allow: /", "Disallow: /place/1000"), false},
		"a wildcard":                   {text("User-agent: *", "Disallow: /*/home$"), false},
		"the front page alone":         {text("User-agent: *", "Disallow: /", "Allow : /$"), false},
		"what ends so, from the start": {text("User-agent: *", "Disallow: /", "Allow: /home$"), false},
		"a tie":                        {text("User-agent: *", "Disallow: /place/", "Allow: /place/"), true},
		"a wrong line between":         {text("User-agent: *", "Crawl-delay: soon", "Disallow: /place"), false},
		"two groups of one name":       {text("User-agent: *", "Disallow: /a", "", "User-agent: *", "Disallow: /place"), false},
		"comments, CR LF and a BOM":    {text("\ufeffUser-agent: * # all\r", "Disallow: /place # ours\r"), false},
		"a sitemap only":               {text("Sitemap: https://m.place.naver.com/sitemap.xml"), true},
		"there is none":                {providertest.Reply{Status: 404}, true},
		"gone":                         {providertest.Reply{Status: 410}, true},
		"an error":                     {providertest.Reply{Status: 500}, false},
		"unavailable":                  {providertest.Reply{Status: 503}, false},
		"a web page":                   {providertest.Reply{Type: "text/html", Body: []byte("<!doctype html><title>로그인</title>")}, false},
		"a picture":                    {providertest.Reply{Type: "image/png", Body: []byte("\x89PNG")}, false},
		"no content":                   {providertest.Reply{Status: 204}, false},
		"longer than allowed":          {providertest.Reply{Type: "text/plain", Body: bytes.Repeat([]byte("# a\n"), 200<<10)}, false},
		"a redirect to another host":   {providertest.Reply{Status: 302, Header: http.Header{"Location": {"https://map.naver.com/robots.txt"}}}, false},
		"a redirect to a foreign host": {providertest.Reply{Status: 302, Header: http.Header{"Location": {"https://evil.example/robots.txt"}}}, false},
		"a redirect to itself":         {providertest.Reply{Status: 301, Header: http.Header{"Location": {"/robots.txt"}}}, false},
		"a rule before any name":       {text("Disallow: /x", "User-agent: *", "Allow: /"), true},
		"an encoded one":               {providertest.Reply{Type: "text/plain", Header: http.Header{"Content-Encoding": {"br"}}, Body: []byte("x")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := navertest.Start(t, navertest.Options{})
			s.SetRobots("m.place.naver.com", c.reply)
			_, err := fetcher(t, s, newClock()).Page(t.Context(), parsed(t, "https://m.place.naver.com/place/10000002/home"))
			if c.allowed {
				if err != nil || s.Asked("page") != 1 {
					t.Errorf("%v, %d pages", err, s.Asked("page"))
				}
				return
			}
			if e := clienttest.ErrorOf(t, err); e.Code != naver.StopRobots || e.Class != provider.OurFault || s.Asked("page") != 0 {
				t.Errorf("%v, %d pages", err, s.Asked("page"))
			}
		})
	}
}

func TestRobotsTxtIsKeptForHoursAndAnUnreachableOneForMinutes(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	at := newClock()
	p := fetcher(t, s, at)
	link := parsed(t, "https://m.place.naver.com/place/10000002/home")
	page := func() error { _, err := p.Page(t.Context(), link); return err }
	s.Next(providertest.Fault{Kind: providertest.DropBefore, Op: "robots"})
	for range 2 {
		if e := clienttest.ErrorOf(t, page()); e.Code != naver.StopRobots || s.Asked("robots") != 1 {
			t.Errorf("unreachable: %v, asked %d times", e, s.Asked("robots"))
		}
	}
	at.pass(11 * time.Minute)
	if err := page(); err != nil || s.Asked("robots") != 2 {
		t.Errorf("minutes later: %v, asked %d times", err, s.Asked("robots"))
	}
	s.SetRobots("m.place.naver.com", providertest.Reply{Type: "text/plain", Body: []byte("User-agent: *\nDisallow: /")})
	at.pass(5 * time.Hour)
	if err := page(); err != nil || s.Asked("robots") != 2 {
		t.Errorf("hours later: %v, asked %d times", err, s.Asked("robots"))
	}
	at.pass(2 * time.Hour)
	if e := clienttest.ErrorOf(t, page()); e.Code != naver.StopRobots || s.Asked("robots") != 3 {
		t.Errorf("when it is old: %v, asked %d times", e, s.Asked("robots"))
	}
}

func TestAfterARefusalNothingIsAskedForAnHour(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 429} {
		s := navertest.Start(t, navertest.Options{})
		at := newClock()
		p := fetcher(t, s, at)
		s.Next(providertest.Fault{Kind: providertest.Status, Op: "page", Status: status})
		if e := clienttest.ErrorOf(t, func() error { _, err := p.Page(t.Context(), parsed(t, home)); return err }()); e.Code != naver.StopRefused || e.Status != status || e.Class != provider.OurFault {
			t.Errorf("%d: %v", status, e)
		}
		asked := len(s.Ledger())
		for _, other := range []string{"https://m.place.naver.com/place/10000002/home", "https://naver.me/xYz12"} {
			if e := clienttest.ErrorOf(t, func() error { _, err := p.Page(t.Context(), parsed(t, other)); return err }()); e.Code != naver.StopRefused || len(s.Ledger()) != asked {
				t.Errorf("%d: then %s: %v, %d more requests", status, other, e, len(s.Ledger())-asked)
			}
		}
		at.pass(naver.StopFor)
		if _, err := p.Page(t.Context(), parsed(t, home)); err != nil {
			t.Errorf("%d: an hour later: %v", status, err)
		}
	}
}

// telling is a guard that allows and remembers the last word about each operation.
type telling struct {
	asked map[string]int
	last  map[string]provider.Outcome
	heard func(op string)
}

func (g *telling) Allow(_ context.Context, a provider.Attempt) (provider.Pass, error) {
	g.asked[a.Op]++
	return func(o provider.Outcome) { g.last[a.Op] = o; g.heard(a.Op) }, nil
}

// The page's own address leads to that of its kind, so the refusal comes to the second request.
func TestARefusalBehindARedirectStopsAllInstances(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	g := &telling{asked: map[string]int{}, last: map[string]provider.Outcome{}}
	g.heard = func(op string) {
		if op == "page" { // the redirect has come
			s.SetPage("10000001", providertest.Reply{Status: 403})
		}
	}
	p, err := naver.NewPages(naver.PagesConfig{Contact: "ops@castad.example", Via: s.URL, Guard: g, Timeout: 20 * time.Second, Now: newClock().now})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Page(t.Context(), parsed(t, "https://m.place.naver.com/place/10000001/home"))
	if e := clienttest.ErrorOf(t, err); e.Code != naver.StopRefused || s.Asked("page") != 2 {
		t.Fatalf("%v after %d requests", err, s.Asked("page"))
	}
	if o := g.last["page"]; o.Verdict != provider.Busy || o.RetryAfter != provider.MaxRetryAfter || g.asked["page"] != 1 {
		t.Errorf("the guard was asked %d times and heard %v, %s", g.asked["page"], o.Verdict, o.RetryAfter)
	}
}

func TestAShortLinkIsFollowedInsideNaverOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		leads map[string]string
		id    string // "" = refused
		asked int    // requests for short links
	}{
		"to a place":              {map[string]string{"xYz12": "https://map.naver.com/p/entry/place/10000001?entry=plt"}, "10000001", 1},
		"by another short link":   {map[string]string{"xYz12": "https://naver.me/aaaa", "aaaa": "/bbbb", "bbbb": home}, "10000001", 3},
		"by the map":              {map[string]string{"xYz12": "https://map.naver.com/link?x=1", "link": "/p/entry/place/10000001"}, "10000001", 2},
		"to a foreign host":       {map[string]string{"xYz12": "https://evil.example/place/10000001"}, "", 1},
		"to a host like Naver's":  {map[string]string{"xYz12": "https://naver.me.evil.example/aaaa"}, "", 1},
		"to userinfo":             {map[string]string{"xYz12": "https://naver.me@evil.example/aaaa"}, "", 1},
		"to Naver with userinfo":  {map[string]string{"xYz12": "https://me@naver.me/aaaa", "aaaa": home}, "", 1},
		"to http":                 {map[string]string{"xYz12": "http://naver.me/aaaa", "aaaa": home}, "", 1},
		"to a port":               {map[string]string{"xYz12": "https://naver.me:22/aaaa", "aaaa": home}, "", 1},
		"to this machine":         {map[string]string{"xYz12": "https://127.0.0.1/place/10000001"}, "", 1},
		"to the metadata service": {map[string]string{"xYz12": "http://169.254.169.254/metadata/identity"}, "", 1},
		"to a file":               {map[string]string{"xYz12": "file:///etc/passwd"}, "", 1},
		"to nowhere":              {map[string]string{"xYz12": ""}, "", 1},
		"to what is no address":   {map[string]string{"xYz12": "https://[naver.me/"}, "", 1},
		"to another service":      {map[string]string{"xYz12": "https://blog.naver.com/10000001"}, "", 1},
		"to Kakao":                {map[string]string{"xYz12": "https://place.map.kakao.com/20000002"}, "", 1},
		"round and round":         {map[string]string{"xYz12": "https://naver.me/xYz12"}, "", 5},
		"by five redirects":       {map[string]string{"xYz12": "/aaaa", "aaaa": "/bbbb", "bbbb": "/cccc", "cccc": "/dddd", "dddd": home}, "10000001", 5},
		"by six redirects":        {map[string]string{"xYz12": "/aaaa", "aaaa": "/bbbb", "bbbb": "/cccc", "cccc": "/dddd", "dddd": "/eeee", "eeee": home}, "", 5},
		"that nobody knows":       {nil, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := navertest.Start(t, navertest.Options{})
			for code, to := range c.leads {
				s.Lead(code, to)
			}
			got, err := fetcher(t, s, newClock()).Resolve(t.Context(), naver.Link{Vendor: naver.Naver, URL: "https://naver.me/xYz12", Name: "가게"})
			if s.Asked("short") != c.asked {
				t.Errorf("asked %d times", s.Asked("short"))
			}
			if c.id != "" {
				if err != nil || got.ID != c.id || got.Name != "가게" {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			if e := clienttest.ErrorOf(t, err); e.Code != naver.StopElsewhere && e.Code != naver.StopGone || strings.Contains(err.Error(), "evil") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestWhatCannotBeReadIsNoPage(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 8<<20))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	html := func(body []byte) providertest.Reply { return providertest.Reply{Type: "text/html", Body: body} }
	for name, c := range map[string]struct {
		reply providertest.Reply
		fault providertest.Fault
		code  string
		class provider.Class
	}{
		"discontinued":               {html(navertest.Page("10000006")), providertest.Fault{}, naver.StopUnreadable, provider.BadResult},
		"broken off in the script":   {html(navertest.Page("10000005")), providertest.Fault{}, naver.StopUnreadable, provider.BadResult},
		"about another place":        {html(navertest.Page("10000007")), providertest.Fault{}, naver.StopUnreadable, provider.BadResult},
		"longer than allowed":        {html(append(navertest.Page("10000001"), make([]byte, 4<<20)...)), providertest.Fault{}, naver.StopUnreadable, provider.BadResult},
		"a gzip bomb":                {providertest.Reply{Type: "text/html", Header: http.Header{"Content-Encoding": {"gzip"}}, Body: bomb.Bytes()}, providertest.Fault{}, naver.StopUnreadable, provider.BadResult},
		"JSON":                       {providertest.Reply{JSON: map[string]int{"a": 1}}, providertest.Fault{}, naver.StopUnreadable, provider.BadResult},
		"not there":                  {providertest.Reply{Status: 404, Type: "text/html"}, providertest.Fault{}, naver.StopGone, provider.BadResult},
		"an error":                   {providertest.Reply{Status: 500, Type: "text/html"}, providertest.Fault{}, "", provider.Later},
		"broken off by the network":  {html(navertest.Page("10000001")), providertest.Fault{Kind: providertest.Truncated, Op: "page"}, "broken_off", provider.Later},
		"a dropped connection":       {html(nil), providertest.Fault{Kind: providertest.Drop, Op: "page"}, "no_answer", provider.Later},
		"a redirect to another shop": {providertest.Reply{Status: 302, Header: http.Header{"Location": {"/place/10000002/home"}}}, providertest.Fault{}, naver.StopElsewhere, provider.BadResult},
		"a redirect to a login":      {providertest.Reply{Status: 302, Header: http.Header{"Location": {"https://nid.naver.com/nidlogin.login"}}}, providertest.Fault{}, naver.StopElsewhere, provider.BadResult},
		"a redirect in a circle":     {providertest.Reply{Status: 302, Header: http.Header{"Location": {"/place/10000001/home"}}}, providertest.Fault{}, naver.StopElsewhere, provider.BadResult},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := navertest.Start(t, navertest.Options{})
			s.SetPage("10000001", c.reply)
			if c.fault.Kind != "" {
				s.Next(c.fault)
			}
			got, err := fetcher(t, s, newClock()).Page(t.Context(), parsed(t, home))
			if e := clienttest.ErrorOf(t, err); e.Code != c.code || e.Class != c.class {
				t.Errorf("%+v, %v", got, err)
			}
			if s.Asked("page") > 5 {
				t.Errorf("%d requests", s.Asked("page"))
			}
		})
	}
}

func TestRequestsOfOneKindAreSpaced(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	at := newClock()
	p, err := naver.NewPages(naver.PagesConfig{Contact: "https://castad.example/bot", Via: s.URL, Now: at.now})
	if err != nil {
		t.Fatal(err)
	}
	page := func(id string) error {
		_, err := p.Page(t.Context(), parsed(t, "https://m.place.naver.com/place/"+id+"/home"))
		return err
	}
	if err := page("10000001"); err != nil {
		t.Fatal(err)
	}
	at.pass(time.Second)
	if e := clienttest.ErrorOf(t, page("10000002")); e.Class != provider.RateLimited || e.RetryAfter != 4*time.Second || s.Asked("page") != 2 { // place → restaurant are two
		t.Errorf("a second later: %v, after %v, %d pages", e, e.RetryAfter, s.Asked("page"))
	}
	at.pass(4 * time.Second)
	if err := page("10000002"); err != nil {
		t.Errorf("when it is time: %v", err)
	}
}

func TestAKakaoPageIsNeverFetched(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	_, err := fetcher(t, s, newClock()).Page(t.Context(), parsed(t, "https://place.map.kakao.com/20000002"))
	if e := clienttest.ErrorOf(t, err); e.Code != naver.StopNotFetched || len(s.Ledger()) != 0 {
		t.Errorf("%v, %d requests", err, len(s.Ledger()))
	}
}

func TestACallersOwnEndIsNoForbiddenPage(t *testing.T) {
	t.Parallel()
	s := navertest.Start(t, navertest.Options{})
	p := fetcher(t, s, newClock())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Page(ctx, parsed(t, home)); clienttest.ErrorOf(t, err).Class != provider.Later {
		t.Errorf("%v", err)
	}
	if _, err := p.Page(t.Context(), parsed(t, home)); err != nil {
		t.Errorf("the next: %v", err)
	}
}
