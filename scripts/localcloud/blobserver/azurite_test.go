package blobserver_test

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

var listening = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// startAzurite runs the referee with a random account key on a free port. The
// pinned version (azurite/package.json) is the newest that runs on Node 20; it
// knows API versions up to 2025-11-05, so the check of the version is off.
// Telemetry is off: tests talk to this machine only.
func startAzurite(t *testing.T) endpoint {
	t.Helper()
	const main = "azurite/node_modules/azurite/dist/src/blob/main.js"
	node, lookErr := exec.LookPath("node")
	_, statErr := os.Stat(main)
	if lookErr != nil || statErr != nil {
		const why = "Azurite is not installed (npm ci in scripts/localcloud/blobserver/azurite, Node 20 or newer): the contract ran against the local server only"
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	var raw [64]byte
	_, _ = rand.Read(raw[:])
	key := base64.StdEncoding.EncodeToString(raw[:])
	abs, err := filepath.Abs(main)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, abs, "--silent", "--disableTelemetry", "--skipApiVersionCheck",
		"--location", t.TempDir(), "--blobHost", "127.0.0.1", "--blobPort", "0")
	cmd.Env = append(os.Environ(), "AZURITE_ACCOUNTS=devstoreaccount1:"+key)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ready := make(chan string, 1)
	go func() {
		defer close(ready)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if url := listening.FindString(lines.Text()); url != "" {
				ready <- url
			}
		}
	}()
	select {
	case url, ok := <-ready:
		if !ok {
			t.Fatal("Azurite ended before it was ready")
		}
		return endpoint{url + "/devstoreaccount1", "devstoreaccount1", key}
	case <-time.After(time.Minute):
		t.Fatal("Azurite was not ready within a minute")
		return endpoint{}
	}
}
