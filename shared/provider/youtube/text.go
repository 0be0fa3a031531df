package youtube

import (
	"context"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"castad/shared/provider"
)

// Limits of a YouTube video's words (docs/videos, snippet; that a title has 100
// characters, and how tags are counted, is unverified).
const (
	videoTitle       = 100  // characters
	videoDescription = 5000 // bytes
	videoTags        = 500  // characters together
)

// CheckText refuses a post whose words YouTube would refuse, with the field, before
// there is anything to publish.
func (c *Client) CheckText(p provider.Post) error { return checkText(p) }

// Identify returns the id of the video at an address that people share, and the one
// address that stands for all of its. Class UserFault: it is no address of a video.
func (c *Client) Identify(address string) (id, known string, err error) {
	u, err := url.Parse(address)
	own, _ := url.Parse(c.cfg.WatchURL)
	switch {
	case err != nil || u.User != nil || u.Scheme != "https" && u.Scheme != own.Scheme:
	case u.Host == own.Host, u.Host == "www.youtube.com", u.Host == "youtube.com", u.Host == "m.youtube.com":
		if id = u.Query().Get("v"); u.Path != "/watch" {
			id, _ = strings.CutPrefix(u.Path, "/shorts/")
		}
	case u.Host == "youtu.be":
		id = strings.TrimPrefix(u.Path, "/")
	}
	if !validID(id) {
		return "", "", provider.Refused(name, "identify", "url", "is not the address of a video")
	}
	return id, c.address(id), nil
}

// Resolve returns the id of the video at the address that its owner gave.
func (c *Client) Resolve(_ context.Context, s provider.Sought) (string, error) {
	id, _, err := c.Identify(s.URL)
	return id, err
}

// checkText refuses a post whose words YouTube would refuse, with the field.
func checkText(p provider.Post) error {
	refuse := func(field, format string, args ...any) error {
		return provider.Refused(name, "publish", field, format, args...)
	}
	caption, n := p.FullCaption(), utf8.RuneCountInString(p.Title)
	switch {
	case strings.TrimSpace(p.Title) == "" || n > videoTitle:
		return refuse("title", "has %d characters, 1–%d are allowed", n, videoTitle)
	case strings.ContainsAny(p.Title, "<>") || strings.ContainsFunc(p.Title, unicode.IsControl) || !utf8.ValidString(p.Title):
		return refuse("title", "must be one line of valid UTF-8 without < and >")
	case strings.ContainsAny(caption, "<>") || !utf8.ValidString(caption):
		return refuse("caption", "must be valid UTF-8 without < and >")
	case len(caption) > videoDescription:
		return refuse("caption", "has %d bytes with its hashtags, %d are allowed", len(caption), videoDescription)
	case tagsLength(tagsOf(p)) > videoTags:
		return refuse("hashtags", "have more than %d characters together", videoTags)
	}
	return nil
}

// tagsLength counts tags as YouTube does: with the commas between them, and two
// quotes around one that has a space.
func tagsLength(tags []string) int {
	n := max(0, len(tags)-1)
	for _, t := range tags {
		n += utf8.RuneCountInString(t)
		if strings.Contains(t, " ") {
			n += 2
		}
	}
	return n
}
