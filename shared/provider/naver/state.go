package naver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"castad/shared/pattern"
)

// cache is the page's embedded state: a normalised Apollo cache, whose entities hang
// together by {"__ref":"key"}. An entity is decoded only when it is asked for, and the
// reviews' never are.
type cache struct {
	entities map[string]json.RawMessage
	// left is how many bytes of entities may still be decoded: a page in which everything
	// refers to one large entity would else become as many copies of it.
	left int
}

// maxDecoded is twice the longest page: of a real one most entities are never read, and the others once or twice.
const maxDecoded = 2 * maxPage

var stateStart = pattern.New(`window\s*(?:\.\s*__APOLLO_STATE__|\[\s*["']__APOLLO_STATE__["']\s*\])\s*=\s*`)

// readState finds the state in a page and reads exactly one JSON value after the equals
// sign, wherever a string in it holds "};" or "</script>".
func readState(page []byte) (*cache, error) {
	at := stateStart.FindIndex(page)
	if at == nil {
		return nil, errors.New("the page has no embedded state")
	}
	text := page[at[1]:]
	if rest, ok := bytes.CutPrefix(text, []byte("JSON.parse(")); ok { // the same as a string
		var s string
		if err := json.NewDecoder(bytes.NewReader(rest)).Decode(&s); err != nil {
			return nil, fmt.Errorf("read embedded state: %w", cause(err))
		}
		text = []byte(s)
	}
	c := &cache{left: maxDecoded}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&c.entities); err != nil {
		return nil, fmt.Errorf("read embedded state: %w", cause(err))
	}
	if len(c.entities) == 0 {
		return nil, errors.New("the embedded state is empty")
	}
	return c, nil
}

// cause keeps the page's own text out of an error: a type error quotes a field's name.
func cause(err error) error {
	if errors.As(err, new(*json.UnmarshalTypeError)) {
		return errors.New("it is not an object")
	}
	return err
}

// written are beginnings of keys whose entities hold what guests wrote, or other places.
var written = pattern.New(`(?i)^(ROOT_QUERY\.)?[a-z_]*(review|comment|blog|feed|ugc|user|author|photo|clip|recommend|nearby|similar)`)

// node is a JSON value of a cache: map[string]any, []any, string, json.Number, bool or nil.
type node struct {
	c *cache
	v any
}

// maxRefs is how many references are followed one after another: real ones are one
// deep, and a circle of nothing but references ends here.
const maxRefs = 8

// entity returns the entity of a key; nothing for one that holds what guests wrote.
func (c *cache) entity(key string) node {
	raw, ok := c.entities[key]
	if !ok || written.MatchString(key) {
		return node{c, nil}
	}
	return node{c, c.decode(raw)}.here()
}

// decode is the value of an entity; nothing when enough has been decoded.
func (c *cache) decode(raw json.RawMessage) any {
	if c.left -= len(raw); c.left < 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return v
}

// here follows references.
func (n node) here() node {
	for range maxRefs {
		m, ok := n.v.(map[string]any)
		if !ok {
			return n
		}
		ref, ok := m["__ref"].(string)
		if !ok {
			if ref, ok = m["id"].(string); !ok || m["type"] != "id" { // Apollo 2's way
				return n
			}
		}
		raw, ok := n.c.entities[ref]
		if !ok || written.MatchString(ref) {
			return node{n.c, nil}
		}
		n.v = n.c.decode(raw)
	}
	return node{n.c, nil}
}

// at returns the first of the fields that is there and not null. A field that was asked
// for with arguments (menus({"take":5})) is found by its name.
func (n node) at(fields ...string) node {
	m, ok := n.v.(map[string]any)
	if !ok {
		return node{n.c, nil}
	}
	for _, f := range fields {
		if v := m[f]; v != nil {
			return node{n.c, v}.here()
		}
	}
	for _, f := range fields {
		best := ""
		for k, v := range m { // the same one on every run
			if v != nil && strings.HasPrefix(k, f+"(") && (best == "" || k < best) {
				best = k
			}
		}
		if best != "" {
			return node{n.c, m[best]}.here()
		}
	}
	return node{n.c, nil}
}

// text is a string's or number's text as a person reads it; "" for everything else.
func (n node) text() string {
	switch v := n.v.(type) {
	case string:
		return plain(v)
	case json.Number:
		return v.String()
	}
	return ""
}

// list returns a list's items, an object of numbered items, or one item as a list of it.
func (n node) list() []node {
	switch v := n.v.(type) {
	case nil:
		return nil
	case []any:
		out := make([]node, 0, len(v))
		for _, i := range v {
			out = append(out, node{n.c, i}.here())
		}
		return out
	default:
		return []node{n}
	}
}

// texts returns the texts of a list: of strings, of objects with a name, or of one
// string with commas.
func (n node) texts() []string {
	var out []string
	if s, ok := n.v.(string); ok {
		for part := range strings.SplitSeq(s, ",") {
			if part = plain(part); part != "" {
				out = append(out, part)
			}
		}
		return out
	}
	for _, i := range n.list() {
		if t := or(i.text(), i.at("name", "label", "text").text()); t != "" {
			out = append(out, t)
		}
	}
	return out
}
