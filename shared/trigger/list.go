package trigger

// usualPage is how many items a page has when nobody says.
const usualPage = 20

// Page says which part of a list is wanted; embed it in an input. ID is what the
// list is ordered by, an id or a number; the page begins after it, or at the
// beginning of the list.
type Page[ID any] struct {
	After ID  `query:"after" min:"0"`
	Limit int `query:"limit" min:"1" max:"100"`
}

// Size is how many items are wanted.
func (p Page[ID]) Size() int {
	if p.Limit == 0 {
		return usualPage
	}
	return p.Limit
}

// List is a page of a list.
type List[Item any] struct {
	Items []Item `json:"items"`
	// Next is where the next page begins; "" at the end.
	Next string `json:"next"`
}

// Listed makes the page that items are, when size were asked for. place is where an
// item stands in the list.
func Listed[Item any](items []Item, size int, place func(Item) string) List[Item] {
	if items == nil {
		items = []Item{} // an empty list is no null
	}
	l := List[Item]{Items: items}
	if len(items) == size {
		l.Next = place(items[size-1])
	}
	return l
}
