package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"castad/functions/ad"
	"castad/functions/admin"
	"castad/functions/place"
	placesearch "castad/functions/place/search"
	"castad/functions/social"
	songcallback "castad/functions/song/callback"
	"castad/functions/video/file"

	"castad/shared/blob"
	"castad/shared/cache"
	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/outbox"
	"castad/shared/pipeline"
	"castad/shared/provider"
	"castad/shared/provider/creatomate"
	"castad/shared/provider/kakao"
	"castad/shared/provider/openai"
	"castad/shared/provider/suno"
	"castad/shared/servicebus"
	"castad/shared/trigger"
)

// The adapters fit a package's own words to the interface that a function asks
// for; they decide nothing.

// writer is the chat as lyric-write wants it; what it used goes to the log line.
type writer struct{ chat *openai.Client }

func (w writer) Write(ctx context.Context, b claim.Brief) (claim.Lyric, error) {
	text, used, err := w.chat.Write(ctx, b)
	trigger.Note(ctx, "tokens", used.Prompt+used.Output)
	return text, err
}

// atKakao is Kakao's search as place-search wants it: the first page, fifteen places.
type atKakao struct{ c *kakao.Client }

func (k atKakao) Local(ctx context.Context, query string) ([]provider.PlaceHit, error) {
	hits, _, err := k.c.Search(ctx, query, 1)
	return hits, err
}

// recent is a place search that is not asked the same again within a minute.
type recent struct {
	search placesearch.Finder
	hits   *cache.Kind[[]provider.PlaceHit]
}

// How long what a place search finds may be in Redis. What is found is a list to pick
// from and is passed on, not kept: a minute in all, wherever it is. Naver's terms (7.3 ③)
// name keeping it elsewhere as what they forbid, so its stay in the process that asked.
const (
	kakaoHits = time.Minute
	naverHits = 0
)

// remembered keeps what search finds for a minute; far is for how long in Redis.
func remembered(c *cache.Cache, name string, far time.Duration, search placesearch.Finder) recent {
	return recent{search, cache.Of[[]provider.PlaceHit](c, "places-"+name, far)}
}

func (r recent) Local(ctx context.Context, query string) ([]provider.PlaceHit, error) {
	query = strings.Join(strings.Fields(query), " ")
	return r.hits.Get(ctx, query, "", func(ctx context.Context) ([]provider.PlaceHit, error) { return r.search.Local(ctx, query) })
}

// sweeper is the engine as background-sweep wants it.
type sweeper struct{ engine *pipeline.Engine }

func (s sweeper) Sweep(ctx context.Context) error {
	n, err := s.engine.Sweep(ctx)
	trigger.Note(ctx, "expired", n.Expired)
	trigger.Note(ctx, "overdue", n.Overdue)
	trigger.Note(ctx, "deadline", n.Deadline)
	trigger.Note(ctx, "reminded", n.Reminded)
	trigger.Note(ctx, "lapsed", n.Lapsed)
	return err
}

// letters moves dead letters from the broker to the database.
type letters struct {
	bus    *servicebus.Client
	outbox *outbox.Outbox
}

// buryAtOnce bounds one visit to one queue; the timer comes again.
const buryAtOnce = 100

func (l letters) Bury(ctx context.Context, queue message.Queue) (int, error) {
	return l.bus.Drain(ctx, string(queue), true, buryAtOnce, func(ctx context.Context, m servicebus.Received) error {
		reason := m.DeadLetterReason
		if m.DeadLetterDescription != "" {
			reason += ": " + m.DeadLetterDescription
		}
		return l.outbox.Bury(ctx, string(queue), m.ID, reason, m.Body)
	})
}

// index finds files for video-file.
type index struct{ ads *ad.Store }

func (i index) Find(ctx context.Context, tenant id.Tenant, artifact id.Artifact) (file.Found, error) {
	f, err := i.ads.File(ctx, tenant, artifact)
	return file.Found{Kind: f.Kind, Blob: f.Blob, Type: f.Type, SHA256: f.SHA256}, err
}

// sender is Service Bus as the outbox wants it.
type sender struct{ bus *servicebus.Client }

func (s sender) Send(ctx context.Context, queue string, msgs []outbox.Outgoing) error {
	out := make([]servicebus.Message, len(msgs))
	for i, m := range msgs {
		out[i] = servicebus.Message{ID: m.ID, Body: m.Body, NotBefore: m.NotBefore}
	}
	return s.bus.Send(ctx, queue, out)
}

// readSong reads what a song callback claims. A body that cannot be read still
// means that something happened: CastAD asks. With a key only those count that
// are signed with it.
func readSong(key string, now func() time.Time) songcallback.Read {
	return func(body []byte, timestamp, signature string) (externalID, stage string, err error) {
		externalID, stage, err = suno.ParseCallback(body)
		if err != nil {
			externalID, stage = "", "unreadable"
		}
		if key != "" {
			return externalID, stage, suno.VerifyCallback(key, externalID, timestamp, signature, now())
		}
		return externalID, stage, nil
	}
}

// parseVideo reads what a render's webhook claims, in the same way.
func parseVideo(body []byte) (externalID, stage string) {
	externalID, _, err := creatomate.ParseWebhook(body)
	if err != nil {
		return "", "unreadable"
	}
	return externalID, "ended"
}

// named are files whose names are in a row: one that is not there is lost, and that is
// another thing than one that never was.
type named struct{ files *blob.Store }

func (n named) Open(ctx context.Context, name string) (*blob.Object, error) {
	o, err := n.files.Open(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.Newf(fault.CodeFileLost, "open a file that a row names: %w", err)
	}
	return o, err
}

// outdated is what background-purge deletes by age besides files.
type outdated struct {
	sent    *outbox.Outbox
	states  *social.Store
	tickets *ad.Store
	lent    *admin.Store
	places  *place.Store
}

// Purge deletes at most a thousand of each kind, and returns of how many it was the most.
func (o outdated) Purge(ctx context.Context, before time.Time) (int64, error) {
	sent, err := o.sent.Purge(ctx, before)
	states, err2 := o.states.Purge(ctx, before)
	tickets, err3 := o.tickets.Purge(ctx, before)
	lent, err4 := o.lent.Purge(ctx, before)
	photos, err5 := o.places.PurgePhotos(ctx)
	fetched, err6 := o.places.PurgeFetched(ctx)
	return max(sent, states, tickets, lent, photos, fetched), errors.Join(err, err2, err3, err4, err5, err6)
}

// tickets lets a browser's stream in.
type tickets struct{ ads *ad.Store }

// redeem uses up the ticket for the events of the ad that the path names.
func (t tickets) redeem(ctx context.Context, path, ticket string) (identity.Principal, error) {
	rest, ok := strings.CutPrefix(path, "/api/v1/ads/")
	name, ok2 := strings.CutSuffix(rest, "/events")
	var a id.Ad
	if !ok || !ok2 || a.UnmarshalText([]byte(name)) != nil {
		return identity.Principal{}, fault.Newf(fault.CodeUnauthenticated, "a ticket is for the events of an ad")
	}
	who, err := t.ads.Redeem(ctx, a, ticket)
	return identity.Principal{Tenant: who.Tenant, User: who.User, Role: identity.RoleOwner, Session: who.Session}, err
}
