package storyboard

// disclosure is the disclosure on the picture, from the first frame to the last. It is never left out.
func (b *board) disclosure() placed {
	e := b.text(span{0, b.time.length}, b.label.inset(1, 0.7), b.say("AI로 생성", "Made with AI"),
		bold(3.3, white))
	plateOn(&e.Element, must("#14121c").alpha(0.66), 1, 1, 0.7)
	return e
}
