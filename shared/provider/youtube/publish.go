package youtube

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"castad/shared/provider"
)

// Publish publishes a film, or goes on where an earlier call for the same post stopped:
// p.Notes are its memory. Posts that must not or cannot be published are refused before
// any byte is sent, with the field. Errors are *provider.Error or, for posts that Check
// refuses, faults; class Unknown means that the video may be there: look with Find. A
// film that is too long for ctx's deadline is message.NotYet: nothing is on the channel,
// and the next call goes on.
func (c *Client) Publish(ctx context.Context, p provider.Post) (provider.Posted, error) {
	if err := c.check(p); err != nil {
		return provider.Posted{}, err
	}
	m, err := recall(p.Notes.Last())
	if err != nil {
		return provider.Posted{}, &provider.Error{Provider: name, Op: "publish", Class: provider.Unknown, Code: "bad_notes", Err: err}
	}
	if m.Bytes != 0 && (m.Bytes != p.Bytes || !strings.EqualFold(m.SHA256, p.SHA256)) {
		return provider.Posted{}, c.notSent("publish", "the notes are about another film")
	}
	v := video{ID: m.Video}
	if v.ID == "" {
		u := &upload{c: c, p: p, m: m}
		if v, err = u.run(ctx); err != nil {
			return provider.Posted{}, err
		}
		m = u.m
		m.Video = v.ID
		// Should this fail, the session still knows the id, and so does our caller.
		_ = c.keep(ctx, "upload", p, m)
	}
	out := c.finish(ctx, p, v)
	if m.Bare { // done with the picture: what became of it is in the note
		m.Bare = false
		_ = c.keep(ctx, "thumbnail", p, m)
	}
	return out, nil
}

// check refuses what must not be sent.
func (c *Client) check(p provider.Post) error {
	if err := p.Check(); err != nil {
		return fmt.Errorf("publish on %s: %w", name, err)
	}
	switch {
	case p.Channel != name:
		return c.notSent("publish", "a post for another channel")
	case p.Notes == nil:
		return c.notSent("publish", "without notes a broken upload would be begun again, and posted twice")
	case strings.ContainsAny(p.Marker, `",<>`) || strings.TrimSpace(p.Marker) != p.Marker:
		return c.notSent("publish", "the marker cannot be a tag")
	}
	return checkText(p)
}

// finish does what follows a film that is there. None of it can fail the post: what
// did not work is in its Note.
func (c *Client) finish(ctx context.Context, p provider.Post, v video) provider.Posted {
	out := provider.Posted{ID: v.ID, URL: c.address(v.ID), State: provider.Processing, Privacy: v.Status.PrivacyStatus}
	var notes []string
	picture := false
	if len(p.Thumbnail) > 0 {
		if err := c.setThumbnail(ctx, p, v.ID); err != nil {
			notes = append(notes, "the thumbnail was not taken ("+describe(err)+")")
		} else {
			picture = true
		}
	}
	seen, a, err := c.video(ctx, p.Access, "look", v.ID, "status,processingDetails,snippet")
	if err == nil {
		if s, err := c.judge("look", a, seen); err == nil {
			out.State = s.State
		} // a film that is rejected is a post all the same; Look tells of it
		out.Privacy = seen.Status.PrivacyStatus
	}
	switch {
	case out.Privacy == "":
		notes = append(notes, "the privacy could not be read back")
	case out.Privacy != p.Privacy:
		notes = append(notes, fmt.Sprintf("the privacy is %s, not %s", out.Privacy, p.Privacy))
	}
	if picture && !p.Wide && seen.ProcessingDetails.ProcessingStatus != "succeeded" {
		notes = append(notes, "the thumbnail was taken before processing had ended: on a Short a frame of the film may be shown instead")
	}
	if at := seen.Snippet.ChannelID; at != "" && at != p.Account {
		notes = append(notes, "it is on the channel "+at)
	}
	out.Note = strings.Join(notes, "; ")
	return out
}

// describe says in a few words why a call failed.
func describe(err error) string {
	if code := reasonOf(err); code != "" {
		return code
	}
	return "no reason given"
}

// setThumbnail gives the post's video its picture.
func (c *Client) setThumbnail(ctx context.Context, p provider.Post, id string) error {
	_, err := c.send(ctx, p.Access, provider.Call{Op: "thumbnail", Scope: p.Account, Method: http.MethodPost, Path: "/upload/youtube/v3/thumbnails/set",
		Query: url.Values{"videoId": {id}, "uploadType": {"media"}}, Body: bytes.NewReader(p.Thumbnail), Length: int64(len(p.Thumbnail)), Type: "image/jpeg"})
	return err
}

// address is where people watch a video; a Short is shown there, too.
func (c *Client) address(id string) string {
	return c.cfg.WatchURL + "/watch?v=" + url.QueryEscape(id)
}
