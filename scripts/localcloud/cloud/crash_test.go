package cloud_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"castad/scripts/localcloud/cloud"
	"castad/scripts/localcloud/mariadb"
	"castad/shared/studio/ffmpeg"

	"github.com/google/go-cmp/cmp"
)

// TestMain also is the cloud that the crash test kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CASTAD_TEST_CLOUD"); dir != "" {
		c, err := cloud.Start(context.Background(), cloud.Options{Dir: dir, Root: root})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(c.URL())
		fmt.Println(c.Wait()) // until it is killed
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestAKilledCloudStartsAgainWhereItWas(t *testing.T) {
	t.Parallel()
	need(t, mariadb.Installed())
	need(t, ffmpeg.Installed())
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "CASTAD_TEST_CLOUD="+dir)
	out, err := child.StdoutPipe()
	must(t, err)
	child.Stderr = os.Stderr
	must(t, child.Start())
	t.Cleanup(func() { _ = child.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http://") {
		t.Fatalf("the cloud said %q, %v", line, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "app", "local.settings.json"))
	must(t, err)
	before := kept(t, dir)
	url := strings.TrimSpace(line)

	// Work is under way when the power goes.
	api := client{t, url + "/api/v1", tokenOf(t, raw)}
	place := api.place()
	ad := api.post("/ads", fmt.Sprintf(`{"place":%q,"publish":"none"}`, place))
	must(t, child.Process.Kill())
	_ = child.Wait()

	c := start(t, cloud.Options{Dir: dir})
	if diff := cmp.Diff(before, kept(t, dir)); diff != "" {
		t.Errorf("ports or keys have changed (-before +after):\n%s", diff)
	}
	if c.URL() != url {
		t.Errorf("it was %s and is %s", url, c.URL())
	}
	if status, text := api.send(http.MethodGet, "/places/"+place, "", nil); status != http.StatusOK {
		t.Errorf("the place: %d %s", status, text)
	}
	collects(t, api, ad)
}
