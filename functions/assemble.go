package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"

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
	"castad/shared/config"
	"castad/shared/envelope"
	"castad/shared/guard"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/keyring"
	"castad/shared/limiter"
	"castad/shared/link"
	"castad/shared/message"
	"castad/shared/outbox"
	"castad/shared/pipeline"
	"castad/shared/provider"
	"castad/shared/provider/creatomate"
	"castad/shared/provider/naver"
	"castad/shared/provider/openai"
	"castad/shared/provider/suno"
	"castad/shared/seal"
	"castad/shared/servicebus"
	"castad/shared/store"
	"castad/shared/trigger"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/redis/go-redis/v9"
)

// app is what the parts are made from and main needs too.
type app struct {
	db        *store.DB
	guard     *guard.Guard
	envelopes keyring.Ring
	tokens    *identity.Verifier
	// redis is nil where none is set up.
	redis  *redis.Client
	limits *limits
	// classes are CASTAD_RATE_LIMITS.
	classes map[string]limiter.Class
	// operators are tokens of the audience of operators; roles says who is one.
	operators *identity.Verifier
	roles     *auth.Roles
	// ended are the sessions whose access tokens are no longer good.
	ended *auth.Ended
}

const (
	// envelopeLife is how long a queue message is good: longer than the deepest
	// queue anyone would keep, shorter than a key's rotation.
	envelopeLife = 24 * time.Hour
	// watchEvery is how often watched ads are looked at for all streams together.
	watchEvery = 250 * time.Millisecond
	// endedEvery is how often the ended sessions are read.
	endedEvery = time.Second
)

// clock is for times that are kept and compared with those of other processes. It can be
// set; what measures how long something takes or lasts here has time.Now.
func clock() time.Time { return time.Now().UTC() }

// assemble builds everything from the settings. It does no I/O: what cannot be
// reached yet is no reason not to listen.
func assemble(c config.Config, log *slog.Logger, meter *meter) (parts, *app, error) {
	a := &app{}
	p := parts{now: clock, public: c.PublicURL}
	for _, step := range []func() error{
		func() error { return a.keys(c, &p) },
		func() error { return a.stores(c, &p, meter) },
		func() error { return a.guards(c, log, meter) },
		func() error { return a.limit(c, log, meter, &p) },
		func() error { return vendors(c, &p, a.guard, meter.observed) },
	} {
		if err := step(); err != nil {
			return p, a, err
		}
	}
	p.outbox = outbox.New(outbox.Config{DB: a.db.Primary(), Sender: sender{p.bus}, Seal: a.seal, Unseal: a.unseal, Now: clock, Log: log})
	p.engine = pipeline.New(pipeline.Config{DB: a.db.Primary(), Outbox: p.outbox, Recipe: recipe(), Rules: rules(c), Now: clock, Log: log,
		CallbackURL: callbackURL(c.PublicURL), Paused: paused(a.guard)})
	a.roles, a.ended = auth.NewRoles(a.db.Primary()), auth.NewEnded(a.db.Primary(), clock, endedEvery, log)
	p.social = social.New(social.Config{DB: a.db.Primary(), Seal: p.seal, Channels: p.consents, Ended: a.ended.Has, Now: clock,
		Notice: func(ctx context.Context, tenant id.Tenant, account id.Account, channel string) {
			log.WarnContext(ctx, "an account must be connected again", "tenant", tenant, "account", account, "channel", channel)
		}})
	var err error
	if p.users, err = newUsers(c, p, a.db.Primary(), log); err != nil {
		return p, a, err
	}
	p.ads = ad.New(a.db.Primary(), a.db.Replica(), p.engine, targets{p.channels, p.social}, clock)
	p.places = place.New(a.db.Primary(), p.engine, clock)
	p.lyrics, p.songs, p.videos = lyric.New(a.db.Primary(), p.engine), song.New(a.db.Primary(), p.engine), video.New(a.db.Primary(), p.engine)
	p.edits = edits{p.ads, p.lyrics, p.songs, p.videos}
	p.archive = archive.New(a.db.Primary(), a.db.Replica(), ad.KeepAway, clock)
	p.home = home.New(a.db.Replica(), p.engine, p.cache, clock)
	p.posts = sns.New(a.db.Primary(), p.engine, p.seal, clock)
	p.orders = sns.NewOrders(sns.OrdersConfig{DB: a.db.Primary(), Replica: a.db.Replica(), Engine: p.engine,
		Channels: targets{p.channels, p.social}, Order: ad.PostOrder, Daily: c.DailyPosts, Now: clock})
	p.admin = admin.New(admin.Config{DB: a.db, Runs: p.engine, Letters: deadMail{p.outbox, a.unseal}, Vendors: vendorDesk{a.guard}, Roles: a.roles, Now: clock})
	p.watcher = ad.NewWatcher(a.db.Primary(), watchEvery, log)
	return p, a, nil
}

func (a *app) keys(c config.Config, p *parts) error {
	var err error
	if a.envelopes, err = keyring.Parse(c.EnvelopeKeys.Reveal()); err != nil {
		return fmt.Errorf("CASTAD_ENVELOPE_KEYS: %w", err)
	}
	media, err := keyring.Parse(c.MediaKeys.Reveal())
	if err != nil {
		return fmt.Errorf("CASTAD_MEDIA_KEYS: %w", err)
	}
	p.links = link.New(media, c.PublicURL, clock)
	if p.seal, err = sealer(c); err != nil {
		return err
	}
	if p.tokens, err = identity.ParseKeys(c.TokenKeys.Reveal()); err != nil {
		return fmt.Errorf("CASTAD_TOKEN_KEYS: %w", err)
	}
	if a.tokens, err = identity.NewVerifier(p.tokens, c.TokenIssuer, c.TokenAud, clock); err != nil {
		return fmt.Errorf("CASTAD_TOKEN_KEYS: %w", err)
	}
	if a.operators, err = identity.NewVerifier(p.tokens, c.TokenIssuer, c.AdminAud, clock); err != nil {
		return fmt.Errorf("CASTAD_ADMIN_AUDIENCE: %w", err)
	}
	return nil
}

// sealer encrypts what must be kept secret.
func sealer(c config.Config) (*seal.Sealer, error) {
	var credential azcore.TokenCredential
	var err error
	if c.SealVaultKeyURL != "" {
		if credential, err = managed(c); err != nil {
			return nil, err
		}
	}
	return seal.Configured(clock, c.SealKeys.Reveal(), c.SealVaultKeyURL, credential)
}

func (a *app) stores(c config.Config, p *parts, meter *meter) error {
	var err error
	if a.db, err = store.Open(store.Config{DSN: c.MySQLDSN.Reveal(), ReplicaDSN: c.MySQLReplicaDSN.Reveal(), Stage: string(c.Stage),
		Host: string(c.HostKind), Group: c.ScaleGroup, Hooks: meter.hooks()}); err != nil {
		return err
	}
	meter.watch(a.db)
	credential, err := managed(c)
	if err != nil {
		return err
	}
	if p.bus, err = servicebus.Open(servicebus.Config{ConnectionString: c.ServiceBus.Reveal(), Namespace: c.ServiceBusNamespace, Credential: credential}); err != nil {
		return err
	}
	p.files, err = blob.Open(blob.Config{ConnectionString: c.Blob.Reveal(), AccountURL: c.BlobAccountURL, Credential: credential, Container: c.BlobContainer})
	return err
}

// managed is the app's managed identity, where one is used.
func managed(c config.Config) (azcore.TokenCredential, error) {
	if c.ServiceBusNamespace == "" && c.BlobAccountURL == "" && c.SealVaultKeyURL == "" {
		return nil, nil
	}
	credential, err := azidentity.NewManagedIdentityCredential(nil)
	if err != nil {
		return nil, fmt.Errorf("use the managed identity: %w", err)
	}
	return credential, nil
}

// guards makes what keeps all instances within the vendors' limits.
func (a *app) guards(c config.Config, log *slog.Logger, meter *meter) error {
	limits, err := guard.ParseRules(c.VendorLimits)
	if err != nil {
		return fmt.Errorf("CASTAD_VENDOR_LIMITS: %w", err)
	}
	t := guard.DefaultThresholds()
	t.Cooldown = c.BreakerCooldown
	var process [8]byte
	_, _ = rand.Read(process[:]) // never fails (Go 1.24)
	a.guard = guard.New(guard.Config{DB: a.db.Primary(), Rules: limits, Process: hex.EncodeToString(process[:]), Thresholds: t, Now: clock, Log: log, Meter: meter})
	return nil
}

// limit makes what keeps callers within limits, and the cache: in Redis where one is set up, else in this process.
func (a *app) limit(c config.Config, log *slog.Logger, meter *meter, p *parts) error {
	var err error
	if a.classes, err = parseClasses(c.RateLimits); err != nil {
		return err
	}
	if a.redis, err = openRedis(c, log); err != nil {
		return err
	}
	p.cache = cache.New(cache.Config{Redis: a.redis, Secret: redisSecret(a.envelopes), Now: clock, Failed: func(err error) { log.Debug("the cache does without Redis", "err", err.Error()) }})
	a.limits = &limits{count: meter.limited, bypass: newBypass(c.Stage == config.Local || c.Bypass == "allow", a.db.Primary(), time.Now, log)}
	local := limiter.NewMemory(limiter.Elapsed(), withSites(a.classes)...)
	a.limits.keeper = local
	if a.redis != nil {
		a.limits.keeper = limiter.NewShared(limiter.NewRedis(a.redis, redisSecret(a.envelopes)), local, func(err error) {
			log.Warn("Redis does not answer: calls are counted by this process alone, paid ones are refused", "err", err.Error())
		})
	}
	return nil
}

// vendors makes the clients of the vendors, all of which ask the guard first.
func vendors(c config.Config, p *parts, g *guard.Guard, observe func(provider.Observation)) error {
	var err error
	h := provider.HTTP{Guard: g, Observe: observe}
	if p.chat, err = openai.New(openai.Config{BaseURL: c.OpenAIURL, Key: c.OpenAIKey.Reveal(), Model: c.OpenAIModel, Format: c.OpenAIFormat, HTTP: h}); err != nil {
		return fmt.Errorf("CASTAD_OPENAI_URL: %w", err)
	}
	table := suno.SunoAPI() // config has checked the name
	if c.SunoTable == "kie" {
		table = suno.Kie()
	}
	p.songKey = c.SunoCallbackKey.Reveal()
	if p.music, err = suno.New(suno.Config{BaseURL: c.SunoURL, Key: c.SunoKey.Reveal(), Model: c.SunoModel, Table: table, HTTP: h}); err != nil {
		return fmt.Errorf("CASTAD_SUNO_URL: %w", err)
	}
	if p.renderer, err = creatomate.New(creatomate.Config{BaseURL: c.CreatomateURL, Key: c.CreatomateKey.Reveal(), HTTP: h}); err != nil {
		return fmt.Errorf("CASTAD_CREATOMATE_URL: %w", err)
	}
	if p.channels, err = newChannels(c, provider.HTTP{Guard: posting{g}, Observe: observe}); err != nil {
		return err
	}
	p.consents = p.channels.consents()
	if err := p.login(c, h); err != nil {
		return err
	}
	if err := p.finders(c, h); err != nil {
		return err
	}
	p.downloads = provider.Downloader{Provider: "result", Allow: c.DownloadOrigins, Guard: h.Guard}
	if err := p.downloads.Check(); err != nil {
		return fmt.Errorf("CASTAD_DOWNLOAD_ORIGINS: %w", err)
	}
	return nil
}

// finders are who is asked about places: nobody, unless the settings say so.
func (p *parts) finders(c config.Config, h provider.HTTP) error {
	var err error
	if p.kakao != nil {
		p.search = append(p.search, remembered(p.cache, "kakao", kakaoHits, atKakao{p.kakao}))
	}
	if c.NaverAdapter == string(naver.Legacy) || c.NaverAdapter == string(naver.Hub) {
		n, err := naver.New(naver.Config{Adapter: naver.Adapter(c.NaverAdapter), BaseURL: c.NaverURL, ID: c.NaverID, Secret: c.NaverSecret.Reveal(),
			MapURL: c.NaverMapURL, MapID: c.NaverMapID, MapSecret: c.NaverMapSecret.Reveal(), HTTP: h})
		if err != nil {
			return fmt.Errorf("CASTAD_NAVER_URL: %w", err)
		}
		p.search = append(p.search, remembered(p.cache, "naver", naverHits, n))
	}
	if c.PlaceFetch == "on" {
		if p.pages, err = naver.NewPages(naver.PagesConfig{Contact: c.PlaceFetchContact, Via: c.PlaceFetchVia, Guard: h.Guard, Now: clock}); err != nil {
			return fmt.Errorf("CASTAD_PLACE_FETCH_CONTACT: %w", err)
		}
	}
	return nil
}

// recipe names the providers and reserves their prices. Prices are won for one
// call, rounded up: a lyric of 2,000 tokens, twelve music credits, a minute of
// rendering (reference prices of November 2026).
func recipe() ad.Recipe {
	return ad.Recipe{Providers: ad.Providers{Lyric: "openai", Song: "suno", Video: "creatomate"}, Costs: ad.Costs{Lyric: 20, Song: 90, Video: 400}}
}

func rules(c config.Config) pipeline.Rules {
	r := pipeline.DefaultRules()
	r.Lease = c.Lease
	r.Skew, r.ReconcileFor, r.SweepGrace, r.RunDeadline = c.LeaseSkew, c.ReconcileWindow, c.SweepGrace, c.RunDeadline
	r.PollFirst, r.PollMax = c.PollFirst, c.PollMax
	r.ApprovalFor, r.DailyCapWon, r.DailyStarts, r.Running = c.Approval, c.DailyCapWon, c.DailyStarts, c.RunningRuns
	return r
}

// callbackURL is where a vendor reports about one call; "" without a public address.
func callbackURL(public string) func(message.Kind, string) string {
	return func(kind message.Kind, token string) string {
		if public == "" || (kind != message.Song && kind != message.Video) {
			return ""
		}
		return strings.TrimSuffix(public, "/") + "/api/v1/callbacks/" + string(kind) + "/" + token
	}
}

// seal signs a wake-up when it is sent; a scheduled one is good from its delivery on.
func (a *app) seal(queue, messageID string, body []byte, notBefore time.Time) ([]byte, error) {
	life := envelopeLife
	if ahead := time.Until(notBefore); ahead > 0 {
		life += ahead
	}
	return envelope.Seal(clock(), a.envelopes, queue, messageID, "", body, life)
}

// unseal verifies a dead letter's signature as of the time it was good.
func (a *app) unseal(queue string, raw []byte) ([]byte, error) {
	_, body, _, err := envelope.Open(time.Unix(0, 0), a.envelopes, queue, raw)
	return body, err
}

// host serves functions within the limits of their classes.
func (a *app) host(c config.Config, p parts, log *slog.Logger, meter *meter, g *gate, functions ...trigger.Function) (*trigger.Host, error) {
	var err error
	if a.limits.rulings, err = rulings(functions, a.classes); err != nil {
		return nil, err
	}
	return trigger.New(a.options(c, p, log, meter, g), functions...)
}

// options is how the host of the functions is set up.
func (a *app) options(c config.Config, p parts, log *slog.Logger, meter *meter, g *gate) trigger.Options {
	return trigger.Options{Tokens: a.tokens, Ended: a.ended.Has, Ticket: tickets{p.ads}.redeem, Operators: a.operators,
		Operator: func(ctx context.Context, who identity.Principal) error {
			return a.roles.Operator(ctx, who.Tenant, who.User)
		},
		Envelopes: a.envelopes, Ready: g.ready, Log: log, Meter: meter.invocations, Metrics: meter.metrics.Handler(),
		Admit: a.limits.admit, Origins: c.Origins, Proxies: c.Proxies, Own: strings.TrimSuffix(c.PublicURL, "/"), Plain: c.Stage == config.Local,
		Poison: func(ctx context.Context, queue string, raw []byte, reason string) error {
			return p.outbox.Bury(ctx, queue, outbox.Fingerprint(raw), reason, raw)
		},
		Invocation: func(ctx context.Context, name string, kind trigger.Kind, connections int) context.Context {
			lane := store.LaneQueue
			if kind == trigger.KindHTTP {
				lane = store.LaneHTTP
			}
			return store.WithInvocation(ctx, store.Invocation{Function: name, Lane: lane, Connections: connections})
		}}
}
