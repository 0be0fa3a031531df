package film

import (
	"encoding/json"
	"fmt"
	"image/color"
	"maps"
	"slices"
	"strings"
)

// Problem is one thing about a script that Creatomate's answer lists under
// errors (the film cannot be made as asked) or warnings (it can, differently).
type Problem struct {
	Path    string `json:"path"` // "elements[2].rotation"; "" for the whole script
	Message string `json:"message"`
}

func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// maxProblems bounds what a hostile script can make us list.
const maxProblems = 50

// problems collects what is wrong with a script.
type problems struct{ errors, warnings []Problem }

func (p *problems) errorf(path, format string, args ...any) {
	if len(p.errors) < maxProblems {
		p.errors = append(p.errors, Problem{path, fmt.Sprintf(format, args...)})
	}
}

func (p *problems) warnf(path, format string, args ...any) {
	if len(p.warnings) < maxProblems {
		p.warnings = append(p.warnings, Problem{path, fmt.Sprintf(format, args...)})
	}
}

// object reads one JSON object field by field and knows which fields nobody
// has read: they are reported, because a field that is skipped in silence is a
// film that is not what was asked for.
type object struct {
	path   string
	fields map[string]json.RawMessage
	p      *problems
}

func newObject(raw json.RawMessage, path string, p *problems) (object, bool) {
	o := object{path: path, p: p}
	if err := json.Unmarshal(raw, &o.fields); err != nil || o.fields == nil {
		p.errorf(path, "must be an object")
		return o, false
	}
	return o, true
}

func (o object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// take removes a field; ok is false when it is absent or null.
func (o object) take(name string) (json.RawMessage, bool) {
	raw, ok := o.fields[name]
	delete(o.fields, name)
	return raw, ok && string(raw) != "null"
}

func (o object) errorf(name, format string, args ...any) { o.p.errorf(o.at(name), format, args...) }

func (o object) text(name, def string) string {
	raw, ok := o.take(name)
	if !ok {
		return def
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		o.errorf(name, "must be text (keyframes are not supported)")
		return def
	}
	return s
}

// oneOf is a text field with a closed list of values; the first is the default.
func (o object) oneOf(name string, values ...string) string {
	s := o.text(name, values[0])
	if !slices.Contains(values, s) {
		o.errorf(name, "%q is not supported; known: %s", clip(s), strings.Join(values, ", "))
		return values[0]
	}
	return s
}

func (o object) flag(name string, def bool) bool {
	raw, ok := o.take(name)
	if !ok {
		return def
	}
	var b bool
	if json.Unmarshal(raw, &b) != nil {
		o.errorf(name, "must be true or false")
		return def
	}
	return b
}

// number reads a number or text that is a number; nil when absent.
func (o object) number(name string, lo, hi float64) *float64 {
	l := o.length(name)
	if l == nil {
		return nil
	}
	if l.unit != "" || l.v < lo || l.v > hi {
		o.errorf(name, "must be a number from %g to %g", lo, hi)
		return nil
	}
	return &l.v
}

// seconds reads a time: a number, or text such as "2.5 s"; nil when absent.
func (o object) seconds(name string) *float64 {
	if raw := o.fields[name]; len(raw) > 0 && raw[0] == '"' { // null is absent, and is no text
		var s string
		if json.Unmarshal(raw, &s) == nil {
			b, _ := json.Marshal(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "s")))
			o.fields[name] = b
		}
	}
	return o.number(name, 0, maxSeconds)
}

// length reads a number or text such as "50%" or "10 vmin"; nil when absent.
func (o object) length(name string) *length {
	raw, ok := o.take(name)
	if !ok {
		return nil
	}
	var v float64
	if json.Unmarshal(raw, &v) == nil {
		if v < -1e6 || v > 1e6 {
			o.errorf(name, "is out of range")
			return nil
		}
		return &length{v: v}
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		o.errorf(name, "must be a number or text such as \"50%%\" (keyframes are not supported)")
		return nil
	}
	l, err := parseLength(s)
	if err != nil {
		o.errorf(name, "%v", err)
		return nil
	}
	return &l
}

func (o object) lengthOr(name string, def length) length {
	if l := o.length(name); l != nil {
		return *l
	}
	return def
}

// fraction reads a percentage (or, without a unit, a percentage too) as 0–1.
func (o object) fraction(name string, def float64) float64 {
	l := o.length(name)
	if l == nil {
		return def
	}
	if l.unit != "%" && l.unit != "" || l.v < 0 || l.v > 1000 {
		o.errorf(name, "must be a percentage from 0%% to 1000%%")
		return def
	}
	return l.v / 100
}

func (o object) color(name string, def color.NRGBA) color.NRGBA {
	raw, ok := o.take(name)
	if !ok {
		return def
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		o.errorf(name, "must be a colour such as \"#ffcc00\"")
		return def
	}
	c, err := parseColor(s)
	if err != nil {
		o.errorf(name, "%v", err)
	}
	return c
}

// inert lists fields that this renderer does not have, with the values at
// which leaving them out changes nothing; "*" means any value.
var inert = map[string][]string{
	"id": {"*"}, "name": {"*"}, "locked": {"*"}, "dynamic": {"*"}, "provider": {"*"}, "visible": {"true"}, "smart_crop": {"false"},
	"rotation": {"0"}, "x_rotation": {"0"}, "y_rotation": {"0"}, "z_rotation": {"0"}, "x_skew": {"0"}, "y_skew": {"0"},
	"x_scale": {"100"}, "y_scale": {"100"}, "blend_mode": {"none", "normal"}, "mask_mode": {"none"}, "color_filter": {"none"},
	"blur_radius": {"0"}, "warp_mode": {"default"}, "flow_direction": {"*"}, "loop": {"false"}, "plays": {"1"}, "emoji_style": {"*"},
	"clip": {"false"}, "text_clip": {"false"}, "background_align_threshold": {"*"}, "stroke_cap": {"*"}, "stroke_join": {"*"},
	"snapshot_location": {}, "template_version": {"*"}, "aspect_ratio": {}, "hidden": {"false"},
	"gif_quality": {"*"}, "gif_compression": {"*"}, "audio_channels": {"*"},
}

// done reports every field that was not read.
func (o object) done() {
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		raw := string(o.fields[name])
		values, known := inert[name]
		bare := strings.NewReplacer(`"`, "", "%", "", "°", "", " ", "").Replace(raw)
		if raw == "null" || known && (slices.Contains(values, "*") || slices.Contains(values, bare)) {
			continue
		}
		o.errorf(name, "is not supported by this renderer")
	}
}
