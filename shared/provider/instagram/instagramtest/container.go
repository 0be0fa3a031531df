package instagramtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"castad/shared/provider/providertest"
)

// Subcodes of what can be wrong with a container.
const (
	unfetchable = 2207052
	badFormat   = 2207026
)

const (
	containerLife = 24 * time.Hour
	// containersADay is Meta's limit of containers per account.
	containersADay = 400
	maxFilm        = 300 << 20
	maxCover       = 8 << 20
)

// contain is POST /{user}/media.
func (s *Server) contain(r request) providertest.Reply {
	c := Container{Account: r.account.ID, Caption: r.in.Get("caption"), VideoURL: r.in.Get("video_url"), CoverURL: r.in.Get("cover_url"),
		ShareToFeed: r.in.Get("share_to_feed") != "false", AIGenerated: r.in.Get("is_ai_generated") == "true", At: s.o.Now().UTC()}
	if no := s.judge(r, c); no != nil {
		return *no
	}
	switch {
	case r.job.Kind == providertest.Never:
		c.Never = true
	case r.job.Kind == providertest.Fail && r.job.Code == "EXPIRED":
		c.Expired = true
	case r.job.Kind == providertest.Fail:
		c.Problem = atoi(orElse(r.job.Code, "2207053"))
	}
	c.ID = s.st.next("17900")
	s.st.Containers = append(s.st.Containers, c)
	if c.Problem == 0 {
		s.fetch(c)
	}
	return providertest.Reply{JSON: map[string]string{"id": c.ID}}
}

// judge applies the rules that Meta checks before it answers.
func (s *Server) judge(r request, c Container) *providertest.Reply {
	bad := func(code, sub int, text string) *providertest.Reply {
		reply := graphError(http.StatusBadRequest, code, sub, text)
		return &reply
	}
	made := 0
	for _, other := range s.st.Containers {
		if other.Account == c.Account && c.At.Sub(other.At) < containerLife {
			made++
		}
	}
	video, err := url.Parse(c.VideoURL)
	switch {
	case r.account.ID != r.PathValue("node"):
		return bad(codeInvalid, subDoesNotExist, "Unsupported post request. Object does not exist")
	case r.account.Type == "PERSONAL" || !strings.Contains(r.scope, "instagram_business_content_publish"):
		return bad(10, 0, "Application does not have permission for this action")
	case r.in.Get("media_type") == "VIDEO":
		return bad(codeInvalid, 2207067, "The value VIDEO for media_type is no longer supported. Use the REELS media type to publish a video to your Instagram feed.")
	case r.in.Get("media_type") != "REELS":
		return bad(codeInvalid, 2207023, "The media type is unknown.")
	case err != nil || video.Host == "":
		return bad(codeInvalid, 0, "Param video_url must be a valid URI.")
	case utf8.RuneCountInString(c.Caption) > 2200 || strings.Count(c.Caption, "#") > 30:
		return bad(codeInvalid, 2207010, "The caption was too long.")
	case strings.Count(c.Caption, "@") > 20:
		return bad(codeInvalid, 2207040, "Cannot use more than 20 tags per created media.")
	case made >= containersADay:
		return bad(codeRequests, 0, "Application request limit reached")
	}
	return nil
}

const codeRequests = 4

// code is a container's status_code.
func (s *Server) code(c Container) string {
	age := s.o.Now().Sub(c.At)
	switch {
	case c.Published:
		return "PUBLISHED"
	case c.Problem != 0:
		return "ERROR"
	case c.Expired || age >= containerLife:
		return "EXPIRED"
	case c.Never || c.Bytes == 0 || age < s.o.Processing:
		return "IN_PROGRESS"
	}
	return "FINISHED"
}

// status is GET /{container}.
func (s *Server) status(r request) providertest.Reply {
	c := s.st.container(r.PathValue("node"))
	if c == nil || c.Account != r.account.ID {
		return graphError(http.StatusBadRequest, codeInvalid, subDoesNotExist, "Unsupported get request. Object does not exist")
	}
	text := map[string]string{"IN_PROGRESS": "In Progress: Media is still being processed.", "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
		"PUBLISHED": "Published: Media has been published.", "EXPIRED": "Expired: Media was not published in 24 hours.",
		"ERROR": fmt.Sprintf("Error: Media upload has failed with error code %d", c.Problem)}
	code := s.code(*c)
	return fields(r.in, map[string]any{"id": c.ID, "status_code": code, "status": text[code]})
}

// fields answers those that were asked for, as the Graph API does.
func fields(in url.Values, all map[string]any) providertest.Reply {
	out := map[string]any{"id": all["id"]}
	for f := range strings.SplitSeq(in.Get("fields"), ",") {
		v, known := all[f]
		switch {
		case f == "":
		case !known:
			return graphError(http.StatusBadRequest, codeInvalid, 0, fmt.Sprintf("(#100) Tried accessing nonexisting field (%s)", f))
		case v != nil:
			out[f] = v
		}
	}
	return providertest.Reply{JSON: out}
}

// fetcher gets films and covers like Meta does: from outside, after the answer.
type fetcher struct {
	http *http.Client
	ctx  context.Context // ends with the server: a fetch outlives its request
	stop context.CancelFunc
	// busy counts fetches; idle is told when one ends. Both belong to the server's lock.
	busy int
	idle *sync.Cond
}

func newFetcher(lock sync.Locker) fetcher {
	ctx, cancel := context.WithCancel(context.Background())
	return fetcher{ctx: ctx, stop: cancel, idle: sync.NewCond(lock),
		http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}}
}

// Settle waits until nothing is being fetched.
func (s *Server) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy > 0 {
		s.idle.Wait()
	}
}

// fetch gets a container's film and cover in the background. The lock is held.
func (s *Server) fetch(c Container) {
	s.busy++
	go func() {
		film, problem := s.download(c.VideoURL, maxFilm, "video/mp4")
		var cover []byte
		if problem == 0 && c.CoverURL != "" {
			cover, problem = s.download(c.CoverURL, maxCover, "image/jpeg")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy--
		s.idle.Broadcast()
		if s.ctx.Err() != nil {
			return // a new server fetches again
		}
		kept := s.st.container(c.ID)
		sum := sha256.Sum256(film)
		kept.Problem = problem
		if problem == 0 {
			if s.files.put(c.ID+".mp4", film) != nil || s.files.put(c.ID+".jpg", cover) != nil {
				kept.Problem = 2207001 // a server's own trouble
			}
			kept.Bytes, kept.SHA256, kept.CoverBytes = int64(len(film)), hex.EncodeToString(sum[:]), int64(len(cover))
		}
		_ = s.files.save(&s.st) // a folder that broke shows at the next request
	}()
}

// download gets one file; problem is a subcode.
func (s *Server) download(from string, most int64, kind string) (body []byte, problem int) {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, unfetchable
	}
	req.Header.Set("User-Agent", "facebookexternalhit/1.1 (stand-in)")
	res, err := s.http.Do(req)
	if err != nil {
		return nil, unfetchable
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, most+1))
	switch {
	case err != nil || res.StatusCode != http.StatusOK || int64(len(body)) > most:
		return nil, unfetchable
	case kind == "video/mp4" && (len(body) < 12 || string(body[4:8]) != "ftyp"):
		return nil, badFormat
	case kind == "image/jpeg" && http.DetectContentType(body) != kind:
		return nil, badFormat
	}
	return body, 0
}
