package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"castad/scripts/localcloud/mariadb"
	"castad/shared/studio/ffmpeg"
)

// TestMain also is the program itself.
func TestMain(m *testing.M) {
	if os.Getenv("CASTAD_TEST_LOCALCLOUD") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "CASTAD_TEST_LOCALCLOUD=1")
	return cmd
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func need(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func TestEveryPartSaysHowItIsStarted(t *testing.T) {
	t.Parallel()
	for name := range parts {
		out, err := program(t, name, "-h").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "-addr") && !strings.Contains(string(out), "-port") {
			t.Errorf("%s -h: %v: %s", name, err, out)
		}
	}
	out, err := program(t, "-h").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "-dir") {
		t.Errorf("-h: %v: %s", err, out)
	}
}

func TestWhatIsNoPartIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"vendors"}, {"-nonsense"}} {
		out, err := program(t, args...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || len(out) == 0 {
			t.Errorf("%v: %v: %s", args, err, out)
		}
	}
}

// The sample's addresses and keys are the ones that the parts take by themselves,
// or that docs/func.md starts them with.
func TestTheSampleNamesThePartsAsTheyAre(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../local.settings.sample.json")
	must(t, err)
	var file struct{ Values map[string]string }
	must(t, json.Unmarshal(raw, &file))
	page, err := os.ReadFile("../../docs/func.md")
	must(t, err)
	for setting, part := range map[string]string{"CASTAD_OPENAI_URL": "studio", "CASTAD_SUNO_URL": "studio", "CASTAD_CREATOMATE_URL": "studio",
		"CASTAD_DOWNLOAD_ORIGINS": "studio", "CASTAD_YOUTUBE_API_URL": "youtube", "CASTAD_INSTAGRAM_GRAPH_URL": "instagram",
		"CASTAD_KAKAO_AUTH_URL": "kakao", "CASTAD_KAKAO_API_URL": "kakao", "CASTAD_KAKAO_LOCAL_URL": "kakao",
		"CASTAD_BLOB": "blob", "CASTAD_SERVICEBUS": "servicebus"} {
		addr := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(file.Values[setting])
		help, err := program(t, part, "-h").CombinedOutput()
		must(t, err)
		if addr == "" || !strings.Contains(string(help), addr) && !strings.Contains(string(page), part+" -addr "+addr) {
			t.Errorf("%s is at %q; neither %s -h nor docs/func.md has it", setting, addr, part)
		}
	}
	if !strings.Contains(string(page), "mariadb -port 3307") || !strings.Contains(file.Values["CASTAD_MYSQL_DSN"], "127.0.0.1:3307") {
		t.Errorf("the database is at %s; docs/func.md starts another", file.Values["CASTAD_MYSQL_DSN"])
	}
}

func TestEveryPartRunsAloneAndPrintsOneLineWhenItIsReady(t *testing.T) {
	t.Parallel()
	app := tinyApp(t)
	for name, args := range map[string][]string{
		"servicebus": {"-addr", "127.0.0.1:0", "-config", "Config.json", "-dir", t.TempDir()},
		"blob":       {"-addr", "127.0.0.1:0", "-dir", t.TempDir()},
		"funchost":   {"-addr", "127.0.0.1:0", "-root", app},
		"studio":     {"-addr", "127.0.0.1:0", "-dir", t.TempDir()},
		"youtube":    {"-addr", "127.0.0.1:0", "-dir", t.TempDir()},
		"instagram":  {"-addr", "127.0.0.1:0", "-dir", t.TempDir()},
		"kakao":      {"-addr", "127.0.0.1:0"},
		"mariadb":    {"-dir", t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			switch name {
			case "mariadb":
				need(t, mariadb.Installed())
			case "studio":
				need(t, ffmpeg.Installed())
			}
			var complaints bytes.Buffer
			cmd := program(t, append([]string{name}, args...)...)
			cmd.Stderr = &complaints
			out, err := cmd.StdoutPipe()
			must(t, err)
			must(t, cmd.Start())
			kill := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
			defer kill.Stop()
			lines := bufio.NewReader(out)
			line, err := lines.ReadString('\n')
			if err != nil || !regexp.MustCompile(`^`+name+` ready on (http://)?127\.0\.0\.1:\d+`).MatchString(line) {
				_ = cmd.Process.Kill()
				t.Fatalf("%q, %v: %s", line, err, &complaints)
			}
			must(t, cmd.Process.Signal(syscall.SIGTERM))
			rest, err := io.ReadAll(lines)
			must(t, err)
			if err := cmd.Wait(); err != nil || len(rest) > 0 {
				t.Errorf("after SIGTERM: %v, and it had also printed %q; %s", err, rest, &complaints)
			}
		})
	}
}

// tinyApp is an app root whose handler is this test binary's neighbour: a
// program that listens and answers 200 to everything.
func tinyApp(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	source := filepath.Join(t.TempDir(), "main.go")
	must(t, os.WriteFile(source, []byte(`package main

import (
	"net/http"
	"os"
)

func main() {
	_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	os.Exit(1)
}
`), 0o644))
	if out, err := exec.Command("go", "build", "-o", filepath.Join(root, "handler"), source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	host, err := os.ReadFile("../../host.json")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(root, "host.json"), host, 0o644))
	must(t, os.Mkdir(filepath.Join(root, "health-live"), 0o755))
	binding, err := os.ReadFile("../../functions/health/live/function.json")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(root, "health-live", "function.json"), binding, 0o644))
	return root
}
