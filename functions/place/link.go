package place

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// maxLink is the longest link, in bytes: a QR code of more has modules that a
// telephone cannot read from a screen.
const maxLink = 200

// checkLink says why a link could not be put into a QR code that strangers
// scan: it must be an absolute http or https address of a public host, and mean
// to every browser what it says (no userinfo before the host, no backslash).
func checkLink(link string) error {
	if len(link) > maxLink {
		return fmt.Errorf("%d bytes are more than %d", len(link), maxLink)
	}
	if strings.ContainsFunc(link, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("<>\"\\^`{|}\ufffd", r)
	}) {
		return errors.New("it has characters that no address has")
	}
	u, err := url.Parse(link)
	switch {
	case err != nil:
		return err
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("the scheme %q is neither http nor https", u.Scheme)
	case u.User != nil:
		return errors.New("it carries a user name")
	case u.Opaque != "":
		return errors.New("it has no host")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("port %q", port)
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return errors.New("the port is empty")
	}
	return checkHost(u.Hostname())
}

// checkHost takes a public host name: labels of letters, digits and hyphens, at
// least two, and neither an address in numbers nor a name of the machine itself.
func checkHost(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return errors.New("the host is a number")
	}
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(host), "."), ".")
	if len(labels) < 2 {
		return fmt.Errorf("the host %q has no dot", host)
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' ||
			strings.ContainsFunc(l, func(r rune) bool {
				return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
			}) {
			return fmt.Errorf("the host %q has the label %q", host, l)
		}
	}
	last := labels[len(labels)-1]
	if unicode.IsDigit(rune(last[0])) { // browsers read 127.1 and 1.0x7f as addresses; no top-level domain begins so
		return fmt.Errorf("the host %q is a number", host)
	}
	switch last {
	case "localhost", "local", "internal":
		return fmt.Errorf("the host %q is not public", host)
	}
	return nil
}
