package kakao

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"castad/shared/provider"
)

// Limits of Local search.
const (
	pageSize = 15
	// MaxPages is how many pages a search has: Kakao shows 45 results. Requests beyond are
	// said to bring the last page again (unverified), so they are not sent.
	MaxPages = 3
	maxText  = 200 // of a result's texts, in characters
	maxQuery = 100 // characters; names and addresses of shops are far below
)

type document struct {
	ID          string `json:"id"`
	Name        string `json:"place_name"`
	Category    string `json:"category_name"`
	Phone       string `json:"phone"`
	Address     string `json:"address_name"`
	RoadAddress string `json:"road_address_name"`
	X           string `json:"x"` // longitude
	Y           string `json:"y"` // latitude
	URL         string `json:"place_url"`
}

// Search finds places by name, address or both; page is 1 to MaxPages, more says
// whether the next one has any. What is found is for choosing from, not for keeping.
func (c *Client) Search(ctx context.Context, query string, page int) (hits []provider.PlaceHit, more bool, err error) {
	query = strings.TrimSpace(query)
	switch n := utf8.RuneCountInString(query); {
	case n == 0 || n > maxQuery || !utf8.ValidString(query):
		return nil, false, provider.Refused(name, "search", "query", "must have 1–%d characters", maxQuery)
	case page < 1 || page > MaxPages:
		return nil, false, provider.Refused(name, "search", "page", "must be 1–%d", MaxPages)
	}
	call := provider.Call{Op: "search", Method: http.MethodGet, Path: "/v2/local/search/keyword.json",
		Query:  url.Values{"query": {query}, "page": {strconv.Itoa(page)}, "size": {strconv.Itoa(pageSize)}},
		Header: http.Header{"Authorization": {"KakaoAK " + c.cfg.RESTKey}}}
	a, err := c.local.Do(ctx, call)
	if err != nil {
		return nil, false, err
	}
	var in struct {
		Meta struct {
			IsEnd *bool `json:"is_end"`
		} `json:"meta"`
		Documents []document `json:"documents"`
		ErrorType string     `json:"errorType"`
		Message   string     `json:"message"`
	}
	err = json.Unmarshal(a.Body, &in)
	switch {
	case a.Status >= 300:
		return nil, false, c.local.Fail(call, a, provider.StatusClass(a.Status, false), c.masked(in.ErrorType, nil), orDash(c.masked(in.Message, nil)))
	case err != nil || in.Meta.IsEnd == nil:
		return nil, false, c.local.Unintelligible(call, a, err)
	}
	for _, d := range in.Documents {
		if h, ok := d.hit(); ok {
			hits = append(hits, h)
		}
	}
	return hits, !*in.Meta.IsEnd && page < MaxPages, nil
}

// hit is the document in neutral words; without id or name it is none.
func (d document) hit() (provider.PlaceHit, bool) {
	h := provider.PlaceHit{ID: d.ID, Name: line(d.Name, maxText), Category: line(d.Category, maxText), Phone: line(d.Phone, maxText),
		Address: line(d.Address, maxText), RoadAddress: line(d.RoadAddress, maxText), URL: pageURL(d.URL), Source: name}
	lng, err := strconv.ParseFloat(d.X, 64)
	lat, err2 := strconv.ParseFloat(d.Y, 64)
	if err == nil && err2 == nil && lng >= 124 && lng <= 132 && lat >= 33 && lat <= 39 { // Korea; NaN is not
		h.Lat, h.Lng = lat, lng
	}
	return h, h.Name != "" && d.ID != "" && strings.Trim(d.ID, "0123456789") == "" && len(d.ID) <= 20
}

// pageURL is the place's page over https, "" when it is not one of Kakao's.
func pageURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host != "place.map.kakao.com" || u.User != nil {
		return ""
	}
	return "https://" + u.Host + u.EscapedPath()
}
