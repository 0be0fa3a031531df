// Package envelope seals and opens what travels in a queue.
//
// A worker is reached by POST on the port that public requests also reach, and
// fields of a queue message can overwrite what the host says about it. So
// neither the path nor the metadata proves anything: the message itself does.
// Its body is
//
//	{"v":1,"kid":"k2","queue":"song-generate","id":"…","exp":1790000000,"traceparent":"00-…-01","body":"base64","mac":"base64"}
//
// where mac is HMAC-SHA256, under the key called kid, over the first seven
// values joined by newlines (body as its base64 text, v and exp as decimal
// numbers). No value may contain a newline, so no two envelopes have the same
// text under the MAC. The queue's name is under the MAC: a message for one
// queue is nothing in another. exp bounds how long a stolen message is worth
// something; a wake-up that comes too late is not missed, because the sweeper
// makes a new one.
//
// The package is pure: time and keys come in, nothing is kept. It also carries
// the W3C traceparent through a context, so that a message is sent with the
// trace of the request that caused it.
package envelope

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"castad/shared/keyring"
	"castad/shared/strictjson"
)

// MaxBytes is the largest sealed message: a Service Bus Standard message has
// 256 KB, headers and properties included (Azure Service Bus quotas).
const MaxBytes = 192 << 10

// MaxTTL is the longest that a message may be valid. Outbox rows are sealed when they are
// sent, and nothing is scheduled further ahead than an hour.
const MaxTTL = 7 * 24 * time.Hour

const version = 1

// Why a message is not opened; test with errors.Is. The first four cannot be
// told apart by a sender, but an operator wants to know which it was.
var (
	ErrMalformed = errors.New("not an envelope")
	ErrKey       = errors.New("no live key of that name")
	ErrSignature = errors.New("the signature is wrong")
	ErrQueue     = errors.New("sealed for another queue")
	ErrExpired   = errors.New("expired")
)

type wire struct {
	V           int    `json:"v" required:"true"`
	Kid         string `json:"kid" required:"true"`
	Queue       string `json:"queue" required:"true"`
	ID          string `json:"id" required:"true"`
	Exp         int64  `json:"exp" required:"true"`
	Traceparent string `json:"traceparent"`
	Body        string `json:"body" required:"true"`
	MAC         []byte `json:"mac" required:"true"`
}

// Seal wraps body for a queue, signed by the ring's signing key and valid for
// ttl (whole seconds, rounded up). id is the message's own id: 1 to 128 of
// letters, digits, '.', '_', '-'. traceparent may be "".
func Seal(now time.Time, keys keyring.Ring, queue, id, traceparent string, body []byte, ttl time.Duration) ([]byte, error) {
	key, ok := keys.Signing()
	switch {
	case !ok:
		return nil, errors.New("seal message: there is no signing key")
	case !plain(queue, 260), !plain(id, 128):
		return nil, fmt.Errorf("seal message %q for queue %q: a name is empty, too long or has other characters than letters, digits, . _ -", id, queue)
	case traceparent != "" && !ValidTraceparent(traceparent):
		return nil, fmt.Errorf("seal message %s: the traceparent is not of the form 00-…-…-01", id)
	case ttl <= 0 || ttl > MaxTTL:
		return nil, fmt.Errorf("seal message %s: a validity of %v is not between 0 and %v", id, ttl, MaxTTL)
	case len(body) == 0:
		return nil, fmt.Errorf("seal message %s: the body is empty", id)
	}
	exp := now.Add(ttl + time.Second - 1).Unix()

	b := make([]byte, 0, 256+len(id)+base64.StdEncoding.EncodedLen(len(body)))
	b = append(b, `{"v":`...)
	b = strconv.AppendInt(b, version, 10)
	b = append(b, `,"kid":"`...)
	b = append(b, key.ID...)
	b = append(b, `","queue":"`...)
	b = append(b, queue...)
	b = append(b, `","id":"`...)
	b = append(b, id...)
	b = append(b, `","exp":`...)
	b = strconv.AppendInt(b, exp, 10)
	b = append(b, `,"traceparent":"`...)
	b = append(b, traceparent...)
	b = append(b, `","body":"`...)
	start := len(b)
	b = base64.StdEncoding.AppendEncode(b, body)
	text := b[start:]
	sum := mac(key.Secret, version, key.ID, queue, id, exp, traceparent, text)
	b = append(b, `","mac":"`...)
	b = base64.StdEncoding.AppendEncode(b, sum)
	b = append(b, `"}`...)
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("seal message %s: %d bytes are more than %d", id, len(b), MaxBytes)
	}
	return b, nil
}

// Open checks a message that arrived in queue and returns what was sealed.
// The error is one of this package's, and says nothing of the content.
func Open(now time.Time, keys keyring.Ring, queue string, raw []byte) (id string, body []byte, traceparent string, err error) {
	if len(raw) > MaxBytes {
		return "", nil, "", fmt.Errorf("%w: %d bytes", ErrMalformed, len(raw))
	}
	var w wire
	if err := strictjson.Unmarshal(raw, &w); err != nil {
		return "", nil, "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if w.V != version || !plain(w.Queue, 260) || !plain(w.ID, 128) || (w.Traceparent != "" && !ValidTraceparent(w.Traceparent)) {
		return "", nil, "", ErrMalformed
	}
	key, ok := keys.Find(w.Kid, now)
	if !ok {
		return "", nil, "", ErrKey
	}
	if !hmac.Equal(mac(key.Secret, w.V, w.Kid, w.Queue, w.ID, w.Exp, w.Traceparent, []byte(w.Body)), w.MAC) {
		return "", nil, "", ErrSignature
	}
	// From here on the message is ours; what is wrong now is a mistake or a replay.
	if w.Queue != queue {
		return "", nil, "", fmt.Errorf("%w: %s", ErrQueue, w.Queue)
	}
	if now.Unix() >= w.Exp {
		return w.ID, nil, w.Traceparent, ErrExpired
	}
	body, err = base64.StdEncoding.Strict().DecodeString(w.Body)
	if err != nil || len(body) == 0 {
		return w.ID, nil, w.Traceparent, ErrMalformed
	}
	return w.ID, body, w.Traceparent, nil
}

func mac(key []byte, v int, kid, queue, id string, exp int64, traceparent string, body []byte) []byte {
	b := make([]byte, 0, 160+len(queue)+len(id)+len(body))
	b = strconv.AppendInt(b, int64(v), 10)
	b = append(append(b, '\n'), kid...)
	b = append(append(b, '\n'), queue...)
	b = append(append(b, '\n'), id...)
	b = strconv.AppendInt(append(b, '\n'), exp, 10)
	b = append(append(b, '\n'), traceparent...)
	b = append(append(b, '\n'), body...)
	h := hmac.New(sha256.New, key)
	h.Write(b)
	return h.Sum(b[:0:0])
}

// plain says whether s is 1 to most letters, digits, '.', '_' or '-'.
func plain(s string, most int) bool {
	if len(s) == 0 || len(s) > most {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// ValidTraceparent says whether s is a version 00 W3C traceparent: two
// lower-case hexadecimal ids that are not zero, and flags.
func ValidTraceparent(s string) bool {
	if len(s) != 55 || s[:3] != "00-" || s[35] != '-' || s[52] != '-' {
		return false
	}
	return hexadecimal(s[3:35]) && hexadecimal(s[36:52]) && hexadecimal(s[53:]+"1")
}

func hexadecimal(s string) bool {
	zero := true
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
		zero = zero && c == '0'
	}
	return !zero
}

type traceKey struct{}

// WithTrace returns a context that carries a traceparent to whatever is sealed under it.
func WithTrace(ctx context.Context, traceparent string) context.Context {
	return context.WithValue(ctx, traceKey{}, traceparent)
}

// Trace returns the context's traceparent, or "".
func Trace(ctx context.Context) string {
	s, _ := ctx.Value(traceKey{}).(string)
	return s
}
