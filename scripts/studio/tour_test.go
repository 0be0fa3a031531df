package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"castad/shared/studio/ffmpeg"
)

// root is the repository's folder; patience bounds a tour: two short films and
// a song are ten seconds of two cores.
const (
	root     = "../.."
	clients  = "clients"
	patience = 5 * time.Minute
)

func need(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func program(name string) error {
	if _, err := exec.LookPath(name); err != nil {
		return errors.New(name + " is not installed: scripts/setup.sh test")
	}
	return nil
}

// studio builds the program, without the race detector under which it would
// compose for minutes, and runs it until the test ends.
func studio(t *testing.T) (address string) {
	t.Helper()
	need(t, ffmpeg.Installed())
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "studio"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := exec.Command(filepath.Join(dir, "studio"), "-addr", "127.0.0.1:0", "-dir", filepath.Join(dir, "data"))
	var log strings.Builder
	run.Stderr = &log
	out, err := run.StdoutPipe()
	must(t, err)
	must(t, run.Start())
	t.Cleanup(func() {
		_ = run.Process.Signal(syscall.SIGTERM)
		if err := run.Wait(); err != nil {
			t.Errorf("after SIGTERM: %v: %s", err, &log)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "studio ready on ")
	if err != nil || !ok {
		t.Fatalf("it printed %q, %v", line, err)
	}
	return address
}

// blocks are the code blocks of docs/studio.md in one language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "studio.md"))
	must(t, err)
	var out []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		out = append(out, m[1])
	}
	if len(out) == 0 {
		t.Fatalf("docs/studio.md has no %s", language)
	}
	return out
}

func TestTheCommandsOfThePageWork(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sh", "curl", "sed", "grep"} {
		need(t, program(name))
	}
	address, home := studio(t), t.TempDir()
	script := strings.Join(blocks(t, "sh"), "\n")
	const told = "STUDIO=http://127.0.0.1:8077\n"
	if strings.Count(script, told) != 1 {
		t.Fatalf("the page does not say %q once", told)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-eu")
	sh.Dir, sh.WaitDelay, sh.Stdin = home, 5*time.Second, strings.NewReader(strings.Replace(script, told, "STUDIO="+address+"\n", 1))
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	for _, want := range []string{`\"facts\":[\"f1\"`, "한빛칼국수", `"status":"succeeded"`, `"metadata":"run_1"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s is missing in what the commands wrote:\n%s", want, out)
		}
	}
	film, err := ffmpeg.Probe(t.Context(), filepath.Join(home, "film.mp4"))
	must(t, err)
	if v := film.Video(); v == nil || v.Width != 360 || v.Height != 640 || v.Seconds < 5.9 || v.Seconds > 6.1 || film.Audio() == nil {
		t.Errorf("the film is %+v", film)
	}
	song, err := ffmpeg.Probe(t.Context(), filepath.Join(home, "song.mp3"))
	must(t, err)
	if song.Seconds < 14.9 || song.Seconds > 15.2 {
		t.Errorf("the song is %+v", song)
	}
	words, err := os.ReadFile(filepath.Join(home, "words.json"))
	if err != nil || !strings.Contains(string(words), `"word":"칼국수 "`) || !strings.Contains(string(words), `"startS":`) {
		t.Errorf("the words are %s, %v", words, err)
	}
	second, err := os.ReadFile(filepath.Join(home, "second.json"))
	if err != nil || !strings.Contains(string(second), `"status":"succeeded"`) || !strings.Contains(string(second), `"width":180`) {
		t.Errorf("the second film is %s, %v", second, err)
	}
}

// node runs a module in the folder where the clients are installed.
func node(t *testing.T, module string, env ...string) string {
	t.Helper()
	need(t, program("node"))
	if _, err := os.Stat(filepath.Join(clients, "node_modules", "creatomate")); err != nil {
		need(t, errors.New("the Node clients are not installed: scripts/setup.sh test"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	run := exec.CommandContext(ctx, "node", "--input-type=module")
	run.Dir, run.WaitDelay, run.Stdin = clients, 5*time.Second, strings.NewReader(module)
	run.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return string(out)
}

func TestTheVendorsNodeClientsWork(t *testing.T) {
	t.Parallel()
	address := studio(t)
	modules := blocks(t, "js")
	if len(modules) != 2 {
		t.Fatalf("the page has %d modules", len(modules))
	}
	if out := node(t, modules[0], "STUDIO="+address); !strings.Contains(out, "[Hook]") || !strings.Contains(out, "Hanbit Noodles") {
		t.Errorf("openai wrote:\n%s", out)
	}
	const line = "client.httpClient.defaults.baseURL = process.env.STUDIO + '/v1';\n"
	if strings.Count(modules[1], line) != 1 {
		t.Fatal("the page does not give the client another address")
	}
	made := regexp.MustCompile(`^succeeded ` + regexp.QuoteMeta(address) + `/files/renders/[0-9a-f-]{36}\.mp4 360 run_2 \n$`)
	if out := node(t, modules[1], "STUDIO="+address); !made.MatchString(out) {
		t.Errorf("creatomate wrote:\n%s", out)
	}
	// The same, with the client as it is: its environment leads it here.
	proxy, authority := standIn(t, "api.creatomate.com", address)
	if out := node(t, strings.Replace(modules[1], line, "", 1), "HTTPS_PROXY="+proxy, "NODE_EXTRA_CA_CERTS="+authority); !made.MatchString(out) {
		t.Errorf("creatomate, led by its environment, wrote:\n%s", out)
	}
}

// standIn is an HTTP proxy that answers CONNECT for one host itself, with a
// certificate of an authority of its own, and passes requests on to target.
func standIn(t *testing.T, host, target string) (proxy, authority string) {
	t.Helper()
	certificate, root := certify(t, host)
	authority = filepath.Join(t.TempDir(), "authority.pem")
	must(t, os.WriteFile(authority, root, 0o600))
	to, err := url.Parse(target)
	must(t, err)
	inner := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(to))
	inner.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	inner.StartTLS()
	t.Cleanup(inner.Close)
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != host+":443" {
			http.Error(w, "only "+host+" is answered here", http.StatusForbidden)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		back, err := net.Dial("tcp", inner.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer back.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		done := make(chan struct{})
		go func() { defer close(done); _, _ = io.Copy(back, conn); _ = back.(*net.TCPConn).CloseWrite() }()
		_, _ = io.Copy(conn, back)
		_ = conn.Close()
		<-done
	}))
	t.Cleanup(outer.Close)
	return outer.URL, authority
}

// certify makes an authority and a certificate of it for a host.
func certify(t *testing.T, host string) (tls.Certificate, []byte) {
	t.Helper()
	parent := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test's authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: parent.NotBefore, NotAfter: parent.NotAfter}
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	root, err := x509.CreateCertificate(rand.Reader, parent, parent, &authority.PublicKey, authority)
	must(t, err)
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, &key.PublicKey, authority)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
}
