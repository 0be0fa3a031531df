package film

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"castad/shared/studio/ffmpeg"
)

// Loudness of a finished film: what YouTube and Instagram play without turning
// it down, with room for their encoders' overshoot.
const (
	targetLUFS = -14.0
	targetPeak = -1.5 // dBTP
	targetLRA  = 11.0
	silentLUFS = -60.0 // below this a soundtrack is silent to anybody
)

const stereo = "aformat=sample_fmts=fltp:sample_rates=44100:channel_layouts=stereo"

// mixSound renders the audio elements to one WAV as long as the film and
// returns the loudnorm filter that brings it to the target: measuring first
// lets the filter change the level by one constant instead of pumping.
// Without audio elements both results are "".
func (sc *scene) mixSound(ctx context.Context, dir string, files map[string]source) (wav, norm string, err error) {
	if len(sc.sounds) == 0 {
		return "", "", nil
	}
	wav = filepath.Join(dir, "mix.wav")
	spec := ffmpeg.Spec{Dir: dir, Loglevel: "info",
		Outputs: []ffmpeg.Output{{Path: wav, Format: "wav", Options: []string{"-map", "[out]", "-c:a", "pcm_s16le", "-ar", "44100"}}}}
	var graph strings.Builder
	for i, s := range sc.sounds {
		f := files[s.e.source]
		spec.Inputs = append(spec.Inputs, ffmpeg.Input{Path: f.path})
		fmt.Fprintf(&graph, "[%d:a:0]%s[s%d];", i, s.filter(f.seconds), i)
	}
	for i := range sc.sounds {
		fmt.Fprintf(&graph, "[s%d]", i)
	}
	// Both aformat are needed with ffmpeg 5.1, else: Cannot select channel layout.
	fmt.Fprintf(&graph, "amix=inputs=%d:normalize=0:duration=longest,%s,apad,atrim=end=%s,asplit=2[out][m];", len(sc.sounds), stereo, decimal(sc.total))
	fmt.Fprintf(&graph, "[m]loudnorm=I=%g:TP=%g:LRA=%g:print_format=json,anullsink", targetLUFS, targetPeak, targetLRA)
	spec.Graph = graph.String()
	report, err := ffmpeg.Run(ctx, spec)
	if err != nil {
		return "", "", fmt.Errorf("mix sound: %w", err)
	}
	if norm, err = loudnorm(report); err != nil {
		return "", "", err
	}
	norm, err = sc.held(ctx, dir, wav, norm)
	return wav, norm, err
}

// trials is how often the encoded sound is measured before verify has the last word.
const trials = 4

// held is the filter with which the sound keeps below highestPeak when it is
// encoded. AAC peaks above what it is given by as much as 2 dB, which is only
// known afterwards: of 86 films with songs of the studio's 3 came out above. So the sound is
// encoded and measured, and what peaks too high is limited by that much more.
// Limiting everybody's sound by 1 dB would be heard; this is one song in thirty.
func (sc *scene) held(ctx context.Context, dir, wav, norm string) (string, error) {
	filter, ceiling := norm, targetPeak
	for range trials {
		l, err := sc.encoded(ctx, dir, wav, filter)
		if err != nil {
			return "", fmt.Errorf("try sound: %w", err)
		}
		if l.peak <= highestPeak {
			break
		}
		ceiling -= l.peak - highestPeak + 0.2
		// At four times the rate the limiter sees the peaks between samples too.
		filter = fmt.Sprintf("%s,aresample=%d,aformat=sample_fmts=dbl:channel_layouts=stereo,alimiter=level=false:attack=1:release=50:limit=%s", norm, 4*soundRate, decimal(math.Pow(10, ceiling/20)))
	}
	return filter, nil
}

// encoded measures the sound as it is after the filter and the encoder.
func (sc *scene) encoded(ctx context.Context, dir, wav, filter string) (*loudness, error) {
	trial, heard := filepath.Join(dir, "trial.m4a"), filepath.Join(dir, "trial.wav")
	defer os.Remove(trial)
	defer os.Remove(heard)
	_, err := ffmpeg.Run(ctx, ffmpeg.Spec{Dir: dir, Inputs: []ffmpeg.Input{{Path: wav, Format: "wav"}}, Graph: "[0:a]" + sc.finish(filter),
		Outputs: []ffmpeg.Output{{Path: trial, Format: "mp4", Options: soundOptions}}})
	if err != nil {
		return nil, err
	}
	report, err := ffmpeg.Run(ctx, ffmpeg.Spec{Dir: dir, Loglevel: "info", Inputs: []ffmpeg.Input{{Path: trial}}, Graph: "[0:a]loudnorm=print_format=json[a]",
		Outputs: []ffmpeg.Output{{Path: heard, Format: "wav", Options: []string{"-map", "[a]"}}}})
	if err != nil {
		return nil, err
	}
	return measured(report)
}

// finish is the chain from the mix to the encoder.
func (sc *scene) finish(filter string) string {
	return fmt.Sprintf("%s,aresample=%d,%s,apad,atrim=end=%s[a]", filter, soundRate, stereo, decimal(sc.total))
}

const soundRate = 44100 // Hz

// soundOptions encode what finish gives.
var soundOptions = []string{"-map", "[a]", "-c:a", "aac", "-b:a", "160k", "-ar", strconv.Itoa(soundRate)}

// filter is the chain of one audio element: trim, level, fades, delay.
func (s *placedSound) filter(fileSeconds float64) string {
	so := &s.e.sound
	d := s.end - s.start
	if so.trimDuration != nil {
		d = min(d, *so.trimDuration)
	}
	if fileSeconds > 0 {
		d = min(d, max(0.01, fileSeconds-so.trimStart))
	}
	parts := []string{stereo, fmt.Sprintf("atrim=start=%s:duration=%s", decimal(so.trimStart), decimal(d)), "asetpts=PTS-STARTPTS"}
	if so.volume != 1 {
		parts = append(parts, "volume="+decimal(so.volume))
	}
	if so.fadeIn > 0 {
		parts = append(parts, "afade=t=in:d="+decimal(min(d, so.fadeIn)))
	}
	if so.fadeOut > 0 {
		f := min(d, so.fadeOut)
		parts = append(parts, fmt.Sprintf("afade=t=out:st=%s:d=%s", decimal(d-f), decimal(f)))
	}
	if s.start > 0 {
		parts = append(parts, fmt.Sprintf("adelay=%d:all=1", int(math.Round(s.start*1000))))
	}
	return strings.Join(parts, ",")
}

// loudness is what the loudnorm filter measured.
type loudness struct{ lufs, peak, lra, thresh, offset float64 }

// measured reads the filter's report.
func measured(report string) (*loudness, error) {
	open, end := strings.LastIndexByte(report, '{'), strings.LastIndexByte(report, '}')
	if open < 0 || end < open {
		return nil, errors.New("measure loudness: ffmpeg did not report it")
	}
	var m struct {
		I      string `json:"input_i"`
		TP     string `json:"input_tp"`
		LRA    string `json:"input_lra"`
		Thresh string `json:"input_thresh"`
		Offset string `json:"target_offset"`
	}
	if err := json.Unmarshal([]byte(report[open:end+1]), &m); err != nil {
		return nil, fmt.Errorf("read loudness: %w", err)
	}
	var v [5]float64
	for i, s := range []string{m.I, m.TP, m.LRA, m.Thresh, m.Offset} {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, fmt.Errorf("read loudness: %w", err)
		}
		v[i] = f
	}
	return &loudness{v[0], v[1], v[2], v[3], v[4]}, nil
}

// loudnorm turns the filter's own report into its second pass.
func loudnorm(report string) (string, error) {
	l, err := measured(report)
	if err != nil {
		return "", err
	}
	if l.lufs < silentLUFS {
		return "", userf("The soundtrack is silent.")
	}
	lra := min(50, max(targetLRA, l.lra)) // a smaller target than the measured range would force the dynamic mode
	return fmt.Sprintf("loudnorm=I=%g:TP=%g:LRA=%g:measured_I=%g:measured_TP=%g:measured_LRA=%g:measured_thresh=%g:offset=%g:linear=true",
		targetLUFS, targetPeak, lra, l.lufs, l.peak, l.lra, l.thresh, l.offset), nil
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
