package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"castad/scripts/localcloud/mariadb"
)

func seconds(all ...float64) (d []time.Duration) {
	for _, s := range all {
		d = append(d, time.Duration(s*float64(time.Second)))
	}
	return d
}

func TestTheGoalIsHeldOrNot(t *testing.T) {
	t.Parallel()
	quiet := cost{rss: 1 << 20, connections: 10, queries: 1}
	for name, row := range map[string]struct {
		m    measured
		says string // "" = held
	}{
		"held":                            {measured{100, quiet, cost{2 << 20, 10, 5}, [][]time.Duration{seconds(0.1, 0.2), seconds(0.1, 0.5)}}, ""},
		"one round is too late":           {measured{100, quiet, quiet, [][]time.Duration{seconds(0.1, 0.2), seconds(0.1, 0.6)}}, "p99 is 600ms"},
		"queries grow with the streams":   {measured{100, quiet, cost{2 << 20, 10, 101}, [][]time.Duration{seconds(0.1, 0.2)}}, "100.0 more queries"},
		"connections grow as the streams": {measured{100, quiet, cost{2 << 20, 110, 1}, [][]time.Duration{seconds(0.1, 0.2)}}, "100 more connections"},
	} {
		var out bytes.Buffer
		err := row.m.print(&out)
		if (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) || !strings.Contains(out.String(), "KB a stream") {
			t.Errorf("%s: %v\n%s", name, err, &out)
		}
		if strings.Contains(out.String(), "goal held") != (row.says == "") {
			t.Errorf("%s prints\n%s", name, &out)
		}
	}
	for at, want := range map[float64]float64{0.5: 2, 0.99: 4, 1: 4, 0.25: 1} {
		if got := quantile(seconds(1, 2, 3, 4), at); got != seconds(want)[0] {
			t.Errorf("quantile %v is %v, want %v s", at, got, want)
		}
	}
}

// The program itself, on a small scale: two handler processes, one real database.
func TestEventsOfOneInstanceAreHeardFromTheOther(t *testing.T) {
	t.Parallel()
	if err := mariadb.Installed(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	var out, progress bytes.Buffer
	err := run(t.Context(), []string{"-root", "../..", "-n", "20", "-rounds", "1", "-events", "4"}, &out, &progress)
	if err != nil && !strings.HasPrefix(err.Error(), "p99 is ") { // how soon is a busy machine's matter
		t.Fatalf("%v\n%s%s", err, &out, &progress)
	}
	for _, want := range []string{"24 streams", "1 rounds of 4 events", "p99 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, &out)
		}
	}
}
