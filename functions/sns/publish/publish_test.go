package publish

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"castad/functions/sns"
	"castad/scripts/localcloud/blobserver/blobtest"
	"castad/shared/blob"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/message"
	"castad/shared/provider"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var (
	noon  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	wants = message.SnsPublish{Ad: 5, Channel: "youtube", Account: 9, Title: "돌담골목", Caption: "칼국수", Hashtags: []string{"맛집"}, Privacy: "unlisted",
		MadeForKids: true, Blob: "film", Thumbnail: "thumbnail", Bytes: 4, SHA256: strings.Repeat("ab", 32)}
	ours = message.Call{Tenant: 7, Run: 3, Step: 5, Attempt: 1}
)

// accounts is one account with a token, or the reason why not.
type accounts struct {
	err      error
	rejected []string
}

func (a *accounts) Access(_ context.Context, tenant id.Tenant, channel string, account id.Account) (string, string, error) {
	if tenant != ours.Tenant || channel != wants.Channel || account != wants.Account {
		return "", "", fault.New(fault.CodeInternal)
	}
	return "UC-external", "access-1", a.err
}

func (a *accounts) Reject(_ context.Context, _ id.Tenant, _ id.Account, access string) error {
	a.rejected = append(a.rejected, access)
	return nil
}

type channel func(provider.Post) (provider.Posted, error)

func (c channel) Publish(_ context.Context, p provider.Post) (provider.Posted, error) { return c(p) }

type links struct{ err error }

func (l links) URL(name string, until time.Time) (string, error) {
	return "https://castad.example/" + name + "?until=" + until.Format(time.TimeOnly), l.err
}

func files(t *testing.T) *blob.Store {
	t.Helper()
	s := blobtest.Store(t)
	for name, content := range map[string]string{"film": "film", "thumbnail": "jpeg"} {
		if _, err := s.Keep(t.Context(), name, "x/y", strings.NewReader(content), 100); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func parts(t *testing.T, a *accounts, c channel) Parts {
	return Parts{Accounts: a, Channels: c, Files: files(t), Links: links{}, Now: func() time.Time { return noon }}
}

func TestTheChannelIsGivenAllThatWasOrdered(t *testing.T) {
	t.Parallel()
	var got provider.Post
	notes := &sns.Notes{}
	p := parts(t, &accounts{}, func(p provider.Post) (provider.Posted, error) {
		got = p
		if _, err := p.Video.Seek(2, io.SeekStart); err != nil {
			t.Error(err)
		}
		if rest, err := io.ReadAll(p.Video); err != nil || string(rest) != "lm" {
			t.Errorf("the film from its middle: %q, %v", rest, err)
		}
		return provider.Posted{ID: "v1", URL: "https://y/v1", State: provider.Processing, Privacy: "unlisted", Note: "no thumbnail"}, nil
	})
	posted, err := p.post(t.Context(), wants, ours, notes)
	if err != nil {
		t.Fatal(err)
	}
	want := provider.Post{Channel: "youtube", Account: "UC-external", Access: "access-1", Title: "돌담골목", Caption: "칼국수", Hashtags: []string{"맛집"},
		Marker: "castad-" + id.Ad(5).String() + "-youtube", Privacy: "unlisted", MadeForKids: true, AI: provider.Generated(), Bytes: 4, SHA256: wants.SHA256,
		Thumbnail: []byte("jpeg"), VideoURL: "https://castad.example/film?until=18:00:00", CoverURL: "https://castad.example/thumbnail?until=18:00:00"}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(provider.Post{}, "Video", "Notes"), cmp.Comparer(func(a, b provider.Disclosure) bool { return a == b })); diff != "" {
		t.Errorf("the post (-want +got):\n%s", diff)
	}
	if got.Notes != provider.Notes(notes) {
		t.Error("the channel was given other notes")
	}
	if diff := cmp.Diff(message.SnsPosted{ExternalID: "v1", URL: "https://y/v1", Privacy: "unlisted", Note: "no thumbnail"}, posted); diff != "" {
		t.Errorf("posted (-want +got):\n%s", diff)
	}
}

// Without a public address nobody can fetch from us; the channel that must says so.
func TestWithoutAPublicAddressThereAreNoAddresses(t *testing.T) {
	t.Parallel()
	p := parts(t, &accounts{}, func(p provider.Post) (provider.Posted, error) {
		if p.VideoURL != "" || p.CoverURL != "" {
			t.Errorf("addresses %q and %q", p.VideoURL, p.CoverURL)
		}
		return provider.Posted{ID: "v1"}, nil
	})
	p.Links = links{fault.New(fault.CodeMisconfigured)}
	if _, err := p.post(t.Context(), wants, ours, &sns.Notes{}); err != nil {
		t.Error(err)
	}
}

func TestWhatGoesWrongBeforeTheChannelIsAskedHasSentNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Parts, *message.SnsPublish)
		code   fault.Code
	}{
		"the account must be connected again": {func(p *Parts, _ *message.SnsPublish) { p.Accounts = &accounts{err: fault.New(fault.CodeReconnect)} }, fault.CodeReconnect},
		"the account was disconnected":        {func(p *Parts, _ *message.SnsPublish) { p.Accounts = &accounts{err: fault.New(fault.CodeNotFound)} }, fault.CodeReconnect},
		"the vault is broken":                 {func(p *Parts, _ *message.SnsPublish) { p.Accounts = &accounts{err: errors.New("x")} }, fault.CodeUnavailable},
		"the film is gone":                    {func(_ *Parts, in *message.SnsPublish) { in.Blob = "other" }, fault.CodeNotFound},
		"no address can be made":              {func(p *Parts, _ *message.SnsPublish) { p.Links = links{errors.New("x")} }, fault.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parts(t, &accounts{}, func(provider.Post) (provider.Posted, error) {
				t.Error("the channel was asked")
				return provider.Posted{}, nil
			})
			in := wants
			c.change(&p, &in)
			_, err := p.post(t.Context(), in, ours, &sns.Notes{})
			if k := fault.KindOf(err); fault.CodeOf(err) != c.code || k == fault.Unknown || k == fault.Internal {
				t.Errorf("%v (%v)", err, k)
			}
		})
	}
}

// A token that the channel takes no more is renewed before the next attempt.
func TestATokenThatTheChannelRejectsIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	a := &accounts{}
	p := parts(t, a, func(provider.Post) (provider.Posted, error) {
		return provider.Posted{}, &provider.Error{Class: provider.Reconnect}
	})
	if _, err := p.post(t.Context(), wants, ours, &sns.Notes{}); fault.CodeOf(err) != fault.CodeUnavailable {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff([]string{"access-1"}, a.rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}

// A film's own still may be larger than YouTube takes: whether it goes without is the channel's
// word, and no reason not to post.
func TestAThumbnailIsTheChannelsToRefuse(t *testing.T) {
	t.Parallel()
	for bytes, taken := range map[int]bool{3 << 20: true, maxThumbnail + 1: false} {
		got := -1
		p := parts(t, &accounts{}, func(p provider.Post) (provider.Posted, error) {
			got = len(p.Thumbnail)
			return provider.Posted{ID: "v1"}, nil
		})
		if _, err := p.Files.(*blob.Store).Keep(t.Context(), "large", "image/jpeg", strings.NewReader(strings.Repeat("x", bytes)), maxThumbnail+1); err != nil {
			t.Fatal(err)
		}
		in := wants
		in.Thumbnail = "large"
		if _, err := p.post(t.Context(), in, ours, &sns.Notes{}); taken != (err == nil && got == bytes) || err != nil && fault.CodeOf(err) != fault.CodeVendorResult {
			t.Errorf("%d bytes: %v, the channel was given %d", bytes, err, got)
		}
	}
}
