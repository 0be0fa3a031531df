package trigger

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"castad/shared/strictjson"
)

// Connection is the app setting that queue triggers name for their Service Bus namespace.
const Connection = "CASTAD_SERVICEBUS"

// binding is what a function.json says.
type binding struct {
	kind     Kind
	name     string // of the trigger: the key in Data
	out      string // of the http output
	route    string
	methods  []string
	queue    string
	schedule string
}

// functionJSON is a function.json with every property that CastAD uses; another one is refused,
// because the host would obey it and nobody here would know.
type functionJSON struct {
	Bindings []struct {
		Type         string   `json:"type" required:"true"`
		Direction    string   `json:"direction" required:"true"`
		Name         string   `json:"name" required:"true"`
		AuthLevel    string   `json:"authLevel"`
		Methods      []string `json:"methods"`
		Route        *string  `json:"route"`
		QueueName    string   `json:"queueName"`
		Connection   string   `json:"connection"`
		DataType     string   `json:"dataType"`
		Schedule     string   `json:"schedule"`
		RunOnStartup bool     `json:"runOnStartup"`
		UseMonitor   *bool    `json:"useMonitor"`
	} `json:"bindings" required:"true"`
	Schema  json.RawMessage `json:"$schema"`
	Comment json.RawMessage `json:"_comment"`
}

// longestName is how long a function's or a binding's name may be. In the expressions below it
// would be written out 128 times over, with each start.
const longestName = 128

// The host's own rules (Utility.cs): a name that breaks them is a function that does not load.
var (
	functionName = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`) // ours are lower case
	bindingName  = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]*$`)
	routePart    = regexp.MustCompile(`^(?:[A-Za-z0-9._~-]+|\{\*?[a-z][a-z0-9_]*\})$`)
)

var methods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

func parseBinding(raw []byte) (binding, error) {
	var file functionJSON
	if err := strictjson.Unmarshal(raw, &file); err != nil {
		return binding{}, fmt.Errorf("read function.json: %w", err)
	}
	trigger := file.Bindings[0]
	if len(trigger.Name) > longestName || !bindingName.MatchString(trigger.Name) {
		return binding{}, fmt.Errorf("binding name %q: the host wants a letter, then letters and digits", trigger.Name)
	}
	if trigger.Direction != "in" {
		return binding{}, fmt.Errorf("the first binding must be the trigger, direction in; it is %q", trigger.Direction)
	}
	b := binding{name: trigger.Name}
	if trigger.Type != "httpTrigger" && len(file.Bindings) != 1 {
		return binding{}, fmt.Errorf("a %s has one binding; there are %d", trigger.Type, len(file.Bindings))
	}
	switch trigger.Type {
	case "httpTrigger":
		// With any other output the host silently stops forwarding the request (functions-host 2.0).
		if len(file.Bindings) != 2 || file.Bindings[1].Type != "http" || file.Bindings[1].Direction != "out" {
			return binding{}, errors.New("an httpTrigger is followed by exactly one http output, or the host does not forward the request")
		}
		b.kind, b.out = KindHTTP, file.Bindings[1].Name
		if trigger.AuthLevel != "anonymous" {
			return binding{}, fmt.Errorf("authLevel is %q; callers have tokens of ours, so it must be anonymous", trigger.AuthLevel)
		}
		if trigger.Route == nil {
			return binding{}, errors.New("an httpTrigger needs a route: its default is the function's name, outside /v1")
		}
		return b, b.setRoute(*trigger.Route, trigger.Methods)
	case "serviceBusTrigger":
		b.kind, b.queue = KindQueue, trigger.QueueName
		switch {
		case trigger.DataType != "binary":
			return binding{}, fmt.Errorf("dataType is %q; without binary the body is encoded twice and its fields overwrite metadata", trigger.DataType)
		case trigger.Connection != Connection:
			return binding{}, fmt.Errorf("connection is %q; it must be %s", trigger.Connection, Connection)
		case trigger.QueueName == "" || strings.Contains(trigger.QueueName, "%"):
			return binding{}, fmt.Errorf("queueName is %q; it is written out, not a setting", trigger.QueueName)
		}
		return b, nil
	case "timerTrigger":
		b.kind, b.schedule = KindTimer, trigger.Schedule
		if b.schedule == "" {
			return binding{}, errors.New("a timerTrigger needs a schedule")
		}
		return b, nil
	}
	return binding{}, fmt.Errorf("binding type %q: CastAD has httpTrigger, serviceBusTrigger and timerTrigger", trigger.Type)
}

func (b *binding) setRoute(route string, verbs []string) error {
	// The host compares without regard to case, by plain prefix: admin, administrator, runtime-info.
	for _, reserved := range []string{"admin", "runtime"} {
		if strings.HasPrefix(strings.ToLower(route), reserved) {
			return fmt.Errorf("route %q: the host keeps routes that start with %q to itself", route, reserved)
		}
	}
	parts := strings.Split(route, "/")
	for i, p := range parts {
		if !routePart.MatchString(p) || p == "." || p == ".." {
			return fmt.Errorf("route %q: %q is not plain text, {name} or {*name} (no constraints, no optional parts)", route, p)
		}
		if strings.HasPrefix(p, "{*") && i != len(parts)-1 {
			return fmt.Errorf("route %q: %s takes the rest and must come last", route, p)
		}
	}
	b.route = route
	if len(verbs) == 0 {
		return fmt.Errorf("route %q: methods must be listed", route)
	}
	for _, v := range verbs {
		v = strings.ToUpper(v)
		if !slices.Contains(methods, v) || slices.Contains(b.methods, v) {
			return fmt.Errorf("route %q: method %q is unknown or there twice", route, v)
		}
		b.methods = append(b.methods, v)
	}
	slices.Sort(b.methods)
	return nil
}

// params are the names in the route's braces.
func (b binding) params() []string {
	var names []string
	for p := range strings.SplitSeq(b.route, "/") {
		if strings.HasPrefix(p, "{") {
			names = append(names, strings.Trim(p, "{*}"))
		}
	}
	return names
}

// patterns are the route as http.ServeMux wants it: {*path} also matches
// nothing at all, which takes a second pattern.
func (b binding) patterns(prefix string) []string {
	full := "/" + prefix + "/" + b.route
	head, rest, ok := strings.Cut(full, "/{*")
	if !ok {
		return []string{full}
	}
	return []string{head, head + "/{" + strings.TrimSuffix(rest, "}") + "...}"}
}
