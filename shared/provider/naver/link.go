package naver

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"castad/shared/fault"
	"castad/shared/pattern"
)

// Vendors of links.
const (
	Naver = "naver"
	Kakao = "kakao"
)

// Link names a place at a map service.
type Link struct {
	// Vendor is Naver or Kakao.
	Vendor string
	// ID is the vendor's id of the place, digits as text; "" for a short link, whose
	// place only Naver knows (see Pages.Resolve).
	ID string
	// URL is the link in one spelling: https, a host name in lower case, no query, no fragment.
	URL string
	// Name and Address are what the text of an app's "share" says beside the link; "" otherwise.
	Name, Address string
}

// maxShared is the longest text that is read as a link, in bytes: what the apps share is below 500.
const maxShared = 2000

// kinds are the words before an id in Naver's paths. place fits every shop.
var kinds = map[string]bool{"place": true, "restaurant": true, "cafe": true, "hairshop": true, "nailshop": true, "hospital": true, "accommodation": true}

var (
	placeID   = pattern.New(`^[0-9]{4,20}$`)
	shortCode = pattern.New(`^[0-9A-Za-z]{4,20}$`)
	shareHead = pattern.New(`^\[(네이버 ?지도|네이버 ?플레이스|카카오맵|NAVER Map|KakaoMap)\]`)
	schemed   = pattern.New(`(?i)^[a-z][a-z0-9+.-]*:`)
	webScheme = pattern.New(`(?i)^https?://`)
)

// ParseLink reads what an owner pastes: a link to a place, with or without https://,
// or the text that a map app shares, whose lines are a heading, the shop's name, its
// address and the link. Forms:
//
//	map.naver.com/p/entry/place/{id}       map.naver.com/p/search/{words}/place/{id}
//	map.naver.com/v5/entry/place/{id}      m.place.naver.com/{kind}/{id}/home
//	pcmap.place.naver.com/{kind}/{id}/…    naver.me/{code}
//	place.map.kakao.com/{id}               map.kakao.com/link/map/{id}
//
// Kakao's short links (kko.to, kko.kakao.com) are not supported: what they lead to
// could not be fetched anyway. Errors are of code place.not_a_place_link, without the text.
func ParseLink(text string) (Link, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxShared || !utf8.ValidString(text) {
		return Link{}, notPlace(fmt.Errorf("%d bytes", len(text)))
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		return Link{}, notPlace(errors.New("nothing"))
	}
	if len(words) == 1 {
		l, err := parseURL(words[0])
		if err != nil {
			return Link{}, notPlace(err)
		}
		return l, nil
	}
	var found *Link
	for _, w := range words {
		if !webScheme.MatchString(w) { // in a text only what says that it is a link is one
			continue
		}
		l, err := parseURL(w)
		switch {
		case err != nil:
			return Link{}, notPlace(err)
		case found != nil && found.URL != l.URL:
			return Link{}, notPlace(errors.New("two links"))
		}
		found = &l
	}
	if found == nil {
		return Link{}, notPlace(errors.New("no link"))
	}
	found.Name, found.Address = shared(text)
	return *found, nil
}

func notPlace(why error) error {
	return fault.Newf(fault.CodeNotPlaceLink, "read place link: %w", why)
}

// shared reads a shared text's name and address: the lines between its heading and its
// link. Without the heading nobody knows what the lines are.
func shared(text string) (name, address string) {
	var lines []string
	for line := range strings.Lines(text) {
		if line = plain(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) < 2 || !shareHead.MatchString(lines[0]) {
		return "", ""
	}
	if rest := strings.TrimSpace(shareHead.ReplaceAllString(lines[0], "")); rest != "" {
		lines[0] = rest // the name may follow in the same line
	} else {
		lines = lines[1:]
	}
	for i, field := range []*string{&name, &address} {
		if i >= len(lines) || strings.Contains(lines[i], "://") {
			break
		}
		*field = lines[i]
	}
	return name, address
}

// parseURL reads one address. What a browser and we could read differently is refused.
func parseURL(raw string) (Link, error) {
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return Link{}, errors.New("characters that no address has")
	}
	if !schemed.MatchString(raw) {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return Link{}, errors.New("not an address")
	}
	switch scheme := strings.ToLower(u.Scheme); {
	case scheme != "https" && scheme != "http": // http is only read; what is fetched is https
		return Link{}, errors.New("neither https nor http")
	case u.Opaque != "":
		return Link{}, errors.New("no host")
	case u.User != nil:
		return Link{}, errors.New("userinfo before the host")
	case u.Host != u.Hostname(): // also an empty port, and IPv6
		return Link{}, errors.New("a port")
	}
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/") // escaped: %2F is not a slash, %31 not an id
	switch host := strings.ToLower(u.Host); host {
	case "naver.me":
		if len(parts) == 1 && shortCode.MatchString(parts[0]) {
			return Link{Vendor: Naver, URL: "https://naver.me/" + parts[0]}, nil
		}
		return Link{}, errors.New("not a short link")
	case "map.naver.com", "m.map.naver.com":
		if len(parts) > 2 && (parts[0] == "p" || parts[0] == "v5") && (parts[1] == "entry" || parts[1] == "search") {
			return entry(parts[2:])
		}
	case "m.place.naver.com", "pcmap.place.naver.com", "place.naver.com":
		if len(parts) >= 2 {
			return entry(parts[:2])
		}
	case "place.map.kakao.com":
		if id := parts[len(parts)-1]; (len(parts) == 1 || len(parts) == 2 && parts[0] == "m") && placeID.MatchString(id) {
			return Link{Vendor: Kakao, ID: id, URL: "https://place.map.kakao.com/" + id}, nil
		}
	case "map.kakao.com":
		if len(parts) == 3 && parts[0] == "link" && parts[1] == "map" && placeID.MatchString(parts[2]) {
			return Link{Vendor: Kakao, ID: parts[2], URL: "https://place.map.kakao.com/" + parts[2]}, nil
		}
	case "kko.to", "kko.kakao.com":
		return Link{}, errors.New("short links of Kakao are not supported")
	}
	return Link{}, errors.New("not an address of a place")
}

// entry reads …/{kind}/{id}/…; the last such pair counts, since the words that were searched for come first.
func entry(parts []string) (Link, error) {
	for i := len(parts) - 2; i >= 0; i-- {
		if kinds[parts[i]] && placeID.MatchString(parts[i+1]) {
			return Link{Vendor: Naver, ID: parts[i+1], URL: "https://m.place.naver.com/" + parts[i] + "/" + parts[i+1] + "/home"}, nil
		}
	}
	return Link{}, errors.New("no place in the address")
}
