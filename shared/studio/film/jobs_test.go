package film

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestKeysRatesAndLimits(t *testing.T) {
	t.Parallel()
	o := newOrigin(t) // before the server, so that it is closed after it
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	b := start(t, func(c *Config) {
		c.DailySeconds = 3
		c.Clock = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	})
	for _, given := range []string{"", "Bearer ", "Bearer wrong", "Bearer " + key + "x", key} {
		req, _ := http.NewRequest("GET", b.http.URL+"/ledger/renders", nil)
		req.Header.Set("Authorization", given)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q: %d", given, res.StatusCode)
		}
	}
	// A source that never comes: a render that had failed would give its seconds back.
	body := small(o.URL+"/slow.jpg", `,"metadata":"m"`)
	b.order(body)
	var v1 []wireRender
	b.call("POST", "/v1/renders", `{"source":`+body[:strings.LastIndex(body, `,"metadata"`)]+`},"metadata":"m1","render_scale":0.5}`, http.StatusAccepted, &v1)
	if len(v1) != 1 || v1[0].Width != 90 || *v1[0].Metadata != "m1" {
		t.Errorf("version 1 answered %+v", v1)
	}
	b.call("POST", "/v2/renders", body, http.StatusPaymentRequired, nil) // 1.2 + 1.2 + 1.2 > 3
	for range rateRequests - 3 {
		b.call("POST", "/v2/renders", `{}`, http.StatusBadRequest, nil)
	}
	if h := b.call("POST", "/v2/renders", body, http.StatusTooManyRequests, nil); h.Get("Retry-After") != "10" {
		t.Errorf("429 without Retry-After: %v", h)
	}
	mu.Lock()
	now = now.Add(25 * time.Hour)
	mu.Unlock()
	b.order(body)
	b.call("GET", "/v1/renders", "", http.StatusOK, &v1)
	if len(v1) != 3 {
		t.Errorf("the list has %d renders", len(v1))
	}
	for _, path := range []string{"/v2/renders/none", "/files/renders/none.mp4", "/files/renders/..%2f..%2fetc%2fpasswd", "/v3/x"} {
		b.call("GET", path, "", http.StatusNotFound, nil)
	}
	b.call("DELETE", "/v2/renders/none", "", http.StatusNotFound, nil)
}

func TestAClosedServerGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	b := start(t, nil)
	stuck := b.order(small(o.URL+"/slow.jpg", `,"metadata":"stuck","webhook_url":"`+o.URL+`/hook"`))
	next := b.order(small(o.URL+"/photo.jpg", `,"metadata":"next"`))
	b.until("waiting", func() bool {
		var r wireRender
		b.call("GET", "/v2/renders/"+stuck.ID, "", http.StatusOK, &r)
		return r.Status == statusWaiting
	})
	b.close()
	// What a killed program leaves: half a record beside the whole one, a work folder.
	if err := os.WriteFile(filepath.Join(b.config.Dir, "jobs", next.ID+".json.tmp"), []byte(`{"id":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(b.config.Dir, "work", stuck.ID), 0o700); err != nil {
		t.Fatal(err)
	}
	close(o.slow)
	b.open()
	for _, id := range []string{stuck.ID, next.ID} {
		if r := b.ended(id); r.Status != statusSucceeded {
			t.Errorf("render ended %s: %s", r.Status, r.ErrorMessage)
		}
	}
	b.until("webhook", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.hooks) == 1 })
	b.close()
	b.open()
	if r := b.ended(next.ID); r.Status != statusSucceeded || *r.Metadata != "next" {
		t.Errorf("after another restart: %+v", r)
	}
	var ledger []struct{ ID, Metadata, Status string }
	b.call("GET", "/ledger/renders", "", http.StatusOK, &ledger)
	if len(ledger) != 2 || ledger[0].ID != stuck.ID || ledger[0].Metadata != "stuck" || ledger[1].Status != statusSucceeded {
		t.Errorf("ledger %+v", ledger)
	}
}

func TestARenderThatKillsTheProgramIsGivenUp(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.close()
	j := &job{ID: newID(), Status: statusPlanned, Script: json.RawMessage(small("http://127.0.0.1:1/a.jpg", "")), Created: time.Now(), Starts: maxStarts}
	if err := b.server.store.save(j); err != nil {
		t.Fatal(err)
	}
	b.open()
	if r := b.ended(j.ID); r.Status != statusFailed || !strings.Contains(r.ErrorMessage, "given up") {
		t.Errorf("ended %s: %s", r.Status, r.ErrorMessage)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	b := start(t, nil)
	running := b.order(small(o.URL+"/slow.jpg", ""))
	waiting := b.order(small(o.URL+"/photo.jpg", ""))
	for _, id := range []string{waiting.ID, running.ID} {
		var r wireRender
		b.call("DELETE", "/v2/renders/"+id, "", http.StatusOK, &r)
		if r.Status != statusCancelled {
			t.Errorf("cancelled to %s", r.Status)
		}
	}
	done := b.order(small(o.URL+"/photo.jpg", ""))
	if r := b.ended(done.ID); r.Status != statusSucceeded {
		t.Fatalf("the worker is stuck: %+v", r)
	}
	var r wireRender
	if b.call("DELETE", "/v2/renders/"+done.ID, "", http.StatusOK, &r); r.Status != statusSucceeded {
		t.Errorf("a finished render became %s", r.Status)
	}
	b.close()
	b.open()
	if r := b.ended(running.ID); r.Status != statusCancelled {
		t.Errorf("after a restart it is %s", r.Status)
	}
}

func TestTwoWorkersRenderAtOnce(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	b := start(t, func(c *Config) { c.Workers = 2 })
	// Neither source comes before both renders wait for theirs.
	one, two := b.order(small(o.URL+"/slow.jpg", "")), b.order(small(o.URL+"/slow.jpg?2", ""))
	b.until("both at work", func() bool {
		var a, c wireRender
		b.call("GET", "/v2/renders/"+one.ID, "", http.StatusOK, &a)
		b.call("GET", "/v2/renders/"+two.ID, "", http.StatusOK, &c)
		return a.Status == statusWaiting && c.Status == statusWaiting
	})
	close(o.slow)
	for _, id := range []string{one.ID, two.ID} {
		if r := b.ended(id); r.Status != statusSucceeded {
			t.Errorf("ended %s: %s", r.Status, r.ErrorMessage)
		}
	}
}

func TestOldFilmsAreRemoved(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	var later atomic.Bool
	b := start(t, func(c *Config) {
		c.Clock = func() time.Time {
			if later.Load() {
				return time.Now().Add(31 * 24 * time.Hour)
			}
			return time.Now()
		}
	})
	r := b.ended(b.order(small(o.URL+"/photo.jpg", "")).ID)
	b.call("GET", "/files/renders/"+r.ID+".jpg", "", http.StatusOK, nil)
	later.Store(true)
	b.close()
	b.open()
	b.until("removal", func() bool {
		left, _ := filepath.Glob(filepath.Join(b.config.Dir, "*", r.ID+"*"))
		return len(left) == 0
	})
}

func TestAddressesThatMayBeDialled(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]bool{"93.184.216.34": true, "2606:2800:220:1:248:1893:25c8:1946": true, "127.0.0.1": false, "::1": false, "::ffff:127.0.0.1": false,
		"10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "168.63.129.16": false, "100.100.1.1": false, "0.0.0.0": false,
		"fe80::1": false, "fd00::1": false, "64:ff9b::7f00:1": false, "224.0.0.1": false, "255.255.255.255": false, "2002:7f00:1::": false} {
		if got := allowedIP(mustAddr(ip), nil); got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
	if !allowedIP(mustAddr("127.0.0.1"), Loopback()) || allowedIP(mustAddr("10.0.0.1"), Loopback()) {
		t.Error("the local networks are wrong")
	}
}

func TestTheServerRefusesToStartWithoutWhatItNeeds(t *testing.T) {
	t.Parallel()
	good := Config{Dir: t.TempDir(), Public: "http://127.0.0.1:1", Key: "k"}
	for name, change := range map[string]func(*Config){
		"no key":            func(c *Config) { c.Key = "" },
		"no public address": func(c *Config) { c.Public = "" },
		"a relative folder": func(c *Config) { c.Dir = "films" },
		"no fonts":          func(c *Config) { c.Fonts = t.TempDir() },
	} {
		c := good
		change(&c)
		if s, err := NewServer(c); err == nil {
			s.Close()
			t.Errorf("%s: it started", name)
		}
	}
	c := good
	if err := os.MkdirAll(filepath.Join(c.Dir, "jobs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Dir, "jobs", newID()+".json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := NewServer(c); err == nil {
		s.Close()
		t.Error("a broken record was skipped")
	}
}

func TestTheDialledAddressCountsAndNotTheName(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	b := start(t, func(c *Config) { c.FetchNetworks = nil })
	r := b.ended(b.order(small(o.URL+"/photo.jpg", "")).ID)
	if r.Status != statusFailed || !strings.Contains(r.ErrorMessage, "not public") {
		t.Errorf("ended %s: %s", r.Status, r.ErrorMessage)
	}
}
