package sandboxtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"castad/shared/provider/providertest"
)

// Metadata is what a post says about itself.
type Metadata struct {
	Title       string   `json:"title,omitempty"`
	Caption     string   `json:"caption"`
	Tags        []string `json:"tags,omitempty"`
	Marker      string   `json:"marker"`
	AIGenerated bool     `json:"ai_generated"`
	Bytes       int64    `json:"bytes"`
	SHA256      string   `json:"sha256"`
}

// Post is a published film.
type Post struct {
	ID      string `json:"id"`
	Channel string `json:"channel"`
	Account string `json:"account"`
	Metadata
	// ThumbnailBytes is 0 when there is none.
	ThumbnailBytes int64     `json:"thumbnail_bytes"`
	AcceptedAt     time.Time `json:"accepted_at"`
	// Film is the film's path on disk; not stored.
	Film string `json:"film,omitempty"`
}

// upload is a film on its way; nobody sees it.
type upload struct {
	ID      string `json:"id"`
	Channel string `json:"channel"`
	Account string `json:"account"`
	Metadata
}

// shelf is the folder.
type shelf struct{ dir string }

const (
	filmFile      = "film.mp4"
	thumbnailFile = "thumbnail.jpg"
)

var errGone = errors.New("no such upload")

func openShelf(dir string) (shelf, error) {
	if dir == "" {
		return shelf{}, errors.New("no folder is given")
	}
	for _, d := range []string{"uploads", "posts"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return shelf{}, fmt.Errorf("open channel folder: %w", err)
		}
	}
	return shelf{dir}, nil
}

func (s shelf) upload(id string) string { return filepath.Join(s.dir, "uploads", id) }
func (s shelf) post(id string) string   { return filepath.Join(s.dir, "posts", id) }

// newUpload makes the folder of a new upload.
func (s shelf) newUpload(u upload) (string, error) {
	u.ID = rand.Text()
	if err := os.Mkdir(s.upload(u.ID), 0o755); err != nil {
		return "", fmt.Errorf("open upload: %w", err)
	}
	return u.ID, providertest.WriteJSON(filepath.Join(s.upload(u.ID), "upload.json"), u)
}

func (s shelf) readUpload(id string) (upload, error) {
	var u upload
	if !plain(id) {
		return u, errGone
	}
	err := providertest.ReadJSON(filepath.Join(s.upload(id), "upload.json"), &u)
	if errors.Is(err, os.ErrNotExist) {
		return u, errGone
	}
	return u, err
}

// keep stores a file of an upload whole or not at all, and returns its length and hash.
func (s shelf) keep(id, file string, from io.Reader) (n int64, sum string, err error) {
	part := filepath.Join(s.upload(id), file+"."+rand.Text()[:8])
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, "", fmt.Errorf("keep %s: %w", file, err)
	}
	defer os.Remove(part) // not there any more once it has been renamed
	hash := sha256.New()
	n, err = io.Copy(io.MultiWriter(f, hash), from)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return n, "", fmt.Errorf("keep %s: %w", file, err)
	}
	if err := os.Rename(part, filepath.Join(s.upload(id), file)); err != nil {
		return n, "", fmt.Errorf("keep %s: %w", file, err)
	}
	return n, hex.EncodeToString(hash.Sum(nil)), nil
}

// publish turns a complete upload into a post: the rename is the moment it exists.
func (s shelf) publish(u upload, id string, now time.Time) (Post, error) {
	p := Post{ID: id, Channel: u.Channel, Account: u.Account, Metadata: u.Metadata, AcceptedAt: now.UTC()}
	from := s.upload(u.ID)
	if st, err := os.Stat(filepath.Join(from, thumbnailFile)); err == nil {
		p.ThumbnailBytes = st.Size()
	}
	if err := providertest.WriteJSON(filepath.Join(from, "post.json"), p); err != nil {
		return p, err
	}
	if err := os.Rename(from, s.post(id)); err != nil {
		return p, fmt.Errorf("publish: %w", err)
	}
	p.Film = filepath.Join(s.post(id), filmFile)
	return p, errors.Join(providertest.SyncDir(filepath.Join(s.dir, "uploads")), providertest.SyncDir(filepath.Join(s.dir, "posts")))
}

// posts reads every post, oldest first.
func (s shelf) posts() ([]Post, error) {
	list, err := os.ReadDir(filepath.Join(s.dir, "posts"))
	if err != nil {
		return nil, fmt.Errorf("read posts: %w", err)
	}
	out := []Post{}
	for _, d := range list {
		var p Post
		if err := providertest.ReadJSON(filepath.Join(s.post(d.Name()), "post.json"), &p); err != nil {
			return nil, fmt.Errorf("read post %s: %w", d.Name(), err)
		}
		p.Film = filepath.Join(s.post(p.ID), filmFile)
		out = append(out, p)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].AcceptedAt.Before(out[j].AcceptedAt) })
	return out, nil
}

// plain says whether id is one of ours and not a path.
func plain(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
