package funchost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"castad/scripts/localcloud/funchost/envelope"
)

// job is one script host: a worker, its triggers and the invocations in flight.
// A restart of the host replaces it.
type job struct {
	host   *Host
	worker *worker
	client *http.Client // follows redirects only when forwarding is off

	ctx    context.Context // ends when invocations are cut off
	cancel context.CancelCauseFunc
	ended  chan error // the worker's end, when it was not asked for

	listening context.Context // ends when triggers stop
	quiet     context.CancelFunc
	triggers  sync.WaitGroup
	workers   sync.WaitGroup

	mu     sync.Mutex
	open   bool
	booked int
	idle   chan struct{} // closed while booked == 0
}

// ErrFunctionTimeout is the failure of an invocation that met functionTimeout.
var ErrFunctionTimeout = errors.New("timeout value was exceeded by the function")

func newJob(h *Host) (*job, error) {
	w, err := newWorker(h)
	if err != nil {
		return nil, err
	}
	j := &job{host: h, worker: w, ended: make(chan error, 1), open: true, idle: make(chan struct{})}
	close(j.idle)
	j.ctx, j.cancel = context.WithCancelCause(context.Background())
	j.listening, j.quiet = context.WithCancel(j.ctx)
	j.client = &http.Client{Transport: w.transport}
	if h.app.Config.Forwarding {
		j.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	j.workers.Go(func() {
		if err := w.run(j.ctx); err != nil {
			j.ended <- err
		}
	})
	return j, nil
}

// listen starts the triggers of every enabled function.
func (j *job) listen() {
	j.host.mu.Lock()
	draining := j.host.draining
	j.host.mu.Unlock()
	j.mu.Lock() // stop must not wait while triggers are still being added
	defer j.mu.Unlock()
	if draining || !j.open {
		return
	}
	for i := range j.host.app.Functions {
		f := &j.host.app.Functions[i]
		switch {
		case f.Disabled:
		case f.Kind == ServiceBus:
			j.triggers.Go(func() { j.listenServiceBus(f) })
		case f.Kind == Timer:
			j.triggers.Go(func() { j.listenTimer(f) })
		}
	}
}

// mute stops the triggers and leaves everything else as it is.
func (j *job) mute() { j.quiet() }

// stop ends the script host: no new invocations, DrainTimeout for those in
// flight, then SIGKILL.
func (j *job) stop() {
	j.mu.Lock()
	j.open = false
	idle := j.idle
	j.mu.Unlock()
	j.quiet()
	drained := make(chan struct{})
	go func() {
		j.triggers.Wait()
		<-idle
		close(drained)
	}()
	limit := time.NewTimer(j.host.opt.DrainTimeout)
	defer limit.Stop()
	select {
	case <-drained:
	case <-limit.C:
		j.host.log(Warning, CategoryHost, "", fmt.Sprintf("stopping with invocations still running after %v", j.host.opt.DrainTimeout))
	}
	j.cancel(errStopped)
	<-drained
	j.workers.Wait()
}

// book counts an invocation in; false when the job takes no more.
func (j *job) book() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.open {
		return false
	}
	if j.booked++; j.booked == 1 {
		j.idle = make(chan struct{})
	}
	return true
}

func (j *job) release() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.booked--; j.booked == 0 {
		close(j.idle)
	}
}

// invocation is one call of a function.
type invocation struct {
	id       string
	function *Function
	ctx      context.Context
	cancel   context.CancelFunc
	job      *job
}

// begin starts an invocation: it waits for the handler and starts the clock of
// functionTimeout. The caller must call finish.
func (j *job) begin(ctx context.Context, f *Function) (*invocation, error) {
	v := &invocation{id: uuid.NewString(), function: f, job: j}
	j.host.note(func(s *Stats) { s.Outstanding++ })
	j.host.noteFunction(f.Name, func(s *FunctionStats) { s.Invocations++ })
	ctx, cut := context.WithCancelCause(ctx)
	forget := context.AfterFunc(j.ctx, func() { cut(context.Cause(j.ctx)) })
	stop := func() {}
	if limit := j.host.opt.FunctionTimeout; limit > 0 {
		ctx, stop = context.WithTimeoutCause(ctx, limit, ErrFunctionTimeout)
	}
	v.ctx, v.cancel = ctx, func() { stop(); forget(); cut(nil) }
	if err := j.worker.await(ctx); err != nil {
		v.finish(err)
		return nil, err
	}
	if after, kill := j.host.opt.Faults.Chaos.draw(); kill {
		time.AfterFunc(after, func() { v.strike() })
	}
	return v, nil
}

// strike is a chaos kill. One that finds no living handler is drawn again.
func (v *invocation) strike() {
	h := v.job.host
	if p := v.job.worker.running(); p != nil && p.kill(false) {
		h.log(Warning, CategoryHost, v.id, fmt.Sprintf("chaos: SIGKILL to pid %d during %s", p.pid(), v.function.Name))
		return
	}
	h.opt.Faults.Chaos.giveBack()
}

// finish ends the accounting of an invocation; err is its failure. The kill
// that a timeout brings is sent here, and hits everything the handler is doing.
func (v *invocation) finish(err error) {
	h := v.job.host
	h.note(func(s *Stats) { s.Outstanding-- })
	if err != nil {
		h.noteFunction(v.function.Name, func(s *FunctionStats) { s.Failures++ })
		h.log(Error, "Function."+v.function.Name, v.id, fmt.Sprintf("Executed '%s' (Failed, Id=%s): %v", v.function.Name, v.id, err))
	}
	if errors.Is(context.Cause(v.ctx), ErrFunctionTimeout) {
		h.note(func(s *Stats) { s.Timeouts++ })
		h.log(Error, CategoryHost, v.id, fmt.Sprintf("a function timeout of %v has occurred in %s: killing the handler", h.opt.FunctionTimeout, v.function.Name))
		if p := v.job.worker.running(); p != nil {
			p.kill(true)
		}
	}
	v.cancel()
}

// cause prefers why the invocation was cut over what that did to the exchange.
func (v *invocation) cause(err error) error {
	if reason := context.Cause(v.ctx); reason != nil {
		return reason
	}
	return err
}

// call POSTs an invocation to /<FunctionName> and reads the answer by the
// host's rules. An answer without a result hangs until the invocation is cut.
func (v *invocation) call(content envelope.Invocation) (envelope.Result, error) {
	body, err := content.Encode()
	if err != nil {
		return envelope.Result{}, err
	}
	request, err := http.NewRequestWithContext(v.ctx, http.MethodPost, v.job.worker.base()+"/"+v.function.Name, bytes.NewReader(body))
	if err != nil {
		return envelope.Result{}, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("X-Azure-Functions-InvocationId", v.id)
	request.Header.Set("X-Azure-Functions-HostVersion", version)
	request.Header.Set("User-Agent", "Azure-Functions-Host/"+version)
	response, err := v.job.client.Do(request)
	if err != nil {
		return envelope.Result{}, v.cause(err)
	}
	result, err := envelope.Decode(response)
	if errors.Is(err, envelope.ErrNoResult) {
		v.job.host.log(Warning, CategoryHost, v.id, v.function.Name+": "+err.Error())
		<-v.ctx.Done()
	}
	if err != nil {
		return envelope.Result{}, v.cause(err)
	}
	for _, line := range result.Logs {
		v.job.host.log(Information, "Function."+v.function.Name+".User", v.id, line)
	}
	return result, nil
}

// invoke runs a non-HTTP invocation from its beginning to its end. build gets
// the "sys" object.
func (j *job) invoke(ctx context.Context, f *Function, build func(envelope.Sys) (envelope.Invocation, error)) error {
	v, err := j.begin(ctx, f)
	if err != nil {
		return err
	}
	err = func() error {
		content, err := build(newSys(f))
		if err != nil {
			return err
		}
		_, err = v.call(content)
		return err
	}()
	v.finish(err)
	return err
}

func newSys(f *Function) envelope.Sys {
	return envelope.Sys{MethodName: f.Name, UtcNow: envelope.DateTime{Time: time.Now()}, RandGuid: uuid.NewString()}
}
