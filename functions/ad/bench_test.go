package ad_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/place"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/outbox"
	"castad/shared/pipeline"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	owner    id.Tenant = 7
	stranger id.Tenant = 8
)

// bench is the ads' store on a real database. Its clock moves a millisecond
// whenever it is read, so that ids are in the order of their making.
type bench struct {
	t      *testing.T
	db     *store.DB
	outbox *outbox.Outbox
	engine *pipeline.Engine
	places *place.Store
	ads    *ad.Store
	// channels says whether an account may be posted to.
	channels func(tenant id.Tenant, channel string, account id.Account) error
	// taken counts the connections that were handed out; before number at one is used, meanwhile happens.
	taken, at atomic.Int64
	meanwhile func()

	mu    sync.Mutex
	clock time.Time
	queue []woken
}

// woken is a wake-up in its queue.
type woken struct {
	queue message.Queue
	message.Wake
}

func newBench(t *testing.T, opts ...storetest.Option) *bench {
	t.Helper()
	b := &bench{t: t, clock: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	b.db = storetest.Open(t, append(opts, storetest.Hooks(store.Hooks{PoolWait: func(time.Duration) {
		if b.taken.Add(1) == b.at.Load() {
			b.meanwhile()
		}
	}}))...)
	b.outbox = outbox.New(outbox.Config{DB: b.db.Primary(), Sender: b, Now: b.now,
		Seal: func(_, _ string, body []byte, _ time.Time) ([]byte, error) { return body, nil }})
	b.engine = pipeline.New(pipeline.Config{DB: b.db.Primary(), Outbox: b.outbox, Recipe: recipe, Rules: pipeline.DefaultRules(), Now: b.now})
	b.places = place.New(b.db.Primary(), b.engine, b.now)
	b.channels = open
	b.ads = ad.New(b.db.Primary(), b.db.Replica(), b.engine, channels{b}, b.now)
	return b
}

// between lets something happen before the nth connection from now is used.
func (b *bench) between(n int64, do func()) {
	b.meanwhile = do
	b.at.Store(b.taken.Load() + n)
}

// channels is a bench's word on accounts.
type channels struct{ b *bench }

func (c channels) Ready(_ context.Context, tenant id.Tenant, channel string, account id.Account) error {
	return c.b.channels(tenant, channel, account)
}

func (channels) Check(p message.SnsPublish) error {
	if strings.Contains(p.Title+p.Caption, "<") {
		return fault.New(fault.CodeVendorRefused).In("caption")
	}
	return nil
}

func open(id.Tenant, string, id.Account) error { return nil }

var recipe = ad.Recipe{Providers: ad.Providers{Lyric: "chat", Song: "music", Video: "film"}, Costs: ad.Costs{Lyric: 20, Song: 120, Video: 300}}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(time.Millisecond)
	return b.clock
}

// Send implements outbox.Sender.
func (b *bench) Send(_ context.Context, queue string, msgs []outbox.Outgoing) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range msgs {
		var w message.Wake
		if err := json.Unmarshal(m.Body, &w); err != nil {
			return err
		}
		b.queue = append(b.queue, woken{message.Queue(queue), w})
	}
	return nil
}

// place keeps a place of the owner's with n photos.
func (b *bench) place(n int) id.Place {
	b.t.Helper()
	p, _, err := b.places.Create(b.t.Context(), owner, place.Details{Name: "돌담골목 칼국수", Area: "을지로", Menu: []place.Item{{Name: "칼국수", Won: 9000}}}, "")
	if err != nil {
		b.t.Fatal(err)
	}
	for i := range n {
		ph := place.Photo{ID: id.New[id.Photo](b.now()), Type: "image/jpeg", Width: 1, Height: 1, Bytes: 1, Blob: fmt.Sprintf("photos/%v/%d", p.ID, i),
			SHA256: sha256.Sum256([]byte{byte(i)})}
		if _, _, err := b.places.AddPhoto(b.t.Context(), owner, p.ID, ph); err != nil {
			b.t.Fatal(err)
		}
	}
	return p.ID
}

// wish is a valid wish, its defaults filled in.
func (b *bench) wish(p id.Place, channels ...ad.Channel) ad.Wish {
	b.t.Helper()
	w := ad.Wish{Place: p, Channels: channels}
	if len(channels) == 0 {
		w.Publish = "none"
	}
	if err := w.Validate(); err != nil {
		b.t.Fatal(err)
	}
	return w
}

func (b *bench) start(w ad.Wish, key message.Key) ad.Ad {
	b.t.Helper()
	a, created, err := b.ads.Start(b.t.Context(), owner, w, key)
	if err != nil || !created {
		b.t.Fatalf("start: created %v, %v", created, err)
	}
	return a
}

func (b *bench) count(query string) int {
	b.t.Helper()
	return storetest.Value[int](b.t, b.db.Primary(), query)
}

// rows counts what an order writes: ads, runs, wake-ups.
func (b *bench) rows() [3]int {
	b.t.Helper()
	return [3]int{b.count(`SELECT COUNT(*) FROM ads`), b.count(`SELECT COUNT(*) FROM pipeline_runs`), b.count(`SELECT COUNT(*) FROM outbox`)}
}

func wantKind(t *testing.T, what string, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); got != want {
		t.Errorf("%s: %v (%v), want %v", what, got, err, want)
	}
}
