package film

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"castad/shared/studio/ffmpeg"
)

// Limits of what a script's sources may be.
const (
	maxPhotoBytes  = 25 << 20  // the product's limit for a photo
	maxAudioBytes  = 50 << 20  // three minutes of WAV are 32 MB
	maxSourceBytes = 300 << 20 // of all sources of one film
	maxSources     = 60
	maxRedirects   = 3
	fetchLimit     = 60 * time.Second // of one source
	maxAudioLength = 20 * 60.0        // seconds of one audio file
)

// userError is an error whose text is safe and useful to the caller: it
// becomes error_message. Every other error is logged and told in general words.
type userError struct{ text string }

func (e *userError) Error() string { return e.text }

func userf(format string, args ...any) error { return &userError{fmt.Sprintf(format, args...)} }

// AllowLocal is a FetchAllow for one machine: plain http to a loopback address
// on any port, https to port 443 elsewhere. FetchNetworks must name the
// loopback networks too.
func AllowLocal(u *url.URL) error {
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); u.Scheme == "http" && (host == "localhost" || err == nil && ip.Unmap().IsLoopback()) {
		return nil
	}
	return allowHTTPS(u)
}

// Loopback are the networks of this machine itself, for Config.FetchNetworks.
func Loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func allowHTTPS(u *url.URL) error {
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return errors.New("is not https on port 443")
	}
	return nil
}

// special are networks that look global and are not: they reach the machine
// itself, its neighbours or the cloud's own services.
var special = func() (out []netip.Prefix) {
	for _, s := range []string{"0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
		"2002::/16", "fc00::/7", "fec0::/10"} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

func allowedIP(ip netip.Addr, networks []netip.Prefix) bool {
	ip = ip.Unmap().WithZone("")
	for _, n := range networks {
		if n.Contains(ip) {
			return true
		}
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, n := range special {
		if n.Contains(ip) {
			return false
		}
	}
	return true
}

// newClient returns a client that asks allow before every request and checks
// the address that is really dialled, so a DNS answer that changes between
// check and use gains nothing.
func newClient(allow func(*url.URL) error, networks []netip.Prefix) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !allowedIP(ap.Addr(), networks) {
			return errForbidden
		}
		return nil
	}}
	return &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, Proxy: nil, TLSHandshakeTimeout: 10 * time.Second,
			ResponseHeaderTimeout: 30 * time.Second, MaxResponseHeaderBytes: 32 << 10, DisableCompression: true, MaxIdleConnsPerHost: 2,
			IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return userf("redirects more than %d times", maxRedirects)
			}
			if err := checkURL(r.URL, allow); err != nil {
				return err
			}
			return nil
		},
	}
}

var errForbidden = errors.New("the address is not allowed")

func checkURL(u *url.URL, allow func(*url.URL) error) error {
	if u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return userf("is not an http or https address without a user name")
	}
	if err := allow(u); err != nil {
		return userf("is not allowed: the address %v", err)
	}
	return nil
}

// wanted is a source that a script names.
type wanted struct {
	url   string
	path  string // of the first element that names it
	audio bool
}

// sources lists what the script needs, each once.
func (s *script) sources(p *problems) []wanted {
	var out []wanted
	audio := map[string]bool{}
	var walk func([]element)
	walk = func(list []element) {
		for i := range list {
			e := &list[i]
			before, seen := audio[e.source]
			switch {
			case e.source == "":
			case !seen:
				audio[e.source] = e.kind == kindAudio
				out = append(out, wanted{e.source, e.path + ".source", e.kind == kindAudio})
			case before != (e.kind == kindAudio):
				p.errorf(e.path+".source", "is used as a picture and as sound")
			}
			walk(e.children)
		}
	}
	walk(s.elements)
	if len(out) > maxSources {
		p.errorf("elements", "more than %d different sources", maxSources)
	}
	return out
}

// checkSources finds sources that can never be fetched.
func (s *Server) checkSources(list []wanted, p *problems) {
	for _, w := range list {
		u, err := url.Parse(w.url)
		if err == nil {
			err = checkURL(u, s.allow)
		} else {
			err = errors.New("is not an address")
		}
		if err != nil {
			p.errorf(w.path, "%v", err)
		}
	}
}

// fetchAll fetches the sources into dir.
func (s *Server) fetchAll(ctx context.Context, list []wanted, dir string) (map[string]source, error) {
	files := map[string]source{}
	var total int64
	for i, w := range list {
		path := filepath.Join(dir, fmt.Sprintf("source-%d", i))
		n, err := s.fetch(ctx, w, path, min(limitOf(w), maxSourceBytes-total))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.path, err)
		}
		total += n
		f, err := inspect(ctx, w, path)
		if err != nil {
			return nil, err
		}
		files[w.url] = f
	}
	return files, nil
}

func limitOf(w wanted) int64 {
	if w.audio {
		return maxAudioBytes
	}
	return maxPhotoBytes
}

// inspect checks that a fetched file is what its element needs.
func inspect(ctx context.Context, w wanted, path string) (source, error) {
	f := source{path: path}
	if !w.audio {
		return f, nil // decodePhoto looks at its bytes
	}
	m, err := ffmpeg.Probe(ctx, path)
	switch {
	case errors.Is(err, ffmpeg.ErrFormat):
		return f, userf("%s: is not an MP3, WAV, M4A, AAC, FLAC or Ogg file", w.path)
	case errors.Is(err, ffmpeg.ErrMissing), ctx.Err() != nil:
		return f, err
	case err != nil || m.Audio() == nil || m.Seconds <= 0:
		return f, userf("%s: has no sound that can be read", w.path)
	case m.Seconds > maxAudioLength:
		return f, userf("%s: lasts %.0f s; the limit is %.0f s", w.path, m.Seconds, maxAudioLength)
	}
	f.seconds = m.Seconds
	return f, nil
}

// fetchTries is how often a source is asked for when its server is in trouble.
const fetchTries = 3

func (s *Server) fetch(ctx context.Context, w wanted, path string, limit int64) (n int64, err error) {
	for try := range fetchTries {
		if err := wait(ctx, time.Duration(try)*s.config.RetryDelay); err != nil {
			return 0, err
		}
		var again bool
		if n, again, err = s.fetchOnce(ctx, w, path, limit); err == nil || !again {
			return n, err
		}
	}
	return 0, err
}

// fetchOnce downloads one source; again says whether another try may help.
func (s *Server) fetchOnce(ctx context.Context, w wanted, path string, limit int64) (n int64, again bool, err error) {
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	u, err := url.Parse(w.url)
	if err != nil {
		return 0, false, userf("is not an address")
	}
	if err := checkURL(u, s.allow); err != nil {
		return 0, false, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, nil)
	if err != nil {
		return 0, false, userf("is not an address")
	}
	res, err := s.client.Do(req)
	if err != nil {
		var user *userError
		switch {
		case parent.Err() != nil:
			return 0, false, parent.Err()
		case errors.As(err, &user):
			return 0, false, user
		case errors.Is(err, errForbidden):
			return 0, false, userf("is not allowed: it leads into a network that is not public")
		}
		return 0, true, userf("cannot be reached")
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests, userf("cannot be fetched: its server answered %d", res.StatusCode)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, false, fmt.Errorf("create source file: %w", err)
	}
	n, err = io.Copy(f, io.LimitReader(res.Body, limit+1))
	if e := f.Close(); err == nil && e != nil {
		return 0, false, fmt.Errorf("write source file: %w", e)
	}
	switch {
	case parent.Err() != nil:
		return 0, false, parent.Err()
	case err != nil && errors.Is(err, syscall.ENOSPC):
		return 0, false, fmt.Errorf("write source file: %w", err)
	case err != nil:
		return 0, true, userf("broke off while it was fetched")
	case n > limit:
		return 0, false, userf("is larger than %d MB", limit>>20)
	case n == 0:
		return 0, false, userf("is empty")
	}
	return n, false, nil
}

// wait waits for d, or for the context.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
