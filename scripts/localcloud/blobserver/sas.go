package blobserver

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// oldestSAS is the first service version whose string-to-sign has the encryption scope.
const oldestSAS = "2020-12-06"

// verifySAS verifies a service SAS for a blob (sr=b) or a container (sr=c)
// that the account key signed. Account SAS, user-delegation SAS and stored
// access policies are refused.
func (s *Server) verifySAS(r *http.Request, q url.Values, t target) (grant, error) {
	for _, name := range []string{"ss", "srt", "skoid", "si", "sdd"} {
		if q.Has(name) {
			return grant{}, errAuthentication
		}
	}
	name := "/blob/" + s.account + "/" + t.container
	switch sr := q.Get("sr"); {
	case sr == "b" && t.blob != "":
		name += "/" + t.blob
	case sr == "c":
	default:
		return grant{}, errAuthentication
	}
	if q.Get("sv") < oldestSAS {
		return grant{}, errAuthentication
	}
	text := strings.Join([]string{q.Get("sp"), q.Get("st"), q.Get("se"), name, q.Get("si"), q.Get("sip"), q.Get("spr"), q.Get("sv"),
		q.Get("sr"), "", q.Get("ses"), q.Get("rscc"), q.Get("rscd"), q.Get("rsce"), q.Get("rscl"), q.Get("rsct")}, "\n")
	if !s.signedBy(q.Get("sig"), text) {
		return grant{}, errAuthentication
	}
	if err := s.sasInForce(r, q); err != nil {
		return grant{}, err
	}
	return grant{permissions: q.Get("sp"), container: q.Get("sr") == "c"}, nil
}

// sasInForce checks what a genuine SAS says about time, address and protocol.
func (s *Server) sasInForce(r *http.Request, q url.Values) error {
	now := s.now()
	end, err := sasTime(q.Get("se"))
	if err != nil || !now.Before(end) {
		return errAuthentication
	}
	if q.Get("st") != "" {
		start, err := sasTime(q.Get("st"))
		if err != nil || now.Before(start) {
			return errAuthentication
		}
	}
	switch q.Get("spr") {
	case "", "https,http":
	default: // "https": this server has no TLS
		return &apiError{403, "AuthorizationProtocolMismatch", "This request is not authorized to perform this operation using this protocol."}
	}
	if sip := q.Get("sip"); sip != "" && !inRange(r.RemoteAddr, sip) {
		return &apiError{403, "AuthorizationSourceIPMismatch", "This request is not authorized to perform this operation using this source IP."}
	}
	return nil
}

func sasTime(s string) (t time.Time, err error) {
	for _, layout := range []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05.0000000Z", "2006-01-02T15:04Z", "2006-01-02"} {
		if t, err = time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return t, err
}

func inRange(remote, sip string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	low, high, ok := strings.Cut(sip, "-")
	if !ok {
		high = low
	}
	from, err1 := netip.ParseAddr(low)
	to, err2 := netip.ParseAddr(high)
	return err1 == nil && err2 == nil && from.Compare(ip) <= 0 && ip.Compare(to) <= 0
}

// override sets the response headers that a SAS asks for.
func override(h http.Header, q url.Values) {
	for param, header := range map[string]string{"rscc": "Cache-Control", "rscd": "Content-Disposition", "rsce": "Content-Encoding",
		"rscl": "Content-Language", "rsct": "Content-Type"} {
		if v := q.Get(param); v != "" {
			h.Set(header, v)
		}
	}
}
