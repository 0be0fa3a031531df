package suno_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/clienttest"
	"castad/shared/provider/providertest"
	"castad/shared/provider/suno"
	"castad/shared/provider/suno/sunotest"
)

func TestASignedCallbackIsToldFromAForgedOne(t *testing.T) {
	t.Parallel()
	const key = "the-key-of-the-settings-page"
	got := make(chan error, 8)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		id, _, err := suno.ParseCallback(body)
		if err == nil {
			err = suno.VerifyCallback(key, id, r.Header.Get(suno.HeaderTimestamp), r.Header.Get(suno.HeaderSignature), time.Now())
		}
		got <- err
	}))
	t.Cleanup(receiver.Close)
	s := sunotest.Start(t, sunotest.Options{SignKey: key})
	s.Next(providertest.Fault{Kind: providertest.CallbackForged})
	in := song
	in.CallbackURL = receiver.URL
	if _, err := client(t, suno.Config{BaseURL: s.URL, Table: suno.Kie()}).Generate(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		select {
		case err := <-got:
			if forged := i == 0; forged && fault.KindOf(err) != fault.Unauthenticated || !forged && err != nil {
				t.Errorf("callback %d: %v", i, err)
			}
		case <-t.Context().Done():
			t.Fatal("callbacks are missing")
		}
	}
}

func TestASignatureThatIsNotGoodIsRefused(t *testing.T) {
	t.Parallel()
	// base64(HMAC-SHA256("t1.1795000000", "key")), made with
	// printf t1.1795000000 | openssl dgst -sha256 -hmac key -binary | base64
	const good, at = "T3jyH+ClGutpWkKwHyDiSslCKTfTwD5X+OSay5s9jLM=", "1795000000"
	now := time.Unix(1795000000, 0)
	if err := suno.VerifyCallback("key", "t1", at, good, now.Add(10*time.Minute)); err != nil {
		t.Errorf("the good one: %v", err)
	}
	for name, row := range map[string]struct {
		key, task, at, signature string
		now                      time.Time
	}{
		"no key is configured":       {"", "t1", at, good, now},
		"another key":                {"kez", "t1", at, good, now},
		"another task":               {"key", "t2", at, good, now},
		"another time":               {"key", "t1", "1795000001", good, now},
		"the same time, written so":  {"key", "t1", "01795000000", good, now},
		"no time":                    {"key", "t1", "", good, now},
		"no number":                  {"key", "t1", "now", good, now},
		"a time beyond all":          {"key", "t1", "9223372036854775807", good, now},
		"no signature":               {"key", "t1", at, "", now},
		"no base64":                  {"key", "t1", at, "%" + good, now},
		"half of it":                 {"key", "t1", at, good[:20], now},
		"hexadecimal":                {"key", "t1", at, strings.Repeat("ab", 32), now},
		"a replay of 11 minutes ago": {"key", "t1", at, good, now.Add(11 * time.Minute)},
		"of the future":              {"key", "t1", at, good, now.Add(-11 * time.Minute)},
		"a task's id with a dot":     {"key", "t1.1795000000", "", good, now},
	} {
		err := suno.VerifyCallback(row.key, row.task, row.at, row.signature, row.now)
		if fault.KindOf(err) != fault.Unauthenticated || strings.Contains(err.Error(), good) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzVerifyCallback(f *testing.F) {
	f.Add("t1", "1795000000", "T3jyH+ClGutpWkKwHyDiSslCKTfTwD5X+OSay5s9jLM=", int64(1795000000))
	f.Add("", "-1", "", int64(0))
	f.Fuzz(func(t *testing.T, task, at, signature string, now int64) {
		err := suno.VerifyCallback("key", task, at, signature, time.Unix(now, 0))
		sent, _ := base64.StdEncoding.DecodeString(signature)
		made, _ := base64.StdEncoding.DecodeString("T3jyH+ClGutpWkKwHyDiSslCKTfTwD5X+OSay5s9jLM=")
		if err == nil && (task+"."+at == "t1.1795000000" && !bytes.Equal(sent, made)) || err != nil && fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%v", err)
		}
		if n, bad := strconv.ParseInt(at, 10, 64); err == nil && (bad != nil || max(n-now, now-n) > 600) {
			t.Errorf("%s at %d", at, now)
		}
	})
}

func TestTheBalanceIsReadAtBothVendors(t *testing.T) {
	t.Parallel()
	s := sunotest.Start(t, sunotest.Options{Key: "k"})
	for _, path := range []string{"", suno.KieCredits} {
		c := client(t, suno.Config{BaseURL: s.URL, Key: "k", CreditsPath: path})
		before, err := c.Credits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Generate(t.Context(), song); err != nil {
			t.Fatal(err)
		}
		if after, err := c.Credits(t.Context()); err != nil || before-after != 12 {
			t.Errorf("%q: %d, then %d: %v", path, before, after, err)
		}
	}
	for body, want := range map[string]int{`97`: 97, `"97.5"`: 97, `-3`: 0, `1e300`: 1<<31 - 1} {
		if got, err := answer(t, 200, `{"code":200,"data":`+body+`}`).Credits(t.Context()); err != nil || got != want {
			t.Errorf("%s: %d %v", body, got, err)
		}
	}
	for _, body := range []string{`null`, `{}`, `""`, `"many"`, `[97]`, `"NaN"`} { // no balance is not a balance of 0
		if _, err := answer(t, 200, `{"code":200,"data":`+body+`}`).Credits(t.Context()); clienttest.ErrorOf(t, err).Class != provider.Later {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestWordsAreReadInEveryFormThatIsSeen(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{
		"sunoapi.org's":                 `{"word":"[Verse]\n전주 ","success":true,"startS":0,"endS":0.5,"palign":0},{"word":"골목","startS":0.5,"endS":1.25}`,
		"times as text":                 `{"word":"전주","startS":"0","endS":"0.5"},{"word":"골목","startS":"0.5","endS":"1.25"}`,
		"Suno's own names":              `{"word":"전주","start_s":0,"end_s":0.5,"p_align":1},{"word":"골목","start_s":0.5,"end_s":1.25}`,
		"a word that is none":           `{"word":"전주","startS":0,"endS":0.5},{"word":{"x":1},"startS":1,"endS":2},7,null,{"word":"골목","startS":0.5,"endS":1.25}`,
		"a word without times":          `{"word":"전주","startS":0,"endS":0.5},{"word":"새"},{"word":"골목","startS":0.5,"endS":1.25}`,
		"a word that ends before it is": `{"word":"전주","startS":0,"endS":0.5},{"word":"새","startS":3,"endS":2},{"word":"골목","startS":0.5,"endS":1.25}`,
		"a word with times of its own":  `{"word":"전주","startS":0,"endS":0.5},{"word":"새","startS":"soon","endS":[1]},{"word":"골목","startS":0.5,"endS":1.25}`,
	} {
		got, err := answer(t, 200, `{"code":200,"data":{"alignedWords":[`+words+`]}}`).Words(t.Context(), "t1", "a1")
		if err != nil || len(got) != 2 || got[0] != (provider.Word{Text: "전주", Start: 0, End: 0.5}) || got[1] != (provider.Word{Text: "골목", Start: 0.5, End: 1.25}) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	for _, none := range []string{`{"alignedWords":[]}`, `{"alignedWords":null}`, `{}`, `{"alignedWords":[{"word":"[Instrumental]","startS":0,"endS":9}]}`} {
		if got, err := answer(t, 200, `{"code":200,"data":`+none+`}`).Words(t.Context(), "t1", "a1"); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v %v", none, got, err)
		}
	}
	// A form that nobody has seen yet is not a song without words.
	if _, err := answer(t, 200, `{"code":200,"data":{"alignedWords":[{"w":"전주","from":0,"to":0.5}]}}`).Words(t.Context(), "t1", "a1"); clienttest.ErrorOf(t, err).Class != provider.Later {
		t.Errorf("%v", err)
	}
}
