package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"castad/shared/message"
	"castad/shared/provider"
	cm "castad/shared/provider/creatomate"
	"castad/shared/studio/ffmpeg"
	"castad/shared/studio/film"
)

const (
	songBlob = "song.wav"
	key      = "storyboard"
)

// renderer is the studio's film server on a free port of this machine, and the
// server that it fetches photos and song from.
type renderer struct {
	dir    string
	base   string
	film   *film.Server
	client *cm.Client
	http   *http.Server
}

func openRenderer(ctx context.Context, photos string) (*renderer, error) {
	dir, err := os.MkdirTemp("", "storyboard")
	if err != nil {
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	r := &renderer{dir: dir, base: "http://" + l.Addr().String()}
	if r.film, err = film.NewServer(film.Config{Dir: filepath.Join(dir, "film"), Public: r.base, Key: key, FetchAllow: film.AllowLocal,
		FetchNetworks: film.Loopback(), Log: slog.New(slog.DiscardHandler)}); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", r.film.Handler())
	mux.HandleFunc("GET /media/"+songBlob, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(ticks()) })
	mux.HandleFunc("GET /media/photo", func(w http.ResponseWriter, q *http.Request) {
		http.ServeFile(w, q, filepath.Join(photos, q.FormValue("path")))
	})
	r.http = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.http.Serve(l) }()
	if r.client, err = cm.New(cm.Config{BaseURL: r.base, Key: key, HTTP: provider.HTTP{}}); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *renderer) close() {
	_ = r.http.Close()
	_ = r.film.Close()
	_ = os.RemoveAll(r.dir)
}

func (r *renderer) link(blob string) (string, error) {
	if blob == songBlob {
		return r.base + "/media/" + blob, nil
	}
	return r.base + "/media/photo?path=" + url.QueryEscape(blob), nil
}

// render makes the film of a script; warnings go to standard error.
func (r *renderer) render(ctx context.Context, s cm.Script) (mp4 string, seconds float64, err error) {
	warnings, err := r.client.Check(ctx, s)
	if err != nil {
		return "", 0, err
	}
	for _, w := range warnings {
		fmt.Fprintln(os.Stderr, "warning:", w)
	}
	id, err := r.client.Render(ctx, s, "", "storyboard")
	if err != nil {
		return "", 0, err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := r.client.Status(ctx, id)
		switch later := (message.NotYet{}); {
		case err == nil:
			mp4 = filepath.Join(r.dir, id+".mp4")
			return mp4, done.Seconds, download(ctx, done.URL, mp4)
		case !errors.As(err, &later):
			return "", 0, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", 0, ctx.Err()
		}
	}
}

func download(ctx context.Context, address, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("fetch film: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch film: %s", res.Status)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("fetch film: %w", err)
	}
	_, err = io.Copy(f, res.Body)
	return errors.Join(err, f.Close())
}

// sheet puts frames of a film side by side: the first of every stretch of the
// given seconds, taken a second in, and the last.
func sheet(ctx context.Context, mp4 string, seconds, every float64, path string) error {
	var all draw.Image
	x, n := 0, int(seconds/every)+1
	for i := range n {
		at := math.Min(float64(i)*every+1, seconds-0.3)
		img, err := frameAt(ctx, mp4, at)
		if err != nil {
			return err
		}
		b := img.Bounds()
		if all == nil {
			all = image.NewRGBA(image.Rect(0, 0, (b.Dx()+8)*n-8, b.Dy()))
		}
		draw.Draw(all, image.Rect(x, 0, x+b.Dx(), b.Dy()), img, b.Min, draw.Src)
		x += b.Dx() + 8
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return errors.Join(png.Encode(f, all), f.Close())
}

func frameAt(ctx context.Context, mp4 string, at float64) (image.Image, error) {
	path := mp4 + ".jpg"
	if err := ffmpeg.Frame(ctx, mp4, time.Duration(at*float64(time.Second)), path); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read frame: %w", err)
	}
	return jpeg.Decode(bytes.NewReader(data))
}

// ticks is three minutes of a metronome: a short tone on each half second, as WAV.
func ticks() []byte {
	const rate = 16000
	n := 180 * rate
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*n))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*n))
	for i := range n {
		v := math.Exp(-float64(i%(rate/2))/1200) * math.Sin(float64(i)*880*2*math.Pi/rate)
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v*9000)))
	}
	return b
}
