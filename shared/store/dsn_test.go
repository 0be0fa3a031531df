package store

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
)

const secret = "s3cr3t"

func TestAWrongDSNIsRefusedWithASentenceThatDoesNotRepeatIt(t *testing.T) {
	t.Parallel()
	const to = "castad:" + secret + "@tcp(db.example:3306)/castad"
	for name, test := range map[string]struct{ stage, dsn, want string }{
		"empty":                     {"local", " ", "CASTAD_MYSQL_DSN is empty; it must be user:password@tcp(host:3306)/database."},
		"a URL":                     {"local", "mysql://castad:" + secret + "@db/castad", "CASTAD_MYSQL_DSN is a URL; it must be in the driver's form, user:password@tcp(host:3306)/database."},
		"no slash":                  {"local", "castad:" + secret + "@tcp(db)", "CASTAD_MYSQL_DSN cannot be read; it must be user:password@tcp(host:3306)/database, with special characters of the option values percent-encoded."},
		"no user":                   {"local", "tcp(db)/castad", "CASTAD_MYSQL_DSN names no user; it must be user:password@tcp(host:3306)/database."},
		"no database":               {"local", "castad:" + secret + "@tcp(db)/", "CASTAD_MYSQL_DSN names no database; it must end in /database."},
		"no prepared statements":    {"local", to + "?interpolateParams=false", "CASTAD_MYSQL_DSN sets interpolateParams to another value than true; remove it: a prepared statement costs two more round trips per query."},
		"several statements":        {"local", to + "?multiStatements=true", "CASTAD_MYSQL_DSN sets multiStatements to another value than false; remove it: one statement per query is the last wall against injection."},
		"local time":                {"local", to + "?loc=Asia%2FSeoul", "CASTAD_MYSQL_DSN sets loc to another value than UTC; remove it: times are UTC."},
		"MySQL's own collation":     {"local", to + "?collation=utf8mb4_0900_ai_ci", "CASTAD_MYSQL_DSN sets collation to another value than utf8mb4_unicode_ci; remove it: MySQL and MariaDB share it."},
		"no time-out":               {"local", to + "?timeout=0s", "CASTAD_MYSQL_DSN sets timeout to another value than 5s; remove it: the driver would wait for ever."},
		"files":                     {"local", to + "?allowAllFiles=true", "CASTAD_MYSQL_DSN turns on allowAllFiles; remove it: a query could read this machine's files."},
		"fallback to plain text":    {"local", to + "?allowFallbackToPlaintext=true", "CASTAD_MYSQL_DSN turns on allowFallbackToPlaintext; remove it: anyone between could switch TLS off."},
		"a session variable":        {"local", to + "?parseTime=true&tx_isolation=%27REPEATABLE-READ%27", "CASTAD_MYSQL_DSN has an option that the store does not know or sets itself (option number 2 after the question mark); remove it."},
		"any certificate":           {"local", to + "?tls=skip-verify", "CASTAD_MYSQL_DSN has tls=skip-verify, which trusts any certificate; use tls=true."},
		"TLS if the server likes":   {"s1", to + "?tls=preferred", "CASTAD_MYSQL_DSN has tls=preferred, which trusts any certificate; use tls=true."},
		"no TLS outside local":      {"s1", to + "?tls=false", "CASTAD_MYSQL_DSN has tls=false; outside the local stage connections are encrypted."},
		"a socket outside local":    {"s1", "castad:" + secret + "@unix(/run/m.sock)/castad", "CASTAD_MYSQL_DSN names a unix socket; outside the local stage the database is reached by tcp with TLS."},
		"no password outside local": {"s1", "castad@tcp(db)/castad", "CASTAD_MYSQL_DSN has no password; outside the local stage the database user must have one."},
		"a password with a slash":   {"local", "castad:" + secret + "/x@tcp(db)?tls=" + secret, "CASTAD_MYSQL_DSN cannot be read; it must be user:password@tcp(host:3306)/database, with special characters of the option values percent-encoded."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(Config{DSN: test.dsn, Stage: test.stage, Host: "reference"})
			wantSentence(t, err, test.want)
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the sentence repeats the password: %v", err)
			}
		})
	}
}

func TestTheReplicaMustHaveThePrimarysDatabase(t *testing.T) {
	t.Parallel()
	_, err := Open(Config{DSN: "castad:x@tcp(a)/castad", ReplicaDSN: "castad:x@tcp(b)/other", Stage: "local"})
	wantSentence(t, err, "CASTAD_MYSQL_REPLICA_DSN names another database than CASTAD_MYSQL_DSN; a replica has the primary's database.")
}

func TestTheStoreSetsWhatItReliesOn(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"castad:x@tcp(db.example)/castad",
		"castad:x@tcp(db.example)/castad?parseTime=true&interpolateParams=1&loc=UTC&tls=true&charset=utf8mb4&connectionAttributes=a:b",
	} {
		c, err := driverConfig("CASTAD_MYSQL_DSN", dsn, "s2", Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		if !c.InterpolateParams || !c.ParseTime || !c.ClientFoundRows || !c.RejectReadOnly || !c.CheckConnLiveness || c.MultiStatements {
			t.Errorf("%+v", c)
		}
		if c.Timeout != 5*time.Second || c.ReadTimeout != 30*time.Second || c.WriteTimeout != 30*time.Second || c.Loc != time.UTC {
			t.Errorf("timeouts %s %s %s, location %s", c.Timeout, c.ReadTimeout, c.WriteTimeout, c.Loc)
		}
		if c.TLS == nil || c.TLS.InsecureSkipVerify || c.TLS.MinVersion < tls.VersionTLS12 || c.TLS.ServerName != "db.example" {
			t.Errorf("TLS %+v", c.TLS)
		}
		for name, want := range map[string]string{"charset=": "utf8mb4", "collation=": "utf8mb4_unicode_ci", "time_zone=": "%27%2B00%3A00%27"} {
			if got := c.FormatDSN(); !strings.Contains(got, name+want) {
				t.Errorf("%s lacks %s%s", got, name, want)
			}
		}
	}
}

func TestOpenDoesNoIO(t *testing.T) {
	t.Parallel()
	db, err := Open(Config{DSN: "castad:x@tcp(192.0.2.1:3306)/castad", Stage: "s1", Host: "reference"})
	if err != nil {
		t.Fatal(err)
	}
	if s := db.Stats(); s.HTTP.Max != 40 || s.Queue.Max != 20 || s.HTTP.Open != 0 || s.Queue.Open != 0 {
		t.Errorf("pools after Open: %+v", s)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{DSN: "castad:x@tcp(a)/castad", Stage: "local", PoolWait: -1}); fault.KindOf(err) != fault.Misconfigured {
		t.Errorf("a negative wait is %v", err)
	}
}
