package store_test

import (
	"strings"
	"testing"

	"castad/scripts/localcloud/mariadb"
	"castad/shared/fault"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/go-sql-driver/mysql"
)

func TestCheckExplainsARefusedLogin(t *testing.T) {
	t.Parallel()
	// The private server, whose accounts are known.
	good, _ := storetest.Own(t, mariadb.Options{})
	if err := good.Check(t.Context()); err != nil {
		t.Fatalf("Check of a good database: %v", err)
	}
	for name, test := range map[string]struct {
		change func(*mysql.Config)
		want   string
	}{
		"wrong password": {func(c *mysql.Config) { c.Passwd = "wrong" },
			"The server of the database refused the user or the password in the DSN (error 1045)"},
		"unknown database": {func(c *mysql.Config) { c.DBName = "castad_missing" },
			"The DSN of the database names a database that does not exist on its server (error 1049)"},
		"a database of others": {func(c *mysql.Config) { c.DBName = "mysql" },
			"The user in the DSN of the database lacks the rights on the database (error 1044)"},
		"a server without TLS": {func(c *mysql.Config) { c.TLSConfig = "true" },
			"The server of the database does not offer TLS; switch it on at the server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := mysql.ParseDSN(storetest.DSN(t, good))
			if err != nil {
				t.Fatal(err)
			}
			test.change(cfg)
			db, err := store.Open(store.Config{DSN: cfg.FormatDSN(), Stage: "local"})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			err = db.Check(t.Context())
			if fault.KindOf(err) != fault.Misconfigured || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v (%s)\nwant %s", err, fault.KindOf(err), test.want)
			}
		})
	}
}
