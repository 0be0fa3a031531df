package instagramtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"castad/shared/provider/providertest"
)

// Account is an Instagram account.
type Account struct {
	ID       string `json:"user_id"`
	Username string `json:"username"`
	// Type is BUSINESS, MEDIA_CREATOR or PERSONAL.
	Type string `json:"account_type"`
}

// scoped is the account's id for one app: the API answers it as "id", and nothing can
// be published with it.
func (a Account) scoped() string { return "9" + strings.TrimPrefix(a.ID, "17841") }

// code is an authorization code.
type code struct {
	Account, Redirect, Scope string
	At                       time.Time
	Used                     bool
}

// token is an access token.
type token struct {
	Account, Scope  string
	Long            bool
	Issued, Expires time.Time
}

// Container is what POST /{user}/media made.
type Container struct {
	ID          string    `json:"id"`
	Account     string    `json:"account"`
	Caption     string    `json:"caption"`
	VideoURL    string    `json:"video_url"`
	CoverURL    string    `json:"cover_url,omitempty"`
	ShareToFeed bool      `json:"share_to_feed"`
	AIGenerated bool      `json:"is_ai_generated"`
	At          time.Time `json:"accepted_at"`
	// Bytes and SHA256 are of the film that was fetched; Bytes 0 = not yet.
	Bytes      int64  `json:"bytes"`
	SHA256     string `json:"sha256,omitempty"`
	CoverBytes int64  `json:"cover_bytes"`
	// Problem is the subcode that it ended with, 0 = none; Expired and Never are faults.
	Problem   int  `json:"problem,omitempty"`
	Expired   bool `json:"expired,omitempty"`
	Never     bool `json:"never,omitempty"`
	Published bool `json:"published"`
}

// Reel is a published reel.
type Reel struct {
	ID          string    `json:"id"`
	Channel     string    `json:"channel"` // "instagram"
	Account     string    `json:"account"`
	Username    string    `json:"username"`
	Container   string    `json:"container"`
	Shortcode   string    `json:"shortcode"`
	URL         string    `json:"url"`
	Caption     string    `json:"caption"`
	AIGenerated bool      `json:"ai_generated"`
	Bytes       int64     `json:"bytes"`
	SHA256      string    `json:"sha256"`
	CoverBytes  int64     `json:"thumbnail_bytes"`
	AcceptedAt  time.Time `json:"accepted_at"`
	Deleted     bool      `json:"deleted,omitempty"`
}

// Publish is one accepted media_publish.
type Publish struct {
	Container string    `json:"container"`
	Reel      string    `json:"reel"`
	At        time.Time `json:"accepted_at"`
}

// state is everything but the films.
type state struct {
	Seq        int64
	Accounts   []Account
	Codes      map[string]code
	Tokens     map[string]token
	Containers []Container
	Reels      []Reel
	Publishes  []Publish
}

// next returns a new id that begins like Meta's.
func (s *state) next(prefix string) string {
	s.Seq++
	return prefix + fmt.Sprintf("%0*d", 17-len(prefix), s.Seq)
}

func (s *state) container(id string) *Container {
	for i := range s.Containers {
		if s.Containers[i].ID == id {
			return &s.Containers[i]
		}
	}
	return nil
}

func (s *state) reel(id string) *Reel {
	for i := range s.Reels {
		if s.Reels[i].ID == id && !s.Reels[i].Deleted {
			return &s.Reels[i]
		}
	}
	return nil
}

func (s *state) account(id string) *Account {
	for i := range s.Accounts {
		if s.Accounts[i].ID == id {
			return &s.Accounts[i]
		}
	}
	return nil
}

// named returns the account with a username, a new one if there is none.
func (s *state) named(username, kind string) *Account {
	for i := range s.Accounts {
		if s.Accounts[i].Username == username {
			return &s.Accounts[i]
		}
	}
	s.Accounts = append(s.Accounts, Account{ID: s.next("17841"), Username: username, Type: kind})
	return &s.Accounts[len(s.Accounts)-1]
}

// files keeps the films and covers, and the state beside them.
type files struct {
	dir string // "" = in memory
	mem map[string][]byte
}

func openFiles(dir string) (files, state, error) {
	f := files{dir: dir, mem: map[string][]byte{}}
	st := state{Codes: map[string]code{}, Tokens: map[string]token{}}
	if dir == "" {
		return f, st, nil
	}
	if err := os.MkdirAll(filepath.Join(dir, "media"), 0o755); err != nil {
		return f, st, fmt.Errorf("open instagram folder: %w", err)
	}
	if err := providertest.ReadJSON(filepath.Join(dir, stateFile), &st); err != nil && !errors.Is(err, os.ErrNotExist) {
		return f, st, fmt.Errorf("read instagram state: %w", err)
	}
	return f, st, nil
}

const stateFile = "state.json"

// put keeps a file. It counts once the state says so.
func (f files) put(name string, body []byte) error {
	if f.dir == "" {
		f.mem[name] = body
		return nil
	}
	return os.WriteFile(filepath.Join(f.dir, "media", name), body, 0o600)
}

func (f files) get(name string) ([]byte, error) {
	if f.dir != "" {
		return os.ReadFile(filepath.Join(f.dir, "media", name))
	}
	body, ok := f.mem[name]
	if !ok {
		return nil, os.ErrNotExist
	}
	return body, nil
}

// save replaces the state.
func (f files) save(st *state) error {
	if f.dir == "" {
		return nil
	}
	return providertest.WriteJSON(filepath.Join(f.dir, stateFile), st)
}

// atoi is 0 for what is no number.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
