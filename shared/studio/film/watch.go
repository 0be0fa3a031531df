package film

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"castad/shared/studio/ffmpeg"
)

// How the finished film is looked at.
const (
	gridRate = 8  // looks per second, for black and frozen stretches
	gridSide = 64 // cells in each direction; a cell is the mean of its pixels

	blackLuma = 28   // the highest luma of a cell that counts as black (black is 16)
	longest   = 1.0  // seconds that a picture may be black or frozen
	frozen    = 0.35 // the mean difference of luma below which two looks are the same picture
	changed   = 1.2  // … above which two composed frames are surely not
)

// seen is what watching the finished film found.
type seen struct {
	grid  [][]byte // looks, gridRate a second
	best  float64  // the time of the best snapshot, in seconds
	sound *loudness
}

// watch decodes the film once: a coarse grid of its luma, the pictures that may
// become the snapshot, and its loudness. skip says which frames the decoder
// leaves out.
func (c *cut) watch(ctx context.Context, mp4, skip string) (*seen, error) {
	dir := filepath.Dir(mp4)
	grid, shots := filepath.Join(dir, "grid.raw"), filepath.Join(dir, "shots.raw")
	w, h := c.shotSize()
	spec := ffmpeg.Spec{Dir: dir, Loglevel: "info", Limit: time.Minute + time.Duration(c.total*5)*time.Second,
		Inputs: []ffmpeg.Input{{Path: mp4, Options: []string{"-skip_frame", skip}}},
		Graph: fmt.Sprintf("[0:v]split[a][b];[a]fps=%d,scale=%d:%d:flags=area,format=yuv420p,extractplanes=y[g];[b]fps=%s,scale=%d:%d:flags=area,format=rgb24[s]",
			gridRate, gridSide, gridSide, decimal(c.shotRate()), w, h),
		Outputs: []ffmpeg.Output{{Path: grid, Format: "rawvideo", Options: []string{"-map", "[g]"}}, {Path: shots, Format: "rawvideo", Options: []string{"-map", "[s]"}}}}
	if c.wav != "" {
		spec.Graph += ";[0:a]loudnorm=print_format=json,anullsink"
	}
	report, err := ffmpeg.Run(ctx, spec)
	if err != nil {
		return nil, err
	}
	out := &seen{}
	if c.wav != "" {
		if out.sound, err = measured(report); err != nil {
			return nil, err
		}
	}
	data, err := os.ReadFile(grid)
	if err != nil {
		return nil, fmt.Errorf("read grid: %w", err)
	}
	for ; len(data) >= gridSide*gridSide; data = data[gridSide*gridSide:] {
		out.grid = append(out.grid, data[:gridSide*gridSide])
	}
	out.best, err = c.bestShot(shots, w, h)
	return out, err
}

// verifyPicture fails on a stretch that is black, and on one that stands still
// although the frames that were composed for it move. A picture that is
// meant to stand still, or whose motion cannot be seen, may stand still.
func (c *cut) verifyPicture(grid [][]byte) error {
	if got := float64(len(grid)) / gridRate; got < c.total-0.75 {
		return flawf("only %.1f s of %.1f s can be decoded", got, c.total)
	}
	from, black := 0, 0
	for k := range grid {
		if brightest(grid[k]) > blackLuma {
			from = k + 1
			continue
		}
		black++
		if t0, t1 := timesOf(from, k); t1-t0 > longest {
			return flawf("the picture is black from %.1f s on for more than %.0f s", t0, longest)
		}
	}
	if black*2 > len(grid) { // of a film that is hardly longer than that
		return flawf("most of the picture is black")
	}
	from = 0
	slack := 4/c.rate + 1.0/gridRate // between two frames that were looked at
	for k := range grid {
		if difference(grid[from], grid[k]) >= frozen {
			from = k
			continue
		}
		if t0, t1 := timesOf(from, k); t1-t0 > longest+slack && c.composedMoves(t0, t1) {
			return flawf("the picture stands still from %.1f s on for more than %.0f s, where it should move", t0, longest)
		}
	}
	return nil
}

// timesOf are the times between two looks.
func timesOf(from, to int) (t0, t1 float64) { return float64(from) / gridRate, float64(to) / gridRate }

func brightest(g []byte) (top byte) {
	for _, v := range g {
		top = max(top, v)
	}
	return top
}

// difference is the mean absolute difference of two looks.
func difference(a, b []byte) float64 {
	sum := 0
	for i, v := range a {
		d := int(v) - int(b[i])
		sum += max(d, -d)
	}
	return float64(sum) / float64(len(a))
}

// composedMoves reports whether the frames that were composed for a time,
// without their text, are visibly different.
func (c *cut) composedMoves(t0, t1 float64) bool {
	comp := newComposer(c.scene, c.script.fill, c.layers)
	f := newPlanes(comp.w, comp.h)
	var first []byte
	for t := t0; t <= t1; t += longest / 4 {
		comp.draw(f, min(t, c.total-0.5/c.rate))
		g := coarse(f.y, comp.w, comp.h)
		if first == nil {
			first = g
		} else if difference(first, g) > changed {
			return true
		}
	}
	return false
}

// coarse is the grid of a frame's luma.
func coarse(y []byte, w, h int) []byte {
	out := make([]byte, gridSide*gridSide)
	for r := range gridSide {
		for q := range gridSide {
			x0, x1, y0, y1 := q*w/gridSide, max(q*w/gridSide+1, (q+1)*w/gridSide), r*h/gridSide, max(r*h/gridSide+1, (r+1)*h/gridSide)
			sum := 0
			for i := y0; i < min(h, y1); i++ {
				for _, v := range y[i*w+x0 : i*w+min(w, x1)] {
					sum += int(v)
				}
			}
			out[r*gridSide+q] = byte(math.Round(float64(sum) / float64((min(h, y1)-y0)*(min(w, x1)-x0))))
		}
	}
	return out
}
