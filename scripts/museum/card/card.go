// Package card is the museum's collection: how the vendors fail, what CastAD does
// about each, and the test that shows it.
//
// Each vendor's cards are in the file of its name. A card's test is named by its
// package and function, and its mutant is the handling taken out of the
// product's code: one replacement in one file, after which the test must be red.
package card

// Card is one failure that was seen at a vendor.
type Card struct {
	// ID names the card for ever: "youtube-privacy-omitted".
	ID string
	// Source is where it was seen or told: a public thread
	// ("gitroomhq/postiz-app#1681", "gitroomhq/postiz-app PR#1813") or a document's
	// address (https); several with ", " between them (see Sources).
	Source string
	// Vendor says what the vendor does, Must what CastAD must do; a sentence each.
	Vendor, Must string
	// Package and Test are the test's: "./shared/provider/youtube" and
	// "TestAnOmittedPrivacyIsNeverSent", with "/row" for one row of a table.
	Package, Test string
	Mutant        Mutant
}

// Mutant is the handling taken away: the only occurrence of Old in File becomes New.
type Mutant struct {
	// File is relative to the repository.
	File     string
	Old, New string
}

// Wing is the cards of one vendor or one part of the way.
type Wing struct {
	// Name is the heading, About a sentence under it.
	Name, About string
	Cards       []Card
}

// Wings returns the museum's wings in the order in which an ad meets them.
func Wings() []Wing {
	return []Wing{
		{"Kakao", "Sign-in with a Kakao account and the search for a shop.", kakao},
		{"Naver", "The search for a shop, its coordinates and its place page.", naver},
		{"OpenAI and its kin", "The lyric comes from a model behind OpenAI's protocol: OpenAI's own or a local server's.", openai},
		{"Suno", "The song comes from a reseller of Suno's: sunoapi.org or kie.ai.", suno},
		{"Creatomate", "The film is rendered by Creatomate.", creatomate},
		{"YouTube", "The film becomes a Short.", youtube},
		{"Instagram", "The film becomes a Reel.", instagram},
		{"Publishing", "What every channel can do to a post.", channels},
		{"Connected accounts", "Tokens: how they are got, kept, renewed and lost.", accounts},
		{"The wire", "What any vendor can do to a request, an answer or a download.", transport},
		{"The pipeline", "Queues, storage and works that are not what they say they are.", pipeline},
	}
}

// All returns every card, wing by wing.
func All() []Card {
	var all []Card
	for _, w := range Wings() {
		all = append(all, w.Cards...)
	}
	return all
}
