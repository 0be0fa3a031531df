package studio

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"castad/shared/studio/music"
)

// The codes in the body of an answer; the HTTP status is 200 for all of them, as at sunoapi.org.
const (
	codeOK         = 200
	codeInvalid    = 400
	codeKey        = 401
	codeNotFound   = 404
	codeRate       = 405 // sunoapi.org's own use of 405
	codeTooLong    = 413
	codeNoCredits  = 429 // not a rate limit
	codeServer     = 500
	maxRequestBody = 256 << 10
)

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone when this fails
}

func sunoOK(w http.ResponseWriter, data any) {
	answer(w, http.StatusOK, map[string]any{"code": codeOK, "msg": "success", "data": data})
}

func sunoFail(w http.ResponseWriter, code int, msg string) {
	answer(w, http.StatusOK, map[string]any{"code": code, "msg": msg, "data": nil})
}

func (s *Studio) sunoKeyed(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.authorized(r) {
			sunoFail(w, codeKey, "The API key is missing or wrong.")
			return
		}
		h(w, r)
	}
}

// sunoRequest is the body of POST /api/v1/generate. Fields that change nothing
// here (weights, negative tags, personas) are accepted and kept in param.
type sunoRequest struct {
	CustomMode   *bool  `json:"customMode"`
	Instrumental *bool  `json:"instrumental"`
	Model        string `json:"model"`
	Prompt       string `json:"prompt"`
	Style        string `json:"style"`
	Title        string `json:"title"`
	CallBackURL  string `json:"callBackUrl"`
	VocalGender  string `json:"vocalGender"`
}

var sunoModels = []string{"V4", "V4_5", "V4_5PLUS", "V4_5ALL", "V5", "V5_5"}

// check returns the code and reason for which a request is refused; 0 = none.
func (q sunoRequest) check() (int, string) {
	long := func(s string, n int) bool { return utf8.RuneCountInString(s) > n }
	prompt, style, title := 5000, 1000, 100
	if q.Model == "V4" {
		prompt, style = 3000, 200
	}
	if q.Model == "V4" || q.Model == "V4_5ALL" {
		title = 80
	}
	switch {
	case q.CustomMode == nil || q.Instrumental == nil:
		return codeInvalid, "customMode and instrumental are required."
	case !slices.Contains(sunoModels, q.Model):
		return codeInvalid, "model must be one of " + strings.Join(sunoModels, ", ") + "."
	case q.VocalGender != "" && q.VocalGender != "m" && q.VocalGender != "f":
		return codeInvalid, "vocalGender must be m or f."
	case !*q.CustomMode && !*q.Instrumental:
		return codeInvalid, "The studio writes no lyrics from a description: use customMode with the lyrics as prompt, or instrumental."
	case !*q.CustomMode && long(q.Prompt, 500):
		return codeTooLong, "prompt may have up to 500 characters without customMode."
	case *q.CustomMode && (q.Style == "" || q.Title == ""):
		return codeInvalid, "style and title are required with customMode."
	case *q.CustomMode && !*q.Instrumental && strings.TrimSpace(q.Prompt) == "":
		return codeInvalid, "prompt is required: it is sung as the lyrics."
	case long(q.Prompt, prompt):
		return codeTooLong, fmt.Sprintf("prompt may have up to %d characters.", prompt)
	case long(q.Style, style):
		return codeTooLong, fmt.Sprintf("style may have up to %d characters.", style)
	case long(q.Title, title):
		return codeTooLong, fmt.Sprintf("title may have up to %d characters.", title)
	}
	return 0, ""
}

func (s *Studio) generate(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		sunoFail(w, codeTooLong, "The body is too large or was cut off.")
		return
	}
	var q sunoRequest
	if err := json.Unmarshal(raw, &q); err != nil {
		sunoFail(w, codeInvalid, "The body is not the JSON of a generate request.")
		return
	}
	if code, msg := q.check(); code != 0 {
		sunoFail(w, code, msg)
		return
	}
	if q.CallBackURL != "" {
		if err := s.allowCallback(q.CallBackURL); err != nil {
			sunoFail(w, codeInvalid, err.Error()+".")
			return
		}
	}
	order, breaks := readSunoRequest(q)
	if err := music.Check(order); err != nil {
		sunoFail(w, codeTooLong, "These lyrics cannot be sung: "+err.Error()+".")
		return
	}
	t := &task{ID: randomHex(16), Created: s.config.Clock().UTC(), Param: raw, Callback: q.CallBackURL, Model: q.Model, Style: q.Style,
		Order: order, Breaks: breaks, Status: statusPending}
	h := fnv.New64a()
	fmt.Fprint(h, t.ID)
	for i := range takesPerTask { // sibling seeds: two songs, not one twice
		t.Takes = append(t.Takes, take{ID: newUUID(), Seed: int64(h.Sum64()>>2)<<1 | int64(i)})
	}
	if code, msg := s.accept(t); code != 0 {
		sunoFail(w, code, msg)
		return
	}
	sunoOK(w, map[string]string{"taskId": t.ID})
}

// accept puts the task on disk, then into the queue; only then it may be answered.
func (s *Studio) accept(t *task) (int, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return codeServer, "The studio is closing."
	case len(s.queue) >= s.config.MaxQueue:
		return codeRate, "Too many tasks are waiting; send this one again later."
	case s.balance() < creditsPerTask:
		return codeNoCredits, "The credits are insufficient."
	}
	if err := save(s.config.Dir, t); err != nil {
		s.config.Log.Error("accept song task", "error", err)
		return codeServer, "The task could not be kept; nothing was started."
	}
	s.tasks[t.ID] = t
	s.queue = append(s.queue, t.ID)
	s.signal()
	return 0, ""
}

// balance is the credits that are left; s.mu is held.
func (s *Studio) balance() int {
	n := s.config.Credits
	for _, t := range s.tasks {
		if t.Status != statusAudioFailed {
			n -= creditsPerTask
		}
	}
	return n
}

func (s *Studio) credit(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	n := s.balance()
	s.mu.Unlock()
	sunoOK(w, n)
}

// sunoSong is a song in record-info: camelCase.
type sunoSong struct {
	ID             string  `json:"id"`
	AudioURL       string  `json:"audioUrl"`
	StreamAudioURL string  `json:"streamAudioUrl"`
	ImageURL       string  `json:"imageUrl"`
	Prompt         string  `json:"prompt"`
	Title          string  `json:"title"`
	Tags           string  `json:"tags"`
	ModelName      string  `json:"modelName"`
	CreateTime     string  `json:"createTime"`
	Duration       float64 `json:"duration"`
}

func (s *Studio) recordInfo(w http.ResponseWriter, r *http.Request) {
	t, ok := s.find(r.URL.Query().Get("taskId"))
	if !ok {
		sunoFail(w, codeNotFound, "There is no such task.")
		return
	}
	type response struct {
		TaskID   string     `json:"taskId"`
		SunoData []sunoSong `json:"sunoData"`
	}
	data := struct {
		TaskID       string    `json:"taskId"`
		ParentMusic  string    `json:"parentMusicId"`
		Param        string    `json:"param"`
		Response     *response `json:"response"`
		Status       string    `json:"status"`
		Type         string    `json:"type"`
		ErrorCode    *int      `json:"errorCode"`
		ErrorMessage *string   `json:"errorMessage"`
	}{TaskID: t.ID, Param: string(t.Param), Status: t.Status, Type: "GENERATE"}
	if t.Status != statusPending {
		data.Response = &response{TaskID: t.ID, SunoData: []sunoSong{}}
		for _, k := range t.Takes {
			song := sunoSong{ID: k.ID, Prompt: promptOf(t), Title: t.Order.Title, Tags: t.Style, ModelName: t.Model, CreateTime: t.Created.Format("2006-01-02 15:04:05")}
			if k.Done {
				song.AudioURL, song.StreamAudioURL, song.Duration = s.songURL(k.ID), s.songURL(k.ID), k.Seconds
			}
			data.Response.SunoData = append(data.Response.SunoData, song)
		}
	}
	if t.Status == statusAudioFailed {
		data.ErrorCode, data.ErrorMessage = &t.Code, &t.Error
	}
	sunoOK(w, data)
}

func (s *Studio) songURL(id string) string { return s.config.Public + "/files/songs/" + id + ".mp3" }

// alignedWord is a sung word; the last word of a line ends with a line break, as Suno's do.
type alignedWord struct {
	Word    string  `json:"word"`
	Success bool    `json:"success"`
	StartS  float64 `json:"startS"`
	EndS    float64 `json:"endS"`
	Palign  float64 `json:"palign"`
}

func (s *Studio) timestampedLyrics(w http.ResponseWriter, r *http.Request) {
	var q struct {
		TaskID  string `json:"taskId"`
		AudioID string `json:"audioId"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBody)).Decode(&q); err != nil {
		sunoFail(w, codeInvalid, "The body is not the JSON of a get-timestamped-lyrics request.")
		return
	}
	t, ok := s.find(q.TaskID)
	i := slices.IndexFunc(t.Takes, func(k take) bool { return k.ID == q.AudioID })
	if !ok || i < 0 || !t.Takes[i].Done {
		sunoFail(w, codeNotFound, "There is no such finished song.")
		return
	}
	k := t.Takes[i]
	words := []alignedWord{}
	for n, word := range k.Words {
		text := word.Text + " "
		if n+1 == len(k.Words) || k.Words[n+1].Line != word.Line && t.Breaks[word.Line] {
			text = word.Text + "\n"
		}
		words = append(words, alignedWord{Word: text, Success: true, StartS: millis(word.Start), EndS: millis(word.End)})
	}
	sunoOK(w, map[string]any{"alignedWords": words, "waveformData": k.Wave, "hootCer": 0, "isStreamed": false})
}

func millis(s float64) float64 { return float64(int64(s*1000+.5)) / 1000 }

var songName = regexp.MustCompile(`^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.mp3$`)

// file serves a song; its name is a secret of 122 bits, so it needs no key, as at the vendor.
func (s *Studio) file(w http.ResponseWriter, r *http.Request) {
	m := songName.FindStringSubmatch(r.PathValue("name"))
	if m == nil {
		http.NotFound(w, r)
		return
	}
	f, err := os.Open(s.songPath(m[1]))
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			s.config.Log.Error("open song", "song", m[1], "error", err)
		}
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		s.config.Log.Error("open song", "song", m[1], "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "audio/mpeg")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", fmt.Sprintf(`"%s-%d"`, m[1], info.Size()))
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// ledgerEntry is one accepted task: what a test counts and an operator searches.
type ledgerEntry struct {
	Kind    string `json:"kind"`
	ID      string `json:"id"`
	Param   string `json:"param"`
	Tag     string `json:"tag"` // the callback address: the caller's own mark of the job
	Status  string `json:"status"`
	Created string `json:"created"`
	// Takes are the finished songs, as they were measured.
	Takes []ledgerTake `json:"takes"`
}

// ledgerTake is the receipt of one song.
type ledgerTake struct {
	ID       string   `json:"id"`
	Seconds  float64  `json:"seconds"`
	Tempo    float64  `json:"tempo"` // beats per minute
	Key      string   `json:"key"`
	LUFS     *float64 `json:"lufs"`      // integrated
	TruePeak *float64 `json:"true_peak"` // dBTP
}

func (s *Studio) ledger(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	out := []ledgerEntry{}
	for _, t := range s.tasks {
		e := ledgerEntry{Kind: "song", ID: t.ID, Param: string(t.Param), Tag: t.Callback, Status: t.Status, Created: t.Created.Format("2006-01-02T15:04:05.000000Z"), Takes: []ledgerTake{}}
		for _, k := range t.Takes {
			if k.Done {
				e.Takes = append(e.Takes, ledgerTake{k.ID, k.Seconds, k.Tempo, k.Key, k.LUFS, k.TruePeak})
			}
		}
		out = append(out, e)
	}
	s.mu.Unlock()
	slices.SortFunc(out, func(a, b ledgerEntry) int {
		return strings.Compare(a.Created+a.ID, b.Created+b.ID)
	})
	answer(w, http.StatusOK, out)
}
