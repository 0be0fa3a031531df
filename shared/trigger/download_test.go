package trigger

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// making is a function whose download is made by write, behind a real connection.
func making(t *testing.T, name string, write func(io.Writer) error) (*bench, *httptest.Server) {
	t.Helper()
	b := set(t, nil, Public("archive-export", httpJSON("v1/export", "get"), quick, func(context.Context, struct{}) (Download, error) {
		return Download{Type: "application/zip", Name: name, Write: write}, nil
	}))
	server := httptest.NewServer(b.Handler())
	t.Cleanup(server.Close)
	return b, server
}

// fetch asks for the download as a client does that would like a part of it.
func fetch(t *testing.T, server *httptest.Server) (*http.Response, []byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", "bytes=0-1")
	a, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	return a, body, err
}

func TestADownloadIsWholeOrBrokenOffOrAProblem(t *testing.T) {
	t.Parallel()
	large := bytes.Repeat([]byte("0123456789abcdef"), 64<<10) // a megabyte: more than any buffer on the way
	for name, row := range map[string]struct {
		file   string
		write  func(io.Writer) error
		status int
		body   string
		cut    bool
		code   string
		level  string
	}{
		"whole, and no part of it":      {"a.zip", func(w io.Writer) error { _, err := w.Write(large); return err }, 200, string(large), false, "ok", "INFO"},
		"empty":                         {"a.zip", func(io.Writer) error { return nil }, 200, "", false, "ok", "INFO"},
		"refused before its first byte": {"a.zip", func(io.Writer) error { return errors.New("canary") }, 500, "castad.internal", false, "castad.internal", "ERROR"},
		"broken off in the middle": {"a.zip", func(w io.Writer) error {
			_, err := w.Write(large)
			return errors.Join(err, errors.New("blob: canary"))
		}, 200, "", true, "castad.internal", "ERROR"},
		"a panic in the middle": {"a.zip", func(w io.Writer) error {
			_, _ = w.Write(large)
			panic("canary")
		}, 200, "", true, "castad.internal", "ERROR"},
		"without a name": {"", func(w io.Writer) error { _, err := w.Write(large); return err }, 500, "castad.internal", false, "castad.internal", "ERROR"},
	} {
		b, server := making(t, row.file, row.write)
		a, body, err := fetch(t, server)
		server.Close() // the log line is written
		if a.StatusCode != row.status || (err != nil) != row.cut || row.cut && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %d, %d bytes, %v", name, a.StatusCode, len(body), err)
		}
		if !row.cut && (row.status == 200 && string(body) != row.body || !strings.Contains(string(body), row.body)) || strings.Contains(string(body), "canary") {
			t.Errorf("%s: %d bytes, %.200s", name, len(body), body)
		}
		said := a.Header.Get("Content-Type") + " " + a.Header.Get("Content-Disposition") + " " + a.Header.Get("Cache-Control") + a.Header.Get("Accept-Ranges")
		if want := "application/zip attachment; filename=a.zip no-store"; (said == want) != (row.status == 200) {
			t.Errorf("%s: %s", name, said)
		}
		if lines := b.lines(t); len(lines) != 1 || lines[0]["code"] != row.code || lines[0]["level"] != row.level {
			t.Errorf("%s: logged %v", name, lines)
		}
	}
}

// A client that goes away in the middle is no failure of ours, and what makes the
// download for it stops.
func TestADownloadEndsWhenItsClientIsGone(t *testing.T) {
	t.Parallel()
	stopped := make(chan error, 1)
	b, server := making(t, "a.zip", func(w io.Writer) (err error) {
		piece := make([]byte, 64<<10)
		for err == nil {
			_, err = w.Write(piece)
		}
		stopped <- err
		return err
	})
	a, err := server.Client().Get(server.URL + "/api/v1/export")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(a.Body, make([]byte, 1000)); err != nil {
		t.Error(err)
	}
	_ = a.Body.Close() // cuts the connection: the rest is not read
	if <-stopped == nil {
		t.Error("it went on")
	}
	server.Close()
	if lines := b.lines(t); len(lines) != 1 || lines[0]["code"] != "client.gone" || lines[0]["level"] != "INFO" {
		t.Errorf("logged %v", lines)
	}
}
