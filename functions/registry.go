package main

import (
	"context"
	"time"

	adapprove "castad/functions/ad/approve"
	adcancel "castad/functions/ad/cancel"
	adedit "castad/functions/ad/edit"
	adevents "castad/functions/ad/events"
	adlist "castad/functions/ad/list"
	adquote "castad/functions/ad/quote"
	adrequest "castad/functions/ad/request"
	adretry "castad/functions/ad/retry"
	adshow "castad/functions/ad/show"
	adticket "castad/functions/ad/ticket"
	adminaudit "castad/functions/admin/audit"
	adminbudgets "castad/functions/admin/budgets"
	adminbypass "castad/functions/admin/bypass"
	adminbypasses "castad/functions/admin/bypasses"
	admincancel "castad/functions/admin/cancel"
	admincosts "castad/functions/admin/costs"
	admindeadletters "castad/functions/admin/deadletters"
	adminhalt "castad/functions/admin/halt"
	adminpause "castad/functions/admin/pause"
	adminredrive "castad/functions/admin/redrive"
	adminresend "castad/functions/admin/resend"
	adminresume "castad/functions/admin/resume"
	adminrevoke "castad/functions/admin/revoke"
	adminrole "castad/functions/admin/role"
	adminrun "castad/functions/admin/run"
	adminruns "castad/functions/admin/runs"
	adminunhalt "castad/functions/admin/unhalt"
	adminusers "castad/functions/admin/users"
	adminvendors "castad/functions/admin/vendors"
	adminverify "castad/functions/admin/verify"
	archiveexport "castad/functions/archive/export"
	archivelist "castad/functions/archive/list"
	archiveremove "castad/functions/archive/remove"
	archiverestore "castad/functions/archive/restore"
	archiveshow "castad/functions/archive/show"
	authcallback "castad/functions/auth/callback"
	autherase "castad/functions/auth/erase"
	authkeys "castad/functions/auth/keys"
	authleave "castad/functions/auth/leave"
	authme "castad/functions/auth/me"
	authrenew "castad/functions/auth/renew"
	authstart "castad/functions/auth/start"
	authtoken "castad/functions/auth/token"
	authunlink "castad/functions/auth/unlink"
	backgrounddeadletter "castad/functions/background/deadletter"
	backgrounderase "castad/functions/background/erase"
	backgroundmeasure "castad/functions/background/measure"
	backgroundpurge "castad/functions/background/purge"
	backgroundrelay "castad/functions/background/relay"
	backgroundrenew "castad/functions/background/renew"
	backgroundsweep "castad/functions/background/sweep"
	contractshow "castad/functions/contract/show"
	contractstray "castad/functions/contract/stray"
	corspreflight "castad/functions/cors/preflight"
	healthlive "castad/functions/health/live"
	healthready "castad/functions/health/ready"
	homesummary "castad/functions/home/summary"
	lyricedit "castad/functions/lyric/edit"
	lyricshow "castad/functions/lyric/show"
	lyricwrite "castad/functions/lyric/write"
	placecollect "castad/functions/place/collect"
	placecreate "castad/functions/place/create"
	placeedit "castad/functions/place/edit"
	placephoto "castad/functions/place/photo"
	placesearch "castad/functions/place/search"
	placeshow "castad/functions/place/show"
	placeunphoto "castad/functions/place/unphoto"
	snscancel "castad/functions/sns/cancel"
	snsconfirm "castad/functions/sns/confirm"
	snslist "castad/functions/sns/list"
	snspublish "castad/functions/sns/publish"
	snsremove "castad/functions/sns/remove"
	snsrequest "castad/functions/sns/request"
	snsshow "castad/functions/sns/show"
	snsverify "castad/functions/sns/verify"
	socialcallback "castad/functions/social/callback"
	socialdisconnect "castad/functions/social/disconnect"
	sociallist "castad/functions/social/list"
	socialstart "castad/functions/social/start"
	songcallback "castad/functions/song/callback"
	songchoose "castad/functions/song/choose"
	songcollect "castad/functions/song/collect"
	songgenerate "castad/functions/song/generate"
	songregenerate "castad/functions/song/regenerate"
	songshow "castad/functions/song/show"
	videocallback "castad/functions/video/callback"
	videocollect "castad/functions/video/collect"
	videofile "castad/functions/video/file"
	videomedia "castad/functions/video/media"
	videoregenerate "castad/functions/video/regenerate"
	videorender "castad/functions/video/render"
	videoshow "castad/functions/video/show"

	"castad/functions/ad"
	"castad/functions/admin"
	"castad/functions/archive"
	"castad/functions/auth"
	"castad/functions/home"
	"castad/functions/lyric"
	"castad/functions/place"
	"castad/functions/sns"
	"castad/functions/social"
	"castad/functions/song"
	"castad/functions/video"

	"castad/shared/blob"
	"castad/shared/cache"
	"castad/shared/identity"
	"castad/shared/link"
	"castad/shared/outbox"
	"castad/shared/pipeline"
	"castad/shared/provider"
	"castad/shared/provider/creatomate"
	"castad/shared/provider/kakao"
	"castad/shared/provider/naver"
	"castad/shared/provider/openai"
	"castad/shared/provider/suno"
	"castad/shared/seal"
	"castad/shared/servicebus"
	"castad/shared/trigger"
)

// parts is everything that functions are made of.
type parts struct {
	ads    *ad.Store
	places *place.Store
	lyrics *lyric.Store
	songs  *song.Store
	videos *video.Store
	posts  *sns.Store
	// orders are posts as their owners see them.
	orders *sns.Orders
	edits  edits
	// archive is the finished ads.
	archive *archive.Store
	// home is what an owner sees first.
	home *home.Store
	// social are the connected channel accounts, consents the channels' OAuth clients.
	social   *social.Store
	consents consents
	// users are who may sign in, kakao where they do (nil = nobody can), site where
	// their browsers meet us, tokens the keys of access tokens.
	users  *auth.Store
	kakao  *kakao.Client
	site   auth.Site
	tokens identity.Keys
	// unlinking says whether there is the admin key that ends links at Kakao.
	unlinking bool

	// admin is what operators see and do.
	admin *admin.Store

	watcher *ad.Watcher
	cache   *cache.Cache
	engine  *pipeline.Engine
	outbox  *outbox.Outbox
	bus     *servicebus.Client
	files   *blob.Store
	links   *link.Signer
	seal    *seal.Sealer

	chat  *openai.Client
	music *suno.Client
	// songKey is what the music provider signs its callbacks with; "" = it does not.
	songKey  string
	renderer *creatomate.Client
	channels channels
	// search are who is asked for places, in order; pages reads their pages, nil = not.
	search []placesearch.Finder
	pages  *naver.Pages
	// downloads fetches what vendors made, from the origins that are allowed.
	downloads provider.Downloader

	// public is CASTAD_PUBLIC_URL.
	public string
	ready  func(context.Context) error
	now    func() time.Time
}

// pageReader is pages as an interface that is nil when they are.
func (p parts) pageReader() placecollect.Pages {
	if p.pages == nil {
		return nil
	}
	return p.pages
}

// registry is every function of the app, module by module, each with all that it may touch.
func registry(p parts) []trigger.Function {
	return []trigger.Function{
		adrequest.New(p.ads),
		adshow.New(p.ads),
		adlist.New(p.ads),
		adevents.New(p.ads, p.watcher),
		adcancel.New(p.ads),
		adretry.New(p.ads),
		adapprove.New(p.ads),
		adedit.New(p.ads),
		adquote.New(p.ads),
		adticket.New(p.ads),

		placesearch.New(p.search),
		placecreate.New(p.places, p.pages != nil),
		placeshow.New(p.places),
		placeedit.New(p.places, p.pages != nil),
		placephoto.New(p.places, p.files, p.now),
		placeunphoto.New(p.places),
		placecollect.New(p.places, p.pageReader()),

		lyricwrite.New(p.lyrics, writer{p.chat}),
		lyricshow.New(p.lyrics, p.ads),
		lyricedit.New(p.edits),

		songgenerate.New(p.songs, p.music),
		songcollect.New(p.songs, p.music, p.downloads.For("suno"), p.files),
		songcallback.New(p.songs, readSong(p.songKey, p.now)),
		songshow.New(p.songs, p.ads),
		songchoose.New(p.edits),
		songregenerate.New(p.edits),

		videorender.New(p.videos, p.renderer, p.links, p.now),
		videocollect.New(p.videos, p.renderer, p.downloads.For("creatomate"), p.files),
		videocallback.New(p.videos, parseVideo),
		videofile.New(index{p.ads}, named{p.files}),
		videomedia.New(p.links, p.files),
		videoshow.New(p.videos, p.ads),
		videoregenerate.New(p.edits),

		snspublish.New(snspublish.Parts{Posts: p.posts, Accounts: p.social, Channels: p.channels, Files: p.files, Links: p.links, Now: p.now}),
		snsverify.New(p.posts, p.social, p.channels),
		snsrequest.New(p.orders),
		snsshow.New(p.orders),
		snslist.New(p.orders),
		snscancel.New(p.orders),
		snsremove.New(p.orders, p.social, p.channels),
		snsconfirm.New(p.orders),

		socialstart.New(p.social, p.consents, p.public),
		socialcallback.New(p.social, p.consents, p.public, p.site.App),
		sociallist.New(p.social),
		socialdisconnect.New(p.social),

		archivelist.New(p.archive),
		archiveshow.New(p.archive),
		archiveremove.New(p.ads, p.archive),
		archiverestore.New(p.ads, p.archive),
		archiveexport.New(p.archive, named{p.files}),

		homesummary.New(p.home),

		contractshow.New(),
		contractstray.New(),
		corspreflight.New(),

		authstart.New(p.users, from[authstart.Kakao](p.kakao), p.site),
		authcallback.New(p.users, from[authcallback.Kakao](p.kakao), p.site),
		authtoken.New(p.users, from[authtoken.Kakao](p.kakao)),
		authrenew.New(p.users, p.site),
		authleave.New(p.users, p.site),
		authme.New(p.users),
		autherase.New(p.users, p.engine, p.site),
		authunlink.New(p.users, unlinks(p.kakao)),
		authkeys.New(p.tokens, p.now),

		adminruns.New(p.admin, p.now),
		adminrun.New(p.admin),
		adminredrive.New(p.admin),
		admincancel.New(p.admin),
		admindeadletters.New(p.admin),
		adminresend.New(p.admin),
		adminusers.New(p.admin),
		adminrole.New(p.admin),
		adminbudgets.New(p.admin),
		admincosts.New(p.admin),
		adminvendors.New(p.admin),
		adminpause.New(p.admin),
		adminresume.New(p.admin),
		adminhalt.New(p.admin),
		adminunhalt.New(p.admin),
		adminbypass.New(p.admin),
		adminbypasses.New(p.admin),
		adminrevoke.New(p.admin),
		adminaudit.New(p.admin),
		adminverify.New(p.admin),

		healthlive.New(),
		healthready.New(p.ready),

		backgroundrelay.New(p.outbox),
		backgroundsweep.New(sweeper{p.engine}),
		backgrounddeadletter.New(letters{p.bus, p.outbox}),
		backgroundrenew.New(p.social),
		backgroundmeasure.New(measurer{p.orders, p.social, p.channels}),
		backgrounderase.New(leavers{p.users}, erasable(p), unlink(p), p.now),
		backgroundpurge.New(outdated{p.outbox, p.social, p.ads, p.admin, p.places}, forgetting(p), ad.KeepAway, p.files, []backgroundpurge.Owner{
			{Prefix: "photos/", Names: p.places.Named, Keeps: p.places.Keeps},
			{Prefix: "runs/", Names: p.engine.Named, Keeps: p.engine.Keeps},
		}, p.now),
	}
}
