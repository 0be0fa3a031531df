package youtubetest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"castad/shared/provider/providertest"
)

// Resource is what an upload says about its video.
type Resource struct {
	Snippet struct {
		Title           string   `json:"title"`
		Description     string   `json:"description"`
		Tags            []string `json:"tags,omitempty"`
		CategoryID      string   `json:"categoryId,omitempty"`
		DefaultLanguage string   `json:"defaultLanguage,omitempty"`
	} `json:"snippet"`
	Status struct {
		PrivacyStatus string `json:"privacyStatus"`
		// nil = not said.
		SelfDeclaredMadeForKids *bool `json:"selfDeclaredMadeForKids,omitempty"`
		ContainsSyntheticMedia  *bool `json:"containsSyntheticMedia,omitempty"`
	} `json:"status"`
}

// Video is one video.
type Video struct {
	ID        string `json:"id"`
	ChannelID string `json:"channel_id"`
	Session   string `json:"session,omitempty"`
	Resource
	// Notify is the notifySubscribers that was asked for.
	Notify string `json:"notify"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Received is how many bytes of film its upload took, with those sent twice.
	Received int64 `json:"received"`
	// Short says that YouTube shows it as a Short: upright or square, ≤ 3 min.
	Short bool `json:"short"`
	// ThumbnailBytes is 0 when the picture is a frame of the film; Ignored counts those that were forgotten.
	ThumbnailBytes int64     `json:"thumbnail_bytes"`
	Ignored        int       `json:"thumbnails_ignored"`
	AcceptedAt     time.Time `json:"accepted_at"`
	// Fate is the job's fault: never, or a rejection's or failure's reason.
	Fate    string `json:"fate,omitempty"`
	Deleted bool   `json:"deleted"`
	// Film is the film's path on disk; not stored.
	Film string `json:"film,omitempty"`
}

// session is an open upload.
type session struct {
	ID        string `json:"id"`
	ChannelID string `json:"channel_id"`
	Resource
	Notify string `json:"notify"`
	Bytes  int64  `json:"bytes"`
	Fate   string `json:"fate,omitempty"`
}

// state is everything but films.
type state struct {
	Day     string             `json:"day"`
	Inserts int                `json:"inserts"`
	Codes   map[string]code    `json:"codes"`
	Grants  map[string]*grant  `json:"grants"` // by refresh token
	Access  map[string]*access `json:"access"` // by access token
}

// shelf is the folder.
type shelf struct{ dir string }

const (
	filmFile      = "film.mp4"
	thumbnailFile = "thumbnail.jpg"
)

func openShelf(dir string) (shelf, error) {
	if dir == "" {
		return shelf{}, errors.New("no folder is given")
	}
	for _, d := range []string{"sessions", "videos"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return shelf{}, fmt.Errorf("open folder: %w", err)
		}
	}
	return shelf{dir}, nil
}

func (s shelf) session(id string) string { return filepath.Join(s.dir, "sessions", id) }
func (s shelf) video(id string) string   { return filepath.Join(s.dir, "videos", id) }

func (s shelf) readState() (state, error) {
	st := state{Codes: map[string]code{}, Grants: map[string]*grant{}, Access: map[string]*access{}}
	if err := providertest.ReadJSON(filepath.Join(s.dir, "state.json"), &st); err != nil && !errors.Is(err, os.ErrNotExist) {
		return st, fmt.Errorf("read state: %w", err)
	}
	return st, nil
}

func (s shelf) writeState(st state) error {
	return providertest.WriteJSON(filepath.Join(s.dir, "state.json"), st)
}

func (s shelf) readVideos() ([]*Video, error) {
	list, err := os.ReadDir(filepath.Join(s.dir, "videos"))
	if err != nil {
		return nil, fmt.Errorf("read videos: %w", err)
	}
	var out []*Video
	for _, d := range list {
		var v Video
		if err := providertest.ReadJSON(filepath.Join(s.video(d.Name()), "video.json"), &v); err != nil {
			return nil, fmt.Errorf("read video %s: %w", d.Name(), err)
		}
		v.Film = filepath.Join(s.video(v.ID), filmFile)
		out = append(out, &v)
	}
	slices.SortStableFunc(out, func(a, b *Video) int { return a.AcceptedAt.Compare(b.AcceptedAt) })
	return out, nil
}

func (s shelf) writeVideo(v Video) error {
	v.Film = ""
	return providertest.WriteJSON(filepath.Join(s.video(v.ID), "video.json"), v)
}

func (s shelf) newSession(u session) error {
	if err := os.Mkdir(s.session(u.ID), 0o755); err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	if err := os.WriteFile(filepath.Join(s.session(u.ID), filmFile), nil, 0o644); err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	return providertest.WriteJSON(filepath.Join(s.session(u.ID), "session.json"), u)
}

// readSession returns an open session and how much of its film is there.
func (s shelf) readSession(id string) (u session, stored int64, err error) {
	if !plain(id) {
		return u, 0, os.ErrNotExist
	}
	if err := providertest.ReadJSON(filepath.Join(s.session(id), "session.json"), &u); err != nil {
		return u, 0, err
	}
	st, err := os.Stat(filepath.Join(s.session(id), filmFile))
	if err != nil {
		return u, 0, err
	}
	return u, st.Size(), nil
}

// store writes film at an offset, want bytes (-1 = all that come) but most at most. Of
// film that broke off, or of which only the most stays, whole units stay; broken
// says how it broke off. Film that was there already stays: a request that was late.
func (s shelf) store(id string, at int64, from io.Reader, want, most int64) (got int64, broken, err error) {
	f, err := os.OpenFile(filepath.Join(s.session(id), filmFile), os.O_WRONLY, 0)
	if err != nil {
		return 0, nil, fmt.Errorf("store: %w", err)
	}
	had, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, nil, errors.Join(err, f.Close())
	}
	if want >= 0 {
		from = io.LimitReader(from, want)
	}
	got, broken = io.Copy(io.NewOffsetWriter(f, at), from)
	if broken == nil && got < want {
		broken = io.ErrUnexpectedEOF
	}
	kept := min(got, most)
	if broken != nil || kept < got {
		kept -= (at + kept) % unit
	}
	if err = errors.Join(f.Truncate(max(at+kept, had)), f.Close()); err != nil {
		return got, broken, fmt.Errorf("store: %w", err)
	}
	return got, broken, nil
}

// forget empties an open upload.
func (s shelf) forget(id string) error {
	return os.Truncate(filepath.Join(s.session(id), filmFile), 0)
}

// publish turns a complete upload into a video: the rename is the moment it exists.
func (s shelf) publish(u session, v Video) error {
	if err := providertest.WriteJSON(filepath.Join(s.session(u.ID), "video.json"), v); err != nil {
		return err
	}
	if err := os.Rename(s.session(u.ID), s.video(v.ID)); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return errors.Join(providertest.SyncDir(filepath.Join(s.dir, "sessions")), providertest.SyncDir(filepath.Join(s.dir, "videos")))
}

// plain says whether id is one of ours and not a path.
func plain(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// videoID is like YouTube's: eleven characters.
func videoID() string { return rand.Text()[:11] }

// parse decodes a video resource; what part does not name is ignored, as YouTube does.
func parse(text []byte, part string) (Resource, error) {
	var in, out Resource
	if err := json.Unmarshal(text, &in); err != nil {
		return out, err
	}
	for p := range strings.SplitSeq(part, ",") {
		switch strings.TrimSpace(p) {
		case "snippet":
			out.Snippet = in.Snippet
		case "status":
			out.Status = in.Status
		}
	}
	return out, nil
}
