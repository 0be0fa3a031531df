package kakao_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"castad/shared/fault"
	"castad/shared/provider/kakao"
	"castad/shared/provider/kakao/kakaotest"
)

func TestTheUnlinkWebhookIsReadFromQueryAndForm(t *testing.T) {
	t.Parallel()
	s, c, _ := start(t, kakaotest.Options{})
	var got []kakao.Unlinked
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		u, err := c.ParseUnlink(r.Header, r.Form)
		if err != nil {
			http.Error(w, err.Error(), fault.KindOf(err).Status())
			return
		}
		got = append(got, u)
	}))
	t.Cleanup(app.Close)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for _, user := range []string{bigID, "42"} { // nobody has heard of 42
			if status, err := s.SendUnlink(method, app.URL, user, "ACCOUNT_DELETE"); status != http.StatusOK || err != nil {
				t.Errorf("%s %s: %d %v", method, user, status, err)
			}
		}
	}
	want := []kakao.Unlinked{{UserID: bigID, Reason: kakao.AccountDeleted}, {UserID: "42", Reason: kakao.AccountDeleted}}
	if diff := cmp.Diff(append(want, want...), got); diff != "" {
		t.Error(diff)
	}
}

func TestAnUnlinkWebhookOfAStrangerIsRefused(t *testing.T) {
	t.Parallel()
	c := client(t, "https://kauth.example", "", nil)
	form := url.Values{"app_id": {"1234"}, "user_id": {"7"}, "referrer_type": {"UNLINK_FROM_APPS"}}
	for name, sent := range map[string][]string{
		"no key": nil, "an empty one": {""}, "only the scheme": {"KakaoAK "}, "another key": {"KakaoAK admin-key-0123456788"}, "the start of the key": {"KakaoAK admin-key"},
		"the REST key": {"KakaoAK " + restKey}, "as a bearer": {"Bearer " + adminKey}, "the key and another": {"KakaoAK " + adminKey, "KakaoAK x"},
	} {
		if _, err := c.ParseUnlink(http.Header{"Authorization": sent}, form); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	keyless, err := kakao.New(kakao.Config{RESTKey: restKey, AppID: "1234"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keyless.ParseUnlink(http.Header{"Authorization": {"KakaoAK "}}, form); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("without a configured key: %v", err)
	}
}

func TestWhatAnUnlinkWebhookMustSay(t *testing.T) {
	t.Parallel()
	c := client(t, "https://kauth.example", "", nil)
	key := http.Header{"Authorization": {"KakaoAK " + adminKey}}
	for query, field := range map[string]string{
		"user_id=7": "app_id", "app_id=999&user_id=7": "app_id", "app_id=1234&app_id=999&user_id=7": "app_id",
		"app_id=1234": "user_id", "app_id=1234&user_id=": "user_id", "app_id=1234&user_id=7&user_id=8": "user_id", "app_id=1234&user_id=-7": "user_id",
		"app_id=1234&user_id=9223372036854775808": "user_id", "app_id=1234&user_id=7e3": "user_id",
	} {
		form, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.ParseUnlink(key, form); fault.KindOf(err) != fault.Invalid || fault.FieldOf(err) != field {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestAReasonThatKakaoHasNamedSinceUnlinksAllTheSame(t *testing.T) {
	t.Parallel()
	c := client(t, "https://kauth.example", "", nil)
	for reason, want := range map[string]string{"INCOMPLETE_SIGN_UP": kakao.IncompleteSignUp, "unlink_from_apps": kakao.UnlinkedInApps, "HEIR_REQUEST": kakao.OtherReason, "": kakao.OtherReason} {
		u, err := c.ParseUnlink(http.Header{"Authorization": {"KakaoAK " + adminKey}}, url.Values{"app_id": {"1234"}, "user_id": {"7"}, "referrer_type": {reason}})
		if err != nil || u.Reason != want || u.UserID != "7" {
			t.Errorf("%q: %+v %v", reason, u, err)
		}
	}
}
