package place

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"castad/shared/claim"
)

// Found is what a page told.
type Found struct {
	// Link is the place that it was about, with its ID.
	Link Link
	// Details are its facts as they came: any text may be in them.
	Details Details
}

// fit returns those of a page's details that are fit to be facts: they pass what an
// owner's own must pass, and besides that a text that talks to a language model, or
// carries markup, a link or a telephone number where none belongs, is left out
// whole. A page is a stranger's word; what is left of it is still only data.
func (d Details) fit() Details {
	out := Details{Name: fitText(d.Name, limit("Name")), Category: fitText(d.Category, limit("Category")), Hours: fitText(d.Hours, limit("Hours"))}
	if s := strings.TrimSpace(d.Address); !claim.Instruction(s) && s == claim.Clean(s) && short(s, limit("Address")) { // Plain takes a lot number for a telephone
		out.Address = s
	}
	if s := claim.CleanPhone(d.Phone); short(s, limit("Phone")) && !unfit(s) {
		out.Phone = s
	}
	for _, m := range d.Menu {
		name := fitText(m.Name, limit("Area")) // a dish's name may be as long as a place's
		if name == "" || len(out.Menu) == maxMenu {
			continue
		}
		if m.Won < 0 || m.Won > maxWon {
			m.Won = 0
		}
		out.Menu = append(out.Menu, Item{Name: name, Won: m.Won})
	}
	return out
}

// fitText is s as it may be shown, "" when it may not.
func fitText(s string, most int) string {
	if !claim.Plain(s) {
		return ""
	}
	if s = claim.Clean(s); !short(s, most) || unfit(s) {
		return ""
	}
	return s
}

func short(s string, most int) bool { return utf8.RuneCountInString(s) <= most }

// limit is the most characters of a field, as its tag says to those who type.
func limit(field string) int {
	f, _ := reflect.TypeFor[Details]().FieldByName(field)
	n, _ := strconv.Atoi(f.Tag.Get("max")) // TestLimitsAreThoseOfTheTags
	return n
}

// merge returns the facts that a page adds to what the owner typed: only kinds of which
// the owner said nothing, numbered after last.
func merge(typed []claim.Fact, found Found, last int) []claim.Fact {
	said := map[claim.FactKind]bool{}
	for _, f := range typed {
		said[f.Kind] = true
	}
	var added []claim.Fact
	for _, f := range found.Details.fit().Facts() {
		if said[f.Kind] {
			continue
		}
		last++
		f.ID, f.Source = factID(last), told(found.Link)
		added = append(added, f)
	}
	return added
}

// byOwner returns the facts that were typed.
func byOwner(facts []claim.Fact) []claim.Fact {
	var typed []claim.Fact
	for _, f := range facts {
		if f.Source == owner {
			typed = append(typed, f)
		}
	}
	return typed
}
