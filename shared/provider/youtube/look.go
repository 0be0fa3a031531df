package youtube

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"castad/shared/fault"
	"castad/shared/provider"
)

// video is what we read of a video resource.
type video struct {
	ID      string `json:"id"`
	Snippet struct {
		ChannelID string   `json:"channelId"`
		Tags      []string `json:"tags"`
	} `json:"snippet"`
	Status struct {
		UploadStatus    string `json:"uploadStatus"`
		FailureReason   string `json:"failureReason"`
		RejectionReason string `json:"rejectionReason"`
		PrivacyStatus   string `json:"privacyStatus"`
	} `json:"status"`
	ProcessingDetails struct {
		ProcessingStatus        string `json:"processingStatus"`
		ProcessingFailureReason string `json:"processingFailureReason"`
	} `json:"processingDetails"`
	Statistics statistics `json:"statistics"`
}

// statistics has numbers as strings, and leaves out what is not counted or hidden.
type statistics struct {
	Views    *string `json:"viewCount"`
	Likes    *string `json:"likeCount"`
	Comments *string `json:"commentCount"`
}

// Look asks about a video by its id. message.Absent: YouTube has none (any more).
// A film that YouTube could not process is class Failed, one that it rejected
// (duplicate, copyright, …) UserFault with the field video; Posted has the id all the same.
// Its Note says when the notes know that the thumbnail may not have been set.
func (c *Client) Look(ctx context.Context, s provider.Sought) (provider.Posted, error) {
	v, a, err := c.video(ctx, s.Access, "look", s.ID, "status,processingDetails,snippet")
	if err != nil {
		return provider.Posted{}, err
	}
	m, _ := recall(s.Notes) // notes that cannot be read know nothing
	return m.noted(c.judge("look", a, v))
}

// videos asks for videos by their ids, 50 at most; one that is not there is left out.
func (c *Client) videos(ctx context.Context, access, op, ids, part string) ([]video, *provider.Answer, error) {
	var list struct {
		Items *[]video `json:"items"`
	}
	a, err := c.read(ctx, access, op, "videos", url.Values{"part": {part}, "id": {ids}, "maxResults": {"50"}}, &list)
	if err != nil {
		return nil, nil, err
	}
	if list.Items == nil {
		return nil, nil, c.nonsense(op, a, "not a list of videos")
	}
	return *list.Items, a, nil
}

// video asks for one video.
func (c *Client) video(ctx context.Context, access, op, id, part string) (video, *provider.Answer, error) {
	if !validID(id) {
		return video{}, nil, c.notSent(op, "a video's id has letters, digits, - and _")
	}
	list, a, err := c.videos(ctx, access, op, id, part)
	switch {
	case err != nil:
		return video{}, nil, err
	case len(list) == 0:
		return video{}, nil, provider.Absent()
	case list[0].ID != id:
		return video{}, nil, c.nonsense(op, a, "the answer is about another video")
	}
	return list[0], a, nil
}

// judge says what a video's status means (docs/videos: status, processingDetails).
func (c *Client) judge(op string, a *provider.Answer, v video) (provider.Posted, error) {
	out := provider.Posted{ID: v.ID, URL: c.address(v.ID), State: provider.Processing, Privacy: v.Status.PrivacyStatus}
	call := provider.Call{Op: op}
	failed := func(reason string) (provider.Posted, error) {
		return out, c.api.Fail(call, a, provider.Failed, reason, "-")
	}
	switch v.Status.UploadStatus {
	case "processed":
		out.State = provider.Published
		return out, nil
	case "uploaded":
		if p := v.ProcessingDetails; p.ProcessingStatus == "failed" || p.ProcessingStatus == "terminated" {
			return failed("processing " + p.ProcessingStatus + " " + p.ProcessingFailureReason)
		}
		return out, nil
	case "failed":
		return failed(v.Status.FailureReason)
	case "rejected":
		e := c.api.Fail(call, a, provider.UserFault, v.Status.RejectionReason, "-")
		e.Err = fault.Newf(fault.CodeVendorRefused, "youtube rejected the film: %s", provider.Redact(v.Status.RejectionReason)).In("video")
		return out, e
	case "deleted":
		return provider.Posted{}, provider.Absent()
	}
	return out, c.nonsense(op, a, "a video in an unknown state")
}

// Find looks for a post whose answer was lost. Its notes' session is asked first: it
// knows the video, or proves that the film is not all there, so that nothing is on the
// channel (provider.Unfinished: the next attempt goes on in the same session). When the
// session is gone, the channel's newest uploads are looked through for the marker; then
// not found is no proof (message.NotYet) once the last byte was about to be sent, since
// uploads appear late in lists.
//
// A post with neither notes nor an upload was never begun: unfinished, too.
func (c *Client) Find(ctx context.Context, s provider.Sought) (provider.Posted, error) {
	if s.ID != "" {
		return c.Look(ctx, s)
	}
	m, err := recall(s.Notes)
	if err != nil {
		m = memory{Last: true} // whatever they said: only the channel itself can tell
	}
	if m.Video != "" {
		s.ID = m.Video
		return c.Look(ctx, s)
	}
	if m.Session != "" {
		v, next, err := c.probe(ctx, s.Access, m)
		switch {
		case err == nil && next < 0:
			return m.noted(c.judge("find", &provider.Answer{}, v))
		case err == nil:
			return provider.Posted{}, provider.Unfinished()
		case reasonOf(err) == codeNotEnded:
			return provider.Posted{}, provider.NotYet(0)
		case reasonOf(err) != codeGone:
			return provider.Posted{}, asked(err)
		case !m.Last:
			return provider.Posted{}, provider.Unfinished()
		}
	}
	found, a, err := c.search(ctx, s)
	switch {
	case err != nil:
		return provider.Posted{}, err
	case found.ID != "":
		return m.noted(c.judge("find", a, found))
	case m.Last:
		return provider.Posted{}, provider.NotYet(0)
	}
	return provider.Posted{}, provider.Unfinished()
}

// asked is the error of a question: that it failed says nothing about the post.
func asked(err error) error {
	var e *provider.Error
	if errors.As(err, &e) && e.Class == provider.Unknown {
		e.Class = provider.Later
	}
	return err
}

// maxPages bounds the search: 50 uploads each, the newest first.
const maxPages = 4

// search looks through the channel's newest uploads for the marker. A page costs 2 units
// of the project's 10,000 a day (search.list has 100 calls a day and lags).
func (c *Client) search(ctx context.Context, s provider.Sought) (video, *provider.Answer, error) {
	if s.Marker == "" {
		return video{}, nil, c.notSent("find", "no marker to look for")
	}
	ch, err := c.channel(ctx, s.Access, "find", "contentDetails")
	if err != nil {
		return video{}, nil, err
	}
	list := ch.ContentDetails.RelatedPlaylists.Uploads
	switch {
	case ch.ID != s.Account:
		return video{}, nil, c.notSent("find", "the access token is another channel's")
	case !validID(list):
		return video{}, nil, c.later("find", "no_uploads", errors.New("a channel without a list of uploads"))
	}
	token := ""
	for range maxPages {
		var ids []string
		if ids, token, err = c.page(ctx, s.Access, list, token); err != nil || len(ids) == 0 {
			return video{}, nil, err
		}
		films, a, err := c.videos(ctx, s.Access, "find", strings.Join(ids, ","), "snippet,status,processingDetails")
		if err != nil {
			return video{}, nil, err
		}
		marked := func(v video) bool {
			return validID(v.ID) && slices.ContainsFunc(v.Snippet.Tags, func(tag string) bool { return strings.EqualFold(tag, s.Marker) })
		}
		if i := slices.IndexFunc(films, marked); i >= 0 {
			return films[i], a, nil
		}
		if token == "" {
			break
		}
	}
	return video{}, nil, nil
}

// page reads one page of a playlist: the videos' ids, and the next page's token.
func (c *Client) page(ctx context.Context, access, list, token string) (ids []string, next string, err error) {
	query := url.Values{"part": {"contentDetails"}, "playlistId": {list}, "maxResults": {"50"}}
	if token != "" {
		query.Set("pageToken", token)
	}
	var out struct {
		Items *[]struct {
			ContentDetails struct {
				VideoID string `json:"videoId"`
			} `json:"contentDetails"`
		} `json:"items"`
		Next string `json:"nextPageToken"`
	}
	a, err := c.read(ctx, access, "find", "playlistItems", query, &out)
	switch {
	case reasonOf(err) == "playlistNotFound": // a channel without any upload
		return nil, "", nil
	case err != nil:
		return nil, "", err
	case out.Items == nil:
		return nil, "", c.nonsense("find", a, "not a list of uploads")
	}
	for _, i := range *out.Items {
		if validID(i.ContentDetails.VideoID) {
			ids = append(ids, i.ContentDetails.VideoID)
		}
	}
	return ids, out.Next, nil
}

// Metrics asks how a video is doing. Likes that the owner hides, comments that are
// switched off and shares, which YouTube does not tell, are -1. message.Absent: no such video.
func (c *Client) Metrics(ctx context.Context, s provider.Sought) (provider.Metrics, error) {
	v, a, err := c.video(ctx, s.Access, "metrics", s.ID, "statistics")
	if err != nil {
		return provider.Metrics{}, err
	}
	out := provider.Metrics{Shares: -1, At: c.cfg.Now()}
	for _, n := range []struct {
		from *string
		to   *int64
	}{{v.Statistics.Views, &out.Views}, {v.Statistics.Likes, &out.Likes}, {v.Statistics.Comments, &out.Comments}} {
		if n.from == nil {
			*n.to = -1
		} else if *n.to, err = strconv.ParseInt(*n.from, 10, 64); err != nil || *n.to < 0 {
			return provider.Metrics{}, c.nonsense("metrics", a, "a count that is no number")
		}
	}
	return out, nil
}

// Remove deletes a video; one that is gone already is no error. Without
// Config.MayDelete we have no permission, and the owner is told to do it.
func (c *Client) Remove(ctx context.Context, s provider.Sought) error {
	switch {
	case !c.cfg.MayDelete:
		return provider.Refused(name, "remove", "account", "CastAD may not delete videos: please remove it in YouTube Studio")
	case !validID(s.ID):
		return c.notSent("remove", "a video's id has letters, digits, - and _")
	}
	_, err := c.send(ctx, s.Access, provider.Call{Op: "remove", Method: http.MethodDelete, Path: "/youtube/v3/videos", Query: url.Values{"id": {s.ID}}})
	switch reasonOf(err) {
	case "videoNotFound":
		return nil
	case "insufficientPermissions", // connected before we asked for it, or its owner has unticked it: the account still posts
		"forbidden": // another channel's: its owner has confirmed it by that address
		return provider.Refused(name, "remove", "account", "the account does not allow CastAD to delete: please remove it in YouTube Studio")
	}
	return err
}
