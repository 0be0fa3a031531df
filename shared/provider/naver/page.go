package naver

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"castad/shared/pattern"
)

// Place is what a shop's page says about the shop. Every text is data from outside: one
// line, not checked for its content.
type Place struct {
	// ID is Naver's; a fact from the page has the source "naver:" + ID.
	ID                             string
	Name, Category, Address, Phone string
	// Hours are in words: "월–금 11:00–21:00, 일 쉼".
	Hours string
	Menu  []Item
	// Keywords and Conveniences are the shop's own (not the guests' votes).
	Keywords, Conveniences []string
	// Lat and Lng are WGS84 degrees; both 0 when not told.
	Lat, Lng float64
}

// Item is something that the place sells; Won is 0 when its price is not one number.
type Item struct {
	Name string
	Won  int
}

// Bounds of what is read from a page: beyond them it is not a shop's.
const (
	maxItems = 60
	maxWords = 20
	maxText  = 200 // characters
)

// ParsePage reads the facts of the place id from its page. The shape drifts; names that
// fields have had are all read, and what is missing is left empty. An error says
// why there are no facts at all; it holds none of the page's text.
func ParsePage(page []byte, id string) (Place, error) {
	c, err := readState(page)
	if err != nil {
		return Place{}, err
	}
	root := c.place(id)
	p := Place{ID: id, Name: clip(root.at("name", "placeName", "businessName").text())}
	if p.Name == "" {
		return Place{}, errors.New("the embedded state does not name the place")
	}
	p.Category = clip(strings.Join(root.at("category", "categoryName", "businessCategoryName").texts(), ", "))
	p.Address = clip(or(root.at("roadAddress", "newAddress").text(), root.at("address", "fullAddress", "commonAddress").text()))
	p.Phone = clip(or(root.at("phone", "tel", "telephone").text(), root.at("virtualPhone", "virtualTel").text()))
	p.Hours = clip(hours(root))
	p.Menu = c.menu(root, id)
	p.Keywords = words(root.at("informationTab").at("keywordList", "keywords"), root.at("keywordList", "keywords"))
	p.Conveniences = words(root.at("conveniences", "convenience"), root.at("informationTab").at("conveniences"))
	for _, n := range append(view{root.at("coordinate", "coordinates", "location")}, root...) {
		if p.Lat, p.Lng = position(n.at("x", "lng", "longitude").text(), n.at("y", "lat", "latitude").text()); p.Lat != 0 {
			break
		}
	}
	if c.left < 0 {
		return Place{}, errors.New("the embedded state refers to itself too often")
	}
	return p, nil
}

// view is a place as several entities describe it; the first that has a field counts.
type view []node

func (v view) at(fields ...string) node {
	for _, n := range v {
		if f := n.at(fields...); f.v != nil {
			return f
		}
	}
	return node{}
}

// place finds what describes the place: the entity called PlaceDetailBase, else the one
// with the place's id that says most; and what a query about the place answered.
func (c *cache) place(id string) view {
	best, score := node{c, nil}, 0
	for _, key := range slices.Sorted(maps.Keys(c.entities)) {
		kind, of, ok := strings.Cut(key, ":")
		if !ok || !names(of, id) {
			continue
		}
		n := c.entity(key)
		s := known(n)
		if s > 0 && strings.HasPrefix(kind, "PlaceDetailBase") {
			s += 1000
		}
		if s > score {
			best, score = n, s
		}
	}
	v := view{best}
	query, _ := c.entity("ROOT_QUERY").v.(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(query)) {
		if !strings.Contains(key, id) || written.MatchString(key) {
			continue
		}
		n := node{c, query[key]}.here()
		base := n.at("base", "place", "placeDetail", "business")
		for _, n := range []node{base, n} {
			if n.at("id", "placeId", "businessId").text() == id && known(n) > score {
				v[0], score = n, known(n)
			}
		}
		if base.at("id", "placeId", "businessId").text() == id {
			v = append(v, n)
		}
	}
	return v
}

// names says whether the part of a cache key after its colon is the id, plain or as {"id":"…"}.
func names(of, id string) bool {
	if of == id {
		return true
	}
	var key struct{ ID, PlaceID, BusinessID loose }
	return strings.HasPrefix(of, "{") && json.Unmarshal([]byte(of), &key) == nil &&
		(string(key.ID) == id || string(key.PlaceID) == id || string(key.BusinessID) == id)
}

// known counts the fields of a place that an entity has; 0 without a name.
func known(n node) int {
	if n.at("name", "placeName", "businessName").text() == "" {
		return 0
	}
	count := 1
	for _, f := range [][]string{{"category", "categoryName", "businessCategoryName"}, {"roadAddress", "newAddress"}, {"address", "fullAddress", "commonAddress"},
		{"phone", "tel", "telephone", "virtualPhone"}, {"businessHours", "newBusinessHours"}, {"coordinate", "coordinates", "x"}, {"conveniences"}} {
		if n.at(f...).v != nil {
			count++
		}
	}
	return count
}

var digits = pattern.New(`[0-9]+`)

// menu returns what the place sells: what the place itself lists, else the Menu entities with its id.
func (c *cache) menu(root view, id string) []Item {
	var list []node
	for _, n := range root.at("menus", "menuList", "menu", "menuItems").list() {
		list = append(list, or2(n.at("menus", "items").list(), n)...)
	}
	if len(list) == 0 {
		var keys []string
		for key := range c.entities {
			if rest, ok := strings.CutPrefix(key, "Menu:"+id); ok && (rest == "" || rest[0] < '0' || rest[0] > '9') { // Menu:123_0 is not of place 12
				keys = append(keys, key)
			}
		}
		slices.SortFunc(keys, byNumbers)
		for _, key := range keys {
			list = append(list, c.entity(key))
		}
	}
	var items []Item
	seen := map[string]bool{}
	for _, n := range list {
		i := Item{Name: n.at("name", "menuName", "title").text(), Won: won(n.at("price", "priceText", "amount"))}
		if i.Name == "" || len([]rune(i.Name)) > maxText || seen[i.Name] || len(items) == maxItems {
			continue
		}
		seen[i.Name] = true
		items = append(items, i)
	}
	return items
}

// or2 is list, or n alone when there is none.
func or2(list []node, n node) []node {
	if len(list) > 0 {
		return list
	}
	return []node{n}
}

// byNumbers orders Menu:1_10 after Menu:1_9.
func byNumbers(a, b string) int {
	as, bs := digits.FindAllString(a, -1), digits.FindAllString(b, -1)
	return slices.CompareFunc(append(as, a), append(bs, b), func(x, y string) int {
		nx, errX := strconv.Atoi(x)
		ny, errY := strconv.Atoi(y)
		if errX != nil || errY != nil {
			return strings.Compare(x, y)
		}
		return nx - ny
	})
}

var price = pattern.New(`^(?:₩|￦|KRW ?)?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.0+)? ?(?:원|won)?$`)

// won reads a price: 9000, "9,000원", {"value":…}. A range, "변동" and "9,000원~" are no
// price that could be sung: 0.
func won(n node) int {
	if inner := n.at("value", "amount", "price"); inner.v != nil {
		n = inner
	}
	m := price.FindStringSubmatch(n.text())
	if m == nil {
		return 0
	}
	w, err := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
	if err != nil || w > 100_000_000 {
		return 0
	}
	return w
}

// words returns the texts of the first node that has some, once each.
func words(nodes ...node) []string {
	var out []string
	for _, n := range nodes {
		for _, t := range n.texts() {
			if len(out) < maxWords && len([]rune(t)) <= 40 && !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// clip drops a text that is too long to be what it should be.
func clip(s string) string {
	if len([]rune(s)) > maxText {
		return ""
	}
	return s
}
