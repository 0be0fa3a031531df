package guard

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"castad/shared/fault"
	"castad/shared/ratelimit"
)

// Rule limits some operations of a vendor together.
type Rule struct {
	Vendor string
	// Ops are the operations, sorted; none = all.
	Ops   []string
	Limit ratelimit.Limit
}

// anyOp stands for all operations of a vendor.
const anyOp = "*"

var word = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// ParseRules reads rules such as "suno:generate=20/10s", "creatomate:*=30/10s" and
// "naver:local+image=25000/day@Asia/Seoul". Errors are of kind Invalid and name the rule.
func ParseRules(list []string) ([]Rule, error) {
	var rules []Rule
	seen := map[string]bool{}
	for _, text := range list {
		r, err := parseRule(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		if seen[r.name()] {
			return nil, fault.Newf(fault.CodeBadValue, "read rule %.80q: there is one like it", text)
		}
		seen[r.name()] = true
		rules = append(rules, r)
	}
	return rules, nil
}

func parseRule(text string) (Rule, error) {
	calls, limit, _ := strings.Cut(text, "=")
	vendor, ops, ok := strings.Cut(calls, ":")
	r := Rule{Vendor: vendor}
	if !ok || !word.MatchString(vendor) {
		return r, fault.Newf(fault.CodeBadValue, "read rule %.80q: want vendor:operation=limit", text)
	}
	if ops != anyOp {
		r.Ops = strings.Split(ops, "+")
		slices.Sort(r.Ops)
		r.Ops = slices.Compact(r.Ops)
	}
	for _, op := range r.Ops {
		if !word.MatchString(op) {
			return r, fault.Newf(fault.CodeBadValue, "read rule %.80q: %.40q is no operation", text, op)
		}
	}
	var err error
	if r.Limit, err = ratelimit.Parse(limit); err != nil {
		return r, fmt.Errorf("read rule %.80q: %w", text, err)
	}
	if len(r.name()) > maxName {
		return r, fault.Newf(fault.CodeBadValue, "read rule %.80q: too many operations", text)
	}
	return r, nil
}

// maxName is the length of vendor_buckets.name.
const maxName = 128

// name is the rule's row. The count is not in it: a limit that an operator raises
// keeps what was used of it.
func (r Rule) name() string {
	per := "day"
	if r.Limit.Per > 0 {
		per = r.Limit.Per.String()
	}
	return r.calls() + "/" + per
}

// calls names what the rule limits.
func (r Rule) calls() string {
	if len(r.Ops) == 0 {
		return r.Vendor + ":" + anyOp
	}
	return r.Vendor + ":" + strings.Join(r.Ops, "+")
}

func (r Rule) String() string { return r.calls() + "=" + r.Limit.String() }

func (r Rule) limits(vendor, op string) bool {
	return r.Vendor == vendor && (len(r.Ops) == 0 || slices.Contains(r.Ops, op))
}
