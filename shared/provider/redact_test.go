package provider

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestRedactURL(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("tK9_", 11)
	for in, want := range map[string]string{
		"https://cdn.example.com/a/b.mp3":                                "https://cdn.example.com/a/b.mp3",
		"https://x.blob.core.windows.net/c/b.mp4?sig=s&se=1#f":           "https://x.blob.core.windows.net/c/b.mp4?***",
		"https://user:pw@example.com/a":                                  "https://example.com/a",
		"https://castad.kr/api/v1/callbacks/song/abc":                    "https://castad.kr/api/v1/callbacks/song/***",
		"https://castad.kr/api/v1/media/abc":                             "https://castad.kr/api/v1/media/***",
		"https://h.example/webhooks/video/short/tail":                    "https://h.example/webhooks/video/***/tail",
		"https://h.example/p/" + token:                                   "https://h.example/p/***",
		"https://h.example/renders/01234567-0000-4000-8000-0123456789ab": "https://h.example/renders/01234567-0000-4000-8000-0123456789ab",
		"not a url":           "***",
		"/only/a/path?sig=1":  "***",
		"mailto:a@b.example":  "***",
		"https://%zz/secret":  "***",
		"https://h.example/?": "https://h.example/?***",
	} {
		if got := RedactURL(in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestRedactMasksSecretsInText(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ in, secret string }{
		"a signed URL":               {"cannot fetch https://h.example/b?sig=SECRETSIG now", "SECRETSIG"},
		"a URL in JSON":              {`{"url":"https:\/\/h.example\/b?st=SECRETSIG"}`, "SECRETSIG"},
		"a bearer token":             {"sent Authorization: Bearer abcDEF.123 to us", "abcDEF.123"},
		"an OpenAI key":              {"Incorrect API key provided: sk-proj-abcdefgh1234", "abcdefgh1234"},
		"our own key":                {"the key own-key-42 is not valid", "own-key-42"},
		"a token field":              {`{"access_token": "abcdef123456", "a": 1}`, "abcdef123456"},
		"a form field":               {"api_key=abc123&x=1", "abc123"},
		"a JWT":                      {"token was eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "eyJzdWIiOiIxIn0"},
		"a Korean mobile number":     {"전화 010-1234-5678 로", "1234-5678"},
		"a number with country code": {"call +82 10-1234-5678", "1234-5678"},
	} {
		if got := Redact(row.in, "own-key-42"); strings.Contains(got, row.secret) || !strings.Contains(got, "***") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := Redact("한빛분식\r\nlevel=error\x1b[31m\u202ex"); strings.ContainsAny(got, "\r\n\x1b\u202e") {
		t.Errorf("a log line can be forged: %q", got)
	}
	if got := Redact(strings.Repeat("가", 500)); len(got) > SnippetBytes || !utf8.ValidString(got) {
		t.Errorf("%d bytes", len(got))
	}
	if got := Redact("the style is too long (1200 > 1000)"); got != "the style is too long (1200 > 1000)" {
		t.Errorf("harmless text was changed: %q", got)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("x https://h.example/b?sig=%s y")
	f.Add("Bearer %s")
	f.Add(`{"url":"https:\/\/u:%s@h.example\/b"}`)
	f.Add("\xff\xfe%s\n")
	f.Fuzz(func(t *testing.T, in string) {
		const secret = "cAnArYsEcReT0123456789"
		got := Redact(strings.Replace(in, "%s", secret, 1)+" "+secret, secret)
		switch {
		case len(got) > SnippetBytes:
			t.Errorf("%d bytes", len(got))
		case !utf8.ValidString(got):
			t.Errorf("not UTF-8: %q", got)
		case strings.Contains(got, secret):
			t.Errorf("the secret shows: %q", got)
		case strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) }):
			t.Errorf("not printable: %q", got)
		}
	})
}

func FuzzRedactURL(f *testing.F) {
	f.Add("https://user:pw@h.example:8443/a//b/../media/x?q#f")
	f.Add("http://[::1]:80/%2e%2e/callbacks/song/x")
	f.Fuzz(func(t *testing.T, in string) {
		got := RedactURL(in)
		if i := strings.IndexByte(got, '?'); i >= 0 && got[i:] != "?***" {
			t.Errorf("%q: a query shows: %q", in, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("%q: not printable: %q", in, got)
		}
	})
}
