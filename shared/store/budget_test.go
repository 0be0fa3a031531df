package store

import (
	"strings"
	"testing"

	"castad/shared/fault"

	"github.com/google/go-cmp/cmp"
)

func TestTheTableIsTheRequirementsAndKeepsTheRule(t *testing.T) {
	t.Parallel()
	want := []string{
		"local reference: 1×(8+4), ×2 = 24 ≤ 30 of 100",
		"s1 reference: 1×(40+20) = 60 ≤ 60 of 100",
		"s2 reference: 4×(20+10) = 120 ≤ 120 of 200",
		"s3 reference: 8×(10+6) = 128 ≤ 128 of 300",
		"s1 premium: 4×(6+2) + 4×(1+3) + 1×(6+2) = 56 ≤ 60 of 100",
		"s2 premium: 8×(6+2) + 8×(1+3) + 1×(6+2) = 104 ≤ 120 of 200",
		"s3 premium: 10×(6+2) + 10×(1+3) + 1×(6+2) = 128 ≤ 128 of 300",
		"s1 containerapp: 4×(6+2) + 4×(1+3) + 1×(6+2) = 56 ≤ 60 of 100",
		"s2 containerapp: 8×(6+2) + 8×(1+3) + 1×(6+2) = 104 ≤ 120 of 200",
		"s3 containerapp: 10×(6+2) + 10×(1+3) + 1×(6+2) = 128 ≤ 128 of 300",
		"s1 flex: 4×(6+2) + 9×1×(0+2) = 50 ≤ 60 of 100",
		"s2 flex: 8×(6+2) + 9×2×(0+2) = 100 ≤ 120 of 200",
		"s3 flex: 8×(6+2) + 9×3×(0+2) = 118 ≤ 128 of 300",
	}
	var got []string
	for _, b := range Budgets() {
		got = append(got, b.String())
		if err := b.Err(); err != nil {
			t.Errorf("%s: %v", b, err)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the connection table (-want +got):\n%s", d)
	}
}

func TestARowThatBreaksTheRuleIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		row  Budget
		want string
	}{
		"more connections than the budget": {
			Budget{Stage: "s3", Host: "reference", Groups: []Group{{"all", 1, 8, 10, 7}}, Overlap: 1, Limit: 128, MaxConnections: 300},
			"Stage s3 on reference can open 136 connections (instances × pools × overlap), but its budget is 128; make the pools or the instances fewer."},
		"an old and a new process at once": {
			Budget{Stage: "s3", Host: "reference", Groups: []Group{{"all", 1, 8, 10, 6}}, Overlap: 2, Limit: 128, MaxConnections: 300},
			"Stage s3 on reference can open 256 connections (instances × pools × overlap), but its budget is 128; make the pools or the instances fewer."},
		"no room for the reserve": {
			Budget{Stage: "s1", Host: "reference", Groups: []Group{{"all", 1, 1, 40, 20}}, Overlap: 1, Limit: 85, MaxConnections: 100},
			"The budget of stage s1 on reference is 85 connections; with the reserve of 20 that does not fit into its max_connections of 100."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantSentence(t, test.row.Err(), test.want)
		})
	}
}

func TestAProcessFindsItsRowAndItsGroup(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stage, host, group string
		http, queue        int
		want               string
	}{
		"local needs no host kind":                  {stage: "local", http: 8, queue: 4},
		"local is one process on every host kind":   {stage: "local", host: "premium", http: 8, queue: 4},
		"the requirements' own table":               {stage: "s2", host: "reference", http: 20, queue: 10},
		"an api process":                            {stage: "s2", host: "premium", group: "api", http: 6, queue: 2},
		"a worker process":                          {stage: "s2", host: "containerapp", group: "worker", http: 1, queue: 3},
		"flex has one configuration for all groups": {stage: "s2", host: "flex", http: 6, queue: 2},
		"an unknown stage": {stage: "prod", host: "reference",
			want: `There is no connection budget for stage "prod" on host kind "reference"; stages are local, s1, s2, s3 and host kinds reference, premium, containerapp, flex.`},
		"a group that must be named": {stage: "s2", host: "premium",
			want: "Stage s2 on premium has scale groups with pools of different sizes; the scale group of this process must be one of [api worker canary]."},
		"a group that does not exist": {stage: "s2", host: "premium", group: "apl",
			want: `Stage s2 on premium has no scale group "apl"; it has [api worker canary].`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, g, err := budgetFor(test.stage, test.host, test.group)
			if test.want != "" {
				wantSentence(t, err, test.want)
				return
			}
			if err != nil || g.HTTP != test.http || g.Queue != test.queue {
				t.Errorf("got %d + %d connections, %v; want %d + %d", g.HTTP, g.Queue, err, test.http, test.queue)
			}
		})
	}
}

func TestTheServersParametersAreCheckedWithASentence(t *testing.T) {
	t.Parallel()
	good := server{maxConnections: 300, waitTimeout: 300e9, sqlMode: SQLMode, isolation: "READ-COMMITTED", timeZone: "+00:00", collation: Collation}
	for name, test := range map[string]struct {
		change func(*server)
		want   string
	}{
		"as recommended":                {func(*server) {}, ""},
		"room for budget and reserve":   {func(s *server) { s.maxConnections = 148 }, ""},
		"enough for this user's groups": {func(s *server) { s.maxUserConnections = 128 }, ""},
		"max_connections too small": {func(s *server) { s.maxConnections = 147 },
			"max_connections of the database is 147, but the budget of stage s3 on reference is 128 connections and 20 are reserved; set max_connections to at least 148 (300 is recommended)."},
		"max_user_connections too small": {func(s *server) { s.maxUserConnections = 100 },
			"max_user_connections of the database is 100 for this user, but 8 instances with 16 connections each can open 128; raise it or make the pools smaller."},
		"wait_timeout below our life time": {func(s *server) { s.waitTimeout = 280e9 },
			"wait_timeout of the database is 4m40s, but connections live for up to 4m40s; set wait_timeout to more than that (300 is recommended)."},
		"sessions that bend data": {func(s *server) { s.sqlMode = "" },
			`sql_mode of a session on the database is "" although the store asks for STRICT_ALL_TABLES; look for a proxy or an init_connect that changes it.`},
		"another isolation level": {func(s *server) { s.isolation = "REPEATABLE-READ" },
			`The isolation level of a session on the database is "REPEATABLE-READ" although the store asks for READ COMMITTED; look for a proxy or an init_connect that changes it.`},
		"another time zone": {func(s *server) { s.timeZone = "SYSTEM" },
			`time_zone of a session on the database is "SYSTEM" although the store asks for +00:00; look for a proxy or an init_connect that changes it.`},
		"another collation": {func(s *server) { s.collation = "utf8mb4_general_ci" },
			`collation_connection of a session on the database is "utf8mb4_general_ci" although the store asks for utf8mb4_unicode_ci; look for a proxy or an init_connect that changes it.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := good
			test.change(&s)
			b, g, err := budgetFor("s3", "reference", "")
			if err != nil {
				t.Fatal(err)
			}
			err = s.check("the database", b, g)
			if test.want == "" && err != nil {
				t.Errorf("refused: %v", err)
			} else if test.want != "" {
				wantSentence(t, err, test.want)
			}
		})
	}
}

func wantSentence(t *testing.T, err error, want string) {
	t.Helper()
	if fault.KindOf(err) != fault.Misconfigured {
		t.Fatalf("the error is %v of kind %s, want a misconfiguration", err, fault.KindOf(err))
	}
	if got := strings.TrimPrefix(err.Error(), string(fault.CodeMisconfigured)+": "); got != want {
		t.Errorf("sentence\n got %s\nwant %s", got, want)
	}
}
