package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"castad/scripts/localcloud/servicebus/wire"
)

// claimed reports whether a token for path, or for something above it, was put
// on the connection and has not expired.
func (c *conn) claimed(path string) bool {
	now := c.srv.o.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.claimedAt(path, now)
}

func (c *conn) claimedAt(path string, now time.Time) bool {
	for scope, until := range c.claims {
		if until.After(now) && within(path, scope) {
			return true
		}
	}
	return false
}

// within reports whether path is scope or below it; "" is the whole namespace.
func within(path, scope string) bool {
	return scope == "" || path == scope || strings.HasPrefix(path, scope+"/")
}

// expireClaims detaches links whose token has run out, as the service does.
func (c *conn) expireClaims() {
	now := c.srv.o.Now()
	c.detachWhere(func(l *link) bool { // conn.mu is held here
		return l.path != "" && !c.claimedAt(l.path, now)
	}, &wire.Error{Condition: condUnauthorized, Description: "ExpiredToken: the token of this link has expired."})
}

var (
	errUnauthorized = errors.New("unauthorized")
	errNoEntity     = errors.New("the messaging entity could not be found")
)

// putToken checks a token and files its claim.
func (c *conn) putToken(kind, token, audience string) error {
	path, err := audiencePath(audience)
	if err != nil {
		return err
	}
	var until time.Time
	switch kind {
	case "servicebus.windows.net:sastoken":
		until, err = verifySAS(token, audience, c.srv.o.KeyName, c.srv.o.Key, c.srv.o.Now())
	case "jwt":
		if c.srv.o.VerifyJWT == nil {
			return fmt.Errorf("%w: no verifier for tokens of type jwt is set", errUnauthorized)
		}
		if until, err = c.srv.o.VerifyJWT(token, audience); err != nil {
			err = fmt.Errorf("%w: %w", errUnauthorized, err)
		}
	default:
		err = fmt.Errorf("%w: token type %q", errUnauthorized, kind)
	}
	if err != nil {
		return err
	}
	entity, _ := cutFold(path, managementSuffix)
	if entity != "" {
		if _, ok := c.srv.b.Queue(entity); !ok {
			return fmt.Errorf("%w: '%s'", errNoEntity, entity)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.claims[strings.ToLower(entity)] = until
	return nil
}

// audiencePath returns the entity path of an audience such as "amqp://host:5672/queue".
func audiencePath(audience string) (string, error) {
	u, err := url.Parse(audience)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("%w: audience %q is not a URL", errUnauthorized, audience)
	}
	return strings.Trim(u.Path, "/"), nil
}

// verifySAS checks a shared access signature: that it was made with the key,
// covers the audience, and has not expired.
//
//	SharedAccessSignature sr=<resource>&sig=<base64 hmac-sha256 of sr \n se>&se=<unix seconds>&skn=<key name>
func verifySAS(token, audience, keyName, key string, now time.Time) (time.Time, error) {
	refuse := func(why string) (time.Time, error) {
		return time.Time{}, fmt.Errorf("%w: InvalidSignature: %s", errUnauthorized, why)
	}
	fields, ok := strings.CutPrefix(token, "SharedAccessSignature ")
	if !ok {
		return refuse("not a SharedAccessSignature")
	}
	raw := map[string]string{}
	for part := range strings.SplitSeq(fields, "&") {
		k, v, _ := strings.Cut(part, "=")
		raw[k] = v
	}
	if keyName == "" || raw["skn"] != keyName {
		return refuse("unknown key name")
	}
	sig, err := url.QueryUnescape(raw["sig"])
	if err != nil {
		return refuse("sig is not URL-encoded")
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(raw["sr"] + "\n" + raw["se"]))
	if given, err := base64.StdEncoding.DecodeString(sig); err != nil || !hmac.Equal(given, mac.Sum(nil)) {
		return refuse("the signature does not match")
	}
	seconds, err := strconv.ParseInt(raw["se"], 10, 64)
	if err != nil {
		return refuse("se is not a number")
	}
	until := time.Unix(seconds, 0)
	if !until.After(now) {
		return time.Time{}, fmt.Errorf("%w: ExpiredToken: it ended at %s", errUnauthorized, until.UTC().Format(time.RFC3339))
	}
	resource, err := url.QueryUnescape(raw["sr"])
	if err != nil || !within(bare(audience), bare(resource)) {
		return refuse("it is for another resource")
	}
	return until, nil
}

// bare is a resource without scheme, case and closing slash: the SDK signs
// "amqp://…", people sign "sb://…" or just the host.
func bare(resource string) string {
	if _, after, ok := strings.Cut(resource, "://"); ok {
		resource = after
	}
	return strings.ToLower(strings.TrimSuffix(resource, "/"))
}
