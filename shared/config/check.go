package config

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"castad/shared/keyring"
)

// development marks the keys of local.settings.sample.json, which the whole world knows.
const development = "castad-development-only-"

// check returns everything in c that makes no sense, in the order of the struct.
func (c Config) check() []error {
	var all problems
	c.checkChoices(&all)
	c.checkGroup(&all)
	c.checkStores(&all)
	c.checkKeys(&all)
	c.checkURLs(&all)
	c.checkChannels(&all)
	c.checkLogin(&all)
	c.checkPlaces(&all)
	c.checkCallers(&all)
	c.checkTimes(&all)
	return all
}

type problems []error

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Errorf(format, args...)) }

func (c Config) local() bool { return c.Stage == Local }

func (c Config) checkChoices(p *problems) {
	if c.SunoCallbackKey.Set() && c.SunoTable != "kie" {
		p.add("CASTAD_SUNO_CALLBACK_KEY is set, but CASTAD_SUNO_TABLE is %s, whose callbacks are not signed: all would be refused", c.SunoTable)
	}
	all := reflect.ValueOf(c)
	for f, i := range settings() {
		if one := f.Tag.Get("one"); one != "" && !slices.Contains(strings.Split(one, ","), all.Field(i).String()) {
			p.add("%s is %q; it must be one of %s", f.Tag.Get("envconfig"), all.Field(i).String(), strings.ReplaceAll(one, ",", ", "))
		}
	}
}

// scaleGroups are the apps that a deployment on such hosts is made of (store.Budgets).
var scaleGroups = []string{"api", "worker", "canary"}

func (c Config) checkGroup(p *problems) {
	grouped := !c.local() && (c.HostKind == Premium || c.HostKind == ContainerApp)
	switch {
	case grouped && !slices.Contains(scaleGroups, c.ScaleGroup):
		p.add("CASTAD_SCALE_GROUP is %q; on the host kind %s it must be one of %s", c.ScaleGroup, c.HostKind, strings.Join(scaleGroups, ", "))
	case !grouped && c.ScaleGroup != "":
		p.add("CASTAD_SCALE_GROUP is set, but only the host kinds premium and containerapp outside the stage local have scale groups; remove it")
	}
}

func (c Config) checkStores(p *problems) {
	if !c.MySQLDSN.Set() { // store says what is wrong with its form
		p.add("CASTAD_MYSQL_DSN is not set; it must be user:password@tcp(host:3306)/database")
	}
	switch bus, namespace := c.ServiceBus.Reveal(), c.ServiceBusNamespace; {
	case bus == "" && namespace == "":
		p.add("CASTAD_SERVICEBUS and CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE are both not set; one must be")
	case bus != "" && namespace != "":
		p.add("CASTAD_SERVICEBUS and CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE are both set; remove one")
	case bus != "" && !strings.HasPrefix(bus, "Endpoint=sb:"):
		p.add("CASTAD_SERVICEBUS must be a connection string that begins with Endpoint=sb://")
	case !c.local() && strings.Contains(strings.ToLower(bus), "usedevelopmentemulator=true"):
		p.add("CASTAD_SERVICEBUS names the development emulator, which only the stage local may use")
	case namespace != "" && (strings.ContainsAny(namespace, "/:") || !strings.Contains(namespace, ".")):
		p.add("CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE must be a host name such as name.servicebus.windows.net")
	}
	lower := strings.ToLower(c.Blob.Reveal())
	switch {
	case lower == "" && c.BlobAccountURL == "":
		p.add("CASTAD_BLOB and CASTAD_BLOB_ACCOUNT_URL are both not set; one must be")
	case lower != "" && c.BlobAccountURL != "":
		p.add("CASTAD_BLOB and CASTAD_BLOB_ACCOUNT_URL are both set; remove one")
	case !c.local() && (strings.Contains(lower, "usedevelopmentstorage=true") || strings.Contains(lower, "http:") ||
		strings.Contains(lower, "defaultendpointsprotocol=http;")):
		p.add("CASTAD_BLOB reaches the storage account without encryption, which only the stage local may do")
	}
	if n := len(c.BlobContainer); n < 3 || n > 63 || !containerName.MatchString(c.BlobContainer) {
		p.add("CASTAD_BLOB_CONTAINER must be 3 to 63 lower case letters, digits and single hyphens")
	}
}

var containerName = regexp.MustCompile(`^[a-z0-9](?:-?[a-z0-9])*$`)

func (c Config) checkKeys(p *problems) {
	seen := map[string]string{}
	for _, set := range []struct {
		name string
		keys Secret
		seed bool
	}{{"CASTAD_ENVELOPE_KEYS", c.EnvelopeKeys, false}, {"CASTAD_TOKEN_KEYS", c.TokenKeys, true}, {"CASTAD_MEDIA_KEYS", c.MediaKeys, false},
		{"CASTAD_SEAL_KEYS", c.SealKeys, false}} {
		if !set.keys.Set() && set.name == "CASTAD_SEAL_KEYS" && c.SealVaultKeyURL != "" {
			continue // the vault's is there instead
		}
		if !set.keys.Set() {
			p.add("%s is not set; it must be kid:base64 of 32 random bytes", set.name)
			continue
		}
		ring, err := keyring.Parse(set.keys.Reveal())
		if err != nil {
			p.add("%s: %w", set.name, err)
			continue
		}
		for _, k := range ring.Keys() {
			if set.seed && len(k.Secret) != ed25519.SeedSize {
				p.add("%s: key %q has %d bytes; an Ed25519 seed has %d", set.name, k.ID, len(k.Secret), ed25519.SeedSize)
			}
			if set.name == "CASTAD_SEAL_KEYS" && !k.Until.IsZero() {
				p.add("%s: key %q has an end, at which everything that it seals would be lost", set.name, k.ID)
			}
			if !c.local() && bytes.HasPrefix(k.Secret, []byte(development)) {
				p.add("%s: key %q is the development key, which everybody knows; only the stage local may use it", set.name, k.ID)
			}
			if other := seen[string(k.Secret)]; other != "" {
				p.add("%s: key %q is also a key of %s; each must have its own", set.name, k.ID, other)
			}
			seen[string(k.Secret)] = set.name
		}
	}
	for _, s := range []struct{ name, value string }{{"CASTAD_TOKEN_ISSUER", c.TokenIssuer}, {"CASTAD_TOKEN_AUDIENCE", c.TokenAud},
		{"CASTAD_ADMIN_AUDIENCE", c.AdminAud}} {
		if strings.ContainsAny(s.value, " \t\r\n") {
			p.add("%s must not have spaces", s.name)
		}
	}
	if c.AdminAud == c.TokenAud {
		p.add("CASTAD_ADMIN_AUDIENCE is CASTAD_TOKEN_AUDIENCE: every user's token would be an operator's by its audience")
	}
}

func (c Config) checkURLs(p *problems) {
	for _, u := range []struct {
		name, value string
		needed      bool
	}{
		{"CASTAD_BLOB_ACCOUNT_URL", c.BlobAccountURL, false},
		{"CASTAD_PUBLIC_URL", c.PublicURL, false},
		{"CASTAD_APP_URL", c.AppURL, false},
		{"CASTAD_SEAL_VAULT_KEY_URL", c.SealVaultKeyURL, false},
		{"CASTAD_OPENAI_URL", c.OpenAIURL, true},
		{"CASTAD_SUNO_URL", c.SunoURL, true},
		{"CASTAD_CREATOMATE_URL", c.CreatomateURL, true},
		{"CASTAD_KAKAO_AUTH_URL", c.KakaoAuthURL, false},
		{"CASTAD_KAKAO_API_URL", c.KakaoAPIURL, false},
		{"CASTAD_KAKAO_LOCAL_URL", c.KakaoLocalURL, false},
		{"CASTAD_NAVER_URL", c.NaverURL, false},
		{"CASTAD_NAVER_MAP_URL", c.NaverMapURL, false},
	} {
		if u.value == "" {
			if u.needed {
				p.add("%s is not set; it must be the base URL of a vendor or of the studio", u.name)
			}
			continue
		}
		c.checkURL(p, u.name, u.value, u.name == "CASTAD_PUBLIC_URL" || u.name == "CASTAD_APP_URL")
	}
	for i, origin := range c.DownloadOrigins {
		c.checkURL(p, fmt.Sprintf("CASTAD_DOWNLOAD_ORIGINS, item %d,", i+1), strings.TrimSpace(origin), true)
	}
	for _, vendor := range []struct {
		name string
		key  Secret
	}{{"CASTAD_OPENAI_KEY", c.OpenAIKey}, {"CASTAD_SUNO_KEY", c.SunoKey}, {"CASTAD_CREATOMATE_KEY", c.CreatomateKey}} {
		if !c.local() && !vendor.key.Set() {
			p.add("%s is not set", vendor.name)
		}
	}
}

// checkChannels looks at the channels that are set up; a half one would fail at an owner's first try.
func (c Config) checkChannels(p *problems) {
	type named struct{ name, value string }
	for _, channel := range []struct {
		id     named
		secret Secret
		urls   []named
	}{
		{named{"CASTAD_YOUTUBE_CLIENT_ID", c.YouTubeClientID}, c.YouTubeClientSecret, []named{{"CASTAD_YOUTUBE_API_URL", c.YouTubeAPIURL},
			{"CASTAD_YOUTUBE_TOKEN_URL", c.YouTubeTokenURL}, {"CASTAD_YOUTUBE_AUTHORIZE_URL", c.YouTubeAuthorizeURL}, {"CASTAD_YOUTUBE_WATCH_URL", c.YouTubeWatchURL}}},
		{named{"CASTAD_INSTAGRAM_APP_ID", c.InstagramAppID}, c.InstagramAppSecret, []named{{"CASTAD_INSTAGRAM_GRAPH_URL", c.InstagramGraphURL},
			{"CASTAD_INSTAGRAM_API_URL", c.InstagramAPIURL}, {"CASTAD_INSTAGRAM_AUTHORIZE_URL", c.InstagramAuthorizeURL}}},
	} {
		for _, u := range channel.urls {
			c.checkURL(p, u.name, u.value, !strings.HasSuffix(u.name, "_AUTHORIZE_URL"))
			if at, err := url.Parse(u.value); err == nil && c.local() && at.Scheme == "http" && !loopback(at.Hostname()) {
				p.add("%s must use https: owners' tokens would travel unencrypted; plain http is for this machine itself", u.name)
			}
		}
		secret := strings.NewReplacer("CLIENT_ID", "CLIENT_SECRET", "APP_ID", "APP_SECRET").Replace(channel.id.name)
		if channel.secret.Set() != (channel.id.value != "") {
			p.add("%s and %s must both be set, or neither", channel.id.name, secret)
		}
	}
	if c.PublicURL == "" && (c.YouTubeClientID != "" || c.InstagramAppID != "") {
		p.add("CASTAD_PUBLIC_URL is not set: owners come back to it from connecting a channel, and Instagram fetches films from it")
	}
	if !version.MatchString(c.InstagramVersion) {
		p.add("CASTAD_INSTAGRAM_VERSION must be a version such as v25.0")
	}
}

// checkLogin looks at signing in with Kakao; without a key there is none.
func (c Config) checkLogin(p *problems) {
	for _, u := range []struct{ name, value string }{{"CASTAD_KAKAO_AUTH_URL", c.KakaoAuthURL}, {"CASTAD_KAKAO_API_URL", c.KakaoAPIURL}} {
		if at, err := url.Parse(u.value); err == nil && c.local() && at.Scheme == "http" && !loopback(at.Hostname()) {
			p.add("%s must use https: who signs in would travel unencrypted; plain http is for this machine itself", u.name)
		}
	}
	if !c.KakaoRESTKey.Set() {
		if c.KakaoClientSecret.Set() || c.KakaoAdminKey.Set() || c.KakaoNativeKey.Set() || c.KakaoAppID != "" {
			p.add("CASTAD_KAKAO_REST_KEY is not set although other settings of the Kakao app are: nobody could sign in")
		}
		return
	}
	if c.AppURL != "" && c.PublicURL == "" {
		p.add("CASTAD_PUBLIC_URL is not set: browsers come back to it from signing in with Kakao")
	}
	if c.KakaoAdminKey.Set() != (c.KakaoAppID != "") {
		p.add("CASTAD_KAKAO_ADMIN_KEY and CASTAD_KAKAO_APP_ID must both be set, or neither: Kakao's word that somebody has ended the link needs both")
	}
}

func (c Config) checkPlaces(p *problems) {
	if c.NaverAdapter != "off" && (c.NaverID == "" || !c.NaverSecret.Set()) {
		p.add("CASTAD_NAVER_ID and CASTAD_NAVER_SECRET must be set when CASTAD_NAVER_ADAPTER is legacy or hub")
	}
	if c.NaverMapID != "" && !c.NaverMapSecret.Set() {
		p.add("CASTAD_NAVER_MAP_SECRET is not set although CASTAD_NAVER_MAP_ID is")
	}
	if c.PlaceFetch == "on" && c.PlaceFetchContact == "" {
		p.add("CASTAD_PLACE_FETCH_CONTACT is not set although CASTAD_PLACE_FETCH is on: whoever is asked must be able to write to us")
	}
	if !c.local() && c.PlaceFetchVia != "" {
		p.add("CASTAD_PLACE_FETCH_VIA is a stand-in, which only the stage local may use")
	}
}

// checkCallers looks at what callers may do.
func (c Config) checkCallers(p *problems) {
	switch u, err := url.Parse(c.RedisURL.Reveal()); {
	case !c.RedisURL.Set() && c.Stage == S3:
		p.add("CASTAD_REDIS_URL is not set; at the stage s3 limits are counted for all instances together")
	case !c.RedisURL.Set():
	case err != nil || u.Scheme != "rediss" && u.Scheme != "redis" || u.Hostname() == "":
		p.add("CASTAD_REDIS_URL must be a URL such as rediss://:password@host:6380/0")
	case !c.local() && u.Scheme != "rediss":
		p.add("CASTAD_REDIS_URL must use rediss (TLS) outside the stage local")
	case !c.local() && u.Query().Has("skip_verify"):
		p.add("CASTAD_REDIS_URL must not skip the check of the server's certificate")
	}
	if c.Proxies < 1 || c.Proxies > 3 {
		p.add("CASTAD_PROXIES is %d; it must be from 1 to 3", c.Proxies)
	}
	for i, origin := range c.Origins {
		name := fmt.Sprintf("CASTAD_ORIGINS, item %d,", i+1)
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Scheme+"://"+strings.ToLower(u.Host) != origin || strings.Contains(u.Host, "*") {
			p.add("%s must be exactly what a browser sends, such as https://app.example: no pattern, no path, no capital letters", name)
			continue
		}
		c.checkURL(p, name, origin, true)
	}
}

var version = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]$`)

func loopback(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }

// checkURL wants an absolute URL; bare = without a path.
func (c Config) checkURL(p *problems, name, value string, bare bool) {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		p.add("%s must be a URL such as https://api.example", name)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		p.add("%s must not carry a password, a query or a fragment", name)
	case bare && u.Path != "" && u.Path != "/":
		p.add("%s must not have a path", name)
	case c.local():
	case u.Scheme != "https":
		p.add("%s must use https outside the stage local", name)
	case loopback(u.Hostname()):
		p.add("%s is this machine itself, which only the stage local may use", name)
	}
}

// field is one field of an NCRONTAB expression: numbers, ranges, lists, steps, names of days and months.
var field = regexp.MustCompile(`^[0-9A-Za-z*,/-]+$`)

// checkTimes looks at what is counted: times, schedules and caps.
func (c Config) checkTimes(p *problems) {
	all := reflect.ValueOf(c)
	for f, i := range settings() {
		name := f.Tag.Get("envconfig")
		if f.Type == reflect.TypeFor[time.Duration]() && all.Field(i).Int() <= 0 {
			p.add("%s must be more than nothing", name)
		}
		if strings.HasSuffix(name, "_SCHEDULE") {
			fields := strings.Split(all.Field(i).String(), " ")
			if len(fields) != 6 || slices.ContainsFunc(fields, func(s string) bool { return !field.MatchString(s) }) {
				p.add("%s must have six fields (second minute hour day month weekday) with one space between them", name)
			}
		}
	}
	if c.PollMax < c.PollFirst {
		p.add("CASTAD_POLL_MAX (%v) is less than CASTAD_POLL_FIRST (%v)", c.PollMax, c.PollFirst)
	}
	if c.RunDeadline > 0 && c.RunDeadline <= c.ReconcileWindow {
		p.add("CASTAD_RUN_DEADLINE (%v) must be more than CASTAD_RECONCILE_WINDOW (%v), or no lost answer is ever found", c.RunDeadline, c.ReconcileWindow)
	}
	for name, most := range map[string]int64{"CASTAD_DAILY_CAP_WON": c.DailyCapWon, "CASTAD_DAILY_STARTS": int64(c.DailyStarts), "CASTAD_DAILY_POSTS": int64(c.DailyPosts), "CASTAD_RUNNING_RUNS": int64(c.RunningRuns)} {
		if most < 0 {
			p.add("%s must not be less than 0, which is no cap", name)
		}
	}
}
