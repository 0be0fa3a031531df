package store

import (
	"context"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"castad/shared/fault"

	"github.com/go-sql-driver/mysql"
)

func TestEveryDatabaseErrorSaysWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	my := func(n uint16) error { return &mysql.MySQLError{Number: n, Message: "x"} }
	for name, test := range map[string]struct {
		err         error
		read, write fault.Code
	}{
		"connection lost":             {mysql.ErrInvalidConn, fault.CodeUnavailable, fault.CodeUnknown},
		"answer cut off":              {io.ErrUnexpectedEOF, fault.CodeUnavailable, fault.CodeUnknown},
		"connection reset":            {&net.OpError{Op: "read", Err: errors.New("reset")}, fault.CodeUnavailable, fault.CodeUnknown},
		"connection bad before use":   {driver.ErrBadConn, fault.CodeUnavailable, fault.CodeUnavailable},
		"too many connections":        {my(1040), fault.CodeUnavailable, fault.CodeUnavailable},
		"too many of this user":       {my(1203), fault.CodeUnavailable, fault.CodeUnavailable},
		"read-only option":            {my(1290), fault.CodeUnavailable, fault.CodeUnavailable},
		"read-only transaction":       {my(1792), fault.CodeUnavailable, fault.CodeUnavailable},
		"read-only mode":              {my(1836), fault.CodeUnavailable, fault.CodeUnavailable},
		"shutting down":               {my(1053), fault.CodeUnavailable, fault.CodeUnavailable},
		"deadlock":                    {my(1213), fault.CodeUnavailable, fault.CodeUnavailable},
		"wrong password":              {my(1045), fault.CodeMisconfigured, fault.CodeMisconfigured},
		"unknown database":            {my(1049), fault.CodeMisconfigured, fault.CodeMisconfigured},
		"server without TLS":          {mysql.ErrNoTLS, fault.CodeMisconfigured, fault.CodeMisconfigured},
		"certificate of another host": {x509.HostnameError{Certificate: &x509.Certificate{}}, fault.CodeMisconfigured, fault.CodeMisconfigured},
		"deadline":                    {context.DeadlineExceeded, fault.CodeTimeout, fault.CodeUnknown},
		"cancelled":                   {context.Canceled, fault.CodeTimeout, fault.CodeUnknown},
		"duplicate key":               {my(1062), fault.CodeInternal, fault.CodeInternal},
		"an error of the caller":      {errors.New("x"), fault.CodeInternal, fault.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrapped := fmt.Errorf("read song 7: %w", test.err)
			for effect, want := range map[bool]fault.Code{false: test.read, true: test.write} {
				got := classify(wrapped, effect)
				if fault.CodeOf(got) != want {
					t.Errorf("effect %t: %s, want %s", effect, fault.CodeOf(got), want)
				}
				if !errors.Is(got, test.err) {
					t.Errorf("effect %t: the cause is lost: %v", effect, got)
				}
				if want == fault.CodeUnavailable && fault.RetryAfterOf(got) == 0 {
					t.Errorf("effect %t: no time to retry after", effect)
				}
			}
		})
	}
	if classify(nil, true) != nil || !errors.Is(classify(ErrNoRows, false), ErrNoRows) {
		t.Error("nil and ErrNoRows must stay what they are")
	}
}

func TestADuplicateNamesItsIndex(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"Duplicate entry '7-key' for key 'by_request'":               "by_request", // MariaDB
		"Duplicate entry '7-key' for key 'pipeline_runs.by_request'": "by_request", // MySQL
		"Duplicate entry '1' for key 'PRIMARY'":                      "PRIMARY",
		"Duplicate entry 'for key 'x'' for key 'ads.PRIMARY'":        "PRIMARY",
	} {
		err := classify(fmt.Errorf("insert ad: %w", &mysql.MySQLError{Number: 1062, Message: message}), true)
		if got, ok := Duplicate(err); !ok || got != want {
			t.Errorf("%s: %q, %t", message, got, ok)
		}
	}
	for _, err := range []error{nil, io.EOF, &mysql.MySQLError{Number: 1452, Message: "for key 'x'"}} {
		if index, ok := Duplicate(err); ok {
			t.Errorf("%v is a duplicate of %q", err, index)
		}
	}
}
