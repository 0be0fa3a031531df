// Package webapp is the web client as those see it who lead browsers back into it: an
// origin, and the paths below it that strangers may name.
package webapp

import (
	"net/url"
	"slices"
	"strings"

	"castad/shared/fault"
)

// maxPath is the longest path in bytes; columns that keep one are as long.
const maxPath = 500

// Local says whether next is a path of the app itself and nothing that any browser
// could read as another site's: "//host", "/\host", a control character, a way up.
func Local(next string) bool {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || len(next) > maxPath || !strings.HasPrefix(next, "/") {
		return false
	}
	for part := range strings.SplitSeq(u.Path[1:], "/") {
		if part == ".." || part == "." {
			return false
		}
	}
	return !strings.HasPrefix(next, "//") && !strings.ContainsFunc(next+u.Path, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f })
}

// Check is CodeBadValue for a next that is not Local.
func Check(next string) error {
	if Local(next) {
		return nil
	}
	return fault.Newf(fault.CodeBadValue, "next is not a path of the app").In("next").Wants(fault.Words{Ko: "/로 시작하는 앱 안의 경로", En: "a path of the app, which begins with /"})
}

// At is the address of a path, which must be Local, of the app at an origin.
func At(origin, path string) string { return strings.TrimSuffix(origin, "/") + path }

// Telling is At with a parameter in the query, the only thing that is added to what was
// Local. Parameters of its name, and of the names in old, are of the try before and go.
func Telling(origin, path, name, value string, old ...string) string {
	path, fragment, _ := strings.Cut(path, "#")
	path, query, _ := strings.Cut(path, "?")
	kept := slices.DeleteFunc(strings.Split(query, "&"), func(p string) bool {
		is, _, _ := strings.Cut(p, "=")
		return is == "" || is == name || slices.Contains(old, is)
	})
	path += "?" + strings.Join(append(kept, name+"="+url.QueryEscape(value)), "&")
	if fragment != "" {
		path += "#" + fragment
	}
	return At(origin, path)
}
