package trigger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"castad/shared/fault"
	"castad/shared/identity"
)

// serveHTTP runs an HTTP function: who is it, may they, what do they want, what came of it.
func (h *Host) serveHTTP(w http.ResponseWriter, r *http.Request, f *Function) {
	c, cancel := h.begin(r.Context(), w, r, f)
	defer cancel()
	defer c.finish()
	defer func() {
		if p := recover(); p == http.ErrAbortHandler { // ours: see file
			panic(p)
		} else if p != nil {
			c.fail(c.recovered(p))
			if c.opened {
				panic(http.ErrAbortHandler) // the only way to tell the client that the answer is not whole
			}
		}
	}()
	out, err := c.run()
	if err != nil {
		c.fail(err)
		return
	}
	c.answer(out)
}

func (c *call) run() (any, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	c.traced()
	return c.f.http(c)
}

// enter lets the caller in, or not: within limits, signed in, database reachable.
func (c *call) enter() error {
	h := c.host
	ticket := ""
	var stranger error
	if !c.f.public {
		ticket, stranger = c.identify()
	}
	// Before whatever costs something, a guess at a token included.
	if err := c.admit(); err != nil {
		return err
	}
	if stranger != nil {
		return stranger
	}
	if h.forged(c.r) {
		return fault.Newf(fault.CodeDenied, "another site's page sent its visitor's cookies")
	}
	if c.f.budget.Connections > 0 {
		if err := h.o.Ready(); err != nil {
			return unavailable(err)
		}
	}
	if ticket != "" { // after Ready: tickets live in the database
		var err error
		if c.who, err = h.o.Ticket(c.ctx, c.r.URL.Path, ticket); err != nil {
			return err
		}
		if h.over(c.who) {
			return fault.Newf(fault.CodeSessionEnded, "a ticket of a session that has ended")
		}
	}
	if !c.f.public && (c.who.Tenant == 0 || c.who.User == 0) {
		return fault.Newf(fault.CodeUnauthenticated, "the caller has no account")
	}
	if c.f.admin {
		// The token's word is up to five minutes old; the database's is not.
		if err := h.o.Operator(c.ctx, c.who); err != nil {
			return fmt.Errorf("look whether %v is an operator: %w", c.who.User, err)
		}
	}
	return nil
}

// admit asks whether the call is within its limits, and tells the caller how it stands with them.
func (c *call) admit() error {
	if c.host.o.Admit == nil {
		return nil
	}
	caller := Caller{Function: c.f.name, Principal: c.who, IP: clientIP(c.r, c.host.o.Proxies)}
	if v := c.r.Header["X-Castad-Bypass"]; len(v) == 1 {
		caller.Bypass = v[0]
	}
	admission, err := c.host.o.Admit(c.ctx, caller)
	admission.tell(c.w.Header())
	return err
}

// identify verifies the bearer token, or returns a stream's ticket, which browsers send instead.
func (c *call) identify() (ticket string, err error) {
	values := c.r.Header["Authorization"]
	if len(values) == 0 && c.f.stream && c.host.o.Ticket != nil {
		if t := c.r.URL.Query()["ticket"]; len(t) == 1 && t[0] != "" && clean(t[0]) {
			return t[0], nil
		}
	}
	if len(values) != 1 {
		return "", fault.Newf(fault.CodeUnauthenticated, "%d Authorization headers", len(values))
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", fault.Newf(fault.CodeUnauthenticated, "the Authorization header is not a bearer token")
	}
	var who identity.Principal
	if who, err = c.verify(strings.TrimSpace(token)); err != nil {
		if c.f.admin && fault.KindOf(err) == fault.Denied {
			return "", err
		}
		if fault.KindOf(err) != fault.Unauthenticated { // whatever goes wrong here keeps the door shut
			err = fault.Newf(fault.CodeUnauthenticated, "verify token: %w", err)
		}
		return "", err
	}
	if c.host.over(who) {
		return "", fault.Newf(fault.CodeSessionEnded, "a token of a session that has ended")
	}
	c.who = who
	return "", nil
}

// over says whether the session has ended in whose name somebody comes.
func (h *Host) over(who identity.Principal) bool {
	return who.Session != 0 && h.o.Ended != nil && h.o.Ended(who.Session)
}

// verify reads the token as one for the function's audience.
func (c *call) verify(token string) (identity.Principal, error) {
	if !c.f.admin {
		return c.host.o.Tokens.Verify(token)
	}
	who, err := c.host.o.Operators.Verify(token)
	if err == nil && who.Role != identity.RoleAdmin {
		err = fault.Newf(fault.CodeDenied, "a token of operators for an %s", who.Role)
	}
	if fault.CodeOf(err) != fault.CodeUnauthenticated {
		return who, err
	}
	// Signed in, and yet no operator: that is another answer than "sign in".
	if _, other := c.host.o.Tokens.Verify(token); other == nil {
		err = fault.Newf(fault.CodeDenied, "an ordinary token: %w", err)
	}
	return who, err
}

// unavailable makes sure that what keeps the database away is answered as 503.
func unavailable(err error) error {
	if fault.KindOf(err) == fault.Unavailable {
		return err
	}
	return fault.Newf(fault.CodeUnavailable, "%w", err)
}

// fail answers err as a problem, if anything can still be answered.
func (c *call) fail(err error) {
	if err == nil {
		err = errNoAnswer
	}
	// The budget ended, and what failed did so because of it.
	if errors.Is(err, context.DeadlineExceeded) && c.ctx.Err() != nil && fault.KindOf(err) == fault.Internal {
		err = fault.Wrap(err, fault.CodeTimeout)
	}
	status := c.failed(err)
	if c.opened || status == statusClientGone {
		return
	}
	if fault.KindOf(err) == fault.Done { // nothing left to do is no failure
		c.code = ""
		surround(c.w.Header(), c.id)
		c.status = http.StatusNoContent
		c.w.WriteHeader(c.status)
		return
	}
	c.extendWrite()
	writeProblem(c.w, err, status, c.id)
}
