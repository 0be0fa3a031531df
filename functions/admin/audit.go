package admin

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
)

// What came of an action.
const (
	Done = "done"
	// Unchanged: it was so already, or waits rightly.
	Unchanged = "unchanged"
	// Refused: nothing was done, for the reason that is the code.
	Refused = "refused"
)

// Action is something that an operator did, or tried.
type Action struct {
	// Name is one of a small fixed set: "run.redrive", "vendor.pause".
	Name string
	// Target is an id or a name, at most 190 bytes; never a secret.
	Target string
	Detail map[string]any
	// Outcome is Done, Unchanged or Refused; Code says why it was refused.
	Outcome string
	Code    fault.Code
}

// detail is what the log keeps of what came of it, with what the action says besides.
func (a Action) detail() ([]byte, error) {
	all := map[string]any{}
	maps.Copy(all, a.Detail)
	all["outcome"] = a.Outcome
	if a.Code != "" {
		all["code"] = a.Code
	}
	return json.Marshal(all) // keys are sorted
}

// Entry is a row of the audit log.
type Entry struct {
	Seq int64 `json:"seq"`
	// At is when it was written.
	At time.Time `json:"at"`
	// Actor is who did it; empty for somebody at the command line.
	Actor  string `json:"actor,omitempty"`
	Action string `json:"action"`
	Target string `json:"target"`
	// Outcome is "done", "unchanged" (it was so already, or waits rightly) or "refused"; Code says why.
	Outcome string          `json:"outcome"`
	Code    fault.Code      `json:"code,omitempty"`
	Detail  json.RawMessage `json:"detail"`
	Request string          `json:"request_id,omitempty"`
	// Hash is the row's, in hex: who keeps it elsewhere can tell whether the log was written anew.
	Hash string `json:"hash"`

	actor          id.User
	detail         string
	previous, hash []byte
}

func (e *Entry) into() []any {
	return []any{&e.Seq, &e.At, &e.actor, &e.Action, &e.Target, &e.detail, &e.Request, &e.previous, &e.hash}
}

// finish fills what is shown from what was read.
func (e *Entry) finish() {
	e.Detail, e.Hash = json.RawMessage(e.detail), hex.EncodeToString(e.hash)
	var came struct {
		Outcome string
		Code    fault.Code
	}
	if json.Unmarshal(e.Detail, &came) != nil { // somebody has edited it, which Verify tells
		e.Detail, _ = json.Marshal(e.detail)
	}
	e.Outcome, e.Code = came.Outcome, came.Code
	if e.actor != 0 {
		e.Actor = e.actor.String()
	}
}

// sum is the hash of the row: SHA-256 over the previous row's hash and the
// fields, each with its length before it, so that no two rows read the same.
func (e *Entry) sum() [sha256.Size]byte {
	h := sha256.New()
	h.Write(e.previous)
	number := func(n int64) { h.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	number(e.Seq)
	number(e.At.UnixMicro())
	number(int64(e.actor))
	for _, text := range []string{e.Action, e.Target, e.detail, e.Request} {
		number(int64(len(text)))
		h.Write([]byte(text))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

type head struct {
	seq  int64
	hash []byte
}

func (h *head) into() []any { return []any{&h.seq, &h.hash} }

// Record writes an action into the log in a transaction of its own.
func (s *Store) Record(ctx context.Context, by identity.Actor, a Action) error {
	var e Entry
	return s.c.DB.Primary().TxCertain(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		e, err = s.append(ctx, tx, by, a)
		return err
	}, func(ctx context.Context, q store.Querier) (bool, error) { return written(ctx, q, e) })
}

// record writes an action into the log in tx.
func (s *Store) record(ctx context.Context, tx *store.Tx, by identity.Actor, a Action) error {
	_, err := s.append(ctx, tx, by, a)
	return err
}

// append adds a row to the chain. Writers wait for each other at the chain's end,
// until their transactions end: it is the last thing that a transaction does.
func (s *Store) append(ctx context.Context, tx *store.Tx, by identity.Actor, a Action) (Entry, error) {
	detail, err := a.detail()
	if err != nil {
		return Entry{}, fmt.Errorf("write %s to the audit log: %w", a.Name, err)
	}
	last, err := lockHead(ctx, tx)
	if err != nil {
		return Entry{}, fmt.Errorf("lock the audit log: %w", err)
	}
	e := Entry{Seq: last.seq + 1, At: s.now(), Action: a.Name, Target: a.Target, Request: by.Request, actor: by.User, detail: string(detail), previous: last.hash}
	hash := e.sum()
	e.hash = hash[:]
	if _, err := tx.Exec(ctx, `INSERT INTO audit_log (seq, at, actor, action, target, detail, request_id, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Seq, e.At, e.actor, e.Action, e.Target, e.detail, e.Request, e.previous, e.hash); err != nil {
		return Entry{}, fmt.Errorf("write %s to the audit log: %w", a.Name, err)
	}
	if _, err := tx.Exec(ctx, `UPDATE audit_head SET seq = ?, hash = ? WHERE id = 1`, e.Seq, e.hash); err != nil {
		return Entry{}, fmt.Errorf("move the audit log's end: %w", err)
	}
	return e, nil
}

// lockHead locks the end of the chain and makes it the first time, of zeros.
func lockHead(ctx context.Context, tx *store.Tx) (head, error) {
	const query = `SELECT seq, hash FROM audit_head WHERE id = 1 LIMIT 1 FOR UPDATE`
	last, err := store.One(ctx, tx, query, (*head).into)
	if errors.Is(err, store.ErrNoRows) {
		if _, err = tx.Exec(ctx, `INSERT IGNORE INTO audit_head (id, seq, hash) VALUES (1, 0, ?)`, make([]byte, sha256.Size)); err == nil {
			last, err = store.One(ctx, tx, query, (*head).into)
		}
	}
	return last, err
}

// written says whether a row of a transaction whose end was lost is there.
func written(ctx context.Context, q store.Querier, e Entry) (bool, error) {
	there, err := store.One(ctx, q, `SELECT hash FROM audit_log WHERE seq = ? LIMIT 1`, func(b *[]byte) []any { return []any{b} }, e.Seq)
	if errors.Is(err, store.ErrNoRows) {
		return false, nil
	}
	return err == nil && string(there) == string(e.hash), err
}

// Audit lists the log, newest first, from before a row (0 = from the newest); target "" = all.
func (s *Store) Audit(ctx context.Context, target string, before int64, limit int) ([]Entry, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	var rows []Entry
	var err error
	if target == "" {
		rows, err = store.All(ctx, s.c.DB.Primary(), `SELECT seq, at, actor, action, target, detail, request_id, previous, hash FROM audit_log
			WHERE seq < ? ORDER BY seq DESC LIMIT ?`, (*Entry).into, before, limit)
	} else {
		rows, err = store.All(ctx, s.c.DB.Primary(), `SELECT seq, at, actor, action, target, detail, request_id, previous, hash FROM audit_log
			WHERE target = ? AND seq < ? ORDER BY seq DESC LIMIT ?`, (*Entry).into, target, before, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("list the audit log: %w", err)
	}
	for i := range rows {
		rows[i].finish()
	}
	return list(rows), nil
}

// Chain is what a check of the audit log has found to be whole.
type Chain struct {
	// Rows is how many there are, Hash that of the last in hex. Kept elsewhere, the two
	// show whether somebody has written the whole log anew.
	Rows int64  `json:"rows"`
	Hash string `json:"hash"`
}

// verifyPage is how many rows are read at once.
const verifyPage = 1000

// Verify reads the whole log and checks that every row follows from the one before
// it and that none is missing, also at the end. Broken is an error of code
// admin.audit_broken that names the first row which does not fit.
func (s *Store) Verify(ctx context.Context) (Chain, error) {
	// The end first: rows that are written meanwhile come after it.
	end, err := store.One(ctx, s.c.DB.Primary(), `SELECT seq, hash FROM audit_head WHERE id = 1 LIMIT 1`, (*head).into)
	if errors.Is(err, store.ErrNoRows) {
		end, err = head{hash: make([]byte, sha256.Size)}, nil
	}
	if err != nil {
		return Chain{}, fmt.Errorf("read the audit log's end: %w", err)
	}
	last, endSeen := head{hash: make([]byte, sha256.Size)}, end.seq == 0
	for {
		rows, err := store.All(ctx, s.c.DB.Primary(), `SELECT seq, at, actor, action, target, detail, request_id, previous, hash FROM audit_log
			WHERE seq > ? ORDER BY seq LIMIT ?`, (*Entry).into, last.seq, verifyPage)
		if err != nil {
			return Chain{}, fmt.Errorf("read the audit log: %w", err)
		}
		for _, e := range rows {
			if last, err = follows(last, e); err != nil {
				return Chain{}, err
			}
			if e.Seq == end.seq {
				endSeen = string(e.hash) == string(end.hash)
			}
		}
		if len(rows) < verifyPage {
			break
		}
	}
	if !endSeen || last.seq < end.seq {
		return Chain{}, fault.Newf(fault.CodeAuditBroken, "verify the audit log: it ends with row %d and should with row %d", last.seq, end.seq)
	}
	return Chain{Rows: last.seq, Hash: hex.EncodeToString(last.hash)}, nil
}

// follows checks one row against the one before it and returns it as the last.
func follows(last head, e Entry) (head, error) {
	sum := e.sum()
	switch {
	case e.Seq != last.seq+1:
		return last, fault.Newf(fault.CodeAuditBroken, "verify the audit log: row %d is missing", last.seq+1)
	case string(e.previous) != string(last.hash):
		return last, fault.Newf(fault.CodeAuditBroken, "verify the audit log: row %d does not follow from row %d", e.Seq, last.seq)
	case string(e.hash) != string(sum[:]):
		return last, fault.Newf(fault.CodeAuditBroken, "verify the audit log: row %d has been changed", e.Seq)
	}
	return head{seq: e.Seq, hash: e.hash}, nil
}
