// Package funchost is a stand-in for the Azure Functions host: it loads an
// assembled app root, runs its custom handler, and calls it for HTTP requests,
// Service Bus messages and timers as the host does, with the host's oddities,
// so that what works here has met them.
//
//	app, err := funchost.Load("build/app", os.Environ())
//	platform, err := funchost.Supervise(ctx, "127.0.0.1:7071", 2, app, funchost.Options{})
//	<-platform.Ready()
//
// What it is made of: Load reads and refuses (load.go, hostjson.go,
// function.go, settings.go); Check is the stricter list for a package
// (check.go). A Host runs script hosts (job.go), each with a worker that keeps
// one handler on one port (worker.go, process.go), a front for HTTP (front.go,
// with the three modes in modes.go and proxy.go, and admin.go) and triggers
// (listener.go, timer.go). Supervise is the platform around several Hosts. The
// encoding is package envelope, routes are package route, schedules package
// ncrontab.
//
// What it promises: a handler is only ever stopped by SIGKILL; exit 0 leaves it
// dead, 200 restarts it, anything else is counted, and the third in a chain
// stops the host (Run returns ErrCrashLoop). A message is completed only after
// a 2xx answer with a JSON object, abandoned at once after a failure, and left
// to its lock when the host ends. An empty answer hangs until functionTimeout,
// which kills the handler with all that it does. No handler survives Run.
//
// What it does not model, and where it is stricter than the host, stands in
// README.md.
//
// Time comes from package time, not from an injected clock: the tests of what
// depends on long times run in testing/synctest.
package funchost
