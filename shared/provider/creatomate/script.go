package creatomate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Value is a RenderScript value: a number, a text such as "50%" or "10 vmin",
// null, or absent. The zero Value is absent, and 0 is not: time 0 and no time
// are different things to the vendor, as are duration null and no duration.
type Value struct{ text string }

// Num is a plain number: seconds, or pixels.
func Num(n float64) Value { return Value{strconv.FormatFloat(n, 'f', -1, 64)} }

// Percent is n percent of the composition.
func Percent(n float64) Value { return unit(n, "%") }

// Vmin is n hundredths of the composition's shorter side.
func Vmin(n float64) Value { return unit(n, " vmin") }

// Text is any other value ("media", "end", a colour, an expression).
func Text(s string) Value {
	b, _ := json.Marshal(s) // text always encodes
	return Value{string(b)}
}

// Null is the value null: duration null stretches to the composition.
func Null() Value { return Value{"null"} }

func unit(n float64, u string) Value { return Text(strconv.FormatFloat(n, 'f', -1, 64) + u) }

// IsZero says whether the value is absent; encoding/json's omitzero asks.
func (v Value) IsZero() bool { return v.text == "" }

// MarshalJSON writes the value. NaN and infinities have no JSON.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.text == "" {
		return []byte("null"), nil
	}
	if !json.Valid([]byte(v.text)) {
		return nil, fmt.Errorf("encode script value %s: not a finite number", v.text)
	}
	return []byte(v.text), nil
}

// UnmarshalJSON reads a number, a text or null.
func (v *Value) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '{', '[', 't', 'f':
		return errors.New("a script value is a number, a text or null")
	}
	v.text = string(b)
	return nil
}

// Formats of a Script.
const (
	MP4 = "mp4"
	JPG = "jpg"
	PNG = "png"
	GIF = "gif"
)

// Script is a RenderScript document. What is left zero is left out.
type Script struct {
	OutputFormat string  `json:"output_format"`
	Width        int     `json:"width,omitempty"`      // pixels
	Height       int     `json:"height,omitempty"`     // pixels
	FrameRate    float64 `json:"frame_rate,omitempty"` // 1–60
	Duration     Value   `json:"duration,omitzero"`    // seconds; absent = as long as the elements
	SnapshotTime Value   `json:"snapshot_time,omitzero"`
	FillColor    string  `json:"fill_color,omitempty"`
	RenderScale  float64 `json:"render_scale,omitempty"` // 0.1–10
	CRF          Value   `json:"crf,omitzero"`
	Fonts        []Font  `json:"fonts,omitempty"`
	// Elements on the same track play one after another; higher tracks lie in front.
	Elements []Element `json:"elements"`
}

// Font is a font that the document brings along.
type Font struct {
	Family string `json:"family"`
	Weight int    `json:"weight,omitempty"`
	Style  string `json:"style,omitempty"`
	Source string `json:"source"`
}

// Types of an Element.
const (
	TypeText        = "text"
	TypeImage       = "image"
	TypeVideo       = "video"
	TypeAudio       = "audio"
	TypeShape       = "shape"
	TypeComposition = "composition"
)

// Element is one thing on the timeline.
type Element struct {
	Type     string `json:"type"`
	Name     string `json:"name,omitempty"`
	ID       string `json:"id,omitempty"`
	Track    int    `json:"track,omitempty"`
	Time     Value  `json:"time,omitzero"`     // seconds
	Duration Value  `json:"duration,omitzero"` // seconds, Null() = to the end, Text("media")

	X          Value   `json:"x,omitzero"`
	Y          Value   `json:"y,omitzero"`
	Width      Value   `json:"width,omitzero"`
	Height     Value   `json:"height,omitzero"`
	XAnchor    Value   `json:"x_anchor,omitzero"`
	YAnchor    Value   `json:"y_anchor,omitzero"`
	XAlignment Value   `json:"x_alignment,omitzero"`
	YAlignment Value   `json:"y_alignment,omitzero"`
	XScale     Value   `json:"x_scale,omitzero"`
	YScale     Value   `json:"y_scale,omitzero"`
	Rotation   Value   `json:"rotation,omitzero"`
	Opacity    Value   `json:"opacity,omitzero"`
	ZIndex     float64 `json:"z_index,omitempty"`

	// Images, videos and audio. Sources are fetched by the vendor: their URLs must
	// work for two hours, queue and render included.
	Source       string `json:"source,omitempty"`
	Fit          string `json:"fit,omitempty"` // cover, contain, fill
	SmartCrop    bool   `json:"smart_crop,omitempty"`
	TrimStart    Value  `json:"trim_start,omitzero"`
	TrimDuration Value  `json:"trim_duration,omitzero"`
	Loop         bool   `json:"loop,omitempty"`
	Volume       Value  `json:"volume,omitzero"` // Percent(0) is silence
	AudioFadeIn  Value  `json:"audio_fade_in,omitzero"`
	AudioFadeOut Value  `json:"audio_fade_out,omitzero"`

	// Text and shapes.
	Text                   string `json:"text,omitempty"`
	Path                   string `json:"path,omitempty"`
	FontFamily             string `json:"font_family,omitempty"`
	FontWeight             Value  `json:"font_weight,omitzero"`
	FontSize               Value  `json:"font_size,omitzero"`
	FontSizeMinimum        Value  `json:"font_size_minimum,omitzero"`
	FontSizeMaximum        Value  `json:"font_size_maximum,omitzero"`
	LineHeight             Value  `json:"line_height,omitzero"`
	LetterSpacing          Value  `json:"letter_spacing,omitzero"`
	FillColor              Fill   `json:"fill_color,omitempty"`
	FillMode               string `json:"fill_mode,omitempty"` // "linear" for a Fill of two stops or more
	FillX0                 Value  `json:"fill_x0,omitzero"`    // where a linear fill begins and ends, in the box
	FillY0                 Value  `json:"fill_y0,omitzero"`
	FillX1                 Value  `json:"fill_x1,omitzero"`
	FillY1                 Value  `json:"fill_y1,omitzero"`
	BorderRadius           Value  `json:"border_radius,omitzero"`
	StrokeColor            string `json:"stroke_color,omitempty"`
	StrokeWidth            Value  `json:"stroke_width,omitzero"`
	ShadowColor            string `json:"shadow_color,omitempty"`
	ShadowBlur             Value  `json:"shadow_blur,omitzero"`
	BackgroundColor        string `json:"background_color,omitempty"`
	BackgroundXPadding     Value  `json:"background_x_padding,omitzero"`
	BackgroundYPadding     Value  `json:"background_y_padding,omitzero"`
	BackgroundBorderRadius Value  `json:"background_border_radius,omitzero"`
	// TranscriptEffect "karaoke" sweeps TranscriptColor over the text while it is shown.
	TranscriptEffect string `json:"transcript_effect,omitempty"`
	TranscriptColor  string `json:"transcript_color,omitempty"`

	Animations []Animation `json:"animations,omitempty"`
	Transition *Animation  `json:"transition,omitempty"`
	// Elements are a composition's own.
	Elements []Element `json:"elements,omitempty"`
}

// Fill is what an element is painted with: one stop is a plain colour, more are
// a gradient, which needs FillMode "linear".
type Fill []Stop

// Stop is one colour of a Fill; Offset is a percentage of the way of a gradient.
type Stop struct {
	Offset Value  `json:"offset,omitzero"`
	Color  string `json:"color"`
}

// Solid is a plain colour: "#rrggbb" or "rgba(r,g,b,a)".
func Solid(color string) Fill { return Fill{{Color: color}} }

// MarshalJSON writes one stop as its colour alone.
func (f Fill) MarshalJSON() ([]byte, error) {
	if len(f) == 1 {
		return json.Marshal(f[0].Color)
	}
	return json.Marshal([]Stop(f))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Fill) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]Stop)(f))
	}
	*f = make(Fill, 1)
	return json.Unmarshal(b, &(*f)[0].Color)
}

// Animation moves an element. The names of its own fields beyond type, time,
// duration and easing are unverified: Check tells.
type Animation struct {
	Type       string `json:"type"`
	Time       Value  `json:"time,omitzero"` // seconds, Text("start"), Text("end")
	Duration   Value  `json:"duration,omitzero"`
	Easing     string `json:"easing,omitempty"`
	Transition bool   `json:"transition,omitempty"`
	Reversed   bool   `json:"reversed,omitempty"`
	Fade       *bool  `json:"fade,omitempty"` // nil is the renderer's own choice, which differs by type
	Scope      string `json:"scope,omitempty"`
	Direction  string `json:"direction,omitempty"`
	Distance   Value  `json:"distance,omitzero"`    // of a slide, in parts of the element
	StartAngle Value  `json:"start_angle,omitzero"` // of a wipe's edge
	EndAngle   Value  `json:"end_angle,omitzero"`
	StartScale Value  `json:"start_scale,omitzero"`
	EndScale   Value  `json:"end_scale,omitzero"`
	StartX     Value  `json:"start_x,omitzero"`
	EndX       Value  `json:"end_x,omitzero"`
	StartY     Value  `json:"start_y,omitzero"`
	EndY       Value  `json:"end_y,omitzero"`
	XAnchor    Value  `json:"x_anchor,omitzero"`
	YAnchor    Value  `json:"y_anchor,omitzero"`
}

// check finds what no vendor would render.
func (s Script) check() error {
	switch {
	case s.OutputFormat != MP4 && s.OutputFormat != JPG && s.OutputFormat != PNG && s.OutputFormat != GIF:
		return fmt.Errorf("output_format %q is not known", s.OutputFormat)
	case len(s.Elements) == 0:
		return errors.New("the script has no elements")
	case s.FrameRate != 0 && (s.FrameRate < 1 || s.FrameRate > 60 || math.IsNaN(s.FrameRate)):
		return fmt.Errorf("frame_rate %v is not in 1–60", s.FrameRate)
	case s.Width < 0 || s.Height < 0:
		return errors.New("width and height are pixels")
	}
	return check(s.Elements, "elements", 0)
}

const maxDepth = 8 // of compositions; deeper is a loop in a builder

func check(list []Element, path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: compositions are nested too deeply", path)
	}
	for i, e := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch e.Type {
		case TypeText, TypeShape:
		case TypeImage, TypeVideo, TypeAudio:
			if e.Source == "" {
				return fmt.Errorf("%s: a source is needed", at)
			}
		case TypeComposition:
			if err := check(e.Elements, at+".elements", depth+1); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: type %q is not known", at, e.Type)
		}
	}
	return nil
}
