package funchost

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

// command holds the flags of Run.
type command struct {
	addr, root string
	instances  int
	verbose    bool
	kill       int
	options    Options
}

// Run is the command "funchost". It loads the app root with the process's
// environment as app settings, runs it until ctx ends, and prints one line when
// every instance is ready. Exit codes: 0 stopped by ctx, 1 refused or stopped by
// itself, 2 wrong arguments.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, err := parseCommand(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	app, err := Load(c.root, os.Environ())
	if err != nil {
		fmt.Fprintf(stderr, "funchost: %v\n", err)
		return 1
	}
	c.options.Log = WriterLog(stderr, c.verbose)
	if c.kill > 0 {
		seed, err := chaosSeed()
		if err != nil {
			fmt.Fprintf(stderr, "funchost: %v\n", err)
			return 2
		}
		fmt.Fprintf(stderr, "funchost: killing the handler %d times; repeat with CHAOS_SEED=%d\n", c.kill, seed)
		c.options.Faults.Chaos = NewChaos(seed, c.kill)
	}
	s, err := Supervise(ctx, c.addr, c.instances, app, c.options)
	if err != nil {
		fmt.Fprintf(stderr, "funchost: %v\n", err)
		return 1
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Wait() }()
	select {
	case <-s.Ready():
		fmt.Fprintf(stdout, "funchost ready on http://%s\n", s.Addr())
		err = <-ended
	case err = <-ended:
	}
	if err != nil {
		fmt.Fprintf(stderr, "funchost: %v\n", err)
		return 1
	}
	return 0
}

func parseCommand(args []string, stderr io.Writer) (command, error) {
	c := command{}
	o := &c.options
	flags := flag.NewFlagSet("funchost", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintf(stderr, "funchost runs an assembled app root as the Azure Functions host would. A stand-in: see README.md for what it does not model.\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&c.addr, "addr", "127.0.0.1:7071", "public address; port 0 takes a free one")
	flags.StringVar(&c.root, "root", "build/app", "app root: host.json, <function>/function.json, the handler")
	flags.IntVar(&c.instances, "instances", 1, "hosts behind the address")
	flags.BoolVar(&c.verbose, "verbose", false, "log debug records too")
	flags.StringVar(&o.Instance, "instance", "", "prefix of WEBSITE_INSTANCE_ID; empty makes random ones")
	flags.BoolVar(&o.Auth, "auth", false, "check function keys")
	flags.StringVar(&o.MasterKey, "master-key", "", "master key; when set, /admin needs it")
	hostKey := flags.String("host-key", "", "key that opens every function whose authLevel is function")
	flags.DurationVar(&o.FunctionTimeout, "function-timeout", 0, "instead of host.json's; negative means none")
	flags.DurationVar(&o.InitializationTimeout, "initialization-timeout", 0, "instead of host.json's")
	flags.DurationVar(&o.DrainTimeout, "drain", 0, "for invocations in flight at stop (default 10s)")
	flags.DurationVar(&o.RestartDelay, "restart-delay", 0, "before a stopped host is started again (default 1s)")
	flags.BoolVar(&o.OverlapRestart, "overlap-restart", false, "at a host restart, start the new handler before the old one is stopped")
	flags.BoolVar(&o.GiveUp, "give-up", false, "exit 1 when a host stops by itself, instead of starting another")
	flags.IntVar(&c.kill, "kill", 0, "SIGKILL the handler this many times, at moments drawn from CHAOS_SEED")
	flags.Float64Var(&o.Faults.Duplicate, "duplicate", 0, "chance, 0 to 1, that a message is delivered twice at once")
	flags.Float64Var(&o.Faults.LoseLock, "lose-lock", 0, "chance, 0 to 1, that a message's lock is lost")
	flags.DurationVar(&o.Faults.SlowStart, "slow-start", 0, "delay every start of the handler")
	flags.IntVar(&o.Faults.PortTaken, "port-taken", 0, "per host, how many starts find their port in use")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if *hostKey != "" {
		o.FunctionKeys = map[string]string{"": *hostKey}
	}
	var wrong error
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case c.instances < 1:
		wrong = errors.New("-instances must be at least 1")
	case c.kill < 0 || o.Faults.PortTaken < 0:
		wrong = errors.New("-kill and -port-taken must not be negative")
	case o.Faults.Duplicate < 0 || o.Faults.Duplicate > 1 || o.Faults.LoseLock < 0 || o.Faults.LoseLock > 1:
		wrong = errors.New("-duplicate and -lose-lock are chances between 0 and 1")
	}
	if wrong != nil {
		fmt.Fprintf(stderr, "funchost: %v; see -h\n", wrong)
	}
	return c, wrong
}

// chaosSeed takes CHAOS_SEED from the environment, or draws one.
func chaosSeed() (int64, error) {
	text, given := os.LookupEnv("CHAOS_SEED")
	if !given || text == "" {
		return rand.Int64N(int64(time.Hour)), nil
	}
	seed, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("CHAOS_SEED must be a whole number, not %q", text)
	}
	return seed, nil
}
