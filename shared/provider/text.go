package provider

import (
	"strings"
	"unicode/utf8"
)

// FullCaption is the caption with the hashtags below it, as channels show it.
func (p Post) FullCaption() string {
	if len(p.Hashtags) == 0 {
		return p.Caption
	}
	return strings.TrimSpace(p.Caption + "\n\n#" + strings.Join(p.Hashtags, " #"))
}

// TextLimits are what a channel takes of a post's words. 0 = no limit.
type TextLimits struct {
	// Title is in characters, and a title must be there; 0 = the channel shows none.
	Title int
	// CaptionBytes and CaptionRunes bound the caption with its hashtags.
	CaptionBytes, CaptionRunes int
	// Tags bounds the characters of all tags together, as TagsLength counts them.
	Tags int
	// Hashtags and Mentions bound the # and @ of the caption.
	Hashtags, Mentions int
	// NoBrackets forbids < and > in title and caption.
	NoBrackets bool
}

// The channels' limits, from their documents: videos (title's 100 and what counts
// of the tags are unverified), and Instagram's content publishing.
var (
	YouTubeText   = TextLimits{Title: 100, CaptionBytes: 5000, Tags: 500, NoBrackets: true}
	InstagramText = TextLimits{CaptionRunes: 2200, Hashtags: 30, Mentions: 20}
)

// Check refuses a post whose words the channel would refuse, with the field;
// vendor and op name the call. tags are what is sent as tags beside the caption.
func (l TextLimits) Check(vendor, op string, p Post, tags []string) error {
	refuse := func(field, format string, args ...any) error {
		return Refused(vendor, op, field, format, args...)
	}
	caption, title := p.FullCaption(), utf8.RuneCountInString(p.Title)
	switch n := utf8.RuneCountInString(caption); {
	case !utf8.ValidString(p.Title) || !utf8.ValidString(caption):
		return refuse("caption", "title and caption must be valid UTF-8")
	case l.Title > 0 && (strings.TrimSpace(p.Title) == "" || title > l.Title):
		return refuse("title", "has %d characters, 1–%d are allowed", title, l.Title)
	case l.NoBrackets && strings.ContainsAny(p.Title, "<>"):
		return refuse("title", "must not contain < or >")
	case l.NoBrackets && strings.ContainsAny(caption, "<>"):
		return refuse("caption", "must not contain < or >")
	case l.CaptionBytes > 0 && len(caption) > l.CaptionBytes:
		return refuse("caption", "has %d bytes with its hashtags, %d are allowed", len(caption), l.CaptionBytes)
	case l.CaptionRunes > 0 && n > l.CaptionRunes:
		return refuse("caption", "has %d characters with its hashtags, %d are allowed", n, l.CaptionRunes)
	case l.Hashtags > 0 && strings.Count(caption, "#") > l.Hashtags:
		return refuse("hashtags", "more than %d", l.Hashtags)
	case l.Mentions > 0 && strings.Count(caption, "@") > l.Mentions:
		return refuse("caption", "more than %d mentions", l.Mentions)
	case l.Tags > 0 && TagsLength(tags) > l.Tags:
		return refuse("hashtags", "have more than %d characters together", l.Tags)
	}
	return nil
}

// TagsLength counts tags as YouTube does: with the commas between them, and two
// quotes around one that has a space.
func TagsLength(tags []string) int {
	n := max(0, len(tags)-1)
	for _, t := range tags {
		n += utf8.RuneCountInString(t)
		if strings.Contains(t, " ") {
			n += 2
		}
	}
	return n
}
