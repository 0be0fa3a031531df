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
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

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
