package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Portable returns nil when the statement keeps to the SQL that MySQL 8.0,
// 8.4 and 9 and MariaDB 10.11 share, and to the house rules that a reader of
// one statement can check: columns are listed, a SELECT that can have many
// rows has a LIMIT or says why not (/* bounded: reason */), tables are InnoDB,
// utf8mb4_unicode_ci, with a primary key of their own, times are DATETIME(6).
// Otherwise the error names every violation with what to write instead.
//
// A SELECT needs no LIMIT when it can have one row only: an aggregate without
// GROUP BY, no FROM, or one table with id = … among its AND-ed conditions.
// Portable is no parser; the tests run every statement on a real server too.
func Portable(stmt string) error {
	all, err := lex(stmt)
	if err != nil {
		return err
	}
	s := sqlText{}
	for _, t := range all {
		switch t.kind {
		case comment:
			reason, ok := strings.CutPrefix(t.text, "/* bounded:")
			s.bounded = s.bounded || ok && strings.TrimSpace(strings.TrimSuffix(reason, "*/")) != ""
		case executable:
			s.bad("%.12s… runs on some servers only", t.text)
		default:
			s.tokens = append(s.tokens, t)
		}
	}
	for len(s.tokens) > 0 && s.tokens[len(s.tokens)-1].sym(";") {
		s.tokens = s.tokens[:len(s.tokens)-1]
	}
	if len(s.tokens) == 0 {
		return errors.New("there is no statement")
	}
	s.nest()
	s.words()
	s.phrases()
	s.reads()
	s.definitions()
	return errors.Join(s.errs...)
}

// sqlText is a statement's tokens without comments.
type sqlText struct {
	tokens  []token
	depth   []int // how many parentheses are open before the token
	bounded bool
	errs    []error
}

func (s *sqlText) bad(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf(format, args...))
}

func (s *sqlText) nest() {
	depth := 0
	for _, t := range s.tokens {
		if t.sym(")") {
			depth--
		}
		s.depth = append(s.depth, depth)
		if t.sym("(") {
			depth++
		}
	}
}

// at returns the token, or an empty one outside.
func (s *sqlText) at(i int) token {
	if i < 0 || i >= len(s.tokens) {
		return token{kind: symbol}
	}
	return s.tokens[i]
}

// find returns where the keyword stands outside parentheses, from i on, or -1.
func (s *sqlText) find(keyword string, i int) int {
	for ; i < len(s.tokens); i++ {
		if s.depth[i] == 0 && s.tokens[i].is(keyword) && !s.at(i-1).sym(".") {
			return i
		}
	}
	return -1
}

func (s *sqlText) begins(keywords ...string) bool {
	for i, k := range keywords {
		if !s.at(i).is(k) {
			return false
		}
	}
	return true
}

// only names words that one of the servers does not know, and what to write.
var only = map[string]string{
	"RETURNING":             "RETURNING is MariaDB's; read the row again in the same transaction",
	"UUID_TO_BIN":           "UUID_TO_BIN is MySQL's; convert in Go",
	"BIN_TO_UUID":           "BIN_TO_UUID is MySQL's; convert in Go",
	"CONVERT_TZ":            "CONVERT_TZ is NULL where the time zone tables are empty; convert in Go",
	"ANY_VALUE":             "ANY_VALUE is MySQL's; use MIN or MAX",
	"REGEXP_LIKE":           "REGEXP_LIKE is MySQL's; use LIKE",
	"LATERAL":               "LATERAL is MySQL's; use a window function",
	"GROUPING":              "GROUPING is MySQL's",
	"NEXTVAL":               "sequences are MariaDB's",
	"LASTVAL":               "sequences are MariaDB's",
	"INVISIBLE":             "INVISIBLE differs between the servers",
	"TRANSACTION_ISOLATION": "the isolation variable has another name on MariaDB; sessions are READ COMMITTED",
	"TX_ISOLATION":          "the isolation variable has another name on MySQL; sessions are READ COMMITTED",
	"MAX_EXECUTION_TIME":    "statement time-outs differ between the servers; use the context",
	"MAX_STATEMENT_TIME":    "statement time-outs differ between the servers; use the context",
	"SYSDATE":               "SYSDATE does not replicate; use NOW(6)",
	"OFFSET":                "OFFSET reads what it skips; page by key",
}

var operators = map[string]string{
	"->>": "->> is MySQL's; write JSON_UNQUOTE(JSON_EXTRACT(…))",
	"->":  "-> is MySQL's; write JSON_EXTRACT(…)",
	"||":  "|| is OR or CONCAT by sql_mode; write the word",
	"&&":  "&& is leaving MySQL; write AND",
	":=":  "assigning user variables in statements is leaving MySQL",
}

// reserved are MySQL's words that MariaDB 10.11 takes as names.
var reserved = []string{"CUME_DIST", "DENSE_RANK", "EMPTY", "FIRST_VALUE", "GROUPS", "LAG", "LAST_VALUE", "LEAD", "LIBRARY", "MANUAL",
	"NTH_VALUE", "NTILE", "PARALLEL", "PERCENT_RANK", "QUALIFY", "RANK", "ROW_NUMBER", "SYSTEM", "TABLESAMPLE"}

func (s *sqlText) words() {
	for i, t := range s.tokens {
		if t.kind == symbol {
			if why, ok := operators[t.text]; ok {
				s.bad("%s", why)
			}
		}
		if t.kind != word {
			continue
		}
		upper := strings.ToUpper(t.text)
		if why, ok := only[upper]; ok && (!s.at(i-1).sym(".") || s.at(i-3).sym("@@")) {
			s.bad("%s", why)
		}
		if strings.Contains(upper, "_0900_") {
			s.bad("collation %s is MySQL's; use %s", t.text, Collation)
		}
		if slices.Contains(reserved, upper) && !s.at(i+1).sym("(") && !s.at(i-1).sym(".") {
			s.bad("%s is a reserved word of MySQL; choose another name", t.text)
		}
		if t.is("VALUES") && s.at(i+1).is("ROW") {
			s.bad("VALUES ROW() is MySQL's; write VALUES (…), (…)")
		}
	}
}

func (s *sqlText) phrases() {
	inserting := s.begins("INSERT") || s.begins("REPLACE")
	values := -1
	for i, t := range s.tokens {
		next := s.at(i + 1)
		switch {
		case t.sym(";"):
			s.bad("there is more than one statement")
		case t.is("FOR") && next.is("SHARE"):
			s.bad("FOR SHARE is MySQL's; write LOCK IN SHARE MODE")
		case t.is("FOR") && next.is("UPDATE") && s.at(i+2).is("OF"):
			s.bad("FOR UPDATE OF is MySQL's; lock in a statement on one table")
		case t.is("MEMBER") && next.is("OF"):
			s.bad("MEMBER OF is MySQL's; write JSON_CONTAINS(…)")
		case t.is("FETCH") && (next.is("FIRST") || next.is("NEXT")):
			s.bad("FETCH FIRST is MariaDB's; write LIMIT")
		case t.is("VALUES") && s.depth[i] == 0 && values < 0:
			values = i
		case t.is("AS") && inserting && values >= 0 && s.depth[i] == 0 && s.at(i-1).sym(")"):
			s.bad("a row alias is MySQL's; write ON DUPLICATE KEY UPDATE x = VALUES(x)")
		case t.sym("*") && (s.at(i-1).sym(".") || s.at(i-1).sym(",") || s.at(i-1).is("SELECT") || s.at(i-1).is("DISTINCT")):
			s.bad("* selects columns that the next migration adds; list the columns")
		case t.is("LIMIT") && s.at(i+2).sym(","):
			s.bad("LIMIT a, b reads what it skips; page by key")
		}
	}
}

// reads checks that a SELECT cannot have more rows than its reader expects.
func (s *sqlText) reads() {
	first := s.at(0)
	if s.bounded || !(first.is("SELECT") || first.is("WITH") || first.sym("(")) {
		return
	}
	if s.find("LIMIT", 0) >= 0 || s.find("UNION", 0) < 0 && s.oneRow() {
		return
	}
	s.bad("a SELECT that can have many rows needs a LIMIT, or /* bounded: reason */")
}

var aggregates = []string{"COUNT", "SUM", "MIN", "MAX", "AVG", "BIT_OR", "BIT_AND", "GROUP_CONCAT", "JSON_ARRAYAGG", "JSON_OBJECTAGG"}

func (s *sqlText) oneRow() bool {
	from := s.find("FROM", 0)
	if from < 0 {
		return true
	}
	if s.find("GROUP", 0) < 0 && s.aggregates(from) {
		return true
	}
	where := s.find("WHERE", from)
	if where < 0 {
		return false
	}
	for i := from + 1; i < where; i++ {
		if s.depth[i] == 0 && (s.at(i).is("JOIN") || s.at(i).sym(",")) {
			return false
		}
	}
	id := false
	for i := where + 1; i < len(s.tokens); i++ {
		if s.depth[i] != 0 {
			continue
		}
		if s.at(i).is("OR") || s.at(i).is("XOR") {
			return false
		}
		before := s.at(i - 1)
		if before.sym(".") {
			before = s.at(i - 3)
		}
		id = id || s.at(i).is("id") && s.at(i+1).sym("=") && (before.is("WHERE") || before.is("AND"))
	}
	return id
}

// aggregates: the select list has an aggregate, not a window function. With
// ONLY_FULL_GROUP_BY one is enough to know.
func (s *sqlText) aggregates(from int) bool {
	found := false
	for i := range from {
		t := s.at(i)
		if t.is("OVER") || t.is("SELECT") && i > 0 {
			return false
		}
		found = found || t.kind == word && slices.Contains(aggregates, strings.ToUpper(t.text)) && s.at(i+1).sym("(")
	}
	return found
}

func (s *sqlText) definitions() {
	if !s.begins("CREATE") && !s.begins("ALTER") && !s.begins("DROP") {
		return
	}
	if s.begins("CREATE", "OR", "REPLACE") {
		s.bad("CREATE OR REPLACE is MariaDB's")
	}
	alter := s.begins("ALTER") || s.at(1).is("INDEX") || s.at(2).is("INDEX")
	for i, t := range s.tokens {
		next := s.at(i + 1)
		switch {
		case alter && t.is("IF"):
			s.bad("IF [NOT] EXISTS for columns and indexes is MariaDB's; the migrator knows what has run")
		case (t.is("KEY") || t.is("INDEX") || t.is("ON")) && s.functional(i):
			s.bad("an index on an expression is MySQL's; index a generated column")
		case t.is("WITH") && next.is("PARSER"):
			s.bad("WITH PARSER is MySQL's")
		case t.is("TIMESTAMP"):
			s.bad("TIMESTAMP ends in 2038 and depends on the session; use DATETIME(6)")
		case t.is("DATETIME") && !(next.sym("(") && s.at(i+2).text == "6"):
			s.bad("DATETIME cuts off fractions of seconds; use DATETIME(6)")
		case t.is("ENGINE") && !s.value(i).is("InnoDB"):
			s.bad("ENGINE must be InnoDB")
		case t.is("COLLATE") && !s.value(i).is(Collation) && !s.value(i).is("utf8mb4_bin"):
			s.bad("COLLATE must be %s or utf8mb4_bin", Collation)
		case t.is("SEQUENCE"):
			s.bad("sequences are MariaDB's")
		case t.is("INET6") || t.is("UUID") && !next.sym("("):
			s.bad("type %s is MariaDB's", t.text)
		}
	}
	if s.begins("CREATE", "TABLE") {
		s.table()
	}
}

// value is what an option is set to, with or without an equals sign.
func (s *sqlText) value(i int) token {
	if s.at(i + 1).sym("=") {
		return s.at(i + 2)
	}
	return s.at(i + 1)
}

// functional: KEY [name] ((…, INDEX name ((…, ON table ((….
func (s *sqlText) functional(i int) bool {
	return s.at(i+1).sym("(") && s.at(i+2).sym("(") || s.at(i+2).sym("(") && s.at(i+3).sym("(") && !s.at(i+1).sym("(")
}

func (s *sqlText) table() {
	if s.find("LIKE", 0) >= 0 {
		return // everything is its model's
	}
	primary := false
	for i, t := range s.tokens {
		primary = primary || t.is("PRIMARY") && s.at(i+1).is("KEY")
	}
	if !primary {
		s.bad("a table needs a primary key of its own; MySQL on Azure would add a hidden one")
	}
	if s.find("ENGINE", 0) < 0 {
		s.bad("a table must say ENGINE=InnoDB")
	}
	if s.find("CHARSET", 0) < 0 || s.find("COLLATE", 0) < 0 {
		s.bad("a table must say DEFAULT CHARSET=utf8mb4 COLLATE=%s; the servers' defaults differ", Collation)
	}
}
