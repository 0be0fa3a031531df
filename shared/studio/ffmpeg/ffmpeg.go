// Package ffmpeg runs the programs ffmpeg and ffprobe: the only place in the
// product that starts a process.
//
// The programs read files that strangers made, so they are kept on a short
// leash (ASVS 1.2.5, 15.2):
//
//   - no shell; every path is absolute, made by the caller, and given as
//     "file:/…" so that a name such as "-i" or "http:…" stays a name;
//   - every input has a forced demuxer, found from its first bytes (Sniff)
//     when the caller does not know it, so a playlist that calls itself an
//     image is refused before a process starts;
//   - every input may open the file protocol only (standard input: pipe only),
//     so nothing in a file can make the program read another address;
//   - outputs lie in the private work folder Dir and each has a size limit; a
//     run that fails, is cancelled or grows too large leaves no output file;
//   - time is bounded by the context and by Limit; at the end of either the
//     whole process group is killed and waited for;
//   - the environment is empty but for HOME (the work folder) and, for text, the
//     fontconfig configuration, so no secret is inherited and no FFREPORT file is written;
//   - standard error is kept to its last 4 KiB.
//
// Memory is bounded per allocation (-max_alloc), not in total: run the studio
// under a cgroup limit where that matters. Debian 12's ffmpeg 5.1 is what the
// arguments are tested with.
package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// DefaultLimit bounds a run whose Spec names no limit: a one-minute film
	// takes about as long as it plays on two cores, so ten minutes is generous.
	DefaultLimit = 10 * time.Minute
	// DefaultMaxBytes bounds an output that names no limit; a minute of
	// 1080x1920 at the highest quality used is below 80 MB.
	DefaultMaxBytes = 512 << 20

	maxAlloc  = 256 << 20 // bytes in one allocation; a 1080x1920 frame is 3 MB
	tailBytes = 4 << 10   // of standard error
	killWait  = 3 * time.Second
)

// ErrMissing means that a program is not installed.
var ErrMissing = errors.New("not installed; on Debian and Ubuntu: apt-get install -y --no-install-recommends ffmpeg")

// ErrTooLarge means that an output reached its size limit.
var ErrTooLarge = errors.New("output reached its size limit")

// ErrFormat means that a file's first bytes are of no format that is read here.
var ErrFormat = errors.New("not a media format that is read here")

// Error is a run that ended badly.
type Error struct {
	Program string // ffmpeg or ffprobe
	Stderr  string // its last words, at most 4 KiB
	Err     error  // the exit status, or the context's error
}

func (e *Error) Error() string {
	s := "run " + e.Program + ": " + e.Err.Error()
	if e.Stderr != "" {
		s += ": " + e.Stderr
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Input is one input file.
type Input struct {
	// Path is absolute; "" means standard input, written by Spec.Feed.
	Path string
	// Format forces the demuxer ("wav", "rawvideo"); "" takes Sniff's answer.
	Format string
	// Options stand before the input: "-ss", "1.5".
	Options []string
}

// Output is one output file.
type Output struct {
	// Path is absolute and directly or indirectly inside Spec.Dir.
	Path string
	// Format forces the muxer ("mp4", "wav").
	Format string
	// Options stand before the output: maps, codecs.
	Options []string
	// MaxBytes bounds the file; 0 = DefaultMaxBytes.
	MaxBytes int64
}

// Spec is one run of ffmpeg.
type Spec struct {
	// Dir is the private work folder: absolute, existing. It is the process's
	// current folder, so a filter may name a file in it without escaping.
	Dir    string
	Inputs []Input
	// Graph is the -filter_complex; "" for none. It never holds user text.
	Graph   string
	Outputs []Output
	// Feed writes standard input; it runs in its own goroutine, must return
	// when a write fails, and is waited for.
	Feed func(io.Writer) error
	// Limit bounds the run beside the context; 0 = DefaultLimit.
	Limit time.Duration
	// Fontconfig is the configuration that text filters use; "" is the machine's.
	Fontconfig string
	// Loglevel is "error" unless a filter's report is wanted ("info").
	Loglevel string
}

// Installed says whether both programs are there, else an ErrMissing.
func Installed() error {
	for _, program := range []string{"ffmpeg", "ffprobe"} {
		if _, err := lookup(program); err != nil {
			return err
		}
	}
	return nil
}

// Run runs ffmpeg and returns the last 4 KiB of its standard error. When the
// error is not nil no output file exists.
func Run(ctx context.Context, spec Spec) (string, error) {
	args, err := spec.arguments()
	if err != nil {
		return "", err
	}
	p := program{name: "ffmpeg", dir: spec.Dir, args: args, feed: spec.Feed, stdout: io.Discard, limit: spec.Limit}
	if spec.Fontconfig != "" {
		p.env = []string{"FONTCONFIG_FILE=" + spec.Fontconfig}
	}
	stderr, err := p.run(ctx)
	// An output at its limit ends the run early, with success for ffmpeg and a
	// broken pipe for the feed: the limit is the reason to tell.
	if sizes := spec.checkSizes(); err == nil || errors.Is(sizes, ErrTooLarge) {
		err = sizes
	}
	if err != nil {
		for _, o := range spec.Outputs {
			if e := os.Remove(o.Path); e != nil && !errors.Is(e, os.ErrNotExist) {
				err = errors.Join(err, fmt.Errorf("remove unfinished output: %w", e))
			}
		}
	}
	return stderr, err
}

func (s *Spec) arguments() ([]string, error) {
	if st, err := os.Stat(s.Dir); err != nil || !filepath.IsAbs(s.Dir) || !st.IsDir() {
		return nil, fmt.Errorf("ffmpeg: work folder %q is not an absolute, existing folder", s.Dir)
	}
	level := s.Loglevel
	if level == "" {
		level = "error"
	}
	args := []string{"-nostdin", "-hide_banner", "-nostats", "-loglevel", level, "-y", "-max_alloc", strconv.Itoa(maxAlloc)}
	for _, in := range s.Inputs {
		a, err := in.arguments(s.Feed != nil)
		if err != nil {
			return nil, err
		}
		args = append(args, a...)
	}
	if s.Graph != "" {
		args = append(args, "-filter_complex", s.Graph)
	}
	for _, out := range s.Outputs {
		if !inside(s.Dir, out.Path) || out.Format == "" {
			return nil, fmt.Errorf("ffmpeg: output %q needs a format and a path inside the work folder", out.Path)
		}
		args = append(args, out.Options...)
		args = append(args, "-fs", strconv.FormatInt(out.limit(), 10), "-f", out.Format, "file:"+out.Path)
	}
	return args, nil
}

func (in *Input) arguments(feed bool) ([]string, error) {
	if in.Path == "" {
		if !feed || in.Format == "" {
			return nil, errors.New("ffmpeg: standard input needs a Feed and a format")
		}
		return slices.Concat(in.Options, []string{"-protocol_whitelist", "pipe", "-f", in.Format, "-i", "pipe:0"}), nil
	}
	format := in.Format
	if format == "" {
		var err error
		if format, err = SniffFile(in.Path); err != nil {
			return nil, err
		}
	}
	if err := readable(in.Path); err != nil {
		return nil, err
	}
	return slices.Concat(in.Options, []string{"-protocol_whitelist", "file", "-f", format, "-i", "file:" + in.Path}), nil
}

func (o *Output) limit() int64 {
	if o.MaxBytes > 0 {
		return o.MaxBytes
	}
	return DefaultMaxBytes
}

// checkSizes fails when an output is missing, empty, or was cut at its limit
// (-fs stops writing and reports success).
func (s *Spec) checkSizes() error {
	for _, o := range s.Outputs {
		st, err := os.Stat(o.Path)
		switch {
		case err != nil:
			return fmt.Errorf("read output: %w", err)
		case st.Size() == 0:
			return fmt.Errorf("output %s is empty", filepath.Base(o.Path))
		case st.Size() >= o.limit():
			return fmt.Errorf("%s has %d bytes: %w", filepath.Base(o.Path), st.Size(), ErrTooLarge)
		}
	}
	return nil
}

func inside(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsAbs(path) && filepath.Clean(path) == path && filepath.IsLocal(rel) && rel != "."
}

func readable(path string) error {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path {
		return fmt.Errorf("ffmpeg: input %q is not a clean absolute path", path)
	}
	st, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("read input: %w", err)
	}
	if !st.Mode().IsRegular() {
		return fmt.Errorf("ffmpeg: input %q is not a regular file", path)
	}
	return nil
}

func lookup(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%s is %w", program, ErrMissing)
	}
	return path, nil
}

// program is one run of one of the two.
type program struct {
	name, dir string
	args, env []string
	feed      func(io.Writer) error
	stdout    io.Writer
	limit     time.Duration
}

// run starts the program and waits for it; it never returns before the process
// and the feeding goroutine have ended.
func (p *program) run(ctx context.Context) (string, error) {
	path, err := lookup(p.name)
	if err != nil {
		return "", err
	}
	limit := p.limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("took longer than %v: %w", limit, context.DeadlineExceeded))
	defer cancel()

	var last tail
	cmd := exec.CommandContext(ctx, path, p.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.dir, p.stdout, &last, killWait
	cmd.Env = append([]string{"HOME=" + p.dir, "LC_ALL=C"}, p.env...)
	ownGroup(cmd)

	fed := make(chan error, 1)
	if p.feed == nil {
		fed <- nil
	}
	// The kernel kills the child when the thread that started it ends, so that
	// a killed studio leaves no ffmpeg: the thread must live as long as the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var in io.WriteCloser
	if p.feed != nil {
		if in, err = cmd.StdinPipe(); err != nil {
			return "", fmt.Errorf("open pipe to %s: %w", p.name, err)
		}
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start %s: %w", p.name, err)
	}
	if p.feed != nil {
		go func() {
			err := p.feed(in)
			fed <- errors.Join(err, in.Close())
		}()
	}
	err = cmd.Wait()
	feedErr := <-fed
	switch {
	case ctx.Err() != nil:
		return last.String(), &Error{Program: p.name, Err: context.Cause(ctx)}
	case err != nil:
		return last.String(), &Error{Program: p.name, Stderr: strings.TrimSpace(last.String()), Err: err}
	case feedErr != nil && !errors.Is(feedErr, os.ErrClosed):
		return last.String(), fmt.Errorf("feed %s: %w", p.name, feedErr)
	}
	return last.String(), nil
}

// tail keeps the last bytes written to it.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > tailBytes {
		t.b = slices.Clone(t.b[len(t.b)-tailBytes:])
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.ToValidUTF8(string(t.b), "?") }
