package blobserver

import (
	"net/http"
	"strings"
)

// precondition judges the conditional headers of a request against the present
// record (nil = there is none). For a read a met If-None-Match or an unmet
// If-Modified-Since is 304, for a write 412; If-None-Match: * on a write of a
// name that exists is 409 BlobAlreadyExists.
func precondition(r *http.Request, old *record, write bool) error {
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	if old == nil {
		if match != "" {
			return errConditionNotMet
		}
		return nil
	}
	if match != "" && !hasTag(match, old.ETag) {
		return errConditionNotMet
	}
	if none != "" && hasTag(none, old.ETag) {
		switch {
		case write && none == "*":
			return errBlobExists
		case write:
			return errConditionNotMet
		}
		return errNotModified
	}
	modified := old.Modified.Truncate(1e9) // headers have whole seconds
	if v := r.Header.Get("If-Modified-Since"); v != "" && none == "" {
		at, err := http.ParseTime(v)
		if err != nil {
			return badHeader("If-Modified-Since")
		}
		if !modified.After(at) {
			if write {
				return errConditionNotMet
			}
			return errNotModified
		}
	}
	if v := r.Header.Get("If-Unmodified-Since"); v != "" && match == "" {
		at, err := http.ParseTime(v)
		if err != nil {
			return badHeader("If-Unmodified-Since")
		}
		if modified.After(at) {
			return errConditionNotMet
		}
	}
	return nil
}

// hasTag reports whether a list of entity tags has etag; quotes may be absent,
// as the service allows.
func hasTag(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.Trim(tag, `"`) == strings.Trim(etag, `"`) {
			return true
		}
	}
	return false
}
