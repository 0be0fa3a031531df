package cloud

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
)

// state is what must be the same after a restart: addresses with these ports
// and signatures with these keys are in the database.
type state struct {
	Ports   map[string]int    `json:"ports"`
	Secrets map[string]string `json:"secrets"`
}

var (
	portNames   = []string{"mariadb", "servicebus", "blob", "studio", "channels", "api"}
	secretNames = []string{"studio", "channels"}
	keyNames    = []string{"CASTAD_ENVELOPE_KEYS", "CASTAD_TOKEN_KEYS", "CASTAD_MEDIA_KEYS"}
)

// loadState reads the state, or makes it. A port that somebody else has taken
// meanwhile is replaced.
func loadState(file string) (state, error) {
	s := state{Ports: map[string]int{}, Secrets: map[string]string{}}
	text, err := os.ReadFile(file)
	if err == nil {
		if err := json.Unmarshal(text, &s); err != nil {
			return s, fmt.Errorf("read %s: %w", file, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("read state: %w", err)
	}
	if err := s.fill(); err != nil {
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

func (s *state) fill() error {
	var held []net.Listener // together, so that no port is given twice
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	for _, name := range portNames {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.Ports[name]))
		if err != nil {
			l, err = net.Listen("tcp", "127.0.0.1:0")
		}
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

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return b
}

func (s state) port(name string) int { return s.Ports[name] }

func (s state) addr(name string) string { return fmt.Sprintf("127.0.0.1:%d", s.Ports[name]) }
