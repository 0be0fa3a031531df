package studio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

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
