package film

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"castad/shared/studio/ffmpeg"
)

// Config is what a Server needs.
type Config struct {
	// Dir keeps renders and finished films; it survives restarts and belongs
	// to one Server at a time. Absolute.
	Dir string
	// Public is the base of the addresses in answers: "http://127.0.0.1:7081".
	Public string
	// Key is the bearer key that clients send.
	Key string
	// Workers is how many films are rendered at a time; 0 = 1. A film uses all
	// cores, so more only helps when sources are slow.
	Workers int
	// Clock tells the time; nil = time.Now.
	Clock func() time.Time
	// NewID makes a render's id, a version 4 UUID; nil = random.
	NewID func() string
	// FetchAllow decides about an address of a source or a webhook before it is
	// asked and after every redirect; nil = https on port 443.
	FetchAllow func(*url.URL) error
	// FetchNetworks are networks that may be dialled beside the public ones:
	// Loopback() on a laptop, the virtual network in the cloud.
	FetchNetworks []netip.Prefix
	// Fonts is the folder of the Nanum fonts; "" = FontFolder.
	Fonts string
	// Keep is how long a finished film is kept; 0 = 30 days, as Creatomate does.
	Keep time.Duration
	// MaxQueue is how many renders may wait; more are answered 429; 0 = 500.
	MaxQueue int
	// DailySeconds is how many seconds of film are accepted in 24 hours; more
	// are answered 402; 0 = no limit.
	DailySeconds float64
	// RetryDelay is the first pause before a source or a webhook is tried
	// again; 0 = 2 s.
	RetryDelay time.Duration
	// Log gets one line per finished render and per inner error; nil = slog.Default().
	Log *slog.Logger
}

// Server is the Creatomate-compatible renderer.
type Server struct {
	config Config
	store  store
	fonts  *Fonts
	allow  func(*url.URL) error
	client *http.Client
	hooks  *http.Client // as client, but without redirects
	log    *slog.Logger
	stop   context.CancelFunc
	group  sync.WaitGroup
	wake   chan struct{}

	mu      sync.Mutex
	jobs    map[string]*job
	queue   []string                      // ids of planned jobs, oldest first
	running map[string]context.CancelFunc // of jobs being rendered
	recent  []time.Time                   // accepted requests, for the rate limit
}

// NewServer opens the folder, checks that ffmpeg and the fonts are there, and
// goes on with every render that was accepted and not finished. Close ends it.
func NewServer(c Config) (*Server, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("film: %w", err)
	}
	if err := ffmpeg.Installed(); err != nil {
		return nil, fmt.Errorf("film: %w", err)
	}
	f, err := LoadFonts(c.Fonts)
	if err != nil {
		return nil, fmt.Errorf("film: %w", err)
	}
	st, err := openStore(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("film: %w", err)
	}
	s := &Server{config: c, store: st, fonts: f, allow: c.FetchAllow, log: c.Log, wake: make(chan struct{}, 1),
		jobs: map[string]*job{}, running: map[string]context.CancelFunc{}}
	s.client, s.hooks = newClient(s.allow, c.FetchNetworks), newClient(s.allow, c.FetchNetworks)
	s.hooks.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	list, err := st.load()
	if err != nil {
		return nil, fmt.Errorf("film: %w", err)
	}
	// This context is the server's own lifetime: it is ended by Close.
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	slices.SortFunc(list, func(a, b *job) int { return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID)) })
	for _, j := range list {
		s.jobs[j.ID] = j
		switch {
		case !j.done():
			j.Status = statusPlanned
			s.queue = append(s.queue, j.ID)
		case j.Webhook != "" && !j.Told:
			s.tell(ctx, j)
		}
	}
	s.signal()
	for range c.Workers {
		s.group.Go(func() { s.work(ctx) })
	}
	return s, nil
}

func (c Config) withDefaults() (Config, error) {
	if c.Key == "" {
		return c, errors.New("a key is needed")
	}
	u, err := url.Parse(c.Public)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return c, fmt.Errorf("public address %q is not an http or https address", c.Public)
	}
	c.Public = strings.TrimSuffix(c.Public, "/")
	c.Workers, c.MaxQueue = cmp.Or(max(0, c.Workers), 1), cmp.Or(c.MaxQueue, 500)
	c.Keep, c.RetryDelay, c.Fonts = cmp.Or(c.Keep, 30*24*time.Hour), cmp.Or(c.RetryDelay, 2*time.Second), cmp.Or(c.Fonts, FontFolder)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.NewID == nil {
		c.NewID = newID
	}
	if c.FetchAllow == nil {
		c.FetchAllow = allowHTTPS
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c, nil
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Close stops rendering and waits for it to end. Unfinished renders stay
// accepted and are begun again by the next NewServer.
func (s *Server) Close() error {
	s.stop()
	s.group.Wait()
	s.client.CloseIdleConnections()
	s.hooks.CloseIdleConnections()
	return nil
}

func (s *Server) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// work renders one job after the other.
func (s *Server) work(ctx context.Context) {
	for {
		s.purge()
		j, jctx, cancel := s.next(ctx)
		if j == nil {
			select {
			case <-s.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		s.signal() // there may be more for another worker
		s.run(jctx, ctx, j)
		cancel()
	}
}

// next takes the oldest planned job.
func (s *Server) next(ctx context.Context) (*job, context.Context, context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 || ctx.Err() != nil {
		return nil, nil, nil
	}
	j := s.jobs[s.queue[0]]
	s.queue = s.queue[1:]
	j.Status = statusWaiting
	j.Starts++
	ctx, cancel := context.WithCancel(ctx)
	s.running[j.ID] = cancel
	return j, ctx, cancel
}

// run renders a job and records how it ended. ctx ends when the job is
// cancelled; life ends when the server is closed.
func (s *Server) run(ctx, life context.Context, j *job) {
	begun := s.config.Clock()
	out, err := s.render(ctx, j)
	if life.Err() != nil {
		return // closed: the record on disk still says planned
	}
	s.discard(j.ID) // before anybody hears that the render has ended
	s.mu.Lock()
	delete(s.running, j.ID)
	if j.done() { // cancelled meanwhile
		s.mu.Unlock()
		for _, ext := range []string{".mp4", ".jpg"} {
			_ = os.Remove(s.store.file(j.ID, ext)) // usually it is not there
		}
		return
	}
	j.Finished = s.config.Clock().UTC()
	var user *userError
	switch {
	case err == nil:
		j.Status, j.Width, j.Height, j.FrameRate, j.Seconds, j.Bytes = statusSucceeded, out.width, out.height, out.rate, out.seconds, out.bytes
		j.Warnings = out.warnings
	case errors.As(err, &user):
		j.Status, j.Error = statusFailed, err.Error()
	default:
		j.Status, j.Error = statusFailed, "The film could not be rendered because of an error in the studio; its log tells more."
	}
	saved := s.store.save(j)
	done := *j
	s.mu.Unlock()
	if err != nil && user == nil {
		s.log.Error("render film", "render", j.ID, "error", err)
	}
	if saved != nil {
		s.log.Error("record render", "render", j.ID, "error", saved)
	}
	s.log.Info("film rendered", "render", j.ID, "status", done.Status, "seconds", done.Seconds, "took_ms", s.config.Clock().Sub(begun).Milliseconds(), "starts", done.Starts)
	if done.Webhook != "" {
		s.tell(life, j)
	}
}

func (s *Server) discard(id string) {
	if err := os.RemoveAll(s.store.work(id)); err != nil {
		s.log.Error("clear work folder", "render", id, "error", err)
	}
}

func (s *Server) setStatus(j *job, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !j.done() {
		j.Status = status
	}
}

// render fetches, renders and keeps one film.
func (s *Server) render(ctx context.Context, j *job) (*finished, error) {
	s.mu.Lock()
	err := s.store.save(j) // counts the start
	starts := j.Starts
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if starts > maxStarts {
		return nil, userf("Rendering was interrupted %d times and has been given up.", maxStarts)
	}
	dir := s.store.work(j.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	p := &problems{}
	sc, sources := s.read(j.Script, p)
	if len(p.errors) > 0 {
		return nil, userf("%s", p.errors[0])
	}
	files, err := s.fetchAll(ctx, sources, dir)
	if err != nil {
		return nil, err
	}
	s.setStatus(j, statusRendering)
	out, err := render(ctx, sc, s.fonts, dir, files)
	if err != nil {
		return nil, err
	}
	if err := s.store.keep(out.jpg, j.ID, ".jpg"); err != nil {
		return nil, err
	}
	return out, s.store.keep(out.mp4, j.ID, ".mp4")
}

// purge removes finished renders that are older than Keep.
func (s *Server) purge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.config.Clock().Add(-s.config.Keep)
	for id, j := range s.jobs {
		if j.done() && j.Finished.Before(limit) && (j.Webhook == "" || j.Told) {
			if err := s.store.remove(id); err != nil {
				s.log.Error("remove old render", "render", id, "error", err)
				continue
			}
			delete(s.jobs, id)
		}
	}
}
