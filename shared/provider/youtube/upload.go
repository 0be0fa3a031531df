package youtube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"castad/shared/provider"
)

// upload is one film's way to YouTube.
type upload struct {
	c *Client
	p provider.Post
	m memory
}

// Codes of a session that YouTube does not know any more, and of one that has the
// whole film and no video yet.
const (
	codeGone     = "session_gone"
	codeNotEnded = "not_ended"
)

// maxStalls is how many chunks in a row may bring nothing.
const maxStalls = 3

// run brings the film to its end, from wherever the notes say, and returns the video.
func (u *upload) run(ctx context.Context) (video, error) {
	if u.m.Session != "" {
		v, next, err := u.c.probe(ctx, u.p.Access, u.m)
		switch {
		case err == nil && next < 0:
			return v, nil
		case err == nil:
			u.m.Offset = next
		case reasonOf(err) == codeGone && !u.m.Last:
			u.m.Session = "" // nothing of it can be on the channel
		case u.m.Last:
			return video{}, unknown(err)
		default:
			return video{}, err
		}
	}
	if u.m.Session != "" {
		v, err := u.chunks(ctx)
		if err == nil || reasonOf(err) != codeGone || u.m.Last {
			return v, err
		}
	}
	if err := u.open(ctx); err != nil {
		return video{}, err
	}
	return u.chunks(ctx)
}

// unknown is err of an upload whose last byte may have arrived.
func unknown(err error) error {
	var e *provider.Error
	if errors.As(err, &e) {
		e.Class = provider.Unknown
	}
	return err
}

// metadata is the video resource that opens a session. Nothing here may be dropped for
// being false: YouTube would take its own defaults.
type metadata struct {
	Snippet struct {
		Title           string   `json:"title"`
		Description     string   `json:"description"`
		Tags            []string `json:"tags"`
		CategoryID      string   `json:"categoryId"`
		DefaultLanguage string   `json:"defaultLanguage"`
	} `json:"snippet"`
	Status struct {
		PrivacyStatus           string `json:"privacyStatus"`
		SelfDeclaredMadeForKids bool   `json:"selfDeclaredMadeForKids"`
		ContainsSyntheticMedia  bool   `json:"containsSyntheticMedia"`
	} `json:"status"`
}

func (c *Client) metadataOf(p provider.Post) metadata {
	var m metadata
	m.Snippet.Title, m.Snippet.Description, m.Snippet.Tags = p.Title, p.FullCaption(), tagsOf(p)
	m.Snippet.CategoryID, m.Snippet.DefaultLanguage = c.cfg.Category, c.cfg.Language
	m.Status.PrivacyStatus = p.Privacy
	m.Status.SelfDeclaredMadeForKids = p.MadeForKids
	m.Status.ContainsSyntheticMedia = p.AI.Generated()
	return m
}

// tagsOf are the hashtags and the marker.
func tagsOf(p provider.Post) []string { return append(append([]string{}, p.Hashtags...), p.Marker) }

// open opens a session and keeps it. Nothing is visible yet; a lost answer costs one of
// the day's inserts.
func (u *upload) open(ctx context.Context) error {
	body, err := json.Marshal(u.c.metadataOf(u.p))
	if err != nil {
		return u.c.notSent("insert", "encode metadata: "+err.Error())
	}
	call := provider.Call{Op: "insert", Method: http.MethodPost, Path: "/upload/youtube/v3/videos",
		Query: url.Values{"uploadType": {"resumable"}, "part": {"snippet,status"}, "notifySubscribers": {strconv.FormatBool(u.p.Privacy == provider.Public)}},
		Body:  bytes.NewReader(body), Length: int64(len(body)), Type: "application/json; charset=UTF-8",
		Header: http.Header{"X-Upload-Content-Length": {strconv.FormatInt(u.p.Bytes, 10)}, "X-Upload-Content-Type": {"video/mp4"}}}
	a, err := u.c.send(ctx, u.p.Access, call)
	if err != nil {
		return err
	}
	session := a.Header.Get("Location")
	if a.Status != http.StatusOK || session == "" {
		return u.c.api.Unintelligible(call, a, errors.New("opened without a session"))
	}
	if _, err := u.c.sessionPath(session); err != nil {
		return u.c.notSent("insert", err.Error())
	}
	u.m.Session, u.m.Bytes, u.m.SHA256, u.m.Offset = session, u.p.Bytes, u.p.SHA256, 0
	return u.c.keep(ctx, "insert", u.p, u.m)
}

// chunks sends the film from the offset to its end. When the time that ctx leaves is too
// short for another chunk like the last it is message.NotYet: the next call goes on.
func (u *upload) chunks(ctx context.Context) (video, error) {
	for stalls := 0; ; {
		end := min(u.m.Offset+u.c.cfg.ChunkBytes, u.p.Bytes)
		if end == u.p.Bytes { // also says that the post is still ours, since Keep fails when it is not
			u.m.Last, u.m.Bare = true, len(u.p.Thumbnail) > 0
			if err := u.c.keep(ctx, "upload", u.p, u.m); err != nil {
				return video{}, err
			}
		}
		asked := u.c.cfg.Now()
		v, next, err := u.put(ctx, u.m.Offset, end)
		if err != nil || next < 0 {
			return v, err
		}
		took := u.c.cfg.Now().Sub(asked)
		if stalls++; next > u.m.Offset {
			stalls = 0
		}
		if stalls == maxStalls {
			return video{}, u.c.later("upload", "no_progress", fmt.Errorf("%d chunks in a row were not kept", stalls))
		}
		u.m.Offset = next
		if err := u.c.keep(ctx, "upload", u.p, u.m); err != nil {
			return video{}, err
		}
		if ends, ok := ctx.Deadline(); ok && ends.Sub(u.c.cfg.Now()) < 2*took {
			return video{}, provider.NotYet(0)
		}
	}
}

// put sends the bytes from one offset up to another and returns where YouTube wants to
// go on, or the video and -1 when it has the whole film.
func (u *upload) put(ctx context.Context, from, end int64) (video, int64, error) {
	last := end == u.p.Bytes
	call := provider.Call{Op: "upload", Method: http.MethodPut, Paid: last, Length: end - from, Type: "video/mp4", Timeout: u.c.cfg.ChunkTimeout,
		Header: http.Header{"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", from, end-1, u.p.Bytes)}}}
	if _, err := u.p.Video.Seek(from, io.SeekStart); err != nil {
		return video{}, 0, u.c.later("upload", "film_unreadable", err)
	}
	film := &counted{from: io.LimitReader(u.p.Video, end-from)}
	call.Body = film
	v, next, err := u.c.session(ctx, u.p.Access, u.m, call, end)
	var e *provider.Error
	if errors.As(err, &e) && e.Class == provider.Unknown && film.n.Load() < end-from {
		e.Class, e.Code = provider.Later, "upload_broken" // what was cut has left nothing to publish
	}
	return v, next, err
}

// probe asks a session how far it is: the offset to go on from, or the video and -1.
func (c *Client) probe(ctx context.Context, access string, m memory) (video, int64, error) {
	call := provider.Call{Op: "probe", Method: http.MethodPut, Header: http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", m.Bytes)}}}
	return c.session(ctx, access, m, call, m.Bytes)
}

// session sends a request to an upload's session. sent is how much of the film YouTube
// can have at most.
func (c *Client) session(ctx context.Context, access string, m memory, call provider.Call, sent int64) (video, int64, error) {
	path, err := c.sessionPath(m.Session)
	if err != nil {
		return video{}, 0, c.notSent(call.Op, err.Error())
	}
	call.Path = path
	a, err := c.send(ctx, access, call)
	switch {
	case a != nil && (a.Status == http.StatusNotFound || a.Status == http.StatusGone):
		return video{}, 0, c.gone(call, a, m)
	case err != nil:
		return video{}, 0, err
	case a.Status == http.StatusOK || a.Status == http.StatusCreated:
		var v video
		if err := json.Unmarshal(a.Body, &v); err != nil || !validID(v.ID) {
			call.Paid = true // the film is there, under an id that we do not know
			return video{}, 0, c.api.Unintelligible(call, a, errors.New("a finished upload without an id"))
		}
		return v, -1, nil
	case a.Status != http.StatusPermanentRedirect:
		return video{}, 0, c.api.Unintelligible(call, a, errors.New("neither finished nor incomplete"))
	}
	next, err := parseRange(a.Header.Get("Range"))
	switch {
	case err != nil || next > sent:
		return video{}, 0, c.api.Unintelligible(call, a, errors.New("a range that was not sent"))
	case next == m.Bytes: // all there and no video yet: it may appear at any time
		a.Good()
		return video{}, 0, c.api.Fail(call, a, provider.Unknown, codeNotEnded, "-")
	}
	return video{}, next, nil
}

// gone is the error of a session that is not there any more.
func (c *Client) gone(call provider.Call, a *provider.Answer, m memory) error {
	class := provider.Later
	if m.Last {
		class = provider.Unknown
	}
	a.Good() // sessions end; that is not YouTube's health
	return c.api.Fail(call, a, class, codeGone, "-")
}

// parseRange reads the Range header of a 308, "bytes=0-n", and returns the next byte to
// send, n+1. Without the header nothing is stored.
func parseRange(h string) (int64, error) {
	if h == "" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(h, "bytes=0-")
	n, err := strconv.ParseInt(digits, 10, 62)
	if !ok || err != nil || n < 0 || strings.Trim(digits, "0123456789") != "" {
		return 0, errors.New("not a range from 0")
	}
	return n + 1, nil
}

// counted counts what the transport has taken.
type counted struct {
	from io.Reader
	n    atomic.Int64
}

func (r *counted) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.n.Add(int64(n))
	return n, err
}
