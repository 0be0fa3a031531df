package store

import (
	"crypto/tls"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Times of a connection. The life time is below the server's wait_timeout of
// 300 s, so the server never closes a connection that we still trust.
const (
	ConnMaxLifetime = 280 * time.Second
	ConnMaxIdleTime = 60 * time.Second

	dialTimeout  = 5 * time.Second
	readTimeout  = 30 * time.Second
	writeTimeout = 30 * time.Second
	// Below readTimeout, so that a lock wait ends as error 1205 (which runs the
	// transaction again) and not as a connection lost in the middle.
	lockWaitSeconds = "5"
	// The same for the lock on a table's definition. A migration that waits for
	// it makes every later query on the table wait too, so it gives up early.
	definitionWaitSeconds = "10"
)

// SQLMode is what every session runs with: bad data is refused, not bent.
const SQLMode = "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION"

// Collation is the one collation; MariaDB does not know MySQL's default, utf8mb4_0900_ai_ci.
const Collation = "utf8mb4_unicode_ci"

// fixed are the driver options that the store sets, with the reason shown to
// whoever sets them otherwise.
var fixed = map[string]struct{ value, reason string }{
	"interpolateParams": {"true", "a prepared statement costs two more round trips per query"},
	"parseTime":         {"true", "times are time.Time"},
	"clientFoundRows":   {"true", "0 rows affected must mean that nothing matched"},
	"rejectReadOnly":    {"true", "after a failover the old primary is read-only and its connections must go"},
	"checkConnLiveness": {"true", "a connection that the server closed must not cost a query"},
	"multiStatements":   {"false", "one statement per query is the last wall against injection"},
	"loc":               {"UTC", "times are UTC"},
	"charset":           {"utf8mb4", "place names have emoji"},
	"collation":         {Collation, "MySQL and MariaDB share it"},
	"timeout":           {dialTimeout.String(), "the driver would wait for ever"},
	"readTimeout":       {readTimeout.String(), "the driver would wait for ever"},
	"writeTimeout":      {writeTimeout.String(), "the driver would wait for ever"},
	"time_zone":         {"'+00:00'", "times are UTC"},
	"sql_mode":          {"'" + SQLMode + "'", "bad data is refused"},
}

// unsafe are options that no DSN may turn on.
var unsafe = map[string]string{
	"allowAllFiles":            "a query could read this machine's files",
	"allowCleartextPasswords":  "the password would be sent as it is",
	"allowOldPasswords":        "the old password hash can be reversed",
	"allowFallbackToPlaintext": "anyone between could switch TLS off",
}

// harmless are options that a DSN may choose.
var harmless = []string{"tls", "allowNativePasswords", "compress", "maxAllowedPacket", "connectionAttributes", "serverPubKey"}

// driverConfig turns a DSN into the driver's configuration. Errors never
// repeat any part of the DSN but option names: a mistyped DSN can have the
// password anywhere.
func driverConfig(setting, dsn, stage string, h Hooks) (*mysql.Config, error) {
	if strings.TrimSpace(dsn) == "" {
		return nil, misconfigured("%s is empty; it must be user:password@tcp(host:3306)/database.", setting)
	}
	if scheme, _, ok := strings.Cut(dsn, "://"); ok && !strings.ContainsAny(scheme, ":@/(") {
		return nil, misconfigured("%s is a URL; it must be in the driver's form, user:password@tcp(host:3306)/database.", setting)
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, misconfigured("%s cannot be read; it must be user:password@tcp(host:3306)/database, with special characters of the option values percent-encoded.", setting)
	}
	if err := checkOptions(setting, dsn); err != nil {
		return nil, err
	}
	switch {
	case cfg.User == "":
		return nil, misconfigured("%s names no user; it must be user:password@tcp(host:3306)/database.", setting)
	case cfg.DBName == "":
		return nil, misconfigured("%s names no database; it must end in /database.", setting)
	case cfg.Net != "tcp" && cfg.Net != "unix":
		return nil, misconfigured("%s must name the server as tcp(host:port) or unix(path).", setting)
	}
	if err := requireTLS(setting, stage, cfg); err != nil {
		return nil, err
	}
	cfg.InterpolateParams, cfg.ParseTime, cfg.ClientFoundRows, cfg.RejectReadOnly = true, true, true, true
	cfg.CheckConnLiveness, cfg.MultiStatements, cfg.Loc = true, false, time.UTC
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = dialTimeout, readTimeout, writeTimeout
	cfg.Params = map[string]string{
		"time_zone": fixed["time_zone"].value, "sql_mode": fixed["sql_mode"].value,
		"innodb_lock_wait_timeout": lockWaitSeconds, "lock_wait_timeout": definitionWaitSeconds,
	}
	cfg.Logger = driverLog{h.Driver}
	// DATETIME(6) rounds a seventh digit up, into the future; cut it off instead.
	return cfg, cfg.Apply(mysql.Charset("utf8mb4", Collation), mysql.TimeTruncate(time.Microsecond))
}

// checkOptions refuses options of the DSN that contradict the store.
func checkOptions(setting, dsn string) error {
	_, options, _ := strings.Cut(dsn[strings.LastIndexByte(dsn, '/')+1:], "?")
	for option := range strings.SplitSeq(options, "&") {
		name, value, _ := strings.Cut(option, "=")
		if v, err := url.QueryUnescape(value); err == nil {
			value = v
		}
		reason, bad := unsafe[name]
		f, known := fixed[name]
		switch {
		case name == "" || slices.Contains(harmless, name):
		case bad && value != "false" && value != "0":
			return misconfigured("%s turns on %s; remove it: %s.", setting, name, reason)
		case bad:
		case known && !sameOption(value, f.value):
			return misconfigured("%s sets %s to another value than %s; remove it: %s.", setting, name, f.value, f.reason)
		case !known:
			return misconfigured("%s has an option that the store does not know or sets itself (option number %d after the question mark); remove it.",
				setting, 1+slices.Index(strings.Split(options, "&"), option))
		}
	}
	return nil
}

func sameOption(a, b string) bool {
	switch a {
	case "1", "TRUE", "True":
		a = "true"
	case "0", "FALSE", "False":
		a = "false"
	}
	return a == b
}

// requireTLS: outside the local stage every connection is encrypted and the
// server's certificate is checked.
func requireTLS(setting, stage string, cfg *mysql.Config) error {
	switch cfg.TLSConfig {
	case "skip-verify", "preferred":
		return misconfigured("%s has tls=%s, which trusts any certificate; use tls=true.", setting, cfg.TLSConfig)
	}
	if stage == "local" {
		return nil
	}
	switch {
	case cfg.Net == "unix":
		return misconfigured("%s names a unix socket; outside the local stage the database is reached by tcp with TLS.", setting)
	case cfg.TLSConfig == "false":
		return misconfigured("%s has tls=false; outside the local stage connections are encrypted.", setting)
	case cfg.Passwd == "":
		return misconfigured("%s has no password; outside the local stage the database user must have one.", setting)
	}
	if cfg.TLS == nil {
		host, _, _ := strings.Cut(cfg.Addr, ":")
		if strings.HasPrefix(cfg.Addr, "[") {
			host, _, _ = strings.Cut(cfg.Addr[1:], "]")
		}
		cfg.TLS = &tls.Config{ServerName: host}
	}
	if cfg.TLS.InsecureSkipVerify {
		return misconfigured("%s names a TLS configuration that trusts any certificate; use tls=true.", setting)
	}
	cfg.TLS.MinVersion = max(cfg.TLS.MinVersion, tls.VersionTLS12)
	return nil
}

type driverLog struct{ to func(string) }

func (l driverLog) Print(v ...any) {
	if l.to != nil {
		l.to(sprint(v...))
	}
}
