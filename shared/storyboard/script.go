// Package storyboard cuts a film to a song: pictures, captions, cards and labels
// as a RenderScript document, which Creatomate and the studio both render.
package storyboard

import (
	"math"
	"strings"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/message"
	cm "castad/shared/provider/creatomate"
)

// The film's look. Positions are parts of the frame; captions and labels keep
// out of the places that YouTube Shorts and Instagram Reels cover with their own
// buttons (the lowest fifth and the right edge).
const (
	width, height = 1080, 1920
	frameRate     = 30
	crossfade     = 0.6 // seconds between two pictures
	titleTime     = 2.4 // seconds of the title card
	endTime       = 3.2 // seconds of the card with address and hours
	endLeast      = 1.0 // seconds below which that card could not be read
	shortest      = 1.0 // seconds below which nothing is a film
	fadeOut       = 0.8 // seconds at the end of the song
	tail          = 1.0 // seconds kept after the last line when a long song is cut
	maxPictures   = 12
	font          = "NanumSquareRound"
	ink           = "#1d1b26"
	accent        = "#ffd84d"
)

// Linker makes an address under which the renderer fetches a file.
type Linker func(blobName string) (string, error)

// Script cuts a film to the song: pictures with slow motion and crossfades, a
// caption for each sung line, the name at the start, address and hours at the
// end, and the AI label from the first frame to the last.
func Script(in message.VideoRender, link Linker) (cm.Script, error) {
	length := filmSeconds(in)
	if length < shortest {
		return cm.Script{}, fault.Newf(fault.CodeVendorResult, "cut a film: the song is %.3f s long", in.Take.Seconds)
	}
	if len(in.Photos) == 0 {
		return cm.Script{}, fault.New(fault.CodeNoPhotos)
	}
	song, err := link(in.Take.Blob)
	if err != nil {
		return cm.Script{}, err
	}
	s := cm.Script{OutputFormat: cm.MP4, Width: width, Height: height, FrameRate: frameRate, Duration: cm.Num(length),
		SnapshotTime: cm.Num(math.Min(titleTime*0.6, length/2)), FillColor: ink}
	pictures, err := slides(in.Photos, length, link)
	if err != nil {
		return cm.Script{}, err
	}
	shade, card := endCard(in, length)
	s.Elements = append(s.Elements, pictures...)
	s.Elements = append(s.Elements, shade...) // over the pictures and under every word, the label above all
	s.Elements = append(s.Elements, titleCard(in, length))
	s.Elements = append(s.Elements, captions(in.Take.Lines, length)...)
	s.Elements = append(s.Elements, card...)
	s.Elements = append(s.Elements, label(in.Language, length))
	s.Elements = append(s.Elements, cm.Element{Type: cm.TypeAudio, Track: 9, Time: cm.Num(0), Duration: cm.Num(length), Source: song,
		TrimDuration: cm.Num(length), AudioFadeOut: cm.Num(math.Min(fadeOut, length/2))})
	return s, nil
}

// filmSeconds is the length of the film: the whole song, or, when the song is
// longer than the ad may be, up to the end of the last line that fits, and never
// into the line after it.
func filmSeconds(in message.VideoRender) float64 {
	if in.Take.Seconds <= float64(in.Seconds)*1.2 {
		return frames(in.Take.Seconds)
	}
	cut := 0.0
	for i, l := range in.Take.Lines {
		end := l.End + tail
		if i+1 < len(in.Take.Lines) {
			end = math.Min(end, math.Max(l.End, in.Take.Lines[i+1].Start))
		}
		if end <= float64(in.Seconds) {
			cut = end
		}
	}
	if cut < float64(in.Seconds)/2 {
		cut = float64(in.Seconds)
	}
	return frames(cut)
}

// frames rounds down to whole frames, so that picture and sound end together.
func frames(seconds float64) float64 { return math.Floor(seconds*frameRate) / frameRate }

// slides are the pictures, evenly over the film, each moving a little.
func slides(photos []message.Photo, length float64, link Linker) ([]cm.Element, error) {
	if len(photos) > maxPictures {
		photos = photos[:maxPictures]
	}
	// A picture shorter than two seconds cannot be looked at; one longer than six is dull.
	n := max(1, min(max(len(photos), int(length/6)), int(length/2)))
	each := (length + float64(n-1)*crossfade) / float64(n)
	var out []cm.Element
	for i := range n {
		address, err := link(photos[i%len(photos)].Blob)
		if err != nil {
			return nil, err
		}
		e := cm.Element{Type: cm.TypeImage, Track: 1, Time: cm.Num(round(float64(i) * (each - crossfade))), Duration: cm.Num(round(each)),
			Source: address, Fit: "cover", Width: cm.Percent(100), Height: cm.Percent(100), Animations: []cm.Animation{motion(i, each)}}
		if i == n-1 {
			e.Duration = cm.Null()
		}
		if i > 0 {
			e.Transition = &cm.Animation{Type: "fade", Duration: cm.Num(crossfade)}
		}
		out = append(out, e)
	}
	return out, nil
}

// motion is a slow zoom, in and out by turns.
func motion(i int, seconds float64) cm.Animation {
	from, to := 100.0, 112.0
	if i%2 == 1 {
		from, to = to, from
	}
	return cm.Animation{Type: "scale", Time: cm.Num(0), Duration: cm.Num(round(seconds)), Easing: "linear", Scope: "element",
		StartScale: cm.Percent(from), EndScale: cm.Percent(to)}
}

func titleCard(in message.VideoRender, length float64) cm.Element {
	text := in.Name
	if area := first(in.Facts, claim.Area); area != "" {
		text += "\n" + area
	}
	return cm.Element{Type: cm.TypeText, Track: 3, Time: cm.Num(0), Duration: cm.Num(math.Min(titleTime, length)), Text: text, X: cm.Percent(50), Y: cm.Percent(24),
		Width: cm.Percent(84), Height: cm.Percent(20), XAlignment: cm.Percent(50), YAlignment: cm.Percent(50), FontFamily: font, FontWeight: cm.Num(800),
		FontSizeMaximum: cm.Vmin(10), FillColor: "#ffffff", StrokeColor: ink, StrokeWidth: cm.Vmin(0.7),
		Animations: []cm.Animation{{Type: "fade", Time: cm.Text("start"), Duration: cm.Num(0.4)}, {Type: "fade", Time: cm.Text("end"), Duration: cm.Num(0.4)}}}
}

// label is the disclosure on the picture. It is never left out.
func label(language string, length float64) cm.Element {
	text := "AI로 생성"
	if language == "en" {
		text = "Made with AI"
	}
	return cm.Element{Type: cm.TypeText, Track: 8, Time: cm.Num(0), Duration: cm.Num(length), Text: text, X: cm.Percent(6), Y: cm.Percent(7),
		XAnchor: cm.Percent(0), YAnchor: cm.Percent(50), XAlignment: cm.Percent(0), FontFamily: font, FontWeight: cm.Num(700), FontSize: cm.Vmin(3.2),
		FillColor: "#ffffff", BackgroundColor: "rgba(20,18,28,0.62)", BackgroundXPadding: cm.Percent(40), BackgroundYPadding: cm.Percent(24)}
}

// captions show each sung line while it is sung; what is not sung is not shown.
func captions(lines []message.LineTime, length float64) []cm.Element {
	var out []cm.Element
	for i, l := range lines {
		start, end := round(l.Start), math.Min(l.End+0.35, length)
		if i+1 < len(lines) {
			end = math.Min(end, round(lines[i+1].Start))
		}
		end = math.Floor(end*1000) / 1000 // rounded up, it could reach into the next line or past the film
		if end-start < 0.3 {
			continue // sung after the cut, or no time to read it
		}
		out = append(out, cm.Element{Type: cm.TypeText, Track: 5, Time: cm.Num(start), Duration: cm.Num(round(end - start)), Text: l.Text,
			X: cm.Percent(50), Y: cm.Percent(72), Width: cm.Percent(86), Height: cm.Percent(14), XAlignment: cm.Percent(50), YAlignment: cm.Percent(50),
			FontFamily: font, FontWeight: cm.Num(800), FontSizeMaximum: cm.Vmin(7.4), FillColor: "#ffffff", StrokeColor: ink, StrokeWidth: cm.Vmin(0.8),
			TranscriptEffect: "karaoke", TranscriptColor: accent})
	}
	return out
}

// endCard tells where and when, over the last seconds, on a shade.
func endCard(in message.VideoRender, length float64) (shade, card []cm.Element) {
	start := math.Max(titleTime, length-endTime)
	if length-start < endLeast {
		return nil, nil
	}
	var where []string
	for _, kind := range []claim.FactKind{claim.Address, claim.Hours, claim.Phone} {
		if text := first(in.Facts, kind); text != "" {
			where = append(where, text)
		}
	}
	line := func(track int, text string, y, h, size float64, color string) cm.Element {
		return cm.Element{Type: cm.TypeText, Track: track, Time: cm.Num(round(start)), Duration: cm.Num(round(length - start)), Text: text,
			X: cm.Percent(50), Y: cm.Percent(y), Width: cm.Percent(84), Height: cm.Percent(h), XAlignment: cm.Percent(50), YAlignment: cm.Percent(50),
			FontFamily: font, FontWeight: cm.Num(800), FontSizeMaximum: cm.Vmin(size), FillColor: color, StrokeColor: ink, StrokeWidth: cm.Vmin(0.5),
			Animations: []cm.Animation{{Type: "fade", Time: cm.Text("start"), Duration: cm.Num(0.4)}}}
	}
	shade = []cm.Element{{Type: cm.TypeShape, Track: 2, Time: cm.Num(round(start)), Duration: cm.Num(round(length - start)), X: cm.Percent(50), Y: cm.Percent(50),
		Width: cm.Percent(100), Height: cm.Percent(100), FillColor: "rgba(20,18,28,0.55)",
		Animations: []cm.Animation{{Type: "fade", Time: cm.Text("start"), Duration: cm.Num(0.4)}}}}
	card = []cm.Element{line(6, in.Name, 34, 12, 10, accent)}
	if len(where) > 0 {
		card = append(card, line(7, strings.Join(where, "\n"), 48, 16, 5, "#ffffff"))
	}
	return shade, card
}

func first(facts []claim.Fact, kind claim.FactKind) string {
	for _, f := range facts {
		if f.Kind == kind {
			return f.Text
		}
	}
	return ""
}

func round(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }
