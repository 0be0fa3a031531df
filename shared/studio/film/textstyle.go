package film

import (
	"image/color"
	"unicode/utf8"
)

// textStyle is what a text element says about its text.
type textStyle struct {
	text                     string
	family                   string
	weight                   int
	italic                   bool
	size, sizeMin, sizeMax   *length
	letter, line             length
	wrap                     bool
	fill, stroke, background color.NRGBA
	strokeWidth              length
	padX, padY, radius       length
	shadow                   color.NRGBA
	shadowX, shadowY         length
	shadowBlur               length
	alignX, alignY           float64
	effect                   string // "", karaoke, color, highlight
	effectColor              color.NRGBA
}

// textStyle reads a text element's own fields.
func (o object) textStyle() textStyle {
	t := textStyle{text: o.text("text", ""), family: o.text("font_family", defaultFont), weight: 400}
	if !utf8.ValidString(t.text) || utf8.RuneCountInString(t.text) > maxText {
		o.errorf("text", "must be at most %d characters", maxText)
		t.text = ""
	}
	if v := o.number("font_weight", 1, 1000); v != nil {
		t.weight = int(*v)
	}
	t.italic = o.oneOf("font_style", "normal", "italic") == "italic"
	t.size, t.sizeMin, t.sizeMax = o.length("font_size"), o.length("font_size_minimum"), o.length("font_size_maximum")
	t.letter, t.line = o.lengthOr("letter_spacing", percent(0)), o.lengthOr("line_height", percent(115))
	t.wrap = o.flag("text_wrap", true)
	switch o.oneOf("text_transform", "none", "uppercase", "lowercase") {
	case "uppercase":
		t.text = upper(t.text)
	case "lowercase":
		t.text = lower(t.text)
	}
	t.fill, t.stroke = o.color("fill_color", color.NRGBA{A: 255}), o.color("stroke_color", color.NRGBA{})
	t.strokeWidth = o.lengthOr("stroke_width", length{0.35, "vmin"})
	t.background = o.color("background_color", color.NRGBA{})
	t.padX, t.padY = o.lengthOr("background_x_padding", percent(25)), o.lengthOr("background_y_padding", percent(25))
	t.radius = o.lengthOr("background_border_radius", length{})
	t.shadow = o.color("shadow_color", color.NRGBA{})
	t.shadowX, t.shadowY = o.lengthOr("shadow_x", length{}), o.lengthOr("shadow_y", length{})
	t.shadowBlur = o.lengthOr("shadow_blur", length{})
	t.alignX, t.alignY = min(1, o.fraction("x_alignment", 0)), min(1, o.fraction("y_alignment", 0))
	if _, ok := o.take("transcript_source"); ok {
		o.errorf("transcript_source", "this renderer does not transcribe; give the text and its time")
	}
	t.effect = o.oneOf("transcript_effect", "", "karaoke", "color", "highlight")
	t.effectColor = o.color("transcript_color", color.NRGBA{255, 226, 77, 255})
	return t
}
