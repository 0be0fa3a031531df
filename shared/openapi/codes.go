package openapi

import (
	"reflect"
	"slices"
	"strings"

	"castad/shared/fault"
	"castad/shared/trigger"
)

// codes are the failures of an operation: those of its code, and those of the door
// that it stands behind.
func (s *schemas) codes(o Operation, f trigger.Function) map[fault.Code]bool {
	all := map[fault.Code]bool{fault.CodeInternal: true, fault.CodeTimeout: true, fault.CodeTooMany: true}
	add := func(codes ...fault.Code) {
		for _, c := range codes {
			all[c] = true
		}
	}
	for _, c := range o.Behaviour.Codes {
		// How a run ends is told in the ad, never as the answer to a request.
		if !strings.HasPrefix(string(c), "run.") && c.Kind() != fault.Done {
			add(c)
		}
	}
	if f.Budget().Connections > 0 {
		add(fault.CodeUnavailable, fault.CodeBusy)
	}
	if !f.Public() {
		add(fault.CodeUnauthenticated, fault.CodeTokenExpired, fault.CodeSessionEnded)
	}
	if o.Kind == File { // an If-Match
		add(fault.CodeStale)
	}
	if f.Streams() { // a browser's ticket
		add(fault.CodeTicketEnded)
	}
	if f.Admin() {
		add(fault.CodeDenied)
	}
	if o.Method != "GET" && o.Method != "HEAD" && !f.Public() {
		add(fault.CodeLimitUnavailable)
	}
	for _, p := range o.Parameters {
		add(fault.CodeBadValue)
		if p.In == "query" {
			add(fault.CodeInvalid)
		}
		switch {
		case !p.Required || p.In == "path":
		case p.Key:
			add(fault.CodeKeyRequired)
		case p.Name == "If-Match":
			add(fault.CodeIfMatchRequired)
		default:
			add(fault.CodeMissingField)
		}
	}
	if o.Body != nil {
		add(fault.CodeMalformedJSON, fault.CodeUnknownField, fault.CodeDuplicateField, fault.CodeBadValue)
		if o.Needed {
			add(fault.CodeMissingField)
		}
	}
	if o.Body != nil || len(o.Upload) > 0 {
		add(fault.CodeTooLarge, fault.CodeContentType, fault.CodeInvalid)
	}
	return all
}

func byStatus(codes map[fault.Code]bool) map[int][]fault.Code {
	by := map[int][]fault.Code{}
	for c := range codes {
		status := trigger.StatusOf(c)
		by[status] = append(by[status], c)
	}
	for _, list := range by {
		slices.Sort(list)
	}
	return by
}

// problems makes the schema of a failure.
func (s *schemas) problems() error {
	code, err := s.of(reflect.TypeFor[fault.Code](), reply)
	if err != nil {
		return err
	}
	text := func(description string) Object { return Object{{"type", "string"}, {"description", description}} }
	s.made["Words"] = Object{{"type", "object"}, {"description", "A sentence in both languages."},
		{"properties", Object{{"ko", text("Korean")}, {"en", text("English")}}}, {"required", []string{"ko", "en"}}}
	s.made["Problem"] = Object{{"type", "object"}, {"description", "A failure, as RFC 9457 has it."},
		{"properties", Object{
			{"type", Object{{"type", "string"}, {"pattern", "^urn:castad:fault:"}}},
			{"title", text("The English sentence.")},
			{"status", Object{{"type", "integer"}}},
			{"code", code},
			{"message", ref("Words")},
			{"next", described(ref("Words"), "What happens or what to do.")},
			{"side", Object{{"type", "string"}, {"enum", []string{"you", "castad", "vendor"}}, {"description", "Who can mend it."}}},
			{"retryable", Object{{"type", "boolean"}, {"description", "The same request may succeed later without a change."}}},
			{"field", text("Which input is at fault, \"photos[2].url\".")},
			{"allowed", described(ref("Words"), "What that input may be, where CastAD can say it in a few words.")},
			{"detail", text("More about it.")},
			{"link", text("Where the caller can do what CastAD cannot.")},
			{"request_id", Object{{"type", "string"}, {"format", "uuid"}}},
		}},
		{"required", []string{"type", "title", "status", "code", "message", "next", "side", "retryable", "request_id"}}}
	return nil
}
