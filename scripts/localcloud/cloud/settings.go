package cloud

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strconv"
)

// localSettings are the app's settings on this machine. The times are short,
// because the vendors answer in seconds and nobody wants to wait for a sweep.
func (c *Cloud) localSettings(port string) map[string]string {
	studio, youtube, instagram := "http://"+c.state.addr("studio"), c.YouTubeURL(), c.InstagramURL()
	s := map[string]string{
		"FUNCTIONS_WORKER_RUNTIME":                 "custom",
		"AzureWebJobsStorage":                      c.blobs.ConnectionString(),
		"AzureFunctionsJobHost__sequentialRestart": "true",
		"CASTAD_STAGE":                             "local",
		"CASTAD_HOST_KIND":                         "reference",
		"CASTAD_MYSQL_DSN":                         c.dsn,
		"CASTAD_SERVICEBUS":                        c.bus.ConnectionString(),
		"CASTAD_BLOB":                              c.blobs.ConnectionString(),
		"CASTAD_BLOB_CONTAINER":                    container,
		"CASTAD_PUBLIC_URL":                        "http://127.0.0.1:" + port,
		"CASTAD_OPENAI_URL":                        studio + "/v1",
		"CASTAD_OPENAI_KEY":                        c.state.Secrets["studio"],
		"CASTAD_OPENAI_MODEL":                      "castad-studio",
		"CASTAD_SUNO_URL":                          studio,
		"CASTAD_SUNO_KEY":                          c.state.Secrets["studio"],
		"CASTAD_SUNO_MODEL":                        "V5",
		"CASTAD_CREATOMATE_URL":                    studio,
		"CASTAD_CREATOMATE_KEY":                    c.state.Secrets["studio"],
		"CASTAD_YOUTUBE_CLIENT_ID":                 appID,
		"CASTAD_YOUTUBE_CLIENT_SECRET":             c.state.Secrets["youtube"],
		"CASTAD_YOUTUBE_MAY_DELETE":                "true",
		"CASTAD_YOUTUBE_API_URL":                   youtube,
		"CASTAD_YOUTUBE_TOKEN_URL":                 youtube,
		"CASTAD_YOUTUBE_AUTHORIZE_URL":             youtube + "/o/oauth2/v2/auth",
		"CASTAD_YOUTUBE_WATCH_URL":                 youtube,
		"CASTAD_INSTAGRAM_APP_ID":                  appID,
		"CASTAD_INSTAGRAM_APP_SECRET":              c.state.Secrets["instagram"],
		"CASTAD_INSTAGRAM_GRAPH_URL":               instagram,
		"CASTAD_INSTAGRAM_API_URL":                 instagram,
		"CASTAD_INSTAGRAM_AUTHORIZE_URL":           instagram + "/oauth/authorize",
		"CASTAD_INSTAGRAM_POLL":                    "1s",
		"CASTAD_APP_URL":                           "http://127.0.0.1:" + port,
		"CASTAD_KAKAO_REST_KEY":                    appID,
		"CASTAD_KAKAO_CLIENT_SECRET":               c.state.Secrets["kakao"],
		"CASTAD_KAKAO_ADMIN_KEY":                   c.state.Secrets["kakao-admin"],
		"CASTAD_KAKAO_APP_ID":                      kakaoApp,
		"CASTAD_KAKAO_NATIVE_KEY":                  kakaoNative,
		"CASTAD_KAKAO_AUTH_URL":                    c.KakaoURL(),
		"CASTAD_KAKAO_API_URL":                     c.KakaoURL(),
		"CASTAD_KAKAO_LOCAL_URL":                   c.KakaoURL(),
		"CASTAD_DOWNLOAD_ORIGINS":                  studio,
		// Everybody on this machine has one address.
		"CASTAD_RATE_LIMITS":         "auth=300/1m,live=1000/1s,general=30/1s,callback=1000/1s",
		"CASTAD_LEASE_SKEW":          "1s",
		"CASTAD_RECONCILE_WINDOW":    "30s",
		"CASTAD_SWEEP_GRACE":         "3s",
		"CASTAD_POLL_FIRST":          "1s",
		"CASTAD_POLL_MAX":            "3s",
		"CASTAD_RUN_DEADLINE":        "30m",
		"CASTAD_RELAY_SCHEDULE":      "*/5 * * * * *",
		"CASTAD_SWEEP_SCHEDULE":      "*/2 * * * * *",
		"CASTAD_DEADLETTER_SCHEDULE": "*/30 * * * * *",
		"CASTAD_PURGE_SCHEDULE":      "0 20 18 * * *",
		"CASTAD_RENEW_SCHEDULE":      "0 10 * * * *",
		"CASTAD_MEASURE_SCHEDULE":    "*/5 * * * * *",
		"CASTAD_ERASE_SCHEDULE":      "*/10 * * * * *",
	}
	for _, name := range keyNames {
		s[name] = c.state.Secrets[name]
	}
	maps.Copy(s, c.o.Settings)
	return s
}

// writeSettings writes local.settings.json as func and the stand-in read it.
func writeSettings(file string, values map[string]string, port string) error {
	n, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("public port %q: %w", port, err)
	}
	text, err := json.MarshalIndent(map[string]any{"IsEncrypted": false, "Values": values, "Host": map[string]any{"LocalHttpPort": n}}, "", "  ")
	if err != nil {
		return fmt.Errorf("write local.settings.json: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write local.settings.json: %w", err)
	}
	return nil
}
