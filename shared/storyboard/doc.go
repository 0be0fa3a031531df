// Package storyboard cuts a film to a song: pictures, captions, cards and labels
// as a RenderScript document, which Creatomate and the studio both render.
//
// # Grid
//
// Everything is placed in units of a hundredth of the frame's shorter side (u,
// which is the renderer's vmin), from the top left corner: a square is a square
// and a letter has its size in every aspect. A frame has six zones that no
// template leaves (grid.go): label, title, stage, sung, card, and safe, which
// holds the others. In one moment a zone has one use, and the zones that are used
// together are apart, so no two texts meet whatever they say: a text has a box,
// and the renderer makes it smaller until it fits.
//
// # Safe areas
//
// In 9:16 Shorts and Reels lay their own things over the film. Every text, the
// label too, keeps out of the upper 12 % (status bar, search), the lower 25 %
// (title, account, sound: about 480 of 1920 pixels in Shorts), the right 13 %
// (the rail of buttons) and the left 5 %. These are the margins that the usual
// guides to both apps name; none of the two publishes its own for plain posts, and
// their advertisement guides ask for more below (35 %), because an advertisement
// has a button there. 1:1 and 16:9 keep to title safe, 5 % on each side. Blocks of
// colour and ornaments may reach the frame's edge.
//
// # Time
//
// A picture changes on a beat: the one nearest to the start of a sung line
// (timing.go). A transition has its middle on the beat. Without beats pictures
// change where lines start, without lines evenly. The title ends and the card
// begins with a picture.
//
// A caption shows one sung line while it is sung, and longer when it must be to
// be read: at most 12 syllables of Hangul or 20 other characters a second, spaces
// of Latin text included (the 20 is what Netflix asks for adults' subtitles in
// English; its 12 for Korean counts characters). The time is taken from
// the rest after the line and, when that is not enough, before it. A line
// that is too fast even so is left out: nobody could read it.
//
// # Templates
//
//	menu          paper cards with price tags, a dish at a time
//	mood          large pictures, long dissolves, a serif, nothing else
//	news-flash    a lower third that carries the lines, facts turning over under it
//	before-after  two photos compared: the second and the third, of two the first and the second
//	coupon        the offer on a ticket; an invitation when there is no offer
//	opening       bunting, confetti, a ribbon
//	auto          opening, coupon, menu or mood, by the facts (choose)
//
// A template is data and a few functions that draw into the zones; pictures,
// captions, label, closing card and colours are the same code for all.
//
// # Colours
//
// They come from the place, else from its photos, else from the template
// (palette.go). Letters have a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3)
// against what is under them; over a photo that is a shade or a plate which is
// enough over a white photo and over a black one.
package storyboard
