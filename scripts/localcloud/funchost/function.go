package funchost

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"castad/scripts/localcloud/funchost/ncrontab"
	"castad/scripts/localcloud/funchost/route"
)

// Kind is what triggers a function.
type Kind string

// The triggers that are modelled, spelled as in function.json.
const (
	HTTP       Kind = "httpTrigger"
	ServiceBus Kind = "serviceBusTrigger"
	Timer      Kind = "timerTrigger"
)

// Function is one loaded function.json.
type Function struct {
	Name     string // the folder's name; also the path the handler is called at
	Kind     Kind
	Binding  string // the trigger's name: the key in Data
	Disabled bool

	// HTTP
	Route     route.Template // without the prefix
	Methods   []string       // upper case; empty: all
	AuthLevel string         // anonymous, function or admin
	Output    string         // name of the http output binding; "" when there is none
	InAndOut  bool           // exactly one input and one output: may be forwarded or proxied

	// Service Bus
	Queue, Topic, Subscription string
	Connection                 string // name of the setting
	ConnectionString           string // its value
	DataType                   string // "binary", "string" or ""
	Many                       bool
	AutoComplete               bool

	// Timer
	Schedule     ncrontab.Schedule
	Expression   string
	RunOnStartup bool
	UseMonitor   bool

	hasRetry bool
}

// Entity is the queue or subscription of a Service Bus function, as in AMQP.
func (f Function) Entity() string {
	if f.Queue != "" {
		return f.Queue
	}
	return f.Topic + "/Subscriptions/" + f.Subscription
}

// binding is one entry of "bindings", names without regard to case.
type binding struct {
	Type, Direction, Name, DataType                    string
	Route                                              *string
	Methods                                            []string
	AuthLevel, WebHookType                             string
	QueueName, TopicName, SubscriptionName, Connection string
	Cardinality                                        string
	IsSessionsEnabled                                  bool
	AutoCompleteMessages                               *bool
	Schedule                                           string
	RunOnStartup                                       bool
	UseMonitor                                         *bool
}

var (
	functionName = regexp.MustCompile(`(?i)^[a-z][a-z0-9_\-]{0,127}$`)
	bindingName  = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9]{0,127}|\$return)$`)
)

// functionReader reads one function.json. settings is nil when nothing is to be
// resolved (Check).
type functionReader struct {
	settings *Settings
	config   Config
	name     string
	problems []string
}

func (r *functionReader) problem(format string, args ...any) {
	r.problems = append(r.problems, "The function "+r.name+": "+fmt.Sprintf(format, args...)+".")
}

func (r *functionReader) read(text []byte) Function {
	f := Function{Name: r.name}
	if !functionName.MatchString(r.name) || strings.EqualFold(r.name, "host") {
		r.problem("the name must start with a letter, hold letters, digits, _ and - (128 at most), and not be \"host\"")
	}
	var file struct {
		Disabled bool
		Retry    json.RawMessage
		Bindings []binding
	}
	if err := json.Unmarshal(text, &file); err != nil {
		r.problem("function.json is not valid: %v", err)
		return f
	}
	f.Disabled = file.Disabled || r.disabledBySetting()
	if f.hasRetry = len(file.Retry) > 0; f.hasRetry {
		r.problem("retry policies are not modelled by this stand-in; for Service Bus they multiply with maxDeliveryCount")
	}
	var trigger *binding
	inputs, outputs := 0, 0
	for i := range file.Bindings {
		b := &file.Bindings[i]
		if !bindingName.MatchString(b.Name) {
			r.problem("the binding name %q must be letters and digits and start with a letter, or be $return", b.Name)
		}
		switch isTrigger := strings.HasSuffix(strings.ToLower(b.Type), "trigger"); {
		case isTrigger && trigger != nil:
			r.problem("it has more than one trigger")
		case isTrigger:
			trigger = b
			inputs++
			if b.Direction != "" && !strings.EqualFold(b.Direction, "in") {
				r.problem("the trigger's direction must be \"in\"")
			}
		case strings.EqualFold(b.Direction, "out"):
			outputs++
			r.readOutput(&f, b)
		default:
			inputs++
			r.problem("the input binding %q is not modelled by this stand-in", b.Type)
		}
	}
	if trigger == nil {
		r.problem("no binding is a trigger")
		return f
	}
	f.InAndOut = inputs == 1 && outputs == 1 && f.Output != ""
	f.Binding = trigger.Name
	r.readTrigger(&f, trigger)
	return f
}

// readOutput takes the http output. Any other would need the host's trap-laden
// conversions; the product sends through its outbox instead.
func (r *functionReader) readOutput(f *Function, b *binding) {
	switch {
	case strings.EqualFold(b.Type, "http"):
		f.Output = b.Name
	case strings.EqualFold(b.Type, "serviceBus"):
		r.problem("a serviceBus output binding cannot set ids or properties and mangles values; send with the Service Bus client instead")
	default:
		r.problem("the output binding %q is not modelled by this stand-in", b.Type)
	}
}

func (r *functionReader) readTrigger(f *Function, b *binding) {
	switch {
	case strings.EqualFold(b.Type, string(HTTP)):
		f.Kind = HTTP
		r.readHTTP(f, b)
	case strings.EqualFold(b.Type, string(ServiceBus)):
		f.Kind = ServiceBus
		r.readServiceBus(f, b)
	case strings.EqualFold(b.Type, string(Timer)):
		f.Kind = Timer
		r.readTimer(f, b)
	default:
		r.problem("the trigger %q is not modelled by this stand-in", b.Type)
	}
}

func (r *functionReader) readHTTP(f *Function, b *binding) {
	text := r.name
	if b.Route != nil && *b.Route != "" {
		text = *b.Route
	}
	for _, reserved := range []string{"admin", "runtime"} {
		if strings.HasPrefix(strings.ToLower(text), reserved) {
			r.problem("the specified route conflicts with one or more built in routes: %q starts with %q", text, reserved)
		}
	}
	if strings.HasPrefix(text, "/") || strings.HasPrefix(text, "~") {
		r.problem("the route template cannot start with a '/' or '~' character: %q", text)
	}
	template, err := route.Parse(text)
	if err != nil {
		r.problem("%v", err)
	}
	f.Route = template
	for _, method := range b.Methods {
		f.Methods = append(f.Methods, strings.ToUpper(method))
	}
	f.AuthLevel = strings.ToLower(b.AuthLevel)
	switch f.AuthLevel {
	case "":
		f.AuthLevel = "function"
	case "anonymous", "function", "admin":
	default:
		r.problem("the authLevel %q must be anonymous, function or admin", b.AuthLevel)
	}
	if b.WebHookType != "" {
		r.problem("webHookType is not supported by this version of the host")
	}
}

func (r *functionReader) readServiceBus(f *Function, b *binding) {
	f.Queue = r.setting("queueName", b.QueueName)
	f.Topic = r.setting("topicName", b.TopicName)
	f.Subscription = r.setting("subscriptionName", b.SubscriptionName)
	if (f.Queue == "") == (f.Topic == "" || f.Subscription == "") {
		r.problem("it needs either queueName or topicName with subscriptionName")
	}
	if b.IsSessionsEnabled {
		r.problem("sessions are not modelled by this stand-in")
	}
	f.DataType = strings.ToLower(b.DataType)
	switch f.DataType {
	case "", "string", "binary":
	default:
		r.problem("the dataType %q is not modelled; use binary", b.DataType)
	}
	f.Many = strings.EqualFold(b.Cardinality, "many")
	f.AutoComplete = r.config.AutoComplete
	if b.AutoCompleteMessages != nil {
		f.AutoComplete = *b.AutoCompleteMessages
	}
	f.Connection = b.Connection
	if f.Connection == "" {
		f.Connection = "AzureWebJobsServiceBus"
	}
	if !r.config.HasBundle {
		r.problem("a serviceBusTrigger needs extensionBundle in host.json")
	}
	if r.settings != nil {
		f.ConnectionString = r.connection(f.Connection)
	}
}

// connection finds the connection string as the extension does: the name as it
// is, or with the prefix AzureWebJobs.
func (r *functionReader) connection(name string) string {
	for _, candidate := range []string{"AzureWebJobs" + name, name} {
		if value, ok := r.settings.Lookup(candidate); ok && value != "" {
			return value
		}
		if host, ok := r.settings.Lookup(candidate + "__fullyQualifiedNamespace"); ok && host != "" {
			r.problem("the connection %s names the namespace %s for a managed identity, which does not exist locally; set %s to the connection string of the local broker", name, host, name)
			return ""
		}
	}
	r.problem("the Service Bus connection setting %s is missing or empty", name)
	return ""
}

func (r *functionReader) readTimer(f *Function, b *binding) {
	f.RunOnStartup = b.RunOnStartup
	f.UseMonitor = b.UseMonitor == nil || *b.UseMonitor
	f.Expression = r.setting("schedule", b.Schedule)
	if f.Expression == "" {
		if b.Schedule == "" {
			r.problem("a timerTrigger needs a schedule")
		}
		return
	}
	if r.settings == nil && percent.MatchString(b.Schedule) {
		return // only the settings of the place where it runs can tell
	}
	schedule, err := ncrontab.Parse(f.Expression)
	if err != nil {
		r.problem("%v", err)
	}
	f.Schedule = schedule
}

// setting resolves %NAME%, when there are settings to resolve with.
func (r *functionReader) setting(property, text string) string {
	if r.settings == nil {
		return text
	}
	resolved, err := r.settings.resolve(text)
	if err != nil {
		r.problem("%s: %v", property, err)
	}
	return resolved
}

func (r *functionReader) disabledBySetting() bool {
	if r.settings == nil {
		return false
	}
	for _, name := range []string{"AzureWebJobs." + r.name + ".Disabled", "AzureWebJobs_" + r.name + "_Disabled"} {
		if value, ok := r.settings.Lookup(name); ok && (strings.EqualFold(value, "true") || value == "1") {
			return true
		}
	}
	return false
}

// takes says whether an HTTP function answers the method.
func (f Function) takes(method string) bool {
	return len(f.Methods) == 0 || slices.Contains(f.Methods, method)
}

// overlaps says whether two HTTP functions would answer the same request.
func (f Function) overlaps(other Function) bool {
	if !route.Same(f.Route, other.Route) {
		return false
	}
	if len(f.Methods) == 0 || len(other.Methods) == 0 {
		return true
	}
	return slices.ContainsFunc(f.Methods, other.takes)
}

// methodKnown guards Check against typing errors in methods.
func methodKnown(method string) bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace}, method)
}
