package mariadb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var errPortTaken = errors.New("the port is taken")

// lock makes sure that one server at a time uses the directory. The server
// inherits it, so it is held until the server has gone, even when the process
// that started it was killed.
func lock(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the database directory: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock the database directory: %w", err), f.Close())
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			return nil, errors.Join(fmt.Errorf("another database server uses the directory %s", filepath.Dir(path)), f.Close())
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// secret reads the file's password, or writes a new one.
func secret(path string) (string, error) {
	if raw, err := os.ReadFile(path); err == nil && len(raw) > 0 {
		return strings.TrimSpace(string(raw)), nil
	}
	text := rand.Text()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("keep the database password: %w", err)
	}
	return text, os.Rename(path+".new", path)
}

// create makes the database files unless they are there. They are made beside
// and renamed, so files that exist are whole; halves are removed.
func create(ctx context.Context, dir string, keep *os.File, o Options) error {
	data := filepath.Join(dir, "data")
	halves, err := filepath.Glob(filepath.Join(dir, "data.new-*"))
	if err != nil {
		return err
	}
	for _, half := range halves {
		if err := os.RemoveAll(half); err != nil {
			return fmt.Errorf("remove half-made database files: %w", err)
		}
	}
	if _, err := os.Stat(data); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	install, err := find("mariadb-install-db")
	if err != nil {
		return err
	}
	half, err := os.MkdirTemp(dir, "data.new-")
	if err != nil {
		return err
	}
	args := append([]string{"--no-defaults"}, as()...)
	// --rpm keeps the script, when run by root, from changing the rights of a
	// PAM helper of the machine's own MariaDB.
	// A tmpdir of its own, because a starting server deletes temporary tables
	// that it finds there, also those of another server that is starting.
	args = append(args, "--rpm", "--datadir="+half, "--tmpdir="+dir, "--auth-root-authentication-method=normal", "--skip-test-db",
		"--skip-name-resolve", "--skip-log-bin", logSize)
	args = append(args, o.sync()...)
	p, err := run(install, args, filepath.Join(dir, "install.log"), keep, syscall.SIGKILL)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		_ = p.signal(syscall.SIGKILL)
		<-p.done
		return fmt.Errorf("create the database files: %w", ctx.Err())
	}
	if p.err != nil {
		return fmt.Errorf("create the database files: %w: %s", p.err, reasons(filepath.Join(dir, "install.log")))
	}
	return os.Rename(half, data)
}

// reasons returns the lines of a log that speak of errors, else its end.
func reasons(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	var errs []string
	for _, line := range lines {
		if strings.Contains(line, "ERROR") || strings.Contains(line, "rror:") {
			errs = append(errs, line)
		}
	}
	if len(errs) == 0 {
		errs = lines
	}
	return strings.Join(errs[max(0, len(errs)-4):], "; ")
}

// as names the user that mariadbd shall run as: root must say so expressly.
func as() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

func (o Options) sync() []string {
	if o.Disposable {
		return []string{"--innodb-flush-method=nosync", "--debug-no-sync"}
	}
	return nil
}

const logSize = "--innodb-log-file-size=16M"

// launch starts the server once and waits until it answers.
func (s *Server) launch(ctx context.Context, o Options) error {
	if s.port = o.Port; s.port == 0 {
		port, err := freePort()
		if err != nil {
			return err
		}
		s.port = port
	}
	mariadbd, err := find("mariadbd")
	if err != nil {
		return err
	}
	start := filepath.Join(s.dir, "start.sql")
	if err := os.WriteFile(start, []byte(s.users()), 0o600); err != nil {
		return err
	}
	defer os.Remove(start)
	log := filepath.Join(s.dir, "error.log")
	if err := os.Remove(log); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	signal := syscall.SIGTERM
	if o.Disposable {
		signal = syscall.SIGKILL
	}
	if s.process, err = run(mariadbd, s.arguments(o, start), log, s.lock, signal); err != nil {
		return err
	}
	if err := s.ready(ctx); err != nil {
		_ = s.process.signal(syscall.SIGKILL)
		<-s.process.done
		return err
	}
	return nil
}

func (s *Server) arguments(o Options, start string) []string {
	connections := o.MaxConnections
	if connections == 0 {
		connections = 100
	}
	args := append([]string{"--no-defaults"}, as()...)
	args = append(args,
		"--datadir="+filepath.Join(s.dir, "data"), "--socket="+s.socket, "--pid-file="+filepath.Join(s.dir, "m.pid"),
		"--tmpdir="+s.dir, "--port="+strconv.Itoa(s.port), "--bind-address=127.0.0.1", "--skip-name-resolve",
		"--init-file="+start, "--max-connections="+strconv.Itoa(connections), "--wait-timeout=300",
		"--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=64M", logSize,
		"--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci",
		"--performance-schema=OFF", "--table-open-cache=400",
	)
	if o.BinaryLog {
		args = append(args, "--log-bin=binlog", "--binlog-format=ROW", "--sync-binlog=1")
	} else {
		args = append(args, "--skip-log-bin")
	}
	if o.ServerID != 0 {
		args = append(args, "--server-id="+strconv.Itoa(o.ServerID))
	}
	if o.ReadOnly {
		args = append(args, "--read-only=1")
	}
	return append(append(args, o.sync()...), o.Extra...)
}

// users is run by the server at each start, before it listens: the accounts
// are what they should be even when the first start was cut short.
func (s *Server) users() string {
	return strings.Join([]string{
		"SET SESSION sql_log_bin = 0",
		"CREATE DATABASE IF NOT EXISTS castad CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
		"DELETE FROM mysql.global_priv WHERE User IN ('', 'root') AND Host <> 'localhost'",
		"FLUSH PRIVILEGES",
		"ALTER USER 'root'@'localhost' IDENTIFIED BY '" + s.root + "'",
		"CREATE OR REPLACE USER 'castad'@'%' IDENTIFIED BY '" + s.password + "'",
		"GRANT ALL PRIVILEGES ON `castad`.* TO 'castad'@'%'",
		"GRANT ALL PRIVILEGES ON `castad\\_%`.* TO 'castad'@'%'",
	}, ";\n") + ";\n"
}

// ready asks until the server answers. The socket of a server that is still
// recovering does not exist yet.
func (s *Server) ready(ctx context.Context) error {
	db, err := s.asRoot()
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		select {
		case <-s.process.done:
			tail := reasons(filepath.Join(s.dir, "error.log"))
			if strings.Contains(tail, "Address already in use") {
				return fmt.Errorf("start mariadbd on port %d: %w", s.port, errPortTaken)
			}
			return fmt.Errorf("start mariadbd: it ended: %s", tail)
		default:
		}
		once, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := db.PingContext(once)
		cancel()
		if err == nil {
			return nil
		}
		if perr := pause(ctx, 10*time.Millisecond); perr != nil {
			return fmt.Errorf("start mariadbd: no answer: %w: %s", err, reasons(filepath.Join(s.dir, "error.log")))
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
