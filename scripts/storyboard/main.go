// Storyboard renders storyboards through the studio's renderer and puts frames
// of each film side by side, so that a designer sees what an owner will see:
//
//	go run ./scripts/storyboard -place docs/sample/place.json -template menu,mood -aspect 9:16
//
// It needs ffmpeg and fonts-nanum, no cloud and no key. The song is a metronome
// with made-up lines; everything else is what the pipeline does.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"castad/functions/place"
	"castad/shared/message"
	"castad/shared/storyboard"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "storyboard:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	place, templates, aspects, quality, out string
	seconds                                 int
	every, rate                             float64
	script                                  bool
}

func run(ctx context.Context, args []string, w io.Writer) error {
	var o options
	fs := flag.NewFlagSet("storyboard", flag.ContinueOnError)
	fs.StringVar(&o.place, "place", "docs/sample/place.json", "the place's `file`")
	fs.StringVar(&o.templates, "template", "menu,mood,news-flash,before-after,coupon,opening", "storyboards, comma separated")
	fs.StringVar(&o.aspects, "aspect", "9:16,1:1,16:9", "aspects, comma separated")
	fs.StringVar(&o.quality, "quality", "preview", "preview or final")
	fs.StringVar(&o.out, "out", "build/storyboard", "`folder` for the sheets")
	fs.IntVar(&o.seconds, "seconds", 15, "length of the song")
	fs.Float64Var(&o.every, "every", 3, "seconds between two frames of a sheet")
	fs.Float64Var(&o.rate, "rate", 5, "frames per second: a sheet needs no more")
	fs.BoolVar(&o.script, "script", false, "write the RenderScript beside the sheet")
	if err := fs.Parse(args); err != nil {
		return err
	}
	in, err := readPlace(o.place)
	if err != nil {
		return err
	}
	in.Seconds, in.Quality, in.Take = o.seconds, o.quality, metronome(float64(o.seconds), in.Language)
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	r, err := openRenderer(ctx, filepath.Dir(o.place))
	if err != nil {
		return err
	}
	defer r.close()
	for _, in.Template = range strings.Split(o.templates, ",") {
		for _, in.Aspect = range strings.Split(o.aspects, ",") {
			sheet, err := o.film(ctx, r, in)
			if err != nil {
				return fmt.Errorf("%s %s: %w", in.Template, in.Aspect, err)
			}
			fmt.Fprintln(w, sheet)
		}
	}
	return nil
}

// film renders one storyboard and returns the path of its sheet.
func (o options) film(ctx context.Context, r *renderer, in message.VideoRender) (string, error) {
	s, err := storyboard.Script(in, r.link)
	if err != nil {
		return "", err
	}
	s.FrameRate = o.rate

	name := filepath.Join(o.out, in.Template+"-"+strings.ReplaceAll(in.Aspect, ":", "x"))
	if o.script {
		data, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			return "", fmt.Errorf("encode script: %w", err)
		}
		if err := os.WriteFile(name+".json", data, 0o644); err != nil {
			return "", fmt.Errorf("write script: %w", err)
		}
	}
	mp4, seconds, err := r.render(ctx, s)
	if err != nil {
		return "", err
	}
	return name + ".png", sheet(ctx, mp4, seconds, o.every, name+".png")
}

// readPlace reads what the pipeline would know about a place.
func readPlace(path string) (message.VideoRender, error) {
	var p struct {
		place.Details
		Language string   `json:"language"`
		Photos   []string `json:"photos"`
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return message.VideoRender{}, fmt.Errorf("read place: %w", err)
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return message.VideoRender{}, fmt.Errorf("read place %s: %w", path, err)
	}
	in := message.VideoRender{Name: p.Name, Facts: p.Facts(), Language: p.Language}
	for _, f := range p.Photos {
		in.Photos = append(in.Photos, message.Photo{Blob: f, Type: "image/jpeg"})
	}
	return in, nil
}

// metronome is a song of two beats a second with a line every five beats.
func metronome(seconds float64, language string) message.Take {
	words := []string{"골목 안에 김이 모락모락", "엄마와 딸이 함께 미는 면", "한 그릇이면 하루가 든든해", "얼큰한 국물 시원하게", "오늘도 여기서 만나요", "을지로 골목 안으로 와요"}
	if language == "en" {
		words = []string{"Down the lane the lights are on", "Two sisters roast the beans at dawn", "Stay a while and find your seat", "Slow and warm and bittersweet", "Come on in, the door is wide", "Meet us where the slow tide rides"}
	}
	t := message.Take{Blob: songBlob, Seconds: seconds, Tempo: 120}
	for at := 0.5; at < seconds; at += 0.5 {
		t.Beats = append(t.Beats, at)
	}
	for at := 0.55; at+2 <= seconds; at += 2.5 {
		t.Lines = append(t.Lines, message.LineTime{Text: words[len(t.Lines)%len(words)], Start: at, End: at + 2})
	}
	return t
}
