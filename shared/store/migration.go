package store

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var embedded embed.FS

// Migration is one numbered file of SQL. A file that was applied anywhere is
// never edited: what it did wrong, the next one mends.
type Migration struct {
	Version int
	// Name is the file's name, "0001_store.sql"; SHA256 that of its content, in hex.
	Name, SHA256 string
	Statements   []Statement
}

// Migrations returns the migrations built into this program, in order.
func Migrations() ([]Migration, error) {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return nil, err
	}
	return load(files)
}

// Owners returns which package owns each table, from the "-- owner:" lines.
func Owners() (map[string]string, error) {
	all, err := Migrations()
	if err != nil {
		return nil, err
	}
	owners := map[string]string{"schema_migrations": "store"}
	for _, m := range all {
		for _, s := range m.Statements {
			if s.Creates == "" {
				continue
			}
			if _, twice := owners[s.Creates]; twice {
				return nil, fmt.Errorf("migration %s line %d: table %s is created twice", m.Name, s.Line, s.Creates)
			}
			owners[s.Creates] = s.Owner
		}
	}
	return owners, nil
}

var migrationName = regexp.MustCompile(`^([0-9]{4})_[a-z0-9_]+\.sql$`)

func load(files fs.FS) ([]Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	all := make([]Migration, 0, len(names))
	for i, name := range names {
		match := migrationName.FindStringSubmatch(name)
		if match == nil {
			return nil, fmt.Errorf("migration %s: the name must be like 0002_songs.sql", name)
		}
		version, err := strconv.Atoi(match[1])
		if err != nil {
			return nil, err
		}
		if version != i+1 {
			return nil, fmt.Errorf("migration %s: expected number %04d here; numbers start at 0001 and have no gaps and no doubles", name, i+1)
		}
		m, err := parse(files, name, version)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func parse(files fs.FS, name string, version int) (Migration, error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return Migration{}, err
	}
	// A checkout with Windows line ends is the same migration.
	script := strings.ReplaceAll(string(raw), "\r\n", "\n")
	statements, err := Split(script)
	if err != nil {
		return Migration{}, fmt.Errorf("migration %s: %w", name, err)
	}
	if len(statements) == 0 {
		return Migration{}, fmt.Errorf("migration %s: there is no statement in it", name)
	}
	for _, s := range statements {
		if s.Creates != "" && s.Owner == "" {
			return Migration{}, fmt.Errorf("migration %s line %d: table %s has no \"-- owner: <package>\" on the line before", name, s.Line, s.Creates)
		}
		if !known(s) {
			return Migration{}, fmt.Errorf("migration %s line %d: a migration cannot contain %s", name, s.Line, s.verb)
		}
	}
	sum := sha256.Sum256([]byte(script))
	return Migration{Version: version, Name: name, SHA256: hex.EncodeToString(sum[:]), Statements: statements}, nil
}

// definitions commit by themselves, data statements run in the transaction
// that records them; anything else (USE, SET, LOCK, BEGIN) would undo the
// bookkeeping.
var (
	definitions = []string{"CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE"}
	changes     = []string{"INSERT", "UPDATE", "DELETE", "REPLACE"}
)

func known(s Statement) bool {
	return slices.Contains(definitions, s.verb) || slices.Contains(changes, s.verb)
}
