package studio

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"castad/shared/studio/music"
)

// unlimited is the balance of credits: the studio charges nothing.
const unlimited = 1_000_000

// sunoError is a refusal: HTTP 200 with the code in the body, as the vendor does it.
type sunoError struct {
	code    int
	message string
}

// suno wraps an operation in the vendor's envelope.
func (s *Studio) suno(do func(*http.Request) (any, *sunoError)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out := map[string]any{"code": http.StatusOK, "msg": "success"}
		var refused *sunoError
		var data any
		if s.allowed(r) {
			r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
			data, refused = do(r)
		} else {
			refused = &sunoError{http.StatusUnauthorized, "You do not have access permissions"}
		}
		if refused != nil {
			out["code"], out["msg"] = refused.code, refused.message
		}
		out["data"] = data
		writeJSON(w, http.StatusOK, out)
	}
}

// songRequest is POST /api/v1/generate.
type songRequest struct {
	CustomMode   *bool  `json:"customMode"`
	Instrumental *bool  `json:"instrumental"`
	Model        string `json:"model"`
	Prompt       string `json:"prompt"`
	Style        string `json:"style"`
	Title        string `json:"title"`
	CallBackURL  string `json:"callBackUrl"`
	VocalGender  string `json:"vocalGender"`
}

const (
	maxPrompt = 5000 // characters; the vendor's limit of all models but V4
	maxStyle  = 1000
	maxTitle  = 100
)

// check says what the vendor would say of a bad order, and what music would.
func (q songRequest) check() *sunoError {
	bad := func(format string, args ...any) *sunoError {
		return &sunoError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
	}
	switch {
	case q.CustomMode == nil || q.Instrumental == nil || q.Model == "":
		return bad("customMode, instrumental and model are required")
	case !*q.CustomMode:
		return bad("customMode false is not supported here: send lyrics and style")
	case q.Title == "" || q.Style == "":
		return bad("title and style are required in custom mode")
	case !*q.Instrumental && strings.TrimSpace(q.Prompt) == "":
		return bad("prompt is required: it is sung verbatim")
	case q.VocalGender != "" && q.VocalGender != "m" && q.VocalGender != "f":
		return bad("vocalGender must be m or f")
	case utf8.RuneCountInString(q.Prompt) > maxPrompt, utf8.RuneCountInString(q.Style) > maxStyle, utf8.RuneCountInString(q.Title) > maxTitle:
		return &sunoError{http.StatusRequestEntityTooLarge, "prompt, style or title is too long"}
	}
	if q.CallBackURL != "" {
		if u, err := url.Parse(q.CallBackURL); err != nil || u.Host == "" {
			return bad("callBackUrl is not an address")
		}
	}
	if err := music.Check(q.order(0)); err != nil {
		return bad("%v", err)
	}
	return nil
}

var (
	marker  = regexp.MustCompile(`^\[(.+)\]$`)
	seconds = regexp.MustCompile(`(\d{1,3})\s*(?:s|sec|seconds)\b`)
)

// order reads the vendor's notation: sections in brackets, one line a line; the
// style names genre, mood and length in words.
func (q songRequest) order(take int) music.Order {
	o := music.Order{Title: q.Title, Genre: music.KPop, Voice: q.VocalGender}
	style := strings.ToLower(q.Style)
	for _, g := range music.Genres {
		if strings.Contains(style, g) {
			o.Genre = g
			break
		}
	}
	for _, m := range []string{"bright", "warm", "trendy", "trot"} {
		if strings.Contains(style, m) {
			o.Mood = m
			break
		}
	}
	if m := seconds.FindStringSubmatch(style); m != nil {
		o.Seconds, _ = strconv.Atoi(m[1]) // at most three digits
	}
	section := "verse"
	if q.Instrumental == nil || !*q.Instrumental {
		for l := range strings.Lines(q.Prompt) {
			l = strings.TrimSpace(l)
			if m := marker.FindStringSubmatch(l); m != nil {
				section = sectionOf(m[1])
			} else if l != "" {
				o.Lines = append(o.Lines, music.Line{Section: section, Text: l})
			}
		}
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%d", q.Title, q.Style, q.Prompt, q.VocalGender, take)
	o.Seed = int64(h.Sum64())
	return o
}

func sectionOf(name string) string {
	switch name = strings.ToLower(name); {
	case strings.Contains(name, "hook"), strings.Contains(name, "chorus"):
		return "hook"
	case strings.Contains(name, "outro"), strings.Contains(name, "call"):
		return "call"
	}
	return "verse"
}

func (s *Studio) generate(r *http.Request) (any, *sunoError) {
	var q songRequest
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &q)
	}
	if err != nil {
		return nil, &sunoError{http.StatusBadRequest, "the body cannot be read: " + err.Error()}
	}
	if refused := q.check(); refused != nil {
		return nil, refused
	}
	t := &task{ID: newID(), Param: string(body), Request: q, Status: statusPending, Created: s.c.Clock().UTC()}
	if err := s.save(t); err != nil {
		s.c.Log.Error("song order not kept", "err", err.Error())
		return nil, &sunoError{http.StatusInternalServerError, "the order could not be kept"}
	}
	s.mu.Lock()
	s.tasks[t.ID] = t
	s.queue = append(s.queue, t.ID)
	s.mu.Unlock()
	s.signal()
	return map[string]any{"taskId": t.ID}, nil
}

func (s *Studio) record(r *http.Request) (any, *sunoError) {
	t, ok := s.find(r.URL.Query().Get("taskId"))
	if !ok {
		return nil, &sunoError{http.StatusNotFound, "no such task"}
	}
	data := map[string]any{"taskId": t.ID, "status": t.Status, "type": "GENERATE", "param": t.Param, "errorCode": nil, "errorMessage": nil, "response": nil}
	if t.Error != "" {
		data["errorCode"], data["errorMessage"] = http.StatusInternalServerError, t.Error
	}
	if len(t.Tracks) > 0 {
		var songs []any
		for _, k := range t.Tracks {
			songs = append(songs, map[string]any{"id": k.ID, "audioUrl": s.songURL(k.ID), "streamAudioUrl": s.songURL(k.ID), "imageUrl": "",
				"prompt": t.Request.Prompt, "title": t.Request.Title, "tags": t.Request.Style, "modelName": t.Request.Model,
				"createTime": t.Created.UnixMilli(), "duration": k.Seconds})
		}
		data["response"] = map[string]any{"taskId": t.ID, "sunoData": songs}
	}
	return data, nil
}

func (s *Studio) songURL(track string) string { return s.c.Public + "/files/songs/" + track + ".mp3" }

func (s *Studio) aligned(r *http.Request) (any, *sunoError) {
	var q struct {
		TaskID  string `json:"taskId"`
		AudioID string `json:"audioId"`
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return nil, &sunoError{http.StatusBadRequest, "the body cannot be read: " + err.Error()}
	}
	t, ok := s.find(q.TaskID)
	if ok {
		for _, k := range t.Tracks {
			if k.ID != q.AudioID {
				continue
			}
			words := make([]any, 0, len(k.Words))
			for _, w := range k.Words {
				words = append(words, map[string]any{"word": w.Text, "success": true, "startS": w.Start, "endS": w.End, "palign": 0})
			}
			return map[string]any{"alignedWords": words, "waveformData": []float64{}, "hootCer": 0, "isStreamed": false}, nil
		}
	}
	return nil, &sunoError{http.StatusNotFound, "no such task or song"}
}

var songFile = regexp.MustCompile(`^[0-9a-f]{32}\.mp3$`)

// file serves a song. Its name is unguessable, as the vendor's are.
func (s *Studio) file(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if !songFile.MatchString(name) {
		http.NotFound(w, r)
		return
	}
	f, err := os.Open(filepath.Join(s.c.Dir, name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		http.Error(w, "the song cannot be read", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "audio/mpeg")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// ledger lists every accepted song order, oldest first.
func (s *Studio) ledger(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(r) {
		http.Error(w, "a key is needed", http.StatusUnauthorized)
		return
	}
	type entry struct {
		Kind     string `json:"kind"`
		ID       string `json:"id"`
		Title    string `json:"title"`
		Callback string `json:"callback"`
		Status   string `json:"status"`
		Created  string `json:"created"`
	}
	s.mu.Lock()
	list := make([]entry, 0, len(s.tasks))
	for _, t := range s.tasks {
		list = append(list, entry{"song", t.ID, t.Request.Title, t.Request.CallBackURL, t.Status, t.Created.Format("2006-01-02T15:04:05.000000Z")})
	}
	s.mu.Unlock()
	sort.Slice(list, func(i, j int) bool { return list[i].Created < list[j].Created })
	writeJSON(w, http.StatusOK, list)
}
