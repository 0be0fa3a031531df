package music

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"castad/shared/studio/lyric/hangul"
)

// Judges that never heard this singer: a recogniser trained on people's speech
// (PocketSphinx, US English) and templates spoken by another synthesiser (espeak-ng,
// Korean). They are benchmarks, not tests: the programs are no part of CI. See
// `make bench-voice`.

const sphinxModel = "/usr/share/pocketsphinx/model/en-us/"

// recognise asks PocketSphinx which word of the grammar each recording is.
// words maps a grammar word to its ARPABET phones.
func recognise(b *testing.B, words map[string]string, recordings [][]float32) []string {
	b.Helper()
	if _, err := exec.LookPath("pocketsphinx_batch"); err != nil {
		b.Skip("needs the Debian packages pocketsphinx and pocketsphinx-en-us")
	}
	dir := b.TempDir()
	var dict, names, ctl strings.Builder
	for w, phones := range words {
		fmt.Fprintf(&dict, "%s %s\n", w, phones)
		fmt.Fprintf(&names, " | %s", w)
	}
	for i, x := range recordings {
		fmt.Fprintf(&ctl, "r%04d\n", i)
		write(b, filepath.Join(dir, fmt.Sprintf("r%04d.raw", i)), pcm16k(x))
	}
	write(b, filepath.Join(dir, "dict"), []byte(dict.String()))
	write(b, filepath.Join(dir, "ctl"), []byte(ctl.String()))
	write(b, filepath.Join(dir, "gram"), []byte("#JSGF V1.0;\ngrammar g;\npublic <w> = "+strings.TrimPrefix(names.String(), " | ")+";\n"))
	out := filepath.Join(dir, "hyp")
	cmd := exec.Command("pocketsphinx_batch", "-hmm", sphinxModel+"en-us", "-dict", filepath.Join(dir, "dict"), "-jsgf", filepath.Join(dir, "gram"),
		"-ctl", filepath.Join(dir, "ctl"), "-cepdir", dir, "-cepext", ".raw", "-adcin", "yes", "-hyp", out, "-remove_silence", "no", "-logfn", "/dev/null")
	if msg, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("run the recogniser: %v: %s", err, msg)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		b.Fatal(err)
	}
	var heard []string
	for line := range strings.Lines(string(text)) {
		word, _, _ := strings.Cut(line, "(")
		heard = append(heard, strings.TrimSpace(word))
	}
	if len(heard) != len(recordings) {
		b.Fatalf("%d answers for %d recordings", len(heard), len(recordings))
	}
	return heard
}

func write(b *testing.B, name string, data []byte) {
	b.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		b.Fatal(err)
	}
}

// pcm16k brings a vocal to 16 kHz, 16 bit, little endian, with its peak at −3 dB.
func pcm16k(x []float32) []byte {
	a, c := lowPass(7200, .54), lowPass(7200, 1.3)
	y := make([]float64, len(x))
	peak := 1e-9
	for i, v := range x {
		y[i] = c.next(a.next(float64(v)))
		peak = max(peak, y[i], -y[i])
	}
	room := newNoise(1, 1) // a room is never silent, and a recogniser expects that
	var out []byte
	for i := 0; ; i++ {
		at := float64(i) * Rate / 16000
		j := int(at)
		if j+1 >= len(y) {
			return out
		}
		v := y[j] + (y[j+1]-y[j])*(at-float64(j))
		out = binary.LittleEndian.AppendUint16(out, uint16(int16(v/peak*23000+60*room.next())))
	}
}

// englishEar is how an English ear writes the Korean sounds; tense stops sound like either row.
var englishEar = map[rune][]string{
	'ㄱ': {"G", "K"}, 'ㄲ': {"G", "K"}, 'ㅋ': {"K"}, 'ㄷ': {"D", "T"}, 'ㄸ': {"D", "T"}, 'ㅌ': {"T"}, 'ㅂ': {"B", "P"}, 'ㅃ': {"B", "P"}, 'ㅍ': {"P"},
	'ㅈ': {"JH", "CH"}, 'ㅉ': {"JH", "CH"}, 'ㅊ': {"CH"}, 'ㅅ': {"S", "SH"}, 'ㅆ': {"S"}, 'ㄴ': {"N"}, 'ㅁ': {"M"}, 'ㄹ': {"L", "R"}, 'ㅎ': {"HH"}, 'ㅇ': {""},
	'ㅏ': {"AA"}, 'ㅓ': {"AO", "AH"}, 'ㅗ': {"OW"}, 'ㅜ': {"UW"}, 'ㅡ': {"UH"}, 'ㅣ': {"IY"}, 'ㅔ': {"EH"},
}

// BenchmarkVoiceByRecogniser sings single syllables to the recogniser, which
// chooses among all consonants and vowels of an English ear.
func BenchmarkVoiceByRecogniser(b *testing.B) {
	for _, c := range []condition{{"m", Acoustic, 45, .45, 0, 1}, {"m", KPop, 50, .35, 0, 2}, {"m", Ballad, 55, .5, 0, 3}, {"f", Acoustic, 57, .45, 0, 1}, {"f", KPop, 62, .35, 0, 2}, {"f", Ballad, 67, .5, 0, 3}} {
		b.Run(strings.ReplaceAll(c.String(), " ", "_"), func(b *testing.B) {
			var recordings [][]float32
			for o := range judgedOnsets {
				for _, v := range judgedVowels {
					x, _ := c.singOne(hangul.Syllable{Onset: o, Vowel: v})
					recordings = append(recordings, x)
				}
			}
			judgeSyllables(b, recordings)
		})
	}
}

// judgeSyllables reports how many onsets and vowels of the 133 recordings the recogniser hears.
func judgeSyllables(b *testing.B, recordings [][]float32) {
	b.Helper()
	words := map[string]string{}
	for _, c := range strings.Split("B D G P T K JH CH S SH N M L R HH ", " ") {
		for _, v := range strings.Split("AA AO AH OW UW UH IY EH", " ") {
			words[strings.ToLower(c+"-"+v)] = strings.TrimSpace(c + " " + v)
		}
	}
	onset, vowel := 0, 0
	var table strings.Builder
	for i, w := range recognise(b, words, recordings) {
		consonant, v, _ := strings.Cut(strings.ToUpper(w), "-")
		if i%7 == 0 {
			fmt.Fprintf(&table, "\n%c:", judgedOnsets[i/7])
		}
		fmt.Fprintf(&table, " %s", w)
		if slices.Contains(englishEar[judgedOnsets[i/7]], consonant) {
			onset++
		}
		if slices.Contains(englishEar[judgedLetters[i%7]], v) {
			vowel++
		}
	}
	fmt.Println(table.String())
	b.ReportMetric(100*float64(onset)/133, "%onset")
	b.ReportMetric(100*float64(vowel)/133, "%vowel")
}

// BenchmarkSpeechByRecogniser is the yardstick: espeak-ng's Korean speaker before the same judge.
func BenchmarkSpeechByRecogniser(b *testing.B) {
	var recordings [][]float32
	for o := range judgedOnsets {
		for _, v := range judgedVowels {
			recordings = append(recordings, spoken(b, "ko", string(hangul.Syllable{Onset: o, Vowel: v}.Rune())))
		}
	}
	judgeSyllables(b, recordings)
}

// spoken returns what espeak-ng says, at Rate, with 0.2 s of silence round it.
func spoken(b *testing.B, voice, text string) []float32 {
	b.Helper()
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		b.Skip("needs the Debian package espeak-ng")
	}
	wav, err := exec.Command("espeak-ng", "-v", voice, "-s", "110", "--stdout", text).Output()
	if err != nil {
		b.Fatal(err)
	}
	pcm := wav[44:]
	x := make([]float32, len(pcm)+2*Rate/5) // 22,050 Hz to 44,100 Hz: twice as many samples, two bytes each
	for i := range pcm {
		j := i / 2
		v := float32(int16(binary.LittleEndian.Uint16(pcm[2*j:]))) / 32768
		if i%2 == 1 && 2*j+3 < len(pcm) {
			v = (v + float32(int16(binary.LittleEndian.Uint16(pcm[2*j+2:])))/32768) / 2
		}
		x[Rate/5+i] = v
	}
	return x
}

// warps is what an ear allows for a woman's shorter tract.
var warps = map[string]float64{"m": 1, "f": 1.17}

// BenchmarkVoiceByEspeak compares the singer with templates that espeak-ng's
// Korean speakers spoke: its own formants, its own idea of the consonants.
func BenchmarkVoiceByEspeak(b *testing.B) {
	var rows [][]*print
	for _, speaker := range []string{"ko", "ko+f2", "ko+m3", "ko+f4"} {
		var row []*print
		for o := range judgedOnsets {
			for _, v := range judgedVowels {
				x := spoken(b, speaker, string(hangul.Syllable{Onset: o, Vowel: v}.Rune()))
				row = append(row, hear(x, newRises(x).steepest(.1, float64(len(x))/Rate-.1), 130, 1))
			}
		}
		rows = append(rows, adapt(row))
	}
	b.Run("the_fourth_espeak_speaker_by_the_other_three", func(b *testing.B) {
		m := &confusion{}
		m.judge(learn(rows[:3]), rows[3], 2)
		report(b, m)
	})
	all := learn(rows)
	for _, voice := range []string{"m", "f"} {
		b.Run("singer_"+voice, func(b *testing.B) {
			m := &confusion{}
			for _, pitch := range []float64{-3, 0, 4} { // after silence, as the templates were spoken
				m.judge(all, adapt(condition{voice, Acoustic, pitch + map[string]float64{"m": 50, "f": 60}[voice], .4, 0, 9}.prints(warps[voice])), 2)
			}
			report(b, m)
		})
	}
}

// BenchmarkVoiceAcrossVoices teaches the ear one voice and judges the other.
func BenchmarkVoiceAcrossVoices(b *testing.B) {
	for _, voices := range [][2]string{{"m", "f"}, {"f", "m"}} {
		b.Run(voices[1]+"_by_"+voices[0], func(b *testing.B) {
			m := &confusion{}
			var rows [][]*print
			for _, c := range taught[voices[0]] {
				rows = append(rows, adapt(c.prints(warps[c.voice])))
			}
			known := learn(rows)
			for _, c := range judged[voices[1]] {
				m.judge(known, adapt(c.prints(warps[c.voice])), 2)
			}
			report(b, m)
		})
	}
}

// adapt is how a listener gets used to a speaker: at every moment and in every
// cepstrum the prints of all syllables are brought to mean 0 and spread 1. It
// does not know which syllable is which.
func adapt(prints []*print) []*print {
	out := make([]*print, len(prints))
	for c := range out {
		out[c] = &print{}
	}
	for i := range earFrames {
		for k := range earCoeffs {
			mean, spread := 0.0, 0.0
			for _, p := range prints {
				mean += p[i][k] / float64(len(prints))
			}
			for _, p := range prints {
				spread += (p[i][k] - mean) * (p[i][k] - mean) / float64(len(prints))
			}
			for c, p := range prints {
				out[c][i][k] = (p[i][k] - mean) / math.Sqrt(spread+.05)
			}
		}
	}
	return out
}

func report(b *testing.B, m *confusion) {
	b.Helper()
	fmt.Println(m) // a benchmark's log is cut short
	s, o, v := m.rates()
	b.ReportMetric(100*s, "%syllable")
	b.ReportMetric(100*o, "%onset")
	b.ReportMetric(100*v, "%vowel")
}

// The words of advertisements, in Korean and in English, that the recogniser chooses among.
const (
	koreanWords = `한빛칼국수 바지락칼국수 떡볶이 김밥 커피 아메리카노 라떼 빵집 케이크 미용실 머리 꽃집 장미 꽃다발 헬스장 운동 민박 바다 전주 서울 부산 제주 한옥마을 골목 시장
오늘 내일 우리 노래 사랑 행복 친구 가족 엄마 아빠 할머니 점심 저녁 아침 주말 구천원 만원 할인 예약 주차 배달 포장 만나요 오세요 맛있는 따뜻한 시원한 새로운 달콤한 바삭한 국물 삼겹살 냉면 치킨 피자`
	englishAdWords = `coffee bakery noodle garden flower market kitchen table dinner breakfast lunch morning evening tonight today weekend family friend summer winter holiday music dancing
happy lovely sunny sweet fresh crispy golden little open welcome together forever street window corner village river mountain city party birthday chocolate chicken sandwich
cookie tea juice water bread butter sugar honey lemon apple thousand seven eleven fitness beauty barber massage hotel guesthouse restaurant pizza burger salad fashion jewelry vintage`
)

// recitals are the ways words are sung to the judge.
var recitals = []condition{{"m", Acoustic, 48, .30, 0, 1}, {"m", KPop, 55, .25, 0, 2}, {"f", Acoustic, 58, .30, 0, 1}, {"f", KPop, 64, .25, 0, 2}, {"f", Ballad, 69, .40, 0, 3}}

// singWord sings the syllables on a gently moving tune.
func (c condition) singWord(syllables []sounds) []float32 {
	v := newVoicing(c.voice, styles[c.genre].singing, c.seed, 0)
	at := .3
	for i, s := range syllables {
		length := c.length
		if i == len(syllables)-1 {
			length *= 1.6
		}
		v.notes = append(v.notes, vocalNote{start: at, end: at + length, pitch: c.pitch + float64([]int{0, 2, -1, 1, 3}[i%5]), sounds: s, lineEnd: i == len(syllables)-1})
		at += length
	}
	return v.sing(int((at + .3) * Rate))
}

// anglicised writes a Korean word for an English ear: plain stops as both rows.
func anglicised(word string) []string {
	vowels := []string{"AA", "EH", "Y AA", "Y EH", "AH", "EH", "Y AH", "Y EH", "OW", "W AA", "W EH", "W EH", "Y OW", "UW", "W AO", "W EH", "W IY", "Y UW", "UH", "UH IY", "IY"}
	codas := map[int]string{hangul.CoG: "K", hangul.CoN: "N", hangul.CoD: "T", hangul.CoR: "L", hangul.CoM: "M", hangul.CoB: "P", hangul.CoNG: "NG"}
	var out []string
	for row := range 2 {
		var phones []string
		for i, s := range hangul.Pronounce(word) {
			row := row
			if i > 0 {
				row = 0 // plain stops inside a word are voiced
			}
			ears := englishEar[judgedOnsets[s.Onset]]
			phones = append(phones, ears[min(row, len(ears)-1)], vowels[s.Vowel], codas[s.Coda])
		}
		out = append(out, strings.Join(strings.Fields(strings.Join(phones, " ")), " "))
	}
	return slices.Compact(out)
}

// BenchmarkWordsByRecogniser is the share of words that are understood.
func BenchmarkWordsByRecogniser(b *testing.B) {
	korean, english := strings.Fields(koreanWords), strings.Fields(englishAdWords)
	dict := map[string]string{}
	for i, w := range korean {
		for k, phones := range anglicised(w) {
			dict[fmt.Sprintf("k%03d%c", i, 'a'+k)] = phones
		}
	}
	b.Run("korean", func(b *testing.B) {
		understood(b, dict, "ko", korean, func(i int) string { return fmt.Sprintf("k%03d", i) }, pronounce)
	})
	spelled := map[string]string{}
	for _, w := range english {
		spelled[w] = ""
	}
	text, err := os.ReadFile(sphinxModel + "cmudict-en-us.dict")
	if err != nil {
		b.Skip(err)
	}
	for line := range strings.Lines(string(text)) {
		if w, phones, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			if _, wanted := spelled[w]; wanted {
				spelled[w] = phones
			}
		}
	}
	b.Run("english", func(b *testing.B) {
		understood(b, spelled, "en-us", english, func(i int) string { return english[i] }, englishSounds)
	})
}

func understood(b *testing.B, dict map[string]string, voice string, words []string, key func(int) string, say func(string) []sounds) {
	ask := func(b *testing.B, recordings [][]float32) {
		right := 0
		var wrong []string
		for i, heard := range recognise(b, dict, recordings) {
			if heard != "" && strings.HasPrefix(heard, key(i)) {
				right++
				continue
			}
			for j, w := range words {
				if heard != "" && strings.HasPrefix(heard, key(j)) {
					heard = w
				}
			}
			wrong = append(wrong, words[i]+"→"+heard)
		}
		fmt.Println(strings.Join(wrong, " "))
		b.ReportMetric(100*float64(right)/float64(len(words)), "%words")
	}
	for _, c := range recitals {
		b.Run(strings.ReplaceAll(c.String(), " ", "_"), func(b *testing.B) {
			var recordings [][]float32
			for _, w := range words {
				recordings = append(recordings, c.singWord(say(w)))
			}
			ask(b, recordings)
		})
	}
	b.Run("spoken_by_espeak-ng", func(b *testing.B) {
		var recordings [][]float32
		for _, w := range words {
			recordings = append(recordings, spoken(b, voice, w))
		}
		ask(b, recordings)
	})
}
