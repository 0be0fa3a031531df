package studio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	openai "github.com/sashabaranov/go-openai"
	"go.uber.org/goleak"

	"castad/shared/claim"
	"castad/shared/studio/music"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// copyEncoder stands in for the MP3 encoder: what is tested here is the wire, not LAME.
func copyEncoder(_ context.Context, wav, mp3 string) error {
	b, err := os.ReadFile(wav)
	if err != nil {
		return err
	}
	return os.WriteFile(mp3, b, 0o600)
}

// hum is a song of half a second for tests that are not about its sound.
func hum(o music.Order) (*music.Song, error) {
	if err := music.Check(o); err != nil {
		return nil, err
	}
	return &music.Song{Rate: music.Rate, PCM: make([]int16, music.Rate), Seconds: .5, Words: []music.Word{{Text: "라", Start: .1, End: .2}}}, nil
}

// client talks to a studio.
type client struct {
	t      *testing.T
	studio *Studio
	server *httptest.Server
	key    string
}

func open(t *testing.T, c Config) *client {
	t.Helper()
	// The address is known before the studio is made, as in the program.
	server := httptest.NewUnstartedServer(nil)
	c.Public = "http://" + server.Listener.Addr().String()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	if c.Encode == nil {
		c.Encode = copyEncoder
	}
	c.CallbackDelay = time.Millisecond
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = s.Handler()
	server.Start()
	k := &client{t: t, studio: s, server: server, key: c.Key}
	t.Cleanup(k.close)
	return k
}

func (c *client) close() {
	c.server.Close()
	if err := c.studio.Close(); err != nil {
		c.t.Error(err)
	}
}

// call sends a Suno request and returns the body's code and decodes its data.
func (c *client) call(method, path, body string, data any) (code int, msg string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	resp, err := c.server.Client().Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		c.t.Fatalf("%s %s: status %d", method, path, resp.StatusCode)
	}
	var envelope struct {
		Code int             `json:"code"`
		Msg  string          `json:"msg"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil {
		c.t.Fatal(err)
	}
	if data != nil && envelope.Code == codeOK {
		if err := json.Unmarshal(envelope.Data, data); err != nil {
			c.t.Fatalf("%s: %v", envelope.Data, err)
		}
	}
	return envelope.Code, envelope.Msg
}

func song(callback string) string {
	b, _ := json.Marshal(map[string]any{"customMode": true, "instrumental": false, "model": "V4_5", "title": "한빛 송", "style": "acoustic, warm, 15 seconds", "vocalGender": "f",
		"prompt": "[Verse]\n전주 한옥마을 걷다 보면\n칼국수는 9,000원\n[Hook]\n라라라 한빛 랄라라\n[Call]\n오늘 한빛에서 만나요", "callBackUrl": callback})
	return string(b)
}

type record struct {
	TaskID, Status, Param string
	ErrorMessage          *string
	Response              *struct{ SunoData []sunoSong }
}

// await polls the task until it ends.
func (c *client) await(id string) record {
	c.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var before int
	order := map[string]int{statusPending: 0, statusText: 1, statusFirst: 2, statusSuccess: 3, statusAudioFailed: 3}
	for range tick.C {
		var r record
		if code, msg := c.call("GET", "/api/v1/generate/record-info?taskId="+id, "", &r); code != codeOK {
			c.t.Fatalf("code %d: %s", code, msg)
		}
		at, ok := order[r.Status]
		if !ok || at < before {
			c.t.Fatalf("status %s after step %d", r.Status, before)
		}
		before = at
		if at == 3 {
			return r
		}
	}
	panic("a ticker does not end")
}

// receiver collects callbacks; the first failures of each stage are refused.
type receiver struct {
	server *httptest.Server
	mu     sync.Mutex
	fail   int
	got    []map[string]any
	all    chan struct{} // closed at "complete" or "error"
}

func receive(t *testing.T, fail int) *receiver {
	r := &receiver{fail: fail, all: make(chan struct{})}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.fail > 0 {
			r.fail--
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
		var body map[string]any
		if err := json.NewDecoder(q.Body).Decode(&body); err != nil {
			t.Errorf("callback: %v", err)
		}
		r.got = append(r.got, body)
		if stage := body["data"].(map[string]any)["callbackType"]; stage == "complete" || stage == "error" {
			select {
			case <-r.all:
				t.Errorf("%v was told twice", stage)
			default:
				close(r.all)
			}
		}
	}))
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) stages() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, b := range r.got {
		out = append(out, b["data"].(map[string]any)["callbackType"].(string))
	}
	return out
}

func TestASongFromOrderToFile(t *testing.T) {
	t.Parallel()
	calls := receive(t, 2)
	c := open(t, Config{Key: "secret"})
	request := song(calls.server.URL + "/hook/t0ken")
	var accepted struct{ TaskID string }
	if code, msg := c.call("POST", "/api/v1/generate", request, &accepted); code != codeOK {
		t.Fatalf("code %d: %s", code, msg)
	}
	r := c.await(accepted.TaskID)
	if r.Status != statusSuccess || r.Param != request || len(r.Response.SunoData) != 2 {
		t.Fatalf("%+v", r)
	}
	var bodies []string
	for _, s := range r.Response.SunoData {
		bodies = append(bodies, string(c.download(s.AudioURL)))
		if s.Duration < 14.9 || s.Duration > 15.1 || s.Title != "한빛 송" {
			t.Errorf("song %+v", s)
		}
		c.checkTimes(accepted.TaskID, s.ID)
	}
	if bodies[0] == bodies[1] {
		t.Error("the two takes are the same")
	}
	c.checkReceipt(accepted.TaskID, r)
	<-calls.all
	if d := cmp.Diff([]string{"text", "first", "complete"}, calls.stages()); d != "" {
		t.Errorf("callbacks:\n%s", d)
	}
	done := calls.got[2]["data"].(map[string]any)
	songs := done["data"].([]any)
	if done["task_id"] != accepted.TaskID || len(songs) != 2 || songs[1].(map[string]any)["audio_url"] != r.Response.SunoData[1].AudioURL {
		t.Errorf("complete callback %v", done)
	}
	var credits int
	if c.call("GET", "/api/v1/generate/credit", "", &credits); credits != 1_000_000-creditsPerTask {
		t.Errorf("%d credits", credits)
	}
}

func (c *client) download(address string) []byte {
	c.t.Helper()
	get := func(header, value string) (*http.Response, []byte) {
		r, _ := http.NewRequestWithContext(c.t.Context(), "GET", address, nil)
		if header != "" {
			r.Header.Set(header, value)
		}
		resp, err := c.server.Client().Do(r)
		if err != nil {
			c.t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			c.t.Fatal(err)
		}
		return resp, b
	}
	resp, whole := get("", "")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "audio/mpeg" || len(whole) < 1000 {
		c.t.Fatalf("status %d, %s, %d bytes", resp.StatusCode, resp.Header.Get("Content-Type"), len(whole))
	}
	part, b := get("Range", "bytes=100-199")
	if part.StatusCode != http.StatusPartialContent || !bytes.Equal(b, whole[100:200]) {
		c.t.Errorf("range: status %d, %d bytes", part.StatusCode, len(b))
	}
	if again, _ := get("If-None-Match", resp.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		c.t.Errorf("If-None-Match: status %d", again.StatusCode)
	}
	return whole
}

// checkReceipt reads what the ledger says of the two finished takes.
func (c *client) checkReceipt(taskID string, r record) {
	c.t.Helper()
	ask, err := http.NewRequestWithContext(c.t.Context(), "GET", c.server.URL+"/ledger", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	ask.Header.Set("Authorization", "Bearer "+c.key)
	resp, err := c.server.Client().Do(ask)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	var entries []ledgerEntry
	if err := json.NewDecoder(resp.Body).Decode(&entries); err != nil || len(entries) != 1 || entries[0].ID != taskID || len(entries[0].Takes) != takesPerTask {
		c.t.Fatalf("ledger %+v, %v", entries, err)
	}
	takes := entries[0].Takes
	for i, k := range takes {
		if k.ID != r.Response.SunoData[i].ID || k.Seconds != 15 || k.Tempo < 60 || k.Tempo > 180 || k.LUFS == nil || math.Abs(*k.LUFS+14) > 1 || k.TruePeak == nil || *k.TruePeak > -1 {
			c.t.Errorf("take %d is %+v", i, k)
		}
	}
	if takes[0].Key == "" || takes[0].Key == takes[1].Key {
		c.t.Errorf("the takes are in %q and %q", takes[0].Key, takes[1].Key)
	}
}

func (c *client) checkTimes(taskID, audioID string) {
	c.t.Helper()
	var wire map[string]json.RawMessage
	c.call("POST", "/api/v1/generate/get-timestamped-lyrics", fmt.Sprintf(`{"taskId":%q,"audioId":%q}`, taskID, audioID), &wire)
	if d := cmp.Diff([]string{"alignedWords", "hootCer", "isStreamed", "waveformData"}, slices.Sorted(maps.Keys(wire))); d != "" {
		c.t.Errorf("the fields of the timestamps:\n%s", d)
	}
	var times struct {
		AlignedWords []struct {
			Word                 string
			Success              bool
			StartS, EndS, Palign *float64 // all there, as numbers
		}
		WaveformData []float64
	}
	raw, _ := json.Marshal(wire)
	if err := json.Unmarshal(raw, &times); err != nil {
		c.t.Fatal(err)
	}
	text, before := "", 0.0
	for _, w := range times.AlignedWords {
		text += w.Word
		if !w.Success || w.StartS == nil || w.EndS == nil || w.Palign == nil || *w.StartS < before || *w.EndS <= *w.StartS || *w.EndS > 15 {
			c.t.Fatalf("word %+v after %.2f", w, before)
		}
		before = *w.StartS
	}
	if want := "전주 한옥마을 걷다 보면\n칼국수는 9,000원\n라라라 한빛 랄라라\n오늘 한빛에서 만나요\n"; text != want {
		c.t.Errorf("the words are %q", text)
	}
	if len(times.WaveformData) != 200 {
		c.t.Errorf("%d parts of waveform", len(times.WaveformData))
	}
}

func TestARestartGoesOnWithWhatWasAccepted(t *testing.T) {
	t.Parallel()
	calls := receive(t, 0)
	dir := t.TempDir()
	// The first studio's encoder finishes one take and then waits for the end.
	second := make(chan struct{})
	var mu sync.Mutex
	n := 0
	stuck := func(ctx context.Context, wav, mp3 string) error {
		mu.Lock()
		n++
		k := n
		mu.Unlock()
		if k == 1 {
			return copyEncoder(ctx, wav, mp3)
		}
		close(second)
		<-ctx.Done()
		return ctx.Err()
	}
	c := open(t, Config{compose: hum, Dir: dir, Encode: stuck})
	var accepted, waiting struct{ TaskID string }
	c.call("POST", "/api/v1/generate", song(calls.server.URL), &accepted)
	<-second
	c.call("POST", "/api/v1/generate", song(""), &waiting)
	var before record
	c.call("GET", "/api/v1/generate/record-info?taskId="+accepted.TaskID, "", &before)
	if before.Status != statusFirst {
		t.Fatalf("status %s in the middle", before.Status)
	}
	first := c.download(before.Response.SunoData[0].AudioURL)
	c.close()
	// A kill may leave half a write and half a song behind.
	for _, name := range []string{filepath.Join(taskDir(dir), accepted.TaskID+".json.tmp"), filepath.Join(workDir(dir), "half.wav")} {
		if err := os.WriteFile(name, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c = open(t, Config{compose: hum, Dir: dir})
	after := c.await(accepted.TaskID)
	if after.Status != statusSuccess || after.Response.SunoData[0].ID != before.Response.SunoData[0].ID || after.Response.SunoData[1].ID != before.Response.SunoData[1].ID {
		t.Fatalf("before %+v, after %+v", before, after)
	}
	if !bytes.Equal(first, c.download(after.Response.SunoData[0].AudioURL)) {
		t.Error("the first take was made again")
	}
	if r := c.await(waiting.TaskID); r.Status != statusSuccess {
		t.Errorf("the waiting task ended as %s", r.Status)
	}
	<-calls.all
	if got := calls.stages(); got[len(got)-1] != "complete" {
		t.Errorf("callbacks %v", got)
	}
	resp, err := c.server.Client().Get(c.server.URL + "/ledger")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var entries []ledgerEntry
	if err := json.NewDecoder(resp.Body).Decode(&entries); err != nil || len(entries) != 2 || entries[0].ID != accepted.TaskID || entries[0].Kind != "song" || entries[0].Tag != calls.server.URL {
		t.Errorf("ledger %+v, %v", entries, err)
	}
}

func TestATaskThatCannotBeMadeFailsWithAReason(t *testing.T) {
	t.Parallel()
	calls := receive(t, 0)
	c := open(t, Config{compose: hum, Encode: func(context.Context, string, string) error { return errors.New("no encoder") }})
	var accepted struct{ TaskID string }
	c.call("POST", "/api/v1/generate", song(calls.server.URL), &accepted)
	r := c.await(accepted.TaskID)
	if r.Status != statusAudioFailed || r.ErrorMessage == nil || strings.Contains(*r.ErrorMessage, "encoder") {
		t.Errorf("%+v", r)
	}
	<-calls.all
	for told, _ := c.studio.find(accepted.TaskID); !told.ToldError; told, _ = c.studio.find(accepted.TaskID) {
		time.Sleep(time.Millisecond) // the answer to the callback is on its way
	}
	if told, _ := c.studio.find(accepted.TaskID); told.next() != "" {
		t.Errorf("after the error %q is told", told.next())
	}
	if d := cmp.Diff([]string{"text", "error"}, calls.stages()); d != "" {
		t.Errorf("callbacks:\n%s", d)
	}
	var credits int
	if c.call("GET", "/api/v1/generate/credit", "", &credits); credits != 1_000_000 {
		t.Errorf("%d credits after a failure", credits)
	}
}

func TestATaskThatTakesTheProgramDownIsGivenUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := loadTasks(dir); err != nil {
		t.Fatal(err)
	}
	bad := &task{ID: "bad", Created: time.Now(), Param: json.RawMessage(`{}`), Status: statusText, Starts: maxStarts, Takes: []take{{ID: newUUID()}, {ID: newUUID()}}}
	if err := save(dir, bad); err != nil {
		t.Fatal(err)
	}
	c := open(t, Config{Dir: dir})
	if r := c.await("bad"); r.Status != statusAudioFailed {
		t.Errorf("ended as %s", r.Status)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	c := open(t, Config{Key: "secret", Credits: creditsPerTask - 1})
	change := func(field string, value any) string {
		var m map[string]any
		_ = json.Unmarshal([]byte(song("")), &m)
		if m[field] = value; value == nil {
			delete(m, field)
		}
		b, _ := json.Marshal(m)
		return string(b)
	}
	for name, row := range map[string]struct {
		body string
		code int
	}{
		"no JSON":                              {"{", codeInvalid},
		"no customMode":                        {change("customMode", nil), codeInvalid},
		"an unknown model":                     {change("model", "V9"), codeInvalid},
		"no title":                             {change("title", ""), codeInvalid},
		"no style":                             {change("style", ""), codeInvalid},
		"no lyrics":                            {change("prompt", "  "), codeInvalid},
		"a description instead of lyrics":      {change("customMode", false), codeInvalid},
		"an unknown voice":                     {change("vocalGender", "x"), codeInvalid},
		"too long lyrics":                      {change("prompt", strings.Repeat("가", 5001)), codeTooLong},
		"a too long style":                     {change("style", strings.Repeat("a", 1001)), codeTooLong},
		"a too long title":                     {change("title", strings.Repeat("a", 101)), codeTooLong},
		"more than can be sung in the seconds": {change("prompt", strings.Repeat("가나다라 마바사아\n", 30)), codeTooLong},
		"a length that is not made":            {change("style", "k-pop, 5 seconds"), codeTooLong},
		"a callback to another host":           {change("callBackUrl", "http://192.168.0.1/x"), codeInvalid},
		"a callback with a password":           {change("callBackUrl", "http://a:b@127.0.0.1/x"), codeInvalid},
		"a callback of another scheme":         {change("callBackUrl", "file://localhost/etc/passwd"), codeInvalid},
		"no credits":                           {song(""), codeNoCredits},
	} {
		if code, msg := c.call("POST", "/api/v1/generate", row.body, nil); code != row.code || msg == "" {
			t.Errorf("%s: code %d (%s), want %d", name, code, msg, row.code)
		}
	}
	if code, _ := c.call("GET", "/api/v1/generate/record-info?taskId=nope", "", nil); code != codeNotFound {
		t.Errorf("an unknown task: code %d", code)
	}
	if code, _ := c.call("POST", "/api/v1/generate/get-timestamped-lyrics", `{"taskId":"nope","audioId":""}`, nil); code != codeNotFound {
		t.Errorf("unknown lyrics: code %d", code)
	}
	if code, _ := c.call("GET", "/api/v1/nothing", "", nil); code != codeNotFound {
		t.Errorf("an unknown path: code %d", code)
	}
	c.key = "wrong"
	for _, path := range []string{"/api/v1/generate/credit", "/api/v1/generate/record-info", "/ledger"} {
		if code, _ := c.call("GET", path, "", nil); code != codeKey {
			t.Errorf("%s with a wrong key: code %d", path, code)
		}
	}
	if n := len(c.studio.tasks); n != 0 {
		t.Errorf("%d tasks were kept", n)
	}
}

func TestAFullQueueIsARateLimit(t *testing.T) {
	t.Parallel()
	begun, once := make(chan struct{}), sync.Once{}
	c := open(t, Config{compose: hum, MaxQueue: 1, Encode: func(ctx context.Context, _, _ string) error {
		once.Do(func() { close(begun) })
		<-ctx.Done()
		return ctx.Err()
	}})
	c.call("POST", "/api/v1/generate", song(""), nil)
	<-begun // it is being made, not waiting
	if code, msg := c.call("POST", "/api/v1/generate", song(""), nil); code != codeOK {
		t.Fatalf("code %d: %s", code, msg)
	}
	if code, _ := c.call("POST", "/api/v1/generate", song(""), nil); code != codeRate {
		t.Errorf("code %d, want %d", code, codeRate)
	}
}

func TestOldSongsAreRemoved(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	c := open(t, Config{compose: hum, Dir: dir, Clock: func() time.Time { return now }})
	var accepted struct{ TaskID string }
	c.call("POST", "/api/v1/generate", song(""), &accepted)
	r := c.await(accepted.TaskID)
	c.close()
	c = open(t, Config{Dir: dir, Clock: func() time.Time { return now.Add(16 * 24 * time.Hour) }})
	if code, _ := c.call("GET", "/api/v1/generate/record-info?taskId="+accepted.TaskID, "", nil); code != codeNotFound {
		t.Errorf("code %d after 16 days", code)
	}
	if _, err := os.Stat(c.studio.songPath(r.Response.SunoData[0].ID)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the song is still there: %v", err)
	}
}

func TestReadPrompt(t *testing.T) {
	t.Parallel()
	lines, breaks := readPrompt("[Intro]\n\n[Verse 1]\n하나\n[Chorus]\n둘 (둘)\n♪\n[Outro]\n" + strings.Repeat("가나다라 ", 9))
	var got []string
	for i, l := range lines {
		got = append(got, fmt.Sprintf("%s|%s|%v", l.Section, l.Text, breaks[i]))
	}
	want := []string{"verse|하나|true", "hook|둘 (둘)|true", "call|가나다라 가나다라 가나다라 가나다라 가나다라|false", "call|가나다라 가나다라 가나다라 가나다라|true"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	yes, no := true, false
	for style, want := range map[string]string{
		"Trot, bright, 30 seconds, male vocals": "trot bright m 30", "감성 발라드 60초": "ballad warm f 60", "lo-fi hip hop, cool": "hip-hop trendy f 20",
		"acoustic guitar, female vocal, male vocal": "acoustic bright f 20", "wrapped in strawberries": "k-pop bright f 20", "Instagram rap 15s": "hip-hop bright f 15",
	} {
		o, _ := readSunoRequest(sunoRequest{CustomMode: &yes, Instrumental: &no, Style: style, Prompt: "라라라"})
		if got := fmt.Sprint(o.Genre, " ", o.Mood, " ", o.Voice, " ", o.Seconds); got != want {
			t.Errorf("%q: %s, want %s", style, got, want)
		}
	}
}

func brief() string {
	b, _ := json.Marshal(claim.Brief{Language: "ko", Mood: "bright", Seconds: 30, Facts: []claim.Fact{
		{ID: "f1", Kind: claim.Name, Text: "한빛칼국수"}, {ID: "f2", Kind: claim.Area, Text: "전주"}, {ID: "f3", Kind: claim.Menu, Text: "칼국수", Won: 9000}}})
	return string(b)
}

func (c *client) openai() *openai.Client {
	cfg := openai.DefaultConfig(c.key)
	cfg.BaseURL = c.server.URL + "/v1"
	cfg.HTTPClient = c.server.Client()
	return openai.NewClientWithConfig(cfg)
}

func TestChatThroughAnUnmodifiedClient(t *testing.T) {
	t.Parallel()
	c := open(t, Config{Key: "secret"})
	seed := 7
	request := openai.ChatCompletionRequest{Model: "gpt-4o-mini", Seed: &seed, MaxCompletionTokens: 2000, Messages: []openai.ChatCompletionMessage{
		{Role: "system", Content: "You write jingles."}, {Role: "user", Content: "{\"facts\":[]}"}, {Role: "assistant", Content: "?"}, {Role: "user", Content: "브리프 {아래}: " + brief() + "\n고마워요"}},
		ResponseFormat: &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONSchema, JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: "lyric", Strict: true, Schema: json.RawMessage(`{"type":"object"}`)}}}
	resp, err := c.openai().CreateChatCompletion(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	var l claim.Lyric
	if err := json.Unmarshal([]byte(resp.Choices[0].Message.Content), &l); err != nil {
		t.Fatal(err)
	}
	var b claim.Brief
	if err := json.Unmarshal([]byte(brief()), &b); err != nil {
		t.Fatal(err)
	}
	if p := claim.Check(b.Facts, l); len(l.Lines) != 8 || len(p) > 0 {
		t.Errorf("%+v: %v", l, p)
	}
	u := resp.Usage
	if resp.Model != "gpt-4o-mini" || resp.Choices[0].FinishReason != "stop" || u.PromptTokens < 50 || u.CompletionTokens < 50 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
		t.Errorf("%+v", resp)
	}
	again, err := c.openai().CreateChatCompletion(t.Context(), request)
	if err != nil || again.Choices[0].Message.Content != resp.Choices[0].Message.Content {
		t.Errorf("the same seed answered otherwise: %v", err)
	}
	request.Seed, request.N, request.ResponseFormat = nil, 3, nil
	plain, err := c.openai().CreateChatCompletion(t.Context(), request)
	if err != nil || len(plain.Choices) != 3 || !strings.Contains(plain.Choices[2].Message.Content, "[Hook]") || plain.Choices[0].Message.Content == plain.Choices[1].Message.Content {
		t.Errorf("plain text: %+v, %v", plain, err)
	}
	request.N, request.MaxCompletionTokens = 1, 20
	if short, err := c.openai().CreateChatCompletion(t.Context(), request); err != nil || short.Choices[0].FinishReason != "length" || short.Usage.CompletionTokens > 20 {
		t.Errorf("a token limit: %+v, %v", short, err)
	}
	if models, err := c.openai().ListModels(t.Context()); err != nil || len(models.Models) != 1 || models.Models[0].ID != chatModel {
		t.Errorf("models %+v, %v", models, err)
	}
}

func TestChatRefusesInOpenAIsWords(t *testing.T) {
	t.Parallel()
	c := open(t, Config{Key: "secret"})
	ask := func(key, content string) error {
		k := *c
		k.key = key
		_, err := k.openai().CreateChatCompletion(t.Context(), openai.ChatCompletionRequest{Model: "m", Messages: []openai.ChatCompletionMessage{{Role: "user", Content: content}}})
		return err
	}
	for name, row := range map[string]struct {
		err    error
		status int
		param  string
	}{
		"a wrong key":                   {ask("wrong", brief()), 401, ""},
		"no brief":                      {ask("secret", "안녕하세요 {"), 400, "messages"},
		"a brief without facts":         {ask("secret", `{"language":"ko"}`), 400, "messages"},
		"a brief that cannot be sung":   {ask("secret", strings.Replace(brief(), `"bright"`, `"sad"`, 1)), 400, "messages"},
		"an empty message":              {ask("secret", ""), 400, "messages"},
		"a brief of a length not known": {ask("secret", strings.Replace(brief(), `30`, `31`, 1)), 400, "messages"},
	} {
		var e *openai.APIError
		if !errors.As(row.err, &e) || e.HTTPStatusCode != row.status || e.Type != "invalid_request_error" || e.Message == "" || row.param != "" && (e.Param == nil || *e.Param != row.param) {
			t.Errorf("%s: %v", name, row.err)
		}
	}
	_, err := c.openai().CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: "m", Input: "x"})
	var e *openai.APIError
	if !errors.As(err, &e) || e.HTTPStatusCode != 404 {
		t.Errorf("an unknown path: %v", err)
	}
}

func TestRendersAreMounted(t *testing.T) {
	t.Parallel()
	c := open(t, Config{Renders: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) })})
	for _, path := range []string{"/v1/renders", "/v2/renders/abc", "/files/renders/a.mp4", "/ledger/renders"} {
		resp, err := c.server.Client().Get(c.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(b) != path {
			t.Errorf("%s answered %q", path, b)
		}
	}
}

func TestNewRefusesWhatItCannotServe(t *testing.T) {
	t.Parallel()
	good := Config{Dir: t.TempDir(), Public: "http://127.0.0.1:1", Encode: copyEncoder}
	for name, change := range map[string]func(*Config){
		"a relative folder": func(c *Config) { c.Dir = "x" }, "no public address": func(c *Config) { c.Public = "" }, "no encoder": func(c *Config) { c.Encode = nil },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	dir := t.TempDir()
	if _, err := loadTasks(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(taskDir(dir), "x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Dir: dir, Public: good.Public, Encode: copyEncoder}); err == nil {
		t.Error("a broken task was passed over")
	}
}
