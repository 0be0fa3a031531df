// Command streams opens a thousand event streams on one handler and measures what
// they cost and how soon they hear:
//
//	streams [-n 1000] [-rounds 5] [-events 100] [-dsn user:password@tcp(host:3306)/empty]
//
// Two real handler processes, A and B, work on one database (a private MariaDB, or
// the one that -dsn names). n ads are ordered through A, and a stream of each is
// opened on B. Then, in rounds, ads are cancelled through A one after another, and
// it is measured how long B's stream takes to tell, from the moment that A is asked:
// the transaction is in the figure, not only the way to B. The next one is cancelled
// as soon as the last was heard, just after the poller has looked, so that nearly
// every event waits for a whole round of it: by chance it would be half. The last lines say whether
// the goal holds: p99 of at most 500 ms, and no query and no connection for a stream.
//
// Each stream has an ad of its own, which is the worst case: one poller asks for the
// versions of all, and each event wakes one stream.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"
	"time"
)

// goal is how soon 99 of 100 events must have reached the other instance.
const goal = 500 * time.Millisecond

type options struct {
	n, rounds, events int
	dsn               string
	root              string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "streams:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	var o options
	flags := flag.NewFlagSet("streams", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.IntVar(&o.n, "n", 1000, "streams that stay open")
	flags.IntVar(&o.rounds, "rounds", 5, "rounds of events")
	flags.IntVar(&o.events, "events", 100, "events in a round")
	flags.StringVar(&o.dsn, "dsn", "", "an empty MySQL database; empty: a private MariaDB")
	flags.StringVar(&o.root, "root", ".", "the repository")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.n < 1 || o.rounds < 1 || o.events < 2 {
		return errors.New("-n and -rounds must be at least 1, -events at least 2")
	}
	w, err := newWorld(ctx, o, progress)
	if err != nil {
		return errors.Join(err, w.close())
	}
	m, err := w.measure(ctx)
	if err := errors.Join(err, w.close()); err != nil {
		return err
	}
	return m.print(out)
}

// cost is what a handler and the database show at one moment or over a while.
type cost struct {
	rss         int64   // of the handler with the streams, in bytes
	connections int     // of all processes to the database
	queries     float64 // a second, all that the database was asked
}

// measured is what came out.
type measured struct {
	streams      int
	before, with cost
	rounds       [][]time.Duration // sorted
}

func (m measured) print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	each := float64(m.with.rss-m.before.rss) / 1024 / float64(m.streams)
	fmt.Fprintf(t, "\tno streams\t%d streams\n", m.streams)
	fmt.Fprintf(t, "memory of the handler (RSS)\t%.1f MB\t%.1f MB (%.1f KB a stream)\n", mega(m.before.rss), mega(m.with.rss), each)
	fmt.Fprintf(t, "database connections\t%d\t%d\n", m.before.connections, m.with.connections)
	fmt.Fprintf(t, "queries a second, nothing happening\t%.1f\t%.1f\n", m.before.queries, m.with.queries)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nfrom asking A to hearing from B, %d rounds of %d events (least, median, most of the rounds):\n", len(m.rounds), len(m.rounds[0]))
	worst := time.Duration(0)
	for _, q := range []struct {
		name string
		at   float64
	}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1}} {
		var all []time.Duration
		for _, r := range m.rounds {
			all = append(all, quantile(r, q.at))
		}
		slices.Sort(all)
		if q.name == "p99" {
			worst = all[len(all)-1]
		}
		fmt.Fprintf(out, "  %s  %v  %v  %v\n", q.name, round(all[0]), round(all[len(all)/2]), round(all[len(all)-1]))
	}
	// The poller asks four times a second, whether it watches one ad or all of them.
	if grown := m.with.queries - m.before.queries; grown > 8 {
		return fmt.Errorf("%.1f more queries a second with %d streams: they grow with the streams", grown, m.streams)
	}
	if grown := m.with.connections - m.before.connections; grown > 8 {
		return fmt.Errorf("%d more connections with %d streams: they grow with the streams", grown, m.streams)
	}
	if worst > goal {
		return fmt.Errorf("p99 is %v in the worst round; the goal is %v", round(worst), goal)
	}
	fmt.Fprintf(out, "goal held: p99 %v in the worst round, at most %v wanted\n", round(worst), goal)
	return nil
}

// quantile is the smallest value that the part at of all is not above.
func quantile(sorted []time.Duration, at float64) time.Duration {
	i := int(at*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

func mega(bytes int64) float64 { return float64(bytes) / (1 << 20) }
