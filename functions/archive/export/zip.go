package export

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"castad/functions/archive"
	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/media"
)

// The files of an export.
const (
	filmName       = "film.mp4"
	captionsName   = "captions.srt"
	lyricName      = "lyric.txt"
	receiptsName   = "receipts.json"
	provenanceName = "provenance.json"
)

// bundle is a zip that is being written.
type bundle struct {
	zip  *zip.Writer
	at   time.Time
	sums map[string]string
	last *zip.FileHeader
}

// pack makes the zip around a film, which is the last in it and stored as it is: it does not get
// smaller, and its length and checksum are known, so that what stands before and behind it is, too.
func pack(b archive.Bundle, film Film) (*parcel, error) {
	sum := film.SHA256()
	if film.Size() != b.Film.Bytes || hex.EncodeToString(sum[:]) != b.Film.SHA256 {
		return nil, fault.Newf(fault.CodeInternal, "export %v: the film is not the one that was kept", b.ID)
	}
	captions, err := subtitles(b)
	if err != nil {
		return nil, err
	}
	out := &shell{}
	z := &bundle{zip: zip.NewWriter(out), at: b.MadeAt().UTC(), sums: map[string]string{filmName: b.Film.SHA256}}
	err = errors.Join(
		z.add(captionsName, captions),
		z.add(lyricName, []byte(lyric(b))),
		z.json(receiptsName, receiptsOf(b)),
		z.json(provenanceName, provenance{Ad: b.ID, Revision: b.Revision, Disclosure: disclosure, Steps: b.Steps, SHA256: z.sums}),
		z.film(film, out))
	head := len(out.kept)
	if err = errors.Join(err, z.zip.Close()); err != nil {
		return nil, fmt.Errorf("export %v: %w", b.ID, err)
	}
	return &parcel{head: out.kept[:head], tail: out.kept[head:], film: film}, nil
}

func (z *bundle) add(name string, text []byte) error {
	z.last = &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.at}
	to, err := z.zip.CreateHeader(z.last)
	if err != nil {
		return fmt.Errorf("begin %s: %w", name, err)
	}
	sum := sha256.Sum256(text)
	z.sums[name] = hex.EncodeToString(sum[:])
	if _, err := to.Write(text); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (z *bundle) json(name string, v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return z.add(name, text.Bytes())
}

// film writes what belongs to the film, without the film.
func (z *bundle) film(film Film, out *shell) error {
	crc, err := film.CRC32()
	if err != nil {
		return err
	}
	size := film.Size()
	header := *z.last // CreateRaw writes what it is given: versions and times are as CreateHeader has made them
	header.Name, header.Method, header.Flags = filmName, zip.Store, 0
	header.CRC32, header.CompressedSize64, header.UncompressedSize64 = crc, uint64(size), uint64(size)
	to, err := z.zip.CreateRaw(&header)
	if err == nil {
		err = z.zip.Flush()
	}
	if err == nil {
		out.leaveOut = true
		_, err = io.CopyN(to, anything{}, size)
	}
	if err == nil {
		err = z.zip.Flush()
	}
	out.leaveOut = false
	if err != nil {
		return fmt.Errorf("write %s: %w", filmName, err)
	}
	return nil
}

// shell is a zip without its film: the zip's writer counts the film's bytes, which are left out.
type shell struct {
	kept     []byte
	leaveOut bool
}

func (s *shell) Write(p []byte) (int, error) {
	if !s.leaveOut {
		s.kept = append(s.kept, p...)
	}
	return len(p), nil
}

// anything reads as bytes that nobody looks at.
type anything struct{}

func (anything) Read(p []byte) (int, error) { return len(p), nil }

// subtitles are the lines as the film shows them, in the order in which they are sung.
func subtitles(b archive.Bundle) ([]byte, error) {
	var cues []media.Cue
	for _, l := range b.Sung {
		if l.End > l.Start && strings.TrimSpace(l.Text) != "" {
			cues = append(cues, media.Cue{Text: l.Text, Start: l.Start, End: l.End})
		}
	}
	slices.SortStableFunc(cues, func(x, y media.Cue) int { return cmp.Compare(x.Start, y.Start) })
	var out bytes.Buffer
	if err := media.SRT(&out, cues); err != nil {
		return nil, fmt.Errorf("export %v: %w", b.ID, err)
	}
	return out.Bytes(), nil
}

// lyric is the title, an empty line, and each line with the facts that it uses.
func lyric(b archive.Bundle) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\n", b.Lyric.Title)
	for _, l := range b.Lyric.Lines {
		out.WriteString(l.Text)
		if len(l.Facts) > 0 {
			fmt.Fprintf(&out, " [%s]", strings.Join(l.Facts, ", "))
		}
		out.WriteString("\n")
	}
	return out.String()
}

// receipts say on what each line stands, what was paid, and where it was posted.
type receipts struct {
	Ad       id.Ad          `json:"ad"`
	Place    string         `json:"place"`
	Facts    []claim.Fact   `json:"facts"`
	Lines    []line         `json:"lines"`
	Costs    []archive.Cost `json:"costs"`
	SpentWon int64          `json:"spent_won"`
	Posts    []archive.Post `json:"posts"`
}

type line struct {
	Text  string       `json:"text"`
	Facts []claim.Fact `json:"facts"`
}

func receiptsOf(b archive.Bundle) receipts {
	out := receipts{Ad: b.ID, Place: b.PlaceName, Facts: b.Facts, Lines: []line{}, Costs: b.Costs, SpentWon: b.SpentWon, Posts: b.Posts}
	for _, l := range b.Lyric.Lines {
		one := line{Text: l.Text, Facts: []claim.Fact{}}
		for _, f := range b.Facts {
			if slices.Contains(l.Facts, f.ID) {
				one.Facts = append(one.Facts, f)
			}
		}
		out.Lines = append(out.Lines, one)
	}
	return out
}

// provenance says who made what.
type provenance struct {
	Ad         id.Ad             `json:"ad"`
	Revision   int               `json:"revision"`
	Disclosure words             `json:"ai_disclosure"`
	Steps      []archive.Step    `json:"steps"`
	SHA256     map[string]string `json:"sha256"`
}

type words struct {
	Ko string `json:"ko"`
	En string `json:"en"`
}

var disclosure = words{"이 광고의 가사, 노래, 영상은 AI로 만들었습니다. 게시할 때 이를 알려야 합니다.",
	"The lyric, the song and the film of this ad were made with AI. Whoever publishes it must say so."}
