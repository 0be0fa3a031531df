package sandboxtest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"castad/shared/provider/providertest"
)

// Options make a Server.
type Options struct {
	// Dir is where posts are kept; it is made when it is not there.
	Dir string
	// Key is the only key that is accepted; "" = any.
	Key string
	// Processing is how long a post is processing before it is published.
	Processing time.Duration
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Server is the channels.
type Server struct {
	*providertest.Desk
	// URL is the base URL; set by Start.
	URL   string
	o     Options
	mux   *http.ServeMux
	shelf shelf

	mu       sync.Mutex
	all      []Post         // oldest first
	arriving map[string]int // posts that may be about to appear, by channel, account and marker
	busy     map[string]bool
}

// New opens the folder and returns a server that is not listening.
func New(o Options) (*Server, error) {
	sh, err := openShelf(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{Desk: providertest.NewDesk(wrong), o: o, mux: http.NewServeMux(), shelf: sh, arriving: map[string]int{}, busy: map[string]bool{}}
	if s.all, err = sh.posts(); err != nil {
		return nil, err
	}
	if s.o.Now == nil {
		s.o.Now = time.Now
	}
	s.routes()
	return s, nil
}

// Start listens on a loopback port until the test ends.
func Start(t providertest.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		panic(fmt.Sprintf("sandboxtest: %v", err)) // the test's folder is unusable
	}
	s.URL = providertest.Start(t, s, s.Close)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Posts returns every post, oldest first.
func (s *Server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

func (s *Server) routes() {
	api := func(pattern, op string, starts bool, work func(*http.Request) providertest.Reply) {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.Stream(w, r, op, starts, func(providertest.Fault) providertest.Reply {
				if s.o.Key != "" && r.Header.Get("Authorization") != "Bearer "+s.o.Key {
					return refuse(http.StatusUnauthorized, "unauthorized", "the key is not valid")
				}
				return work(r)
			})
		})
	}
	api("POST /youtube/{account}/uploads", "open", false, func(r *http.Request) providertest.Reply { return s.open(r, "youtube") })
	api("POST /instagram/{account}/media", "open", false, func(r *http.Request) providertest.Reply { return s.open(r, "instagram") })
	api("PUT /youtube/uploads/{upload}/thumbnail", "thumbnail", false, s.thumbnail)
	api("PUT /instagram/containers/{upload}/cover", "thumbnail", false, s.thumbnail)
	api("PUT /youtube/uploads/{upload}", "publish", true, s.uploadAndPublish)
	api("PUT /instagram/containers/{upload}", "upload", false, s.upload)
	api("POST /instagram/{account}/media_publish", "publish", true, s.publishContainer)
	api("GET /{channel}/{account}/posts/{post}", "look", false, s.look)
	api("GET /{channel}/{account}/posts", "find", false, s.find)
	s.mux.HandleFunc("GET /watch/{post}", s.watch)
	s.mux.HandleFunc("GET /watch/{post}/"+filmFile, s.file(filmFile))
	s.mux.HandleFunc("GET /watch/{post}/"+thumbnailFile, s.file(thumbnailFile))
	s.mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"items": s.Posts()})
	})
	s.FaultRoutes(s.mux)
}

func refuse(status int, code, text string) providertest.Reply {
	return providertest.Reply{Status: status, JSON: map[string]any{"error": map[string]string{"code": code, "message": text}}}
}

func wrong(f providertest.Fault) providertest.Reply {
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	return refuse(status, f.Code, f.Text)
}

func internal(err error) providertest.Reply {
	return refuse(http.StatusInternalServerError, "internal", err.Error())
}

// open takes the metadata of an upload (youtube) or container (instagram).
func (s *Server) open(r *http.Request, channel string) providertest.Reply {
	text, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return refuse(http.StatusBadRequest, "malformed", "the body broke off")
	}
	u := upload{Channel: channel, Account: r.PathValue("account")}
	if err := json.Unmarshal(text, &u.Metadata); err != nil {
		return refuse(http.StatusUnprocessableEntity, "malformed", "the metadata is not JSON")
	}
	if code, text := judge(channel, u.Metadata); code != "" {
		return refuse(http.StatusUnprocessableEntity, code, text)
	}
	id, err := s.shelf.newUpload(u)
	if err != nil {
		return internal(err)
	}
	return providertest.Reply{Status: http.StatusCreated, JSON: map[string]string{"id": id}}
}

// judge applies the channel's rules; code "" = fine.
func judge(channel string, m Metadata) (code, text string) {
	sum, err := hex.DecodeString(m.SHA256)
	switch {
	case !m.AIGenerated:
		return "undisclosed", "films made by AI must be disclosed as such"
	case m.Bytes <= 0 || err != nil || len(sum) != 32 || m.Marker == "":
		return "malformed", "bytes, sha256 and marker are needed"
	}
	caption := utf8.RuneCountInString(m.Caption)
	if channel == "instagram" {
		switch {
		case caption > 2200 || strings.Count(m.Caption, "@") > 20:
			return "caption", "at most 2200 characters and 20 mentions"
		case strings.Count(m.Caption, "#") > 30:
			return "tags", "at most 30 hashtags"
		}
		return "", ""
	}
	title := utf8.RuneCountInString(m.Title)
	switch {
	case strings.TrimSpace(m.Title) == "" || title > 100 || strings.ContainsAny(m.Title, "<>"):
		return "title", "1–100 characters, no < and >"
	case len(m.Caption) > 5000 || strings.ContainsAny(m.Caption, "<>"):
		return "caption", "at most 5000 bytes, no < and >"
	case utf8.RuneCountInString(strings.Join(m.Tags, ",")) > 500:
		return "tags", "at most 500 characters together"
	}
	return "", ""
}

// claim makes a request the only one that works on an upload, and its post one that
// may be about to appear. done ends both.
func (s *Server) claim(id string) (u upload, done func(), no *providertest.Reply) {
	gone := refuse(http.StatusNotFound, "upload_gone", "there is no such upload")
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.shelf.readUpload(id)
	switch {
	case errors.Is(err, errGone):
		return u, nil, &gone
	case err != nil:
		reply := internal(err)
		return u, nil, &reply
	case s.busy[id]:
		reply := refuse(http.StatusConflict, "upload_busy", "another request works on this upload")
		return u, nil, &reply
	}
	key := u.Channel + "/" + u.Account + "/" + u.Marker
	s.busy[id] = true
	s.arriving[key]++
	return u, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.busy, id)
		if s.arriving[key]--; s.arriving[key] == 0 {
			delete(s.arriving, key)
		}
	}, nil
}

func (s *Server) thumbnail(r *http.Request) providertest.Reply {
	u, done, no := s.claim(r.PathValue("upload"))
	if no != nil {
		return *no
	}
	defer done()
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20+1))
	if err != nil {
		return refuse(http.StatusBadRequest, "malformed", "the body broke off")
	}
	if len(body) > 8<<20 || http.DetectContentType(body) != "image/jpeg" {
		return refuse(http.StatusUnprocessableEntity, "thumbnail", "a JPEG of at most 8 MiB")
	}
	if _, _, err := s.shelf.keep(u.ID, thumbnailFile, bytes.NewReader(body)); err != nil {
		return internal(err)
	}
	return providertest.Reply{Status: http.StatusNoContent}
}

// receive keeps the film when it is the one that was announced.
func (s *Server) receive(r *http.Request, u upload) *providertest.Reply {
	head := make([]byte, 12)
	n, err := io.ReadFull(r.Body, head)
	if err == nil && string(head[4:8]) != "ftyp" {
		reply := refuse(http.StatusUnprocessableEntity, "not_a_film", "an MP4 or MOV is needed")
		return &reply
	}
	got, sum, kept := s.shelf.keep(u.ID, filmFile, io.LimitReader(io.MultiReader(bytes.NewReader(head[:n]), r.Body), u.Bytes+1))
	switch {
	case kept != nil: // mostly a client that went away
		reply := refuse(http.StatusBadRequest, "malformed", "the film broke off")
		return &reply
	case got != u.Bytes || sum != strings.ToLower(u.SHA256):
		_ = os.Remove(s.shelf.upload(u.ID) + "/" + filmFile)
		reply := refuse(http.StatusUnprocessableEntity, "checksum", "the film is not the one that was announced")
		return &reply
	}
	return nil
}

func (s *Server) upload(r *http.Request) providertest.Reply {
	u, done, no := s.claim(r.PathValue("upload"))
	if no != nil {
		return *no
	}
	defer done()
	if no := s.receive(r, u); no != nil {
		return *no
	}
	return providertest.Reply{JSON: map[string]string{"id": u.ID, "status": "FINISHED"}}
}

func (s *Server) uploadAndPublish(r *http.Request) providertest.Reply {
	u, done, no := s.claim(r.PathValue("upload"))
	if no != nil {
		return *no
	}
	defer done()
	if no := s.receive(r, u); no != nil {
		return *no
	}
	return s.publish(r, u)
}

func (s *Server) publishContainer(r *http.Request) providertest.Reply {
	var in struct {
		CreationID string `json:"creation_id"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&in); err != nil {
		return refuse(http.StatusUnprocessableEntity, "malformed", "a creation_id is needed")
	}
	u, done, no := s.claim(in.CreationID)
	if no != nil {
		return *no
	}
	defer done()
	if _, err := os.Stat(s.shelf.upload(u.ID) + "/" + filmFile); err != nil || u.Account != r.PathValue("account") {
		return refuse(http.StatusUnprocessableEntity, "not_uploaded", "the container has no film")
	}
	return s.publish(r, u)
}

func (s *Server) publish(r *http.Request, u upload) providertest.Reply {
	p, err := s.shelf.publish(u, rand.Text()[:16], s.o.Now())
	if err != nil {
		return internal(err)
	}
	s.mu.Lock()
	s.all = append(s.all, p)
	s.mu.Unlock()
	return providertest.Reply{Status: http.StatusCreated, JSON: s.show(r, p)}
}

func (s *Server) show(r *http.Request, p Post) map[string]any {
	state := "published"
	if s.o.Now().Sub(p.AcceptedAt) < s.o.Processing {
		state = "processing"
	}
	return map[string]any{"id": p.ID, "url": "http://" + r.Host + "/watch/" + p.ID, "state": state, "marker": p.Marker, "title": p.Title}
}

func (s *Server) look(r *http.Request) providertest.Reply {
	for _, p := range s.Posts() {
		if p.ID == r.PathValue("post") && p.Channel == r.PathValue("channel") && p.Account == r.PathValue("account") {
			return providertest.Reply{JSON: s.show(r, p)}
		}
	}
	return refuse(http.StatusNotFound, "not_found", "there is no such post")
}

func (s *Server) find(r *http.Request) providertest.Reply {
	channel, account, marker := r.PathValue("channel"), r.PathValue("account"), r.URL.Query().Get("marker")
	s.mu.Lock() // both looks at one moment: a post is arriving until it is in the list
	settled := s.arriving[channel+"/"+account+"/"+marker] == 0
	all := slices.Clone(s.all)
	s.mu.Unlock()
	items := []any{}
	for _, p := range all {
		if p.Channel == channel && p.Account == account && (marker == "" || p.Marker == marker) {
			items = append(items, s.show(r, p))
		}
	}
	return providertest.Reply{JSON: map[string]any{"items": items, "settled": settled}}
}
