package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"castad/shared/identity"

	"github.com/google/go-cmp/cmp"
)

// set gives the process the sample's settings and then those of the row.
func set(t *testing.T, row map[string]string) {
	t.Helper()
	raw, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Values map[string]string }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for name, value := range file.Values {
		t.Setenv(name, value)
	}
	for name, value := range row {
		t.Setenv(name, value)
	}
}

// real are settings that a deployment may have.
func real() map[string]string {
	return map[string]string{
		"CASTAD_STAGE":         "s1",
		"CASTAD_SERVICEBUS":    "",
		"CASTAD_BLOB":          "",
		"CASTAD_PUBLIC_URL":    "https://castad.example",
		"CASTAD_ENVELOPE_KEYS": "e1:" + "ZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWU=",
		"CASTAD_TOKEN_KEYS":    "t1:" + "dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHQ=",
		"CASTAD_MEDIA_KEYS":    "m1:" + "bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW0=",
		"CASTAD_SEAL_KEYS":     "", "CASTAD_SEAL_VAULT_KEY_URL": "https://castad.vault.azure.net/keys/castad-seal",
		"CASTAD_OPENAI_URL": "https://llm.example/v1", "CASTAD_SUNO_URL": "https://song.example", "CASTAD_CREATOMATE_URL": "https://film.example/v2",
		"CASTAD_YOUTUBE_API_URL": "", "CASTAD_YOUTUBE_TOKEN_URL": "", "CASTAD_YOUTUBE_AUTHORIZE_URL": "", "CASTAD_YOUTUBE_WATCH_URL": "",
		"CASTAD_INSTAGRAM_GRAPH_URL": "", "CASTAD_INSTAGRAM_API_URL": "", "CASTAD_INSTAGRAM_AUTHORIZE_URL": "", "CASTAD_DOWNLOAD_ORIGINS": "https://cdn.example,https://cdn2.example",
		"CASTAD_APP_URL": "https://app.castad.example", "CASTAD_KAKAO_AUTH_URL": "", "CASTAD_KAKAO_API_URL": "", "CASTAD_KAKAO_LOCAL_URL": "",
		"CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE": "castad.servicebus.windows.net",
		"CASTAD_BLOB_ACCOUNT_URL":                    "https://castad.blob.core.windows.net",
	}
}

func TestTokenDefaultsAreTheIssuers(t *testing.T) {
	set(t, nil)
	if c, err := Load(); err != nil || c.TokenIssuer != identity.DefaultIssuer || c.TokenAud != identity.DefaultAudience || c.AdminAud != identity.DefaultAdminAudience {
		t.Errorf("%q %q %q %v", c.TokenIssuer, c.TokenAud, c.AdminAud, err)
	}
}

func TestTheSampleLoads(t *testing.T) {
	set(t, nil)
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if c.Stage != Local || c.PollMax != 20*time.Second || c.RunDeadline != 32*time.Hour || !strings.Contains(c.MySQLDSN.Reveal(), "@tcp(") {
		t.Errorf("read %+v", c)
	}
}

func TestADeploymentLoads(t *testing.T) {
	set(t, real())
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if c.ServiceBusNamespace != "castad.servicebus.windows.net" || c.ServiceBus.Set() {
		t.Errorf("the name with two underscores was not read: %+v", c)
	}
	if diff := cmp.Diff([]string{"https://cdn.example", "https://cdn2.example"}, c.DownloadOrigins); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptySettingHasItsDefault(t *testing.T) {
	set(t, map[string]string{"CASTAD_POLL_MAX": "", "CASTAD_BLOB_CONTAINER": "", "CASTAD_STAGE": ""})
	c, err := Load()
	if err != nil || c.PollMax != 20*time.Second || c.BlobContainer != "castad" || c.Stage != Local {
		t.Errorf("%v %q %q: %v", c.PollMax, c.BlobContainer, c.Stage, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		with map[string]string
		says string
	}{
		"an unknown stage":                          {with(real(), "CASTAD_STAGE", "prod"), `CASTAD_STAGE is "prod"; it must be one of local, s1, s2, s3`},
		"premium without a scale group":             {with(real(), "CASTAD_HOST_KIND", "premium"), `CASTAD_SCALE_GROUP is ""; on the host kind premium it must be one of api, worker, canary`},
		"a scale group where there is one app":      {with(real(), "CASTAD_SCALE_GROUP", "api"), "CASTAD_SCALE_GROUP is set, but only"},
		"a signing key of a vendor that signs none": {map[string]string{"CASTAD_SUNO_CALLBACK_KEY": "k"}, "CASTAD_SUNO_CALLBACK_KEY is set, but CASTAD_SUNO_TABLE is sunoapi"},
		"no database":                               {map[string]string{"CASTAD_MYSQL_DSN": ""}, "CASTAD_MYSQL_DSN is not set"},
		"two ways to the queue":                     {map[string]string{"CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE": "a.b"}, "both set"},
		"no way to the queue":                       {map[string]string{"CASTAD_SERVICEBUS": ""}, "both not set; one must be"},
		"a URL for the namespace":                   {map[string]string{"CASTAD_SERVICEBUS": "", "CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE": "https://x"}, "must be a host name"},
		"no blob account":                           {map[string]string{"CASTAD_BLOB": ""}, "CASTAD_BLOB and CASTAD_BLOB_ACCOUNT_URL are both not set"},
		"a container of more than 63 characters":    {map[string]string{"CASTAD_BLOB_CONTAINER": strings.Repeat("a-", 40) + "a"}, "CASTAD_BLOB_CONTAINER must be"},
		"a container that Azure refuses":            {map[string]string{"CASTAD_BLOB_CONTAINER": "Cast--ad"}, "CASTAD_BLOB_CONTAINER must be"},
		"a short key":                               {map[string]string{"CASTAD_MEDIA_KEYS": "m:c2hvcnQ="}, "CASTAD_MEDIA_KEYS: key \"m\" has 5 bytes"},
		"no key":                                    {map[string]string{"CASTAD_TOKEN_KEYS": ""}, "CASTAD_TOKEN_KEYS is not set"},
		"a token key that is no seed":               {map[string]string{"CASTAD_TOKEN_KEYS": "t:dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0"}, "an Ed25519 seed has 32"},
		"no key that seals":                         {map[string]string{"CASTAD_SEAL_KEYS": ""}, "CASTAD_SEAL_KEYS is not set"},
		"a sealing key with an end":                 {map[string]string{"CASTAD_SEAL_KEYS": "a:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=,b:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=@2026-12-01T00:00:00Z"}, `CASTAD_SEAL_KEYS: key "b" has an end`},
		"the development key that seals":            {with(real(), "CASTAD_SEAL_KEYS", "dev:Y2FzdGFkLWRldmVsb3BtZW50LW9ubHktc2VhbHMtMDE="), `CASTAD_SEAL_KEYS: key "dev" is the development key`},
		"a vault without encryption":                {with(real(), "CASTAD_SEAL_VAULT_KEY_URL", "http://castad.vault.azure.net/keys/castad-seal"), "CASTAD_SEAL_VAULT_KEY_URL must use https"},
		"one key for two things":                    {map[string]string{"CASTAD_TOKEN_KEYS": "t:Y2FzdGFkLWRldmVsb3BtZW50LW9ubHktZW52ZWwtMDE="}, "is also a key of CASTAD_ENVELOPE_KEYS"},
		"a duration without a unit":                 {map[string]string{"CASTAD_POLL_MAX": "20"}, `CASTAD_POLL_MAX is not a duration such as "30s"`},
		"a negative duration":                       {map[string]string{"CASTAD_LEASE_SKEW": "-1s"}, "CASTAD_LEASE_SKEW must be more than nothing"},
		"a longest poll shorter than the first":     {map[string]string{"CASTAD_POLL_FIRST": "1m"}, "CASTAD_POLL_MAX (20s) is less than CASTAD_POLL_FIRST (1m0s)"},
		"a deadline inside the reconcile window":    {map[string]string{"CASTAD_RUN_DEADLINE": "15m"}, "CASTAD_RUN_DEADLINE (15m0s) must be more"},
		"a cap below nothing":                       {map[string]string{"CASTAD_DAILY_CAP_WON": "-1"}, "CASTAD_DAILY_CAP_WON must not be less than 0"},
		"a schedule of five fields":                 {map[string]string{"CASTAD_SWEEP_SCHEDULE": "* * * * *"}, "CASTAD_SWEEP_SCHEDULE must have six fields"},
		"a vendor without a URL":                    {map[string]string{"CASTAD_SUNO_URL": ""}, "CASTAD_SUNO_URL is not set"},
		"a vendor URL without a scheme":             {map[string]string{"CASTAD_SUNO_URL": "song.example"}, "CASTAD_SUNO_URL must be a URL"},
		"a vendor URL with a password":              {map[string]string{"CASTAD_SUNO_URL": "http://u:p@song.example"}, "CASTAD_SUNO_URL must not carry a password"},
		"a public URL with a path":                  {map[string]string{"CASTAD_PUBLIC_URL": "https://castad.example/api"}, "CASTAD_PUBLIC_URL must not have a path"},
		"a download origin with a path":             {map[string]string{"CASTAD_DOWNLOAD_ORIGINS": "https://a.example,https://b.example/x"}, "CASTAD_DOWNLOAD_ORIGINS, item 2, must not have a path"},
		"a channel without its secret":              {map[string]string{"CASTAD_YOUTUBE_CLIENT_SECRET": ""}, "CASTAD_YOUTUBE_CLIENT_ID and CASTAD_YOUTUBE_CLIENT_SECRET must both be set"},
		"a secret without its channel":              {map[string]string{"CASTAD_INSTAGRAM_APP_ID": ""}, "CASTAD_INSTAGRAM_APP_ID and CASTAD_INSTAGRAM_APP_SECRET must both be set"},
		"a channel that nobody can come back to":    {map[string]string{"CASTAD_PUBLIC_URL": "", "CASTAD_APP_URL": ""}, "CASTAD_PUBLIC_URL is not set: owners come back"},
		"a channel without encryption":              {with(real(), "CASTAD_YOUTUBE_TOKEN_URL", "http://token.example"), "CASTAD_YOUTUBE_TOKEN_URL must use https outside"},
		"tokens over the air":                       {map[string]string{"CASTAD_INSTAGRAM_AUTHORIZE_URL": "http://consent.example/x"}, "CASTAD_INSTAGRAM_AUTHORIZE_URL must use https: owners' tokens"},
		"a stand-in outside local":                  {with(real(), "CASTAD_YOUTUBE_API_URL", "https://127.0.0.1:8078"), "CASTAD_YOUTUBE_API_URL is this machine itself"},
		"an API address with a path":                {map[string]string{"CASTAD_INSTAGRAM_GRAPH_URL": "https://graph.example/v25.0"}, "CASTAD_INSTAGRAM_GRAPH_URL must not have a path"},
		"an operator like any user":                 {map[string]string{"CASTAD_ADMIN_AUDIENCE": "castad-api"}, "CASTAD_ADMIN_AUDIENCE is CASTAD_TOKEN_AUDIENCE"},
		"a login that nobody can come back to":      {map[string]string{"CASTAD_PUBLIC_URL": "", "CASTAD_YOUTUBE_CLIENT_ID": "", "CASTAD_YOUTUBE_CLIENT_SECRET": "", "CASTAD_INSTAGRAM_APP_ID": "", "CASTAD_INSTAGRAM_APP_SECRET": ""}, "browsers come back to it from signing in"},
		"a web client with a path":                  {map[string]string{"CASTAD_APP_URL": "https://castad.example/app"}, "CASTAD_APP_URL must not have a path"},
		"logins over the air":                       {map[string]string{"CASTAD_KAKAO_AUTH_URL": "http://kauth.example"}, "CASTAD_KAKAO_AUTH_URL must use https: who signs in"},
		"a Kakao app without its key":               {map[string]string{"CASTAD_KAKAO_REST_KEY": ""}, "CASTAD_KAKAO_REST_KEY is not set although"},
		"a webhook that nobody can prove":           {map[string]string{"CASTAD_KAKAO_ADMIN_KEY": ""}, "CASTAD_KAKAO_ADMIN_KEY and CASTAD_KAKAO_APP_ID must both be set"},
		"a version that is none":                    {map[string]string{"CASTAD_INSTAGRAM_VERSION": "latest"}, "CASTAD_INSTAGRAM_VERSION must be a version such as v25.0"},
		"an issuer with a space":                    {map[string]string{"CASTAD_TOKEN_ISSUER": "cast ad"}, "CASTAD_TOKEN_ISSUER must not have spaces"},
		"development keys in Azure":                 {with(real(), "CASTAD_TOKEN_KEYS", "dev:Y2FzdGFkLWRldmVsb3BtZW50LW9ubHktdG9rZW4tMDE="), "is the development key"},
		"an emulator in Azure":                      {with(with(real(), "CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE", ""), "CASTAD_SERVICEBUS", "Endpoint=sb://x;UseDevelopmentEmulator=true"), "names the development emulator"},
		"plain storage in Azure":                    {with(with(real(), "CASTAD_BLOB_ACCOUNT_URL", ""), "CASTAD_BLOB", "DefaultEndpointsProtocol=http;AccountName=x"), "without encryption"},
		"a plain vendor in Azure":                   {with(real(), "CASTAD_OPENAI_URL", "http://llm.example"), "CASTAD_OPENAI_URL must use https outside the stage local"},
		"this machine as the public URL in Azure":   {with(real(), "CASTAD_PUBLIC_URL", "https://127.0.0.1"), "CASTAD_PUBLIC_URL is this machine itself"},
		"a plain download origin in Azure":          {with(real(), "CASTAD_DOWNLOAD_ORIGINS", "http://cdn.example"), "CASTAD_DOWNLOAD_ORIGINS, item 1, must use https"},
		"no vendor key in Azure":                    {with(real(), "CASTAD_SUNO_KEY", ""), "CASTAD_SUNO_KEY is not set"},
		"a search without a key":                    {map[string]string{"CASTAD_NAVER_ADAPTER": "hub", "CASTAD_NAVER_ID": "i"}, "CASTAD_NAVER_ID and CASTAD_NAVER_SECRET must be set"},
		"a geocoder without a key":                  {map[string]string{"CASTAD_NAVER_MAP_ID": "i"}, "CASTAD_NAVER_MAP_SECRET is not set although"},
		"a robot that nobody can write to":          {map[string]string{"CASTAD_PLACE_FETCH": "on"}, "CASTAD_PLACE_FETCH_CONTACT is not set although"},
		"the largest stage without Redis":           {with(real(), "CASTAD_STAGE", "s3"), "CASTAD_REDIS_URL is not set; at the stage s3"},
		"Redis over the air":                        {with(real(), "CASTAD_REDIS_URL", "redis://:p@cache.example:6379"), "CASTAD_REDIS_URL must use rediss (TLS)"},
		"Redis without a check of its certificate":  {with(real(), "CASTAD_REDIS_URL", "rediss://:p@cache.example:6380?skip_verify=true"), "CASTAD_REDIS_URL must not skip"},
		"Redis by another scheme":                   {map[string]string{"CASTAD_REDIS_URL": "http://cache.example"}, "CASTAD_REDIS_URL must be a URL"},
		"no proxy":                                  {map[string]string{"CASTAD_PROXIES": "0"}, "CASTAD_PROXIES is 0"},
		"an address of the callers own":             {map[string]string{"CASTAD_PROXIES": "4"}, "CASTAD_PROXIES is 4"},
		"every origin":                              {map[string]string{"CASTAD_ORIGINS": "https://app.example,*"}, "CASTAD_ORIGINS, item 2, must be exactly"},
		"the origin null":                           {map[string]string{"CASTAD_ORIGINS": "null"}, "CASTAD_ORIGINS, item 1, must be exactly"},
		"a pattern of origins":                      {map[string]string{"CASTAD_ORIGINS": "https://*.app.example"}, "CASTAD_ORIGINS, item 1, must be exactly"},
		"a plain origin in Azure":                   {with(real(), "CASTAD_ORIGINS", "http://app.example"), "CASTAD_ORIGINS, item 1, must use https"},
		"a bypass that is half allowed":             {map[string]string{"CASTAD_BYPASS": "maybe"}, "CASTAD_BYPASS is \"maybe\""},
		"a stand-in for Naver in Azure":             {with(real(), "CASTAD_PLACE_FETCH_VIA", "https://naver.example"), "CASTAD_PLACE_FETCH_VIA is a stand-in"},
	} {
		t.Run(name, func(t *testing.T) {
			set(t, row.with)
			_, err := Load()
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Fatalf("got %v, want it to say %q", err, row.says)
			}
			if n := strings.Count(err.Error(), "\n"); n > 0 {
				t.Errorf("more than the one problem:\n%v", err)
			}
		})
	}
}

func with(m map[string]string, name, value string) map[string]string {
	m[name] = value
	return m
}

func TestAllProblemsAreToldAtOnceAndNoneShowsASecret(t *testing.T) {
	const canary = "hunter2-canary"
	set(t, map[string]string{
		"CASTAD_MYSQL_DSN": "", "CASTAD_ENVELOPE_KEYS": "k:" + canary, "CASTAD_TOKEN_KEYS": canary,
		"CASTAD_POLL_FIRST": canary, "CASTAD_SERVICEBUS": canary, "CASTAD_SUNO_URL": "http://u:" + canary + "@h", "CASTAD_OPENAI_URL": "::" + canary,
	})
	_, err := Load()
	if err == nil {
		t.Fatal("it loaded")
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 7 {
		t.Errorf("%d problems:\n%v", len(lines), err)
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("a secret shows:\n%v", err)
	}
}

func TestASecretIsNeverSeen(t *testing.T) {
	t.Parallel()
	const canary = "hunter2-canary"
	c := Config{MySQLDSN: NewSecret(canary)}
	var line strings.Builder
	slog.New(slog.NewJSONHandler(&line, nil)).Info("x", "config", c, "dsn", c.MySQLDSN, "pointer", &c.MySQLDSN)
	slog.New(slog.NewTextHandler(&line, nil)).Info("x", "config", c, "dsn", c.MySQLDSN)
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", c), "%+v": fmt.Sprintf("%+v", c), "%#v": fmt.Sprintf("%#v", c), "%s": fmt.Sprintf("%s", any(c.MySQLDSN)),
		"%q": fmt.Sprintf("%q", c.MySQLDSN), "%x": fmt.Sprintf("%x", c.MySQLDSN), "json": string(encoded), "slog": line.String(),
	} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e746572") {
			t.Errorf("%s shows it: %s", name, text)
		}
	}
	if NewSecret(canary).Reveal() != canary {
		t.Error("Reveal does not")
	}
}

func TestUnknownNamesTypingMistakes(t *testing.T) {
	set(t, map[string]string{"CASTAD_MYSQL_DNS": "x", "CASTAD_TEST_SERVER": "x"})
	if diff := cmp.Diff([]string{"CASTAD_MYSQL_DNS"}, Unknown()); diff != "" {
		t.Error(diff)
	}
}
