package youtubetest

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"castad/shared/media"
	"castad/shared/provider/providertest"
)

// unit is what the lengths of chunks are multiples of, but for the last.
const unit = 256 << 10

// insert opens a session, or takes a whole film as multipart/related.
func (s *Server) insert(r *http.Request, job providertest.Fault) providertest.Reply {
	account, no := s.who(r, scopeUpload, scopeAll)
	if no != nil {
		return *no
	}
	q := r.URL.Query()
	var text []byte
	var film io.Reader
	var err error
	switch q.Get("uploadType") {
	case "resumable":
		text, err = io.ReadAll(io.LimitReader(r.Body, 1<<20))
	case "multipart":
		text, film, err = related(r)
	default:
		return refuse("badRequest", "uploadType must be resumable or multipart")
	}
	if err != nil {
		return refuse("badRequest", err.Error())
	}
	u := session{ID: rand.Text(), ChannelID: ChannelID(account), Notify: q.Get("notifySubscribers"), Fate: fateOf(job)}
	if u.Resource, err = parse(text, strings.Join(q["part"], ",")); err != nil {
		return refuse("parseError", "This API does not support parsing form-encoded input.")
	}
	if film == nil {
		if u.Bytes, err = strconv.ParseInt(r.Header.Get("X-Upload-Content-Length"), 10, 64); err != nil || u.Bytes <= 0 {
			return refuse("mediaBodyRequired", "X-Upload-Content-Length is needed")
		}
	}
	if no := s.admit(u); no != nil {
		return *no
	}
	if err := s.shelf.newSession(u); err != nil {
		return internal(err)
	}
	if film != nil {
		return s.whole(u, film)
	}
	return providertest.Reply{Header: http.Header{"Location": {"http://" + r.Host + "/upload/youtube/v3/videos?uploadType=resumable&upload_id=" + u.ID}}, Type: "text/plain"}
}

func fateOf(job providertest.Fault) string {
	switch job.Kind {
	case providertest.Never:
		return "never"
	case providertest.Fail:
		return cmp.Or(job.Code, "codec")
	}
	return ""
}

// admit applies YouTube's rules and counts the insert.
func (s *Server) admit(u session) *providertest.Reply {
	if reason, text := judge(u); reason != "" {
		reply := refuse(reason, text)
		return &reply
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.today(); s.state.Inserts >= s.o.Inserts {
		reply := refuse("quotaExceeded", "The request cannot be completed because you have exceeded your quota.")
		return &reply
	}
	s.state.Inserts++
	s.save()
	return nil
}

func judge(u session) (reason, text string) {
	v, tags := u.Resource, 0
	for _, t := range v.Snippet.Tags {
		tags += utf8.RuneCountInString(t) + 1
		if strings.Contains(t, " ") {
			tags += 2
		}
	}
	title := utf8.RuneCountInString(v.Snippet.Title)
	switch {
	case u.ChannelID == "":
		return "youtubeSignupRequired", "Unauthorized"
	case strings.TrimSpace(v.Snippet.Title) == "" || title > 100 || strings.ContainsAny(v.Snippet.Title, "<>"):
		return "invalidTitle", "The request metadata specifies an invalid or empty video title."
	case len(v.Snippet.Description) > 5000 || strings.ContainsAny(v.Snippet.Description, "<>"):
		return "invalidDescription", "The request metadata specifies an invalid video description."
	case tags-1 > 500:
		return "invalidTags", "The request metadata specifies invalid video keywords."
	}
	switch v.Status.PrivacyStatus {
	case "", "public", "unlisted", "private":
		return "", ""
	}
	return "invalidVideoMetadata", "privacyStatus"
}

// related reads multipart/related: the resource, then the film.
func related(r *http.Request) (text []byte, film io.Reader, err error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/related" {
		return nil, nil, errors.New("multipart/related is needed")
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	first, err := parts.NextPart()
	if err != nil {
		return nil, nil, err
	}
	if text, err = io.ReadAll(io.LimitReader(first, 1<<20)); err != nil {
		return nil, nil, err
	}
	second, err := parts.NextPart()
	return text, second, err
}

// whole takes a film that comes in one piece.
func (s *Server) whole(u session, film io.Reader) providertest.Reply {
	n, broken, err := s.shelf.store(u.ID, 0, film, -1, 1<<40)
	switch {
	case err != nil:
		return internal(err)
	case broken != nil || n == 0:
		return refuse("mediaBodyRequired", "the film broke off")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.Bytes, s.received[u.ID] = n, n
	return s.publish(u)
}

// put takes a chunk, or says how far the upload is.
func (s *Server) put(r *http.Request, job providertest.Fault) providertest.Reply {
	if r.Header.Get("Authorization") != "" { // the session's address is enough, but a wrong token is not
		if _, no := s.who(r, scopeUpload, scopeAll); no != nil {
			return *no
		}
	}
	id := r.URL.Query().Get("upload_id")
	defer s.lock(id)()
	if job.Kind == providertest.Expire {
		if plain(id) {
			_ = os.RemoveAll(s.shelf.session(id))
		}
		return providertest.Reply{Status: cmp.Or(job.Status, http.StatusNotFound), Type: "text/plain", Body: []byte("Not Found")}
	}
	u, stored, err := s.shelf.readSession(id)
	if errors.Is(err, os.ErrNotExist) {
		return s.ended(id)
	}
	if err != nil {
		return internal(err)
	}
	return s.chunk(r, job, u, stored)
}

// lock makes this the only request that works on a session, and returns what ends that.
func (s *Server) lock(id string) func() {
	for {
		s.mu.Lock()
		before := s.busy[id]
		if before == nil {
			mine := make(chan bool)
			s.busy[id] = mine
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				delete(s.busy, id)
				close(mine)
			}
		}
		s.mu.Unlock()
		<-before
	}
}

// ended answers for a session that has become a video, or is not there.
func (s *Server) ended(id string) providertest.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.videos {
		if v.Session == id {
			return providertest.Reply{Status: http.StatusOK, JSON: s.resource(v, "snippet,status")}
		}
	}
	return providertest.Reply{Status: http.StatusNotFound, Type: "text/plain", Body: []byte("Not Found")}
}

func (s *Server) chunk(r *http.Request, job providertest.Fault, u session, stored int64) providertest.Reply {
	from, end, probe, err := contentRange(r, u.Bytes)
	switch {
	case err != nil:
		return refuse("badRequest", err.Error())
	case job.Kind == providertest.Forget:
		if err := s.shelf.forget(u.ID); err != nil {
			return internal(err)
		}
		return incomplete(0)
	case probe && r.ContentLength != 0:
		return providertest.Reply{Status: http.StatusLengthRequired, Type: "text/plain", Body: []byte("a probe has Content-Length: 0")}
	case probe:
		return incomplete(stored)
	case from > stored:
		return refuse("badRequest", fmt.Sprintf("bytes %d-%d are missing", stored, from-1))
	case end != u.Bytes && (end-from)%unit != 0:
		return refuse("badRequest", "the length of a chunk is a multiple of 262144")
	}
	most := end - from
	if job.Kind == providertest.Partial {
		most /= 2
	}
	got, broken, err := s.shelf.store(u.ID, from, r.Body, end-from, most)
	if err != nil {
		return internal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received[u.ID] += got
	if _, stored, err = s.shelf.readSession(u.ID); err != nil {
		return internal(err)
	}
	if broken != nil || stored < u.Bytes {
		return incomplete(stored)
	}
	return s.publish(u)
}

// contentRange reads "bytes a-b/n" (end is b+1) or "bytes */n"; without it the film comes whole.
func contentRange(r *http.Request, total int64) (from, end int64, probe bool, err error) {
	h := r.Header.Get("Content-Range")
	if h == "" {
		return 0, total, false, nil
	}
	if h == fmt.Sprintf("bytes */%d", total) {
		return 0, 0, true, nil
	}
	var n int64
	if _, err := fmt.Sscanf(h, "bytes %d-%d/%d", &from, &end, &n); err != nil || n != total || from < 0 || end < from || end >= total {
		return 0, 0, false, errors.New("a Content-Range of this upload is needed")
	}
	if end++; r.ContentLength >= 0 && r.ContentLength != end-from {
		return 0, 0, false, errors.New("Content-Length and Content-Range disagree")
	}
	return from, end, false, nil
}

// incomplete is 308 with what is stored; no Range when that is nothing.
func incomplete(stored int64) providertest.Reply {
	h := http.Header{}
	if stored > 0 {
		h.Set("Range", fmt.Sprintf("bytes=0-%d", stored-1))
	}
	return providertest.Reply{Status: http.StatusPermanentRedirect, Header: h, Type: "text/plain"}
}

// publish makes the video; the caller holds the lock.
func (s *Server) publish(u session) providertest.Reply {
	path := filepath.Join(s.shelf.session(u.ID), filmFile)
	film, err := os.Open(path)
	if err != nil {
		return internal(err)
	}
	defer film.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, film)
	if err != nil {
		return internal(err)
	}
	v := &Video{ID: videoID(), ChannelID: u.ChannelID, Session: u.ID, Resource: u.Resource, Notify: u.Notify, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil)),
		Received: s.received[u.ID], AcceptedAt: s.o.Now().UTC(), Fate: u.Fate}
	if v.Status.PrivacyStatus == "" {
		v.Status.PrivacyStatus = "public"
	}
	if info, err := media.MP4(film, n); err == nil { // what is no film is found out by processing, if at all
		v.Short = info.Width <= info.Height && info.VideoSeconds <= 180
	}
	if err := s.shelf.publish(u, *v); err != nil {
		return internal(err)
	}
	v.Film = filepath.Join(s.shelf.video(v.ID), filmFile)
	s.videos = append(s.videos, v)
	return providertest.Reply{Status: http.StatusCreated, JSON: s.resource(v, "snippet,status")}
}

// thumbnail takes a video's picture. One for a Short that is still processing is taken
// and forgotten.
func (s *Server) thumbnail(r *http.Request) providertest.Reply {
	account, no := s.who(r, scopeUpload, scopeAll)
	if no != nil {
		return *no
	}
	picture, err := io.ReadAll(io.LimitReader(r.Body, 50<<20+1))
	if err != nil {
		return refuse("badRequest", "the picture broke off")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.video(r.URL.Query().Get("videoId"))
	kind := http.DetectContentType(picture)
	switch {
	case v == nil:
		return refuse("videoNotFound", "The video that you are trying to insert a thumbnail image for cannot be found.")
	case v.ChannelID != ChannelID(account):
		return refuse("forbidden", "The thumbnail can't be set for the specified video.")
	case len(picture) == 0:
		return refuse("mediaBodyRequired", "The request does not include the image content.")
	case len(picture) > 50<<20 || kind != "image/jpeg" && kind != "image/png":
		return refuse("invalidImage", "The provided image content is invalid.")
	}
	if v.Short && s.processing(v) {
		v.Ignored++
	} else {
		if err := writeFile(filepath.Join(s.shelf.video(v.ID), thumbnailFile), picture); err != nil {
			return internal(err)
		}
		v.ThumbnailBytes = int64(len(picture))
	}
	if err := s.shelf.writeVideo(*v); err != nil {
		return internal(err)
	}
	return providertest.Reply{JSON: map[string]any{"kind": "youtube#thumbnailSetResponse",
		"items": []any{map[string]any{"default": map[string]any{"url": "http://" + r.Host + "/picture/" + v.ID, "width": 120, "height": 90}}}}}
}

// writeFile replaces a file whole.
func writeFile(path string, content []byte) error {
	part := path + "." + rand.Text()[:8]
	f, err := os.Create(part)
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	_, err = io.Copy(f, bytes.NewReader(content))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}
