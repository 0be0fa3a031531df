package instagram_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
	"castad/shared/provider/instagram"
	"castad/shared/provider/instagram/instagramtest"
	"castad/shared/provider/providertest"
)

func TestAReelIsPublishedInRounds(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{Processing: 3 * time.Minute})
	posted, n, err := w.rounds(t, w.post(&pad{}))
	w.once(t, posted, err)
	if n != 4 || w.Asked("container") != 1 { // made, two looks while in progress, published
		t.Errorf("%d rounds, %d containers", n, w.Asked("container"))
	}
	c := w.Containers()[0]
	if want := "전주 골목 @hanbit\n\nAI 생성 · AI-generated\n\n#전주 #분식"; c.Caption != want || !c.AIGenerated || !c.ShareToFeed {
		t.Errorf("%+v", c)
	}
	seen, err := w.client.Look(t.Context(), provider.Sought{Channel: "instagram", Account: w.account, Access: w.access, ID: posted.ID})
	if err != nil || seen.URL != w.Reels()[0].URL || seen.State != provider.Published || seen.Note != "" || seen.Privacy != "" {
		t.Fatalf("%+v %v", seen, err)
	}
	if page := get(t, seen.URL); !strings.Contains(page, "AI info") || !strings.Contains(page, "전주 골목") {
		t.Errorf("the page: %s", page)
	}
	if got := get(t, seen.URL+"film.mp4"); got != string(film) {
		t.Errorf("the page's film has %d bytes", len(got))
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", url, res.StatusCode, err)
	}
	return string(body)
}

func TestTheCoverIsPassedOn(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	posted, _, err := w.rounds(t, w.post(&pad{}))
	w.once(t, posted, err)
	if got := w.Reels()[0].CoverBytes; got != int64(len(jpeg)) {
		t.Errorf("the reel's cover has %d bytes", got)
	}
}

// Whatever else a caption says about AI, or denies, the label is its own last line, once.
func TestTheCaptionSaysOnceThatAIMadeIt(t *testing.T) {
	t.Parallel()
	const label = "AI 생성 · AI-generated"
	for _, caption := range []string{"전주 골목", "", "AI 생성 광고", "이 영상은 AI 생성이 아닙니다", "Not made with AI!", "0% AI-generated", "no " + label, label, "전주 골목\n\n" + label + " \n"} {
		w := start(t, instagramtest.Options{})
		p := w.post(&pad{})
		p.Caption = caption
		posted, _, err := w.rounds(t, p)
		w.once(t, posted, err)
		lines := strings.Split(strings.TrimSuffix(w.Containers()[0].Caption, "\n\n#전주 #분식"), "\n")
		n := 0
		for _, line := range lines {
			if line == label {
				n++
			}
		}
		if n != 1 || lines[len(lines)-1] != label {
			t.Errorf("%q says it %d times: %q", caption, n, lines)
		}
	}
}

func TestWhatMustNotBePublishedIsNotSent(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	long := func(n int) string { return strings.Repeat("가", n) }
	for _, row := range []struct {
		name   string
		kind   fault.Kind
		field  string
		change func(*provider.Post)
	}{
		{"a film that is not disclosed", fault.Refused, "ai", func(p *provider.Post) { p.AI = provider.Disclosure{} }},
		{"an unlisted reel", fault.Refused, "privacy", func(p *provider.Post) { p.Privacy = provider.Unlisted }},
		{"a private reel", fault.Refused, "privacy", func(p *provider.Post) { p.Privacy = provider.Private }},
		{"a reel whose privacy is not said", fault.Refused, "privacy", func(p *provider.Post) { p.Privacy = "" }},
		{"a caption that is too long with its label", fault.Refused, "caption", func(p *provider.Post) { p.Caption, p.Hashtags = long(2195), nil }},
		{"31 hashtags", fault.Refused, "hashtags", func(p *provider.Post) { p.Hashtags = strings.Split(strings.Repeat("a,", 30)+"a", ",") }},
		{"21 mentions", fault.Refused, "caption", func(p *provider.Post) { p.Caption = strings.Repeat("@a ", 21) }},
		{"broken text", fault.Refused, "caption", func(p *provider.Post) { p.Caption = "\xff" }},
		{"a film without a public address", fault.Misconfigured, "", func(p *provider.Post) { p.VideoURL = "" }},
		{"a film with half an address", fault.Misconfigured, "", func(p *provider.Post) { p.VideoURL = "/media/x" }},
		{"a cover with half an address", fault.Misconfigured, "", func(p *provider.Post) { p.CoverURL = "file:///etc/passwd" }},
		{"a cover without a public address", fault.Misconfigured, "", func(p *provider.Post) { p.Thumbnail, p.CoverURL = jpeg, "" }},
		{"no notes", fault.Misconfigured, "", func(p *provider.Post) { p.Notes = nil }},
		{"damaged notes", fault.Misconfigured, "", func(p *provider.Post) { p.Notes = &pad{kept: []byte("{")} }},
		{"no token", fault.Misconfigured, "", func(p *provider.Post) { p.Access = "" }},
		{"another channel", fault.Misconfigured, "", func(p *provider.Post) { p.Channel = "youtube" }},
		{"an account that is a path", fault.Misconfigured, "", func(p *provider.Post) { p.Account = "me/../1" }},
	} {
		p := w.post(&pad{})
		row.change(&p)
		if _, err := w.client.Publish(t.Context(), p); fault.KindOf(err) != row.kind || fault.FieldOf(err) != row.field {
			t.Errorf("%s: %v, field %q", row.name, err, fault.FieldOf(err))
		}
	}
	if w.Asked("limit")+w.Asked("container") != 0 {
		t.Error("something was sent")
	}
	p := w.post(&pad{})
	p.Caption, p.Hashtags = long(2170), nil
	if _, _, err := w.rounds(t, p); err != nil {
		t.Errorf("a caption that just fits: %v", err)
	}
}

func TestNothingIsPublishedBeforeTheContainerIsFinished(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{Processing: time.Hour})
	p := w.post(&pad{})
	for range 10 {
		w.Settle()
		_, err := w.client.Publish(t.Context(), p)
		if after, again := notYet(err); !again || after != instagram.DefaultPoll {
			t.Fatalf("%v", err)
		}
	}
	if w.Asked("publish") != 0 || w.Asked("container") != 1 {
		t.Errorf("published %d times, %d containers", w.Asked("publish"), w.Asked("container"))
	}
	w.pass(time.Hour)
	posted, _, err := w.rounds(t, p)
	w.once(t, posted, err)
}

// Should Meta call a container finished and not ready at once, that is no failure.
func TestAPublishThatCameTooEarlyIsRepeated(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	w.Next(providertest.Fault{Kind: providertest.Status, Op: "publish", Status: 400, Code: "9007/2207027"})
	posted, n, err := w.rounds(t, w.post(&pad{}))
	w.once(t, posted, err)
	if w.Asked("publish") != 2 || w.Asked("container") != 1 || n != 3 {
		t.Errorf("published %d times, %d containers, %d rounds", w.Asked("publish"), w.Asked("container"), n)
	}
}

// What media_publish answered, when the reel is live all the same.
func TestAReelThatIsLiveIsFoundWhateverWasAnswered(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]providertest.Fault{
		"spam block 2207051":       {Kind: providertest.StatusAfter, Status: 403, Code: "4/2207051"},
		"request limit":            {Kind: providertest.StatusAfter, Status: 403, Code: "4"},
		"does not exist":           {Kind: providertest.StatusAfter, Status: 400, Code: "100/33"},
		"container expired":        {Kind: providertest.StatusAfter, Status: 400, Code: "-2/2207008"},
		"an unknown refusal":       {Kind: providertest.StatusAfter, Status: 400, Code: "100/2209999"},
		"a server error":           {Kind: providertest.StatusAfter, Status: 500},
		"a gateway":                {Kind: providertest.StatusAfter, Status: 504, Code: "-1/2207001"},
		"an error with status 200": {Kind: providertest.StatusAfter, Status: 200, Code: "-1/2207001"},
		"nothing":                  {Kind: providertest.Drop},
		"nothing for a long time":  {Kind: providertest.Hang},
		"half an answer":           {Kind: providertest.Truncated},
		"broken JSON":              {Kind: providertest.Malformed},
		"a web page":               {Kind: providertest.Page},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, instagramtest.Options{})
			if f.Hangs() {
				w.client = w.clientWith(t, instagram.Config{HTTP: provider.HTTP{Timeout: 300 * time.Millisecond}})
			}
			notes := &pad{}
			err := w.until(t, w.post(notes), f)
			w.noSecrets(t, err)
			if classOf(err) != "unknown" {
				t.Fatalf("%v", err)
			}
			found, err := w.client.Find(t.Context(), w.sought(notes))
			w.once(t, found, err)
			if found.URL != w.Reels()[0].URL {
				t.Errorf("%+v", found)
			}
			again, _, err := w.rounds(t, w.post(notes)) // whoever publishes again without looking
			w.once(t, again, err)
		})
	}
}

func TestALostPublishIsProvenNotToBeLive(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	notes := &pad{}
	if err := w.until(t, w.post(notes), providertest.Fault{Kind: providertest.DropBefore}); classOf(err) != "unknown" {
		t.Fatalf("%v", err)
	}
	after, wait := notYet(func() error { _, err := w.client.Find(t.Context(), w.sought(notes)); return err }())
	if !wait || after != instagram.DefaultSettle {
		t.Errorf("the request may still be under way: %v %v", after, wait)
	}
	w.pass(after)
	if _, err := w.client.Find(t.Context(), w.sought(notes)); !absent(err) {
		t.Errorf("%v", err)
	}
	posted, _, err := w.rounds(t, w.post(notes))
	w.once(t, posted, err)
	if w.Asked("container") != 1 {
		t.Error("the container was not used again")
	}
}

// message.NotYet says that nothing can be seen: a run that is cancelled then ends as
// cancelled. Once the reel may be live whatever keeps us from seeing it is unknown.
func TestWhatMayBeLiveIsNeverCalledNotYet(t *testing.T) {
	t.Parallel()
	for name, answered := range map[string]providertest.Fault{
		"lost":                  {Kind: providertest.Drop},
		"denied and live":       {Kind: providertest.StatusAfter, Status: 400, Code: "9007/2207027"},
		"refused, and was live": {Kind: providertest.StatusAfter, Status: 403, Code: "9/2207042"},
	} {
		for _, look := range []providertest.Fault{
			{Kind: providertest.Status, Op: "list", Status: 500}, {Kind: providertest.Status, Op: "list", Status: 403, Code: "4"},
			{Kind: providertest.Status, Op: "list", Status: 400, Code: "100"}, {Kind: providertest.Status, Op: "list", Status: 400, Code: "190"},
			{Kind: providertest.Status, Op: "list", Status: 403, Code: "25/2207050"},
		} {
			t.Run(fmt.Sprintf("%s %d %s", name, look.Status, look.Code), func(t *testing.T) {
				t.Parallel()
				w := start(t, instagramtest.Options{})
				p := w.post(&pad{})
				publish := answered
				publish.Op = "publish"
				w.Next(publish)
				for range 2 { // made, published
					w.Settle()
					_, _ = w.client.Publish(t.Context(), p) // what it says of a lost answer is another test's business
				}
				if len(w.Reels()) != 1 {
					t.Fatal("the reel is not live")
				}
				w.Next(look)
				if _, err := w.client.Publish(t.Context(), p); classOf(err) != "unknown" {
					t.Fatalf("%v (%s)", err, classOf(err))
				}
				found, err := w.client.Find(t.Context(), w.sought(p.Notes.(*pad)))
				w.once(t, found, err)
			})
		}
	}
}

// Publishing and waiting in one activity that is retried as a whole posts for ever.
func TestARetriedPublishLooksBeforeItSends(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	p := w.post(&pad{})
	if err := w.until(t, p, providertest.Fault{Kind: providertest.DropBefore}); classOf(err) != "unknown" {
		t.Fatalf("%v", err)
	}
	for range 3 {
		if _, err := w.client.Publish(t.Context(), p); classOf(err) != "unknown" || w.Asked("publish") != 1 {
			t.Fatalf("%v, published %d times", err, w.Asked("publish"))
		}
		w.pass(30 * time.Second)
	}
	w.pass(30 * time.Second)
	posted, _, err := w.rounds(t, p)
	w.once(t, posted, err)
}

// A request can arrive after its connection has died: while that may be, an
// unpublished container proves nothing.
func TestAPublishThatArrivesLateIsNotSentTwice(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	notes := &pad{}
	if err := w.until(t, w.post(notes), providertest.Fault{Kind: providertest.Late, Millis: 100}); classOf(err) != "unknown" {
		t.Fatalf("%v", err)
	}
	if _, err := w.client.Publish(t.Context(), w.post(notes)); classOf(err) != "unknown" && classOf(err) != "ok" { // ok: it has arrived
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); len(w.Publishes()) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the late request never arrived")
		}
	}
	posted, _, err := w.rounds(t, w.post(notes))
	w.once(t, posted, err)
}

func TestASpamBlockIsToldOnceTheReelIsProvenNotToBeLive(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	notes := &pad{}
	if err := w.until(t, w.post(notes), providertest.Fault{Kind: providertest.Status, Status: 403, Code: "4/2207051"}); classOf(err) != "unknown" {
		t.Fatalf("%v", err)
	}
	w.pass(instagram.DefaultSettle)
	_, _, err := w.rounds(t, w.post(notes))
	if classOf(err) != "user_fault" || fault.CodeOf(err) != fault.CodeAccountRefused || w.Asked("publish") != 1 {
		t.Errorf("%v, published %d times", err, w.Asked("publish"))
	}
}

// Errors of every request before media_publish leave nothing behind that anybody sees.
func TestBeforeThePublishNothingIsUnknown(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"limit", "container", "status", "list"} {
		for _, row := range []struct {
			fault providertest.Fault
			class string
		}{
			{providertest.Fault{Kind: providertest.Drop}, "later"},
			{providertest.Fault{Kind: providertest.Malformed}, "later"},
			{providertest.Fault{Kind: providertest.Page}, "later"},
			{providertest.Fault{Kind: providertest.Status, Status: 500}, "later"},
			{providertest.Fault{Kind: providertest.StatusAfter, Status: 502}, "later"},
			{providertest.Fault{Kind: providertest.Status, Status: 400, Code: "-1/2207032"}, "later"},
			{providertest.Fault{Kind: providertest.Status, Status: 429}, "rate_limited"},
			{providertest.Fault{Kind: providertest.Status, Status: 403, Code: "4"}, "rate_limited"},
			{providertest.Fault{Kind: providertest.Status, Status: 400, Code: "17"}, "rate_limited"},
			{providertest.Fault{Kind: providertest.Status, Status: 400, Code: "190/463"}, "reconnect"},
			{providertest.Fault{Kind: providertest.Status, Status: 403, Code: "10"}, "reconnect"},
			{providertest.Fault{Kind: providertest.Status, Status: 400, Code: "100"}, "our_fault"},
			{providertest.Fault{Kind: providertest.Redirect}, "our_fault"},
			{providertest.Fault{Kind: providertest.Code, Code: "190"}, "reconnect"}, // 200 with an error in the body
		} {
			t.Run(fmt.Sprintf("%s %s %d %s", op, row.fault.Kind, row.fault.Status, row.fault.Code), func(t *testing.T) {
				t.Parallel()
				w := start(t, instagramtest.Options{})
				notes := &pad{}
				f := row.fault
				f.Op = op
				w.Next(f)
				_, _, err := w.rounds(t, w.post(notes))
				w.noSecrets(t, err)
				if classOf(err) != row.class || len(w.Reels()) != 0 {
					t.Fatalf("%v, want %s", err, row.class)
				}
				if _, err := w.client.Find(t.Context(), w.sought(notes)); !absent(err) {
					t.Errorf("find: %v", err)
				}
				posted, _, err := w.rounds(t, w.post(notes))
				w.once(t, posted, err)
			})
		}
	}
}

func TestNotesThatCannotBeKeptStopThePublication(t *testing.T) {
	t.Parallel()
	w := start(t, instagramtest.Options{})
	notes := &pad{fail: errors.New("the database is away")}
	p := w.post(notes)
	if _, err := w.client.Publish(t.Context(), p); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a container that is forgotten: %v", err)
	}
	if _, err := w.client.Publish(t.Context(), p); classOf(err) != "not_yet" {
		t.Fatal(err)
	}
	w.Settle()
	notes.fail = errors.New("the database is away")
	if _, err := w.client.Publish(t.Context(), p); fault.KindOf(err) != fault.Unavailable || w.Asked("publish") != 0 {
		t.Fatalf("published without a note: %v", err)
	}
	posted, _, err := w.rounds(t, p)
	w.once(t, posted, err)
}
