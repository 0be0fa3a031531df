package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	studio "castad/shared/studio/film"
)

// Sizes of the sheet in pixels. GitHub shows a picture about 900 wide and
// opens it at full size: 2000 keeps captions readable there.
const (
	sheetWidth  = 2000
	maxCell     = 400 // width of a frame when there are few
	maxColumns  = 40
	gap         = 8
	labelHeight = 34
	labelSize   = 20
	maxBytes    = 700 << 10
)

var (
	paper = color.RGBA{0x16, 0x18, 0x1d, 0xff}
	ink   = color.RGBA{0xf2, 0xf2, 0xee, 0xff}
)

// strip is where a piece of a film goes: some of its frames, at most a row.
type strip struct {
	film     film
	column   int
	from, to int // frames [from, to)
}

// write makes the sheet and says what it is.
func write(ctx context.Context, out string, every time.Duration, columns int, paths []string) (string, error) {
	label, err := face()
	if err != nil {
		return "", err
	}
	defer label.Close()
	work, err := os.MkdirTemp("", "contactsheet")
	if err != nil {
		return "", fmt.Errorf("make work folder: %w", err)
	}
	defer os.RemoveAll(work)
	var films []film
	frames := 0
	for _, path := range paths {
		f, err := read(ctx, path, every, work)
		if err != nil {
			return "", err
		}
		films, frames = append(films, f), frames+len(f.frames)
	}
	sheet := compose(films, columns, label)
	if err := save(out, sheet); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %d films, %d frames, %d×%d", out, len(films), frames, sheet.Rect.Dx(), sheet.Rect.Dy()), nil
}

func face() (font.Face, error) {
	data, err := os.ReadFile(filepath.Join(studio.FontFolder, "NanumSquareRoundB.ttf"))
	if err != nil {
		return nil, fmt.Errorf("read font (on Debian and Ubuntu: apt-get install -y --no-install-recommends fonts-nanum): %w", err)
	}
	parsed, err := opentype.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("parse font: %w", err)
	}
	return opentype.NewFace(parsed, &opentype.FaceOptions{Size: labelSize, DPI: 72, Hinting: font.HintingFull})
}

// rows lays films out in the given order: a film that fits beside the one
// before shares its row, a film of more than a row is broken.
func rows(films []film, columns int) [][]strip {
	var out [][]strip
	used := columns
	for _, f := range films {
		for from := 0; from < len(f.frames); from += columns {
			n := min(columns, len(f.frames)-from)
			if used+n > columns {
				out, used = append(out, nil), 0
			}
			out[len(out)-1] = append(out[len(out)-1], strip{f, used, from, from + n})
			used += n
		}
	}
	return out
}

// compose paints the sheet.
func compose(films []film, columns int, label font.Face) *image.RGBA {
	longest := 1
	for _, f := range films {
		longest = max(longest, len(f.frames))
	}
	if columns == 0 {
		columns = min(10, longest)
	}
	cell := min(maxCell, (sheetWidth-gap)/columns-gap)
	layout := rows(films, columns)
	height := gap
	for _, row := range layout {
		height += labelHeight + tallest(row, cell) + gap
	}
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(cell+gap)+gap, height))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	y := gap
	for _, row := range layout {
		for _, s := range row {
			x := gap + s.column*(cell+gap)
			room := sheet.SubImage(image.Rect(x, y, x+(s.to-s.from)*(cell+gap)-gap, y+labelHeight)).(draw.Image) // a long label is cut there
			pen := font.Drawer{Dst: room, Src: image.NewUniform(ink), Face: label, Dot: fixed.P(x, y+labelSize+2)}
			pen.DrawString(s.film.label)
			for _, frame := range s.film.frames[s.from:s.to] {
				to := image.Rect(x, y+labelHeight, x+cell, y+labelHeight+scaled(frame, cell))
				draw.CatmullRom.Scale(sheet, to, frame, frame.Bounds(), draw.Src, nil)
				x += cell + gap
			}
		}
		y += labelHeight + tallest(row, cell) + gap
	}
	return sheet
}

// scaled is a frame's height when it is cell wide.
func scaled(frame image.Image, cell int) int {
	b := frame.Bounds()
	return max(1, cell*b.Dy()/b.Dx())
}

func tallest(row []strip, cell int) int {
	most := 0
	for _, s := range row {
		for _, frame := range s.film.frames[s.from:s.to] {
			most = max(most, scaled(frame, cell))
		}
	}
	return most
}

// save encodes at the best quality that stays below maxBytes.
func save(out string, sheet image.Image) error {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	for quality := 92; quality >= 40; quality -= 4 {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, sheet, &jpeg.Options{Quality: quality}); err != nil {
			return fmt.Errorf("encode %s: %w", out, err)
		}
		if b.Len() <= maxBytes {
			return os.WriteFile(out, b.Bytes(), 0o644)
		}
	}
	return fmt.Errorf("%s does not fit into %d KB: take fewer films or a larger -every", out, maxBytes>>10)
}
