package social_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"castad/functions/social"
	"castad/shared/id"
	"castad/shared/provider"
	"castad/shared/seal/sealtest"
	"castad/shared/store"
	"castad/shared/store/storetest"
)

// afterTwoHours is when the process that is killed renews.
func afterTwoHours() time.Time { return monday.Add(2 * time.Hour) }

// answered is a channel that has answered, which the process says, and then stands still.
type answered struct{}

func (answered) Refresh(context.Context, string, provider.Grant) (provider.Grant, error) {
	fmt.Println("answered")
	select {}
}

func (answered) Needs(string) []string { return nil }

func (answered) Revoke(context.Context, string, provider.Grant) error { return nil }

// renewAndHang is the process that is killed: this test's binary on the database dsn.
func renewAndHang(dsn string) {
	err := func() error {
		db, err := store.Open(store.Config{DSN: dsn, Stage: "local", Host: "reference"})
		if err != nil {
			return err
		}
		var account id.Account
		if err := account.UnmarshalText([]byte(os.Getenv("CASTAD_TEST_ACCOUNT"))); err != nil {
			return err
		}
		s := social.New(social.Config{DB: db.Primary(), Seal: sealtest.Sealer(afterTwoHours, "a"), Channels: answered{}, Now: afterTwoHours})
		_, _, err = s.Access(context.Background(), owner, "youtube", account)
		return err
	}()
	fmt.Println(err)
	os.Exit(1)
}

// killed lets another process renew an account's token and kills it with SIGKILL
// between the channel's answer and the store. Its lease has run out.
func killed(t *testing.T) (b *bench, a social.Account) {
	t.Helper()
	b = newBench(t)
	a = b.connect("youtube", "UC1", b.short(1))
	b.later(afterTwoHours().Sub(monday))
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = []string{"CASTAD_TEST_RENEW=" + storetest.DSN(t, b.db), "CASTAD_TEST_ACCOUNT=" + a.ID.String()}
	out, err := cmd.StdoutPipe()
	b.must(err)
	b.must(cmd.Start())
	said := bufio.NewScanner(out)
	said.Scan()
	if said.Text() != "answered" {
		t.Errorf("the other process said %q", said.Text())
	}
	b.must(cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	if n := b.count(`SELECT COUNT(*) FROM leases WHERE name = ? AND owner <> ''`, "token-refresh:"+a.ID.String()); n != 1 {
		t.Errorf("%d leases are left", n)
	}
	b.exec(`UPDATE leases SET expires_at = NOW(6) - INTERVAL 1 HOUR WHERE name = ?`, "token-refresh:"+a.ID.String())
	return b, a
}
