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
	// Source is where it was seen or told: a public thread ("gitroomhq/postiz-app#1681")
	// or a document's address.
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

// All returns every card, vendor by vendor.
func All() []Card {
	var all []Card
	for _, part := range [][]Card{transport, kakao, naver, openai, suno, creatomate, youtube, instagram, channels, accounts} {
		all = append(all, part...)
	}
	return all
}
