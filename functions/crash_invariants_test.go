package main

import (
	"context"
	"crypto/sha256"
	"io"
	"maps"
	"slices"

	"castad/functions/ad"
	"castad/scripts/localcloud/servicebus/broker"
	"castad/shared/blob"
	"castad/shared/provider/providertest"
	"castad/shared/store"
)

// invariants are what must hold after any crash, as queries that find the
// violations (the ids are the reliability document's). All are of whole tables.
var invariants = map[string]string{
	"I1 a run has not ended":                              `SELECT COUNT(*) FROM pipeline_runs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')`,
	"I2 an attempt has two calls":                         `SELECT COUNT(*) FROM (SELECT run_id FROM provider_calls GROUP BY run_id, step_no, attempt HAVING COUNT(*) > 1) x`,
	"I3 an attempt follows one that was not settled":      `SELECT COUNT(*) FROM provider_calls c JOIN provider_calls p ON p.run_id = c.run_id AND p.step_no = c.step_no AND p.attempt = c.attempt - 1 WHERE p.state NOT IN ('failed', 'abandoned', 'part')`,
	"I3 attempts were left out":                           `SELECT COUNT(*) FROM provider_calls c LEFT JOIN provider_calls p ON p.run_id = c.run_id AND p.step_no = c.step_no AND p.attempt = c.attempt - 1 WHERE c.attempt > 1 AND p.id IS NULL`,
	"I3 a step was abandoned more than once":              `SELECT COUNT(*) FROM (SELECT run_id FROM provider_calls WHERE state = 'abandoned' GROUP BY run_id, step_no HAVING COUNT(*) > 1) x`,
	"I3 the parts of a step are miscounted":               `SELECT COUNT(*) FROM pipeline_steps s WHERE s.parts <> (SELECT COUNT(*) FROM provider_calls c WHERE c.run_id = s.run_id AND c.step_no = s.step_no AND c.state = 'part')`,
	"I3 a call is still open":                             `SELECT COUNT(*) FROM provider_calls WHERE state IN ('intent', 'accepted', 'unknown')`,
	"I5 a run succeeded without a step":                   `SELECT COUNT(*) FROM pipeline_runs r JOIN pipeline_steps s ON s.run_id = r.id WHERE r.state = 'succeeded' AND s.state NOT IN ('succeeded', 'skipped')`,
	"I5 a succeeded step has no output":                   `SELECT COUNT(*) FROM pipeline_steps WHERE state IN ('succeeded', 'skipped') AND output_json IS NULL`,
	"I5 a skipped step has not the result of its source":  `SELECT COUNT(*) FROM pipeline_steps s LEFT JOIN pipeline_steps m ON m.run_id = s.made_in AND m.tenant_id = s.tenant_id AND m.ad_id = s.ad_id AND m.kind = s.kind AND m.input_hash = s.input_hash AND m.state = 'succeeded' WHERE s.state = 'skipped' AND (m.run_id IS NULL OR m.output_json <> s.output_json)`,
	"I5 a skipped step called somebody":                   `SELECT COUNT(*) FROM pipeline_steps s JOIN provider_calls c ON c.run_id = s.run_id AND c.step_no = s.step_no WHERE s.state = 'skipped'`,
	"I5 a succeeded song or film has no artifact":         `SELECT COUNT(*) FROM pipeline_steps s WHERE s.state = 'succeeded' AND s.kind IN ('song', 'video') AND (SELECT COUNT(*) FROM artifacts a WHERE a.run_id = s.run_id AND a.step_no = s.step_no) <> 2`,
	"I5 a succeeded step has not exactly one row":         `SELECT COUNT(*) FROM pipeline_steps s WHERE s.state = 'succeeded' AND s.kind IN ('lyric', 'song', 'video') AND (SELECT COUNT(*) FROM lyrics l WHERE l.run_id = s.run_id AND l.step_no = s.step_no) + (SELECT COUNT(*) FROM songs l WHERE l.run_id = s.run_id AND l.step_no = s.step_no) + (SELECT COUNT(*) FROM videos l WHERE l.run_id = s.run_id AND l.step_no = s.step_no) <> 1`,
	"I6 a fence fell":                                     `SELECT COUNT(*) FROM run_events a JOIN run_events b ON a.run_id = b.run_id AND a.step_no = b.step_no AND a.seq < b.seq WHERE b.fence < a.fence AND a.step_no > 0`,
	"I6 the history is not the state":                     `SELECT COUNT(*) FROM pipeline_steps s JOIN run_events e ON e.run_id = s.run_id AND e.step_no = s.step_no AND e.seq = (SELECT MAX(seq) FROM run_events x WHERE x.run_id = s.run_id AND x.step_no = s.step_no) WHERE e.to_state <> s.state`,
	"I7 a step was submitted before the one it waits for": `SELECT COUNT(*) FROM pipeline_steps s JOIN pipeline_steps p ON p.run_id = s.run_id AND p.step_no = s.after_no JOIN provider_calls c ON c.run_id = s.run_id AND c.step_no = s.step_no WHERE c.sent_at < p.ended_at`,
	"I8 a message was not sent":                           `SELECT COUNT(*) FROM outbox WHERE state = 0`,
	"I9 one cause moved one step twice":                   `SELECT COUNT(*) FROM (SELECT run_id FROM run_events WHERE step_no > 0 GROUP BY run_id, step_no, cause_id HAVING COUNT(*) > 1) x`,
	"I10 a publication is not published":                  `SELECT COUNT(*) FROM publications p JOIN pipeline_runs r ON r.id = p.run_id WHERE r.state = 'succeeded' AND (p.state <> 'published' OR p.external_post_id IS NULL)`,
	"I11 a run that ended has something reserved":         `SELECT COUNT(*) FROM (SELECT l.run_id FROM credit_ledger l JOIN pipeline_runs r ON r.id = l.run_id WHERE r.ended_at IS NOT NULL GROUP BY l.run_id, l.step_no HAVING SUM(CASE WHEN l.credit = 'reserved' THEN l.amount_won WHEN l.debit = 'reserved' THEN -l.amount_won ELSE 0 END) <> 0) x`,
	"I11 a booking is not between its two accounts":       `SELECT COUNT(*) FROM credit_ledger WHERE CONCAT(entry, ':', debit, '>', credit) NOT IN ('reserve:available>reserved', 'capture:reserved>spent', 'release:reserved>available', 'waste:house>wasted')`,
	"I11 the accounts do not add up to zero":              `SELECT COUNT(*) FROM (SELECT t FROM (SELECT tenant_id AS t, amount_won AS won FROM credit_ledger WHERE credit <> '' UNION ALL SELECT tenant_id, -amount_won FROM credit_ledger WHERE debit <> '') x GROUP BY t HAVING SUM(won) <> 0) y`,
	"I11 a day is not what the ledger says":               `SELECT COUNT(*) FROM (SELECT tenant_id, SUM(reserved_won) AS r, SUM(captured_won) AS c FROM spend_days GROUP BY tenant_id) d JOIN (SELECT tenant_id, SUM(CASE entry WHEN 'reserve' THEN amount_won WHEN 'release' THEN -amount_won ELSE 0 END) AS r, SUM(CASE entry WHEN 'capture' THEN amount_won ELSE 0 END) AS c FROM credit_ledger GROUP BY tenant_id) l ON l.tenant_id = d.tenant_id WHERE d.r <> l.r OR d.c <> l.c`,
	"I11 an attempt is booked as waste twice":             `SELECT COUNT(*) FROM (SELECT run_id FROM credit_ledger WHERE entry = 'waste' GROUP BY run_id, step_no, attempt HAVING COUNT(*) > 1) x`,
	"I11 captured twice, or without success":              `SELECT COUNT(*) FROM (SELECT l.run_id FROM credit_ledger l JOIN pipeline_steps s ON s.run_id = l.run_id AND s.step_no = l.step_no WHERE l.entry = 'capture' GROUP BY l.run_id, l.step_no, s.state HAVING COUNT(*) > 1 OR s.state <> 'succeeded') x`,
	"I11 an abandoned call is not booked as waste":        `SELECT COUNT(*) FROM provider_calls c WHERE c.state = 'abandoned' AND c.cost_won > 0 AND NOT EXISTS (SELECT 1 FROM credit_ledger l WHERE l.run_id = c.run_id AND l.step_no = c.step_no AND l.entry = 'waste')`,
	"I11 waste is booked without an abandoned call":       `SELECT COUNT(*) FROM credit_ledger l WHERE l.entry = 'waste' AND NOT EXISTS (SELECT 1 FROM provider_calls c WHERE c.run_id = l.run_id AND c.step_no = l.step_no AND c.state = 'abandoned')`,
	"I13 a report is stored twice":                        `SELECT COUNT(*) FROM (SELECT call_id FROM callbacks GROUP BY call_id, event_hash HAVING COUNT(*) > 1) x`,
	"I14 two claims of a step have one fence":             `SELECT COUNT(*) FROM (SELECT run_id FROM run_events WHERE event IN ('claim', 'claim_collect') GROUP BY run_id, step_no, fence HAVING COUNT(*) > 1) x`,
	"I15 an order has two runs":                           `SELECT COUNT(*) FROM (SELECT 1 AS n FROM ads GROUP BY tenant_id, request_key HAVING COUNT(*) > 1 UNION ALL SELECT 1 FROM publications WHERE request_key IS NOT NULL GROUP BY tenant_id, request_key HAVING COUNT(*) > 1) x`,
	"I15 a run has not one order, of an ad or of a post":  `SELECT COUNT(*) FROM pipeline_runs r WHERE (SELECT COUNT(*) FROM ad_revisions a WHERE a.run_id = r.id) + (SELECT COUNT(*) FROM publications p WHERE p.run_id = r.id AND p.request_key IS NOT NULL) <> 1`,
	"I15 a post has no step":                              `SELECT COUNT(*) FROM publications p LEFT JOIN pipeline_steps s ON s.run_id = p.run_id AND s.step_no = p.step_no AND s.kind = 'publish' WHERE s.run_id IS NULL`,
	"I15 an ad is not its newest revision":                `SELECT COUNT(*) FROM ads a LEFT JOIN ad_revisions v ON v.ad_id = a.id AND v.revision = a.revision AND v.run_id = a.run_id WHERE v.ad_id IS NULL OR a.revision <> (SELECT MAX(revision) FROM ad_revisions m WHERE m.ad_id = a.id)`,
	"I16 a step is another tenant's than its run":         `SELECT COUNT(*) FROM pipeline_runs r JOIN pipeline_steps c ON c.run_id = r.id WHERE c.tenant_id <> r.tenant_id`,
	"I16 a call is another tenant's than its run":         `SELECT COUNT(*) FROM pipeline_runs r JOIN provider_calls c ON c.run_id = r.id WHERE c.tenant_id <> r.tenant_id`,
	"I16 an artifact is another tenant's than its run":    `SELECT COUNT(*) FROM pipeline_runs r JOIN artifacts c ON c.run_id = r.id WHERE c.tenant_id <> r.tenant_id`,
	"I16 an event is another tenant's than its run":       `SELECT COUNT(*) FROM pipeline_runs r JOIN run_events c ON c.run_id = r.id WHERE c.tenant_id <> r.tenant_id`,
	"I16 a booking is another tenant's than its run":      `SELECT COUNT(*) FROM pipeline_runs r JOIN credit_ledger c ON c.run_id = r.id WHERE c.tenant_id <> r.tenant_id`,
	"I16 a publication is another tenant's than its run":  `SELECT COUNT(*) FROM pipeline_runs r JOIN publications c ON c.run_id = r.id WHERE c.tenant_id <> r.tenant_id`,
	// Between a handler's death and the host's notice of it a message can use up its
	// ten deliveries in milliseconds; what it would have woken is swept.
	"I17 a message died of something else than crashes": `SELECT COUNT(*) FROM dead_letters WHERE reason NOT LIKE 'MaxDeliveryCountExceeded%'`,
	"I24 a step was claimed after it had succeeded":     `SELECT COUNT(*) FROM run_events a JOIN run_events b ON a.run_id = b.run_id AND a.step_no = b.step_no AND a.seq < b.seq WHERE a.to_state IN ('succeeded', 'skipped') AND a.step_no > 0`,
}

// legal are the moves a step may make (I6). Out of an end there is only what
// people do: a retry, and what they have seen of a lost publication.
var legal = map[string][]string{
	"blocked":    {"ready", "skipped", "failed", "cancelled"},
	"ready":      {"submitting", "failed", "cancelled"},
	"submitting": {"ready", "waiting", "unknown", "succeeded", "failed", "cancelled"},
	"waiting":    {"collecting", "failed", "cancelled"},
	"unknown":    {"collecting", "waiting", "failed", "cancelled"},
	"collecting": {"ready", "waiting", "unknown", "succeeded", "failed", "cancelled"},
	"failed":     {"ready", "skipped", "blocked", "succeeded", "failed"},
	"cancelled":  {"ready", "blocked", "skipped", "failed"},
}

// byPeople are the events that may move a step out of its end.
var byPeople = []string{"retry", "redrive", "confirm", "reuse", "unfit"}

// holds checks every invariant of the database, that the broker has had every
// message that is marked as sent, and that every artifact's file is there, byte
// for byte.
func (b *crashBench) holds() {
	b.t.Helper()
	broken := false
	for name, query := range invariants {
		if n := b.count(query); n != 0 {
			b.t.Errorf("%s: %d rows", name, n)
			broken = true
		}
	}
	for _, e := range b.events() {
		if e.step > 0 && e.name != "accept" && !slices.Contains(legal[e.from], e.to) {
			b.t.Errorf("I6 step %d moved from %s to %s by %s", e.step, e.from, e.to, e.name)
			broken = true
		}
		if (e.from == "failed" || e.from == "cancelled") && e.step > 0 && !slices.Contains(byPeople, e.name) {
			b.t.Errorf("I6 step %d left its end %s by %s", e.step, e.from, e.name)
			broken = true
		}
	}
	had := map[string]int{}
	for _, q := range b.bus.Broker().Queues() {
		maps.Copy(had, broker.IDs(q.Events(), broker.Enqueued))
	}
	for _, message := range b.sent() {
		if had[message] == 0 {
			b.t.Errorf("I8 message %s is marked as sent, and the broker never had it", message)
		}
	}
	for _, a := range b.artifacts() {
		sum, n, err := contents(b.t.Context(), b.files, a.blob)
		if err != nil || n != a.bytes || sum != [32]byte(a.sum) {
			b.t.Errorf("I5 %s: %d bytes of %d are kept, hash as recorded: %v, %v", a.blob, n, a.bytes, sum == [32]byte(a.sum), err)
		}
	}
	if broken {
		b.t.Log("\n" + b.dump())
	}
}

func (b *crashBench) sent() []string {
	b.t.Helper()
	all, err := store.All(b.t.Context(), b.db.Primary(), `SELECT LOWER(HEX(message_id)) FROM outbox WHERE state = 1 ORDER BY id LIMIT 1000`, func(s *string) []any { return []any{s} })
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

type artifact struct {
	blob  string
	bytes int64
	sum   []byte
}

func (b *crashBench) artifacts() []artifact {
	b.t.Helper()
	all, err := store.All(b.t.Context(), b.db.Primary(), `SELECT blob_path, bytes, sha256 FROM artifacts ORDER BY id LIMIT 100`,
		func(a *artifact) []any { return []any{&a.blob, &a.bytes, &a.sum} })
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

func contents(ctx context.Context, files *blob.Store, name string) (sum [32]byte, n int64, err error) {
	o, err := files.Open(ctx, name)
	if err != nil {
		return sum, 0, err
	}
	defer o.Close()
	hash := sha256.New()
	n, err = io.Copy(hash, o)
	return [32]byte(hash.Sum(nil)), n, err
}

// paidOnce checks the ledgers of those who would have been paid: one song, one
// film, and one post on each channel for each ad, and none that CastAD does not know.
func (b *crashBench) paidOnce(ads ...ad.Ad) {
	b.t.Helper()
	for _, l := range []struct {
		vendor string
		jobs   []string
	}{
		{"suno", entries(b.music.Ledger())}, {"creatomate", entries(b.renderer.Ledger())},
		{"youtube", b.posts("youtube")}, {"instagram", b.posts("instagram")},
	} {
		if len(l.jobs) != len(ads) {
			b.t.Errorf("%s has %d jobs for %d ads: %v\n%s", l.vendor, len(l.jobs), len(ads), l.jobs, b.dump())
		}
		for _, job := range l.jobs {
			if n := b.count(`SELECT COUNT(*) FROM provider_calls WHERE provider = ? AND external_id = ? AND state = 'done'`, l.vendor, job); n != 1 {
				b.t.Errorf("%d calls brought the %s job %s (I4)", n, l.vendor, job)
			}
		}
	}
	for _, a := range ads {
		if len(a.Posts) != 2 {
			b.t.Errorf("%v has %d posts", a.ID, len(a.Posts))
		}
		for _, p := range a.Posts {
			if n := b.count(`SELECT COUNT(*) FROM publications WHERE ad_id = ? AND channel = ? AND external_post_id = ?`, a.ID, p.Channel, p.ExternalID); n != 1 || p.State != "published" {
				b.t.Errorf("%v on %s is %s, in %d publications (I10)", a.ID, p.Channel, p.State, n)
			}
		}
	}
}

func entries(ledger []providertest.Entry) []string {
	var ids []string
	for _, e := range ledger {
		ids = append(ids, e.ID)
	}
	return ids
}

func (b *crashBench) posts(channel string) []string {
	var ids []string
	if channel == "youtube" {
		for _, v := range b.youtube.Videos() {
			ids = append(ids, v.ID)
		}
		return ids
	}
	for _, r := range b.instagram.Reels() {
		ids = append(ids, r.ID)
	}
	return ids
}

// accountedFor is paidOnce for many crashes on one ad: what was paid beyond one
// job is an attempt that was given up and booked as waste; posts are one all the same.
func (b *crashBench) accountedFor(ads ...ad.Ad) {
	b.t.Helper()
	for provider, ledger := range map[string][]string{"suno": entries(b.music.Ledger()), "creatomate": entries(b.renderer.Ledger())} {
		wasted := b.count(`SELECT COUNT(*) FROM provider_calls WHERE provider = ? AND state = 'abandoned'`, provider)
		if len(ledger) < len(ads) || len(ledger) > len(ads)+wasted {
			b.t.Errorf("%s has %d jobs for %d ads, %d calls were given up\n%s", provider, len(ledger), len(ads), wasted, b.dump())
		}
	}
	for _, channel := range []string{"youtube", "instagram"} {
		if n := len(b.posts(channel)); n != len(ads) {
			b.t.Errorf("%s has %d posts for %d ads\n%s", channel, n, len(ads), b.dump())
		}
	}
}
