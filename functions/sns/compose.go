package sns

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/store"
)

// film is a finished film and the words that its ad goes by.
type film struct {
	message.VideoMade
	script message.VideoRender
	wish   struct {
		Title    string   `json:"title"`
		Caption  string   `json:"caption"`
		Hashtags []string `json:"hashtags"`
	}
}

// compose fills in what a draft leaves out and refuses what cannot be posted.
func (o *Orders) compose(ctx context.Context, tenant id.Tenant, d Draft) (post, error) {
	now := o.now()
	n := post{id: id.New[id.Post](now), run: id.New[id.Run](now), tenant: tenant, now: now, file: d.Thumbnail, photo: d.Photo, again: d.Again}
	if wait := d.At.Sub(now); !d.At.IsZero() && (wait < -late || wait > farthest) {
		return n, fault.Newf(fault.CodeBadValue, "order post: %v is over or too far ahead", d.At).In("at").Wants(fault.Words{Ko: "지금부터 90일 이내의 시각", En: "a time within 90 days from now"})
	} else if wait > 0 {
		n.at = d.At
	}
	f, err := o.film(ctx, tenant, d)
	if err != nil {
		return n, err
	}
	if err := o.c.Channels.Ready(ctx, tenant, d.Channel, d.Account); err != nil {
		if code := fault.CodeOf(err); code == fault.CodeNotFound || code == fault.CodeReconnect || code == fault.CodeChannelOff {
			err = fault.Newf(code, "order post on %s: %w", d.Channel, err).In("account")
		}
		return n, err
	}
	picture, err := o.picture(ctx, tenant, d)
	if err == nil {
		err = f.postable()
	}
	if err != nil {
		return n, err
	}
	title := cmp.Or(d.Title, f.wish.Title, message.Heading(f.script.Name, f.script.Facts))
	n.SnsPublish = message.SnsPublish{Ad: d.Ad, Channel: d.Channel, Account: d.Account, Title: title, Caption: cmp.Or(d.Caption, f.wish.Caption, title),
		Hashtags: d.Hashtags, Privacy: d.Privacy, MadeForKids: d.MadeForKids, Blob: f.Blob, Thumbnail: cmp.Or(picture, f.Thumbnail), Bytes: f.Bytes, SHA256: f.SHA256, Video: f.Video, Wide: f.Width > f.Height}
	if d.Hashtags == nil {
		n.Hashtags = f.wish.Hashtags
	}
	return n, o.c.Channels.Check(n.SnsPublish)
}

// film reads the draft's film: the one that it names, else the ad's newest, as long as no
// edit is being made: what its owner has just corrected must not go out instead. An edit
// that came to nothing leaves the film of before. NotFound: the ad, or that film of it, is
// not the tenant's.
func (o *Orders) film(ctx context.Context, tenant id.Tenant, d Draft) (film, error) {
	type row struct{ wish, script, made []byte }
	r, err := store.One(ctx, o.c.DB, `SELECT a.wish_json, s.input_json, s.output_json FROM ads a
		LEFT JOIN pipeline_steps s ON s.run_id = COALESCE((SELECT v.run_id FROM videos v WHERE v.tenant_id = a.tenant_id AND v.ad_id = a.id AND v.id = ?),
			(SELECT z.run_id FROM ad_revisions z JOIN pipeline_runs r ON r.id = a.run_id AND r.ended_at IS NOT NULL
				JOIN pipeline_steps m ON m.tenant_id = z.tenant_id AND m.run_id = z.run_id AND m.kind = 'video' AND m.state IN ('succeeded', 'skipped')
				WHERE z.tenant_id = a.tenant_id AND z.ad_id = a.id ORDER BY z.revision DESC LIMIT 1), a.run_id)
			AND s.kind = 'video' AND s.state IN ('succeeded', 'skipped')
		WHERE a.tenant_id = ? AND a.id = ? AND a.deleted_at IS NULL LIMIT 1`,
		func(r *row) []any { return []any{&r.wish, &r.script, &r.made} }, d.Video, tenant, d.Ad)
	if errors.Is(err, store.ErrNoRows) {
		return film{}, fault.Newf(fault.CodeNotFound, "order post: no such ad as %v", d.Ad).In("ad")
	}
	if err != nil {
		return film{}, fmt.Errorf("read film of %v: %w", d.Ad, err)
	}
	var f film
	for _, part := range []struct {
		text []byte
		into any
	}{{r.wish, &f.wish}, {r.script, &f.script}, {r.made, &f.VideoMade}} {
		if part.text == nil {
			continue
		}
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return film{}, fault.Newf(fault.CodeInternal, "read film of %v: %w", d.Ad, err)
		}
	}
	if d.Video != 0 && f.Video != d.Video {
		return film{}, fault.Newf(fault.CodeNotFound, "order post: no such film as %v", d.Video).In("video")
	}
	return f, nil
}

// postable refuses what is not a finished film.
func (f film) postable() error {
	switch {
	case f.Blob == "":
		return fault.Newf(fault.CodeNoFilm, "order post: there is no film").In("ad")
	case f.script.Quality == "preview":
		return fault.Newf(fault.CodeNoFilm, "order post: %v is a preview", f.Video).In("ad")
	}
	return nil
}

// maxThumbnail is the largest picture that an owner may choose: YouTube's limit.
const maxThumbnail = 2 << 20

// image is a picture that was chosen as a thumbnail.
type image struct {
	field, blob, kind string
	bytes             int64
}

// picture is the blob of the draft's own thumbnail, "" for none.
func (o *Orders) picture(ctx context.Context, tenant id.Tenant, d Draft) (blob string, err error) {
	columns := func(i *image) []any { return []any{&i.blob, &i.kind, &i.bytes} }
	var chosen []image
	add := func(field string, i image, err error) error {
		if errors.Is(err, store.ErrNoRows) {
			return fault.Newf(fault.CodeNotFound, "order post: no such picture").In(field)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", field, err)
		}
		i.field = field
		chosen = append(chosen, i)
		return nil
	}
	if d.Thumbnail != 0 {
		i, err := store.One(ctx, o.c.DB, `SELECT blob_path, content_type, bytes FROM artifacts WHERE tenant_id = ? AND id = ?
			AND NOT EXISTS (SELECT 1 FROM pipeline_runs r JOIN ads a ON a.id = r.ad_id WHERE r.id = artifacts.run_id AND a.deleted_at IS NOT NULL)`, columns, tenant, d.Thumbnail)
		if err := add("thumbnail", i, err); err != nil {
			return "", err
		}
	}
	if d.Photo != 0 {
		i, err := store.One(ctx, o.c.DB, `SELECT blob_path, content_type, bytes FROM place_photos WHERE tenant_id = ? AND id = ? AND removed_at IS NULL`, columns, tenant, d.Photo)
		if err := add("photo", i, err); err != nil {
			return "", err
		}
	}
	for n, i := range chosen {
		if n > 0 || i.kind != "image/jpeg" || i.bytes > maxThumbnail {
			return "", fault.Newf(fault.CodeBadThumbnail, "order post: picture %d is %s of %d bytes", n+1, i.kind, i.bytes).In(i.field)
		}
		blob = i.blob
	}
	return blob, nil
}
