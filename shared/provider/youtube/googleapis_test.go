package youtube_test

import (
	"regexp"
	"testing"

	"castad/shared/provider/providertest"
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
	w := start(t, youtubetest.Options{})
	out := providertest.Node(t, clients, "@googleapis/youtube", visit, "AT="+w.URL, "REFRESH="+w.refresh)
	want := regexp.MustCompile(`^201 한빛분식 processed unlisted false 0\ntrue\n204 0\n404 videoNotFound\n$`)
	if !want.MatchString(out) {
		t.Fatalf("it wrote\n%s", out)
	}
	if v := w.only(t); !v.Deleted || v.Bytes != 300000 || v.Notify != "false" {
		t.Errorf("%+v", v)
	}
}
