package cloud

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
)

// state is what must be the same after a restart: addresses with these ports
// and signatures with these keys are in the database.
type state struct {
	Ports   map[string]int    `json:"ports"`
	Secrets map[string]string `json:"secrets"`
}

var (
	portNames   = []string{"mariadb", "servicebus", "blob", "studio", "youtube", "instagram", "kakao", "api"}
	secretNames = []string{"studio", "youtube", "instagram", "kakao", "kakao-admin"}
	keyNames    = []string{"CASTAD_ENVELOPE_KEYS", "CASTAD_TOKEN_KEYS", "CASTAD_MEDIA_KEYS", "CASTAD_SEAL_KEYS"}
)

// hold takes a folder by a lock file. The lock is this process's own and ends with
// it, also by kill -9.
func hold(lock, folder string) (*os.File, error) {
	f, err := os.OpenFile(lock, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the %s: %w", folder, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("another local cloud is running on the %s: stop it, or name another folder", folder)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// loadState reads the state, or makes it. A port that somebody else has taken
// meanwhile, and keeps, is replaced.
func loadState(ctx context.Context, file string) (state, error) {
	s := state{Ports: map[string]int{}, Secrets: map[string]string{}}
	text, err := os.ReadFile(file)
	if err == nil {
		if err := json.Unmarshal(text, &s); err != nil {
			return s, fmt.Errorf("read %s: %w", file, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("read state: %w", err)
	}
	if err := s.fill(ctx); err != nil {
		return s, err
	}
	text, err = json.MarshalIndent(s, "", "  ")
	if err != nil {
		return s, fmt.Errorf("write state: %w", err)
	}
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return s, fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return s, fmt.Errorf("write state: %w", err)
	}
	return s, nil
}

func (s *state) fill(ctx context.Context) error {
	var held []net.Listener // together, so that no port is given twice
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	for _, name := range portNames {
		l, err := claim(ctx, s.Ports[name])
		if err != nil {
			return fmt.Errorf("find a port for %s: %w", name, err)
		}
		held = append(held, l)
		s.Ports[name] = l.Addr().(*net.TCPAddr).Port
	}
	for _, name := range secretNames {
		if s.Secrets[name] == "" {
			s.Secrets[name] = hex.EncodeToString(random(16))
		}
	}
	for _, name := range keyNames {
		if s.Secrets[name] == "" {
			s.Secrets[name] = "local:" + base64.StdEncoding.EncodeToString(random(32))
		}
	}
	return nil
}

// patience is how long a port of before is waited for: after kill -9 the old
// database server still shuts down in order.
const patience = 15 * time.Second

// claim listens on the port, or on a free one when the port stays taken or is 0.
func claim(ctx context.Context, port int) (net.Listener, error) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return l, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-limit.C:
			return net.Listen("tcp", "127.0.0.1:0")
		case <-again.C:
		}
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return b
}

func (s state) port(name string) int { return s.Ports[name] }

func (s state) addr(name string) string { return fmt.Sprintf("127.0.0.1:%d", s.Ports[name]) }
