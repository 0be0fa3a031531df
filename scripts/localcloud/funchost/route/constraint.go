package route

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// constraint is one ":name(arguments)" of a parameter.
type constraint struct {
	name    string
	accepts func(string) bool
}

var (
	guid    = regexp.MustCompile(`(?i)^[{(]?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}[)}]?$`)
	letters = regexp.MustCompile(`(?i)^[a-z]*$`)
)

// plain are the constraints without arguments, as ASP.NET Core names them.
var plain = map[string]func(string) bool{
	"int":      func(v string) bool { _, err := strconv.ParseInt(v, 10, 32); return err == nil },
	"long":     func(v string) bool { _, err := strconv.ParseInt(v, 10, 64); return err == nil },
	"bool":     func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") },
	"decimal":  isNumber,
	"double":   isNumber,
	"float":    isNumber,
	"guid":     guid.MatchString,
	"alpha":    letters.MatchString,
	"required": func(v string) bool { return v != "" },
	"datetime": isDate,
}

func isNumber(v string) bool {
	_, err := strconv.ParseFloat(strings.ReplaceAll(v, ",", ""), 64)
	return err == nil
}

// isDate takes the invariant forms that occur in a path.
func isDate(v string) bool {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly, "01/02/2006"} {
		if _, err := time.Parse(layout, v); err == nil {
			return true
		}
	}
	return false
}

func parseConstraint(text string) (constraint, error) {
	name, arguments, called := strings.Cut(text, "(")
	name = strings.ToLower(strings.TrimSpace(name))
	if !called {
		accepts, known := plain[name]
		if !known {
			return constraint{}, fmt.Errorf("uses the constraint %q, which the host does not know or which needs arguments", text)
		}
		return constraint{name, accepts}, nil
	}
	arguments = strings.TrimSuffix(arguments, ")")
	if name == "regex" {
		// Braces are doubled in templates because single ones delimit parameters.
		expression, err := regexp.Compile("(?i)" + strings.NewReplacer("{{", "{", "}}", "}").Replace(arguments))
		if err != nil {
			return constraint{}, fmt.Errorf("has a regular expression Go cannot read: %w", err)
		}
		return constraint{name, expression.MatchString}, nil
	}
	return parseNumeric(name, text, arguments)
}

func parseNumeric(name, text, arguments string) (constraint, error) {
	var n []int64
	for piece := range strings.SplitSeq(arguments, ",") {
		v, err := strconv.ParseInt(strings.TrimSpace(piece), 10, 64)
		if err != nil {
			return constraint{}, fmt.Errorf("has a wrong argument in %q", text)
		}
		n = append(n, v)
	}
	length := func(low, high int64) func(string) bool {
		return func(v string) bool {
			size := int64(len(utf16.Encode([]rune(v)))) // .NET counts UTF-16 units
			return low <= size && size <= high
		}
	}
	value := func(ok func(int64) bool) func(string) bool {
		return func(v string) bool { i, err := strconv.ParseInt(v, 10, 64); return err == nil && ok(i) }
	}
	const most = 1 << 31
	switch {
	case name == "minlength" && len(n) == 1:
		return constraint{name, length(n[0], most)}, nil
	case name == "maxlength" && len(n) == 1:
		return constraint{name, length(0, n[0])}, nil
	case name == "length" && len(n) == 1:
		return constraint{name, length(n[0], n[0])}, nil
	case name == "length" && len(n) == 2:
		return constraint{name, length(n[0], n[1])}, nil
	case name == "min" && len(n) == 1:
		return constraint{name, value(func(i int64) bool { return i >= n[0] })}, nil
	case name == "max" && len(n) == 1:
		return constraint{name, value(func(i int64) bool { return i <= n[0] })}, nil
	case name == "range" && len(n) == 2:
		return constraint{name, value(func(i int64) bool { return n[0] <= i && i <= n[1] })}, nil
	}
	return constraint{}, fmt.Errorf("uses the constraint %q, which the host does not know", text)
}
