package funchost

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Config is host.json with the app settings AzureFunctionsJobHost__a__b laid
// over it and every default filled in.
type Config struct {
	FunctionTimeout       time.Duration // negative: none
	InitializationTimeout time.Duration // until the handler must listen

	Executable      string // defaultExecutablePath, as written
	WorkingDir      string // "" means the app root
	Arguments       string // one string, split by the process start
	StderrIsError   bool
	Forwarding      bool
	Proxying        bool
	Port            int // 0: a free one per script host
	HasRoutes       bool
	HasBundle       bool
	SequentialStart bool

	RoutePrefix            string // without slashes
	MaxOutstandingRequests int    // 0 or less: no limit
	MaxConcurrentRequests  int    // 0 or less: no limit

	PrefetchCount      int
	AutoComplete       bool
	MaxConcurrentCalls int           // per function and instance
	MaxBatchSize       int           // cardinality many
	MaxLockRenewal     time.Duration // negative: infinite

	Functions []string // when given, the only ones loaded

	tree map[string]any // as written, with overrides; for Check
}

// configReader walks the merged tree of host.json and collects sentences.
type configReader struct {
	tree     map[string]any
	problems []string
}

// knownKeys are the root keys that the host knows.
var knownKeys = []string{"version", "functionTimeout", "retry", "functions", "http", "watchDirectories", "watchFiles", "queues",
	"serviceBus", "eventHub", "singleton", "logging", "aggregator", "healthMonitor", "extensionBundle", "managedDependencies",
	"customHandler", "httpWorker", "extensions", "concurrency", "telemetryMode", "sendCanceledInvocationsToWorker",
	"metadataProviderTimeout", "configurationProfile", "sequentialRestart"}

// readConfig reads host.json. cores scales the default of maxConcurrentCalls.
func readConfig(text []byte, settings *Settings, cores int) (Config, []string) {
	r := &configReader{}
	if err := json.Unmarshal(text, &r.tree); err != nil {
		return Config{}, []string{fmt.Sprintf("host.json is not a JSON object: %v.", err)}
	}
	if r.tree == nil {
		return Config{}, []string{"host.json is not a JSON object: it is null."}
	}
	r.override(settings)
	c := Config{tree: r.tree}
	if version := r.text("", "version"); version != "2.0" {
		r.problem("version must be \"2.0\", not %q", version)
	}
	if _, found := r.find("customHandler:description"); !found {
		r.problem("customHandler.description is missing, so the host would look for a language worker")
	}
	c.FunctionTimeout = r.duration("functionTimeout", 30*time.Minute)
	c.InitializationTimeout = r.duration("customHandler:initializationTimeout", 30*time.Second)
	c.readHandler(r)
	c.RoutePrefix = strings.Trim(r.text("api", "extensions:http:routePrefix"), "/")
	c.MaxOutstandingRequests = r.number("extensions:http:maxOutstandingRequests", -1)
	c.MaxConcurrentRequests = r.number("extensions:http:maxConcurrentRequests", -1)
	if r.flag("extensions:http:dynamicThrottlesEnabled", false) {
		r.problem("extensions.http.dynamicThrottlesEnabled is not modelled by this stand-in")
	}
	c.PrefetchCount = r.number("extensions:serviceBus:prefetchCount", 0)
	c.AutoComplete = r.flag("extensions:serviceBus:autoCompleteMessages", true)
	c.MaxConcurrentCalls = r.number("extensions:serviceBus:maxConcurrentCalls", 16*cores)
	c.MaxBatchSize = r.number("extensions:serviceBus:maxMessageBatchSize", 1000)
	c.MaxLockRenewal = r.duration("extensions:serviceBus:maxAutoLockRenewalDuration", 5*time.Minute)
	if c.MaxConcurrentCalls < 1 {
		r.problem("extensions.serviceBus.maxConcurrentCalls must be at least 1")
	}
	if c.MaxBatchSize < 1 {
		r.problem("extensions.serviceBus.maxMessageBatchSize must be at least 1")
	}
	c.SequentialStart = r.flag("sequentialRestart", false)
	_, c.HasBundle = r.find("extensionBundle:id")
	c.Functions = r.list("functions")
	return c, r.problems
}

func (c *Config) readHandler(r *configReader) {
	const d = "customHandler:description:"
	c.Executable = r.text("", d+"defaultExecutablePath")
	if c.Executable == "" {
		r.problem("customHandler.description.defaultExecutablePath is missing")
	}
	c.WorkingDir = r.text("", d+"workingDirectory")
	// The host joins with single spaces and quotes only the worker's path.
	pieces := r.list(d + "arguments")
	if path := r.text("", d+"defaultWorkerPath"); path != "" {
		pieces = append(pieces, `"`+path+`"`)
	}
	c.Arguments = strings.Join(append(pieces, r.list(d+"workerArguments")...), " ")
	c.StderrIsError = r.flag(d+"useStdErrorStreamForErrorsOnly", true)
	c.Forwarding = r.flag("customHandler:enableForwardingHttpRequest", false)
	c.Proxying = r.flag("customHandler:enableProxyingHttpRequest", false)
	c.Port = r.number("customHandler:port", 0)
	_, c.HasRoutes = r.find("customHandler:http:routes")
	if c.InitializationTimeout <= 0 {
		r.problem("customHandler.initializationTimeout must be positive")
	}
	if c.FunctionTimeout == 0 {
		r.problem("functionTimeout must be positive, or -1 for none")
	}
}

func (r *configReader) problem(format string, args ...any) {
	r.problems = append(r.problems, "host.json: "+fmt.Sprintf(format, args...)+".")
}

// override lays AzureFunctionsJobHost__a__b over the tree.
func (r *configReader) override(settings *Settings) {
	for _, pair := range settings.pairs {
		name, value, _ := strings.Cut(pair, "=")
		const prefix = "azurefunctionsjobhost__"
		if !strings.HasPrefix(strings.ToLower(name), prefix) {
			continue
		}
		node := r.tree
		path := strings.Split(name[len(prefix):], "__")
		for i, key := range path {
			for existing := range node {
				if strings.EqualFold(existing, key) {
					key = existing
				}
			}
			if i == len(path)-1 {
				node[key] = value
				break
			}
			child, ok := node[key].(map[string]any)
			if !ok {
				child = map[string]any{}
				node[key] = child
			}
			node = child
		}
	}
}

// find walks a colon path without regard to case.
func (r *configReader) find(path string) (any, bool) {
	var node any = r.tree
	for key := range strings.SplitSeq(path, ":") {
		object, ok := node.(map[string]any)
		if !ok {
			return nil, false
		}
		node = nil
		for name, value := range object {
			if strings.EqualFold(name, key) {
				node = value
			}
		}
		if node == nil {
			return nil, false
		}
	}
	return node, true
}

func (r *configReader) text(fallback, path string) string {
	value, found := r.find(path)
	if !found {
		return fallback
	}
	text, ok := value.(string)
	if !ok {
		r.problem("%s must be a string", dotted(path))
	}
	return text
}

func (r *configReader) flag(path string, fallback bool) bool {
	value, found := r.find(path)
	if !found {
		return fallback
	}
	if b, err := strconv.ParseBool(strings.ToLower(fmt.Sprint(value))); err == nil {
		return b
	}
	r.problem("%s must be true or false", dotted(path))
	return fallback
}

func (r *configReader) number(path string, fallback int) int {
	value, found := r.find(path)
	if !found {
		return fallback
	}
	if n, err := strconv.Atoi(fmt.Sprint(value)); err == nil {
		return n
	}
	r.problem("%s must be a whole number", dotted(path))
	return fallback
}

func (r *configReader) duration(path string, fallback time.Duration) time.Duration {
	value, found := r.find(path)
	if !found {
		return fallback
	}
	d, err := parseTimeSpan(fmt.Sprint(value))
	if err != nil {
		r.problem("%s %v", dotted(path), err)
		return fallback
	}
	return d
}

func (r *configReader) list(path string) []string {
	value, found := r.find(path)
	if !found {
		return nil
	}
	items, ok := value.([]any)
	if !ok {
		r.problem("%s must be a list of strings", dotted(path))
	}
	var list []string
	for _, item := range items {
		text, ok := item.(string)
		if !ok {
			r.problem("%s must be a list of strings", dotted(path))
			return nil
		}
		list = append(list, text)
	}
	return list
}

func dotted(path string) string { return strings.ReplaceAll(path, ":", ".") }

// parseTimeSpan reads .NET's [-][d.]hh:mm:ss[.fffffff]; "-1" stands for no
// limit, and a bare number for days.
func parseTimeSpan(text string) (time.Duration, error) {
	wrong := fmt.Errorf("must be a time span such as \"00:10:00\", not %q", text)
	body, negative := strings.CutPrefix(text, "-")
	var total time.Duration
	if days, err := strconv.ParseUint(body, 10, 16); err == nil {
		total = time.Duration(days) * 24 * time.Hour
	} else {
		parts := strings.Split(body, ":")
		if len(parts) < 2 || len(parts) > 3 {
			return 0, wrong
		}
		if days, hours, ok := strings.Cut(parts[0], "."); ok {
			n, err := strconv.ParseUint(days, 10, 16)
			if err != nil {
				return 0, wrong
			}
			total, parts[0] = time.Duration(n)*24*time.Hour, hours
		}
		for i, unit := range []time.Duration{time.Hour, time.Minute}[:] {
			n, err := strconv.ParseUint(parts[i], 10, 8)
			if err != nil || n > []uint64{23, 59}[i] {
				return 0, wrong
			}
			total += time.Duration(n) * unit
		}
		if len(parts) == 3 {
			seconds, err := strconv.ParseFloat(parts[2], 64)
			if err != nil || seconds < 0 || seconds >= 60 {
				return 0, wrong
			}
			total += time.Duration(seconds*1e7+0.5) * 100
		}
	}
	if negative {
		return -total, nil
	}
	return total, nil
}
