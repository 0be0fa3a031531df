package main

import (
	"context"

	"castad/functions/ad"
	"castad/functions/lyric"
	"castad/functions/song"
	"castad/functions/video"

	"castad/shared/id"
	"castad/shared/message"
)

// edits are edits of an ad that are made through its lyric, song or film.
type edits struct {
	ads    *ad.Store
	lyrics *lyric.Store
	songs  *song.Store
	videos *video.Store
}

func (e edits) edit(ctx context.Context, tenant id.Tenant, a id.Ad, change ad.Edit, key message.Key, match string) (message.Edited, error) {
	edited, created, err := e.ads.Edit(ctx, tenant, a, change, key, match)
	if err != nil {
		return message.Edited{}, err
	}
	return edited.Edited(created)
}

// Lyric puts the owner's own words in the place of a lyric.
func (e edits) Lyric(ctx context.Context, tenant id.Tenant, l id.Lyric, own message.OwnLyric, key message.Key, match string) (message.Edited, error) {
	found, err := e.lyrics.Find(ctx, tenant, l)
	if err != nil {
		return message.Edited{}, err
	}
	return e.edit(ctx, tenant, found.Ad, ad.Edit{Text: &own, Lyric: l}, key, match)
}

// Choose cuts the film to another take of a song.
func (e edits) Choose(ctx context.Context, tenant id.Tenant, s id.Song, take int, key message.Key) (message.Edited, error) {
	found, err := e.songs.Find(ctx, tenant, s)
	if err != nil {
		return message.Edited{}, err
	}
	return e.edit(ctx, tenant, found.Ad, ad.Edit{Take: &take, Song: s}, key, "")
}

// SongAgain has a song made anew.
func (e edits) SongAgain(ctx context.Context, tenant id.Tenant, s id.Song, key message.Key) (message.Edited, error) {
	found, err := e.songs.Find(ctx, tenant, s)
	if err != nil {
		return message.Edited{}, err
	}
	return e.edit(ctx, tenant, found.Ad, ad.Edit{Change: ad.Change{Again: []string{"song"}}, Song: s}, key, "")
}

// VideoAgain has a film made anew.
func (e edits) VideoAgain(ctx context.Context, tenant id.Tenant, v id.Video, key message.Key) (message.Edited, error) {
	found, err := e.videos.Find(ctx, tenant, v)
	if err != nil {
		return message.Edited{}, err
	}
	return e.edit(ctx, tenant, found.Ad, ad.Edit{Change: ad.Change{Again: []string{"video"}}, Video: v}, key, "")
}
