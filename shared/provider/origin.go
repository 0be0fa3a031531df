package provider

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// origin is scheme, host and port of a URL, in one spelling.
type origin struct {
	scheme, host, port string
}

func (o origin) String() string { return o.scheme + "://" + net.JoinHostPort(o.host, o.port) }

// originOf reads the origin of u. It refuses what the download rule refuses for
// every list: other schemes, userinfo, and plain http to anything but loopback.
func originOf(u *url.URL) (origin, error) {
	o := origin{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Hostname()), port: u.Port()}
	switch {
	case u.Opaque != "" || o.host == "":
		return o, fmt.Errorf("not an absolute URL")
	case u.User != nil:
		return o, fmt.Errorf("userinfo is not allowed")
	case o.scheme != "https" && o.scheme != "http":
		return o, fmt.Errorf("the scheme %q is not allowed", cut(printable(o.scheme), 16))
	case o.scheme == "http" && !loopback(o.host):
		return o, fmt.Errorf("plain http is allowed for loopback only")
	case strings.ContainsFunc(o.host, func(r rune) bool { return r <= ' ' || r > '~' }):
		return o, fmt.Errorf("the host is not ASCII")
	case strings.Contains(o.host, "%"):
		return o, fmt.Errorf("an address with a zone is not allowed")
	}
	if o.port == "" {
		o.port = map[string]string{"https": "443", "http": "80"}[o.scheme]
	}
	return o, nil
}

// origins is a configured list: exact origins, each with whether it may lie in our own network.
type origins map[origin]bool

func parseOrigins(allow, private []string) (origins, error) {
	list := origins{}
	for i, raw := range append(append([]string{}, allow...), private...) {
		u, err := url.Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("origin %s: not a URL", RedactURL(raw))
		}
		o, err := originOf(u)
		if err != nil {
			return nil, fmt.Errorf("origin %s: %w", RedactURL(raw), err)
		}
		if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || strings.Contains(o.host, "*") {
			return nil, fmt.Errorf("origin %s: only scheme, host and port, no wildcard", RedactURL(raw))
		}
		list[o] = list[o] || i >= len(allow)
	}
	return list, nil
}

// permits says whether a connection to ip serves origin o. A public address
// always does; one in our own network only when the origin is that very address
// (or localhost, for loopback), or when it is listed as private. Link-local
// and the platform's metadata addresses serve nobody.
func (l origins) permits(o origin, ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	if public(ip) {
		return nil
	}
	literal, err := netip.ParseAddr(o.host)
	private, listed := l[o]
	switch {
	case !listed || neverDialled(ip):
	case err == nil && literal.Unmap() == ip:
		return nil
	case o.host == "localhost" && ip.IsLoopback():
		return nil
	case private && ip.IsPrivate():
		return nil
	}
	return fmt.Errorf("the address %s of %s is not public", ip, o.host)
}

// neverDialled lists addresses that no list may open: link-local (instance
// metadata, 169.254.169.254), multicast, and Azure's wire server.
func neverDialled(ip netip.Addr) bool {
	return ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || ip == netip.MustParseAddr("168.63.129.16")
}

// notPublic lists the prefixes that are not ordinary public hosts (IANA
// special-purpose registries). IPv6 outside 2000::/3 is not public anyway.
var notPublic = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

var (
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if nat64.Contains(ip) { // how an IPv6-only network reaches IPv4: judge what is behind
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if ip.Is6() && !global6.Contains(ip) {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return false
		}
	}
	return ip.IsValid()
}
