// Package claim answers one question: does a lyric line follow from the facts?
//
// It also owns the words that the question is asked in: a Fact (something the
// owner said or a source gave about the place), a Brief (what a lyric writer is
// given) and a Lyric (what it returns, each line naming the facts it uses).
// Check says why a lyric must not be sung, Mend repairs what needs no other
// words, Clean, Spoken and Clauses take out of an outsider's text what may be.
// The package is pure: no I/O, no clock, no other product code.
package claim

// FactKind says what a fact is about.
type FactKind string

// The kinds of facts.
const (
	Name     FactKind = "name"     // the place's name
	Category FactKind = "category" // 칼국수집, hair salon
	Area     FactKind = "area"     // the neighbourhood: 전주 한옥마을
	Address  FactKind = "address"  // the street address
	Menu     FactKind = "menu"     // something sold; Won is its price when known
	Hours    FactKind = "hours"    // opening hours as written by the owner
	Phone    FactKind = "phone"
	Praise   FactKind = "praise" // what customers praise
	Story    FactKind = "story"  // since 1987, three generations, …
	Offer    FactKind = "offer"  // a current offer
	Link     FactKind = "link"   // the place's own web address; shown as a QR code, never sung
	Color    FactKind = "color"  // a brand colour, "#rrggbb"; painted, never sung
)

// Fact is one statement about a place that a line may use.
type Fact struct {
	// ID is unique within the place ("f1"); lines refer to it.
	ID   string   `json:"id"`
	Kind FactKind `json:"kind"`
	// Text is the statement in the owner's words.
	Text string `json:"text"`
	// Won is the price in won; menu facts only, 0 = not told.
	Won int `json:"won,omitempty"`
	// Source says where it came from: "owner" for typed facts.
	Source string `json:"source,omitempty"`
}

// Brief is what a lyric writer is given: data, never instructions. It is the
// user message of the chat request, as JSON.
type Brief struct {
	Facts []Fact `json:"facts"`
	// Language is "ko" or "en".
	Language string `json:"language"`
	// Mood is "bright", "warm", "trendy" or "trot".
	Mood string `json:"mood"`
	// Seconds is the length of the ad: 15, 30 or 60.
	Seconds int `json:"seconds"`
	// Problems are the reasons why an earlier lyric for this brief was sent back.
	Problems []string `json:"problems,omitempty"`
}

// Lyric is a whole lyric.
type Lyric struct {
	Title string `json:"title"`
	Lines []Line `json:"lines"`
}

// Line is one sung line.
type Line struct {
	// Section is "verse", "hook" or "call" (call to action).
	Section string `json:"section"`
	Text    string `json:"text"`
	// Facts are the ids of the facts that the line uses; none for a line that claims nothing.
	Facts []string `json:"facts"`
}
