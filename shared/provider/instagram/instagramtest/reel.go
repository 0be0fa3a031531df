package instagramtest

import (
	"bytes"
	"crypto/rand"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"castad/shared/provider/providertest"
)

// published counts an account's reels of the last 24 h.
func (s *Server) published(account string) int {
	n := 0
	for _, r := range s.st.Reels {
		if r.Account == account && s.o.Now().Sub(r.AcceptedAt) < 24*time.Hour {
			n++
		}
	}
	return n
}

func (s *Server) limit(r request) providertest.Reply {
	all := map[string]any{"quota_usage": s.published(r.account.ID), "config": map[string]int{"quota_total": s.o.Quota, "quota_duration": 86400}}
	out := map[string]any{}
	for f := range strings.SplitSeq(orElse(r.in.Get("fields"), "quota_usage"), ",") {
		out[f] = all[f]
	}
	return providertest.Reply{JSON: map[string]any{"data": []any{out}}}
}

func (s *Server) me(r request) providertest.Reply {
	return fields(r.in, map[string]any{"id": r.account.scoped(), "user_id": r.account.ID, "username": r.account.Username, "account_type": r.account.Type, "name": r.account.Username})
}

// publish is POST /{user}/media_publish. It is not idempotent.
func (s *Server) publish(r request) providertest.Reply {
	c := s.st.container(r.in.Get("creation_id"))
	if c == nil || c.Account != r.account.ID || r.PathValue("node") != r.account.ID {
		return graphError(http.StatusBadRequest, codeInvalid, subDoesNotExist, "Unsupported post request. Object does not exist")
	}
	switch s.code(*c) {
	case "IN_PROGRESS":
		return graphError(http.StatusBadRequest, 9007, 2207027, "Media ID is not available")
	case "EXPIRED":
		return graphError(http.StatusBadRequest, -2, 2207008, "The media container has expired.")
	case "ERROR":
		return graphError(http.StatusBadRequest, -1, c.Problem, "The media could not be published.")
	}
	if s.published(r.account.ID) >= s.o.Quota {
		return graphError(http.StatusForbidden, 9, 2207042, "The user has reached the maximum number of posts per day.")
	}
	now := s.o.Now().UTC()
	reel := Reel{ID: s.st.next("18000"), Channel: "instagram", Account: c.Account, Username: r.account.Username, Container: c.ID, Shortcode: "D" + rand.Text()[:10],
		Caption: c.Caption, AIGenerated: c.AIGenerated, Bytes: c.Bytes, SHA256: c.SHA256, CoverBytes: c.CoverBytes, AcceptedAt: now}
	reel.URL = "http://" + r.Host + "/reel/" + reel.Shortcode + "/"
	c.Published = true
	s.st.Reels = append(s.st.Reels, reel)
	s.st.Publishes = append(s.st.Publishes, Publish{Container: c.ID, Reel: reel.ID, At: now})
	return providertest.Reply{JSON: map[string]string{"id": reel.ID}}
}

// shown are the fields of a reel.
func shown(r Reel) map[string]any {
	return map[string]any{"id": r.ID, "permalink": r.URL, "shortcode": r.Shortcode, "caption": r.Caption, "media_type": "VIDEO", "media_product_type": "REELS",
		"timestamp": r.AcceptedAt.Format("2006-01-02T15:04:05-0700"), "is_ai_generated": r.AIGenerated, "username": r.Username}
}

func (s *Server) look(r request) providertest.Reply {
	reel := s.st.reel(r.PathValue("node"))
	if reel == nil || reel.Account != r.account.ID {
		return graphError(http.StatusBadRequest, codeInvalid, subDoesNotExist, "Unsupported get request. Object with ID does not exist, cannot be loaded due to missing permissions, or does not support this operation")
	}
	return fields(r.in, shown(*reel))
}

// list is GET /{user}/media, newest first.
func (s *Server) list(r request) providertest.Reply {
	limit := atoi(orElse(r.in.Get("limit"), "25"))
	after, skipping := r.in.Get("after"), r.in.Get("after") != ""
	data, paging := []any{}, map[string]any{}
	for _, reel := range slices.Backward(s.st.Reels) {
		if skipping {
			skipping = reel.ID != after
			continue
		}
		if reel.Deleted || reel.Account != r.account.ID {
			continue
		}
		if len(data) == limit { // one more than asked for
			paging["next"] = "http://" + r.Host + r.URL.Path + "?access_token=IGAAsecret&after="
			break
		}
		reply := fields(r.in, shown(reel))
		if reply.Status != 0 {
			return reply
		}
		data = append(data, reply.JSON)
		paging["cursors"] = map[string]string{"after": reel.ID}
	}
	return providertest.Reply{JSON: map[string]any{"data": data, "paging": paging}}
}

// insights grow with a reel's age.
func (s *Server) insights(r request) providertest.Reply {
	reel := s.st.reel(r.PathValue("node"))
	if reel == nil || reel.Account != r.account.ID {
		return graphError(http.StatusBadRequest, codeInvalid, subDoesNotExist, "Unsupported get request. Object does not exist")
	}
	if !strings.Contains(r.scope, "instagram_business_manage_insights") {
		return graphError(http.StatusForbidden, 10, 0, "(#10) Application does not have permission for this action")
	}
	age := s.o.Now().Sub(reel.AcceptedAt)
	views := int64(age / time.Second)
	known := map[string]int64{"reach": views * 2 / 3, "likes": views / 8, "comments": views / 50, "shares": views / 70, "saved": views / 90, "total_interactions": views / 7}
	known["views"] = views
	if atoi(strings.TrimPrefix(r.PathValue("version"), "v")[:2]) < 22 {
		delete(known, "views")
		known["plays"] = views
	}
	data := []any{}
	for m := range strings.SplitSeq(r.in.Get("metric"), ",") {
		v, ok := known[m]
		if !ok {
			return graphError(http.StatusBadRequest, codeInvalid, 0, "(#100) metric must be one of the following values: reach, likes, comments, shares, …")
		}
		if age >= 10*time.Second { // before, Meta has no data set, which is not 0
			data = append(data, map[string]any{"name": m, "period": "lifetime", "values": []any{map[string]int64{"value": v}}, "id": reel.ID + "/insights/" + m + "/lifetime"})
		}
	}
	return providertest.Reply{JSON: map[string]any{"data": data}}
}

// Delete takes a reel away, as its owner can in the app.
func (s *Server) Delete(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.st.reel(id); r != nil {
		r.Deleted = true
	}
	_ = s.files.save(&s.st) // a folder that broke shows at the next request
}

var page = template.Must(template.New("reel").Parse(`<!doctype html>
<html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Username}} · Instagram (stand-in)</title>
<style>body{font-family:sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem}video{width:100%}p{white-space:pre-wrap}small{color:#666}</style>
<h1>{{.Username}}</h1>
<video controls playsinline src="/reel/{{.Shortcode}}/film.mp4"{{if .CoverBytes}} poster="/reel/{{.Shortcode}}/cover.jpg"{{end}}></video>
<small>{{if .AIGenerated}}AI info · {{end}}{{.AcceptedAt.Format "2006-01-02 15:04:05Z"}}</small>
<p>{{.Caption}}</p>
</html>
`))

func (s *Server) coded(shortcode string) (Reel, bool) {
	for _, r := range s.Reels() {
		if r.Shortcode == shortcode && !r.Deleted {
			return r, true
		}
	}
	return Reel{}, false
}

// watch shows a reel to people.
func (s *Server) watch(w http.ResponseWriter, r *http.Request) {
	reel, ok := s.coded(r.PathValue("shortcode"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'")
	_ = page.Execute(w, reel) // an error is the reader's connection
}

func (s *Server) file(ending, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		reel, ok := s.coded(r.PathValue("shortcode"))
		s.mu.Lock()
		body, err := s.files.get(reel.Container + ending)
		s.mu.Unlock()
		if !ok || err != nil || len(body) == 0 {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		http.ServeContent(w, r, "", reel.AcceptedAt, bytes.NewReader(body)) // knows Range
	}
}

func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	reel, ok := s.coded(r.PathValue("shortcode"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.Delete(reel.ID)
	w.WriteHeader(http.StatusNoContent)
}
