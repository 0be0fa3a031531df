package ratelimit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"castad/shared/fault"
)

// Limit is at most N calls in any window of Per, or, when Per is 0, on any day of Zone.
type Limit struct {
	N    int
	Per  time.Duration
	Zone *time.Location
}

// State is how much of a Limit is used up. The zero State is an unused one.
type State struct {
	// Full is when the bucket is full again; before now = it is full.
	Full time.Time
	// Day is the day (2006-01-02) that Used counts.
	Day  string
	Used int
}

const (
	maxN   = 1_000_000_000
	minPer = time.Millisecond
	maxPer = 24 * time.Hour
	// astray is how far the state may be ahead of the clock before it is taken for a
	// clock that was wrong, and not for one that differs.
	astray = time.Minute
)

// Parse reads "20/10s", "1/3s" or "100/day@America/Los_Angeles". Errors are of kind Invalid.
func Parse(text string) (Limit, error) {
	bad := func(format string, args ...any) (Limit, error) {
		return Limit{}, fault.Newf(fault.CodeBadValue, "read limit %.40q: %w", text, fmt.Errorf(format, args...))
	}
	count, per, found := strings.Cut(text, "/")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > maxN || !found {
		return bad("want a count from 1 to %d, a slash, and a time or day@zone", maxN)
	}
	if zone, ok := strings.CutPrefix(per, "day@"); ok {
		at, err := time.LoadLocation(zone)
		if err != nil || zone == "" || zone == "Local" {
			return bad("there is no such time zone")
		}
		return Limit{N: n, Zone: at}, nil
	}
	d, err := time.ParseDuration(per)
	if err != nil || d < minPer || d > maxPer {
		return bad("want a time from %s to %s", minPer, maxPer)
	}
	return Limit{N: n, Per: d}, nil
}

// String returns what Parse reads.
func (l Limit) String() string {
	if l.Per > 0 {
		return fmt.Sprintf("%d/%s", l.N, l.Per)
	}
	return fmt.Sprintf("%d/day@%s", l.N, l.Zone)
}

// bucket returns how many calls may come at once and how long each takes to come back.
func (l Limit) bucket() (burst int, each time.Duration) {
	if l.N == 1 {
		return 1, micro(l.Per)
	}
	burst = l.N / 2
	return burst, micro((l.Per + time.Duration(l.N-burst) - 1) / time.Duration(l.N-burst))
}

// micro rounds up to whole microseconds.
func micro(d time.Duration) time.Duration {
	return (d + time.Microsecond - 1).Truncate(time.Microsecond)
}

// Take takes one call at now. When there is none, ok is false and wait is how
// long until there is one, if nobody else takes it.
func (l Limit) Take(s State, now time.Time) (next State, wait time.Duration, ok bool) {
	exact := now.UTC()
	now = exact.Truncate(time.Microsecond)
	if l.Per == 0 {
		s = l.today(s, now)
		if s.Used >= l.N {
			return s, l.midnight(s.Day).Sub(now), false
		}
		s.Used++
		return s, 0, true
	}
	burst, each := l.bucket()
	full := l.full(s, now)
	if wait := full.Sub(now) - time.Duration(burst-1)*each; wait > 0 {
		return s, wait, false
	}
	if full.Before(exact) {
		full = now.Add(time.Microsecond) // what is between two microseconds is to nobody's gain
	}
	s.Full = full.Add(each)
	return s, 0, true
}

// Left returns how many calls could be made at once at now.
func (l Limit) Left(s State, now time.Time) int {
	now = now.UTC().Truncate(time.Microsecond)
	if l.Per == 0 {
		return max(0, l.N-l.today(s, now).Used)
	}
	burst, each := l.bucket()
	missing := int((l.full(s, now).Sub(now) + each - 1) / each)
	return max(0, burst-missing)
}

func (l Limit) full(s State, now time.Time) time.Time {
	burst, each := l.bucket()
	if empty := now.Add(time.Duration(burst) * each); s.Full.After(empty.Add(astray)) {
		return empty
	}
	if s.Full.Before(now) {
		return now
	}
	return s.Full.UTC()
}

// today is the state of the day that now, or another clock, has reached.
func (l Limit) today(s State, now time.Time) State {
	if day := now.In(l.Zone).Format(time.DateOnly); s.Day < day {
		return State{Day: day}
	}
	return s
}

// midnight is when the day ends.
func (l Limit) midnight(day string) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, day, l.Zone)
	if err != nil {
		return time.Time{} // not a day: it is over
	}
	return time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, l.Zone)
}
