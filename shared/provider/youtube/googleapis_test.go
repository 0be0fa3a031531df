package youtube_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"castad/shared/provider/youtube/youtubetest"
)

const clients = "youtubetest/clients"

// visit is what somebody does with Google's own client library, as it comes from npm.
const visit = `
import { youtube, auth } from '@googleapis/youtube';
import { Readable } from 'node:stream';
const owner = new auth.OAuth2({ clientId: 'app', clientSecret: 's', endpoints: { oauth2TokenUrl: process.env.AT + '/token' } });
owner.setCredentials({ refresh_token: process.env.REFRESH });
const at = { rootUrl: process.env.AT + '/' }; // an option of the client does not lead its uploads, one of the call does
const yt = youtube({ version: 'v3', auth: owner, ...at });
const film = Buffer.alloc(300000, 7);
const made = await yt.videos.insert({
	part: ['snippet', 'status'], notifySubscribers: false,
	requestBody: { snippet: { title: '한빛분식', tags: ['분식'] }, status: { privacyStatus: 'unlisted', selfDeclaredMadeForKids: false } },
	media: { mimeType: 'video/mp4', body: Readable.from(film) },
}, at);
const id = made.data.id;
const seen = await yt.videos.list({ part: ['status', 'snippet', 'statistics'], id: [id] });
const v = seen.data.items[0];
console.log(made.status, v.snippet.title, v.status.uploadStatus, v.status.privacyStatus, v.status.selfDeclaredMadeForKids, v.statistics.viewCount);
const mine = await yt.channels.list({ part: ['contentDetails'], mine: true });
const uploads = await yt.playlistItems.list({ part: ['contentDetails'], playlistId: mine.data.items[0].contentDetails.relatedPlaylists.uploads });
console.log(uploads.data.items.map(i => i.contentDetails.videoId).join() === id);
console.log((await yt.videos.delete({ id })).status, (await yt.videos.list({ part: ['id'], id: [id] })).data.items.length);
try { await yt.videos.delete({ id }) } catch (e) { console.log(e.status, e.response.data.error.errors[0].reason) }
`

func TestGooglesNodeClientWorks(t *testing.T) {
	t.Parallel()
	skip := t.Skip
	if os.Getenv("CI") != "" {
		skip = t.Fatal
	}
	if _, err := exec.LookPath("node"); err != nil {
		skip("node is not installed: scripts/setup.sh test")
	}
	if _, err := os.Stat(filepath.Join(clients, "node_modules", "@googleapis", "youtube")); err != nil {
		skip("Google's Node client is not installed: scripts/setup.sh test")
	}
	w := start(t, youtubetest.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, "node", "--input-type=module")
	run.Dir, run.WaitDelay, run.Stdin = clients, 5*time.Second, strings.NewReader(visit)
	run.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AT=" + w.URL, "REFRESH=" + w.refresh}
	out, err := run.CombinedOutput()
	want := regexp.MustCompile(`^201 한빛분식 processed unlisted false 0\ntrue\n204 0\n404 videoNotFound\n$`)
	if err != nil || !want.Match(out) {
		t.Fatalf("%v:\n%s", err, out)
	}
	if v := w.only(t); !v.Deleted || v.Bytes != 300000 || v.Notify != "false" {
		t.Errorf("%+v", v)
	}
}
