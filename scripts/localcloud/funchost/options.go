package funchost

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"time"
)

// Options override the host's defaults. The zero value is the host as it is,
// without key authentication, as under Core Tools.
type Options struct {
	// Instance is WEBSITE_INSTANCE_ID in the handler's environment; "" makes one.
	Instance string
	// Log takes every record; nil writes them to standard error.
	Log func(Entry)

	// Auth checks keys on HTTP functions that are not anonymous.
	Auth bool
	// MasterKey opens everything, and is required for /admin when it is set or
	// when Auth is on.
	MasterKey string
	// FunctionKeys are keys by function name; the entry "" is the host key.
	FunctionKeys map[string]string

	FunctionTimeout       time.Duration // 0: as in host.json; negative: none
	InitializationTimeout time.Duration // 0: as in host.json
	DrainTimeout          time.Duration // for invocations in flight at stop; 0: 10 s
	AvailabilityTimeout   time.Duration // for requests while the host starts; 0: 30 s
	ActivityTimeout       time.Duration // of a proxied exchange without a byte; 0: 240 s

	// OverlapRestart starts the new handler before the old one is stopped, as the
	// platform does unless sequentialRestart is set.
	OverlapRestart bool

	// Dial connects to the broker of a connection string; nil uses azservicebus.
	Dial Dialer
	// Timers are the locks and the memory of timer schedules; nil makes private
	// ones. Instances of one app share them, so that a timer fires once.
	Timers *TimerLocks
	// Faults injects failures.
	Faults Faults

	// RestartDelay is how long Supervise waits before it starts a stopped host
	// again; it doubles up to 30 times that while hosts die young. 0: 1 s.
	RestartDelay time.Duration
	// GiveUp makes Supervise end with a host's error instead of starting another.
	GiveUp bool
}

// version is what the stand-in calls itself where the host sends its version.
const version = "4.1045.200-standin"

func (o Options) withDefaults(c Config) Options {
	if o.Instance == "" {
		o.Instance = newInstance()
	}
	if o.Log == nil {
		o.Log = WriterLog(os.Stderr, false)
	}
	if o.FunctionTimeout == 0 {
		o.FunctionTimeout = c.FunctionTimeout
	}
	if o.InitializationTimeout <= 0 {
		o.InitializationTimeout = c.InitializationTimeout
	}
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&o.DrainTimeout, 10 * time.Second},
		{&o.AvailabilityTimeout, 30 * time.Second},
		{&o.ActivityTimeout, 240 * time.Second},
		{&o.RestartDelay, time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.fallback
		}
	}
	if o.Dial == nil {
		o.Dial = DialServiceBus
	}
	if o.Timers == nil {
		o.Timers = NewTimerLocks()
	}
	return o
}

// newInstance looks like the platform's: 64 hexadecimal digits.
func newInstance() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	return hex.EncodeToString(b[:])
}
