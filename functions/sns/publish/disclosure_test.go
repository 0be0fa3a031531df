package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/functions/sns"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/pipeline"
	"castad/shared/provider"
	"castad/shared/provider/instagram"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/youtube"
	"castad/shared/provider/youtube/youtubetest"
)

// generative says of every kind of step whether what it makes is AI's work. A kind that
// is not here fails the test: whoever adds one decides.
var generative = map[message.Kind]bool{message.Place: false, message.Lyric: true, message.Song: true, message.Video: true, message.Publish: false}

// memo is a post's notes in memory.
type memo struct{ last []byte }

func (m *memo) Last() []byte                              { return m.last }
func (m *memo) Keep(_ context.Context, last []byte) error { m.last = bytes.Clone(last); return nil }

// network is a channel's client with its stand-in, and the label that the public gets to see.
type network struct {
	publish func(context.Context, provider.Post) (provider.Posted, error)
	account string
	access  string
	// labels are of every post that reached the stand-in: "true" where the channel was
	// told that the film is AI's.
	labels func() []string
}

func networks(t *testing.T) map[string]network {
	t.Helper()
	tube := youtubetest.Start(t, youtubetest.Options{Dir: t.TempDir(), ClientID: "castad", ClientSecret: "s"})
	y, err := youtube.New(youtube.Config{APIURL: tube.URL, TokenURL: tube.URL, AuthorizeURL: tube.URL + "/o/oauth2/v2/auth", WatchURL: tube.URL,
		ClientID: "castad", ClientSecret: "s", HTTP: provider.HTTP{}})
	if err != nil {
		t.Fatal(err)
	}
	gram := instagramtest.Start(t, instagramtest.Options{AppID: "castad", AppSecret: "s"})
	g, err := instagram.New(instagram.Config{GraphURL: gram.URL, APIURL: gram.URL, AuthorizeURL: gram.URL + "/oauth/authorize", AppID: "castad", AppSecret: "s",
		HTTP: provider.HTTP{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { y.Close(); g.Close() })
	access, _ := tube.Grant("hanbit")
	reels, token := gram.Account("hanbit", "BUSINESS")
	return map[string]network{
		"youtube": {y.Publish, youtubetest.ChannelID("hanbit"), access, func() (all []string) {
			for _, v := range tube.Videos() {
				is := v.Status.ContainsSyntheticMedia
				all = append(all, fmt.Sprint(is != nil && *is))
			}
			return all
		}},
		"instagram": {g.Publish, reels, token, func() (all []string) {
			for _, c := range gram.Containers() {
				all = append(all, fmt.Sprint(c.AIGenerated && strings.Contains(c.Caption, "AI 생성")))
			}
			return all
		}},
	}
}

// inputs are the publish steps that a film of an ad can leave through, by either door:
// the ad's own run, whose film is made of the outputs of every step before it, and a
// post that was ordered by itself.
func inputs(t *testing.T, channel string) map[string]message.SnsPublish {
	t.Helper()
	film := message.VideoMade{Video: 1, Blob: "film", Thumbnail: "thumbnail", Bytes: 4, SHA256: wants.SHA256}
	text := func(v any) json.RawMessage {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	outputs := map[int]json.RawMessage{1: text(message.PlaceFacts{Name: "돌담골목"}), 2: text(message.LyricWritten{}), 3: text(message.SongMade{Takes: []message.Take{{}}}), 4: text(film)}
	read := func(order json.RawMessage) message.SnsPublish {
		var r ad.Recipe
		plans, err := r.Steps(order)
		if err != nil {
			t.Fatal(err)
		}
		in, err := r.Input(order, plans[len(plans)-1], outputs)
		if err != nil {
			t.Fatal(err)
		}
		return in.(message.SnsPublish)
	}
	wish := map[string]any{"ad": id.Ad(5), "wish": ad.Wish{Channels: []ad.Channel{{Channel: channel, Account: id.Account(9).String()}}}}
	alone, err := ad.PostOrder(message.SnsPublish{Ad: 5, Channel: channel, Account: 9, Title: "t", Caption: "c", Privacy: "public", Blob: "film", Thumbnail: "thumbnail",
		Bytes: 4, SHA256: wants.SHA256, Revision: 2}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]message.SnsPublish{"its ad's order": read(text(wish)), "an order of its own": read(alone)}
}

// Promise 5, exhaustively: whatever kind of step a film comes from, by whichever order
// and to whichever channel it goes, the channel is told that it is AI's; and the same
// post without the disclosure does not leave the process, with no request sent.
func TestNoFilmLeavesForAnyChannelWithoutItsDisclosure(t *testing.T) {
	t.Parallel()
	all, public := networks(t), anywhere(t)
	for _, name := range channelsOf(t) {
		if _, ok := all[name]; !ok {
			t.Errorf("the channel %s can be ordered and is not tried", name)
		}
	}
	for kind := range pipeline.DefaultQueues() {
		made, known := generative[kind]
		if !known {
			t.Errorf("say in generative whether what the step %s makes is AI's", kind)
		}
		for name, n := range all {
			for door, in := range inputs(t, name) {
				what := fmt.Sprintf("a film of a %s step (generative: %v) on %s by %s", kind, made, name, door)
				var left provider.Post
				p := parts(t, &accounts{}, func(p provider.Post) (provider.Posted, error) {
					left = p
					return provider.Posted{}, nil
				})
				p.Accounts, p.Links = opens{n.account, n.access}, public
				if _, err := p.post(t.Context(), in, ours, &sns.Notes{}); err != nil {
					t.Fatal(what, err)
				}
				left.Notes = &memo{}
				before := len(n.labels())
				bare := left
				bare.AI = provider.Disclosure{}
				if _, err := n.publish(t.Context(), bare); fault.KindOf(err) != fault.Refused || fault.FieldOf(err) != "ai" {
					t.Errorf("%s without disclosure: %v", what, err)
				}
				if got := n.labels(); len(got) != before {
					t.Errorf("%s without disclosure has left", what)
				}
				if _, err := left.Video.Seek(0, 0); err != nil {
					t.Fatal(err)
				}
				if _, err := n.publish(t.Context(), left); err != nil && !errors.As(err, &message.NotYet{}) {
					t.Fatal(what, err)
				}
				if got := n.labels(); len(got) != before+1 || got[before] != "true" {
					t.Errorf("%s: labels %v after %d", what, got, before)
				}
			}
		}
	}
}

// opens is an account that is open.
type opens struct{ account, access string }

func (o opens) Access(context.Context, id.Tenant, string, id.Account) (string, string, error) {
	return o.account, o.access, nil
}
func (opens) Reject(context.Context, id.Tenant, id.Account, string) error { return nil }

// address is a place where Meta finds any file.
type address struct{ url string }

func (a address) URL(name string, _ time.Time) (string, error) { return a.url + "/" + name, nil }

// anywhere answers every name with something.
func anywhere(t *testing.T) address {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("film")) }))
	t.Cleanup(s.Close)
	return address{s.URL}
}

// channelsOf are the channels that a post can be ordered for.
func channelsOf(t *testing.T) []string {
	t.Helper()
	field, ok := reflect.TypeFor[sns.Draft]().FieldByName("Channel")
	if !ok || field.Tag.Get("enum") == "" {
		t.Fatal("a draft's channels are not listed")
	}
	return strings.Split(field.Tag.Get("enum"), ",")
}

// There is nothing to forget: neither an order, nor a draft, nor a step's input has a
// word about how a film was made, so that no request and no row can say otherwise.
func TestNothingThatIsWrittenDownSaysWhetherAFilmIsDisclosed(t *testing.T) {
	t.Parallel()
	about := regexp.MustCompile(`(?i)^ai|generat|synthetic|disclos`)
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			if about.MatchString(f.Name) || about.MatchString(f.Tag.Get("json")) {
				t.Errorf("%s.%s could leave the disclosure out", path, f.Name)
			}
			walk(f.Type, path+"."+f.Name)
		}
	}
	walk(reflect.TypeFor[message.SnsPublish](), "SnsPublish")
	walk(reflect.TypeFor[sns.Draft](), "Draft")
	walk(reflect.TypeFor[ad.Wish](), "Wish")
	if (provider.Disclosure{}).Generated() || reflect.TypeFor[provider.Disclosure]().Field(0).IsExported() {
		t.Error("a disclosure can be made without saying so")
	}
}
