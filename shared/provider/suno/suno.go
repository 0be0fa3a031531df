package suno

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"castad/shared/provider"
)

const name = "suno"

// Config is what a Client is made of.
type Config struct {
	// BaseURL is the vendor's origin: https://api.sunoapi.org.
	BaseURL string
	Key     string
	// Model is V4, V4_5, V4_5PLUS, V4_5ALL, V5, V5_5 or a later one.
	Model string
	// Table is the vendor's; nil = SunoAPI().
	Table CodeTable
	// CreditsPath is where the vendor tells the balance; "" = SunoAPICredits.
	CreditsPath string
	HTTP        provider.HTTP
}

// Client orders songs. It is safe for concurrent use.
type Client struct {
	p     *provider.Client
	model string
	table CodeTable
	// credits is the path of Credits.
	credits string
}

// New returns a client.
func New(cfg Config) (*Client, error) {
	p, err := provider.NewClient(name, cfg.BaseURL, cfg.Key, cfg.HTTP)
	if err != nil {
		return nil, err
	}
	c := &Client{p: p, model: cfg.Model, table: cfg.Table, credits: or(cfg.CreditsPath, SunoAPICredits)}
	if c.table == nil {
		c.table = SunoAPI()
	}
	if c.model == "" {
		e := p.Fail(provider.Call{Op: "configure"}, nil, provider.OurFault, "bad_setting", "")
		e.Err = errors.New("no model is set")
		return nil, e
	}
	return c, nil
}

// Close closes idle connections; the client stays usable.
func (c *Client) Close() { c.p.Close() }

type order struct {
	CustomMode   bool   `json:"customMode"`
	Instrumental bool   `json:"instrumental"`
	Model        string `json:"model"`
	Prompt       string `json:"prompt"`
	Style        string `json:"style"`
	Title        string `json:"title"`
	VocalGender  string `json:"vocalGender,omitempty"`
	CallBackURL  string `json:"callBackUrl,omitempty"`
}

// Generate orders two takes of a song and returns the task id. It is paid; errors
// are *provider.Error, of class Unknown whenever a task may have been started. A
// song that breaks the model's limits is refused before sending, with the field.
//
// Without CallbackURL none is sent. The vendors' documents call it required (the
// studio does not); should the vendor refuse for that, it is our fault, not the user's.
func (c *Client) Generate(ctx context.Context, s provider.Song) (taskID string, err error) {
	if err := c.check(s); err != nil {
		return "", err
	}
	call := provider.Call{Op: "generate", Method: http.MethodPost, Path: "/api/v1/generate", Paid: true,
		JSON: order{CustomMode: true, Model: c.model, Prompt: s.Lyrics, Style: s.Style, Title: s.Title, VocalGender: s.Voice, CallBackURL: s.CallbackURL}}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return "", err
	}
	var data struct {
		TaskID string `json:"taskId"`
	}
	if err := c.open(call, a, &data); err != nil {
		var e *provider.Error
		if s.CallbackURL == "" && errors.As(err, &e) && e.Class == provider.UserFault && e.Code == "400" {
			e.Class, e.Err = provider.OurFault, errors.New("sent without a callback address, which this vendor may require")
		}
		return "", err
	}
	if !validID(data.TaskID) {
		return "", c.p.Unintelligible(call, a, errors.New("accepted without a task id"))
	}
	return data.TaskID, nil
}

func (c *Client) check(s provider.Song) error {
	l := limitsOf(c.model)
	for _, f := range []struct {
		field, text string
		most        int
	}{{"title", s.Title, l.title}, {"lyrics", s.Lyrics, l.lyrics}, {"style", s.Style, l.style}} {
		n := utf8.RuneCountInString(f.text)
		switch {
		case strings.TrimSpace(f.text) == "":
			return provider.Refused(name, "generate", f.field, "is empty")
		case !utf8.ValidString(f.text):
			return provider.Refused(name, "generate", f.field, "is not valid UTF-8")
		case n > f.most:
			return provider.Refused(name, "generate", f.field, "has %d characters, model %s takes %d", n, c.model, f.most)
		}
	}
	if s.Voice != "" && s.Voice != "f" && s.Voice != "m" {
		return provider.Refused(name, "generate", "voice", `must be "f", "m" or empty`)
	}
	if s.CallbackURL != "" {
		if u, err := url.Parse(s.CallbackURL); err != nil || u.Host == "" {
			e := c.p.Fail(provider.Call{Op: "generate"}, nil, provider.OurFault, "not_sent", "")
			e.Err = errors.New("the callback address is not an absolute URL")
			return e
		}
	}
	return nil
}

// Task asks about an order. While it runs the error is message.NotYet; the
// SongTask then holds what is known, so that an unsure order can be recognised
// by its CallbackURL. A failed task is class Failed, refused lyrics UserFault.
// message.Absent means that the vendor says that it has no such task.
func (c *Client) Task(ctx context.Context, taskID string) (provider.SongTask, error) {
	call := provider.Call{Op: "task", Method: http.MethodGet, Path: "/api/v1/generate/record-info", Query: url.Values{"taskId": {taskID}}}
	if !validID(taskID) {
		return provider.SongTask{}, c.badID(call)
	}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return provider.SongTask{}, err
	}
	var data record
	if err := c.open(call, a, &data); err != nil {
		var e *provider.Error
		// A task that is not there is 404 or 422 in the body of an answered call; a
		// 404 of HTTP itself is a wrong base URL.
		if errors.As(err, &e) && a.Status == http.StatusOK && (e.Code == "404" || e.Code == "422") {
			return provider.SongTask{}, provider.Absent()
		}
		return provider.SongTask{}, err
	}
	if data.TaskID != taskID {
		return provider.SongTask{}, c.p.Unintelligible(call, a, errors.New("the answer is about another task or none"))
	}
	a.Good()
	return c.judge(call, a, data)
}

// judge says what a record's status means (docs.sunoapi.org, get-music-generation-details).
func (c *Client) judge(call provider.Call, a *provider.Answer, r record) (provider.SongTask, error) {
	tracks, complete := r.tracks()
	task := provider.SongTask{ID: r.TaskID, Tracks: tracks, CallbackURL: r.callbackURL()}
	fail := func(class provider.Class) (provider.SongTask, error) {
		return task, c.p.Fail(call, a, class, r.Status, orDash(r.ErrorMessage))
	}
	switch r.Status {
	case "PENDING", "TEXT_SUCCESS", "FIRST_SUCCESS":
		return task, provider.NotYet(0)
	case "SUCCESS":
		if !complete {
			// Paid for and said to be done: never fail it for a record that lags. The
			// step's deadline ends the asking.
			e := c.p.Fail(call, a, provider.Later, r.Status, "-")
			e.Err = errors.New("finished without playable tracks")
			return task, e
		}
		return task, nil
	case "CALLBACK_EXCEPTION":
		// Our callback could not be delivered. That says nothing about the song, which
		// may be done, or still be made when it was an early stage's callback.
		if complete {
			return task, nil
		}
		return task, provider.NotYet(0)
	case "SENSITIVE_WORD_ERROR":
		return fail(provider.UserFault)
	case "CREATE_TASK_FAILED", "GENERATE_AUDIO_FAILED":
		if r.ErrorCode == "400" { // copyrighted lyrics (docs.kie.ai, callback codes)
			return fail(provider.UserFault)
		}
		return fail(provider.Failed)
	}
	return fail(provider.Later)
}

// Words returns when each word of a finished track is sung, without section
// markers, in order; none for an instrumental. Errors are *provider.Error.
func (c *Client) Words(ctx context.Context, taskID, trackID string) ([]provider.Word, error) {
	call := provider.Call{Op: "words", Method: http.MethodPost, Path: "/api/v1/generate/get-timestamped-lyrics",
		JSON: map[string]string{"taskId": taskID, "audioId": trackID}}
	if !validID(taskID) || !validID(trackID) {
		return nil, c.badID(call)
	}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	var data struct {
		AlignedWords []alignedWord `json:"alignedWords"`
	}
	if err := c.open(call, a, &data); err != nil {
		return nil, err
	}
	out, timed := words(data.AlignedWords)
	if len(data.AlignedWords) > 0 && !timed {
		// A form that we cannot read is no proof that the take is silent.
		return nil, c.p.Unintelligible(call, a, errors.New("no word has times"))
	}
	return out, nil
}

// Credits returns how many credits the account has left; an order costs about 12.
func (c *Client) Credits(ctx context.Context) (int, error) {
	call := provider.Call{Op: "credits", Method: http.MethodGet, Path: c.credits}
	a, err := c.p.Do(ctx, call)
	if err != nil {
		return 0, err
	}
	var data text
	if err := c.open(call, a, &data); err != nil {
		return 0, err
	}
	left, err := strconv.ParseFloat(string(data), 64)
	if err != nil || math.IsNaN(left) {
		return 0, c.p.Unintelligible(call, a, errors.New("the balance is not a number"))
	}
	return int(min(max(left, 0), math.MaxInt32)), nil // an account can be overdrawn
}

func (c *Client) badID(call provider.Call) error {
	e := c.p.Fail(call, nil, provider.OurFault, "bad_id", "")
	e.Err = fmt.Errorf("a task or track id has 1–%d letters, digits, - and _", maxID)
	return e
}

const maxID = 128

// validID says whether s can be a vendor's id. Ids come back in callbacks, from strangers.
func validID(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
}

// orDash keeps Fail from quoting a whole record when the vendor gave no message.
func orDash(s string) string { return or(s, "-") }

func or(s, other string) string {
	if s != "" {
		return s
	}
	return other
}
