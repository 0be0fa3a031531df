package limiter

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"castad/shared/ratelimit"
)

// Class is a kind of calls and how many of them each caller may make.
type Class struct {
	Name  string
	Limit ratelimit.Limit // N and Per; no days
}

// maxN bounds a class's N: every caller's last N times are remembered.
const maxN = 1000

// ParseClass reads "auth=5/1m". Errors are of kind Invalid.
func ParseClass(text string) (Class, error) {
	name, limit, _ := strings.Cut(text, "=")
	l, err := ratelimit.Parse(limit)
	if err != nil {
		return Class{}, fmt.Errorf("class %.40q: %w", name, err)
	}
	if name == "" || strings.ContainsAny(name, " \"\\:") || l.Per == 0 || l.N > maxN {
		return Class{}, fmt.Errorf("class %.40q: want name=count/time with a count of at most %d", name, maxN)
	}
	return Class{Name: name, Limit: l}, nil
}

// crowd is how many callers of one IPv6 site may be at their limit: a school's or an
// office's together, and far from the 65,536 networks that a site can pretend to be.
const crowd = 16

// Site is the class for all callers of one IPv6 site together.
func (c Class) Site() Class {
	c.Name, c.Limit.N = c.Name+"-site", min(crowd*c.Limit.N, maxN)
	return c
}

// Verdict is what became of a call.
type Verdict struct {
	OK bool
	// Left is how many could follow at once.
	Left int
	// Wait is how long until the next one is admitted if this one was not.
	Wait time.Duration
	// Reset is when the whole limit is there again, if nobody calls.
	Reset time.Duration
}

// Address is the name of a caller known by nothing but an IP address: a network of
// 64 bits for IPv6, of which a household has one and its devices as many addresses
// as they like. Callers without an address are one caller.
func Address(ip netip.Addr) string {
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	if !ip.IsValid() {
		return "unknown"
	}
	network, _ := ip.WithZone("").Prefix(64) // IPv6 has 64 bits and more
	return network.String()
}

// Site is the name of the 48 bits' network that an IPv6 address is in, "" for others.
// Anybody gets one of those for nothing.
func Site(ip netip.Addr) string {
	if !ip.Is6() || ip.Is4In6() {
		return ""
	}
	site, _ := ip.WithZone("").Prefix(48) // IPv6 has 48 bits and more
	return site.String()
}
