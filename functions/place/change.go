package place

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"castad/shared/claim"
	"castad/shared/fault"
	"castad/shared/id"
)

// Change is what an owner wants to be otherwise about a place; what is absent stays.
type Change struct {
	Name *string `json:"name,omitempty" max:"60"`
	// Link is as in Details; "" = none. What was read of the page before goes with any new one, the same again too.
	Link *string `json:"link,omitempty" max:"500"`
	// Colors are all of them; [] = the photos'.
	Colors []string `json:"colors,omitzero" max:"3"`
	// Facts are changed one after the other.
	Facts []FactChange `json:"facts,omitzero" max:"60"`
	// Photos of the place, in the order in which films show them; those that are not named come after them.
	Photos []id.Photo `json:"photos,omitzero" max:"30"`
	// Origin is the place at the map service that Link leads to, nil when it leads elsewhere.
	Origin *Origin `json:"-"`
}

// FactChange adds a fact (a kind and a text), changes the one that it names, or removes it.
// A fact of the page's that is changed is the owner's from then on.
type FactChange struct {
	// Fact is the id of a fact that there is ("f3").
	Fact   string `json:"fact,omitempty" max:"12"`
	Remove bool   `json:"remove,omitempty"`
	// Kind is that of a new fact. The link has a field of its own.
	Kind string  `json:"kind,omitempty" enum:"name,category,area,address,phone,hours,menu,praise,story,offer,color"`
	Text *string `json:"text,omitempty" max:"200"`
	// Won is a dish's price in won; 0 = not told.
	Won *int `json:"won,omitempty"`
}

// many are the kinds of which a place may have several facts.
var many = []claim.FactKind{claim.Menu, claim.Praise, claim.Color}

// facts are a place's while they are being changed; last is the highest number of any.
type facts struct {
	all  []claim.Fact
	last int
}

// change returns the facts as they are to be. It is pure. What is refused by POST
// /places is refused here, by the same rules.
func (p Place) change(c Change, last int) (facts, error) {
	f := facts{slices.Clone(p.Facts), last}
	for i, one := range c.Facts {
		if field, err := f.one(one); err != nil {
			return f, fault.Newf(fault.CodeOf(err), "change fact %d: %w", i, err).In(fmt.Sprintf("facts[%d].%s", i, field))
		}
	}
	if c.Link != nil {
		if p.Source != nil {
			f.all = byOwner(f.all)
		}
		f.set(claim.Link, *c.Link)
	}
	if c.Name != nil {
		f.set(claim.Name, *c.Name)
	}
	if c.Colors != nil {
		f.paint(c.Colors)
	}
	d := describe(byOwner(f.all))
	if d.Name == "" {
		d.Name = f.name()
	}
	d.Origin = c.Origin
	if c.Link == nil && p.Source != nil && p.Source.Outcome == Waiting { // the page will name it
		d.Origin = &Origin{Link: Link{Vendor: p.Source.vendor}, Consent: true, Fetching: true}
	}
	if err := d.Validate(); err != nil {
		return f, err
	}
	for i := range f.all {
		if f.all[i].Kind == claim.Color {
			f.all[i].Text = strings.ToLower(f.all[i].Text)
		}
	}
	return f, nil
}

// one makes one change; field is what it fails by.
func (f *facts) one(c FactChange) (field string, err error) {
	to := claim.Fact{Kind: claim.FactKind(c.Kind), Source: owner}
	at := len(f.all)
	if c.Fact != "" {
		if at = slices.IndexFunc(f.all, func(have claim.Fact) bool { return have.ID == c.Fact }); at < 0 {
			return "fact", fault.Newf(fault.CodeNotFound, "no such fact")
		}
		if to = f.all[at]; to.Kind == claim.Link || c.Kind != "" && c.Kind != string(to.Kind) {
			return "kind", fault.New(fault.CodeBadValue)
		}
	}
	switch {
	case c.Remove && (c.Fact == "" || c.Kind != "" || c.Text != nil || c.Won != nil):
		return "remove", fault.New(fault.CodeBadValue)
	case c.Remove:
		f.all = slices.Delete(f.all, at, at+1)
		return "", nil
	case c.Fact == "" && c.Kind == "":
		return "kind", fault.New(fault.CodeMissingField)
	}
	if c.Text != nil {
		to.Text = strings.TrimSpace(*c.Text)
	}
	if c.Won != nil {
		to.Won = *c.Won
	}
	if field, err := check(to); err != nil {
		return field, err
	}
	if c.Fact != "" {
		to.Source = owner
		f.all[at] = to
		return "", nil
	}
	return "kind", f.add(to)
}

// check says why a fact could not be one, and by which field.
func check(f claim.Fact) (field string, err error) {
	most := map[claim.FactKind]string{claim.Name: "Name", claim.Category: "Category", claim.Area: "Area", claim.Address: "Address", claim.Phone: "Phone",
		claim.Hours: "Hours", claim.Story: "Story", claim.Offer: "Offer", claim.Menu: "Area"}[f.Kind] // a dish's name may be as long as a place's
	switch {
	case f.Text == "":
		return "text", fault.New(fault.CodeMissingField)
	case most != "" && utf8.RuneCountInString(f.Text) > limit(most):
		return "text", fault.New(fault.CodeBadValue)
	case f.Won != 0 && f.Kind != claim.Menu:
		return "won", fault.New(fault.CodeBadValue)
	}
	d := describe([]claim.Fact{f})
	if d.Name == "" {
		d.Name = "-"
	}
	err = d.Validate()
	if strings.HasSuffix(fault.FieldOf(err), ".won") {
		return "won", err
	}
	return "text", err
}

// add appends a typed fact. Of most kinds there is one: the page's gives way to it,
// the owner's own must be changed by its id.
func (f *facts) add(to claim.Fact) error {
	if !slices.Contains(many, to.Kind) {
		if at := f.of(to.Kind); at >= 0 {
			if f.all[at].Source == owner {
				return fault.New(fault.CodeBadValue)
			}
			f.all = slices.Delete(f.all, at, at+1)
		}
	}
	f.last++
	to.ID = factID(f.last)
	f.all = append(f.all, to)
	return nil
}

func (f *facts) of(kind claim.FactKind) int {
	return slices.IndexFunc(f.all, func(have claim.Fact) bool { return have.Kind == kind })
}

// set makes text the one fact of a kind; "" leaves none.
func (f *facts) set(kind claim.FactKind, text string) {
	text = strings.TrimSpace(text)
	switch at := f.of(kind); {
	case text == "" && at >= 0:
		f.all = slices.Delete(f.all, at, at+1)
	case text != "" && at >= 0:
		f.all[at].Text, f.all[at].Source = text, owner
	case text != "":
		f.last++
		f.all = append(f.all, claim.Fact{ID: factID(f.last), Kind: kind, Text: text, Source: owner})
	}
}

// paint makes these the colours; one that stays keeps its number.
func (f *facts) paint(colors []string) {
	f.all = slices.DeleteFunc(f.all, func(have claim.Fact) bool {
		return have.Kind == claim.Color && !slices.ContainsFunc(colors, func(c string) bool { return strings.EqualFold(c, have.Text) })
	})
	for _, c := range colors {
		if !slices.ContainsFunc(f.all, func(have claim.Fact) bool { return have.Kind == claim.Color && strings.EqualFold(c, have.Text) }) {
			f.last++
			f.all = append(f.all, claim.Fact{ID: factID(f.last), Kind: claim.Color, Text: c, Source: owner})
		}
	}
}

// name is the place's, "" until its page has told it.
func (f *facts) name() string {
	if at := f.of(claim.Name); at >= 0 {
		return f.all[at].Text
	}
	return ""
}

// describe is the reverse of Details.Facts.
func describe(all []claim.Fact) (d Details) {
	for _, f := range all {
		switch f.Kind {
		case claim.Name:
			d.Name = f.Text
		case claim.Category:
			d.Category = f.Text
		case claim.Area:
			d.Area = f.Text
		case claim.Address:
			d.Address = f.Text
		case claim.Phone:
			d.Phone = f.Text
		case claim.Hours:
			d.Hours = f.Text
		case claim.Menu:
			d.Menu = append(d.Menu, Item{Name: f.Text, Won: f.Won})
		case claim.Praise:
			d.Praise = append(d.Praise, f.Text)
		case claim.Story:
			d.Story = f.Text
		case claim.Offer:
			d.Offer = f.Text
		case claim.Link:
			d.Link = f.Text
		case claim.Color:
			d.Colors = append(d.Colors, f.Text)
		}
	}
	return d
}

// ordered are the photos with the named ones first; each may be named once.
func ordered(all []Photo, first []id.Photo) ([]Photo, error) {
	var out []Photo
	for i, want := range first {
		field := fmt.Sprintf("photos[%d]", i)
		at := slices.IndexFunc(all, func(p Photo) bool { return p.ID == want })
		if at < 0 {
			return nil, fault.Newf(fault.CodeNotFound, "order %v: not this place's", want).In(field)
		}
		if slices.Contains(first[:i], want) {
			return nil, fault.New(fault.CodeBadValue).In(field)
		}
		out = append(out, all[at])
	}
	for _, p := range all {
		if !slices.Contains(first, p.ID) {
			out = append(out, p)
		}
	}
	return out, nil
}
