package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/admin"
	"castad/functions/archive"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/provider/kakao"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// user puts somebody into the users table, as signing in does.
func (b *bench) user(subject, role string) identity.Principal {
	b.t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	who := identity.Principal{Tenant: id.New[id.Tenant](now), User: id.New[id.User](now), Role: role}
	_, err := b.db.Primary().Exec(b.t.Context(), `INSERT INTO users (id, tenant_id, issuer, subject, name, role, state, created_at, seen_at) VALUES (?, ?, ?, ?, ?, ?, 'active', ?, ?)`,
		who.User, who.Tenant, kakao.Issuer, subject, "달빛", role, now, now)
	must(b.t, err)
	return who
}

// admin returns a token for the audience of operators.
func (b *bench) admin(who identity.Principal) string {
	b.t.Helper()
	keys, err := identity.ParseKeys(tokenKey)
	must(b.t, err)
	issuer, err := identity.NewIssuer(keys, "castad", "castad-admin", time.Now)
	must(b.t, err)
	token, err := issuer.Issue(who, 5*time.Minute)
	must(b.t, err)
	return token
}

// operator is somebody whom the database knows as one, and their token.
func (b *bench) operator() (identity.Principal, string) {
	b.t.Helper()
	who := b.user("operator-"+id.New[id.User](time.Now()).String(), identity.RoleAdmin)
	return who, b.admin(who)
}

// as makes a JSON request with a token and reads its answer into out, when it went well.
func (b *bench) as(token, method, path string, in, out any) (int, string) {
	b.t.Helper()
	var body []byte
	header := map[string]string{}
	if in != nil {
		var err error
		body, err = json.Marshal(in)
		must(b.t, err)
		header["Content-Type"] = "application/json"
	}
	a := b.send(method, path, token, header, body)
	if a.status/100 == 2 {
		if out != nil {
			must(b.t, json.Unmarshal(a.body, out))
		}
		return a.status, ""
	}
	var p struct {
		Code string `json:"code"`
	}
	must(b.t, json.Unmarshal(a.body, &p))
	return a.status, p.Code
}

// text is one value of the database.
func (b *bench) text(query string, args ...any) string {
	b.t.Helper()
	return storetest.Value[string](b.t, b.db.Primary(), query, args...)
}

// audited is how many rows the log has of an action that was done.
func (b *bench) audited(action string) string { return b.logged(action, admin.Done) }

// logged is how many rows the log has of an action of which that came.
func (b *bench) logged(action, outcome string) string {
	b.t.Helper()
	return b.text(`SELECT COUNT(*) FROM audit_log WHERE action = ? AND detail LIKE ?`, action, `%"outcome":"`+outcome+`"%`)
}

// Row 10 of the security anchors, on every route of operators that there is.
func TestEveryRouteOfOperatorsIsClosedToOwners(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	owner := b.user("owner", identity.RoleOwner)
	signedIn, err := b.issuer.Issue(owner, time.Hour)
	must(t, err)
	posing, err := b.issuer.Issue(identity.Principal{Tenant: owner.Tenant, User: owner.User, Role: identity.RoleAdmin}, time.Hour)
	must(t, err)
	was, revoked := b.operator()
	stranger := b.admin(identity.Principal{Tenant: 3, User: 4, Role: identity.RoleAdmin})
	still, _ := b.operator()
	elsewhere := b.admin(identity.Principal{Tenant: owner.Tenant, User: still.User, Role: identity.RoleAdmin})
	_, err = b.db.Primary().Exec(t.Context(), `UPDATE users SET role = 'owner' WHERE id = ?`, was.User)
	must(t, err)
	before := b.checksums()
	routes := 0
	for _, f := range registry(parts{}) {
		if !f.Admin() {
			if strings.HasPrefix(f.Route(), "v1/admin") {
				t.Errorf("%s is not for operators only", f.Name())
			}
			continue
		}
		path := strings.NewReplacer("v1/admin/users/{id}", "/admin/users/"+owner.User.String(), "v1/admin/runs/{id}", "/admin/runs/run_01hv3kq9zr2ab", "{vendor}", "suno", "{id}", "1", "v1", "").Replace(f.Route())
		for name, row := range map[string]struct {
			token  string
			status int
			code   fault.Code
		}{
			"an owner":                           {signedIn, http.StatusForbidden, fault.CodeDenied},
			"an ordinary token that says admin":  {posing, http.StatusForbidden, fault.CodeDenied},
			"an operator who is none any more":   {revoked, http.StatusForbidden, fault.CodeDenied},
			"one whom the database has not":      {stranger, http.StatusForbidden, fault.CodeDenied},
			"an operator's id in another tenant": {elsewhere, http.StatusForbidden, fault.CodeDenied},
			"nobody":                             {"", http.StatusUnauthorized, fault.CodeUnauthenticated},
		} {
			routes++
			if status, code := b.as(row.token, f.Methods()[0], path, nil, nil); status != row.status || code != string(row.code) {
				t.Errorf("%s %s as %s: %d %s", f.Methods()[0], path, name, status, code)
			}
		}
	}
	if routes < 100 {
		t.Errorf("only %d requests were made", routes)
	}
	if diff := cmp.Diff(before, b.checksums()); diff != "" {
		t.Errorf("they have written (-before +after):\n%s", diff)
	}
}

func TestARoleThatIsTakenAwayIsGoneWithTheNextRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, first := b.operator()
	second := b.user("second", identity.RoleOwner)
	token := b.admin(identity.Principal{Tenant: second.Tenant, User: second.User, Role: identity.RoleAdmin})
	for _, row := range []struct {
		role   string
		status int
	}{{"admin", http.StatusOK}, {"owner", http.StatusForbidden}, {"admin", http.StatusOK}} {
		if status, code := b.as(first, "POST", "/admin/users/"+second.User.String()+"/role", map[string]string{"role": row.role}, nil); status != http.StatusOK {
			t.Fatalf("%d %s", status, code)
		}
		if status, _ := b.as(token, "GET", "/admin/users", nil, nil); status != row.status {
			t.Errorf("as %s: %d", row.role, status)
		}
	}
	// The door follows the one who gives: an operator cannot lock themself out, nor can somebody who is not there be let in.
	if status, code := b.as(token, "POST", "/admin/users/"+second.User.String()+"/role", map[string]string{"role": "owner"}, nil); status != http.StatusConflict || code != string(fault.CodeOwnRole) {
		t.Errorf("their own role: %d %s", status, code)
	}
	if status, _ := b.as(first, "POST", "/admin/users/"+id.User(77).String()+"/role", map[string]string{"role": "admin"}, nil); status != http.StatusNotFound {
		t.Errorf("nobody's role: %d", status)
	}
	if n, refused := b.audited("user.role"), b.logged("user.role", admin.Refused); n != "3" || refused != "1" {
		t.Errorf("%s of three changes and %s of one refusal are in the log", n, refused)
	}
	_, err := b.db.Primary().Exec(t.Context(), `UPDATE users SET erase_at = ? WHERE id = ?`, time.Now().UTC(), second.User)
	must(t, err)
	if status, _ := b.as(token, "GET", "/admin/users", nil, nil); status != http.StatusForbidden {
		t.Errorf("an operator who is leaving: %d", status)
	}
}

func TestOperatorsSeeRunsOfAllAccountsAndTheirWholeHistory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, token := b.operator()
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order", ad.Wish{Place: b.place(1).ID, Publish: "auto", Channels: []ad.Channel{{Channel: "youtube", Account: b.account("youtube")}}}, &a)
	if a = b.ended(a.ID); a.State != "succeeded" {
		t.Fatalf("%s: %+v", a.State, a.Steps)
	}
	var list struct{ Items []admin.Run }
	for query, want := range map[string]int{"": 1, "?state=succeeded": 1, "?state=failed": 0, "?kind=song&step_state=succeeded": 1, "?step_state=failed": 0, "?code=run.deadline": 0,
		"?older_seconds=3600": 0, "?tenant=" + id.Tenant(5).String(): 0, "?after=" + a.Run.String(): 0, "?state=succeeded&kind=publish&limit=1": 1} {
		if status, code := b.as(token, "GET", "/admin/runs"+query, nil, &list); status != http.StatusOK || len(list.Items) != want {
			t.Errorf("%s: %d %s, %d runs", query, status, code, len(list.Items))
		}
	}
	var h admin.History
	if status, code := b.as(token, "GET", "/admin/runs/"+a.Run.String(), nil, &h); status != http.StatusOK {
		t.Fatalf("%d %s", status, code)
	}
	if h.State != "succeeded" || len(h.AllSteps) != 5 || len(h.Events) < 15 || len(h.Calls) < 4 || len(h.Artifacts) < 3 || len(h.Ledger) < 6 || len(h.Messages) < 5 || h.DeadLetters == nil {
		t.Errorf("%s: %d steps, %d events, %d calls, %d files, %d bookings, %d messages", h.State, len(h.AllSteps), len(h.Events), len(h.Calls), len(h.Artifacts), len(h.Ledger), len(h.Messages))
	}
	for _, m := range h.Messages {
		if m.State != "sent" {
			t.Errorf("message %d to %s is %s", m.ID, m.Queue, m.State)
		}
	}
	var rest admin.History
	if b.as(token, "GET", "/admin/runs/"+a.Run.String()+"?events_after=3", nil, &rest); len(rest.Events) != len(h.Events)-len(h.Events[:eventsTo(h, 3)]) {
		t.Errorf("%d events after number 3 of %d", len(rest.Events), len(h.Events))
	}
	for _, path := range []string{"/admin/runs/run_01hv3kq9zr2ab", "/admin/runs/run_01hv3kq9zr2ab/cancel", "/admin/runs/run_01hv3kq9zr2ab/redrive"} {
		method := http.MethodPost
		if strings.HasSuffix(path, "ab") {
			method = http.MethodGet
		}
		if status, _ := b.as(token, method, path, nil, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	var costs struct {
		Items  []admin.Cost
		Quotas []admin.Quota
	}
	if status, code := b.as(token, "GET", "/admin/costs", nil, &costs); status != http.StatusOK || len(costs.Items) == 0 {
		t.Fatalf("%d %s", status, code)
	}
	captured := map[string]int64{}
	for _, c := range costs.Items {
		captured[c.Vendor] += c.CapturedWon
	}
	if diff := cmp.Diff(map[string]int64{"castad": 0, "openai": 20, "suno": 90, "creatomate": 400, "youtube": 0}, captured); diff != "" {
		t.Errorf("captured won (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"?from=yesterday", "?to=tomorrow", "?from=2026-01-01&to=2026-12-31", "?from=2026-11-02&to=2026-11-01", "?to=0001-01-01", "?from=0000-01-01&to=0000-01-02"} {
		if status, code := b.as(token, "GET", "/admin/costs"+bad, nil, nil); status != http.StatusBadRequest || code != string(fault.CodeBadValue) {
			t.Errorf("%s: %d %s", bad, status, code)
		}
	}
	var budgets admin.Budgets
	if status, _ := b.as(token, "GET", "/admin/budgets", nil, &budgets); status != http.StatusOK || budgets.HTTP.Max != 8 || budgets.Queue.Max != 4 || budgets.Server.MaxUsed == nil || *budgets.Server.MaxUsed < 1 || budgets.Server.MaxConnections == nil {
		t.Errorf("%d %+v", status, budgets)
	}
}

func eventsTo(h admin.History, seq int) int {
	n := 0
	for _, e := range h.Events {
		if e.Seq <= seq {
			n++
		}
	}
	return n
}

func TestOperatorsCancelAndRedriveRunsOfOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, token := b.operator()
	must(t, b.guard.Force(t.Context(), "suno", "*", "open"))
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	var h admin.History
	if status, code := b.as(token, "POST", "/admin/runs/"+a.Run.String()+"/redrive", nil, &h); status != http.StatusOK || h.State != "running" {
		t.Errorf("%d %s, %s", status, code, h.State)
	}
	if status, code := b.as(token, "POST", "/admin/runs/"+a.Run.String()+"/cancel", nil, &h); status != http.StatusOK {
		t.Errorf("%d %s", status, code)
	}
	if got := b.ended(a.ID); got.State != "cancelled" {
		t.Errorf("the ad %s", got.State)
	}
	if status, code := b.as(token, "POST", "/admin/runs/"+a.Run.String()+"/cancel", nil, nil); status != http.StatusConflict || code != string(fault.CodeRunOver) {
		t.Errorf("again: %d %s", status, code)
	}
	if status, code := b.as(token, "POST", "/admin/runs/"+a.Run.String()+"/redrive", nil, nil); status != http.StatusConflict || code != string(fault.CodeRunOver) {
		t.Errorf("redrive what is over: %d %s", status, code)
	}
	if r, c := b.audited("run.redrive"), b.audited("run.cancel"); r != "1" || c != "1" {
		t.Errorf("%s redrives, %s cancellations are in the log as done", r, c)
	}
	var log struct{ Items []admin.Entry }
	if b.as(token, "GET", "/admin/audit?target="+a.Run.String(), nil, &log); len(log.Items) != 4 || log.Items[0].Outcome != admin.Refused || log.Items[0].Action != "run.redrive" || log.Items[0].Code == "" ||
		log.Items[1].Outcome != admin.Refused || log.Items[1].Code != fault.CodeRunOver || log.Items[2].Outcome != admin.Done || log.Items[3].Outcome != admin.Done {
		t.Errorf("the log: %+v", log.Items)
	}
}

// What an owner has put away, or leaves behind, is not bought once more by an operator.
func TestOperatorsBeginNothingThatNobodyWants(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, token := b.operator()
	must(t, b.guard.Force(t.Context(), "openai", "*", "open"))
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	b.do(http.MethodPost, "/ads/"+a.ID.String()+"/cancel", "", nil, &a)
	b.ended(a.ID)
	b.exec(`UPDATE pipeline_runs SET state = 'failed', fail_code = 'run.deadline' WHERE id = ?`, a.Run)
	b.exec(`INSERT INTO users (id, tenant_id, issuer, subject, name, role, state, created_at, seen_at) SELECT 7, tenant_id, 'i', 's', '', 'owner', 'active', created_at, created_at FROM ads WHERE id = ?`, a.ID)
	redrive := func(when string, want int) {
		t.Helper()
		status, code := b.as(token, "POST", "/admin/runs/"+a.Run.String()+"/redrive", nil, nil)
		if state := b.text(`SELECT state FROM pipeline_runs WHERE id = ?`, a.Run); status != want || want == http.StatusConflict && (code != string(fault.CodeRunOver) || state != "failed") {
			t.Errorf("%s: %d %s, it is %s", when, status, code, state)
		}
	}
	var e archive.Entry
	var gone json.RawMessage
	b.do(http.MethodDelete, "/archive/"+a.ID.String(), "", nil, &gone)
	redrive("put away", http.StatusConflict)
	b.do(http.MethodPost, "/archive/"+a.ID.String()+"/restore", "", nil, &e)
	b.exec(`UPDATE users SET erase_at = ? WHERE id = 7`, time.Now().UTC())
	redrive("leaving", http.StatusConflict)
	b.exec(`UPDATE users SET erase_at = NULL WHERE id = 7`)
	redrive("wanted", http.StatusOK)
	if done, refused := b.audited("run.redrive"), b.logged("run.redrive", admin.Refused); done != "1" || refused != "2" {
		t.Errorf("%s redrives and %s refusals are in the log", done, refused)
	}
}

func TestOperatorsSendDeadLettersAgainOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, token := b.operator()
	run := id.New[id.Run](time.Now())
	seal := func(body string) []byte {
		raw, err := b.app.seal("song-generate", "m1", []byte(body), time.Now())
		must(t, err)
		return raw
	}
	must(t, b.parts.outbox.Bury(t.Context(), "song-generate", "m1", "MaxDeliveryCountExceeded", seal(`{"run":"`+run.String()+`","step":3}`)))
	must(t, b.parts.outbox.Bury(t.Context(), "song-generate", "m2", "envelope", bytes.Repeat([]byte("not ours"), 10_000)))
	var list struct {
		Items []admin.Letter
		Next  string
	}
	if status, code := b.as(token, "GET", "/admin/deadletters?queue=song-generate&limit=1", nil, &list); status != http.StatusOK || len(list.Items) != 1 || list.Items[0].Ours || list.Next == "" {
		t.Fatalf("%d %s %+v", status, code, list)
	}
	if status, _ := b.as(token, "GET", "/admin/deadletters?after="+list.Next, nil, &list); status != http.StatusOK || len(list.Items) != 1 || !strings.Contains(list.Items[0].Says, run.String()) {
		t.Fatalf("%d %+v", status, list)
	}
	var l admin.Letter
	for range 2 {
		if status, code := b.as(token, "POST", "/admin/deadletters/1/redrive", nil, &l); status != http.StatusOK || l.RedrivenAs == "" {
			t.Errorf("%d %s %+v", status, code, l)
		}
	}
	if n := b.text(`SELECT COUNT(*) FROM outbox WHERE run_id = ?`, run); n != "1" {
		t.Errorf("it was sent %s times", n)
	}
	if status, code := b.as(token, "POST", "/admin/deadletters/2/redrive", nil, nil); status != http.StatusUnprocessableEntity || code != string(fault.CodeForeign) {
		t.Errorf("a letter that is not ours: %d %s", status, code)
	}
	if status, _ := b.as(token, "POST", "/admin/deadletters/3/redrive", nil, nil); status != http.StatusNotFound {
		t.Errorf("no letter: %d", status)
	}
	if done, same := b.audited("letter.redrive"), b.logged("letter.redrive", admin.Unchanged); done != "1" || same != "1" {
		t.Errorf("%s of one redrive and %s of one that had been done are in the log", done, same)
	}
}

func TestBypassTokensAreShownOnceAndRevoked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, token := b.operator()
	var made admin.Bypass
	if status, code := b.as(token, "POST", "/admin/bypass", map[string]any{"purpose": "load test", "seconds": 60}, &made); status != http.StatusCreated || !strings.HasPrefix(made.Token, "bypass_") {
		t.Fatalf("%d %s %+v", status, code, made)
	}
	if life := made.ExpiresAt.Sub(made.CreatedAt); life != time.Minute {
		t.Errorf("it is good for %s", life)
	}
	if b.text(`SELECT LOWER(HEX(token_hash)) FROM bypass_tokens`) != made.ID || b.text(`SELECT COUNT(*) FROM audit_log WHERE detail LIKE ? OR target LIKE ?`, "%"+made.Token+"%", "%"+made.Token+"%") != "0" {
		t.Error("what is kept is not the token's hash")
	}
	var list struct{ Items []admin.Bypass }
	if b.as(token, "GET", "/admin/bypass", nil, &list); len(list.Items) != 1 || list.Items[0].ID != made.ID || list.Items[0].Token != "" {
		t.Errorf("%+v", list)
	}
	for _, seconds := range []int{-1, 86401} {
		if status, code := b.as(token, "POST", "/admin/bypass", map[string]any{"purpose": "x", "seconds": seconds}, nil); status != http.StatusBadRequest || code != string(fault.CodeBadValue) {
			t.Errorf("%d seconds: %d %s", seconds, status, code)
		}
	}
	if status, _ := b.as(token, "DELETE", "/admin/bypass/"+made.ID, nil, nil); status != http.StatusNoContent {
		t.Errorf("%d", status)
	}
	for _, other := range []string{made.ID, "x"} {
		if status, _ := b.as(token, "DELETE", "/admin/bypass/"+other, nil, nil); status != http.StatusNotFound {
			t.Errorf("%s again: %d", other, status)
		}
	}
	var chain admin.Chain
	if status, _ := b.as(token, "GET", "/admin/audit/verify", nil, &chain); status != http.StatusOK || chain.Rows != 2 {
		t.Errorf("%d %+v", status, chain)
	}
	var log struct{ Items []admin.Entry }
	if b.as(token, "GET", "/admin/audit?limit=1", nil, &log); len(log.Items) != 1 || log.Items[0].Action != "bypass.revoke" || log.Items[0].Hash != chain.Hash || log.Items[0].Request == "" {
		t.Errorf("%+v", log)
	}
	_, err := b.db.Primary().Exec(t.Context(), `DELETE FROM audit_log WHERE seq = 2`)
	must(t, err)
	if status, code := b.as(token, "GET", "/admin/audit/verify", nil, nil); status != http.StatusInternalServerError || code != string(fault.CodeAuditBroken) {
		t.Errorf("a log that was cut off: %d %s", status, code)
	}
}

// An action that cannot be written down does not happen.
func TestWhatCannotBeAuditedDoesNotHappen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, token := b.operator()
	other := b.user("other", identity.RoleOwner)
	must(t, b.parts.outbox.Bury(t.Context(), "song-generate", "m1", "x", []byte("not ours")))
	var a ad.Ad
	must(t, b.guard.Force(t.Context(), "openai", "*", "open"))
	b.do(http.MethodPost, "/ads", "order", ad.Wish{Place: b.place(1).ID, Publish: "none"}, &a)
	_, err := b.db.Primary().Exec(t.Context(), `ALTER TABLE audit_log RENAME TO audit_log_away`)
	must(t, err)
	for path, body := range map[string]any{"/admin/users/" + other.User.String() + "/role": map[string]string{"role": "admin"}, "/admin/vendors/suno/pause": map[string]string{},
		"/admin/publishing/pause": map[string]string{}, "/admin/bypass": map[string]string{"purpose": "x"}, "/admin/runs/" + a.Run.String() + "/cancel": nil} {
		if status, _ := b.as(token, "POST", path, body, nil); status < 500 {
			t.Errorf("%s: %d", path, status)
		}
	}
	for name, query := range map[string]string{"a role": `SELECT COUNT(*) FROM users WHERE role = 'admin' AND subject = 'other'`, "a pause": `SELECT COUNT(*) FROM vendor_breakers WHERE forced = 'open' AND vendor <> 'openai'`,
		"a token": `SELECT COUNT(*) FROM bypass_tokens`, "a cancellation": `SELECT COUNT(*) FROM pipeline_runs WHERE state <> 'running'`} {
		if n := b.text(query); n != "0" {
			t.Errorf("%s happened", name)
		}
	}
}
