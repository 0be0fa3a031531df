package sandboxtest

import (
	"html/template"
	"net/http"
	"path/filepath"
)

var page = template.Must(template.New("watch").Parse(`<!doctype html>
<html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>body{font-family:sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem}video{width:100%}p{white-space:pre-wrap}small{color:#666}</style>
<video controls playsinline src="/watch/{{.ID}}/film.mp4"{{if .ThumbnailBytes}} poster="/watch/{{.ID}}/thumbnail.jpg"{{end}}></video>
<h1>{{.Title}}</h1>
<small>AI 생성 · {{.Channel}} · {{.Account}} · {{.AcceptedAt.Format "2006-01-02 15:04:05Z"}}</small>
<p>{{.Caption}}</p>
</html>
`))

func (s *Server) published(id string) (Post, bool) {
	for _, p := range s.Posts() {
		if p.ID == id {
			return p, true
		}
	}
	return Post{}, false
}

// watch shows a post to people.
func (s *Server) watch(w http.ResponseWriter, r *http.Request) {
	p, ok := s.published(r.PathValue("post"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'")
	_ = page.Execute(w, p) // an error is the reader's connection
}

func (s *Server) file(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, ok := s.published(r.PathValue("post"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeFile(w, r, filepath.Join(s.shelf.post(p.ID), name)) // knows Range
	}
}
