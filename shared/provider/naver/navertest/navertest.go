// Package navertest is a stand-in for Naver: both search APIs, the geocoder, and its
// place hosts, each below a path of its name (/m.place.naver.com/place/10000001/home).
// Faults and ledger: package providertest. Operations: local, image, geocode, robots,
// short, page. The ledger's request is {"host","path","user_agent"}.
//
// The pages are made up, one for each way in which the real ones have been seen or are
// feared to be; nothing in them was copied.
//
//	10000001  a restaurant as pages look now     10000005  the script breaks off
//	10000002  other names of fields, JSON.parse  10000006  discontinued: no state
//	10000003  only a query knows the place       10000007  about another place
//	10000004  hostile texts                      10000008  references in a circle
package navertest

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"castad/shared/provider/providertest"
)

//go:embed page
var pages embed.FS

// Options make a Server.
type Options struct {
	// ID and Secret are the only ones that the search APIs accept, MapID and MapSecret
	// the geocoder's; "" = any.
	ID, Secret       string
	MapID, MapSecret string
	// Disabled answers 403, as for an API that the application has not been given.
	Disabled bool
	// Robots is every host's robots.txt; "" = one that allows everything.
	Robots string
}

// Server is the stand-in.
type Server struct {
	*providertest.Desk
	// URL is the base URL; set by Start.
	URL string
	o   Options
	mux *http.ServeMux

	mu     sync.Mutex
	short  map[string]string             // code → where it leads
	pages  map[string]providertest.Reply // id → its page
	robots map[string]providertest.Reply // host → its robots.txt
	answer map[string]providertest.Reply // operation of the APIs → its answer
	n      int                           // requests of the place hosts
}

// New returns a server that is not listening; it is an http.Handler.
func New(o Options) *Server {
	s := &Server{Desk: providertest.NewDesk(wrong), o: o, mux: http.NewServeMux(), short: map[string]string{}, pages: map[string]providertest.Reply{},
		robots: map[string]providertest.Reply{}, answer: map[string]providertest.Reply{}}
	for _, op := range []string{"local", "image"} {
		for _, path := range []string{"GET /v1/search/" + op + ".json", "GET /search/v1/" + op} {
			s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
				s.Serve(w, r, op, false, func([]byte, providertest.Fault) providertest.Reply { return s.search(r, op) })
			})
		}
	}
	s.mux.HandleFunc("GET /map-geocode/v2/geocode", func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, "geocode", false, func([]byte, providertest.Fault) providertest.Reply { return s.geocode(r) })
	})
	s.mux.HandleFunc("GET /{host}/{path...}", s.host)
	s.Routes(s.mux)
	return s
}

// Start listens on a loopback port until the test ends.
func Start(t providertest.TB, o Options) *Server {
	t.Helper()
	s := New(o)
	s.URL = providertest.Start(t, s, s.Close)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Lead makes naver.me/{code} (and map.naver.com/{code}) redirect to an address.
func (s *Server) Lead(code, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.short[code] = to
}

// SetAnswer answers local, image or geocode with a reply of the test's own.
func (s *Server) SetAnswer(op string, r providertest.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer[op] = r
}

// set returns the test's own reply to an operation.
func (s *Server) set(op string) (providertest.Reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.answer[op]
	return r, ok
}

// SetPage answers the page of a place with a reply of the test's own.
func (s *Server) SetPage(id string, r providertest.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[id] = r
}

// SetRobots answers a host's robots.txt with a reply of the test's own.
func (s *Server) SetRobots(host string, r providertest.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.robots[host] = r
}

// Page returns a fixture as the stand-in serves it.
func Page(id string) []byte {
	body, err := pages.ReadFile("page/" + id + ".html")
	if err != nil {
		panic(fmt.Sprintf("navertest: %v", err)) // a mistake in the test
	}
	return body
}

func wrong(f providertest.Fault) providertest.Reply {
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if strings.HasPrefix(f.Code, "gateway-") { // NAVER API HUB's and Maps' gateway
		return providertest.Reply{Status: status, JSON: map[string]any{"error": map[string]string{"errorCode": strings.TrimPrefix(f.Code, "gateway-"), "message": f.Text}}}
	}
	return refuse(status, f.Code, f.Text)
}

func refuse(status int, code, text string) providertest.Reply {
	return providertest.Reply{Status: status, JSON: map[string]string{"errorMessage": text, "errorCode": code}}
}

func same(want, got string) bool { return want == "" || want == got }

// search answers as the door does that was used.
func (s *Server) search(r *http.Request, op string) providertest.Reply {
	q := r.URL.Query()
	id, secret := r.Header.Get("X-Naver-Client-Id"), r.Header.Get("X-Naver-Client-Secret")
	hub := strings.HasPrefix(r.URL.Path, "/search/")
	if hub {
		id, secret = r.Header.Get("X-Ncp-Apigw-Api-Key-Id"), r.Header.Get("X-Ncp-Apigw-Api-Key")
	}
	switch {
	case id == "" || !same(s.o.ID, id) || !same(s.o.Secret, secret):
		if hub {
			return providertest.Reply{Status: 401, JSON: map[string]any{"error": map[string]string{"errorCode": "200", "message": "Authentication Failed", "details": "Invalid authentication information."}}}
		}
		return refuse(401, "024", "NID AUTH Result Invalid (1000) : Authentication failed. (인증에 실패했습니다.)")
	case s.o.Disabled:
		return refuse(403, "", "API is not enabled")
	case hub && q.Get("format") != "json":
		return providertest.Reply{Type: "text/xml", Body: []byte("<rss/>")}
	case q.Get("query") == "":
		return refuse(400, "SE01", "Incorrect query request (잘못된 쿼리요청입니다.)")
	case op == "local" && q.Get("display") > "5":
		return refuse(400, "SE02", "Invalid display value (부적절한 display 값입니다.)")
	}
	if reply, ok := s.set(op); ok {
		return reply
	}
	items := []any{}
	for _, shop := range shops {
		if strings.Contains(shop["title"].(string)+shop["address"].(string), strings.Fields(q.Get("query"))[0]) {
			items = append(items, shop)
		}
	}
	if op == "image" {
		items = []any{map[string]string{"title": "<b>" + q.Get("query") + "</b> 사진", "link": "https://blog.example/a.jpg", "thumbnail": "https://search.example/t.jpg", "sizewidth": "1080", "sizeheight": "720"}}
	}
	return providertest.Reply{JSON: map[string]any{"lastBuildDate": "Sat, 28 Nov 2026 12:00:00 +0900", "total": len(items), "start": 1, "display": len(items), "items": items}}
}

// shops are what can be found; as at Naver they have no id and no telephone.
var shops = []map[string]any{
	{"title": "<b>돌담골목</b> 칼국수 &amp; 만두", "link": "https://doldam.example.com/", "category": "음식점&gt;칼국수,만두", "description": "", "telephone": "",
		"address": "서울특별시 중구 을지로3가 999-7", "roadAddress": "서울특별시 중구 을지로999길 7 1층", "mapx": "1269783882", "mapy": "375666103"},
	{"title": "한빛분식", "link": "", "category": "음식점>분식", "description": "", "telephone": "", "address": "전북특별자치도 전주시 완산구 1", "roadAddress": "", "mapx": "310443", "mapy": "552102"},
}

func (s *Server) geocode(r *http.Request) providertest.Reply {
	if id := r.Header.Get("X-Ncp-Apigw-Api-Key-Id"); id == "" || !same(s.o.MapID, id) || !same(s.o.MapSecret, r.Header.Get("X-Ncp-Apigw-Api-Key")) {
		return providertest.Reply{Status: 401, JSON: map[string]any{"error": map[string]string{"errorCode": "210", "message": "Permission Denied"}}}
	}
	if reply, ok := s.set("geocode"); ok {
		return reply
	}
	q := r.URL.Query().Get("query")
	answer := map[string]any{"status": "OK", "meta": map[string]int{"totalCount": 0, "page": 1, "count": 0}, "addresses": []any{}, "errorMessage": ""}
	switch {
	case q == "":
		answer["status"], answer["errorMessage"] = "INVALID_REQUEST", "query is INVALID"
	case strings.Contains(q, "을지로"):
		answer["meta"] = map[string]int{"totalCount": 1, "page": 1, "count": 1}
		answer["addresses"] = []any{map[string]any{"roadAddress": "서울특별시 중구 을지로999길 7", "jibunAddress": "서울특별시 중구 을지로3가 999-7", "englishAddress": "7, Eulji-ro 999-gil",
			"addressElements": []any{}, "x": "126.9783882", "y": "37.5666103", "distance": 0.0}}
	}
	return providertest.Reply{JSON: answer}
}

var page = regexp.MustCompile(`^([a-z]+)/([0-9]+)/home$`)

// host answers for one of the place hosts.
func (s *Server) host(w http.ResponseWriter, r *http.Request) {
	host, path := r.PathValue("host"), r.PathValue("path")
	op, work := "short", func() providertest.Reply { return s.lead(path) }
	switch m := page.FindStringSubmatch(path); {
	case path == "robots.txt":
		op, work = "robots", func() providertest.Reply { return s.robotsOf(host) }
	case host == "m.place.naver.com" && m != nil:
		op, work = "page", func() providertest.Reply { return s.page(m[1], m[2]) }
	}
	s.Serve(w, r, op, false, func([]byte, providertest.Fault) providertest.Reply {
		request, _ := json.Marshal(map[string]string{"host": host, "path": "/" + path, "user_agent": r.UserAgent()}) // strings cannot fail
		s.mu.Lock()
		s.n++
		id := strconv.Itoa(s.n)
		s.mu.Unlock()
		s.Accept(providertest.Entry{ID: id, Op: op, Request: request})
		return work()
	})
}

func (s *Server) robotsOf(host string) providertest.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reply, ok := s.robots[host]; ok {
		return reply
	}
	text := s.o.Robots
	if text == "" {
		text = "User-agent: *\nAllow: /\n"
	}
	return providertest.Reply{Type: "text/plain; charset=utf-8", Body: []byte(text)}
}

func (s *Server) lead(code string) providertest.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	to, ok := s.short[code]
	if !ok {
		return providertest.Reply{Status: http.StatusNotFound, Type: "text/html", Body: []byte("<!doctype html><title>없는 페이지</title>")}
	}
	return moved(to)
}

func moved(to string) providertest.Reply {
	return providertest.Reply{Status: http.StatusFound, Header: http.Header{"Location": {to}}, Type: "text/html", Body: []byte("<!doctype html>")}
}

func (s *Server) page(kind, id string) providertest.Reply {
	s.mu.Lock()
	reply, ok := s.pages[id]
	s.mu.Unlock()
	if ok {
		return reply
	}
	if kind == "place" && id == "10000001" { // as Naver does: what the place is decides its address
		return moved("https://m.place.naver.com/restaurant/" + id + "/home?entry=plt")
	}
	body, err := pages.ReadFile("page/" + id + ".html")
	if err != nil {
		return providertest.Reply{Status: http.StatusNotFound, Type: "text/html", Body: []byte("<!doctype html><title>없는 장소</title>")}
	}
	return providertest.Reply{Type: "text/html; charset=utf-8", Body: body}
}
