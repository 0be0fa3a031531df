package funchost

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Level is a log level as the host names it.
type Level string

// The levels that occur.
const (
	Debug       Level = "Debug"
	Information Level = "Information"
	Warning     Level = "Warning"
	Error       Level = "Error"
)

// The categories that occur; Function.<name>.User holds the Logs of an answer.
const (
	CategoryConsole = "Host.Function.Console" // the handler's stdout and stderr
	CategoryHost    = "Host"
	CategorySystem  = "Host.System" // console lines that start with LanguageWorkerConsoleLog
)

// Entry is one log record.
type Entry struct {
	Time       time.Time
	Level      Level
	Category   string
	Instance   string
	Invocation string // id, when the record belongs to one
	Message    string
}

// WriterLog returns a log function that passes the handler's own output on as
// it is, and everything else as "funchost: Level: message". Debug records are
// written only when verbose.
func WriterLog(w io.Writer, verbose bool) func(Entry) {
	var mu sync.Mutex
	return func(e Entry) {
		if e.Level == Debug && !verbose {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if e.Category == CategoryConsole {
			fmt.Fprintln(w, e.Message)
			return
		}
		fmt.Fprintf(w, "funchost: %s: %s: %s\n", e.Level, e.Category, e.Message)
	}
}

// stderrLevel is the host's rule for a stderr line. With errorsOnly, the
// default of custom handlers, every line is an error; without, the words tell.
// "warn" means a warning in both.
func stderrLevel(line string, errorsOnly bool) Level {
	text := strings.ToLower(line)
	if strings.Contains(text, "warn") {
		return Warning
	}
	if errorsOnly {
		return Error
	}
	for _, word := range []string{"error", "fail", "severe", "unhandled exception"} {
		if strings.Contains(text, word) {
			return Error
		}
	}
	return Information
}

// systemPrefix marks console lines for the host's own log.
const systemPrefix = "LanguageWorkerConsoleLog"

// longestLine bounds a console line in bytes; a longer one is split.
const longestLine = 64 << 10

// lines is a writer that hands on complete lines.
type lines struct {
	mu   sync.Mutex
	rest []byte
	emit func(string)
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range p {
		if c != '\n' {
			l.rest = append(l.rest, c)
		}
		if c == '\n' || len(l.rest) == longestLine {
			l.flush()
		}
	}
	return len(p), nil
}

// Close hands on an unfinished last line.
func (l *lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.flush()
	}
	return nil
}

func (l *lines) flush() {
	line := strings.TrimSuffix(string(l.rest), "\r")
	l.rest = l.rest[:0]
	l.emit(line)
}
