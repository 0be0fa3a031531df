//go:build chaos

// Package chaos marks the lines between which a crash is interesting. In this
// build the process kills itself with SIGKILL where the environment says:
//
//	CASTAD_CHAOS_POINT=S2/song,W4/video:2   the plan: kills one after the other, each as name[/where][:hit]
//	CASTAD_CHAOS_FILE=plan.log              what has happened, so that a restarted process goes on with the plan
//
// A kill counts its own passages only after the one before it has happened. The
// file has one line for each passage that counted, and one with "killed" and
// the kill's words just before the process dies. A plan that cannot be read is
// a panic: a test that kills nothing must not look like one that survived.
package chaos

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// kill is one entry of the plan.
type kill struct {
	words       string
	name, where string
	hit         int
}

var (
	mu   sync.Mutex
	plan = sync.OnceValue(func() []kill { return parse(os.Getenv("CASTAD_CHAOS_POINT")) })
)

func parse(text string) []kill {
	var kills []kill
	for words := range strings.SplitSeq(text, ",") {
		if words == "" {
			continue
		}
		k := kill{words: words, hit: 1}
		point, hit, counted := strings.Cut(words, ":")
		if counted {
			n, err := strconv.Atoi(hit)
			if err != nil || n < 1 {
				panic(fmt.Sprintf("chaos: CASTAD_CHAOS_POINT: no such hit: %q", words))
			}
			k.hit = n
		}
		k.name, k.where, _ = strings.Cut(point, "/")
		kills = append(kills, k)
	}
	return kills
}

// Point kills the process when the plan's next kill is due here.
func Point(name, where string) {
	if len(plan()) == 0 {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	file := os.Getenv("CASTAD_CHAOS_FILE")
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		panic(fmt.Sprintf("chaos: read CASTAD_CHAOS_FILE: %v", err))
	}
	done, passed := 0, 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "killed ") {
			done, passed = done+1, 0
			continue
		}
		passed++
	}
	if done >= len(plan()) {
		return
	}
	k := plan()[done]
	if k.name != name || (k.where != "" && k.where != where) {
		return
	}
	line := fmt.Sprintf("%s/%s\n", name, where)
	if passed+1 == k.hit {
		line += "killed " + k.words + "\n"
	}
	if err := add(file, line); err != nil {
		panic(fmt.Sprintf("chaos: write CASTAD_CHAOS_FILE: %v", err))
	}
	if passed+1 == k.hit {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func add(file, line string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

// Reader passes the point mid after the first bytes of r, and end when r is
// read to its end.
func Reader(mid, end, where string, r io.Reader) io.Reader {
	return &reader{r: r, mid: mid, end: end, where: where}
}

type reader struct {
	r               io.Reader
	mid, end, where string
	begun           bool
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if n > 0 && !r.begun {
		r.begun = true
		Point(r.mid, r.where)
	}
	if err == io.EOF {
		Point(r.end, r.where)
	}
	return n, err
}
