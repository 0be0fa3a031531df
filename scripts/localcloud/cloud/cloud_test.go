package cloud_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"castad/scripts/localcloud/cloud"
	"castad/scripts/localcloud/funchost"
	"castad/scripts/localcloud/mariadb"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
	"castad/shared/studio/ffmpeg"

	"github.com/google/go-cmp/cmp"
)

const (
	root = "../../.."
	// patience bounds what should take seconds, on a machine that may be very busy.
	patience = 2 * time.Minute
)

func need(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start starts a cloud that ends with the test.
func start(t *testing.T, o cloud.Options) *cloud.Cloud {
	t.Helper()
	need(t, mariadb.Installed())
	need(t, ffmpeg.Installed())
	o.Root = root
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := cloud.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// client calls the API of a cloud as one owner.
type client struct {
	t     *testing.T
	url   string
	token string
}

func newClient(t *testing.T, c *cloud.Cloud) client {
	t.Helper()
	return client{t, c.URL() + "/api/v1", signIn(t, c.Setting("CASTAD_TOKEN_KEYS"))}
}

// tokenOf signs in with the keys of a local.settings.json.
func tokenOf(t *testing.T, settings []byte) string {
	t.Helper()
	var file struct{ Values map[string]string }
	must(t, json.Unmarshal(settings, &file))
	return signIn(t, file.Values["CASTAD_TOKEN_KEYS"])
}

func signIn(t *testing.T, ring string) string {
	t.Helper()
	keys, err := identity.ParseKeys(ring)
	must(t, err)
	issuer, err := identity.NewIssuer(keys, identity.DefaultIssuer, identity.DefaultAudience, time.Now)
	must(t, err)
	token, err := issuer.Issue(identity.Principal{Tenant: id.New[id.Tenant](time.Now()), User: id.New[id.User](time.Now()), Role: identity.RoleOwner}, time.Hour)
	must(t, err)
	return token
}

func (c client) send(method, path, contentType string, body io.Reader) (int, []byte) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, body)
	must(c.t, err)
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Idempotency-Key", "key-"+path)
	}
	a, err := http.DefaultClient.Do(r)
	must(c.t, err)
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	must(c.t, err)
	return a.StatusCode, text
}

// post sends JSON that must be taken and returns the id of what was made.
func (c client) post(path, body string) string {
	c.t.Helper()
	status, text := c.send(http.MethodPost, path, "application/json", strings.NewReader(body))
	var made struct{ ID string }
	if err := json.Unmarshal(text, &made); err != nil || status/100 != 2 || made.ID == "" {
		c.t.Fatalf("POST %s: %d %s", path, status, text)
	}
	return made.ID
}

func (c client) place() string {
	c.t.Helper()
	place := c.post("/places", `{"name":"달빛국수","area":"을지로","menu":[{"name":"칼국수","won":9000}]}`)
	photo, err := os.ReadFile(root + "/docs/sample/photos/1-front.jpg")
	must(c.t, err)
	if status, text := c.send(http.MethodPost, "/places/"+place+"/photos", "image/jpeg", bytes.NewReader(photo)); status != http.StatusCreated {
		c.t.Fatalf("photo: %d %s", status, text)
	}
	return place
}

// await asks until ok, at most for patience.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("no %s after %v", what, patience)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// kept is the cloud's state file.
func kept(t *testing.T, dir string) (s struct {
	Ports   map[string]int
	Secrets map[string]string
}) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "state.json"))
	must(t, err)
	must(t, json.Unmarshal(raw, &s))
	return s
}

func TestACloudKeepsWhatItHasFromLifeToLife(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := start(t, cloud.Options{Dir: dir})
	api := newClient(t, c)
	if status, text := api.send(http.MethodGet, "/health/ready", "", nil); status != http.StatusOK {
		t.Errorf("health: %d %s", status, text)
	}
	if status, _ := (client{t: t, url: api.url}).send(http.MethodGet, "/ads", "", nil); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	place := api.place()
	tooLarge(t, c, api, place, dir)
	settingsAreWhatFuncReads(t, c, filepath.Join(dir, "app"))
	aSecondCloudIsRefused(t, c, dir)
	before := kept(t, dir)
	must(t, c.Close())
	if status, err := http.Get(c.URL()); err == nil {
		t.Errorf("it still answers after Close: %v", status)
	}

	// The second life has two instances, and makes an ad.
	c = start(t, cloud.Options{Dir: dir, Instances: 2})
	if diff := cmp.Diff(before, kept(t, dir)); diff != "" {
		t.Errorf("ports or keys have changed (-before +after):\n%s", diff)
	}
	api.url = c.URL() + "/api/v1"
	if status, text := api.send(http.MethodGet, "/places/"+place, "", nil); status != http.StatusOK || !strings.Contains(string(text), "달빛국수") {
		t.Errorf("the place after a restart: %d %s", status, text)
	}
	bothInstancesServe(t, c, api)
	collects(t, api, api.post("/ads", fmt.Sprintf(`{"place":%q,"publish":"none"}`, place)))
	crashesAreSurvived(t, c, api)
}

// tooLarge: what is above the host's own limit is refused and leaves nothing.
func tooLarge(t *testing.T, c *cloud.Cloud, api client, place, dir string) {
	t.Helper()
	before := contents(t, c, dir)
	for name, announced := range map[string]bool{"announced": true, "without a length": false} {
		if status := upload(t, c, api, "/places/"+place+"/photos", announced); status != http.StatusRequestEntityTooLarge {
			t.Errorf("a photo of 101 MB, %s: %d", name, status)
		}
	}
	if diff := cmp.Diff(before, contents(t, c, dir)); diff != "" {
		t.Errorf("a refused photo left something (-before +after):\n%s", diff)
	}
}

// upload sends 101 MB and reads the answer while it sends: it may come, and the
// connection be closed, long before the end, which net/http's client takes for
// an error.
func upload(t *testing.T, c *cloud.Cloud, api client, path string, announced bool) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.URL(), "http://"))
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.url+path, io.LimitReader(zeros{}, 101<<20))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+api.token)
	r.Header.Set("Content-Type", "image/jpeg")
	if announced {
		r.ContentLength = 101 << 20
	}
	go func() { _ = r.Write(conn) }() // ends with the connection
	a, err := http.ReadResponse(bufio.NewReader(conn), r)
	must(t, err)
	return a.StatusCode
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// contents counts the photos in the database and lists the blob server's files.
func contents(t *testing.T, c *cloud.Cloud, dir string) map[string]int64 {
	t.Helper()
	db, err := store.Open(store.Config{DSN: c.DSN(), Stage: "local", Host: "reference"})
	must(t, err)
	defer db.Close()
	all := map[string]int64{}
	all["photos"], err = store.One(t.Context(), db.Primary(), `SELECT COUNT(*) FROM place_photos`, func(n *int64) []any { return []any{n} })
	must(t, err)
	must(t, filepath.WalkDir(filepath.Join(dir, "blob"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		all[path] = info.Size()
		return err
	}))
	return all
}

// settingsAreWhatFuncReads: the file has Core Tools' form and starts the same app.
func settingsAreWhatFuncReads(t *testing.T, c *cloud.Cloud, app string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(app, "local.settings.json"))
	must(t, err)
	var file struct {
		IsEncrypted *bool
		Values      map[string]string
		Host        struct {
			LocalHttpPort int
		}
	}
	strict := json.NewDecoder(bytes.NewReader(raw))
	strict.DisallowUnknownFields()
	must(t, strict.Decode(&file))
	if file.IsEncrypted == nil || *file.IsEncrypted || !strings.HasSuffix(c.URL(), fmt.Sprint(":", file.Host.LocalHttpPort)) {
		t.Errorf("IsEncrypted %v, port %d at %s", file.IsEncrypted, file.Host.LocalHttpPort, c.URL())
	}
	for _, name := range []string{"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "CASTAD_SERVICEBUS", "CASTAD_MYSQL_DSN", "CASTAD_TOKEN_KEYS"} {
		if file.Values[name] == "" || file.Values[name] != c.Setting(name) {
			t.Errorf("%s is %q in the file, %q in the app", name, file.Values[name], c.Setting(name))
		}
	}
	if info, err := os.Stat(filepath.Join(app, "local.settings.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the keys: %v %v", info.Mode(), err)
	}
	if problems := funchost.Check(app); len(problems) > 0 {
		t.Errorf("the staged app: %v", problems)
	}
	// Every name in the file is a setting of the sample.
	sample := struct{ Values map[string]string }{}
	raw, err = os.ReadFile(root + "/local.settings.sample.json")
	must(t, err)
	must(t, json.Unmarshal(raw, &sample))
	for name := range maps.Keys(file.Values) {
		if _, ok := sample.Values[name]; !ok {
			t.Errorf("%s is no setting of CastAD", name)
		}
	}
}

// aSecondCloudIsRefused: whatever it would share with the first one, it has not
// written anything when it finds out.
func aSecondCloudIsRefused(t *testing.T, c *cloud.Cloud, dir string) {
	t.Helper()
	settings := filepath.Join(c.App(), "local.settings.json")
	before := kept(t, dir)
	app, err := os.ReadFile(settings)
	must(t, err)
	for _, row := range []struct {
		shares string
		o      cloud.Options
		says   string
	}{
		{"the data", cloud.Options{Dir: dir}, "another local cloud is running on the data folder " + dir + ":"},
		{"the app", cloud.Options{Dir: t.TempDir(), App: c.App()}, "another local cloud is running on the folder of the app " + c.App() + ":"},
		{"the address", cloud.Options{Dir: t.TempDir(), Addr: strings.TrimPrefix(c.URL(), "http://")}, "listen on the public address: "},
	} {
		row.o.Root = root
		second, err := cloud.Start(t.Context(), row.o)
		if err == nil {
			_ = second.Close()
		}
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("a second cloud that shares %s: %v", row.shares, err)
		}
		if diff := cmp.Diff(before, kept(t, dir)); diff != "" {
			t.Errorf("one that shares %s changed the first one's state:\n%s", row.shares, diff)
		}
		if now, err := os.ReadFile(settings); err != nil || !bytes.Equal(now, app) {
			t.Errorf("one that shares %s changed the first one's settings: %v", row.shares, err)
		}
	}
}

func bothInstancesServe(t *testing.T, c *cloud.Cloud, api client) {
	t.Helper()
	await(t, "second instance", func() bool {
		status, text := api.send(http.MethodGet, "/ads", "", nil)
		if status != http.StatusOK {
			t.Fatalf("GET /ads: %d %s", status, text)
		}
		served := 0
		for _, h := range c.Hosts().Hosts() {
			if h.Stats().Functions["ad-list"].Invocations > 0 {
				served++
			}
		}
		return served == 2
	})
}

// collects waits until the ad's first step is done: a message went through the queue.
func collects(t *testing.T, api client, ad string) {
	t.Helper()
	await(t, "collected place", func() bool {
		status, text := api.send(http.MethodGet, "/ads/"+ad, "", nil)
		var a struct {
			State string
			Steps []struct{ Kind, State string }
		}
		if err := json.Unmarshal(text, &a); err != nil || status != http.StatusOK || a.State == "failed" {
			t.Fatalf("the ad: %d %s", status, text)
		}
		return len(a.Steps) > 0 && a.Steps[0].Kind == "place" && a.Steps[0].State == "succeeded"
	})
}

// crashesAreSurvived kills one instance's handler until its host gives up: the
// platform starts another host behind the same address.
func crashesAreSurvived(t *testing.T, c *cloud.Cloud, api client) {
	t.Helper()
	victim := c.Hosts().Hosts()[0]
	await(t, "end of the host", func() bool {
		victim.KillHandler()
		return c.Hosts().Deaths() > 0
	})
	await(t, "new host", func() bool {
		hosts := c.Hosts().Hosts()
		for _, h := range hosts {
			if s := h.Stats(); h == victim || s.State != funchost.Running || s.PID == 0 {
				return false
			}
		}
		return len(hosts) == 2
	})
	if status, text := api.send(http.MethodGet, "/health/ready", "", nil); status != http.StatusOK {
		t.Errorf("after the crashes: %d %s", status, text)
	}
}
