// Package events is GET /api/v1/ads/{id}/events: what happens to an ad, as it happens.
//
// Server-sent events (id = sequence, resume by Last-Event-ID), or with
// `?wait=` seconds one JSON answer as soon as there is news (`?after=` the last
// sequence seen). No connection is held between events: one poller per process
// watches for all streams. An ad that is edited goes on in the same sequence. A
// browser brings a ticket (ad-ticket). A stream ends with the session in which it was
// opened, or whose ticket it brought: the event error says so, and the poll's 401.
package events

import (
	"context"
	_ "embed"
	"time"

	"castad/functions/ad"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/trigger"
)

//go:embed function.json
var binding []byte

// Ads reads what happened.
type Ads interface {
	Events(ctx context.Context, tenant id.Tenant, a id.Ad, after int) (news ad.News, err error)
}

// Watcher tells when a run has moved on from a version.
type Watcher interface {
	Watch(run id.Run, version int) (moved <-chan struct{}, stop func())
}

type question struct {
	ID    id.Ad `path:"id"`
	After int   `query:"after"`
	Last  int   `header:"Last-Event-ID"`
}

// Progress is what a poll answers, and the last event of a stream (end).
type Progress struct {
	Items []ad.Event `json:"items"`
	// Next is what to send as ?after= in the next poll.
	Next  int    `json:"next"`
	State string `json:"state"`
	Ended bool   `json:"ended"`
}

// New returns the function.
func New(ads Ads, watcher Watcher) trigger.Function {
	return trigger.Stream("ad-events", binding, trigger.Budget{Time: trigger.StreamLife, Connections: 1},
		func(ctx context.Context, who identity.Principal, in question, out *trigger.Events) error {
			news, err := ads.Events(ctx, who.Tenant, in.ID, max(in.After, in.Last))
			if err != nil {
				return err
			}
			s := stream{ads: ads, watcher: watcher, tenant: who.Tenant, ad: in.ID, seen: max(in.After, in.Last), out: out}
			s.watch(news)
			defer func() { s.stop() }()
			if out.Mode() == trigger.Poll {
				return s.poll(ctx, news)
			}
			return s.run(ctx, news)
		})
}

type stream struct {
	ads     Ads
	watcher Watcher
	tenant  id.Tenant
	ad      id.Ad
	seen    int
	out     *trigger.Events

	watched id.Run
	moved   <-chan struct{}
	stop    func()
}

// watch waits for the run that the news are about: an edit gives the ad another.
func (s *stream) watch(news ad.News) {
	if s.watched == news.Run {
		return
	}
	if s.stop != nil {
		s.stop()
	}
	s.watched = news.Run
	s.moved, s.stop = s.watcher.Watch(news.Run, news.Version)
}

// news reads what has happened since what was seen.
func (s *stream) news(ctx context.Context) (ad.News, error) {
	news, err := s.ads.Events(ctx, s.tenant, s.ad, s.seen)
	if err == nil {
		s.watch(news)
	}
	return news, err
}

// run sends events until the ad has ended or the client has gone.
func (s *stream) run(ctx context.Context, news ad.News) error {
	if err := s.out.Open(); err != nil {
		return err
	}
	for {
		for _, e := range news.Events {
			if err := s.out.Send(int64(e.Seq), "change", e); err != nil {
				return err
			}
			s.seen = e.Seq
		}
		if news.Ended {
			return s.out.Send(int64(s.seen), "end", Progress{State: news.State, Ended: true, Next: s.seen, Items: []ad.Event{}})
		}
		if len(news.Events) == 0 {
			select {
			case <-s.out.Done():
				return nil
			case <-s.moved:
			}
		}
		var err error
		if news, err = s.news(ctx); err != nil {
			return err
		}
	}
}

// poll answers once: with news, or with none when the wait is over.
func (s *stream) poll(ctx context.Context, news ad.News) error {
	over := time.NewTimer(s.out.Wait())
	defer over.Stop()
	for len(news.Events) == 0 && !news.Ended {
		select {
		case <-s.out.Done():
			return s.out.Answer(s.answer(news))
		case <-over.C:
			return s.out.Answer(s.answer(news))
		case <-s.moved:
		}
		var err error
		if news, err = s.news(ctx); err != nil {
			return err
		}
	}
	return s.out.Answer(s.answer(news))
}

func (s *stream) answer(news ad.News) Progress {
	a := Progress{Items: news.Events, Next: s.seen, State: news.State, Ended: news.Ended}
	if n := len(news.Events); n > 0 {
		a.Next = news.Events[n-1].Seq
	}
	return a
}
