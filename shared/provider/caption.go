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

// CaptionLimits are the most that a channel takes in a full caption.
type CaptionLimits struct{ Characters, Hashtags, Mentions int }

// ReelCaption is Instagram's (developers.facebook.com, instagram-platform, ig-user/media).
var ReelCaption = CaptionLimits{Characters: 2200, Hashtags: 30, Mentions: 20}

// Check refuses a full caption that the channel would refuse; provider and op name
// the call that is not made.
func (l CaptionLimits) Check(provider, op, caption string) error {
	n := utf8.RuneCountInString(caption)
	switch {
	case !utf8.ValidString(caption):
		return Refused(provider, op, "caption", "is not valid UTF-8")
	case n > l.Characters:
		return Refused(provider, op, "caption", "has %d characters with its hashtags, %d are allowed", n, l.Characters)
	case strings.Count(caption, "#") > l.Hashtags:
		return Refused(provider, op, "hashtags", "more than %d", l.Hashtags)
	case strings.Count(caption, "@") > l.Mentions:
		return Refused(provider, op, "caption", "more than %d mentions", l.Mentions)
	}
	return nil
}
