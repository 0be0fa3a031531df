package film

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"castad/shared/studio/ffmpeg"
)

// speedScript is an ad as the storyboards make them: ten photos with motion
// and transitions, a shade, captions with highlight, a card, an end card with
// a QR code, a label; 30 s at 30 frames a second.
func speedScript(b testing.TB, scale float64) string {
	photos, err := filepath.Glob(filepath.Join("..", "..", "..", "docs", "sample", "photos", "*.jpg"))
	if err != nil || len(photos) == 0 {
		b.Fatalf("no sample photos: %v", err)
	}
	moves := []string{`{"type":"scale","start_scale":"100%","end_scale":"112%"}`, `{"type":"pan","start_x":"0%","end_x":"100%"}`, `{"type":"scale","start_scale":"112%","end_scale":"100%"}`}
	enters := []string{`{"type":"fade","duration":0.5}`, `{"type":"slide","direction":"left","duration":0.5}`, `{"type":"wipe","x_anchor":"0%","duration":0.5}`}
	var list []string
	for i := range 10 {
		path, _ := filepath.Abs(photos[i%len(photos)])
		enter := ""
		if i > 0 {
			enter = `,"transition":` + enters[i%len(enters)]
		}
		list = append(list, fmt.Sprintf(`{"type":"image","track":1,"time":%d,"duration":3,"smart_crop":true,"source":%q,"animations":[%s]%s}`, 3*i, path, moves[i%len(moves)], enter))
	}
	list = append(list, `{"type":"shape","y":"100%","y_anchor":"100%","height":"46%","fill_mode":"linear","fill_color":[{"offset":"0%","color":"rgba(10,8,20,0)"},{"offset":"100%","color":"rgba(10,8,20,0.72)"}]}`,
		`{"type":"composition","time":6,"duration":8,"y":"20%","width":"80%","height":"14%","fill_color":"#fff4dc","border_radius":"4 vmin","animations":[{"type":"slide","direction":"left","time":"start","duration":0.5}],
			"elements":[{"type":"text","text":"얼큰칼국수 9,000원","width":"90%","height":"70%","x_alignment":"50%","y_alignment":"50%"}]}`,
		`{"type":"shape","time":26,"duration":4,"fill_color":"rgba(18,12,28,0.62)","animations":[{"type":"fade","time":"start","duration":0.4}]}`,
		`{"type":"shape","time":26,"duration":4,"y":"55%","width":"34 vmin","height":"34 vmin","fill_color":"#fff"}`,
		fmt.Sprintf(`{"type":"shape","time":26,"duration":4,"y":"55%%","width":"34 vmin","height":"34 vmin","fill_color":"#000","path":%q}`, qrPath(b, "https://castad.example.com/v/dolldam")))
	for i := range 12 {
		list = append(list, fmt.Sprintf(`{"type":"text","track":5,"time":%g,"duration":2,"text":"골목 끝에 김이 오르면 %d","y":"76%%","width":"86%%","height":"12%%","x_alignment":"50%%","y_alignment":"50%%","font_weight":800,
			"font_size_maximum":"7.4 vmin","fill_color":"#fff","stroke_color":"#181022","stroke_width":"0.8 vmin","transcript_effect":"karaoke"}`, 0.5+2.1*float64(i), i))
	}
	list = append(list, `{"type":"text","text":"AI로 생성","x":"20%","y":"7%","font_size":"3.2 vmin","fill_color":"#fff","background_color":"rgba(20,18,28,0.62)"}`)
	return fmt.Sprintf(`{"output_format":"mp4","width":1080,"height":1920,"frame_rate":30,"duration":30,"render_scale":%g,"elements":[%s]}`, scale, strings.Join(list, ","))
}

// usage is what this process and its ended children have used.
func usage(b *testing.B) (cpu float64, childRSS int64) {
	b.Helper()
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if err := syscall.Getrusage(who, &r); err != nil {
			b.Fatal(err)
		}
		cpu += time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
		childRSS = r.Maxrss // KiB; of the children in the end
	}
	return cpu, childRSS
}

// peakHeap samples the heap until the returned function is called.
func peakHeap() func() float64 {
	var top atomic.Uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			top.Store(max(top.Load(), m.HeapInuse))
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() float64 { close(stop); <-done; return float64(top.Load()) / (1 << 20) }
}

// BenchmarkFilm renders 30 s as a final and as a preview. wall/length is the
// promise (1.0 and 0.2 on two cores); cpu/2/length is the same with the load of
// others left out; ffmpeg-MB is the largest child so far, heap-MB our own.
func BenchmarkFilm(b *testing.B) {
	need(b, ffmpeg.Installed())
	f, err := LoadFonts(FontFolder)
	if err != nil {
		need(b, err)
	}
	for _, row := range []struct {
		name  string
		scale float64
	}{{"preview", 1.0 / 3}, {"final", 1}} {
		b.Run(row.name, func(b *testing.B) {
			for b.Loop() {
				script, files := local(b, speedScript(b, row.scale))
				before, _ := usage(b)
				heap, begun := peakHeap(), time.Now()
				if _, err := render(b.Context(), script, f, b.TempDir(), files); err != nil {
					b.Fatal(err)
				}
				wall := time.Since(begun).Seconds()
				after, rss := usage(b)
				b.ReportMetric(wall/30, "wall/length")
				b.ReportMetric((after-before)/2/30, "cpu/2/length")
				b.ReportMetric(float64(rss)/1024, "ffmpeg-MB")
				b.ReportMetric(heap(), "heap-MB")
			}
		})
	}
}

// local parses a script whose sources are files of this machine.
func local(t testing.TB, raw string) (*script, map[string]source) {
	t.Helper()
	p := &problems{}
	o, ok := newObject([]byte(raw), "", p)
	if !ok {
		t.Fatal(p.errors)
	}
	n := 0
	s := parseScript(o, &n)
	if len(p.errors) > 0 {
		t.Fatal(p.errors)
	}
	files := map[string]source{}
	var collect func([]element)
	collect = func(list []element) {
		for i := range list {
			if e := &list[i]; e.source != "" {
				files[e.source] = source{path: e.source}
			}
			collect(list[i].children)
		}
	}
	collect(s.elements)
	return s, files
}
