package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"castad/shared/fault"
	"castad/shared/limiter"
	"castad/shared/message"
	"castad/shared/trigger"
)

// The classes of calls. How many of each a caller may make says CASTAD_RATE_LIMITS.
const (
	classAuth     = "auth"     // by address: whoever guesses at logins has no account yet
	classLive     = "live"     // by address: streams, polls, health
	classGeneral  = "general"  // by user; by address where nobody signs in
	classCallback = "callback" // by address: vendors, who come when they like
)

// byModule is the class of a module's HTTP functions. A module that is not here does not start.
var byModule = map[string]string{
	"ad": classGeneral, "admin": classGeneral, "archive": classGeneral, "contract": classGeneral, "cors": classGeneral, "home": classGeneral,
	"lyric": classGeneral, "place": classGeneral, "sns": classGeneral, "social": classGeneral, "song": classGeneral, "video": classGeneral,
	"auth": classAuth, "health": classLive,
}

// byFunction is where a function's class is not its module's.
var byFunction = map[string]string{
	"song-callback": classCallback, "video-callback": classCallback, "video-media": classCallback,
	"auth-unlink": classCallback, // Kakao's servers
	"auth-keys":   classGeneral,  // public keys, which other services fetch
}

// costly are functions that make CastAD pay although they want no Idempotency-Key.
var costly = []string{"ad-retry", "ad-approve"}

// ruling is what limits say about a function.
type ruling struct {
	class limiter.Class
	// site is the class of all callers of one IPv6 site.
	site limiter.Class
	// byUser: callers are told apart by user where they have signed in.
	byUser bool
	// paid: it may start what costs money, so it is refused when nobody knows how much was started.
	paid bool
}

// rulings are the rulings of all HTTP functions.
func rulings(fns []trigger.Function, classes map[string]limiter.Class) (map[string]ruling, error) {
	all := map[string]ruling{}
	for _, f := range fns {
		if f.Kind() != trigger.KindHTTP {
			continue
		}
		module, _, _ := strings.Cut(f.Name(), "-")
		name, special := byFunction[f.Name()]
		switch {
		case special:
		case f.Streams():
			name = classLive
		case byModule[module] == classAuth && !f.Public():
			name = classGeneral // they have an account
		default:
			name = byModule[module]
		}
		class, known := classes[name]
		if !known {
			return nil, fmt.Errorf("function %s: its class of limits %q has no entry in CASTAD_RATE_LIMITS", f.Name(), name)
		}
		all[f.Name()] = ruling{class: class, site: class.Site(), byUser: name == classGeneral, paid: keyed(f) || slices.Contains(costly, f.Name())}
	}
	return all, nil
}

// keyed says whether a function demands an Idempotency-Key, as every one does that starts a run or a post.
func keyed(f trigger.Function) bool {
	return slices.ContainsFunc(f.Methods(), func(m string) bool { return m == "POST" || m == "PATCH" }) && hasKey(f.Input())
}

func hasKey(t reflect.Type) bool {
	if t == nil || t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == reflect.TypeFor[message.Key]() && f.Tag.Get("required") == "true" || f.Anonymous && hasKey(f.Type) {
			return true
		}
	}
	return false
}

// parseClasses reads CASTAD_RATE_LIMITS.
func parseClasses(texts []string) (map[string]limiter.Class, error) {
	all := map[string]limiter.Class{}
	for _, text := range texts {
		c, err := limiter.ParseClass(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("CASTAD_RATE_LIMITS: %w", err)
		}
		all[c.Name] = c
	}
	for _, name := range []string{classAuth, classLive, classGeneral, classCallback} {
		if _, ok := all[name]; !ok {
			return nil, fmt.Errorf("CASTAD_RATE_LIMITS: the class %s is missing", name)
		}
	}
	if len(all) != 4 || len(texts) != 4 {
		return nil, fmt.Errorf("CASTAD_RATE_LIMITS: a class is there twice or unknown")
	}
	return all, nil
}

// keeper counts calls, or looks what it would say. An error comes with what this process
// alone has counted.
type keeper interface {
	Take(ctx context.Context, class limiter.Class, who string) (limiter.Verdict, error)
	Look(ctx context.Context, class limiter.Class, who string) (limiter.Verdict, error)
}

// limits decide whether calls are admitted.
type limits struct {
	rulings map[string]ruling
	keeper  keeper
	bypass  *bypass
	// count is told of what is not simply admitted: refused, alone (only this process has
	// counted), closed (refused because nobody knows), bypassed.
	count func(class, outcome string)
}

// take counts a call for its caller. One known by an IPv6 address counts for his site as
// well: what is too many there does not fill the place of others, and what he alone is
// refused does not lock his neighbours out.
func (l *limits) take(ctx context.Context, r ruling, c trigger.Caller) (limiter.Verdict, error) {
	if r.byUser && c.Principal.User != 0 {
		return l.keeper.Take(ctx, r.class, c.Principal.User.String())
	}
	address, site := "ip "+limiter.Address(c.IP), limiter.Site(c.IP)
	if site == "" {
		return l.keeper.Take(ctx, r.class, address)
	}
	if v, err := l.keeper.Look(ctx, r.site, site); !v.OK {
		return v, err
	}
	v, err := l.keeper.Take(ctx, r.class, address)
	if !v.OK {
		return v, err
	}
	all, err2 := l.keeper.Take(ctx, r.site, site)
	if !all.OK { // others came in between
		return all, errors.Join(err, err2)
	}
	v.Left = min(v.Left, all.Left)
	return v, errors.Join(err, err2)
}

// withSites are the classes, and those of IPv6 sites.
func withSites(classes map[string]limiter.Class) []limiter.Class {
	var all []limiter.Class
	for _, c := range classes {
		all = append(all, c, c.Site())
	}
	return all
}

// admit is trigger's Admit. A function without a ruling is closed.
func (l *limits) admit(ctx context.Context, c trigger.Caller) (trigger.Admission, error) {
	r, ok := l.rulings[c.Function]
	if !ok {
		return trigger.Admission{}, fault.Newf(fault.CodeLimitUnavailable, "function %s has no class of limits", c.Function)
	}
	v, err := l.take(ctx, r, c)
	a := trigger.Admission{Policy: r.class.Name, Quota: r.class.Limit.N, Window: r.class.Limit.Per, Left: v.Left, Reset: v.Reset}
	if err != nil {
		trigger.Note(ctx, "limits", "alone")
		if r.paid {
			l.count(r.class.Name, "closed")
			return trigger.Admission{}, err
		}
		l.count(r.class.Name, "alone")
	}
	if v.OK {
		return a, nil
	}
	if c.Bypass != "" && l.bypass.good(ctx, c.Bypass) {
		l.count(r.class.Name, "bypassed")
		return trigger.Admission{}, nil
	}
	l.count(r.class.Name, "refused")
	return a, fault.Newf(fault.CodeTooMany, "more than %s of class %s", r.class.Limit, r.class.Name).After(v.Wait)
}
