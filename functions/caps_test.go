package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/config"
	"castad/shared/provider/providertest"

	"github.com/google/go-cmp/cmp"
)

// What one owner may begin is limited by money, number and what is under way; the
// answer says when to come again, and a refused order leaves nothing behind.
func TestAnOrderBeyondACapIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		cap      func(*config.Config)
		tomorrow bool
	}{
		"limit.daily_spend":  {func(c *config.Config) { c.DailyCapWon = 600 }, true}, // an ad is 510
		"limit.daily_starts": {func(c *config.Config) { c.DailyStarts = 1 }, true},
		"limit.running":      {func(c *config.Config) { c.RunningRuns = 1 }, false},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.cap)
			b.chat.Next(providertest.Fault{Op: "write", Kind: providertest.Status, Status: 503, Times: 1_000_000}) // the first does not end
			w := ad.Wish{Place: b.place(1).ID, Publish: "none"}
			var first ad.Ad
			b.do(http.MethodPost, "/ads", "order-1", w, &first)
			before := b.rows()
			a := b.send(http.MethodPost, "/ads", b.token, jsonKey("order-2"), []byte(mustJSON(t, w)))
			var problem struct {
				Code string `json:"code"`
			}
			if err := json.Unmarshal(a.body, &problem); err != nil {
				t.Fatal(err)
			}
			if a.status != http.StatusTooManyRequests || problem.Code != code {
				t.Errorf("%d %s", a.status, a.body)
			}
			seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
			if err != nil || seconds < 1 || seconds > 24*60*60 {
				t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
			}
			if at := time.Now().Add(time.Duration(seconds) * time.Second).UTC(); c.tomorrow && (at.Add(time.Minute).Hour() != 15 && at.Add(-time.Minute).Hour() != 14) {
				t.Errorf("it may be tried again at %v, which is not midnight in Seoul", at)
			}
			after := b.rows()
			delete(before, "outbox") // the first goes on
			delete(after, "outbox")
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("rows (-before +after):\n%s", diff)
			}
			b.do(http.MethodPost, "/ads", "order-1", w, &first) // the same key is no further start
		})
	}
}
