package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"
)

// connector opens connections that are READ COMMITTED and know their id at the
// server. The isolation level is set once per connection, not once per
// transaction: the variable is called transaction_isolation on MySQL and
// tx_isolation on MariaDB 10, and only the statement is the same on both.
type connector struct{ driver.Connector }

func newConnector(cfg *mysql.Config, role string) (*connector, error) {
	cfg = cfg.Clone()
	attributes := "program_name:castad,role:" + role
	if cfg.ConnectionAttributes != "" {
		attributes = cfg.ConnectionAttributes + "," + attributes
	}
	cfg.ConnectionAttributes = attributes
	if role == "migrate" {
		// Adding an index to a large table takes longer than any request may.
		cfg.ReadTimeout = 0
	}
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, misconfigured("The database driver does not accept the settings: %w.", err)
	}
	return &connector{c}, nil
}

// driverConn is everything that database/sql asks of the driver's connection.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// conn is a driver connection with its identity at the server.
type conn struct {
	driverConn
	id    int64
	since time.Time
}

// Connect opens one connection.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	since := time.Now()
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	dc, ok := raw.(driverConn)
	if !ok {
		_ = raw.Close()
		return nil, fmt.Errorf("the driver's connection %T lacks an interface of database/sql/driver", raw)
	}
	_, err = dc.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	var id int64
	if err == nil {
		id, err = connectionID(ctx, dc)
	}
	if err != nil {
		_ = dc.Close()
		return nil, err
	}
	return &conn{driverConn: dc, id: id, since: since}, nil
}

func connectionID(ctx context.Context, dc driverConn) (id int64, err error) {
	rows, err := dc.QueryContext(ctx, "SELECT CONNECTION_ID()", nil)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	row := make([]driver.Value, 1)
	if err := rows.Next(row); err != nil {
		return 0, fmt.Errorf("read the connection id: %w", err)
	}
	switch v := row[0].(type) {
	case int64:
		return v, nil
	case uint64:
		return int64(v), nil
	case []byte:
		return strconv.ParseInt(string(v), 10, 64)
	}
	return 0, fmt.Errorf("read the connection id: the driver returned %T", row[0])
}
