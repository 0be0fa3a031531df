package store

import (
	"fmt"
	"strings"
)

type tokenKind uint8

const (
	word       tokenKind = iota // SELECT, name, 12
	quoted                      // `name`
	text                        // 'text', "text"
	symbol                      // one of ( ) , ; * …, or a multi-byte operator
	comment                     // -- …, # …, /* … */
	executable                  // /*! … */, /*+ … */
)

// token is a piece of SQL; white space lies between tokens.
type token struct {
	kind tokenKind
	text string
	pos  int
	line int
}

// is compares a bare word with an upper-case keyword.
func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

func (t token) sym(s string) bool { return t.kind == symbol && t.text == s }

// lex splits SQL into tokens as MySQL and MariaDB do with our sql_mode: a
// backslash escapes inside quotes (not inside backticks), a doubled quote is a
// quote, "--" begins a comment only before white space.
func lex(sql string) ([]token, error) {
	var tokens []token
	line := 1
	for i := 0; i < len(sql); {
		if strings.IndexByte(" \t\r\n\f\v", sql[i]) >= 0 {
			if sql[i] == '\n' {
				line++
			}
			i++
			continue
		}
		kind, n, err := next(sql[i:])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		tokens = append(tokens, token{kind, sql[i : i+n], i, line})
		line += strings.Count(sql[i:i+n], "\n")
		i += n
	}
	return tokens, nil
}

func next(s string) (tokenKind, int, error) {
	switch c := s[0]; {
	case c == '\'' || c == '"':
		n, err := quote(s, c, true)
		return text, n, err
	case c == '`':
		n, err := quote(s, c, false)
		return quoted, n, err
	case c == '#', strings.HasPrefix(s, "--") && (len(s) == 2 || strings.IndexByte(" \t\r\n", s[2]) >= 0):
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			return comment, n, nil
		}
		return comment, len(s), nil
	case strings.HasPrefix(s, "/*"):
		n := strings.Index(s[2:], "*/")
		if n < 0 {
			return comment, 0, fmt.Errorf("comment /* without */")
		}
		if len(s) > 2 && (s[2] == '!' || s[2] == '+' || strings.HasPrefix(s[2:], "M!")) {
			return executable, n + 4, nil
		}
		return comment, n + 4, nil
	case isWord(c):
		n := 1
		for n < len(s) && isWord(s[n]) {
			n++
		}
		return word, n, nil
	}
	for _, op := range []string{"->>", "<=>", "->", ":=", "||", "&&", "<=", ">=", "<>", "!=", "<<", ">>", "@@"} {
		if strings.HasPrefix(s, op) {
			return symbol, len(op), nil
		}
	}
	return symbol, 1, nil
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func quote(s string, q byte, backslash bool) (int, error) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && backslash:
			i++
		case s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("quote %c is not closed", q)
}
