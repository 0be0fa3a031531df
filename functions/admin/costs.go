package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/store"
)

// maxDays is how many days of costs are shown at once.
const maxDays = 31

// Cost is what one vendor has cost on one day in Seoul.
type Cost struct {
	Vendor string `json:"vendor"`
	// Day is "2026-11-29".
	Day string `json:"day"`
	// Calls are the submissions that began on that day; Failed are those of them that had
	// no effect, Abandoned those given up with their outcome unknown.
	Calls     int `json:"calls"`
	Failed    int `json:"failed"`
	Abandoned int `json:"abandoned"`
	// CapturedWon was charged on that day, WasteWon may have been charged for nothing.
	CapturedWon int64 `json:"captured_won"`
	WasteWon    int64 `json:"waste_won"`
}

// seoul is where a day begins. There is no daylight saving time there.
var seoul = time.FixedZone("KST", 9*60*60)

// Day reads a day of Seoul from a field of that name. Before 2000 there was nothing, and what a server takes for a time ends.
func Day(field, text string) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, seoul)
	if err != nil || day.Year() < 2000 {
		return day, fault.New(fault.CodeBadValue).In(field).Wants(fault.Words{Ko: "2026-11-29 같은 날짜", En: "a day such as 2026-11-29"})
	}
	return day, nil
}

// Today is the day in Seoul.
func (s *Store) Today() string { return s.now().In(seoul).Format(time.DateOnly) }

// Costs lists what the vendors have cost on the days from first to last, newest first.
func (s *Store) Costs(ctx context.Context, first, last string) ([]Cost, error) {
	from, err := Day("from", first)
	if err != nil {
		return nil, err
	}
	to, err := Day("to", last)
	if err != nil {
		return nil, err
	}
	to = to.AddDate(0, 0, 1)
	if n := to.Sub(from); n <= 0 || n > maxDays*24*time.Hour {
		return nil, fault.New(fault.CodeBadValue).In("from").Wants(fault.Words{Ko: "to까지 31일 이내", En: "at most 31 days, to included"})
	}
	all := map[[2]string]*Cost{}
	of := func(c Cost) *Cost {
		k := [2]string{c.Day, c.Vendor}
		if all[k] == nil {
			all[k] = &Cost{Vendor: c.Vendor, Day: c.Day}
		}
		return all[k]
	}
	calls, err := s.callsOf(ctx, from, to)
	if err != nil {
		return nil, err
	}
	for _, c := range calls {
		o := of(c)
		o.Calls, o.Failed, o.Abandoned = c.Calls, c.Failed, c.Abandoned
	}
	booked, err := s.bookedOn(ctx, from, to)
	if err != nil {
		return nil, err
	}
	for _, c := range booked {
		o := of(c)
		o.CapturedWon, o.WasteWon = c.CapturedWon, c.WasteWon
	}
	costs := make([]Cost, 0, len(all))
	for _, c := range all {
		costs = append(costs, *c)
	}
	slices.SortFunc(costs, func(a, b Cost) int {
		if c := strings.Compare(b.Day, a.Day); c != 0 {
			return c
		}
		return strings.Compare(a.Vendor, b.Vendor)
	})
	return costs, nil
}

// callsOf counts calls. Their ids carry the time, so those of some days are a range of the key.
func (s *Store) callsOf(ctx context.Context, from, to time.Time) ([]Cost, error) {
	rows, err := store.All(ctx, s.c.DB.Replica(), `SELECT provider, DATE_FORMAT(DATE_ADD(sent_at, INTERVAL 9 HOUR), '%Y-%m-%d') AS day, COUNT(*),
		SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'abandoned' THEN 1 ELSE 0 END)
		FROM provider_calls WHERE id >= ? AND id < ? GROUP BY provider, day ORDER BY day LIMIT 10000`,
		func(c *Cost) []any { return []any{&c.Vendor, &c.Day, &c.Calls, &c.Failed, &c.Abandoned} }, id.First[id.Call](from), id.First[id.Call](to))
	if err != nil {
		return nil, fmt.Errorf("count calls: %w", err)
	}
	return rows, nil
}

// bookedOn sums up the ledger, which says whose step it was and not whose vendor's. That is told by
// the step's first call, which stays like the ledger; the step goes with its ad or its owner.
func (s *Store) bookedOn(ctx context.Context, from, to time.Time) ([]Cost, error) {
	rows, err := store.All(ctx, s.c.DB.Replica(), `SELECT c.provider, DATE_FORMAT(DATE_ADD(l.at, INTERVAL 9 HOUR), '%Y-%m-%d') AS day,
		SUM(CASE WHEN l.entry = 'capture' THEN l.amount_won ELSE 0 END), SUM(CASE WHEN l.entry = 'waste' THEN l.amount_won ELSE 0 END)
		FROM credit_ledger l JOIN provider_calls c ON c.run_id = l.run_id AND c.step_no = l.step_no AND c.attempt = 1
		WHERE l.at >= ? AND l.at < ? AND l.entry IN ('capture', 'waste') GROUP BY c.provider, day ORDER BY day LIMIT 10000`,
		func(c *Cost) []any { return []any{&c.Vendor, &c.Day, &c.CapturedWon, &c.WasteWon} }, from.UTC(), to.UTC())
	if err != nil {
		return nil, fmt.Errorf("sum up the ledger: %w", err)
	}
	return rows, nil
}
