package main

import (
	"context"
	"time"

	"castad/functions/auth"
	backgrounderase "castad/functions/background/erase"

	"castad/shared/id"
)

// leavers are the users as background-erase wants them.
type leavers struct{ users *auth.Store }

func (l leavers) Purge(ctx context.Context) (int64, error) { return l.users.Purge(ctx) }

func (l leavers) Due(ctx context.Context, limit int) ([]backgrounderase.Leaver, error) {
	due, err := l.users.Due(ctx, limit)
	all := make([]backgrounderase.Leaver, len(due))
	for i, d := range due {
		settled := d.EraseAt.Add(auth.Settled)
		if !d.Erasing { // they left that long before
			settled = settled.Add(-auth.ComeBack)
		}
		all[i] = backgrounderase.Leaver{User: d.User, Tenant: d.Tenant, Subject: d.Subject, Erasing: d.Erasing, EraseAt: d.EraseAt, SettledAt: settled}
	}
	return all, err
}

func (l leavers) Later(ctx context.Context, who backgrounderase.Leaver, at time.Time) error {
	return l.users.Later(ctx, leaver(who), at)
}

func (l leavers) Erased(ctx context.Context, who backgrounderase.Leaver) (bool, error) {
	return l.users.Erased(ctx, leaver(who))
}

func leaver(who backgrounderase.Leaver) auth.Leaver {
	return auth.Leaver{User: who.User, Tenant: who.Tenant, Subject: who.Subject, Erasing: who.Erasing, EraseAt: who.EraseAt}
}

// erasable is what is a tenant's, in the order in which it goes away: what is under way
// first, or it would write anew; the runs last, because files are found by them.
func erasable(p parts) []backgrounderase.Part {
	return []backgrounderase.Part{
		{Name: "runs under way", Early: true, Slow: true, Erase: p.engine.Quiet},
		{Name: "channels", Early: true, Erase: p.social.Withdraw},
		{Name: "posts", Erase: p.posts.Erase},
		{Name: "videos", Erase: p.videos.Erase},
		{Name: "songs", Erase: p.songs.Erase},
		{Name: "lyrics", Erase: p.lyrics.Erase},
		{Name: "ads", Erase: p.ads.Erase},
		{Name: "accounts", Erase: p.social.Erase},
		{Name: "places", Erase: func(ctx context.Context, tenant id.Tenant, limit int) (bool, error) {
			return p.places.Erase(ctx, tenant, limit, p.files.Delete)
		}},
		{Name: "runs begun meanwhile", Slow: true, Erase: p.engine.Quiet},
		{Name: "runs", Erase: func(ctx context.Context, tenant id.Tenant, limit int) (bool, error) {
			return p.engine.Erase(ctx, tenant, limit, p.files.Delete)
		}},
	}
}

// unlink ends a person's link at Kakao. Without the admin key CastAD cannot: the person
// can, in Kakao's own settings.
func unlink(p parts) backgrounderase.Unlink {
	if p.kakao == nil || !p.unlinking {
		return func(context.Context, string) error { return nil }
	}
	return p.kakao.UnlinkUser
}
