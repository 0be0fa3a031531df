package instagram_test

import (
	"testing"

	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/providertest"
)

const clients = "instagramtest/clients"

// visit is what somebody does with Meta's own library, as it comes from npm. It has no
// option for another host; its address is a getter, which a caller may replace.
const visit = `
import sdk from 'facebook-nodejs-business-sdk';
const { FacebookAdsApi, IGUser, IGMedia } = sdk;
const { AT, ACCESS, ACCOUNT, FILM } = process.env;
Object.defineProperty(FacebookAdsApi, 'GRAPH', { get: () => AT });
FacebookAdsApi.init(ACCESS, 'ko_KR', false);
const user = new IGUser(ACCOUNT);
const quota = async () => (await user.getContentPublishingLimit(['quota_usage', 'config']))[0];
console.log((await quota()).quota_usage, (await quota()).config.quota_total);
const made = await user.createMedia([], { media_type: 'REELS', video_url: FILM, caption: '한빛분식', is_ai_generated: true });
for (let code; code !== 'FINISHED';) {
	code = (await new IGMedia(made.id).get(['status_code'])).status_code;
}
const posted = await user.createMediaPublish([], { creation_id: made.id });
const reel = await new IGMedia(posted.id).get(['permalink', 'caption', 'media_product_type']);
console.log(reel.caption, reel.media_product_type, reel.permalink.startsWith(AT));
console.log((await user.getMedia(['id'])).map(m => m.id).join() === posted.id, (await quota()).quota_usage);
try { await user.createMedia([], { media_type: 'VIDEO', video_url: FILM }) } catch (e) { console.log(e.status, e.response.code, e.response.error_subcode) }
`

func TestMetasNodeLibraryWorks(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{Quota: 7})
	out := providertest.Node(t, clients, "facebook-nodejs-business-sdk", visit, "AT="+w.URL, "ACCESS="+w.access, "ACCOUNT="+w.account, "FILM="+w.media+"/film.mp4")
	if want := "0 7\n한빛분식 REELS true\ntrue 1\n400 100 2207067\n"; out != want {
		t.Fatal(out)
	}
	if len(w.Reels()) != 1 || len(w.Containers()) != 1 || !w.Containers()[0].AIGenerated {
		t.Errorf("%+v", w.Containers())
	}
}
