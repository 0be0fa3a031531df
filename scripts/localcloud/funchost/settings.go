package funchost

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Settings are the app settings: the environment of the host and so of the
// handler. Look-ups ignore case, as .NET configuration does.
type Settings struct {
	pairs []string // NAME=value
	index map[string]string
}

// newSettings indexes an environment; of several entries the last one counts,
// as for a process.
func newSettings(env []string) *Settings {
	s := &Settings{index: map[string]string{}}
	for _, pair := range env {
		if name, value, ok := strings.Cut(pair, "="); ok {
			s.put(name, value)
		}
	}
	return s
}

func (s *Settings) put(name, value string) {
	s.pairs = slices.DeleteFunc(s.pairs, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	s.pairs = append(s.pairs, name+"="+value)
	s.index[strings.ToLower(name)] = value
}

func (s *Settings) has(name string) bool {
	return slices.ContainsFunc(s.pairs, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
}

// Lookup finds a setting without regard to case. A colon is the same as two
// underscores.
func (s *Settings) Lookup(name string) (string, bool) {
	value, ok := s.index[strings.ToLower(strings.ReplaceAll(name, ":", "__"))]
	return value, ok
}

// Environ is the environment for a process: the settings and then extra.
func (s *Settings) Environ(extra ...string) []string {
	return append(slices.Clone(s.pairs), extra...)
}

// mergeLocal adds the Values of local.settings.json that the environment does
// not set itself; the comparison of names is exact, as Core Tools' is.
func (s *Settings) mergeLocal(root string) []string {
	text, err := os.ReadFile(filepath.Join(root, "local.settings.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []string{fmt.Sprintf("local.settings.json cannot be read: %v.", err)}
	}
	var file struct {
		IsEncrypted bool
		Values      map[string]any
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return []string{fmt.Sprintf("local.settings.json is not valid: %v.", err)}
	}
	if file.IsEncrypted {
		return []string{"local.settings.json is encrypted; run func settings decrypt."}
	}
	var problems []string
	for name, value := range file.Values {
		switch value.(type) {
		case string, bool, float64:
			if !s.has(name) {
				s.put(name, fmt.Sprint(value))
			}
		default:
			problems = append(problems, fmt.Sprintf("local.settings.json: the value of %s is not a string.", name))
		}
	}
	slices.Sort(problems)
	return problems
}

var percent = regexp.MustCompile(`%([^%]+)%`)

// resolve replaces every %NAME% by its setting. A missing one is an error, as
// in the host's indexing.
func (s *Settings) resolve(text string) (string, error) {
	var missing []string
	resolved := percent.ReplaceAllStringFunc(text, func(reference string) string {
		name := strings.Trim(reference, "%")
		value, ok := s.Lookup(name)
		if !ok || value == "" {
			missing = append(missing, name)
		}
		return value
	})
	if len(missing) > 0 {
		return "", fmt.Errorf("%%%s%% does not resolve to a value", strings.Join(missing, "%, %"))
	}
	return resolved, nil
}

// expand replaces every %NAME%; unset ones become empty, as in command lines.
func (s *Settings) expand(text string) string {
	return percent.ReplaceAllStringFunc(text, func(reference string) string {
		value, _ := s.Lookup(strings.Trim(reference, "%"))
		return value
	})
}
