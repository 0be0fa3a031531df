// Package kakaotest is a stand-in for Kakao: login (kauth), user API (kapi) and Local
// search (dapi) on one port, with RS256 id_tokens that rotate their keys. Faults and
// ledger: package providertest. Operations: authorize, token, keys, me, unlink, logout,
// search. The ledger holds logins, tokens given, unlinks and logouts, without secrets.
//
// The traps of the real one: a code works once and its error tells the code; a
// refresh brings a refresh token only in the last month; ids are above 2^53; errors of
// kapi are 400 and 200 that look alike; a scope that is not enabled is KOE205; PKCE is
// taken and not looked at (the ledger says whether the verifier fits); page 4 of a search is page 3 again.
//
//	GET  /oauth/authorize      the consent page; its form answers with a redirect
//	POST /sdk/token            {"user":"…","key":"native key","nonce":"…"} → what an app gets from Kakao's SDK
//	POST /unlink               {"user":"…","url":"…","method":"GET|POST","referrer":"…"} → {"status":200}: the webhook
//	POST /rotate               signs with a new key from now on; ?drop=1 forgets the others
package kakaotest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"castad/shared/provider/providertest"
)

// User is a person with a Kakao account.
type User struct {
	ID                          int64
	Nickname, Email             string
	EmailNeeds, EmailUnverified bool
}

// Options make a Server.
type Options struct {
	// RESTKey, ClientSecret, AdminKey and AppID are the app's; "" = any is taken, except
	// that "" as ClientSecret means that the app has none.
	RESTKey, ClientSecret, AdminKey, AppID string
	// Redirects are the registered redirect URIs; none = any.
	Redirects []string
	// Scopes are those that the app's console has enabled; none = openid, profile_nickname, account_email.
	Scopes []string
	// Users are the people; none = one with an id above 2^53.
	Users []User
	// Agree answers the consent page for the first user at once.
	Agree bool
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Server is the stand-in.
type Server struct {
	*providertest.Desk
	// URL is the base URL of all three hosts; set by Start.
	URL string
	o   Options
	mux *http.ServeMux

	mu       sync.Mutex
	codes    map[string]login
	access   map[string]grant
	refresh  map[string]grant
	unlinked map[int64]bool
	signing  []signingKey // the last one signs, all are published
	serial   int
}

// login is a consent that was given.
type login struct {
	user                    User
	client, redirect, nonce string
	challenge               string
	openid                  bool
	scopes                  string
	ends                    time.Time
}

// grant is a token that was given.
type grant struct {
	user User
	ends time.Time
}

// New returns a server that is not listening; it is an http.Handler.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []string{"openid", "profile_nickname", "account_email"}
	}
	if len(o.Users) == 0 {
		o.Users = []User{{ID: 9007199254740993, Nickname: "한빛", Email: "owner@example.kr"}} // 2^53 + 1
	}
	s := &Server{Desk: providertest.NewDesk(wrong), o: o, mux: http.NewServeMux(), codes: map[string]login{}, access: map[string]grant{},
		refresh: map[string]grant{}, unlinked: map[int64]bool{}}
	s.Rotate(false)
	s.route("GET /oauth/authorize", "authorize", s.authorize)
	s.route("POST /oauth/authorize", "authorize", s.authorize)
	s.route("POST /oauth/token", "token", s.token)
	s.route("GET /.well-known/jwks.json", "keys", s.jwks)
	s.route("GET /v2/user/me", "me", s.me)
	s.route("POST /v2/user/me", "me", s.me)
	s.route("POST /v1/user/unlink", "unlink", s.unlink)
	s.route("POST /v1/user/logout", "logout", s.logout)
	s.route("GET /v2/local/search/keyword.json", "search", s.search)
	s.route("POST /sdk/token", "sdk", s.sdk)
	s.route("POST /unlink", "webhook", s.webhook)
	s.route("POST /rotate", "rotate", func(r *http.Request, _ []byte) providertest.Reply {
		s.Rotate(r.URL.Query().Get("drop") != "")
		return providertest.Reply{Status: http.StatusNoContent}
	})
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

func (s *Server) route(pattern, op string, do func(*http.Request, []byte) providertest.Reply) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.Serve(w, r, op, false, func(body []byte, _ providertest.Fault) providertest.Reply { return do(r, body) })
	})
}

// wrong is an error in the form of the host that has such codes: KOE… of kauth,
// numbers of kapi, others of dapi.
func wrong(f providertest.Fault) providertest.Reply {
	status := f.Status
	if n, err := strconv.Atoi(f.Code); err == nil {
		return kapi(orElse(status, kapiStatus[n]), n, f.Text)
	}
	if f.Code == "" || strings.HasPrefix(f.Code, "KOE") {
		kind := "invalid_request"
		switch {
		case f.Code == "" || f.Code == "KOE003":
			kind = "server_error"
		case strings.HasPrefix(f.Code, "KOE3"):
			kind = "invalid_grant"
		}
		return kauth(orElse(status, http.StatusBadRequest), kind, f.Code, f.Text)
	}
	return providertest.Reply{Status: orElse(status, http.StatusBadRequest), JSON: map[string]string{"errorType": f.Code, "message": f.Text}}
}

// kapiStatus are the statuses of kapi's codes that are not 400.
var kapiStatus = map[int]int{-3: 403, -4: 403, -5: 403, -401: 401, -402: 403, -406: 401, -9798: 503}

func kauth(status int, kind, code, text string) providertest.Reply {
	return providertest.Reply{Status: status, JSON: map[string]string{"error": kind, "error_description": text, "error_code": code}}
}

func kapi(status, code int, text string) providertest.Reply {
	return providertest.Reply{Status: orElse(status, http.StatusBadRequest), JSON: map[string]any{"msg": text, "code": code}}
}

func orElse(v, other int) int {
	if v == 0 {
		return other
	}
	return v
}

// enter writes into the ledger.
func (s *Server) enter(op string, user int64, what map[string]string) {
	text, _ := json.Marshal(what) // of strings
	s.Accept(providertest.Entry{ID: strconv.Itoa(len(s.Ledger()) + 1), Op: op, Tag: strconv.FormatInt(user, 10), Request: text})
}

// find returns the user of an id; the first when it is "".
func (s *Server) find(id string) (User, bool) {
	if id == "" {
		return s.o.Users[0], true
	}
	i := slices.IndexFunc(s.o.Users, func(u User) bool { return strconv.FormatInt(u.ID, 10) == id })
	if i < 0 {
		return User{}, false
	}
	return s.o.Users[i], true
}

func (s *Server) known(key, want string) bool { return key != "" && (want == "" || key == want) }

// secret is a random token.
func secret() string { return rand.Text() + rand.Text() }

type signingKey struct {
	kid string
	key *rsa.PrivateKey
}

// pool are the keys that rotations of all servers go through: making one takes long.
var pool = sync.OnceValue(func() (keys []*rsa.PrivateKey) {
	for range 3 {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic("kakaotest: make key: " + err.Error())
		}
		keys = append(keys, k)
	}
	return keys
})

// Rotate signs with another key from now on; drop takes the others out of the key set.
func (s *Server) Rotate(drop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if drop {
		s.signing = nil
	}
	s.signing = append(s.signing, signingKey{kid: "key-" + strconv.Itoa(s.serial+1), key: pool()[s.serial%3]})
	s.serial++
}

// Key returns the key that signs now.
func (s *Server) Key() (kid string, key *rsa.PrivateKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.signing[len(s.signing)-1]
	return k.kid, k.key
}

func query(body []byte) url.Values {
	v, _ := url.ParseQuery(string(body)) // what cannot be read is missing
	return v
}
