package film

import (
	"context"
	"fmt"
	"os"
)

const (
	// maxZoom bounds how much larger than its box a photo is kept for zooming in.
	maxZoom = 1.5
	// maxPictures is the most pixels that are kept of one photo.
	maxPictures = 2 * maxPixels
)

// photoLayers makes the layers of all elements that show one photo, which is
// decoded once.
func (sc *scene) photoLayers(ctx context.Context, list []*layer, files map[string]source) error {
	e := list[0].e
	data, err := os.ReadFile(files[e.source].path)
	if err != nil {
		return fmt.Errorf("read photo: %w", err)
	}
	p, err := decodePhoto(data)
	if err != nil {
		return userf("%s.source: %v", e.path, err)
	}
	for _, l := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sc.photoLayer(l, p)
	}
	return nil
}

func (sc *scene) photoLayer(l *layer, p *photo) {
	l.content = nil
	for _, m := range l.e.moves {
		if m.content() {
			l.content = append(l.content, l.spanOf(m))
		}
	}
	if l.e.smart && l.e.fit == "cover" {
		l.smart(p)
	} else {
		l.fit(p)
	}
	l.rest = rect{l.x, l.y, l.w, l.h}
	l.own = *l.mover(sc)
}

// fit scales the photo so that it fills its box as the element asks, with as
// many pixels as its zooms need. What cover cuts off is only kept when the
// photo is panned over.
func (l *layer) fit(p *photo) {
	v := l.visual
	w, h := p.size()
	iw, ih := float64(w), float64(h)
	zoom, pans := 1.0, false
	for i := range l.content {
		a := &l.content[i].animation
		zoom, pans = min(maxZoom, max(zoom, a.from, a.to)), pans || a.kind == "pan"
	}
	if v.e.fit == "contain" {
		k := min(v.w/iw, v.h/ih)
		v.x, v.y, v.w, v.h = v.x+(v.w-iw*k)*v.e.alignX, v.y+(v.h-ih*k)*v.e.alignY, iw*k, ih*k
	}
	// win is what of the photo is seen at rest, in its own pixels.
	win := rect{0, 0, iw, ih}
	if v.e.fit == "cover" {
		k := max(v.w/iw, v.h/ih)
		win.w, win.h = min(iw, v.w/k), min(ih, v.h/k)
		win.x, win.y = (iw-win.w)*v.e.alignX, (ih-win.h)*v.e.alignY
	}
	l.base = win
	k := zoom * max(v.w/win.w, v.h/win.h)
	if pans {
		win = rect{0, 0, iw, ih}
	}
	l.keep(p, win, k)
}
