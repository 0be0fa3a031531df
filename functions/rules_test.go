package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"castad/shared/message"
	"castad/shared/store"
	"castad/shared/trigger"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/registry.golden")

// A rule says which product packages, and which of the named standard packages,
// a group of packages may import directly. The first rule whose pattern matches
// counts; what no rule matches is an error, so that a new package takes a stand.
type rule struct {
	who  string // pattern of the importing package, below the module
	may  string // pattern of allowed imports, product packages and guarded ones
	why  string // printed with a violation
	open bool   // anything goes (programs)
}

const sharedTypes = `shared/(fault|id|message|claim)`

var importRules = []rule{
	{who: `functions`, open: true},
	{who: `scripts(/.*)?`, open: true},
	{who: `.*test`, open: true}, // stand-ins; that only tests and programs import them is checked apart
	{who: `functions/[a-z]+/[a-z]+`, may: sharedTypes + `|shared/(trigger|identity|media|media/sound|chaos|storyboard|provider(/[a-z]+)?|blob)|OWN-MODULE`,
		why: "a function sees its module, the typed call and its inputs; it gets everything else through interfaces that registry.go fills"},
	{who: `functions/social`, may: sharedTypes + `|shared/(store|seal|chaos|provider|webapp)`,
		why: "keeps what channels grant, in the neutral words of shared/provider; the channels themselves come through an interface"},
	{who: `functions/auth`, may: sharedTypes + `|shared/(store|seal|chaos|identity|webapp)`, why: "keeps who may sign in; asks no vendor"},
	{who: `functions/admin`, may: sharedTypes + `|shared/(store|identity)`, why: "reads everybody's rows; what it moves is reached through interfaces"},
	{who: `functions/home`, may: sharedTypes + `|shared/(store|pipeline|cache)`, why: "keeps no table, and its page in the cache"},
	{who: `functions/[a-z]+`, may: sharedTypes + `|shared/(store|outbox|pipeline|seal|chaos)`,
		why: "a module keeps its tables; calling providers is its functions' business, other modules are reached through the engine"},
	{who: `shared/(id|fault|chaos|keyring)`, may: ``, why: "the ground that everything stands on"},
	{who: `shared/strictjson`, may: `shared/fault`, why: "pure decoding"},
	{who: `shared/envelope`, may: `shared/(fault|keyring|strictjson)`, why: "pure: a signed message has no I/O"},
	{who: `shared/message`, may: `shared/(id|fault|claim)`, why: "types that cross the queue; a lyric is the same thing on both sides"},
	{who: `shared/pattern`, may: ``, why: "regular expressions, later"},
	{who: `shared/claim`, may: `shared/(fault|pattern)`, why: "pure: facts in, problems out"},
	{who: `shared/media`, may: `shared/(id|fault)`, why: "pure Go; no processes"},
	{who: `shared/media/loudness`, may: ``, why: "arithmetic"},
	{who: `shared/media/sound`, may: `shared/(fault|media|media/loudness)`, why: "pure Go; no processes"},
	{who: `shared/storyboard`, may: sharedTypes + `|shared/(media|pattern|provider/creatomate)`, why: "pure: a song, facts and photos in, a script out"},
	{who: `shared/link`, may: `shared/(fault|keyring)`, why: "signs names; knows no storage"},
	{who: `shared/webapp`, may: `shared/fault`, why: "arithmetic on addresses"},
	{who: `shared/identity`, may: `shared/(id|fault|message|keyring|strictjson)`, why: "tokens only"},
	{who: `shared/config`, may: `shared/keyring|os`, why: "the only reader of the environment"},
	{who: `shared/telemetry`, may: `shared/(fault|config)|net/http`, why: "is told, asks nobody"},
	{who: `shared/trigger`, may: `shared/(id|fault|message|identity|envelope|keyring|strictjson|telemetry)|net/http|log`, why: "the host's wire and nothing of the product (log: net/http takes no other logger)"},
	{who: `shared/store(/migrations)?`, may: `shared/fault|database/sql|database/sql/driver`, why: "the sole importer of database/sql and the driver"},
	{who: `shared/openapi`, may: `shared/(fault|message|strictjson|trigger)|net/http`, why: "describes functions; runs none"},
	{who: `shared/openapi/source`, may: `shared/(fault|openapi)|net/http`, why: "reads source text"},
	{who: `shared/outbox`, may: `shared/(id|fault|message|store|chaos)`, why: "no broker in here: it is given a Sender"},
	{who: `shared/pipeline`, may: sharedTypes + `|shared/(store|outbox|chaos)`, why: "no providers, no broker, no functions"},
	{who: `shared/servicebus|shared/blob`, may: `shared/(id|fault|message|telemetry)|net/http`, why: "an SDK behind few verbs; no database"},
	{who: `shared/provider`, may: `shared/(fault|telemetry|ratelimit|message|pattern)|net/http`, why: "the only way out; of message only NotYet and Absent"},
	{who: `shared/provider/[a-z]+`, may: `shared/(provider|fault|claim|message|pattern)|net/http`, why: "one vendor each, and no other"},
	{who: `shared/limiter`, may: `shared/(fault|ratelimit)`, why: "counts calls, in memory and in Redis; knows no function"},
	{who: `shared/cache`, may: `shared/fault`, why: "keeps values, in memory and in Redis; knows nobody's"},
	{who: `shared/ratelimit`, may: `shared/fault`, why: "arithmetic on times"},
	{who: `shared/guard`, may: `shared/(fault|store|ratelimit|provider)`, why: "limits and breakers that all instances share; knows no vendor and no step"},
	{who: `shared/seal`, may: `shared/(id|fault|keyring)|net/http`, why: "keys and bytes; knows no table"},
	{who: `shared/studio/ffmpeg`, may: `shared/(media|fault)|os/exec|os`, why: "the only one that runs a process"},
	{who: `shared/studio(/.*)?`, may: `shared/(claim|media|media/loudness|fault)|shared/studio/.*|shared/studio|net/http|os`, why: "the studio is a vendor: it knows nothing of the pipeline"},
}

// guarded are the standard packages that need a permission.
var guarded = regexp.MustCompile(`^(database/sql|database/sql/driver|net/http|os/exec|os|log)$`)

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// violation says why from may not import to; "" when it may.
func violation(from, to string) string {
	if !strings.HasPrefix(to, "castad/") && !guarded.MatchString(to) {
		return ""
	}
	from, to = strings.TrimPrefix(from, "castad/"), strings.TrimPrefix(to, "castad/")
	if strings.HasSuffix(to, "test") && !strings.HasSuffix(from, "test") && !strings.HasPrefix(from, "scripts/") {
		return fmt.Sprintf("%s imports %s: stand-ins are for tests and programs", from, to)
	}
	for _, r := range importRules {
		if !regexp.MustCompile(`^(` + r.who + `)$`).MatchString(from) {
			continue
		}
		may := strings.ReplaceAll(r.may, "OWN-MODULE", regexp.QuoteMeta(filepath.Dir(from)))
		if r.open || regexp.MustCompile(`^(`+may+`)$`).MatchString(to) {
			return ""
		}
		return fmt.Sprintf("%s imports %s: %s", from, to, r.why)
	}
	return fmt.Sprintf("%s has no rule: say in functions/rules_test.go what it may import", from)
}

func TestEveryPackageImportsOnlyWhatItMay(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "castad/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := 0
	for in := json.NewDecoder(bytes.NewReader(out)); in.More(); packages++ {
		var p pkg
		if err := in.Decode(&p); err != nil {
			t.Fatal(err)
		}
		for _, to := range p.Imports {
			if v := violation(p.ImportPath, to); v != "" {
				t.Error(v)
			}
		}
	}
	if packages < 40 {
		t.Errorf("only %d packages were looked at", packages)
	}
}

func TestTheImportRulesAreSeenToFail(t *testing.T) {
	t.Parallel()
	for _, bad := range [][2]string{
		{"castad/functions/song/generate", "castad/functions/video"},
		{"castad/functions/song/generate", "castad/functions/song/collect"},
		{"castad/functions/song/generate", "castad/shared/store"},
		{"castad/functions/song/generate", "net/http"},
		{"castad/functions/song/generate", "log"},
		{"castad/functions/song", "castad/functions/lyric"},
		{"castad/functions/song", "castad/shared/provider/suno"},
		{"castad/functions/song", "os"},
		{"castad/functions/song", "castad/shared/provider"},
		{"castad/functions/social", "castad/shared/provider/youtube"},
		{"castad/shared/pipeline", "castad/shared/servicebus"},
		{"castad/shared/outbox", "database/sql"},
		{"castad/shared/provider/suno", "castad/shared/provider/openai"},
		{"castad/shared/provider/suno", "castad/shared/store"},
		{"castad/shared/studio/film", "os/exec"},
		{"castad/shared/studio/music", "castad/functions/song"},
		{"castad/shared/trigger", "castad/shared/store"},
		{"castad/shared/message", "castad/shared/store"},
		{"castad/shared/blob", "castad/scripts/localcloud/blobserver/blobtest"},
		{"castad/shared/brandnew", "castad/shared/fault"},
	} {
		if violation(bad[0], bad[1]) == "" {
			t.Errorf("%s may import %s", bad[0], bad[1])
		}
	}
	for _, good := range [][2]string{
		{"castad/functions/song/generate", "castad/functions/song"},
		{"castad/functions/song/generate", "castad/shared/provider"},
		{"castad/functions/song", "castad/shared/pipeline"},
		{"castad/functions/song", "strings"},
	} {
		if v := violation(good[0], good[1]); v != "" {
			t.Error(v)
		}
	}
}

var (
	statement = regexp.MustCompile(`^\s*(SELECT|INSERT|REPLACE|UPDATE|DELETE|WITH)\s`)
	writes    = regexp.MustCompile(`(?is)^\s*(?:INSERT\s+(?:IGNORE\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+` + "`?" + `([a-z_]+)`)
	star      = regexp.MustCompile(`(?i)SELECT\s+([a-z]+\.)?\*`)
)

// sqlProblems looks at every SQL literal of a file.
func sqlProblems(file string, src any, owner string, owners map[string]string) ([]string, int) {
	var problems []string
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, src, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}, 0
	}
	say := func(n ast.Node, format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%s: %s", set.Position(n.Pos()), fmt.Sprintf(format, args...)))
	}
	text := func(n ast.Node) (string, bool) {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(lit.Value)
		return s, err == nil && statement.MatchString(s)
	}
	count := 0
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if _, ok := text(n.X); ok && n.Op == token.ADD {
				say(n, "SQL is put together with +: use placeholders")
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(f.Sel.Name, "Sprint") && len(n.Args) > 0 {
				if _, ok := text(n.Args[0]); ok {
					say(n, "SQL is put together with %s: use placeholders", f.Sel.Name)
				}
			}
		case *ast.BasicLit:
			s, ok := text(n)
			if !ok {
				return true
			}
			count++
			if m := writes.FindStringSubmatch(s); m != nil && owners[m[1]] != owner {
				say(n, "%s writes table %s, which %s owns", owner, m[1], orNobody(owners[m[1]]))
			}
			if star.MatchString(s) {
				say(n, "SELECT *: list the columns")
			}
			if err := store.Portable(s); err != nil {
				say(n, "%v", err)
			}
		}
		return true
	})
	return problems, count
}

func orNobody(s string) string {
	if s == "" {
		return "nobody"
	}
	return s
}

func TestEveryStatementIsItsOwnersPortableAndWhole(t *testing.T) {
	t.Parallel()
	owners, err := store.Owners()
	if err != nil {
		t.Fatal(err)
	}
	statements := 0
	for _, root := range []string{".", "../shared"} {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "test/") || file == "../shared/store/portable.go" /* the words it looks for */ {
				return err
			}
			problems, n := sqlProblems(file, nil, filepath.Base(filepath.Dir(file)), owners)
			statements += n
			for _, p := range problems {
				t.Error(p)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if statements < 40 {
		t.Errorf("only %d statements were looked at", statements)
	}
}

func TestTheStatementRulesAreSeenToFail(t *testing.T) {
	t.Parallel()
	owners := map[string]string{"songs": "song", "videos": "video"}
	for name, body := range map[string]string{
		"another's table, inserted": "db.Exec(`INSERT INTO videos (id) VALUES (?)`)",
		"another's table, updated":  "db.Exec(`UPDATE videos SET a = 1 WHERE id = ?`)",
		"another's table, deleted":  "db.Exec(`DELETE FROM videos WHERE id = ?`)",
		"nobody's table":            "db.Exec(`INSERT INTO unheard (id) VALUES (?)`)",
		"a star":                    "db.All(`SELECT * FROM songs LIMIT 1`)",
		"a plus":                    "db.Exec(`DELETE FROM songs WHERE id = ` + id)",
		"a Sprintf":                 "db.Exec(fmt.Sprintf(`DELETE FROM songs WHERE id = %d`, id))",
		"MySQL 8 only":              "db.One(`SELECT a->>'$.b' FROM songs WHERE id = ?`)",
		"MariaDB only":              "db.Exec(`INSERT INTO songs (id) VALUES (?) RETURNING id`)",
	} {
		if p, _ := sqlProblems("x.go", "package song\nfunc f() { "+body+" }", "song", owners); len(p) == 0 {
			t.Errorf("%s passes: %s", name, body)
		}
	}
	if p, n := sqlProblems("x.go", "package song\nfunc f() { db.Exec(`INSERT INTO songs (id) VALUES (?)`) }", "song", owners); len(p) != 0 || n != 1 {
		t.Errorf("a good statement: %v", p)
	}
}

func TestEveryFunctionIsRegisteredUnderItsFoldersName(t *testing.T) {
	t.Parallel()
	registered := map[string]trigger.Function{}
	for _, f := range registry(parts{}) {
		if err := f.Err(); err != nil {
			t.Errorf("%s: %v", f.Name(), err)
		}
		registered[f.Name()] = f
	}
	files, err := filepath.Glob("*/*/function.json")
	if err != nil {
		t.Fatal(err)
	}
	queues := map[string]bool{}
	for _, file := range files {
		dir := filepath.Dir(file)
		name := strings.ReplaceAll(dir, string(filepath.Separator), "-")
		f, ok := registered[name]
		if !ok {
			t.Errorf("%s: no function %s in registry.go", file, name)
			continue
		}
		delete(registered, name)
		if f.Kind() == trigger.KindQueue {
			queues[f.Queue()] = true
			if f.Queue() != name {
				t.Errorf("%s: queue %s, function %s", file, f.Queue(), name)
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if f.Kind() == trigger.KindQueue && !strings.Contains(string(text), `"dataType": "binary"`) {
			t.Errorf("%s: dataType is not binary: the host would mangle the body and let it forge metadata", file)
		}
	}
	for name := range registered {
		t.Errorf("function %s has no folder", name)
	}
	for _, q := range message.Queues {
		if !queues[string(q)] {
			t.Errorf("queue %s has no function", q)
		}
	}
	if len(queues) != len(message.Queues) {
		t.Errorf("%d queue functions, %d queues in message.Queues", len(queues), len(message.Queues))
	}
}

func TestTheLocalBrokerHasExactlyTheQueues(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../scripts/localcloud/Config.json")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`"Name": "([a-z-]+-[a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
		names = append(names, m[1])
	}
	var want []string
	for _, q := range message.Queues {
		want = append(want, string(q))
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("scripts/localcloud/Config.json (-want +got):\n%s", diff)
	}
}

// Every change of a route, a queue or a budget shows in review.
func TestRegistryGolden(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	fmt.Fprintln(&got, "function | trigger | route or queue or schedule | time budget | connection budget")
	all := registry(parts{})
	slices.SortFunc(all, func(a, b trigger.Function) int { return strings.Compare(a.Name(), b.Name()) })
	for _, f := range all {
		where := strings.ToUpper(strings.Join(f.Methods(), ",")) + " " + f.Route()
		switch f.Kind() {
		case trigger.KindQueue:
			where = f.Queue()
		case trigger.KindTimer:
			where = f.Schedule()
		}
		kind := string(f.Kind())
		if f.Public() {
			kind += " public"
		} else if f.Admin() {
			kind += " admin"
		}
		fmt.Fprintf(&got, "%s | %s | %s | %v | %d\n", f.Name(), kind, strings.TrimSpace(where), f.Budget().Time, f.Budget().Connections)
	}
	const file = "testdata/registry.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got; go test ./functions -update writes it):\n%s", file, diff)
	}
}
