package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"castad/shared/fault"

	"github.com/go-sql-driver/mysql"
)

// MySQL's error numbers that are acted on.
const (
	errDuplicate    = 1062
	errLockWait     = 1205
	errDeadlock     = 1213
	errTableExists  = 1050
	errNoSuchTable  = 1146
	errDupColumn    = 1060
	errDupKey       = 1061
	errCantDrop     = 1091
	errUnknownTable = 1051
	errDupFK        = 1826 // MySQL; MariaDB says 1005 with errno 121
	errCannotCreate = 1005
	errNoThread     = 1094
	errNotOwner     = 1095
)

// unavailable are the server's own ways to say "not now": too many
// connections (1040, 1203, 1226), shutting down (1053), killed (1317, 1927),
// network (1152–1161), out of resources (1041, 1114, 1021), read-only (1290,
// 1792, 1836).
var unavailable = []uint16{1021, 1040, 1041, 1053, 1114, 1152, 1156, 1158, 1159, 1160, 1161, 1203, 1226, 1290, 1317, 1792, 1836, 1927}

// refusedLogin are wrong settings, not weather: user, password, database, rights, host.
var refusedLogin = []uint16{1044, 1045, 1049, 1130, 1142, 1143, 1227, 1698, 3159}

func misconfigured(format string, args ...any) error {
	return fault.Newf(fault.CodeMisconfigured, format, args...)
}

func sprint(v ...any) string { return fmt.Sprint(v...) }

// unavailableRetry is what clients are told to wait when the database is away.
const unavailableRetry = 2 * time.Second

// classify gives err its fault. effect says whether the statement could have
// changed something before the error: then a lost answer is CodeUnknown.
func classify(err error, effect bool) error {
	var known *fault.Error
	var my *mysql.MySQLError
	switch {
	case err == nil, errors.Is(err, sql.ErrNoRows):
		return err
	case errors.As(err, &known):
		return err
	case errors.As(err, &my):
		switch {
		case my.Number == errDeadlock, my.Number == errLockWait, slices.Contains(unavailable, my.Number):
			return fault.Newf(fault.CodeUnavailable, "%w", err).After(unavailableRetry)
		case slices.Contains(refusedLogin, my.Number):
			return fault.Wrap(err, fault.CodeMisconfigured)
		}
		return err
	case errors.Is(err, driver.ErrBadConn):
		return fault.Newf(fault.CodeUnavailable, "%w", err).After(unavailableRetry)
	case wrongSettings(err):
		return fault.Wrap(err, fault.CodeMisconfigured)
	case isContext(err):
		if effect {
			return fault.Wrap(err, fault.CodeUnknown)
		}
		return fault.Wrap(err, fault.CodeTimeout)
	case lostConnection(err):
		if effect {
			return fault.Wrap(err, fault.CodeUnknown)
		}
		return fault.Newf(fault.CodeUnavailable, "%w", err).After(unavailableRetry)
	}
	return err
}

func isContext(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// lostConnection: the answer will not come.
func lostConnection(err error) bool {
	var op net.Error
	return errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, net.ErrClosed) || errors.As(err, &op)
}

func wrongSettings(err error) bool {
	var cert *tls.CertificateVerificationError
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	return errors.Is(err, mysql.ErrNoTLS) || errors.Is(err, mysql.ErrCleartextPassword) || errors.Is(err, mysql.ErrNativePassword) ||
		errors.Is(err, mysql.ErrOldPassword) || errors.Is(err, mysql.ErrUnknownPlugin) ||
		errors.As(err, &cert) || errors.As(err, &host) || errors.As(err, &authority)
}

func number(err error) uint16 {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return my.Number
	}
	return 0
}

// Duplicate says whether err is a duplicate key, and in which index ("PRIMARY"
// for the primary key). MySQL writes table.index where MariaDB writes index;
// only the index is returned.
func Duplicate(err error) (index string, ok bool) {
	var my *mysql.MySQLError
	if !errors.As(err, &my) || my.Number != errDuplicate {
		return "", false
	}
	const before = "for key '"
	i := strings.LastIndex(my.Message, before)
	if i < 0 {
		return "", true
	}
	index = strings.TrimSuffix(my.Message[i+len(before):], "'")
	return index[strings.LastIndexByte(index, '.')+1:], true
}
