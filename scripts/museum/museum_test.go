package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"castad/scripts/museum/card"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// leastCards is how many failures the museum shows at least.
const leastCards = 40

func TestEveryCardPointsAtASourceATestAndOnePlaceOfTheProduct(t *testing.T) {
	t.Parallel()
	cards := card.All()
	for _, p := range append(untold(cards), problems(root, append(cards, card.ControlCards()...))...) {
		t.Error(p)
	}
	if len(cards) < leastCards {
		t.Errorf("%d cards, at least %d", len(cards), leastCards)
	}
}

func TestThePagesAreWhatTheCardsSay(t *testing.T) {
	t.Parallel()
	want, err := page(card.Wings())
	if s := stale(root, pageFile, want, err); s != "" {
		t.Error(s)
	}
	want, err = securityPage(card.Controls(), card.All())
	if s := stale(root, securityFile, want, err); s != "" {
		t.Error(s)
	}
}

// good is a card of the tree that write makes.
var good = card.Card{ID: "hall-answer", Source: "a/b#1", Vendor: "It asks.", Must: "answer.", Package: "./hall", Test: "TestAnswer",
	Mutant: card.Mutant{File: "hall/hall.go", Old: "return 42", New: "return 41"}}

func with(change func(*card.Card)) card.Card {
	c := good
	change(&c)
	return c
}

func TestBadCardsAreNamed(t *testing.T) {
	t.Parallel()
	dir := fixture(t, "")
	if p := problems(dir, []card.Card{good, with(func(c *card.Card) { c.ID, c.Test = "hall-row", "TestRows/a row" })}); p != nil {
		t.Fatalf("good cards: %v", p)
	}
	for says, c := range map[string]card.Card{
		"two cards have this id":              good,
		"is not words-with-hyphens":           with(func(c *card.Card) { c.ID = "Hall" }),
		"is neither owner/repo#n":             with(func(c *card.Card) { c.Source = "providers.md 9.3" }),
		"names no repository":                 with(func(c *card.Card) { c.Source = "#12" }),
		"what the vendor does":                with(func(c *card.Card) { c.Vendor = " " }),
		"what CastAD must do":                 with(func(c *card.Card) { c.Must = " " }),
		"is not ./ and a clean path":          with(func(c *card.Card) { c.Package = "hall" }),
		"has no test TestNothing":             with(func(c *card.Card) { c.Test = "TestNothing" }),
		"is no test's name":                   with(func(c *card.Card) { c.Test = "Benchmark" }),
		"is 0 times in hall/hall.go":          with(func(c *card.Card) { c.Mutant.Old = "return 43" }),
		"is 2 times in hall/hall.go":          with(func(c *card.Card) { c.Mutant.Old = "func " }),
		"changes nothing":                     with(func(c *card.Card) { c.Mutant.New = c.Mutant.Old }),
		"the mutant is no Go":                 with(func(c *card.Card) { c.Mutant.New = "return (" }),
		"is not one of the product":           with(func(c *card.Card) { c.Mutant.File = "hall/hall_test.go" }),
		`"" is `:                              with(func(c *card.Card) { c.Mutant.Old = "" }),
		"no such file":                        with(func(c *card.Card) { c.Mutant.File = "hall/gone.go" }),
		`mutant's file "suno/sunotest/x.go"`:  with(func(c *card.Card) { c.Mutant.File = "suno/sunotest/x.go" }),
		`mutant's file "../hall/hall.go" is `: with(func(c *card.Card) { c.Mutant.File = "../hall/hall.go" }),
	} {
		if all := strings.Join(append(untold([]card.Card{c}), problems(dir, []card.Card{good, c})...), "\n"); !strings.Contains(all, says) {
			t.Errorf("%q is not said: %s", says, all)
		}
	}
}

func TestSourcesAreThreadsAndAddresses(t *testing.T) {
	t.Parallel()
	got, err := card.Card{Source: "gitroomhq/postiz-app PR#1681, #1562, a/b.c#3, https://x.org/y/?q=1, https://github.com/a/b/blob/main/docs/c.md"}.Sources()
	if err != nil {
		t.Fatal(err)
	}
	want := []card.Link{
		{Text: "gitroomhq/postiz-app PR#1681", URL: "https://github.com/gitroomhq/postiz-app/pull/1681"},
		{Text: "gitroomhq/postiz-app#1562", URL: "https://github.com/gitroomhq/postiz-app/issues/1562"},
		{Text: "a/b.c#3", URL: "https://github.com/a/b.c/issues/3"},
		{Text: "x.org/y", URL: "https://x.org/y/?q=1"},
		{Text: "a/b c.md", URL: "https://github.com/a/b/blob/main/docs/c.md"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "a/b", "a/b#0", "#1", "http://x.org", "a/b#1,c/d#2", "https://x.org and more", "a/b#1, "} {
		if links, err := (card.Card{Source: bad}).Sources(); err == nil {
			t.Errorf("%q is %v", bad, links)
		}
	}
}

func TestAPageThatIsOutOfDateIsNoticed(t *testing.T) {
	t.Parallel()
	dir := fixture(t, "")
	wings := []card.Wing{{Name: "The hall", About: "One room.", Cards: []card.Card{good}}}
	look := func() string {
		want, err := page(wings)
		return stale(dir, pageFile, want, err)
	}
	if s := look(); !strings.Contains(s, "read page") {
		t.Errorf("without a page: %q", s)
	}
	if err := os.Mkdir(filepath.Join(dir, "docs"), 0o755); err != nil {
		t.Fatal(err)
	}
	whole, err := page(wings)
	if err != nil {
		t.Fatal(err)
	}
	if err := writePage(dir, pageFile, whole); err != nil {
		t.Fatal(err)
	}
	if s := look(); s != "" {
		t.Error(s)
	}
	wings[0].Cards = []card.Card{with(func(c *card.Card) { c.Must = "answer at once." })}
	if s := look(); !strings.Contains(s, "-doc") {
		t.Errorf("after a change: %q", s)
	}
}

func TestACardsMutantIsShownAsADiff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, after, want string }{
		{"a line", "return 1", "return 2", "- return 1\n+ return 2\n"},
		{"a line taken away", "a()\n\t\tb()\n\t\tc()", "a()\n\t\tc()", "  a()\n- b()\n  c()\n"},
		{"deeper lines keep their depth", "if x {\n\t\ta()\n\t}", "if y {\n\t\ta()\n\t}", "- if x {\n+ if y {\n      a()\n  }\n"},
		{"everything", "\n\ta()\n", "", "- a()\n"},
	} {
		if diff := cmp.Diff(c.want, diff(c.before, c.after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestCellsAreWrappedWhereTheyCanBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"one two three":                {"one two", "three"},
		"owner/long-repo#12":           {"owner/", "long-repo", "#12"},
		"TestTwoClaimsAtOncePost":      {"TestTwo", "ClaimsAt", "OncePost"},
		"칼국수 한 그릇":                     {"칼국수 한", "그릇"},
		"":                             nil,
		strings.Repeat("x", 20) + " y": {strings.Repeat("x", 16), "xxxx y"},
	} {
		if diff := cmp.Diff(want, wrap(text, 10)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestWhatACardSaysIsASentence(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"ask again":                    "Ask again.",
		"keep it; never\n\t\tsend it.": "Keep it; never send it.",
		"privacyStatus is always sent": "privacyStatus is always sent.",
		"media_publish once":           "media_publish once.",
		"Is it there?":                 "Is it there?",
		"done":                         "Done.",
		"":                             "",
	} {
		if got := sentence(said); got != want {
			t.Errorf("%q is %q, want %q", said, got, want)
		}
	}
}

func TestAControlWithoutATestSaysWhy(t *testing.T) {
	t.Parallel()
	if _, err := securityPage([]card.Control{{Name: "Doors", Is: "they are shut"}}, nil); err == nil {
		t.Error("a control without a test and without a reason is on the page")
	}
	if _, err := securityPage([]card.Control{{Name: "Doors", Is: "they are shut", Shown: []string{"no-card"}}}, nil); err == nil {
		t.Error("a card that the museum does not have is named")
	}
	got, err := securityPage([]card.Control{{Name: "Doors", ASVS: "4.1", Is: "they are shut", Cards: []card.Card{good}, Left: "windows"}}, nil)
	for _, want := range []string{"| [Doors](#doors) | 4.1 | 1 | yes |", "They are shut.", "**Not done:** Windows.", "`TestAnswer`", "- return 42"} {
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%q is not on the page (%v):\n%s", want, err, got)
		}
	}
}
