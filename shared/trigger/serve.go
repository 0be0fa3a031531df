package trigger

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	// drain is how long running invocations may finish after a stop was asked for. It is a courtesy to
	// developers and containers: the host itself kills without a word.
	drain = 10 * time.Second
	// headerBytes bounds request line and headers (ASVS 4.2.5): a token has up to 8 KB, an URL of Azure's front end 8,192 characters.
	headerBytes = 16 << 10
	// headerTime bounds how long they may take (slowloris).
	headerTime = 10 * time.Second
	// idle is longer than the host keeps its pooled connections (2 min), so that the host closes them and never writes into a closed one.
	idle = 3 * time.Minute
)

// Serve listens on 127.0.0.1:port and answers the Functions host until ctx
// ends; then it stops accepting, lets running invocations finish for 10 s and
// returns nil. It answers GET / from the first moment, whatever else is not
// ready yet. An error means that the port could not be had or was lost.
//
// The process must not exit with 0 by itself: the host would take that for
// contentment and never start it again.
func (h *Host) Serve(ctx context.Context, port string) error {
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("listen on port %q: it must be a number from 1 to 65535 (FUNCTIONS_CUSTOMHANDLER_PORT)", port)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:"+port)
	if err != nil {
		return fmt.Errorf("listen on port %s: %w", port, err)
	}
	return h.serve(ctx, l)
}

func (h *Host) serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           h.Handler(),
		ReadHeaderTimeout: headerTime,
		// Every answer and every piece of a stream sets a nearer deadline; this bounds what forgets to.
		WriteTimeout:                 h.o.FunctionTimeout + time.Minute,
		IdleTimeout:                  idle,
		MaxHeaderBytes:               headerBytes - 4096, // net/http reads 4 KiB more than it is told
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(serverLog{h.o.Log}, "", 0),
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(l) }()
	select {
	case err := <-stopped:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	close(h.closing) // streams end now, not in 200 s
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(limit); err != nil {
		h.o.Log.Warn("stop: invocations were still running", "err", err)
		_ = server.Close() // everything that runs is crash-safe
	}
	if err := <-stopped; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// serverLog brings net/http's own complaints into the log, one line each.
type serverLog struct{ log *slog.Logger }

func (s serverLog) Write(p []byte) (int, error) {
	s.log.Warn("http server", "err", oneLine(errors.New(string(p))))
	return len(p), nil
}
