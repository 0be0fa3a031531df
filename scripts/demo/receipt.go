package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"castad/functions/ad"
	"castad/shared/claim"
	"castad/shared/media"
	"castad/shared/message"
	"castad/shared/studio/ffmpeg"
)

// receipt is build/demo/receipt.json: what was made, by which steps, at whose hands.
type receipt struct {
	Run   string    `json:"run"`
	Ad    string    `json:"ad"`
	Place string    `json:"place"`
	Made  time.Time `json:"made"`
	// Seconds from the command's start, and from the moment when everything was up.
	Seconds      float64        `json:"seconds"`
	OrderSeconds float64        `json:"order_seconds"`
	Steps        []receiptStep  `json:"steps"`
	Lyric        []claim.Line   `json:"lyric"` // each line with the ids of the facts that it uses
	Song         receiptSong    `json:"song"`
	Video        receiptVideo   `json:"video"`
	Posts        []ad.Post      `json:"posts"`
	Witnesses    map[string]int `json:"witnesses"` // what the vendors' own ledgers count
	Kills        int            `json:"kills"`
}

type receiptStep struct {
	Kind          message.Kind `json:"kind"`
	State         string       `json:"state"`
	Seconds       float64      `json:"seconds"`
	Attempts      int          `json:"attempts"`
	ProviderCalls int          `json:"provider_calls"`
}

// receiptSong is the chosen take, as CastAD heard it.
type receiptSong struct {
	Seconds float64 `json:"seconds"`
	// Loudness, TruePeak and Tempo are as in ad.Take.
	Loudness *float64 `json:"lufs"`
	TruePeak *float64 `json:"true_peak"`
	Tempo    float64  `json:"tempo"`
	// Lines are how many lyric lines are sung; Missing are those that are not, or not in their place.
	Lines   int              `json:"lines"`
	Missing []ad.MissingLine `json:"missing"`
}

// String is the song in a few words.
func (s receiptSong) String() string {
	heard := "not measured"
	if s.Loudness != nil && s.TruePeak != nil {
		heard = fmt.Sprintf("%.1f LUFS, true peak %.1f dBTP, %.0f beats a minute", *s.Loudness, *s.TruePeak, s.Tempo)
	}
	return fmt.Sprintf("%.2f s, %s, %d lines sung, %d missing", s.Seconds, heard, s.Lines, len(s.Missing))
}

type receiptVideo struct {
	File         string  `json:"file"`
	SHA256       string  `json:"sha256"`
	Bytes        int64   `json:"bytes"`
	Seconds      float64 `json:"duration"`
	AudioSeconds float64 `json:"audio_duration"`
	Width        int     `json:"width"`
	Height       int     `json:"height"`
	// Loudness is integrated loudness in LUFS (ITU BS.1770), TruePeak in dBTP.
	Loudness float64 `json:"loudness"`
	TruePeak float64 `json:"true_peak"`
}

// finish fetches the result, looks at it, asks the vendors' ledgers and writes the receipt.
func (d *demo) finish(ctx context.Context, a ad.Ad, ready time.Time) error {
	path := func(name string) string { return filepath.Join(d.o.out, name) }
	if err := d.api.save(ctx, fmt.Sprintf("/files/%v", a.Video.File), path("ad.mp4")); err != nil {
		return err
	}
	if err := d.api.save(ctx, fmt.Sprintf("/files/%v", a.Video.Thumbnail), path("thumbnail.jpg")); err != nil {
		return err
	}
	if err := captions(a, path("lyrics.srt")); err != nil {
		return err
	}
	video, err := look(ctx, d.o.out, a)
	if err != nil {
		return err
	}
	take := a.Song.Takes[a.Song.Chosen]
	song := receiptSong{Seconds: take.Seconds, Loudness: take.Loudness, TruePeak: take.TruePeak, Tempo: take.Tempo, Lines: len(take.Lines), Missing: take.Missing}
	r := receipt{Run: a.Run.String(), Ad: a.ID.String(), Place: d.order.Name, Made: time.Now().UTC(), Lyric: a.Lyric.Lines, Song: song, Video: video, Posts: a.Posts,
		Seconds: since(d.began), OrderSeconds: since(ready)}
	if d.chaos != nil {
		r.Kills = d.o.kill - d.chaos.Left()
	}
	for _, s := range a.Steps {
		r.Steps = append(r.Steps, receiptStep{s.Kind, string(s.State), s.Seconds, s.Attempt, s.Calls})
	}
	if r.Witnesses, err = d.witnesses(ctx, a); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path("receipt.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	d.show(r)
	if d.chaos != nil && d.chaos.Left() > 0 {
		return fmt.Errorf("the run ended after %d of %d kills: nothing is proven", r.Kills, d.o.kill)
	}
	return nil
}

func since(t time.Time) float64 { return math.Round(time.Since(t).Seconds()*10) / 10 }

func (d *demo) show(r receipt) {
	v := r.Video
	fmt.Printf("\n%s\n  %d×%d, %.2f s, sound %.2f s, %.1f LUFS, %.1f MB, sha256 %s…\n", filepath.Join(d.o.out, "ad.mp4"),
		v.Width, v.Height, v.Seconds, v.AudioSeconds, v.Loudness, float64(v.Bytes)/1e6, v.SHA256[:12])
	fmt.Printf("  song: %s\n", r.Song)
	for _, p := range r.Posts {
		fmt.Printf("  posted to %s's stand-in, which ends with the demo: %s (%s)\n", p.Channel, p.URL, p.ExternalID)
	}
	asked := make([]string, 0, len(r.Witnesses))
	for what, n := range r.Witnesses {
		asked = append(asked, fmt.Sprintf("%d %s", n, what))
	}
	slices.Sort(asked)
	fmt.Printf("  the vendors' own ledgers count %s\n", strings.Join(asked, ", "))
	fmt.Printf("  lyrics.srt, thumbnail.jpg and receipt.json are beside it\n")
	fmt.Printf("done in %.1f s, of which %.1f s from order to published\n", r.Seconds, r.OrderSeconds)
}

// captions writes the sung lines with their times.
func captions(a ad.Ad, file string) error {
	var cues []media.Cue
	for _, l := range a.Song.Takes[a.Song.Chosen].Lines {
		if l.Start < a.Video.Seconds {
			cues = append(cues, media.Cue{Text: l.Text, Start: l.Start, End: math.Min(l.End, a.Video.Seconds)})
		}
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(media.SRT(f, cues), f.Close())
}

// look probes the file that was delivered: what it is, not what was said of it.
func look(ctx context.Context, out string, a ad.Ad) (receiptVideo, error) {
	file := filepath.Join(out, "ad.mp4")
	v := receiptVideo{File: "ad.mp4"}
	f, err := os.Open(file)
	if err != nil {
		return v, err
	}
	defer f.Close()
	sum := sha256.New()
	if v.Bytes, err = io.Copy(sum, f); err != nil {
		return v, fmt.Errorf("read the film: %w", err)
	}
	if v.SHA256 = hex.EncodeToString(sum.Sum(nil)); v.SHA256 != a.Video.SHA256 {
		return v, fmt.Errorf("the film's sha256 is %s, the ad says %s", v.SHA256, a.Video.SHA256)
	}
	probe, err := ffmpeg.Probe(ctx, file)
	if err != nil {
		return v, fmt.Errorf("probe the film: %w", err)
	}
	picture, sound := probe.Video(), probe.Audio()
	if picture == nil || sound == nil {
		return v, errors.New("the film has no picture or no sound")
	}
	v.Width, v.Height, v.Seconds, v.AudioSeconds = picture.Width, picture.Height, picture.Seconds, sound.Seconds
	if v.Loudness, v.TruePeak, err = loudness(ctx, out, file); err != nil {
		return v, err
	}
	if picture.Codec != "h264" || sound.Codec != "aac" {
		return v, fmt.Errorf("the film is %s and %s", picture.Codec, sound.Codec)
	}
	return v, v.judge(a.Wish)
}

// judge says whether the film is what was ordered.
func (v receiptVideo) judge(w ad.Wish) error {
	width, height := size(w)
	switch {
	case v.Width != width || v.Height != height:
		return fmt.Errorf("the film is %d×%d, ordered was %s in %s quality: %d×%d", v.Width, v.Height, w.Aspect, w.Quality, width, height)
	case math.Abs(v.Seconds-v.AudioSeconds) > 0.05:
		return fmt.Errorf("picture %.3f s, sound %.3f s", v.Seconds, v.AudioSeconds)
	case math.Abs(v.Seconds-float64(w.Seconds)) > 0.1: // the studio's songs have the ordered length
		return fmt.Errorf("the film lasts %.2f s, ordered were %d", v.Seconds, w.Seconds)
	case v.Loudness < -30:
		return fmt.Errorf("the film is silent: %.1f LUFS", v.Loudness)
	}
	return nil
}

// size is a film's width and height in pixels; a preview has a third of them.
func size(w ad.Wish) (width, height int) {
	of := map[string][2]int{"9:16": {1080, 1920}, "1:1": {1080, 1080}, "16:9": {1920, 1080}}[w.Aspect]
	if w.Quality == "preview" {
		return of[0] / 3, of[1] / 3
	}
	return of[0], of[1]
}

var (
	integrated = regexp.MustCompile(`I:\s+(-?[0-9.]+|-inf) LUFS`)
	truePeak   = regexp.MustCompile(`Peak:\s+(-?[0-9.]+|-inf) dBFS`)
)

// loudness measures the whole sound track.
func loudness(ctx context.Context, dir, file string) (lufs, peak float64, err error) {
	work, err := os.MkdirTemp(dir, "loudness-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(work)
	report, err := ffmpeg.Run(ctx, ffmpeg.Spec{Dir: work, Inputs: []ffmpeg.Input{{Path: file}}, Graph: "[0:a]ebur128=peak=true:framelog=verbose[a]",
		Outputs:  []ffmpeg.Output{{Path: filepath.Join(work, "sound.wav"), Format: "wav", Options: []string{"-map", "[a]"}}},
		Loglevel: "info"})
	if err != nil {
		return 0, 0, fmt.Errorf("measure loudness: %w", err)
	}
	last := func(re *regexp.Regexp) (float64, error) {
		all := re.FindAllStringSubmatch(report, -1)
		if len(all) == 0 {
			return 0, errors.New("measure loudness: no figure in ffmpeg's report")
		}
		return strconv.ParseFloat(all[len(all)-1][1], 64)
	}
	if lufs, err = last(integrated); err != nil {
		return 0, 0, err
	}
	peak, err = last(truePeak)
	return lufs, peak, err
}

// witnesses counts what the vendors were really asked to do for this ad. More
// than one song task, one render or one post on a channel is an error.
func (d *demo) witnesses(ctx context.Context, a ad.Ad) (map[string]int, error) {
	counts := map[string]int{}
	for _, w := range []struct{ kind, url, key string }{
		{"song", d.cloud.StudioURL() + "/ledger", d.cloud.Setting("CASTAD_SUNO_KEY")},
		{"render", d.cloud.StudioURL() + "/ledger/renders", d.cloud.Setting("CASTAD_CREATOMATE_KEY")},
		{"post on youtube", d.cloud.YouTubeURL() + "/ledger", ""},
		{"post on instagram", d.cloud.InstagramURL() + "/ledger", ""},
	} {
		n, err := ledger(ctx, client{base: w.url, token: w.key})
		if err != nil {
			return nil, fmt.Errorf("read the ledger of each %s: %w", w.kind, err)
		}
		if n > 0 {
			counts[w.kind] = n
		}
	}
	for _, p := range a.Posts {
		if counts["post on "+p.Channel] != 1 {
			return counts, fmt.Errorf("%d posts on %s", counts["post on "+p.Channel], p.Channel)
		}
	}
	if counts["song"] != 1 || counts["render"] != 1 {
		return counts, fmt.Errorf("%d song tasks and %d renders were ordered", counts["song"], counts["render"])
	}
	return counts, nil
}

// ledger counts a list of accepted jobs or posts, bare or as {"items": […]}.
func ledger(ctx context.Context, c client) (int, error) {
	var raw json.RawMessage
	if err := c.get(ctx, "", &raw); err != nil {
		return 0, err
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		return len(list), nil
	}
	var page struct {
		Items []json.RawMessage `json:"items"`
	}
	err := json.Unmarshal(raw, &page)
	return len(page.Items), err
}
