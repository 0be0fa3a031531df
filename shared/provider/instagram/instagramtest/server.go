package instagramtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"castad/shared/provider"
	"castad/shared/provider/providertest"
)

// Options make a Server.
type Options struct {
	// Dir keeps the state; it is made when it is not there. "" = in memory.
	Dir string
	// AppID and AppSecret are the only ones that are accepted; "" = any.
	AppID, AppSecret string
	// Quota is how many reels an account may publish in 24 h; 0 = 100.
	Quota int
	// Processing is how long a container is IN_PROGRESS at least.
	Processing time.Duration
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Server is Instagram.
type Server struct {
	*providertest.Desk
	// URL is the base URL; set by Start.
	URL string
	o   Options
	mux *http.ServeMux

	mu    sync.Mutex
	st    state
	files files
	fetcher
}

// New opens the folder and returns a server that is not listening.
func New(o Options) (*Server, error) {
	f, st, err := openFiles(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{Desk: providertest.NewDesk(wrong), o: o, mux: http.NewServeMux(), st: st, files: f}
	s.fetcher = newFetcher(&s.mu)
	if s.o.Now == nil {
		s.o.Now = time.Now
	}
	if s.o.Quota == 0 {
		s.o.Quota = 100
	}
	s.routes()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range st.Containers { // what a killed server was fetching
		if c.Bytes == 0 && c.Problem == 0 {
			s.fetch(c)
		}
	}
	return s, nil
}

// Start listens on a loopback port until the test ends.
func Start(t providertest.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		panic(fmt.Sprintf("instagramtest: %v", err)) // the test's folder is unusable
	}
	s.URL = providertest.Start(t, s, s.Close)
	return s
}

// Close lets hanging requests go and ends what is being fetched.
func (s *Server) Close() {
	s.stop()
	s.Settle() // a fetch that ends now keeps nothing
	s.Desk.Close()
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Reels returns every published reel, oldest first, deleted ones too.
func (s *Server) Reels() []Reel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.st.Reels)
}

// Containers returns every container, oldest first.
func (s *Server) Containers() []Container {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.st.Containers)
}

// Publishes returns every accepted media_publish, oldest first.
func (s *Server) Publishes() []Publish {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.st.Publishes)
}

// request is an API request with its parameters, wherever they were.
type request struct {
	*http.Request
	in      url.Values
	job     providertest.Fault
	account *Account
	scope   string
}

type work func(request) providertest.Reply

func (s *Server) routes() {
	s.oauthRoutes()
	graph := func(pattern string, op string, starts bool, do work) {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.graph(w, r, op, starts, do) })
	}
	graph("GET /{version}/me", "owner", false, s.me)
	graph("POST /{version}/{node}/media", "container", true, s.contain)
	graph("POST /{version}/{node}/media_publish", "publish", true, s.publish)
	graph("GET /{version}/{node}/media", "list", false, s.list)
	graph("GET /{version}/{node}/content_publishing_limit", "limit", false, s.limit)
	graph("GET /{version}/{node}/insights", "metrics", false, s.insights)
	graph("DELETE /{version}/{node}", "remove", false, func(request) providertest.Reply {
		return graphError(http.StatusBadRequest, codeInvalid, subDoesNotExist, "Unsupported delete request.")
	})
	s.mux.HandleFunc("GET /{version}/{node}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		isContainer := s.st.container(r.PathValue("node")) != nil
		s.mu.Unlock()
		if isContainer {
			s.graph(w, r, "status", false, s.status)
			return
		}
		s.graph(w, r, "look", false, s.look)
	})
	s.mux.HandleFunc("GET /reel/{shortcode}/{$}", s.watch)
	s.mux.HandleFunc("GET /reel/{shortcode}/film.mp4", s.file(".mp4", "video/mp4"))
	s.mux.HandleFunc("GET /reel/{shortcode}/cover.jpg", s.file(".jpg", "image/jpeg"))
	s.mux.HandleFunc("DELETE /reel/{shortcode}", s.remove)
	s.mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, _ *http.Request) {
		containers := s.Containers()
		for i, c := range containers { // ledgers end up in receipts; signed addresses must not
			containers[i].VideoURL = provider.RedactURL(c.VideoURL)
			if c.CoverURL != "" {
				containers[i].CoverURL = provider.RedactURL(c.CoverURL)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"items": orEmpty(s.Reels()), "containers": orEmpty(containers), "publishes": orEmpty(s.Publishes())})
	})
	s.FaultRoutes(s.mux)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

var versionForm = regexp.MustCompile(`^v([0-9]{1,3})\.[0-9]$`)

// oldest is the oldest version that is still answered (changelog, November 2026).
const oldest = 21

// graph answers one request of the Graph API: version, token, then work under the lock.
func (s *Server) graph(w http.ResponseWriter, r *http.Request, op string, starts bool, do work) {
	s.Serve(w, r, op, starts, func(body []byte, job providertest.Fault) providertest.Reply {
		version := versionForm.FindStringSubmatch(r.PathValue("version"))
		if version == nil {
			return graphError(http.StatusNotFound, codeInvalid, 0, "Unknown path components")
		}
		if atoi(version[1]) < oldest {
			return graphError(http.StatusBadRequest, 2635, 0, "You are calling a deprecated version of the API.")
		}
		in, err := parameters(r, body)
		if err != nil {
			return graphError(http.StatusBadRequest, codeInvalid, 0, err.Error())
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		t, reply := s.tokenOf(r, in)
		if reply != nil {
			return *reply
		}
		req := request{Request: r, in: in, job: job, account: s.st.account(t.Account), scope: t.Scope}
		if node := r.PathValue("node"); s.st.account(node) != nil && node != t.Account {
			return graphError(http.StatusForbidden, 10, 0, "The account is not the token's.")
		}
		reply2 := do(req)
		if err := s.files.save(&s.st); err != nil {
			return graphError(http.StatusInternalServerError, 2, 0, err.Error())
		}
		return reply2
	})
}

// parameters merges query, form and JSON.
func parameters(r *http.Request, body []byte) (url.Values, error) {
	in := r.URL.Query()
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if r.URL.Path == "/accounts" && bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		kind = "application/json" // our own route: curl -d calls everything a form
	}
	switch kind {
	case "application/json":
		var fields map[string]any
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		if err := dec.Decode(&fields); err != nil {
			return nil, fmt.Errorf("the body is not a JSON object")
		}
		for k, v := range fields {
			in.Set(k, fmt.Sprint(v))
		}
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, fmt.Errorf("the body is not a form")
		}
		for k := range form {
			in.Set(k, form.Get(k))
		}
	}
	return in, nil
}

// tokenOf returns the token of a request, or why it is none.
func (s *Server) tokenOf(r *http.Request, in url.Values) (token, *providertest.Reply) {
	key := in.Get("access_token")
	if h, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		key = h
	}
	t, ok := s.st.Tokens[key]
	var reply providertest.Reply
	switch {
	case !ok:
		reply = graphError(http.StatusBadRequest, 190, 0, "Invalid OAuth access token - Cannot parse access token")
	case !s.o.Now().Before(t.Expires):
		reply = graphError(http.StatusBadRequest, 190, 463, "Error validating access token: Session has expired")
	default:
		return t, nil
	}
	return t, &reply
}

const (
	codeInvalid     = 100
	subDoesNotExist = 33
)

func graphError(status, code, sub int, text string) providertest.Reply {
	e := map[string]any{"message": text, "type": "OAuthException", "code": code, "fbtrace_id": "Astandin"}
	if sub != 0 {
		e["error_subcode"] = sub
	}
	if status >= 500 {
		e["is_transient"] = true
	}
	return providertest.Reply{Status: status, JSON: map[string]any{"error": e}}
}

// wrong is a fault's answer: "4/2207051", "190", or a server's error without a code.
func wrong(f providertest.Fault) providertest.Reply {
	text := f.Text
	if text == "" {
		text = "The request did not work out."
	}
	first, sub, _ := strings.Cut(f.Code, "/")
	status := f.Status
	switch {
	case f.Kind == providertest.Code:
		status = http.StatusOK
	case status == 0:
		status = http.StatusBadRequest
	}
	if f.Code == "" {
		return graphError(status, 2, 0, text)
	}
	return graphError(status, atoi(first), atoi(sub), text)
}
