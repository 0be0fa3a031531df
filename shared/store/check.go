package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"castad/shared/fault"

	"github.com/go-sql-driver/mysql"
)

// server is what Check reads.
type server struct {
	maxConnections, maxUserConnections int
	waitTimeout                        time.Duration
	sqlMode, isolation, timeZone       string
	collation                          string
}

// Check reads the server's parameters and compares them with the budget and
// with what the store relies on. Wrong is a Misconfigured error whose sentence
// names the parameter; unreachable is Unavailable, and no reason to give up.
func (db *DB) Check(ctx context.Context) error {
	if err := db.checkServer(ctx, "the database", db.primary); err != nil {
		return err
	}
	if db.replica.lanes == nil {
		return nil
	}
	err := db.checkServer(ctx, "the replica", laneReader{db.replica.lanes})
	if k := fault.KindOf(err); k == fault.Unavailable || k == fault.Timeout {
		return nil // reads fall back to the primary
	}
	return err
}

func (db *DB) checkServer(ctx context.Context, which string, q Querier) error {
	s, err := readServer(ctx, q)
	if err != nil {
		return explain(which, err)
	}
	return s.check(which, db.budget, db.group)
}

// explain turns a refused login into a sentence that says what to change; the
// server's own words follow as the cause.
func explain(which string, err error) error {
	sentence := ""
	switch number(err) {
	case 1045, 1698:
		sentence = "The server of %s refused the user or the password in the DSN"
	case 1044, 1142, 1143, 1227:
		sentence = "The user in the DSN of %s lacks the rights on the database"
	case 1049:
		sentence = "The DSN of %s names a database that does not exist on its server"
	case 1130:
		sentence = "The server of %s does not accept connections from this machine"
	}
	switch {
	case errors.Is(err, mysql.ErrNoTLS):
		sentence = "The server of %s does not offer TLS; switch it on at the server"
	case wrongSettings(err):
		sentence = "The server of %s could not prove who it is or asks for a login that is not allowed; look at its certificate, its name in the DSN and the user's plugin"
	}
	if sentence == "" {
		return fmt.Errorf("check %s: %w", which, err)
	}
	if n := number(err); n != 0 {
		sentence += fmt.Sprintf(" (error %d)", n)
	}
	return misconfigured(sentence+": %w", which, err)
}

func readServer(ctx context.Context, q Querier) (server, error) {
	type variable struct{ name, value string }
	all, err := All(ctx, q, `SHOW SESSION VARIABLES WHERE Variable_name IN ('max_connections', 'max_user_connections', 'wait_timeout',
		'sql_mode', 'transaction_isolation', 'tx_isolation', 'time_zone', 'collation_connection')`,
		func(v *variable) []any { return []any{&v.name, &v.value} })
	if err != nil {
		return server{}, err
	}
	var s server
	var bad []error
	atoi := func(v variable) int {
		n, err := strconv.Atoi(v.value)
		if err != nil {
			bad = append(bad, fmt.Errorf("read server variable %s: %w", v.name, err))
		}
		return n
	}
	for _, v := range all {
		switch v.name {
		case "max_connections":
			s.maxConnections = atoi(v)
		case "max_user_connections":
			s.maxUserConnections = atoi(v)
		case "wait_timeout":
			s.waitTimeout = time.Duration(atoi(v)) * time.Second
		case "sql_mode":
			s.sqlMode = v.value
		case "transaction_isolation", "tx_isolation":
			s.isolation = v.value
		case "time_zone":
			s.timeZone = v.value
		case "collation_connection":
			s.collation = v.value
		}
	}
	return s, errors.Join(bad...)
}

func (s server) check(which string, b Budget, g Group) error {
	if err := b.Err(); err != nil {
		return err
	}
	pool := g.HTTP + g.Queue
	switch {
	case b.Limit+Reserve > s.maxConnections:
		return misconfigured("max_connections of %s is %d, but the budget of stage %s on %s is %d connections and %d are reserved; set max_connections to at least %d (%d is recommended).",
			which, s.maxConnections, b.Stage, b.Host, b.Limit, Reserve, b.Limit+Reserve, b.MaxConnections)
	case s.maxUserConnections > 0 && s.maxUserConnections < g.Connections()*b.Overlap:
		return misconfigured("max_user_connections of %s is %d for this user, but %d instances with %d connections each can open %d; raise it or make the pools smaller.",
			which, s.maxUserConnections, g.Groups*g.Instances, pool, g.Connections()*b.Overlap)
	case s.waitTimeout <= ConnMaxLifetime:
		return misconfigured("wait_timeout of %s is %s, but connections live for up to %s; set wait_timeout to more than that (300 is recommended).",
			which, s.waitTimeout, ConnMaxLifetime)
	case !strings.Contains(s.sqlMode, "STRICT_ALL_TABLES"):
		return misconfigured("sql_mode of a session on %s is %q although the store asks for STRICT_ALL_TABLES; look for a proxy or an init_connect that changes it.", which, s.sqlMode)
	case s.isolation != "READ-COMMITTED":
		return misconfigured("The isolation level of a session on %s is %q although the store asks for READ COMMITTED; look for a proxy or an init_connect that changes it.", which, s.isolation)
	case s.timeZone != "+00:00":
		return misconfigured("time_zone of a session on %s is %q although the store asks for +00:00; look for a proxy or an init_connect that changes it.", which, s.timeZone)
	case s.collation != Collation:
		return misconfigured("collation_connection of a session on %s is %q although the store asks for %s; look for a proxy or an init_connect that changes it.", which, s.collation, Collation)
	}
	return nil
}
