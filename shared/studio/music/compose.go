package music

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Compose makes the song of an order. The error is a request fault that names
// the field of the order that cannot be met.
func Compose(o Order) (*Song, error) {
	o, lines, err := o.normal()
	if err != nil {
		return nil, err
	}
	s, err := compose(o, lines)
	if err != nil {
		return nil, err
	}
	return s.perform(o, lines), nil
}

// Check returns the error that Compose would return, without composing.
func Check(o Order) error {
	o, lines, err := o.normal()
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return nil
	}
	_, err = makePlan(styles[o.Genre], lines, o.Seconds, o.Seed)
	return err
}

// perform plays, sings and mixes the score. One stem is rendered at a time into
// the same buffer: a minute of song takes 220 MB of resident memory at most; a
// buffer for each stem would add 150.
func (s *score) perform(o Order, lines []lineText) *Song {
	n := o.Seconds * Rate
	band := s.arrange()
	stem := newStereo(n)
	kicks := s.drumming(band.drums, stem)
	vocal := s.voicing(o.Voice, 0, func(sung) bool { return true }, func(sung) float64 { return 0 }).sing(n)
	m := newMixer(s, vocal, kicks)
	m.add("drums", stem, send{room: .05}, m.lift)
	for _, p := range band.parts {
		stem.clear()
		s.play(p, stem)
		m.add(p.name, stem, sends[p.name], m.band)
	}
	s.backing(o.Voice, stem)
	m.add("backing", stem, send{room: .3}, nil)
	copy(stem.l, vocal)
	copy(stem.r, vocal)
	m.add("vocal", stem, send{s.style.room, s.style.echo}, nil)
	m.effects()
	song := &Song{Rate: Rate, Seconds: float64(n) / Rate, Tempo: s.plan.tempo, Key: s.key.String(), vocal: vocal}
	song.PCM = master(m.sum, s.style.drive, int(s.fade()*Rate))
	s.timings(song, lines)
	return song
}

// fade is how many seconds before its end the song begins to fade: never before
// the last line has had its time.
func (s *score) fade() float64 { return min(s.plan.seconds(float64(s.plan.outro)), 2.2) }

// backing sings the hooks a second and a third time: a third above in the
// scale on the left, the tune itself a little late on the right.
func (s *score) backing(voice string, out stereo) {
	out.clear()
	hook := func(n sung) bool { return s.bars[s.barAt(n.start)].section == "hook" }
	third := func(n sung) float64 {
		for up := 3; up <= 5; up++ {
			if s.inScale(n.pitch + up) {
				return float64(up)
			}
		}
		return 12
	}
	high := s.voicing(voice, 1, hook, third).sing(len(out.l))
	same := s.voicing(voice, 2, hook, func(sung) float64 { return -.09 }).sing(len(out.l))
	const late = Rate * 17 / 1000
	for i := range out.l {
		a, b := high[i], float32(0)
		if i >= late {
			b = same[i-late]
		}
		out.l[i] = .8*a + .25*b
		out.r[i] = .25*a + .8*b
	}
}

// timings writes when each word, line and syllable is sung.
func (s *score) timings(song *Song, lines []lineText) {
	for i, n := range s.vocals {
		start, end := s.plan.seconds(n.start), s.plan.seconds(n.start+n.beats)
		song.Notes = append(song.Notes, Note{Start: start, End: end, Hz: hz(float64(n.pitch)), Line: n.line})
		if i == 0 || s.vocals[i-1].line != n.line {
			song.Lines = append(song.Lines, Span{Text: lines[n.line].text, Start: start})
		}
		song.Lines[len(song.Lines)-1].End = end
		if i == 0 || s.vocals[i-1].line != n.line || s.vocals[i-1].syl.word != n.syl.word {
			song.Words = append(song.Words, Word{Text: lines[n.line].words[n.syl.word], Start: start, Line: n.line})
		}
		song.Words[len(song.Words)-1].End = end
	}
}

// WriteWAV writes the song as a RIFF WAVE file, 16-bit stereo PCM.
func (s *Song) WriteWAV(w io.Writer) error {
	b := bufio.NewWriter(w)
	size := uint32(2 * len(s.PCM))
	head := struct {
		Riff        [4]byte
		Size        uint32
		Wave, Fmt   [4]byte
		FmtSize     uint32
		Format, Ch  uint16
		Rate, Bytes uint32
		Block, Bits uint16
		Data        [4]byte
		DataSize    uint32
	}{
		Riff: [4]byte{'R', 'I', 'F', 'F'}, Size: 36 + size, Wave: [4]byte{'W', 'A', 'V', 'E'}, Fmt: [4]byte{'f', 'm', 't', ' '}, FmtSize: 16,
		Format: 1, Ch: 2, Rate: uint32(s.Rate), Bytes: uint32(4 * s.Rate), Block: 4, Bits: 16, Data: [4]byte{'d', 'a', 't', 'a'}, DataSize: size,
	}
	if err := binary.Write(b, binary.LittleEndian, head); err != nil {
		return fmt.Errorf("write WAV header: %w", err)
	}
	var two [2]byte
	for _, v := range s.PCM {
		binary.LittleEndian.PutUint16(two[:], uint16(v))
		if _, err := b.Write(two[:]); err != nil {
			return fmt.Errorf("write WAV samples: %w", err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write WAV samples: %w", err)
	}
	return nil
}
