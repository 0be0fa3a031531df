package youtubetest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"castad/shared/provider/providertest"
)

// rejections are the fates that YouTube calls a rejection; others are failures.
var rejections = []string{"claim", "copyright", "duplicate", "inappropriate", "legal", "length", "termsOfUse", "trademark"}

func (s *Server) processing(v *Video) bool {
	return v.Fate == "never" || s.o.Now().Sub(v.AcceptedAt) < s.o.Processing
}

// video finds one that is not deleted; the caller holds the lock.
func (s *Server) video(id string) *Video {
	for _, v := range s.videos {
		if v.ID == id && !v.Deleted {
			return v
		}
	}
	return nil
}

// resource is a video as the API shows it to its owner.
func (s *Server) resource(v *Video, parts string) map[string]any {
	out := map[string]any{"kind": "youtube#video", "etag": v.ID, "id": v.ID}
	for part := range strings.SplitSeq(parts, ",") {
		switch strings.TrimSpace(part) {
		case "snippet":
			out["snippet"] = map[string]any{"publishedAt": v.AcceptedAt, "channelId": v.ChannelID, "title": v.Snippet.Title, "description": v.Snippet.Description,
				"tags": v.Snippet.Tags, "categoryId": v.Snippet.CategoryID, "defaultLanguage": v.Snippet.DefaultLanguage}
		case "status":
			out["status"] = s.status(v)
		case "processingDetails":
			out["processingDetails"] = map[string]any{"processingStatus": s.processingStatus(v)}
		case "statistics":
			out["statistics"] = s.statistics(v)
		}
	}
	return out
}

func (s *Server) status(v *Video) map[string]any {
	out := map[string]any{"uploadStatus": "processed", "privacyStatus": v.Status.PrivacyStatus, "embeddable": true,
		"selfDeclaredMadeForKids": v.Status.SelfDeclaredMadeForKids, "containsSyntheticMedia": v.Status.ContainsSyntheticMedia}
	switch {
	case s.processing(v):
		out["uploadStatus"] = "uploaded"
	case slices.Contains(rejections, v.Fate):
		out["uploadStatus"], out["rejectionReason"] = "rejected", v.Fate
	case v.Fate != "":
		out["uploadStatus"], out["failureReason"] = "failed", v.Fate
	}
	return out
}

func (s *Server) processingStatus(v *Video) string {
	switch {
	case s.processing(v):
		return "processing"
	case v.Fate != "" && !slices.Contains(rejections, v.Fate):
		return "failed"
	}
	return "succeeded"
}

// statistics grow by a view every ten seconds.
func (s *Server) statistics(v *Video) map[string]any {
	views := int64(s.o.Now().Sub(v.AcceptedAt).Seconds()) / 10
	return map[string]any{"viewCount": strconv.FormatInt(views, 10), "likeCount": strconv.FormatInt(views/10, 10),
		"favoriteCount": "0", "commentCount": strconv.FormatInt(views/50, 10)}
}

func (s *Server) channels(r *http.Request) providertest.Reply {
	account, no := s.who(r, scopeRead, scopeAll)
	if no != nil {
		return *no
	}
	if r.URL.Query().Get("mine") != "true" {
		return refuse("missingRequiredParameter", "No filter selected.")
	}
	id := ChannelID(account)
	out := map[string]any{"kind": "youtube#channelListResponse", "pageInfo": map[string]int{"totalResults": 0, "resultsPerPage": 5}}
	if id != "" { // an account without a channel has no items at all
		out["pageInfo"] = map[string]int{"totalResults": 1, "resultsPerPage": 5}
		out["items"] = []any{map[string]any{"kind": "youtube#channel", "id": id, "snippet": map[string]string{"title": account},
			"contentDetails": map[string]any{"relatedPlaylists": map[string]string{"likes": "", "uploads": uploadsOf(id)}}}}
	}
	return providertest.Reply{JSON: out}
}

func uploadsOf(channel string) string { return "UU" + channel[2:] }

func (s *Server) list(r *http.Request) providertest.Reply {
	account, no := s.who(r, scopeRead, scopeAll)
	if no != nil {
		return *no
	}
	q := r.URL.Query()
	ids := strings.Split(strings.Join(q["id"], ","), ",")
	if q.Get("id") == "" || len(ids) > 50 {
		return refuse("missingRequiredParameter", "No filter selected.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	items := []any{}
	for _, id := range ids {
		v := s.video(id)
		if v == nil || v.ChannelID != ChannelID(account) && v.Status.PrivacyStatus == "private" {
			continue // as if it were not there
		}
		items = append(items, s.resource(v, strings.Join(q["part"], ",")))
	}
	return providertest.Reply{JSON: map[string]any{"kind": "youtube#videoListResponse", "items": items, "pageInfo": map[string]int{"totalResults": len(items), "resultsPerPage": len(items)}}}
}

// playlist lists a channel's uploads, the newest first.
func (s *Server) playlist(r *http.Request) providertest.Reply {
	account, no := s.who(r, scopeRead, scopeAll)
	if no != nil {
		return *no
	}
	q := r.URL.Query()
	size, err := strconv.Atoi(q.Get("maxResults"))
	if err != nil || size < 1 || size > 50 {
		size = 5
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var mine []*Video
	for _, v := range slices.Backward(s.videos) {
		if !v.Deleted && uploadsOf(v.ChannelID) == q.Get("playlistId") && (v.ChannelID == ChannelID(account) || v.Status.PrivacyStatus == "public") {
			mine = append(mine, v)
		}
	}
	if len(mine) == 0 {
		return refuse("playlistNotFound", "The playlist identified with the request's playlistId parameter cannot be found.")
	}
	at := 0
	if token := q.Get("pageToken"); token != "" {
		if _, err := fmt.Sscanf(token, "p%d", &at); err != nil || at < 0 || at > len(mine) {
			return refuse("invalidPageToken", "The request specifies an invalid page token.")
		}
	}
	end := min(at+size, len(mine))
	items := []any{}
	for _, v := range mine[at:end] {
		items = append(items, map[string]any{"kind": "youtube#playlistItem", "contentDetails": map[string]any{"videoId": v.ID, "videoPublishedAt": v.AcceptedAt}})
	}
	out := map[string]any{"kind": "youtube#playlistItemListResponse", "items": items}
	if end < len(mine) {
		out["nextPageToken"] = fmt.Sprintf("p%d", end)
	}
	return providertest.Reply{JSON: out}
}

func (s *Server) remove(r *http.Request) providertest.Reply {
	account, no := s.who(r, scopeAll)
	if no != nil {
		return *no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.video(r.URL.Query().Get("id"))
	switch {
	case v == nil:
		return refuse("videoNotFound", "The video that you are trying to delete cannot be found.")
	case v.ChannelID != ChannelID(account):
		return refuse("forbidden", "The video that you are trying to delete cannot be deleted.")
	}
	v.Deleted = true
	if err := s.shelf.writeVideo(*v); err != nil {
		return internal(err)
	}
	return providertest.Reply{Status: http.StatusNoContent}
}
