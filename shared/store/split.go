package store

import (
	"fmt"
	"strings"
)

// Statement is one statement of a migration.
type Statement struct {
	// SQL has no closing semicolon and no comment in front.
	SQL string
	// Line is where it begins in its file, from 1.
	Line int
	// Owner is the package named by "-- owner: <package>" on the line before; Creates the table that it creates.
	Owner, Creates string
	verb           string // first word, upper case
}

// Split cuts a script into statements at semicolons outside quotes and comments.
func Split(script string) ([]Statement, error) {
	tokens, err := lex(script)
	if err != nil {
		return nil, err
	}
	var all []Statement
	var current []token
	var before token // the comment just before the statement
	flush := func() {
		if len(current) > 0 {
			all = append(all, statement(script, before, current))
		}
		current, before = nil, token{}
	}
	for _, t := range tokens {
		switch {
		case t.sym(";"):
			flush()
		case t.kind == comment && len(current) == 0:
			before = t
		case len(current) == 0 && t.is("DELIMITER"):
			return nil, fmt.Errorf("line %d: DELIMITER is a command of the client, not of the server", t.line)
		default:
			current = append(current, t)
		}
	}
	// A comment behind the last semicolon is no statement.
	flush()
	return all, nil
}

func statement(script string, before token, tokens []token) Statement {
	first, last := tokens[0], tokens[len(tokens)-1]
	s := Statement{SQL: strings.TrimSpace(script[first.pos : last.pos+len(last.text)]), Line: first.line, verb: strings.ToUpper(first.text)}
	if before.text != "" && before.line+strings.Count(before.text, "\n")+1 == first.line {
		if owner, ok := strings.CutPrefix(strings.TrimSpace(before.text), "-- owner:"); ok {
			s.Owner = strings.TrimSpace(owner)
		}
	}
	s.Creates = creates(tokens)
	return s
}

// creates returns the table that CREATE TABLE [IF NOT EXISTS] [db.]name makes, or "".
func creates(tokens []token) string {
	if len(tokens) < 3 || !tokens[0].is("CREATE") || !tokens[1].is("TABLE") {
		return ""
	}
	i := 2
	if tokens[i].is("IF") {
		i += 3
	}
	if i < len(tokens) {
		return strings.Trim(tokens[i].text, "`")
	}
	return ""
}
