package main

import (
	"context"
	"time"

	"castad/functions/admin"

	"castad/shared/fault"
	"castad/shared/guard"
	"castad/shared/message"
	"castad/shared/outbox"
	"castad/shared/pipeline"
	"castad/shared/provider"
)

// vendorDesk is the guard as operators see it.
type vendorDesk struct{ guard *guard.Guard }

func (d vendorDesk) Hold(ctx context.Context, vendor string, pause bool, also admin.Also) error {
	decision := guard.Auto
	if pause {
		decision = guard.ForcedOpen
	}
	return d.guard.Force(ctx, vendor, "*", decision, also)
}

func (d vendorDesk) Status(ctx context.Context) ([]admin.Breaker, []admin.Quota, error) {
	breakers, buckets, err := d.guard.Status(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, quotas := make([]admin.Breaker, 0, len(breakers)), make([]admin.Quota, 0, len(buckets))
	for _, b := range breakers {
		all = append(all, admin.Breaker{Vendor: b.Vendor, Operation: b.Op, State: string(b.State), Forced: string(b.Forced), Until: unlessZero(b.Until),
			ChangedAt: unlessZero(b.Changed), Calls: b.Calls, Failures: b.Failures})
	}
	for _, b := range buckets {
		quotas = append(quotas, admin.Quota{Vendor: b.Rule.Vendor, Rule: b.Rule.String(), Left: b.Left, PausedUntil: unlessZero(b.Paused)})
	}
	return all, quotas, nil
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// operations are what the steps ask of their vendors first.
var operations = map[message.Kind]string{message.Lyric: "write", message.Song: "generate", message.Video: "render"}

// paused is what operators have paused, as the engine wants it. What is published
// already is looked for also while publishing is paused.
func paused(g *guard.Guard) func(context.Context) pipeline.Held {
	return func(ctx context.Context) pipeline.Held {
		held := g.Paused(ctx)
		return func(kind message.Kind, provider string, collect bool) bool {
			if kind == message.Publish && !collect && held(admin.Publishing, "*") {
				return true
			}
			op := "*"
			if !collect && operations[kind] != "" {
				op = operations[kind]
			}
			return held(provider, op)
		}
	}
}

// posting is the guard of the channels' clients. While publishing is paused it refuses
// what would show a film to people, so that a publication which began before the pause
// does not end in it; connecting accounts and looking at what is there go on.
type posting struct{ *guard.Guard }

// Allow asks the guard, after what operators say about publishing.
func (p posting) Allow(ctx context.Context, a provider.Attempt) (provider.Pass, error) {
	if a.Paid && a.Op != exchange && p.Paused(ctx)(admin.Publishing, "*") {
		return nil, &provider.Error{Provider: a.Vendor, Op: a.Op, Class: provider.Later, Code: "paused", RetryAfter: pausedAgain, Err: fault.ErrPaused}
	}
	return p.Guard.Allow(ctx, a)
}

const (
	// exchange is how a channel turns a consent into a token: paid, because it can be
	// done once, but no post.
	exchange = "exchange"
	// pausedAgain is when a paused call may be tried again.
	pausedAgain = 30 * time.Second
)

// deadMail is the outbox's dead letters as operators see them.
type deadMail struct {
	outbox *outbox.Outbox
	unseal func(queue string, raw []byte) ([]byte, error)
}

func (d deadMail) Redrive(ctx context.Context, letter int64, also ...admin.Also) error {
	return d.outbox.Redrive(ctx, letter, also...)
}

func (d deadMail) Body(queue string, raw []byte) string {
	body, err := d.unseal(queue, raw)
	if err != nil {
		return ""
	}
	return string(body)
}
