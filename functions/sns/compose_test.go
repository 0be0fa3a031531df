package sns_test

import (
	"strings"
	"testing"
	"time"

	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func TestAPostSaysWhatItsOwnerSaysElseWhatTheAdSays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.exec(`INSERT INTO artifacts (id, tenant_id, run_id, step_no, kind, blob_path, sha256, bytes, content_type, created_at) VALUES (30, 7, 1, 1, 'x', 'picture', '', 9, 'image/jpeg', ?)`, d.now())
	var got [2]message.SnsPublish
	plain := d.order(d.draft())
	d.send(plain, func(in message.SnsPublish, _ *sns.Notes) (string, error) { got[0] = in; return "v1", nil })
	own := sns.Draft{Ad: 20, Channel: "instagram", Account: 9, Title: "제목", Caption: "글", Hashtags: []string{"#하나"}, Thumbnail: 30}
	d.send(d.order(own), func(in message.SnsPublish, _ *sns.Notes) (string, error) { got[1] = in; return "v2", nil })
	film := message.SnsPublish{Ad: 20, Account: 9, Privacy: "public", Blob: "film", Thumbnail: "still", Bytes: 4, SHA256: strings.Repeat("ab", 32), Revision: 1, Video: 20}
	want := [2]message.SnsPublish{film, film}
	want[0].Channel, want[0].Title, want[0].Caption, want[0].Hashtags = "youtube", "돌담골목 | 을지로", "오늘도 칼국수", []string{"맛집"}
	want[1].Channel, want[1].Title, want[1].Caption, want[1].Hashtags, want[1].Thumbnail = "instagram", "제목", "글", []string{"하나"}, "picture"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the channels got (-want +got):\n%s", diff)
	}
	if p := d.state("accepted", plain, sns.Publishing); p.Title != "돌담골목 | 을지로" || p.Number != 1 || p.Video != 20 || len(p.Hashtags) != 1 {
		t.Errorf("the post is shown as %+v", p)
	}
}

func TestAPostThatCannotGoOutIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.film(21, "preview")
	d.exec(`INSERT INTO ads (id, tenant_id, place_id, run_id, wish_json, request_key, request_hash, created_at) VALUES (22, 7, 1, 1, '{}', 'bare', '', ?), (23, 8, 1, 2, '{}', 'other', '', ?)`, d.now(), d.now())
	d.exec(`INSERT INTO artifacts (id, tenant_id, run_id, step_no, kind, blob_path, sha256, bytes, content_type, created_at)
		VALUES (30, 7, 1, 1, 'a', 'song', '', 9, 'audio/mpeg', ?), (31, 8, 1, 1, 'b', 'theirs', '', 9, 'image/jpeg', ?), (32, 7, 1, 1, 'c', 'big', '', 3000000, 'image/jpeg', ?)`, d.now(), d.now(), d.now())
	d.exec(`INSERT INTO artifacts (id, tenant_id, run_id, step_no, kind, blob_path, sha256, bytes, content_type, created_at) VALUES (33, 7, ?, 4, 'thumbnail', 'away', '', 9, 'image/jpeg', ?)`, d.film(25, "final"), d.now())
	d.exec(`UPDATE ads SET deleted_at = ? WHERE id = 25`, d.now())
	for name, c := range map[string]struct {
		change func(*sns.Draft)
		code   fault.Code
	}{
		"an ad that is not there":             {func(p *sns.Draft) { p.Ad = 99 }, fault.CodeNotFound},
		"a stranger's ad":                     {func(p *sns.Draft) { p.Ad = 23 }, fault.CodeNotFound},
		"an ad without a film":                {func(p *sns.Draft) { p.Ad = 22 }, fault.CodeNoFilm},
		"a preview":                           {func(p *sns.Draft) { p.Ad = 21 }, fault.CodeNoFilm},
		"a film of another ad":                {func(p *sns.Draft) { p.Video = 21 }, fault.CodeNotFound},
		"a stranger's account":                {func(p *sns.Draft) { p.Account = 11 }, fault.CodeNotFound},
		"an account that is cut off":          {func(p *sns.Draft) { p.Account = 10 }, fault.CodeReconnect},
		"words that the channel refuses":      {func(p *sns.Draft) { p.Title = "<b>" }, fault.CodeVendorRefused},
		"a time that is over":                 {func(p *sns.Draft) { p.At = d.now().Add(-time.Hour) }, fault.CodeBadValue},
		"a time that is too far ahead":        {func(p *sns.Draft) { p.At = d.now().Add(91 * 24 * time.Hour) }, fault.CodeBadValue},
		"a song as a thumbnail":               {func(p *sns.Draft) { p.Thumbnail = 30 }, fault.CodeBadThumbnail},
		"a stranger's picture":                {func(p *sns.Draft) { p.Thumbnail = 31 }, fault.CodeNotFound},
		"a picture that is too large":         {func(p *sns.Draft) { p.Thumbnail = 32 }, fault.CodeBadThumbnail},
		"a picture of an ad put away":         {func(p *sns.Draft) { p.Thumbnail = 33 }, fault.CodeNotFound},
		"a photo that is not there":           {func(p *sns.Draft) { p.Photo = 1 }, fault.CodeNotFound},
		"an ad that its owner has put away":   {func(p *sns.Draft) { p.Ad = 24 }, fault.CodeNotFound},
		"a film that is not any one's at all": {func(p *sns.Draft) { p.Video = 1 }, fault.CodeNotFound},
	} {
		draft := d.draft()
		c.change(&draft)
		if draft.Ad == 24 {
			d.film(24, "final")
			d.exec(`UPDATE ads SET deleted_at = ? WHERE id = 24`, d.now())
		}
		d.refused(name, draft, c.code)
	}
	if rows := d.rows(); len(rows) != 0 {
		t.Errorf("refused, and there are %v", rows)
	}
}

// An edit that is being made holds the film of before back, unless that is asked for by
// name; one that came to nothing leaves it.
func TestWithoutANameTheFilmIsTheNewestAndNotOneThatIsBeingCorrected(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := storetest.Value[id.Run](t, d.db, `SELECT run_id FROM ads WHERE id = 20`)
	edit := id.New[id.Run](d.now())
	d.exec(`INSERT INTO ad_revisions (ad_id, revision, tenant_id, run_id, order_json, change_json, request_hash, created_at) VALUES (20, 1, 7, ?, '{}', '{}', '', ?), (20, 2, 7, ?, '{}', '{}', '', ?)`, made, d.now(), edit, d.now())
	d.exec(`INSERT INTO videos (id, tenant_id, ad_id, run_id, step_no, blob_path, thumbnail_path, width, height, seconds, created_at) VALUES (20, 7, 20, ?, 4, 'film', 'still', 9, 16, 30, ?)`, made, d.now())
	d.exec(`INSERT INTO pipeline_runs (id, tenant_id, ad_id, state, order_json, deadline_at, version, fail_code, created_at) VALUES (?, 7, 20, 'running', '{}', ?, 1, '', ?)`, edit, d.now(), d.now())
	d.exec(`UPDATE ads SET run_id = ?, revision = 2 WHERE id = 20`, edit)
	d.refused("an edit is being made", d.draft(), fault.CodeNoFilm)
	named := d.draft()
	named.Video = 20
	if p := d.order(named); p.Video != 20 {
		t.Errorf("the film that was named is %v", p.Video)
	}
	d.exec(`UPDATE pipeline_runs SET state = 'failed', ended_at = ? WHERE id = ?`, d.now(), edit)
	draft := d.draft()
	draft.Channel = "instagram"
	if p := d.order(draft); p.Video != 20 || p.Title == "" {
		t.Errorf("the edit has failed, and the film is %v", p.Video)
	}
}
