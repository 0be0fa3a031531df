// Package config is every setting of CastAD: its name, its default, what it
// means, and what makes no sense. It is the only reader of the environment.
//
// Load reads all of them and reports everything that is wrong at once, in
// sentences that name the setting and never show a value that may be secret.
// Outside the stage "local" it also refuses what only a laptop may have:
// unencrypted vendors and databases, emulators, and the development keys of
// local.settings.sample.json. An empty setting counts as one that is not there.
//
// docs/settings.md and local.settings.sample.json are made from the Config
// struct; a test fails when they differ (go test ./shared/config -update).
//
// Only main and the programs under scripts import this package: everything
// else is given what it needs.
package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// Stage is the size that CastAD runs at.
type Stage string

// The stages.
const (
	Local Stage = "local" // a developer's machine
	S1    Stage = "s1"    // up to 50 concurrent users
	S2    Stage = "s2"    // 50 to 200
	S3    Stage = "s3"    // 200 to 1,000
)

// HostKind is what the Functions host runs on; the connection rule depends on it.
type HostKind string

// The kinds of hosts.
const (
	Reference    HostKind = "reference" // the fixed instances of the requirements document
	Premium      HostKind = "premium"
	ContainerApp HostKind = "containerapp"
	Flex         HostKind = "flex"
)

// Config is every setting. Tags: envconfig is the name; default is the value
// when it is not set; sample is the value in local.settings.sample.json when
// that is not the default; one lists the allowed values; by "host" marks what
// the Functions host sets itself; desc is the documentation.
type Config struct {
	Port       string   `envconfig:"FUNCTIONS_CUSTOMHANDLER_PORT" by:"host" desc:"Port on 127.0.0.1 that the Functions host tells the handler to listen on."`
	Stage      Stage    `envconfig:"CASTAD_STAGE" default:"local" one:"local,s1,s2,s3" desc:"Size of the deployment. Decides the connection budget; outside local, encryption and real keys are demanded."`
	HostKind   HostKind `envconfig:"CASTAD_HOST_KIND" default:"reference" one:"reference,premium,containerapp,flex" desc:"What the Functions host runs on. Decides how the connection budget is shared among instances."`
	ScaleGroup string   `envconfig:"CASTAD_SCALE_GROUP" desc:"Which of the apps that share the database this one is, on premium and containerapp: api, worker or canary. Decides the size of its pools. Empty elsewhere."`
	LogLevel   string   `envconfig:"CASTAD_LOG_LEVEL" default:"info" one:"debug,info,warn,error" desc:"Least severe log line that is written."`

	MySQLDSN        Secret `envconfig:"CASTAD_MYSQL_DSN" sample:"castad:castad@tcp(127.0.0.1:3307)/castad" desc:"Data source name of the primary, as go-sql-driver/mysql reads it. Outside local TLS with a checked certificate is always used, and a DSN that turns it off is refused."`
	MySQLReplicaDSN Secret `envconfig:"CASTAD_MYSQL_REPLICA_DSN" desc:"Data source name of the read replica. Empty: lists and reports read the primary."`

	ServiceBus          Secret `envconfig:"CASTAD_SERVICEBUS" sample:"Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true" desc:"Connection string of the Service Bus namespace, also used by the host's queue triggers. Set this or CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE."`
	ServiceBusNamespace string `envconfig:"CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE" desc:"Host name of the Service Bus namespace, reached with the app's managed identity (name.servicebus.windows.net)."`

	Blob           Secret `envconfig:"CASTAD_BLOB" sample:"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;" desc:"Connection string of the storage account. Set this or CASTAD_BLOB_ACCOUNT_URL."`
	BlobAccountURL string `envconfig:"CASTAD_BLOB_ACCOUNT_URL" desc:"URL of the storage account, reached with the app's managed identity (https://name.blob.core.windows.net)."`
	BlobContainer  string `envconfig:"CASTAD_BLOB_CONTAINER" default:"castad" desc:"Private container that holds photos, songs and films."`

	PublicURL       string `envconfig:"CASTAD_PUBLIC_URL" sample:"http://127.0.0.1:7071" desc:"Where CastAD is reached from outside, without a path. Builds callback and media URLs; empty: CastAD only polls, and vendors that must fetch from us are refused."`
	EnvelopeKeys    Secret `envconfig:"CASTAD_ENVELOPE_KEYS" sample:"dev:Y2FzdGFkLWRldmVsb3BtZW50LW9ubHktZW52ZWwtMDE=" desc:"Keys that sign queue messages, kid:base64 of at least 32 bytes; the first signs, a second is still accepted (kid:base64,old:base64@2026-12-01T00:00:00Z)."`
	TokenKeys       Secret `envconfig:"CASTAD_TOKEN_KEYS" sample:"dev:Y2FzdGFkLWRldmVsb3BtZW50LW9ubHktdG9rZW4tMDE=" desc:"Ed25519 seeds that sign access tokens, kid:base64 of exactly 32 bytes; the first signs, a second is still accepted."`
	MediaKeys       Secret `envconfig:"CASTAD_MEDIA_KEYS" sample:"dev:Y2FzdGFkLWRldmVsb3BtZW50LW9ubHktbWVkaWEtMDE=" desc:"Keys that sign the expiring media links for vendors, kid:base64 of at least 32 bytes."`
	SealKeys        Secret `envconfig:"CASTAD_SEAL_KEYS" sample:"dev:Y2FzdGFkLWRldmVsb3BtZW50LW9ubHktc2VhbHMtMDE=" desc:"Keys that encrypt the data keys of stored tokens, kid:base64 of at least 32 bytes, without an end; the first seals, a second still opens. Beside CASTAD_SEAL_VAULT_KEY_URL they only open what they sealed before."`
	SealVaultKeyURL string `envconfig:"CASTAD_SEAL_VAULT_KEY_URL" desc:"RSA key in Key Vault that encrypts those data keys instead, reached with the app's managed identity (https://name.vault.azure.net/keys/castad-seal)."`
	TokenIssuer     string `envconfig:"CASTAD_TOKEN_ISSUER" default:"castad" desc:"Claim iss of access tokens."`
	TokenAud        string `envconfig:"CASTAD_TOKEN_AUDIENCE" default:"castad-api" desc:"Claim aud of access tokens."`
	AdminAud        string `envconfig:"CASTAD_ADMIN_AUDIENCE" default:"castad-admin" desc:"Claim aud of operators' access tokens, which open the admin routes and nothing else."`
	AppURL          string `envconfig:"CASTAD_APP_URL" sample:"http://127.0.0.1:7071" desc:"Origin of the web client, to which browsers return from signing in with Kakao and from connecting a channel. Empty: browsers cannot sign in."`

	OpenAIURL       string `envconfig:"CASTAD_OPENAI_URL" sample:"http://127.0.0.1:8077/v1" desc:"Base URL of an OpenAI-compatible chat API: a vendor, a self-hosted model or the studio."`
	OpenAIKey       Secret `envconfig:"CASTAD_OPENAI_KEY" sample:"studio" desc:"Its API key."`
	OpenAIModel     string `envconfig:"CASTAD_OPENAI_MODEL" default:"castad-studio" desc:"Model that writes lyrics; the default is the studio's."`
	OpenAIFormat    string `envconfig:"CASTAD_OPENAI_FORMAT" default:"json_schema" one:"json_schema,json_object,text" desc:"What the model server is asked for as response_format. Less than json_schema only for a server that refuses it, such as DeepSeek's; the lyric is checked in any case."`
	SunoURL         string `envconfig:"CASTAD_SUNO_URL" sample:"http://127.0.0.1:8077" desc:"Base URL of a Suno-compatible music API: a vendor or the studio."`
	SunoKey         Secret `envconfig:"CASTAD_SUNO_KEY" sample:"studio" desc:"Its API key."`
	SunoModel       string `envconfig:"CASTAD_SUNO_MODEL" default:"V5" desc:"Model that sings, by the vendor's name; the studio takes any."`
	SunoTable       string `envconfig:"CASTAD_SUNO_TABLE" default:"sunoapi" one:"sunoapi,kie" desc:"Whose table of status codes the music client reads answers by: sunoapi.org's, which the studio follows too, or kie.ai's."`
	SunoCallbackKey Secret `envconfig:"CASTAD_SUNO_CALLBACK_KEY" desc:"Key with which kie.ai signs its callbacks (webhookHmacKey of its settings page); unsigned ones are then refused. Empty: callbacks are not signed; sunoapi.org and the studio sign none."`

	CreatomateURL string `envconfig:"CASTAD_CREATOMATE_URL" sample:"http://127.0.0.1:8077" desc:"Base URL of a Creatomate-compatible render API: the vendor or the studio."`
	CreatomateKey Secret `envconfig:"CASTAD_CREATOMATE_KEY" sample:"studio" desc:"Its API key."`

	YouTubeClientID     string `envconfig:"CASTAD_YOUTUBE_CLIENT_ID" sample:"castad-local" desc:"OAuth client of the Google Cloud project that uploads to YouTube. It must list the redirect URI CASTAD_PUBLIC_URL/api/v1/social/youtube/callback. Empty: no YouTube accounts can be connected, and no ad be ordered for one."`
	YouTubeClientSecret Secret `envconfig:"CASTAD_YOUTUBE_CLIENT_SECRET" sample:"local" desc:"Its secret."`
	YouTubeAPIURL       string `envconfig:"CASTAD_YOUTUBE_API_URL" default:"https://www.googleapis.com" sample:"http://127.0.0.1:8078" desc:"Origin of the YouTube Data API, or of its stand-in."`
	YouTubeTokenURL     string `envconfig:"CASTAD_YOUTUBE_TOKEN_URL" default:"https://oauth2.googleapis.com" sample:"http://127.0.0.1:8078" desc:"Origin where Google gives and revokes tokens."`
	YouTubeAuthorizeURL string `envconfig:"CASTAD_YOUTUBE_AUTHORIZE_URL" default:"https://accounts.google.com/o/oauth2/v2/auth" sample:"http://127.0.0.1:8078/o/oauth2/v2/auth" desc:"Page where owners consent."`
	YouTubeWatchURL     string `envconfig:"CASTAD_YOUTUBE_WATCH_URL" default:"https://www.youtube.com" sample:"http://127.0.0.1:8078" desc:"Origin of the addresses that posts are shown under."`
	YouTubeMayDelete    bool   `envconfig:"CASTAD_YOUTUBE_MAY_DELETE" default:"false" sample:"true" desc:"Whether owners are asked for the permission to delete videos, so that POST /posts/{id}/remove can. It is a wide one (youtube.force-ssl); without it they delete in YouTube Studio. Accounts that are connected already keep what they allow."`

	InstagramAppID        string        `envconfig:"CASTAD_INSTAGRAM_APP_ID" sample:"castad-local" desc:"Instagram app that publishes reels. It must list the redirect URI CASTAD_PUBLIC_URL/api/v1/social/instagram/callback. Empty: no Instagram accounts can be connected, and no ad be ordered for one."`
	InstagramAppSecret    Secret        `envconfig:"CASTAD_INSTAGRAM_APP_SECRET" sample:"local" desc:"Its secret."`
	InstagramGraphURL     string        `envconfig:"CASTAD_INSTAGRAM_GRAPH_URL" default:"https://graph.instagram.com" sample:"http://127.0.0.1:8079" desc:"Origin of the Instagram Graph API, or of its stand-in."`
	InstagramAPIURL       string        `envconfig:"CASTAD_INSTAGRAM_API_URL" default:"https://api.instagram.com" sample:"http://127.0.0.1:8079" desc:"Origin where Instagram exchanges codes."`
	InstagramAuthorizeURL string        `envconfig:"CASTAD_INSTAGRAM_AUTHORIZE_URL" default:"https://www.instagram.com/oauth/authorize" sample:"http://127.0.0.1:8079/oauth/authorize" desc:"Page where owners consent."`
	InstagramVersion      string        `envconfig:"CASTAD_INSTAGRAM_VERSION" default:"v25.0" desc:"Version of the Graph API; Meta takes each away after two years."`
	InstagramPoll         time.Duration `envconfig:"CASTAD_INSTAGRAM_POLL" default:"1m" sample:"1s" desc:"How often Meta is asked whether it has fetched and processed a film; it wants about once a minute."`

	KakaoRESTKey      Secret `envconfig:"CASTAD_KAKAO_REST_KEY" sample:"castad-local" desc:"REST API key of the Kakao app: people sign in with it, and places are searched for at Kakao first (its Kakao Map product must be switched on). Its console must have OpenID Connect switched on and the redirect URI CASTAD_PUBLIC_URL/api/v1/auth/kakao/callback. Empty: neither."`
	KakaoClientSecret Secret `envconfig:"CASTAD_KAKAO_CLIENT_SECRET" sample:"local" desc:"Its client secret, which Kakao switches on for new apps. Empty: the app has none."`
	KakaoAppID        string `envconfig:"CASTAD_KAKAO_APP_ID" sample:"1" desc:"Its number, which Kakao's word that somebody has ended the link must carry; its console sends that by POST to CASTAD_PUBLIC_URL/api/v1/auth/kakao/unlink. Empty: no such word is believed."`
	KakaoAdminKey     Secret `envconfig:"CASTAD_KAKAO_ADMIN_KEY" sample:"local" desc:"Its primary admin key: proves that word, and ends the link of whoever is erased here. Empty: neither."`
	KakaoNativeKey    Secret `envconfig:"CASTAD_KAKAO_NATIVE_KEY" sample:"castad-app" desc:"Its native app key, for which Kakao's SDK makes id_tokens. Empty: native apps cannot sign in."`
	KakaoAuthURL      string `envconfig:"CASTAD_KAKAO_AUTH_URL" sample:"http://127.0.0.1:8080" desc:"Origin of Kakao's login, or of its stand-in; empty: its own."`
	KakaoAPIURL       string `envconfig:"CASTAD_KAKAO_API_URL" sample:"http://127.0.0.1:8080" desc:"Origin of Kakao's user API; empty: its own."`
	KakaoLocalURL     string `envconfig:"CASTAD_KAKAO_LOCAL_URL" sample:"http://127.0.0.1:8080" desc:"Base URL of Kakao's place search; empty: its own."`
	NaverAdapter      string `envconfig:"CASTAD_NAVER_ADAPTER" default:"off" one:"off,legacy,hub" desc:"By which door Naver is searched for places: legacy (Developers Center, until 2027-06-30), hub (NAVER API HUB), or not at all."`
	NaverURL          string `envconfig:"CASTAD_NAVER_URL" desc:"Base URL of the search APIs; empty: the adapter's own."`
	NaverID           string `envconfig:"CASTAD_NAVER_ID" desc:"The application's client id (legacy) or API key id (hub)."`
	NaverSecret       Secret `envconfig:"CASTAD_NAVER_SECRET" desc:"Its client secret or API key."`
	NaverMapURL       string `envconfig:"CASTAD_NAVER_MAP_URL" desc:"Base URL of Naver's geocoder; empty: its own."`
	NaverMapID        string `envconfig:"CASTAD_NAVER_MAP_ID" desc:"API key id of the geocoder's application. Empty: no geocoding."`
	NaverMapSecret    Secret `envconfig:"CASTAD_NAVER_MAP_SECRET" desc:"Its API key."`

	PlaceFetch        string `envconfig:"CASTAD_PLACE_FETCH" default:"off" one:"off,on" desc:"Whether a place's page at Naver may be read: only with the owner's consent for that place, only what robots.txt allows, one page in several seconds. Read the terms and providers' rights first; off: typed facts serve."`
	PlaceFetchContact string `envconfig:"CASTAD_PLACE_FETCH_CONTACT" desc:"E-mail or https address where the operator can be reached; part of the user agent that asks for pages. Needed when CASTAD_PLACE_FETCH is on."`
	PlaceFetchVia     string `envconfig:"CASTAD_PLACE_FETCH_VIA" desc:"Base URL of a stand-in for Naver's place pages (local only); empty: Naver."`

	RedisURL   Secret   `envconfig:"CASTAD_REDIS_URL" desc:"Redis that all instances share (rediss://:password@host:6380/0), needed at the stage s3: limits are counted and results kept there. Its maxmemory-policy must be noeviction. Empty: each instance counts for itself."`
	RateLimits []string `envconfig:"CASTAD_RATE_LIMITS" default:"auth=5/1m,live=10/1s,general=30/1s,callback=100/1s" desc:"How many calls a caller may make, class=count/time: auth, live (streams and health) and callback (vendors, and files for them) by address, general by user."`
	Proxies    int      `envconfig:"CASTAD_PROXIES" default:"1" desc:"How many proxies of ours a request passes, each of which adds to X-Forwarded-For what it has seen: 1 is the platform's front end alone, 2 with Azure Front Door before it. Callers are limited by the address that the first of them saw, so the app must then refuse what does not come through it (access restriction to AzureFrontDoor.Backend and your X-Azure-FDID)."`
	Bypass     string   `envconfig:"CASTAD_BYPASS" default:"refuse" one:"refuse,allow" desc:"Whether load-test tokens (X-CastAD-Bypass) may lift the rate limits outside the stage local."`
	Origins    []string `envconfig:"CASTAD_ORIGINS" desc:"Web origins whose scripts may call the API, separated by commas, exactly as browsers send them (https://app.example). The platform's own CORS must be empty. Empty: none."`

	DownloadOrigins []string `envconfig:"CASTAD_DOWNLOAD_ORIGINS" sample:"http://127.0.0.1:8077" desc:"Origins, separated by commas, that results may be downloaded from besides each vendor's own (https://cdn.example). Plain http and loopback are for local only."`

	VendorLimits    []string      `envconfig:"CASTAD_VENDOR_LIMITS" default:"suno:generate=20/10s,creatomate:*=30/10s,youtube:insert=100/day@America/Los_Angeles,youtube:metrics=4000/day@America/Los_Angeles,naver:local+image=25000/day@Asia/Seoul,naver:page+short+robots=1000/1h,naver:page=1/5s,naver:short=1/5s,naver:robots=1/5s" desc:"How many calls the vendors allow, for all instances together: vendor:operation=count/time, vendor:one+other=count/day@zone, vendor:* for all operations; separated by commas."`
	BreakerCooldown time.Duration `envconfig:"CASTAD_BREAKER_COOLDOWN" default:"30s" desc:"How long no call is sent to a vendor's operation that fails, before one is tried."`

	Lease           time.Duration `envconfig:"CASTAD_LEASE" default:"15s" desc:"How long a worker's claim of a step holds unless its process renews it; a killed process delays its steps by this and CASTAD_LEASE_SKEW."`
	LeaseSkew       time.Duration `envconfig:"CASTAD_LEASE_SKEW" default:"30s" desc:"How long after its end a lease is left alone, because clocks differ."`
	ReconcileWindow time.Duration `envconfig:"CASTAD_RECONCILE_WINDOW" default:"15m" desc:"How long a call with an unknown outcome is looked for at the vendor before it is given up."`
	SweepGrace      time.Duration `envconfig:"CASTAD_SWEEP_GRACE" default:"2m" desc:"How long a step may be ready without a message before the sweeper wakes it again."`
	PollFirst       time.Duration `envconfig:"CASTAD_POLL_FIRST" default:"5s" desc:"Wait before a vendor is first asked whether a job is ready."`
	PollMax         time.Duration `envconfig:"CASTAD_POLL_MAX" default:"20s" desc:"Longest wait between two such questions."`
	RunDeadline     time.Duration `envconfig:"CASTAD_RUN_DEADLINE" default:"32h" desc:"When a run that has not ended is failed. Making an ad has deadlines of its own, 5 h 30 min together; a post may wait 26 h for the next day's quota."`

	Approval    time.Duration `envconfig:"CASTAD_APPROVAL" default:"720h" desc:"How long an ad that is to be approved waits for it. Its owner is reminded 27 and 3 days before the end; then it is cancelled and its film kept."`
	DailyCapWon int64         `envconfig:"CASTAD_DAILY_CAP_WON" default:"30000" desc:"Won that the ads of one owner may cost in a day of Seoul: what is reserved when they begin, less what is given back. 0: no cap."`
	DailyStarts int           `envconfig:"CASTAD_DAILY_STARTS" default:"30" desc:"Ads that one owner may begin, change or retry in such a day, if that costs something. 0: no cap."`
	DailyPosts  int           `envconfig:"CASTAD_DAILY_POSTS" default:"20" desc:"Posts of one owner that may be ordered to go out in such a day, so that nobody uses up the uploads that a channel allows all owners together. 0: no cap."`
	RunningRuns int           `envconfig:"CASTAD_RUNNING_RUNS" default:"10" desc:"Ads and posts of one owner that may be under way at once; those that wait for approval or for their time are not. 0: no cap."`

	RelaySchedule      string `envconfig:"CASTAD_RELAY_SCHEDULE" default:"*/15 * * * * *" desc:"When the outbox is looked through for messages that the relay after commit did not send (six fields, UTC, read by the host)."`
	SweepSchedule      string `envconfig:"CASTAD_SWEEP_SCHEDULE" default:"0 * * * * *" desc:"When stuck runs are looked for."`
	DeadLetterSchedule string `envconfig:"CASTAD_DEADLETTER_SCHEDULE" default:"30 */5 * * * *" desc:"When the queues' dead letters are looked at."`
	RenewSchedule      string `envconfig:"CASTAD_RENEW_SCHEDULE" default:"0 10 * * * *" desc:"When channel permissions that would end unused are renewed, at most 50 at a time."`
	MeasureSchedule    string `envconfig:"CASTAD_MEASURE_SCHEDULE" default:"15 */5 * * * *" desc:"When channels are asked for the figures of posts whose time has come, at most 50 at a time."`
	EraseSchedule      string `envconfig:"CASTAD_ERASE_SCHEDULE" default:"20 * * * * *" desc:"When users who have left are erased, and sessions and sign-ins that have ended are deleted."`
	PurgeSchedule      string `envconfig:"CASTAD_PURGE_SCHEDULE" default:"0 20 18 * * *" desc:"When what is past its keeping time is deleted (18:20 UTC = 03:20 in Seoul)."`
}

// Load reads the environment. On error the Config is still what could be read.
func Load() (Config, error) {
	c, problems := read()
	return c, errors.Join(append(problems, c.check()...)...)
}

// Unknown names the CASTAD_ settings that are set and that nobody reads: most are typing mistakes.
func Unknown() []string {
	var names []string
	for f := range settings() {
		names = append(names, f.Tag.Get("envconfig"))
	}
	var unknown []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "CASTAD_") && !strings.HasPrefix(name, "CASTAD_TEST_") && !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// settings yields the fields of Config.
func settings() func(yield func(reflect.StructField, int) bool) {
	t := reflect.TypeFor[Config]()
	return func(yield func(reflect.StructField, int) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i), i) {
				return
			}
		}
	}
}

// read lets envconfig fill one field at a time: it stops at the first mistake,
// and we want all of them.
func read() (Config, []error) {
	var c Config
	var problems []error
	all := reflect.ValueOf(&c).Elem()
	for f, i := range settings() {
		name := f.Tag.Get("envconfig")
		// Empty is not set. No variable's name can have a "=", so envconfig takes this one's default.
		unset := f
		unset.Tag = reflect.StructTag(strings.Replace(string(f.Tag), name, name+"=", 1))
		if os.Getenv(name) == "" {
			f = unset
		}
		v, err := process(f)
		if err != nil {
			// envconfig's own text repeats the value, which may be a secret in the wrong place.
			problems = append(problems, fmt.Errorf("%s is not %s", name, wanted(f.Type)))
			// The default, so that check does not find a second fault in the same mistake.
			if v, err = process(unset); err != nil {
				problems = append(problems, fmt.Errorf("%s: its default: %w", name, err))
				continue
			}
		}
		all.Field(i).Set(v)
	}
	return c, problems
}

// process reads a single field.
func process(f reflect.StructField) (reflect.Value, error) {
	one := reflect.New(reflect.StructOf([]reflect.StructField{f}))
	err := envconfig.Process("", one.Interface())
	return one.Elem().Field(0), err
}

func wanted(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return `a duration such as "30s" or "15m"`
	}
	return "a valid " + t.Kind().String()
}
