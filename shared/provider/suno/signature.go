package suno

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"castad/shared/fault"
)

// signatureAge is how old or how far ahead a signed callback may be: the vendor
// gives 15 s for an answer and names no repetition; the rest is for clocks.
const signatureAge = 10 * time.Minute

// The headers of a signed callback.
const (
	HeaderTimestamp = "X-Webhook-Timestamp" // Unix seconds
	HeaderSignature = "X-Webhook-Signature" // base64 of the HMAC
)

// VerifyCallback checks kie.ai's signature of a callback about taskID: HMAC-SHA256 of
// "taskID.timestamp" with the key of the account's settings page
// (docs.kie.ai/common-api/webhook-verification). It covers the task's id and the time
// and nothing else of the body, which stays a hint. sunoapi.org signs nothing. The
// error is of kind Unauthenticated and holds neither key nor signature.
func VerifyCallback(key, taskID, timestamp, signature string, now time.Time) error {
	refuse := func(why string) error {
		return fault.Newf(fault.CodeUnauthenticated, "verify song callback: %s", why)
	}
	at, err := strconv.ParseInt(timestamp, 10, 64)
	sent, err2 := base64.StdEncoding.DecodeString(signature)
	switch {
	case key == "":
		return refuse("no key is configured") // else everybody could sign
	case err != nil || at < 0 || at > 1<<40 || err2 != nil || !validID(taskID):
		return refuse("the signature, its time or the task's id is missing or malformed")
	case now.Sub(time.Unix(at, 0)).Abs() > signatureAge:
		return refuse("the signature is too old or of the future")
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(taskID + "." + timestamp))
	if !hmac.Equal(mac.Sum(nil), sent) {
		return refuse("the signature is wrong")
	}
	return nil
}
