package youtubetest

import (
	"html/template"
	"net/http"
	"path/filepath"
)

var watchPage = template.Must(template.New("watch").Parse(`<!doctype html>
<html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Snippet.Title}}</title>
<style>body{font-family:sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem}video{width:100%}p{white-space:pre-wrap}small{color:#666}</style>
<video controls playsinline src="/film/{{.ID}}"{{if .ThumbnailBytes}} poster="/picture/{{.ID}}"{{end}}></video>
<h1>{{.Snippet.Title}}</h1>
<small>{{if .AI}}AI 생성 (변경되거나 합성된 콘텐츠) · {{end}}{{if .Kids}}아동용 · {{end}}{{.Status.PrivacyStatus}} · {{if .Short}}Shorts · {{end}}{{.ChannelID}} · {{.AcceptedAt.Format "2006-01-02 15:04:05Z"}}</small>
<p>{{.Snippet.Description}}</p>
</html>
`))

// shown finds a video that strangers may see.
func (s *Server) shown(id string) (Video, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.video(id)
	if v == nil || v.Status.PrivacyStatus == "private" || v.Fate != "" && v.Fate != "never" && !s.processing(v) {
		return Video{}, false
	}
	return *v, true
}

// watch shows a video to people.
func (s *Server) watch(w http.ResponseWriter, r *http.Request) {
	v, ok := s.shown(r.URL.Query().Get("v"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	said := func(b *bool) bool { return b != nil && *b }
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'")
	_ = watchPage.Execute(w, struct {
		Video
		AI, Kids bool
	}{v, said(v.Status.ContainsSyntheticMedia), said(v.Status.SelfDeclaredMadeForKids)}) // an error is the reader's connection
}

func (s *Server) file(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, ok := s.shown(r.PathValue("video"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeFile(w, r, filepath.Join(s.shelf.video(v.ID), name)) // knows Range
	}
}
