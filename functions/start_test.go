package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"castad/scripts/localcloud/blobserver"
	"castad/scripts/localcloud/mariadb"
	"castad/shared/blob"
	"castad/shared/guard"
	"castad/shared/pattern"
	"castad/shared/store"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// deployment are settings as stage s1 has them.
func deployment(with map[string]string) map[string]string {
	all := map[string]string{
		"CASTAD_STAGE": "s1", "CASTAD_SERVICEBUS": "", "CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE": "castad.servicebus.windows.net",
		"CASTAD_BLOB": "", "CASTAD_BLOB_ACCOUNT_URL": "https://castad.blob.core.windows.net", "CASTAD_PUBLIC_URL": "https://castad.example",
		"CASTAD_MYSQL_DSN":     "u:p@tcp(db.example:3306)/castad?tls=true",
		"CASTAD_ENVELOPE_KEYS": "e1:ZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWU=", "CASTAD_TOKEN_KEYS": "t1:dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHQ=",
		"CASTAD_MEDIA_KEYS": "m1:bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW0=", "CASTAD_SEAL_VAULT_KEY_URL": "https://castad.vault.azure.net/keys/castad-seal", "CASTAD_SEAL_KEYS": "",
		"CASTAD_OPENAI_URL": "https://llm.example/v1", "CASTAD_SUNO_URL": "https://song.example", "CASTAD_CREATOMATE_URL": "https://film.example",
		"CASTAD_DOWNLOAD_ORIGINS": "https://cdn.example",
		"CASTAD_YOUTUBE_API_URL":  "", "CASTAD_YOUTUBE_TOKEN_URL": "", "CASTAD_YOUTUBE_AUTHORIZE_URL": "", "CASTAD_YOUTUBE_WATCH_URL": "",
		"CASTAD_INSTAGRAM_GRAPH_URL": "", "CASTAD_INSTAGRAM_API_URL": "", "CASTAD_INSTAGRAM_AUTHORIZE_URL": "",
		"CASTAD_APP_URL": "https://app.castad.example", "CASTAD_KAKAO_AUTH_URL": "", "CASTAD_KAKAO_API_URL": "", "CASTAD_KAKAO_LOCAL_URL": "",
	}
	for name, value := range with {
		all[name] = value
	}
	return all
}

func TestABadSettingStopsTheHandlerWithASentence(t *testing.T) {
	t.Parallel()
	staged(t)
	for name, c := range map[string]struct {
		settings map[string]string
		says     string
	}{
		"no port":                           {map[string]string{"FUNCTIONS_CUSTOMHANDLER_PORT": ""}, "FUNCTIONS_CUSTOMHANDLER_PORT is not set: the handler is started by a Functions host"},
		"a port that is none":               {map[string]string{"FUNCTIONS_CUSTOMHANDLER_PORT": "x"}, "it must be a number from 1 to 65535 (FUNCTIONS_CUSTOMHANDLER_PORT)"},
		"no database":                       {map[string]string{"CASTAD_MYSQL_DSN": ""}, "CASTAD_MYSQL_DSN is not set"},
		"a database address that is none":   {map[string]string{"CASTAD_MYSQL_DSN": "mysql://u:hunter2@h/castad"}, "CASTAD_MYSQL_DSN"},
		"an envelope key that is none":      {map[string]string{"CASTAD_ENVELOPE_KEYS": "hunter2"}, "CASTAD_ENVELOPE_KEYS: key 1 is not of the form"},
		"an unknown stage":                  {deployment(map[string]string{"CASTAD_STAGE": "prod"}), `CASTAD_STAGE is "prod"; it must be one of local, s1, s2, s3`},
		"a limit that is none":              {map[string]string{"CASTAD_VENDOR_LIMITS": "suno:generate=many"}, "CASTAD_VENDOR_LIMITS: read rule \"suno:generate=many\""},
		"an unknown table of codes":         {map[string]string{"CASTAD_SUNO_TABLE": "udio"}, `CASTAD_SUNO_TABLE is "udio"; it must be one of sunoapi, kie`},
		"premium without a scale group":     {deployment(map[string]string{"CASTAD_HOST_KIND": "premium"}), "CASTAD_SCALE_GROUP is"},
		"an unencrypted vendor at stage s1": {deployment(map[string]string{"CASTAD_SUNO_URL": "http://song.example"}), "CASTAD_SUNO_URL must use https outside the stage local"},
		"the sample's keys at stage s1":     {deployment(map[string]string{"CASTAD_TOKEN_KEYS": sample(t)["CASTAD_TOKEN_KEYS"]}), `CASTAD_TOKEN_KEYS: key "dev" is the development key`},
		"an unencrypted database at s1":     {deployment(map[string]string{"CASTAD_MYSQL_DSN": "u:hunter2@tcp(db.example:3306)/castad?tls=false"}), "CASTAD_MYSQL_DSN has tls=false; outside the local stage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, c.settings)
			if code := p.code(t); code != 1 {
				t.Errorf("it ended with %d", code)
			}
			said := p.stderr.String()
			if !strings.Contains(said, c.says) {
				t.Errorf("it said %q, not %q", said, c.says)
			}
			if strings.Contains(said, "hunter2") || strings.Contains(said, "goroutine ") {
				t.Errorf("it shows a secret or a stack: %q", said)
			}
			if lines := strings.Split(strings.TrimSpace(said), "\n"); len(lines) > 2 {
				t.Errorf("it said %d lines about one mistake: %q", len(lines), said)
			}
		})
	}
}

// A deployment listens before anything that it needs can be reached.
func TestADeploymentListens(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]map[string]string{
		"on the reference host": nil,
		"as a premium worker":   {"CASTAD_HOST_KIND": "premium", "CASTAD_SCALE_GROUP": "worker"},
		"on flex at s3":         {"CASTAD_HOST_KIND": "flex", "CASTAD_STAGE": "s3", "CASTAD_REDIS_URL": "rediss://:p@redis.example:6380"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := map[string]string{"CASTAD_MYSQL_DSN": "u:p@tcp(127.0.0.1:1)/castad"}
			for k, v := range settings {
				keys[k] = v
			}
			p := launch(t, deployment(keys))
			p.await(t, "/", "", http.StatusNoContent)
			p.await(t, "/api/v1/health/live", "", http.StatusOK)
		})
	}
}

func needDatabase(t testing.TB) {
	t.Helper()
	if err := mariadb.Installed(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func TestADatabaseThatDoesNotFitStopsTheHandlerWithASentence(t *testing.T) {
	t.Parallel()
	_, small := storetest.Own(t, mariadb.Options{MaxConnections: 12})
	for name, c := range map[string]struct{ dsn, says string }{
		"too few connections":               {small.DSN("castad"), "max_connections of the database is 12, but the budget of stage local on reference is"},
		"a wrong password":                  {strings.Replace(small.DSN("castad"), small.Password(), "wrong", 1), "refused the user or the password in the DSN (error 1045)"},
		"a database that is not there":      {small.DSN("castad_absent"), "names a database that does not exist on its server (error 1049)"},
		"a database that is somebody's own": {small.DSN("mysql"), "lacks the rights on the database (error 1044)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, map[string]string{"CASTAD_MYSQL_DSN": c.dsn})
			if code := p.code(t); code != 1 || !strings.Contains(p.stderr.String(), c.says) {
				t.Errorf("it ended with %d and %q, not with 1 and %q", code, p.stderr, c.says)
			}
		})
	}
}

func TestADatabaseThatIsNotThereYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	needDatabase(t)
	// A first life makes the database files and the password.
	o := mariadb.Options{Dir: t.TempDir(), Disposable: true}
	server, err := mariadb.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Port = server.Port()
	dsn := server.DSN("castad")
	must(t, server.Stop())

	p, token := launch(t, map[string]string{"CASTAD_MYSQL_DSN": dsn}), sampleToken(t)
	p.await(t, "/", "", http.StatusNoContent)
	p.await(t, "/api/v1/health/live", "", http.StatusOK)
	unavailable(t, p.await(t, "/api/v1/ads", token, http.StatusServiceUnavailable))
	unavailable(t, p.await(t, "/api/v1/health/ready", "", http.StatusServiceUnavailable))

	server, err = mariadb.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Kill() })
	for !strings.Contains(p.stdout.String(), "the schema is not current") {
		select {
		case <-p.ended:
			t.Fatalf("it ended:\n%s%s", p.stdout, p.stderr)
		case <-time.After(20 * time.Millisecond):
		}
	}
	unavailable(t, p.await(t, "/api/v1/ads", token, http.StatusServiceUnavailable))

	db, err := store.Open(store.Config{DSN: dsn, Stage: "local", Host: "reference"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	p.await(t, "/api/v1/ads", token, http.StatusOK)
	p.await(t, "/api/v1/health/ready", "", http.StatusOK)
	if strings.Count(p.stdout.String(), "waiting for the database") > 20 {
		t.Errorf("it repeats itself while it waits:\n%s", p.stdout)
	}

	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	if code := p.code(t); code != 1 {
		t.Errorf("after SIGTERM it ended with %d: 0 would not be started again", code)
	}
}

// unavailable checks the answer of an app whose database is not ready.
func unavailable(t *testing.T, a answer) {
	t.Helper()
	var p struct {
		Code      string            `json:"code"`
		Message   map[string]string `json:"message"`
		Retryable bool              `json:"retryable"`
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	if p.Code != "castad.unavailable" || p.Message["ko"] == "" || p.Message["en"] == "" || !p.Retryable || a.header.Get("Retry-After") == "" {
		t.Errorf("Retry-After %q, %s", a.header.Get("Retry-After"), a.body)
	}
	if s := string(a.body); strings.Contains(s, "127.0.0.1") || strings.Contains(s, "migrate") {
		t.Errorf("it tells a stranger too much: %s", s)
	}
}

// The first request is what wakes the app up: it is answered, not refused.
func TestTheFirstRequestOfAColdStartIsAnswered(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	p, token := launch(t, map[string]string{"CASTAD_MYSQL_DSN": storetest.DSN(t, db)}), sampleToken(t)
	deadline := time.Now().Add(patience)
	for {
		a, err := p.get("/api/v1/ads", token)
		if err == nil {
			if a.status != http.StatusOK {
				t.Errorf("the first answer: %d %s", a.status, a.body)
			}
			return
		}
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Now().After(deadline) {
			t.Fatalf("%v; the handler wrote:\n%s%s", err, p.stdout, p.stderr)
		}
	}
}

// A developer's blob server may come up late, and empty.
func TestALocalHandlerMakesItsContainer(t *testing.T) {
	t.Parallel()
	addr := "127.0.0.1:" + freePort(t)
	connection := strings.Replace(sample(t)["CASTAD_BLOB"], "127.0.0.1:10000", addr, 1)
	// Nothing listens on port 1: the container is made before the database is there.
	p := launch(t, map[string]string{"CASTAD_BLOB": connection, "CASTAD_MYSQL_DSN": "u:p@tcp(127.0.0.1:1)/castad"})
	p.await(t, "/", "", http.StatusNoContent)
	server, err := blobserver.Start(context.WithoutCancel(t.Context()), blobserver.Options{Addr: addr, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	files, err := blob.Open(blob.Config{ConnectionString: connection, Container: "castad"})
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for {
		err := files.List(t.Context(), "", func(string, int64, time.Time) error { return nil })
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v; the handler wrote:\n%s", err, p.stdout)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestAHandlerWhosePortIsTakenStops(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	p := launchAt(t, port, nil)
	if code := p.code(t); code != 1 || !strings.Contains(p.stderr.String(), "listen on port "+port) {
		t.Errorf("it ended with %d and %q", code, p.stderr)
	}
}

func TestTheRegistryIsPrinted(t *testing.T) {
	t.Parallel()
	p := launch(t, map[string]string{"CASTAD_MYSQL_DSN": "", "FUNCTIONS_CUSTOMHANDLER_PORT": ""}, "-registry")
	if code := p.code(t); code != 0 {
		t.Fatalf("it ended with %d: %s", code, p.stderr)
	}
	var list []struct{ Name, Trigger, Where string }
	if err := json.Unmarshal([]byte(p.stdout.String()), &list); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, f := range list {
		got = append(got, fmt.Sprintf("%s %s %s", f.Name, f.Trigger, f.Where))
	}
	for _, f := range registry(parts{}) {
		want = append(want, fmt.Sprintf("%s %s %s%s%s", f.Name(), f.Kind(), f.Route(), f.Queue(), f.Schedule()))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p := launch(t, nil, "-nonsense"); p.code(t) != 2 {
		t.Errorf("an unknown flag: %d", p.code(t))
	}
}

func TestWhatTheLastCallsFindOutIsWrittenBeforeTheEnd(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer vendor.Close()
	p, token := launch(t, map[string]string{"CASTAD_MYSQL_DSN": storetest.DSN(t, db), "CASTAD_KAKAO_REST_KEY": "key", "CASTAD_KAKAO_LOCAL_URL": vendor.URL}), sampleToken(t)
	p.await(t, "/api/v1/health/ready", "", http.StatusOK)
	told := make(chan error, 1)
	go func() {
		_, err := p.get("/api/v1/places?query=a", token)
		told <- err
	}()
	<-asked
	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	for listening := true; listening; { // it ends as soon as this call has
		_, err := p.get("/api/v1/health/live", "")
		listening = err == nil
	}
	close(answer)
	if err := <-told; err != nil {
		t.Errorf("the call that was under way: %v", err)
	}
	p.code(t)
	breakers, _, err := guard.New(guard.Config{DB: db.Primary()}).Status(t.Context())
	if err != nil || len(breakers) != 1 || breakers[0].Op != "search" || breakers[0].Failures != 1 {
		t.Errorf("%+v, %v; it wrote:\n%s", breakers, err, p.stdout)
	}
}

// The patterns of the product are compiled when they are needed; here all of them are.
func TestEveryPatternIsAnExpression(t *testing.T) {
	t.Parallel()
	all := pattern.Made()
	if len(all) < 50 {
		t.Errorf("there are only %d patterns", len(all))
	}
	for _, p := range all {
		p.MatchString("")
	}
}
