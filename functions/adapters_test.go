package main

import (
	"context"
	"testing"
	"time"

	"castad/shared/cache"
	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/redistest"
)

func TestASongCallbackIsBelievedByItsSignatureWhereThereIsAKey(t *testing.T) {
	t.Parallel()
	const (
		body = `{"code":200,"data":{"callbackType":"complete","task_id":"t1"}}`
		// base64(HMAC-SHA256("t1.1795000000", "key"))
		at, signature = "1795000000", "T3jyH+ClGutpWkKwHyDiSslCKTfTwD5X+OSay5s9jLM="
	)
	now := func() time.Time { return time.Unix(1795000000, 0) }
	for name, row := range map[string]struct {
		key, body, at, signature string
		id, stage                string
		refused                  bool
	}{
		"no key, no signature":             {"", body, "", "", "t1", "complete", false},
		"no key, unreadable":               {"", "x", "", "", "", "unreadable", false},
		"a key and its signature":          {"key", body, at, signature, "t1", "complete", false},
		"a key and no signature":           {"key", body, "", "", "", "", true},
		"a key and another's signature":    {"other", body, at, signature, "", "", true},
		"a signature for another task":     {"key", `{"data":{"callbackType":"complete","task_id":"t2"}}`, at, signature, "", "", true},
		"unreadable, so nothing is signed": {"key", "x", at, signature, "", "", true},
	} {
		id, stage, err := readSong(row.key, now)([]byte(row.body), row.at, row.signature)
		if row.refused {
			if fault.KindOf(err) != fault.Unauthenticated {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil || id != row.id || stage != row.stage {
			t.Errorf("%s: %q %q %v", name, id, stage, err)
		}
	}
}

// countedSearch is a place search that counts.
type countedSearch struct {
	asked int
	err   error
}

func (c *countedSearch) Local(_ context.Context, query string) ([]provider.PlaceHit, error) {
	c.asked++
	return []provider.PlaceHit{{Name: query}}, c.err
}

func TestAPlaceSearchIsNotAskedTheSameTwiceInAMinute(t *testing.T) {
	t.Parallel()
	at := time.Now()
	search := &countedSearch{err: fault.New(fault.CodeVendorBusy)}
	r := remembered(cache.New(cache.Config{Now: func() time.Time { return at }}), "test", kakaoHits, search)
	ask := func(query, name string, asked int) {
		t.Helper()
		hits, err := r.Local(t.Context(), query)
		if (err != nil) != (name == "") || err == nil && hits[0].Name != name || search.asked != asked {
			t.Errorf("%q: %v, %v, asked %d times, want %d", query, hits, err, search.asked, asked)
		}
	}
	ask("칼국수 을지로", "", 1)
	search.err = nil
	ask("칼국수 을지로", "칼국수 을지로", 2) // a failure is not remembered
	ask(" 칼국수   을지로 ", "칼국수 을지로", 2)
	ask("칼국수 종로", "칼국수 종로", 3)
	at = at.Add(time.Minute)
	ask("칼국수 을지로", "칼국수 을지로", 4)
}

// Instances share what Kakao's search finds, for the same minute; Naver's stays where it was asked for.
func TestInstancesShareWhatMayLeaveTheProcess(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	search := &countedSearch{}
	for _, row := range []struct {
		name  string
		far   time.Duration
		asked int
	}{{"kakao", kakaoHits, 1}, {"naver", naverHits, 2}} {
		search.asked = 0
		for range 2 {
			c := cache.New(cache.Config{Redis: server.Client(), Secret: []byte("secret"), Patience: time.Minute, Now: time.Now})
			hits, err := remembered(c, row.name, row.far, search).Local(t.Context(), "칼국수")
			if err != nil || len(hits) != 1 || hits[0].Name != "칼국수" {
				t.Errorf("%s: %+v, %v", row.name, hits, err)
			}
		}
		if search.asked != row.asked {
			t.Errorf("%s: two instances ask %d times, want %d", row.name, search.asked, row.asked)
		}
	}
	client := server.Client()
	keys := client.Keys(t.Context(), "*").Val()
	if len(keys) != 1 || client.PTTL(t.Context(), keys[0]).Val() > time.Minute {
		t.Errorf("%d lists are in Redis, the first for %v", len(keys), client.PTTL(t.Context(), keys[0]).Val())
	}
}
