package home

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"castad/shared/cache"
	"castad/shared/id"
	"castad/shared/pipeline"
	"castad/shared/redistest"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// free spends nothing.
type free struct{}

func (free) Spending(context.Context, id.Tenant) (pipeline.Spending, error) {
	return pipeline.Spending{}, nil
}

// bench is a tenant with two ads and a stranger, and what reads their pages.
type bench struct {
	t                *testing.T
	db               *store.DB
	tenant, stranger id.Tenant
	// reads counts statements, at runs before one.
	reads atomic.Int64
	at    func(n int64)
	later time.Duration
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t}
	b.db = storetest.Open(t, storetest.Hooks(store.Hooks{PoolWait: func(time.Duration) {
		if n := b.reads.Add(1); b.at != nil {
			b.at(n)
		}
	}}))
	b.tenant, b.stranger = seed(t, b.db.Primary(), 2), seed(t, b.db.Primary(), 1)
	return b
}

func (b *bench) now() time.Time { return time.Now().Add(b.later) }

// instance is a process's store.
func (b *bench) instance(server *redistest.Server) *Store {
	c := cache.Config{Now: b.now}
	if server != nil {
		c.Redis, c.Secret = server.Client(), []byte("secret")
	}
	return New(b.db.Replica(), free{}, cache.New(c), b.now)
}

func (b *bench) show(s *Store, tenant id.Tenant) Summary {
	b.t.Helper()
	p, err := s.Show(b.t.Context(), tenant)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// write runs a statement in which one ? is the tenant.
func (b *bench) write(query string) {
	b.t.Helper()
	if n, err := b.db.Primary().Exec(b.t.Context(), query, b.tenant); err != nil || n == 0 {
		b.t.Fatalf("%s: %d rows, %v", query, n, err)
	}
}

// writes are what the product writes that a page shows, one after the other, as its statements do.
var writes = []struct{ name, query string }{
	{"a place is made", `INSERT INTO places (id, tenant_id, name, request_hash, created_at) VALUES (7, ?, 'y', '', NOW(6))`},
	{"an ad is cancelled", `UPDATE pipeline_runs SET state = 'cancelled', version = version + 1 WHERE id = (SELECT MAX(run_id) FROM ads WHERE tenant_id = ?)`},
	{"an ad waits for approval", `UPDATE pipeline_runs SET state = 'awaiting_approval', approve_by = NOW(6), version = version + 1
		WHERE id = (SELECT MAX(run_id) FROM ads WHERE tenant_id = ?)`},
	{"its place is renamed", `UPDATE places SET name = 'z', version = version + 1 WHERE tenant_id = ? AND id <> 7`},
	{"an ad is put away", `UPDATE ads SET deleted_at = NOW(6) WHERE tenant_id = ? ORDER BY id LIMIT 1`},
	{"another takes its place", `UPDATE ads SET deleted_at = CASE WHEN deleted_at IS NULL THEN NOW(6) END WHERE tenant_id = ?`},
	{"both are back", `UPDATE ads SET deleted_at = NULL WHERE tenant_id = ?`},
	{"an ad is made again", `UPDATE ads SET run_id = run_id - 1, revision = revision + 1 WHERE tenant_id = ? ORDER BY id DESC LIMIT 1`},
	{"a post is scheduled", `INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, url, created_at, external_post_id, scheduled_at)
		SELECT id + 1, tenant_id, ad_id, run_id, 5, channel, account_id, 2, 'ordered', '', created_at, NULL, NOW(6) + INTERVAL 1 HOUR FROM publications
		WHERE tenant_id = ? ORDER BY id LIMIT 1`},
	{"its step is ready", `UPDATE pipeline_steps s JOIN pipeline_runs r ON r.id = s.run_id SET s.state = 'ready', r.version = r.version + 1
		WHERE s.step_no = 5 AND s.run_id = (SELECT run_id FROM publications WHERE tenant_id = ? AND revision = 2)`},
	{"its time has come", ``},
	{"a post is removed", `UPDATE publications SET state = 'removed' WHERE tenant_id = ? AND revision = 1 ORDER BY id LIMIT 1`},
	{"an account ends", `UPDATE social_accounts SET state = 'reconnect_needed' WHERE tenant_id = ? ORDER BY id LIMIT 1`},
	{"it is connected again and another ends", `UPDATE social_accounts SET version = version + (state = 'reconnect_needed'),
		state = CASE state WHEN 'connected' THEN 'reconnect_needed' ELSE 'connected' END WHERE tenant_id = ?`},
}

// Two instances that share Redis, and two that share nothing, have kept the page that
// was there before each write.
func TestEveryWriteIsSeenByAllInstancesAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	server := redistest.Start(t)
	all := map[string]*Store{"with Redis": b.instance(server), "another with Redis": b.instance(server), "without": b.instance(nil), "another without": b.instance(nil)}
	names := slices.Sorted(maps.Keys(all))
	page := func() Summary {
		t.Helper()
		p, err := all["without"].read(t.Context(), b.tenant)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	check := func(when string) {
		t.Helper()
		want := page()
		for _, name := range names {
			if diff := cmp.Diff(want, b.show(all[name], b.tenant)); diff != "" {
				t.Errorf("%s: instance %s (-there +shown):\n%s", when, name, diff)
			}
			before := b.reads.Load()
			if got := b.show(all[name], b.tenant); !cmp.Equal(want, got) || b.reads.Load() != before+1 {
				t.Errorf("%s: instance %s reads the same page again, with %d statements", when, name, b.reads.Load()-before)
			}
		}
	}
	check("at first")
	strangers := b.show(all["with Redis"], b.stranger)
	for _, w := range writes {
		was := page()
		if w.query == "" {
			b.later = 2 * time.Hour
			for _, name := range names { // what they have is over too
				b.show(all[name], b.stranger)
			}
		} else {
			b.write(w.query)
		}
		if cmp.Equal(was, page()) {
			t.Errorf("%s: the page does not show it", w.name)
		}
		check(w.name)
	}
	if diff := cmp.Diff(strangers, b.show(all["with Redis"], b.stranger)); diff != "" {
		t.Errorf("a stranger's page has changed (-before +after):\n%s", diff)
	}
}

// An ad is put away in the midst of reading and brought back later: the version is then
// the one that it was, and the page must be too.
func TestAPageThatIsWrittenToWhileItIsReadIsNotKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.instance(nil)
	b.reads.Store(0)
	b.at = func(n int64) {
		if n == 2 { // after the version, before the first part
			b.at = nil
			b.write(`UPDATE ads SET deleted_at = NOW(6) WHERE tenant_id = ?`)
		}
	}
	if p := b.show(s, b.tenant); len(p.Films) != 0 {
		t.Errorf("what is read after the write shows %d films", len(p.Films))
	}
	b.write(`UPDATE ads SET deleted_at = NULL WHERE tenant_id = ?`)
	if p := b.show(s, b.tenant); len(p.Films) != 2 {
		t.Errorf("the page is kept, with %d films", len(p.Films))
	}
}

// covered is what in a version changes with a table of the page's.
var covered = map[string]string{"places": "", "ads": "", "pipeline_runs": "", "publications": "", "social_accounts": "",
	"ad_revisions": "an ad's revision", "pipeline_steps": "a run's version", "videos": "a run's version", "artifacts": "a run's version", "lyrics": "a run's version"}

func TestAVersionCoversEveryTableOfThePage(t *testing.T) {
	t.Parallel()
	tables := func(file string) map[string]bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?:FROM|JOIN) ([a-z_]+)\s`).FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
		return found
	}
	read := tables("version.go")
	for table := range tables("home.go") {
		if by, known := covered[table]; !known || by == "" && !read[table] {
			t.Errorf("the page reads %s: say in version, and here, what changes with it", table)
		}
	}
	if len(read) != 5 {
		t.Errorf("a version is made of %v", slices.Sorted(maps.Keys(read)))
	}
}

// seed gives a tenant two channel accounts and n ads of three revisions, each with a film and a post.
func seed(t testing.TB, db *store.Primary, n int) id.Tenant {
	t.Helper()
	do := func(query string, args ...any) {
		if _, err := db.Exec(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().UTC().Add(-time.Duration(n) * time.Minute)
	tenant, place := id.New[id.Tenant](now), id.New[id.Place](now)
	do(`INSERT INTO places (id, tenant_id, name, request_hash, created_at) VALUES (?, ?, 'x', '', ?)`, place, tenant, now)
	for _, channel := range []string{"instagram", "youtube"} {
		do(`INSERT INTO social_accounts (id, tenant_id, channel, external_id, name, url, scopes, missing_scopes, state, grant_sealed, version, connected_by, created_at, updated_at)
			VALUES (?, ?, ?, 'x', 'x', '', '', '', 'connected', '', 1, 1, ?, ?)`, id.New[id.Account](now), tenant, channel, now, now)
	}
	for range n {
		now = now.Add(time.Minute) // an id is a time and 22 random bits
		ad, first := id.New[id.Ad](now), id.New[id.Run](now)
		run := first
		for revision := range id.Run(3) {
			run = first + revision
			do(`INSERT INTO pipeline_runs (id, tenant_id, ad_id, state, order_json, deadline_at, version, fail_code, created_at) VALUES (?, ?, ?, 'succeeded', '{}', ?, 30, '', ?)`,
				run, tenant, ad, now, now)
			do(`INSERT INTO ad_revisions (ad_id, revision, tenant_id, run_id, order_json, change_json, request_hash, created_at) VALUES (?, ?, ?, ?, '{}', '{}', '', ?)`,
				ad, revision+1, tenant, run, now)
			for no, kind := range []string{"place", "lyric", "song", "video", "archive", "publish"} {
				do(`INSERT INTO pipeline_steps (run_id, step_no, tenant_id, ad_id, kind, provider, policy, after_no, cost_won, state, attempt, fence, polls, abandoned, call_state, fail_code)
					VALUES (?, ?, ?, ?, ?, '', '', 0, 0, 'succeeded', 1, 1, 0, 0, '', '')`, run, no+1, tenant, ad, kind)
			}
			do(`INSERT INTO lyrics (id, tenant_id, ad_id, run_id, step_no, title, lines_json, created_at) VALUES (?, ?, ?, ?, 2, 't', '[]', ?)`, id.New[id.Lyric](now), tenant, ad, run, now)
			do(`INSERT INTO videos (id, tenant_id, ad_id, run_id, step_no, blob_path, thumbnail_path, width, height, seconds, created_at)
				VALUES (?, ?, ?, ?, 4, '', '', 1, 1, 30, ?)`, id.New[id.Video](now), tenant, ad, run, now)
			for _, kind := range []string{"film", "thumbnail"} {
				do(`INSERT INTO artifacts (id, tenant_id, run_id, step_no, kind, blob_path, sha256, bytes, content_type, created_at)
					VALUES (?, ?, ?, 4, ?, '', '', 1, '', ?)`, id.New[id.Artifact](now), tenant, run, kind, now)
			}
		}
		do(`INSERT INTO ads (id, tenant_id, place_id, run_id, wish_json, request_key, request_hash, created_at, revision) VALUES (?, ?, ?, ?, '{}', ?, '', ?, 3)`,
			ad, tenant, place, run, ad.String(), now)
		do(`INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, url, created_at, external_post_id)
			VALUES (?, ?, ?, ?, 6, 'youtube', 'a', 1, 'published', '', ?, ?)`, id.New[id.Post](now), tenant, ad, run, now, ad.String())
	}
	return tenant
}

// BenchmarkHome is what keeping the page saves: the page beside its version.
func BenchmarkHome(b *testing.B) {
	db := storetest.Open(b)
	s := New(db.Replica(), free{}, cache.New(cache.Config{Now: time.Now}), time.Now)
	for _, n := range []int{10, 100, 1000} {
		tenant := seed(b, db.Primary(), n)
		for name, read := range map[string]func() error{
			"page":    func() error { _, err := s.read(b.Context(), tenant); return err },
			"version": func() error { _, err := s.version(b.Context(), tenant); return err },
			"kept":    func() error { _, err := s.Show(b.Context(), tenant); return err },
		} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				for b.Loop() {
					if err := read(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
