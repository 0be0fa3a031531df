package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/auth"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/provider/providertest"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// stays is what is left of somebody who was erased, and why.
var stays = map[string]string{
	"credit_ledger":  "accounting: what was spent, by run",
	"provider_calls": "accounting: what was sent to whom, without the words",
	"spend_days":     "accounting: what was spent, by day",
	"users":          "proof that it was done, with nothing personal in it",
}

// foundBy are tables whose rows are erased with what they belong to.
var foundBy = map[string]string{"artifacts": "run", "callbacks": "call", "run_events": "run", "place_facts": "place", "place_photos": "place", "place_sources": "place", "refresh_tokens": "user"}

type column struct {
	table, name, kind string
	length            *int64
	null              string
}

// fill puts one row into every table that has a tenant_id, with n in every number, so
// that the rows belong together.
func fill(t *testing.T, db *store.Primary, tenant id.Tenant, n int) (tables []string) {
	t.Helper()
	columns, err := store.All(t.Context(), db, `SELECT c.table_name, c.column_name, c.data_type, c.character_maximum_length, c.is_nullable FROM information_schema.columns c
		WHERE c.table_schema = DATABASE() AND c.extra NOT LIKE '%auto_increment%' AND EXISTS (SELECT 1 FROM information_schema.columns k
			WHERE k.table_schema = DATABASE() AND k.table_name = c.table_name AND k.column_name = 'tenant_id')
		ORDER BY c.table_name, c.ordinal_position LIMIT 1000`,
		func(c *column) []any { return []any{&c.table, &c.name, &c.kind, &c.length, &c.null} })
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]column{}
	for _, c := range columns {
		rows[c.table] = append(rows[c.table], c)
	}
	for table, columns := range rows {
		tables = append(tables, table)
		var names, marks []string
		var args []any
		for _, c := range columns {
			names, marks = append(names, c.name), append(marks, "?")
			args = append(args, value(c, tenant, n))
		}
		if _, err := db.Exec(t.Context(), fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(marks, ", ")), args...); err != nil {
			t.Fatalf("fill %s: %v", table, err)
		}
	}
	slices.Sort(tables)
	return tables
}

// given are the values of columns that do not take any.
var given = map[string]string{"users.state": "erasing", "credit_ledger.entry": "capture", "credit_ledger.debit": "reserved", "credit_ledger.credit": "spent"}

func value(c column, tenant id.Tenant, n int) any {
	switch {
	case c.name == "tenant_id":
		return tenant
	case given[c.table+"."+c.name] != "":
		return given[c.table+"."+c.name]
	case c.kind == "bigint" || c.kind == "int":
		return n
	case c.kind == "tinyint":
		return 1
	case c.kind == "datetime":
		return time.Now().UTC().Add(-time.Hour)
	case c.kind == "double":
		return 1.5
	case c.name == "blob_path" || c.name == "thumbnail_path":
		return fmt.Sprintf("runs/%d/%s", n, c.table)
	case strings.HasSuffix(c.name, "_json"):
		return `{}`
	case c.kind == "binary":
		return []byte(strings.Repeat(string(rune('a'+n%26)), int(*c.length)))
	default:
		return fmt.Sprint(n)[:min(int(*c.length), len(fmt.Sprint(n)))]
	}
}

// left counts a tenant's rows by table.
func (b *bench) left(tables []string, tenant id.Tenant) map[string]int {
	b.t.Helper()
	all := map[string]int{}
	for _, table := range tables {
		if n := b.count(fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE tenant_id = ?", table), tenant); n > 0 {
			all[table] = n
		}
	}
	return all
}

func (b *bench) erasing() {
	b.t.Helper()
	if err := b.invoke(b.t.Context(), "background-erase", `{"Data":{"tick":{"IsPastDue":false}},"Metadata":{"sys":{}}}`); err != nil {
		b.t.Fatal(err)
	}
}

// A table that somebody adds, and that nobody erases, fails here.
func TestNothingOfWhoIsErasedIsLeftInAnyTableButTheAccounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mine, others := id.New[id.Tenant](time.Now()), id.New[id.Tenant](time.Now())
	tables := fill(t, b.db.Primary(), mine, 1)
	if len(tables) < 20 {
		t.Fatalf("only %d tables have a tenant_id: %v", len(tables), tables)
	}
	fill(t, b.db.Primary(), others, 2)
	b.exec(`UPDATE users SET state = 'active', due_at = NULL WHERE tenant_id = ?`, others)
	b.exec(`UPDATE refresh_tokens SET ends_at = NOW(6) + INTERVAL 1 DAY WHERE tenant_id = ?`, others)
	want := map[string]int{}
	for table := range stays {
		want[table] = 1
	}
	indexed, err := store.All(t.Context(), b.db.Primary(), `SELECT DISTINCT table_name FROM information_schema.statistics
		WHERE table_schema = DATABASE() AND column_name = 'tenant_id' AND seq_in_index = 1 LIMIT 1000`, func(s *string) []any { return []any{s} })
	must(t, err)
	for _, table := range tables {
		if stays[table] == "" && foundBy[table] == "" && !slices.Contains(indexed, table) {
			t.Errorf("%s is erased by reading everybody's rows: no index begins with tenant_id", table)
		}
	}
	before := b.left(tables, others)
	b.erasing()
	if diff := cmp.Diff(want, b.left(tables, mine)); diff != "" {
		t.Errorf("left of whoever was erased (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, b.left(tables, others)); diff != "" || len(before) != len(tables) {
		t.Errorf("of %d tables, left of somebody else (-before +after):\n%s", len(tables), diff)
	}
	if n := b.count(`SELECT COUNT(*) FROM users WHERE tenant_id = ? AND state = 'erased' AND name = '' AND issuer = '' AND due_at IS NULL`, mine); n != 1 {
		t.Error("the proof is not kept, or has more than it should")
	}
	if n := b.count(`SELECT COUNT(*) FROM provider_calls WHERE tenant_id = ? AND reason <> ''`, mine); n != 0 {
		t.Error("a vendor's words are kept")
	}
}

func TestWhoLeavesForGoodTakesEverythingAlong(t *testing.T) {
	t.Parallel()
	k, b, s := signedIn(t)
	account := b.account("youtube")
	p := b.place(2)
	var made ad.Ad
	b.do(http.MethodPost, "/ads", "order-1", map[string]any{"place": p.ID, "channels": []map[string]any{{"channel": "youtube", "account": account}}}, &made)
	b.ended(made.ID)
	b.chat.Next(providertest.Fault{Kind: providertest.Status, Status: 503, Times: 1_000_000}) // the second does not end by itself
	var second ad.Ad
	b.do(http.MethodPost, "/ads", "order-2", ad.Wish{Place: p.ID, Publish: "none"}, &second)
	if n := b.blobs(); n < 4 {
		t.Fatalf("only %d files were kept", n)
	}

	a := b.send(http.MethodDelete, "/auth/me", b.token, map[string]string{"Cookie": "castad_refresh=" + s.cookie(b.url, "castad_refresh").Value}, nil)
	if !strings.HasPrefix(a.header.Get("Set-Cookie"), "castad_refresh=; Path=/; Max-Age=0") {
		t.Errorf("the browser keeps its cookie: %v", a.header)
	}
	var answer struct {
		State      string
		Since      time.Time
		CompleteAt time.Time `json:"complete_at"`
		Kept       []struct{ What, Ko, En string }
	}
	if err := json.Unmarshal(a.body, &answer); err != nil || a.status != http.StatusAccepted || answer.State != "erasing" || len(answer.Kept) != 3 || answer.CompleteAt.Sub(answer.Since) != auth.Settled {
		t.Fatalf("%d %s", a.status, a.body)
	}
	// The access token goes on for two seconds at most; whether it still does is a busy machine's matter.
	if again := b.send(http.MethodDelete, "/auth/me", b.token, nil, nil); again.status != http.StatusAccepted {
		b.is("again, after the token has ended", again, fault.CodeSessionEnded)
	}
	if status, got := s.renew(b.url); status != http.StatusUnauthorized || got.Code != string(fault.CodeSessionEnded) {
		t.Errorf("the session goes on: %d %+v", status, got)
	}
	if status, to, body := s.get(s.begin(b.url, "/")); status != http.StatusSeeOther || !strings.HasSuffix(to, "login_error="+string(fault.CodeErasing)) {
		t.Errorf("signing in meanwhile: %d %s %s", status, to, body)
	}
	b.exec(`UPDATE users SET erase_at = erase_at - INTERVAL 1 HOUR`) // access tokens have ended
	b.until("erased", func() bool {
		b.exec(`UPDATE users SET due_at = NOW(6) - INTERVAL 1 DAY WHERE due_at IS NOT NULL`)
		b.erasing()
		return b.count(`SELECT COUNT(*) FROM users WHERE state = 'erased'`) == 1
	})
	if n := b.blobs(); n != 0 {
		t.Errorf("%d files are left", n)
	}
	for _, table := range []string{"ads", "ad_revisions", "places", "place_photos", "songs", "lyrics", "videos", "publications", "social_accounts", "artifacts", "pipeline_runs", "run_events", "refresh_tokens"} {
		if n := b.count("SELECT COUNT(*) FROM " + table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	if n := b.count(`SELECT COUNT(*) FROM credit_ledger`); n == 0 {
		t.Error("the accounts are gone, too")
	}
	revoked := b.youtube.Asked("revoke") > 0
	unlinked := slices.ContainsFunc(k.Ledger(), func(e providertest.Entry) bool { return e.Op == "unlink" })
	if !revoked || !unlinked {
		t.Errorf("withdrawn at YouTube %v, at Kakao %v", revoked, unlinked)
	}
	if status, to, body := s.get(s.begin(b.url, "/")); status != http.StatusSeeOther || b.users() != 2 {
		t.Errorf("signing up anew: %d %s %s", status, to, body)
	}
}

// Whoever ends the link at Kakao keeps their things for thirty days, but CastAD posts
// nothing for them any more.
func TestWhoEndsTheLinkAtKakaoLosesChannelsAtOnceAndTheRestLater(t *testing.T) {
	t.Parallel()
	k, b, s := signedIn(t)
	b.account("youtube")
	b.place(1)
	if status, err := k.SendUnlink("POST", b.url+"/api/v1/auth/kakao/unlink", "9007199254740993", ""); status != 200 || err != nil {
		t.Fatalf("%d, %v", status, err)
	}
	b.erasing()
	connected := `SELECT COUNT(*) FROM social_accounts WHERE state <> 'disconnected' OR grant_sealed <> ''`
	if n := b.count(connected); n != 0 {
		t.Errorf("%d channel accounts are left", n)
	}
	b.exec(`UPDATE social_accounts SET state = 'connected'`) // by a consent that was under way: it is looked for once more
	b.exec(`UPDATE users SET erase_at = erase_at - INTERVAL 25 MINUTE, due_at = due_at - INTERVAL 25 MINUTE`)
	b.erasing()
	if n := b.count(connected); n != 0 {
		t.Errorf("%d channel accounts that were connected meanwhile are left", n)
	}
	if n := b.count(`SELECT COUNT(*) FROM places`); n != 1 {
		t.Errorf("%d places are left", n)
	}
	if n := b.count(`SELECT COUNT(*) FROM users WHERE state = 'unlinked' AND due_at = erase_at AND due_at > NOW(6) + INTERVAL 29 DAY`); n != 1 {
		t.Error("the user is not due in thirty days")
	}
	if status, _, _ := s.get(s.begin(b.url, "/")); status != http.StatusSeeOther || b.count(`SELECT COUNT(*) FROM users WHERE state = 'active' AND due_at IS NULL`) != 1 {
		t.Error("who comes back is not back")
	}
}

func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	storetest.Exec(b.t, b.db.Primary(), query, args...)
}

// blobs is how many files are kept.
func (b *bench) blobs() (n int) {
	b.t.Helper()
	if err := b.parts.files.List(b.t.Context(), "", func(string, int64, time.Time) error { n++; return nil }); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *bench) until(what string, f func() bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 60*time.Second)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for !f() {
		select {
		case <-ctx.Done():
			b.t.Fatalf("not %s", what)
		case <-again.C:
		}
	}
}
