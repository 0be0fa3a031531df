package fault

import (
	"maps"
	"sort"
)

// Code is the stable name of a failure: what clients switch on.
type Code string

// Entry is what CastAD says about a code. Every code that can leave the
// process has one, and a test that triggers it.
type Entry struct {
	Kind Kind
	// Ko and En are the sentences shown to people.
	Ko, En string
	// Side says who can mend it: "you", "castad" or "vendor".
	Side string
	// Next says what happens or what to do, Korean and English.
	NextKo, NextEn string
	// Retryable: the same request may succeed later without a change.
	Retryable bool
}

// The codes' first part names the subject, the second the fault; each subject has a
// file of its own.
var catalogue = joined(generalCodes, authCodes, placeCodes, adCodes, socialCodes, postCodes, vendorCodes, limitCodes, adminCodes, runCodes, archiveCodes)

func joined(subjects ...map[Code]Entry) map[Code]Entry {
	all := map[Code]Entry{}
	for _, s := range subjects {
		maps.Copy(all, s)
	}
	return all
}

// Kind returns the kind that the catalogue gives the code; Internal when it has none.
func (c Code) Kind() Kind { return catalogue[c].Kind }

// Entry returns what the catalogue says about c, and whether it is there.
func (c Code) Entry() (Entry, bool) { e, ok := catalogue[c]; return e, ok }

// Codes returns every code of the catalogue, sorted.
func Codes() []Code {
	all := make([]Code, 0, len(catalogue))
	for c := range catalogue {
		all = append(all, c)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return all
}

func general(k Kind) Code {
	switch k {
	case Invalid:
		return CodeInvalid
	case Unauthenticated:
		return CodeUnauthenticated
	case Denied:
		return CodeDenied
	case NotFound:
		return CodeNotFound
	case Conflict:
		return CodeConflict
	case Refused:
		return CodeRefused
	case TooMany:
		return CodeTooMany
	case Misconfigured:
		return CodeMisconfigured
	case Unavailable:
		return CodeUnavailable
	case Timeout:
		return CodeTimeout
	case Unknown:
		return CodeUnknown
	default:
		return CodeInternal
	}
}
