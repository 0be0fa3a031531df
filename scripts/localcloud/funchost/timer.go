package funchost

import (
	"context"
	"sync"
	"time"

	"castad/scripts/localcloud/funchost/envelope"
)

// TimerLocks are what the platform keeps in storage for timers: a lock per
// function, so that only one instance fires it, and the monitor's memory of the
// last occurrence, so that a missed one is made up after a restart.
type TimerLocks struct {
	mu     sync.Mutex
	timers map[string]*timerLock
}

type timerLock struct {
	held   chan struct{} // holds one token
	status *envelope.TimerStatus
}

// NewTimerLocks makes locks for the instances of one app.
func NewTimerLocks() *TimerLocks { return &TimerLocks{timers: map[string]*timerLock{}} }

func (l *TimerLocks) of(function string) *timerLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.timers[function]
	if t == nil {
		t = &timerLock{held: make(chan struct{}, 1)}
		l.timers[function] = t
	}
	return t
}

// shortestMonitored is the interval below which the host does not monitor a
// schedule.
const shortestMonitored = time.Minute

// listenTimer fires one timer until the job stops listening. An occurrence that
// comes while the function runs is skipped: a timer never overlaps itself.
func (j *job) listenTimer(f *Function) {
	ctx := j.listening
	lock := j.host.opt.Timers.of(f.Name)
	select {
	case lock.held <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-lock.held }()

	now := time.Now()
	next := f.Schedule.Next(now)
	monitored := f.UseMonitor && f.Schedule.Next(next).Sub(next) >= shortestMonitored
	if !monitored {
		lock.status = nil
	}
	missed := lock.status != nil && !lock.status.Next.IsZero() && lock.status.Next.Before(now)
	switch {
	case missed:
		j.fire(f, lock, monitored, true)
	case f.RunOnStartup:
		j.fire(f, lock, monitored, false)
	case monitored && lock.status == nil:
		lock.status = &envelope.TimerStatus{Next: next}
	}
	for {
		next = f.Schedule.Next(time.Now())
		timer := time.NewTimer(time.Until(next))
		select {
		case <-timer.C:
			j.fire(f, lock, monitored, false)
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// fire runs the function once. A failure is reported and not repeated: the next
// occurrence is the retry.
func (j *job) fire(f *Function, lock *timerLock, monitored, pastDue bool) {
	began := time.Now()
	_ = j.runTimer(j.ctx, f, lock.status, pastDue)
	if monitored {
		lock.status = &envelope.TimerStatus{Last: began, Next: f.Schedule.Next(time.Now()), LastUpdated: time.Now()}
	}
}

func (j *job) runTimer(ctx context.Context, f *Function, status *envelope.TimerStatus, pastDue bool) error {
	return j.invoke(ctx, f, func(sys envelope.Sys) (envelope.Invocation, error) {
		return envelope.Timer{Status: status, PastDue: pastDue}.Encode(f.Binding, sys), nil
	})
}
