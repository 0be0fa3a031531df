package store

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestStatementsThatBothServersSpeakPass(t *testing.T) {
	t.Parallel()
	for _, stmt := range []string{
		`SELECT id, title FROM songs WHERE tenant_id = ? AND id = ?`,
		`SELECT s.id FROM songs AS s WHERE s.id = ? FOR UPDATE`,
		`SELECT COUNT(*) FROM songs WHERE tenant_id = ?`,
		`SELECT COALESCE(SUM(amount), 0) FROM credit_ledger WHERE tenant_id = ?`,
		`SELECT 1`,
		`SELECT EXISTS (SELECT 1 FROM songs WHERE tenant_id = ?)`,
		`SELECT id FROM pipeline_steps WHERE state = 'ready' AND due_at <= NOW(6) ORDER BY due_at, id LIMIT ? FOR UPDATE SKIP LOCKED`,
		`SELECT id FROM songs WHERE ad_id = ? LIMIT 1 LOCK IN SHARE MODE`,
		`SELECT name /* bounded: one row per file */ FROM schema_migrations ORDER BY version`,
		`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n LIMIT 9`,
		`SELECT id, ROW_NUMBER() OVER (PARTITION BY ad_id ORDER BY id) FROM songs WHERE tenant_id = ? LIMIT 10`,
		`SELECT t.rank FROM songs AS t WHERE t.id = 3`,
		`SELECT a.id FROM ads AS a JOIN songs AS s ON s.ad_id = a.id WHERE a.tenant_id = ? AND (a.created_at, a.id) < (?, ?) ORDER BY a.created_at DESC, a.id DESC LIMIT ?`,
		`SELECT JSON_UNQUOTE(JSON_EXTRACT(facts, '$.name')) FROM places WHERE id = ?`,
		`SELECT 'FOR SHARE; -> RETURNING SELECT *', "||" FROM songs WHERE id = 1 -- RETURNING *`,
		`INSERT INTO ads (id, title) VALUES (?, ?) ON DUPLICATE KEY UPDATE title = VALUES(title)`,
		`INSERT INTO ads (id, title) SELECT s.id AS n, s.title FROM songs AS s WHERE s.tenant_id = ?`,
		`UPDATE songs SET n = n * 2 WHERE id = ?;`,
		`DELETE FROM outbox WHERE state = 1 AND sent_at < ? ORDER BY id LIMIT 1000`,
		`CREATE TABLE songs (id BIGINT NOT NULL, at DATETIME(6) NOT NULL, url VARCHAR(64) GENERATED ALWAYS AS (CONCAT('s', id)) STORED, PRIMARY KEY (id), KEY by_url (url), CHECK (id > 0)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
		`CREATE TABLE keys_ (k VARBINARY(64) NOT NULL COLLATE utf8mb4_bin, PRIMARY KEY (k)) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci`,
		`ALTER TABLE songs ADD COLUMN mood VARCHAR(32) NOT NULL DEFAULT '', ADD KEY by_mood (mood, id)`,
		`CREATE INDEX by_state ON songs (state, id)`,
		`DROP TABLE IF EXISTS old_songs`,
	} {
		if err := Portable(stmt); err != nil {
			t.Errorf("%s\n\t%v", stmt, err)
		}
	}
}

func TestStatementsThatOneServerDoesNotSpeakAreNamed(t *testing.T) {
	t.Parallel()
	const table = ` ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`
	for stmt, want := range map[string]string{
		`SELECT facts->>'$.name' FROM places WHERE id = ?`:                                    "->> is MySQL's",
		`SELECT facts->'$.name' FROM places WHERE id = ?`:                                     "-> is MySQL's",
		`INSERT INTO ads (id) VALUES (1) AS new ON DUPLICATE KEY UPDATE id = new.id`:          "a row alias is MySQL's",
		`SELECT id FROM songs WHERE id = ? FOR SHARE`:                                         "FOR SHARE is MySQL's",
		`SELECT id FROM songs WHERE id = ? FOR UPDATE OF songs`:                               "FOR UPDATE OF is MySQL's",
		`INSERT INTO ads (id) VALUES (1) RETURNING id`:                                        "RETURNING is MariaDB's",
		`SELECT title COLLATE utf8mb4_0900_ai_ci FROM songs WHERE id = ?`:                     "collation utf8mb4_0900_ai_ci is MySQL's",
		`SELECT @@transaction_isolation`:                                                      "the isolation variable",
		`SELECT @@SESSION.tx_isolation`:                                                       "the isolation variable",
		`SELECT UUID_TO_BIN(?)`:                                                               "UUID_TO_BIN is MySQL's",
		`SELECT CONVERT_TZ(NOW(), 'UTC', 'Asia/Seoul')`:                                       "CONVERT_TZ is NULL",
		`SELECT * FROM songs WHERE id = ?`:                                                    "* selects columns",
		`SELECT s.*, 1 FROM songs AS s WHERE id = ?`:                                          "* selects columns",
		`SELECT id FROM songs WHERE tenant_id = ?`:                                            "needs a LIMIT",
		`SELECT id FROM songs /* bounded: */ WHERE tenant_id = ?`:                             "needs a LIMIT",
		`SELECT id FROM songs WHERE id = ? OR tenant_id = ?`:                                  "needs a LIMIT",
		`SELECT s.id FROM ads AS a JOIN songs AS s ON s.ad_id = a.id WHERE a.id = ?`:          "needs a LIMIT",
		`SELECT COUNT(*) FROM songs GROUP BY tenant_id`:                                       "needs a LIMIT",
		`SELECT SUM(n) OVER (ORDER BY id) FROM songs`:                                         "needs a LIMIT",
		`SELECT id FROM songs WHERE id IN (SELECT song_id FROM takes LIMIT 5)`:                "needs a LIMIT",
		`SELECT id FROM songs WHERE id = 1 UNION SELECT id FROM takes WHERE id = 2`:           "needs a LIMIT",
		`SELECT id FROM songs WHERE id > 1 LIMIT 10 OFFSET 20`:                                "OFFSET reads",
		`SELECT id FROM songs WHERE id > 1 LIMIT 20, 10`:                                      "LIMIT a, b reads",
		`SELECT a || b FROM songs WHERE id = 1`:                                               "|| is OR or CONCAT",
		`SELECT rank FROM songs WHERE id = 1`:                                                 "rank is a reserved word",
		`SELECT ANY_VALUE(id) FROM songs LIMIT 1`:                                             "ANY_VALUE is MySQL's",
		`SELECT /*+ MAX_EXECUTION_TIME(10) */ id FROM songs WHERE id = 1`:                     "runs on some servers only",
		`DELETE FROM songs; DELETE FROM ads`:                                                  "more than one statement",
		`SELECT 'x`:                                                                           "quote ' is not closed",
		` -- nothing`:                                                                         "there is no statement",
		`CREATE TABLE x (id INT)` + table:                                                     "primary key of its own",
		`CREATE TABLE x (id INT PRIMARY KEY)`:                                                 "a table must say ENGINE=InnoDB",
		`CREATE TABLE x (id INT PRIMARY KEY) ENGINE=InnoDB`:                                   "a table must say DEFAULT CHARSET=utf8mb4",
		`CREATE TABLE x (id INT PRIMARY KEY) ENGINE=Aria DEFAULT CHARSET=utf8mb4`:             "ENGINE must be InnoDB",
		`CREATE TABLE x (id INT PRIMARY KEY, n CHAR(1) COLLATE utf8mb4_general_ci)` + table:   "COLLATE must be",
		`CREATE TABLE x (id INT PRIMARY KEY, at TIMESTAMP)` + table:                           "TIMESTAMP ends in 2038",
		`CREATE TABLE x (id INT PRIMARY KEY, at DATETIME)` + table:                            "DATETIME cuts off",
		`CREATE TABLE x (id INT PRIMARY KEY, u UUID)` + table:                                 "type UUID is MariaDB's",
		`CREATE TABLE x (id INT PRIMARY KEY, n INT, KEY by_n ((n + 1)))` + table:              "an index on an expression",
		`CREATE INDEX by_n ON x ((n + 1))`:                                                    "an index on an expression",
		`CREATE OR REPLACE TABLE x (id INT PRIMARY KEY)` + table:                              "CREATE OR REPLACE is MariaDB's",
		`ALTER TABLE x ADD COLUMN IF NOT EXISTS n INT`:                                        "IF [NOT] EXISTS for columns",
		`CREATE INDEX IF NOT EXISTS by_n ON x (n)`:                                            "IF [NOT] EXISTS for columns",
		`CREATE UNIQUE INDEX IF NOT EXISTS by_n ON x (n)`:                                     "IF [NOT] EXISTS for columns",
		`CREATE TABLE x (id INT PRIMARY KEY, t TEXT, FULLTEXT (t) WITH PARSER ngram)` + table: "WITH PARSER is MySQL's",
	} {
		err := Portable(stmt)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n\tgot %v\n\twant %s", stmt, err, want)
		}
	}
}

func TestEveryMigrationIsPortableAndOwned(t *testing.T) {
	t.Parallel()
	all, err := Migrations()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		for _, s := range m.Statements {
			if err := Portable(s.SQL); err != nil {
				t.Errorf("%s line %d: %v", m.Name, s.Line, err)
			}
		}
	}
	owners, err := Owners()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"leases", "replica_heartbeat", "schema_migrations"} {
		if owners[table] != "store" {
			t.Errorf("table %s has owner %q", table, owners[table])
		}
	}
}

var sqlLiteral = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|WITH|SHOW|KILL|START TRANSACTION|COMMIT|ROLLBACK|SET)\s`)

func TestEveryStatementOfThisPackageIsPortable(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "portable.go" { // its literals are sentences about SQL
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fset := gotoken.NewFileSet()
		file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != gotoken.STRING {
				return true
			}
			stmt, err := strconv.Unquote(lit.Value)
			if err != nil || !sqlLiteral.MatchString(stmt+" ") {
				return true
			}
			found++
			if err := Portable(stmt); err != nil {
				t.Errorf("%s: %v", fset.Position(lit.Pos()), err)
			}
			return true
		})
	}
	if found < 10 {
		t.Errorf("found only %d statements: the test looks in the wrong place", found)
	}
}
