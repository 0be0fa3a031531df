package mariadb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Options say what kind of server to run.
type Options struct {
	// Dir holds everything of this server; made when missing.
	Dir string
	// Port on 127.0.0.1; 0 takes a free one.
	Port int
	// MaxConnections is max_connections; 0 = 100, what stage S1 recommends.
	MaxConnections int
	// ServerID and BinaryLog are for a primary with replicas.
	ServerID  int
	BinaryLog bool
	// ReadOnly starts with read_only=1, which binds castad but not root.
	ReadOnly bool
	// Disposable is for tests: nothing waits for the disk (what was committed
	// survives kill -9, but not a power cut), and when this process ends without
	// Stop the server gets SIGKILL instead of SIGTERM.
	Disposable bool
	// Extra are further options of mariadbd.
	Extra []string
}

// ErrNotInstalled is what Start returns when mariadbd is missing.
var ErrNotInstalled = errors.New("mariadbd is not installed; install it with: apt-get install -y --no-install-recommends mariadb-server-core mariadb-client-core")

// Server is a running server.
type Server struct {
	dir, socket    string
	port           int
	password, root string
	process        *process
	lock           *os.File
	// cleanup is a directory made for the socket, "" when it is in dir.
	cleanup string
}

const (
	startTime = 60 * time.Second // a loaded machine recovers slowly
	stopTime  = 20 * time.Second
	lockTime  = 15 * time.Second
)

// Installed returns nil when a server can be started, else ErrNotInstalled.
func Installed() error {
	_, err := find("mariadbd")
	return err
}

func find(program string) (string, error) {
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"} {
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("look for %s: %w", program, ErrNotInstalled)
}

// Start starts a server in o.Dir and returns when it answers. The first Start
// in a directory creates the database files.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := Installed(); err != nil {
		return nil, err
	}
	if o.Dir == "" {
		return nil, errors.New("start mariadbd: Options.Dir is empty")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the database directory: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	s := &Server{dir: dir}
	if err := s.start(ctx, o); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options) (err error) {
	if s.lock, err = lock(ctx, filepath.Join(s.dir, "lock")); err != nil {
		return err
	}
	if s.password, err = secret(filepath.Join(s.dir, "password")); err != nil {
		return err
	}
	if s.root, err = secret(filepath.Join(s.dir, "root-password")); err != nil {
		return err
	}
	if err := s.placeSocket(); err != nil {
		return err
	}
	if err := create(ctx, s.dir, s.lock, o); err != nil {
		return err
	}
	for try := 0; ; try++ {
		err := s.launch(ctx, o)
		// Between choosing a free port and binding it somebody else may take it.
		if err == nil || o.Port != 0 || try == 4 || !errors.Is(err, errPortTaken) {
			return err
		}
	}
}

// DSN returns the driver's form of how user castad reaches the database db over TCP.
func (s *Server) DSN(db string) string { return s.config("castad", s.password, "tcp", s.Addr(), db) }

// RootDSN is for user root, through the socket; root exists for tests that
// change the server (read_only, max_connections) and for replication.
func (s *Server) RootDSN(db string) string { return s.config("root", s.root, "unix", s.socket, db) }

func (s *Server) config(user, password, network, addr, db string) string {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName = user, password, network, addr, db
	return c.FormatDSN()
}

// Addr is 127.0.0.1:port.
func (s *Server) Addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// Port is the TCP port.
func (s *Server) Port() int { return s.port }

// Password is user castad's.
func (s *Server) Password() string { return s.password }

// Dir is the directory that holds everything of the server.
func (s *Server) Dir() string { return s.dir }

// Pid is the server's process id.
func (s *Server) Pid() int { return s.process.pid() }

// Done is closed when the server process has ended.
func (s *Server) Done() <-chan struct{} { return s.process.done }

// Root runs statements as root, for tests and replication.
func (s *Server) Root(ctx context.Context, statements ...string) error {
	db, err := s.asRoot()
	if err != nil {
		return err
	}
	defer db.Close()
	for _, q := range statements {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("run %q as root: %w", first(q, 40), err)
		}
	}
	return nil
}

// asRoot opens a connection whose driver is silent: asking a server that does
// not answer yet is no news.
func (s *Server) asRoot() (*sql.DB, error) {
	c, err := mysql.ParseDSN(s.RootDSN(""))
	if err != nil {
		return nil, err
	}
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// Stop ends the server in an orderly way and waits for it.
func (s *Server) Stop() error {
	err := s.process.stop(stopTime)
	s.release()
	return err
}

// Kill ends the server with SIGKILL and waits: what a power cut leaves.
func (s *Server) Kill() error {
	err := s.process.signal(syscall.SIGKILL)
	<-s.process.done
	s.release()
	return err
}

// Pause stops the server's process without ending it (SIGSTOP) and returns when
// every thread stands still; Resume lets it go on.
func (s *Server) Pause(ctx context.Context) error {
	if err := s.process.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	// The kernel stops a process thread by thread; until then one may still answer.
	for {
		still, err := s.process.still()
		if err != nil || still {
			return err
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return fmt.Errorf("wait for the database server to stand still: %w", err)
		}
	}
}

// Resume ends a Pause.
func (s *Server) Resume() error { return s.process.signal(syscall.SIGCONT) }

func (s *Server) release() {
	if s.lock != nil {
		_ = s.lock.Close()
		s.lock = nil
	}
	if s.cleanup != "" {
		_ = os.RemoveAll(s.cleanup)
	}
}

// placeSocket: a unix socket's path has at most 107 bytes.
func (s *Server) placeSocket() error {
	s.socket = filepath.Join(s.dir, "m.sock")
	if len(s.socket) <= 100 {
		return nil
	}
	dir, err := os.MkdirTemp("", "castad-sock-")
	if err == nil && len(dir) > 90 {
		_ = os.Remove(dir)
		dir, err = os.MkdirTemp("/tmp", "castad-sock-")
	}
	if err != nil {
		return fmt.Errorf("make a directory for the database socket: %w", err)
	}
	s.cleanup, s.socket = dir, filepath.Join(dir, "m.sock")
	return nil
}

func first(s string, n int) string { return s[:min(n, len(s))] }
