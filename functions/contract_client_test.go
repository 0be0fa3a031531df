package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"castad/shared/config"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/provider/kakao/kakaotest"
	"castad/shared/provider/providertest"
)

const contractClients = "contract/clients"

// clientTool runs a program of the clients' node_modules in a folder.
func clientTool(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, name, args...)
	run.Dir, run.WaitDelay = dir, 5*time.Second
	run.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "REDOCLY_TELEMETRY=off", "NO_COLOR=1"}, env...)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// clientsInstalled returns where node's programs are; without them the test is skipped, in CI it fails.
func clientsInstalled(t *testing.T) (dir string) {
	t.Helper()
	dir, err := filepath.Abs(contractClients)
	must(t, err)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".bin", "redocly")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("the Node programs are not installed: scripts/setup.sh test")
	}
	return dir
}

func TestTheContractPassesItsJudges(t *testing.T) {
	t.Parallel()
	dir := clientsInstalled(t)
	document, err := filepath.Abs(contractFile)
	must(t, err)
	if out := clientTool(t, dir, nil, "node", "judge.mjs", document); !strings.Contains(out, "openapi 3.1.0") {
		t.Errorf("swagger-parser says %s", out)
	}
	if out := clientTool(t, dir, nil, filepath.Join(dir, "node_modules/.bin/redocly"), "lint", "--config", "redocly.yaml", document); !strings.Contains(out, "is valid") {
		t.Errorf("redocly says %s", out)
	}
}

// A client that is generated from the document calls everything that is in it.
func TestAGeneratedClientCallsEveryOperation(t *testing.T) {
	t.Parallel()
	dir := clientsInstalled(t)
	work := t.TempDir()
	for _, name := range []string{"api.ts", "client.ts", "others.ts", "tsconfig.json", "package.json"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(work, name), text, 0o600))
	}
	must(t, os.Symlink(filepath.Join(dir, "node_modules"), filepath.Join(work, "node_modules")))
	document, err := filepath.Abs(contractFile)
	must(t, err)
	bin := filepath.Join(dir, "node_modules/.bin")
	clientTool(t, work, nil, filepath.Join(bin, "openapi-typescript"), document, "-o", "schema.d.ts")
	clientTool(t, work, nil, filepath.Join(bin, "tsc"), "-p", ".")

	k := startKakao(t)
	b := newBench(t, withKakao(k), func(c *config.Config) { c.YouTubeMayDelete = true })
	b.contract.shown = map[string]string{}
	b.trouble()
	_, operator := b.operator()
	photo, err := filepath.Abs("../docs/sample/photos")
	must(t, err)
	photos, err := filepath.Glob(photo + "/*.jpg")
	must(t, err)
	out := clientTool(t, work, []string{"API=" + b.url + "/api/v1", "TOKEN=" + b.token, "PHOTO=" + photos[0],
		"NONCE=" + clientNonce, "ID_TOKEN=" + k.IDToken(kakaotest.User{ID: 9007199254740992}, nativeKey, clientNonce),
		"MUSIC=" + b.music.URL, "RENDERER=" + b.renderer.URL, "INSTAGRAM=" + b.instagram.URL, "ADMIN_TOKEN=" + operator, "SOMEBODY=" + b.user("somebody", identity.RoleOwner).User.String()}, "node", "client.js")
	c, err := committed()
	must(t, err)
	all := 0
	for path, methods := range c.paths {
		for method, o := range methods {
			all++
			if statuses := b.contract.statuses(o.ID); len(statuses) == 0 {
				t.Errorf("%s %s was not called", method, path)
			} else if statuses[0] > 399 {
				t.Errorf("%s %s never went well: %v", method, path, statuses)
			}
		}
	}
	if want := fmt.Sprintf("%d of %d operations called", all, all); !strings.Contains(out, want) {
		t.Errorf("the client says %q, not %q", out, want)
	}
	if *update {
		b.contract.writeExamples()
	}
}

// trouble is what the client finds: a message that was given up, and a reel that is lost,
// about which the channel says nothing afterwards.
func (b *bench) trouble() {
	b.t.Helper()
	raw, err := b.app.seal("song-generate", "m1", fmt.Appendf(nil, `{"run":%q,"step":3}`, id.New[id.Run](time.Now())), time.Now())
	must(b.t, err)
	must(b.t, b.parts.outbox.Bury(b.t.Context(), "song-generate", "m1", "MaxDeliveryCountExceeded", raw))
	b.instagram.Next(providertest.Fault{Op: "publish", Kind: providertest.DropBefore})
	go func() {
		for b.instagram.Asked("publish") == 0 && b.t.Context().Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		b.instagram.Next(providertest.Fault{Op: "status", Kind: providertest.Status, Status: 503, Times: 1_000_000})
	}()
}

// clientNonce is of the client's sign-in as an app.
const clientNonce = "b2ZmIHRvIHRoZSBub29kbGVz"

// statuses are what an operation has answered, sorted.
func (w *watcher) statuses(id string) []int {
	w.seenMu.Lock()
	defer w.seenMu.Unlock()
	return slices.Sorted(maps.Keys(w.seen[id]))
}
