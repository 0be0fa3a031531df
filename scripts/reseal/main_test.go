package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"castad/functions/social"
	"castad/shared/id"
	"castad/shared/provider"
	"castad/shared/seal"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// TestMain lets the test's binary be the program, so that it can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("CASTAD_TEST_RESEAL") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const (
	oldKey = "old:b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w="
	newKey = "new:bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU="
	tenant = id.Tenant(7)
)

func accountsUnder(t *testing.T, db *store.DB, keys string) *social.Store {
	t.Helper()
	s, err := seal.Configured(time.Now, keys, "", nil)
	must(t, err)
	return social.New(social.Config{DB: db.Primary(), Seal: s, Now: time.Now})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connect connects n accounts under the old key and returns them by id.
func connect(t *testing.T, db *store.DB, n int) []social.Account {
	t.Helper()
	accounts := accountsUnder(t, db, oldKey)
	var all []social.Account
	for i := range n {
		at := social.NewAttempt("")
		must(t, accounts.Begin(t.Context(), tenant, 1, "youtube", at))
		c, err := accounts.Spend(t.Context(), "youtube", at.State, at.Cookie)
		must(t, err)
		a, err := accounts.Keep(t.Context(), c, provider.Account{ID: fmt.Sprint("UC", i)}, provider.Grant{Access: fmt.Sprint("access-UC", i), Expires: time.Now().Add(90 * 24 * time.Hour)})
		must(t, err)
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b social.Account) int { return int(a.ID - b.ID) })
	return all
}

// program is the program on the database with both keys; kill -9 ends it.
func program(t *testing.T, ctx context.Context, db *store.DB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = []string{"CASTAD_TEST_RESEAL=1", "CASTAD_MYSQL_DSN=" + storetest.DSN(t, db), "CASTAD_SEAL_KEYS=" + newKey + "," + oldKey}
	cmd.Stderr = os.Stderr
	return cmd
}

// under counts the accounts by the key that they are sealed with.
func under(t *testing.T, db *store.DB) map[string]int {
	t.Helper()
	rows, err := store.All(t.Context(), db.Primary(), `SELECT grant_sealed FROM social_accounts LIMIT 100`, func(b *[]byte) []any { return []any{b} })
	must(t, err)
	count := map[string]int{}
	for _, b := range rows {
		count[seal.Version(b)]++
	}
	return count
}

// The row in the middle is locked, so the program stands still there and is killed.
func TestKilledInTheMiddleItIsBegunAnewAndEveryRowIsReadableAllTheTime(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	all := connect(t, db, 12)
	readable := func() {
		t.Helper()
		accounts := accountsUnder(t, db, newKey+","+oldKey)
		for _, a := range all {
			if _, token, err := accounts.Access(t.Context(), tenant, "youtube", a.ID); err != nil || token != "access-"+a.ExternalID {
				t.Errorf("%v: %q, %v", a.ID, token, err)
			}
		}
	}
	must(t, db.Primary().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE social_accounts SET updated_at = updated_at WHERE id = ?`, all[7].ID); err != nil {
			return err
		}
		cmd := program(t, ctx, db, "-batch", "3")
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		lines := bufio.NewScanner(out)
		for range 2 {
			lines.Scan()
		}
		if got := lines.Text(); got != "accounts: 6 resealed, 0 left for the next round" {
			t.Errorf("said %q", got)
		}
		if err := cmd.Process.Kill(); err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // it was killed
		return nil
	}))
	if got := under(t, db); got["ring/new"] < 6 || got["ring/old"] < 4 {
		t.Errorf("after the kill: %v", got)
	}
	readable()
	out, err := program(t, t.Context(), db).Output()
	must(t, err)
	if got := under(t, db); got["ring/new"] != 12 || !strings.HasSuffix(string(out), " 0 left for the next round\n") {
		t.Errorf("after the second run: %v, %s", got, out)
	}
	readable()
	accounts := accountsUnder(t, db, newKey)
	for _, a := range all {
		if _, token, err := accounts.Access(t.Context(), tenant, "youtube", a.ID); err != nil || token != "access-"+a.ExternalID {
			t.Errorf("without the old key: %v: %q, %v", a.ID, token, err)
		}
	}
}

func TestWithoutTheOldKeyNothingIsTouched(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	connect(t, db, 2)
	cmd := program(t, t.Context(), db)
	cmd.Env[2] = "CASTAD_SEAL_KEYS=" + newKey
	cmd.Stderr = nil
	if out, err := cmd.Output(); err == nil {
		t.Errorf("it ended well: %s", out)
	}
	if got := under(t, db); got["ring/old"] != 2 {
		t.Errorf("%v", got)
	}
}

// One row that nobody can open must not keep all that come after it under the key of before.
func TestWhatCannotBeOpenedIsNamedAndTheOthersAreGoneThrough(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	all := connect(t, db, 5)
	_, err := db.Primary().Exec(t.Context(), `UPDATE social_accounts SET grant_sealed = CONCAT(LEFT(grant_sealed, LENGTH(grant_sealed) - 8), 'tampered') WHERE id = ?`, all[1].ID)
	must(t, err)
	_, err = db.Primary().Exec(t.Context(), `INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, url, created_at, notes_sealed)
		VALUES (5, ?, 1, 1, 5, 'youtube', 'channel_1', 1, 'failed', '', '2026-11-29', 'no sealed value')`, tenant)
	must(t, err)
	cmd := program(t, t.Context(), db, "-batch", "2")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	if said := complaints.String(); !strings.Contains(said, "2 cannot be opened") || !strings.Contains(said, all[1].ID.String()+":") || !strings.Contains(said, id.Post(5).String()+":") || strings.Contains(said, all[0].ID.String()) {
		t.Errorf("it complains %q", said)
	}
	if got := under(t, db); got["ring/new"] != 4 || !strings.Contains(string(out), "accounts: 4 resealed, 0 left") {
		t.Errorf("%v, %s", got, out)
	}
}

func TestWhatChannelsRememberOfPostsIsBroughtUnderTheNewKeyToo(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	old, err := seal.Configured(time.Now, oldKey, "", nil)
	must(t, err)
	label := seal.Label{Tenant: tenant, Subject: id.Post(5).String(), Provider: "youtube", Purpose: "upload"}
	sealed, err := old.Seal(t.Context(), label, []byte("session"))
	must(t, err)
	_, err = db.Primary().Exec(t.Context(), `INSERT INTO publications (id, tenant_id, ad_id, run_id, step_no, channel, account_id, revision, state, url, created_at, notes_sealed)
		VALUES (5, ?, 1, 1, 5, 'youtube', 'channel_1', 1, 'failed', '', '2026-11-29', ?)`, tenant, sealed)
	must(t, err)
	out, err := program(t, t.Context(), db).Output()
	must(t, err)
	if want := "accounts: 0 resealed, 0 left for the next round\nposts: 1 resealed, 0 left for the next round\n"; string(out) != want {
		t.Errorf("said %q", out)
	}
	now, err := store.One(t.Context(), db.Primary(), `SELECT notes_sealed FROM publications WHERE id = 5`, func(b *[]byte) []any { return []any{b} })
	must(t, err)
	fresh, err := seal.Configured(time.Now, newKey, "", nil)
	must(t, err)
	if value, err := fresh.Open(t.Context(), label, now); err != nil || string(value) != "session" {
		t.Errorf("without the old key: %q, %v", value, err)
	}
}
