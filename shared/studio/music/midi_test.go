package music

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// The band's parts as a standard MIDI file: what a SoundFont player gets to play
// where our instruments are compared with one.

// programs are our instruments' nearest in General MIDI.
var programs = map[string]byte{
	"saw": 38, "808": 39, "upright": 32, "soft": 33, "piano": 0, "epiano": 4, "pluck": 84, "guitar": 25, "accordion": 21,
	"arp": 81, "bell": 14, "glockenspiel": 9, "square": 80, "sax": 66, "flute": 73, "whistle": 78, "pad": 89, "strings": 48, "brass": 61,
}

// drumKeys are our drums' keys on channel 10; the riser has none.
var drumKeys = map[string]byte{"kick": 36, "snare": 38, "clap": 39, "hat": 42, "open": 46, "shaker": 70, "rim": 37, "tom": 45, "crash": 49}

const ticks = 480 // a beat

type midiEvent struct {
	at   int // ticks
	data []byte
}

// midi writes an arrangement. Channel volumes follow the style's levels, as in our mix.
func midi(s *score, a arrangement) []byte {
	micros := uint32(math.Round(60e6 / s.plan.tempo))
	tracks := [][]midiEvent{{{0, []byte{0xff, 0x51, 3, byte(micros >> 16), byte(micros >> 8), byte(micros)}}}}
	volume := func(name string) byte { return byte(min(127, 100*math.Sqrt(decibel(s.style.levels[name]+18)))) }
	drums := []midiEvent{{0, []byte{0xb9, 7, volume("drums")}}}
	for _, b := range a.drums {
		if key, ok := drumKeys[b.drum]; ok {
			drums = append(drums, press(9, b.at, .2, key, b.velocity)...)
		}
	}
	tracks = append(tracks, drums)
	for i, p := range a.parts {
		ch := byte(i)
		track := []midiEvent{{0, []byte{0xc0 | ch, programs[p.instrument]}}, {0, []byte{0xb0 | ch, 7, volume(p.name)}}}
		for _, n := range p.notes {
			track = append(track, press(ch, n.start+n.late*s.plan.tempo/60, n.beats, byte(n.pitch), n.velocity)...)
		}
		tracks = append(tracks, track)
	}
	var out bytes.Buffer
	out.WriteString("MThd\x00\x00\x00\x06\x00\x01")
	_ = binary.Write(&out, binary.BigEndian, []uint16{uint16(len(tracks)), ticks})
	for _, t := range tracks {
		body := encodeTrack(t, int(math.Round(float64(s.plan.beats)*ticks)))
		out.WriteString("MTrk")
		_ = binary.Write(&out, binary.BigEndian, uint32(len(body)))
		out.Write(body)
	}
	return out.Bytes()
}

func press(channel byte, at, beats float64, key byte, velocity float64) []midiEvent {
	on, off := int(math.Round(at*ticks)), int(math.Round((at+beats)*ticks))
	return []midiEvent{
		{on, []byte{0x90 | channel, key, byte(max(1, min(127, 127*velocity)))}},
		{max(on+1, off), []byte{0x80 | channel, key, 0}},
	}
}

func encodeTrack(events []midiEvent, end int) []byte {
	slices.SortStableFunc(events, func(a, b midiEvent) int {
		if a.at != b.at {
			return a.at - b.at
		}
		return int(a.data[0]&0xf0) - int(b.data[0]&0xf0) // a note ends before the same one begins
	})
	var out []byte
	at := 0
	for _, e := range append(events, midiEvent{max(end, events[len(events)-1].at), []byte{0xff, 0x2f, 0}}) {
		delta := e.at - at
		var length []byte
		for length = []byte{byte(delta & 0x7f)}; delta > 0x7f; {
			delta >>= 7
			length = append([]byte{byte(delta&0x7f) | 0x80}, length...)
		}
		out = append(append(out, length...), e.data...)
		at = e.at
	}
	return out
}
