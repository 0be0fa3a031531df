package card

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// Link is one source of a card: what to call it and where it is.
type Link struct {
	Text, URL string
}

// thread is "owner/repo#12" or "owner/repo PR#12"; without the repository it is
// the one named before.
var thread = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+?)?( ?PR)?#([1-9][0-9]*)$`)

// short calls a document by its address without what a reader needs not see: the
// scheme, the query, and the folders of a file in a repository.
func short(u *url.URL) string {
	if m := file.FindStringSubmatch(u.Path); u.Host == "github.com" && m != nil {
		return m[1] + " " + path.Base(u.Path)
	}
	return strings.TrimSuffix(u.Host+u.Path, "/")
}

// file is the path of a file in a repository.
var file = regexp.MustCompile(`^/([^/]+/[^/]+)/blob/`)

// Sources reads Source: threads and addresses with ", " between them.
//
// GitHub answers /issues/n of a pull request with its page, so a thread whose
// kind was forgotten still leads there.
func (c Card) Sources() ([]Link, error) {
	var links []Link
	repo := ""
	for part := range strings.SplitSeq(c.Source, ", ") {
		if u, err := url.Parse(part); err == nil && u.Scheme == "https" && u.Host != "" && !strings.Contains(part, " ") {
			links = append(links, Link{short(u), part})
			continue
		}
		m := thread.FindStringSubmatch(part)
		if m == nil {
			return nil, fmt.Errorf("source %q is neither owner/repo#n, owner/repo PR#n nor an https address", part)
		}
		if m[1] != "" {
			repo = m[1]
		}
		if repo == "" {
			return nil, fmt.Errorf("source %q names no repository", part)
		}
		kind, text := "issues", repo+"#"+m[3]
		if m[2] != "" {
			kind, text = "pull", repo+" PR#"+m[3]
		}
		links = append(links, Link{text, "https://github.com/" + repo + "/" + kind + "/" + m[3]})
	}
	return links, nil
}
