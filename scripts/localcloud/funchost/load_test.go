package funchost

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"castad/scripts/stage/app"
)

// good is the product's host.json with one function of each kind.
func good(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../../host.json")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"host.json":                   string(text),
		"ad-request/function.json":    `{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","methods":["post"],"route":"v1/ads"},{"type":"http","direction":"out","name":"res"}]}`,
		"song-generate/function.json": `{"bindings":[{"type":"serviceBusTrigger","direction":"in","name":"job","queueName":"song-generate","connection":"CASTAD_SERVICEBUS","dataType":"binary"}]}`,
		"sweep/function.json":         `{"bindings":[{"type":"timerTrigger","direction":"in","name":"tick","schedule":"0 */5 * * * *"}]}`,
	}
}

// rootOf writes files with a handler beside them; a changed text of "" leaves a
// file out.
func rootOf(t *testing.T, changed map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files := good(t)
	for name, text := range changed {
		files[name] = text
	}
	for name, text := range files {
		if text != "" {
			put(t, filepath.Join(root, name), text)
		}
	}
	if _, given := changed["handler"]; !given {
		binary, err := os.ReadFile(handlerBinary)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "handler"), binary, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// swap changes one place of the good app's file.
func swap(t *testing.T, file, old, new string) map[string]string {
	t.Helper()
	text := good(t)[file]
	if !strings.Contains(text, old) {
		t.Fatalf("%s has no %q", file, old)
	}
	return map[string]string{file: strings.Replace(text, old, new, 1)}
}

var busSetting = []string{"castad_servicebus=Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=k"}

func TestLoadReadsTheProductsHostFile(t *testing.T) {
	t.Parallel()
	loaded, err := Load(rootOf(t, nil), append(busSetting, "AzureFunctionsJobHost__functionTimeout=00:02:00", "AzureFunctionsJobHost__Extensions__serviceBus__maxConcurrentCalls=7"))
	if err != nil {
		t.Fatal(err)
	}
	c := loaded.Config
	c.tree = nil
	want := Config{FunctionTimeout: 2 * time.Minute, InitializationTimeout: 30 * time.Second, Executable: "handler", StderrIsError: true, Forwarding: true, Proxying: true,
		HasBundle: true, RoutePrefix: "api", MaxOutstandingRequests: -1, MaxConcurrentRequests: -1, AutoComplete: true, MaxConcurrentCalls: 7, MaxBatchSize: 1000, MaxLockRenewal: 10 * time.Minute}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(Config{})); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	var kinds []string
	for _, f := range loaded.Functions {
		kinds = append(kinds, f.Name+" "+string(f.Kind))
	}
	if diff := cmp.Diff([]string{"ad-request httpTrigger", "song-generate serviceBusTrigger", "sweep timerTrigger"}, kinds); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
	if f := loaded.Functions[1]; f.ConnectionString == "" || f.Entity() != "song-generate" || !f.AutoComplete {
		t.Errorf("the queue function is %+v", f)
	}
}

func TestLoadRefusesWithASentence(t *testing.T) {
	t.Parallel()
	const http, queue, timer = "ad-request/function.json", "song-generate/function.json", "sweep/function.json"
	tests := map[string]struct {
		changed map[string]string
		env     []string
		want    string
	}{
		"no host.json":                           {map[string]string{"host.json": ""}, nil, "host.json cannot be read"},
		"host.json of another version":           {swap(t, "host.json", `"2.0"`, `"1.0"`), nil, `version must be "2.0"`},
		"host.json that is null":                 {map[string]string{"host.json": "null"}, nil, "is not a JSON object"},
		"host.json that is broken":               {map[string]string{"host.json": "{"}, nil, "is not a JSON object"},
		"no customHandler":                       {swap(t, "host.json", `"customHandler"`, `"other"`), nil, "customHandler.description is missing"},
		"a wrong time span":                      {swap(t, "host.json", `"00:00:30"`, `"30s"`), nil, `initializationTimeout must be a time span such as "00:10:00", not "30s"`},
		"a wrong number":                         {swap(t, "host.json", `"maxConcurrentCalls": 3`, `"maxConcurrentCalls": "four"`), nil, "must be a whole number"},
		"a wrong flag":                           {swap(t, "host.json", `"enableProxyingHttpRequest": true`, `"enableProxyingHttpRequest": 1.5`), nil, "must be true or false"},
		"no calls at all":                        {swap(t, "host.json", `"maxConcurrentCalls": 3`, `"maxConcurrentCalls": 0`), nil, "must be at least 1"},
		"no functions":                           {map[string]string{http: "", queue: "", timer: "", "functions/a/function.json": ""}, busSetting, "No functions found"},
		"functions one level too deep":           {map[string]string{http: "", queue: "", timer: "", "functions/a/function.json": "{}"}, busSetting, "No functions found"},
		"routes beside function.json":            {swap(t, "host.json", `"customHandler": {`, `"customHandler": {"http":{"routes":[{"route":"x"}]},`), nil, "cannot be used together"},
		"a function name with a dot":             {map[string]string{"a.b/function.json": good(t)[timer]}, nil, "The function a.b: the name must start with a letter"},
		"a function called host":                 {map[string]string{"Host/function.json": good(t)[timer]}, nil, "The function Host: the name"},
		"names that differ in case":              {map[string]string{"Sweep/function.json": good(t)[timer]}, nil, "differ only in case"},
		"a binding name with an underscore":      {swap(t, queue, `"job"`, `"the_job"`), nil, `the binding name "the_job"`},
		"a broken function.json":                 {map[string]string{queue: "{"}, nil, "function.json is not valid"},
		"no trigger":                             {map[string]string{queue: `{"bindings":[]}`}, nil, "no binding is a trigger"},
		"two triggers":                           {swap(t, timer, `[{`, `[{"type":"timerTrigger","name":"x","schedule":"* * * * * *"},{`), nil, "more than one trigger"},
		"a trigger that goes out":                {swap(t, timer, `"in"`, `"out"`), nil, "direction must be"},
		"an unknown trigger":                     {swap(t, timer, "timerTrigger", "blobTrigger"), nil, `the trigger "blobTrigger" is not modelled`},
		"a Service Bus output":                   {swap(t, queue, `}]`, `},{"type":"serviceBus","direction":"out","name":"o","queueName":"q"}]`), nil, "send with the Service Bus client instead"},
		"another output":                         {swap(t, queue, `}]`, `},{"type":"queue","direction":"out","name":"o"}]`), nil, `the output binding "queue" is not modelled`},
		"an input binding":                       {swap(t, queue, `}]`, `},{"type":"blob","direction":"in","name":"o"}]`), nil, `the input binding "blob" is not modelled`},
		"a retry policy":                         {swap(t, queue, `{"bindings"`, `{"retry":{"strategy":"fixedDelay"},"bindings"`), nil, "retry policies are not modelled"},
		"a reserved route":                       {swap(t, http, "v1/ads", "Administrators"), nil, "conflicts with one or more built in routes"},
		"a reserved name without a route":        {map[string]string{"runtime-x/function.json": strings.Replace(good(t)[http], `,"route":"v1/ads"`, "", 1)}, nil, "conflicts with one or more built in routes"},
		"a route with a slash in front":          {swap(t, http, "v1/ads", "/v1/ads"), nil, "cannot start with a '/'"},
		"a route that cannot be parsed":          {swap(t, http, "v1/ads", "v1/{id"), nil, "does not close a brace"},
		"a route declared twice":                 {map[string]string{"other/function.json": strings.Replace(good(t)[http], "v1/ads", "V1/ads/", 1)}, nil, "have the same route"},
		"an authLevel nobody knows":              {swap(t, http, "anonymous", "nobody"), nil, `the authLevel "nobody"`},
		"no extension bundle":                    {swap(t, "host.json", `"extensionBundle"`, `"bundle"`), busSetting, "needs extensionBundle"},
		"neither queue nor topic":                {swap(t, queue, "queueName", "queue"), nil, "either queueName or topicName"},
		"sessions":                               {swap(t, queue, `"dataType"`, `"isSessionsEnabled":true,"dataType"`), nil, "sessions are not modelled"},
		"a dataType nobody knows":                {swap(t, queue, `"binary"`, `"stream"`), nil, `the dataType "stream"`},
		"a queue name that does not resolve":     {swap(t, queue, `"queueName":"song-generate"`, `"queueName":"%SONGS%"`), nil, "%SONGS% does not resolve to a value"},
		"a missing connection":                   {nil, []string{"X=y"}, "the Service Bus connection setting CASTAD_SERVICEBUS is missing"},
		"a connection by managed identity":       {nil, []string{"CASTAD_SERVICEBUS__FULLYQUALIFIEDNAMESPACE=ns.servicebus.windows.net"}, "names the namespace ns.servicebus.windows.net for a managed identity"},
		"a wrong schedule":                       {swap(t, timer, "0 */5 * * * *", "*/5 * * * *"), nil, "has 5 fields"},
		"no schedule":                            {swap(t, timer, "schedule", "plan"), nil, "needs a schedule"},
		"a handler that is missing":              {swap(t, "host.json", `"handler"`, `"bin/other"`), nil, "exists neither in the app root nor on PATH"},
		"a handler without its executable bit":   {map[string]string{"handler": "text"}, nil, "is not executable: permission denied"},
		"a body limit that is no number":         {nil, []string{"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=big"}, "must be a number of bytes"},
		"local settings that are encrypted":      {map[string]string{"local.settings.json": `{"IsEncrypted":true}`}, nil, "is encrypted"},
		"local settings that are broken":         {map[string]string{"local.settings.json": `{`}, nil, "local.settings.json is not valid"},
		"local settings with a value of objects": {map[string]string{"local.settings.json": `{"Values":{"A":{}}}`}, nil, "the value of A is not a string"},
		"dynamic throttles":                      {swap(t, "host.json", `"routePrefix"`, `"dynamicThrottlesEnabled":true,"routePrefix"`), nil, "is not modelled"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := test.env
			if env == nil {
				env = busSetting
			}
			_, err := Load(rootOf(t, test.changed), env)
			var refusal *Refusal
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("Load answered %v, want a refusal with %q", err, test.want)
			}
			for _, problem := range refusal.Problems {
				if !strings.HasSuffix(problem, ".") {
					t.Errorf("%q is no sentence", problem)
				}
			}
		})
	}
}

func TestLocalSettingsFillWhatTheEnvironmentLeavesOpen(t *testing.T) {
	t.Parallel()
	root := rootOf(t, map[string]string{"local.settings.json": `{"IsEncrypted":false,"Values":{"A":"file","B":"file","N":1,"CASTAD_SERVICEBUS":"Endpoint=sb://local/"}}`})
	loaded, err := Load(root, []string{"A=env"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "env", "b": "file", "N": "1", "castad_servicebus": "Endpoint=sb://local/"} {
		if got, _ := loaded.Settings.Lookup(name); got != want {
			t.Errorf("setting %s = %q, want %q", name, got, want)
		}
	}
	if !contains(loaded.Settings.Environ("C=d"), "A=env") || contains(loaded.Settings.Environ(), "A=file") {
		t.Errorf("environment %v", loaded.Settings.Environ())
	}
}

func TestTimeSpansAreReadAsDotNetWritesThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"00:10:00": 10 * time.Minute, "1.02:03:04": 26*time.Hour + 3*time.Minute + 4*time.Second, "00:00:00.5": 500 * time.Millisecond,
		"-1": -24 * time.Hour, "-00:00:00.001": -time.Millisecond, "01:30": 90 * time.Minute, "2": 48 * time.Hour,
	} {
		if got, err := parseTimeSpan(text); err != nil || got != want {
			t.Errorf("parseTimeSpan(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "10m", "24:00:00", "00:60:00", "00:00:60", "1.2.3:00:00", "a:b:c", "00:00:00:00"} {
		if got, err := parseTimeSpan(text); err == nil {
			t.Errorf("parseTimeSpan(%q) = %v", text, got)
		}
	}
}

func TestCheckAcceptsWhatStageBuilds(t *testing.T) {
	t.Parallel()
	repository := t.TempDir()
	put(t, filepath.Join(repository, "go.mod"), "module tiny\n\ngo 1.26.0\n")
	put(t, filepath.Join(repository, "functions", "main.go"), "package main\n\nfunc main() {}\n")
	for name, text := range good(t) {
		if module, ok := strings.CutSuffix(name, "/function.json"); ok {
			put(t, filepath.Join(repository, "functions", "x", module, "function.json"), text)
		} else {
			put(t, filepath.Join(repository, name), text)
		}
	}
	staged, err := app.Build(t.Context(), app.Options{Root: repository})
	if err != nil {
		t.Fatal(err)
	}
	if problems := Check(staged.Root); len(problems) > 0 {
		t.Errorf("problems:\n%s", strings.Join(problems, "\n"))
	}
}

func TestCheckFindsWhatTheHostWouldSilentlyAccept(t *testing.T) {
	t.Parallel()
	const http, queue = "ad-request/function.json", "song-generate/function.json"
	tests := map[string]struct {
		changed map[string]string
		want    string
	}{
		"an unknown root key":         {swap(t, "host.json", `"logging"`, `"loging"`), `the root key "loging"`},
		"proxying off":                {swap(t, "host.json", `"enableProxyingHttpRequest": true`, `"enableProxyingHttpRequest": false`), "otherwise nothing streams"},
		"forwarding off":              {swap(t, "host.json", `"enableForwardingHttpRequest": true`, `"enableForwardingHttpRequest": false`), "enableForwardingHttpRequest must be true"},
		"an empty prefix":             {swap(t, "host.json", `"routePrefix": "api"`, `"routePrefix": ""`), "a stranger could then POST"},
		"a default left open":         {swap(t, "host.json", `"maxConcurrentCalls": 3,`, ``), "maxConcurrentCalls must be set"},
		"locks shorter than the time": {swap(t, "host.json", `"maxAutoLockRenewalDuration": "00:10:00"`, `"maxAutoLockRenewalDuration": "00:05:00"`), "functionTimeout must not exceed"},
		"no function timeout":         {swap(t, "host.json", `"functionTimeout": "00:10:00"`, `"functionTimeout": "-1"`), "functionTimeout must be at most"},
		"prefetching":                 {swap(t, "host.json", `"prefetchCount": 0`, `"prefetchCount": 10`), "prefetchCount must be 0"},
		"settling by hand":            {swap(t, "host.json", `"autoCompleteMessages": true`, `"autoCompleteMessages": false`), "a custom handler cannot settle"},
		"a slow start":                {swap(t, "host.json", `"00:00:30"`, `"00:01:00"`), "at most 30 s"},
		"a fixed port":                {swap(t, "host.json", `"customHandler": {`, `"customHandler": {"port":7000,`), "customHandler.port must not be set"},
		"a path with a dot":           {swap(t, "host.json", `"handler"`, `"./handler"`), "letter by letter"},
		"no http output":              {swap(t, http, `,{"type":"http","direction":"out","name":"res"}`, ""), "exactly one input"},
		"a $return output":            {swap(t, http, `"res"`, `"$return"`), "not $return"},
		"a method nobody knows":       {swap(t, http, `"post"`, `"put","psot"`), `"PSOT" is not an HTTP method`},
		"no methods":                  {swap(t, http, `"methods":["post"],`, ""), "methods must be listed"},
		"a text body":                 {swap(t, queue, `,"dataType":"binary"`, ""), `dataType must be "binary"`},
		"a batch":                     {swap(t, queue, `"dataType"`, `"cardinality":"many","dataType"`), "cardinality must be one"},
		"a file beside function.json": {map[string]string{"song-generate/generate.go": "package generate"}, "generate.go does not belong"},
		"a reserved route":            {swap(t, http, "v1/ads", "admin/x"), "built in routes"},
		"a handler that is a script":  {map[string]string{"handler": "#!/bin/sh\n"}, "is not an ELF program"},
		"a handler that is missing":   {swap(t, "host.json", `"handler"`, `"other"`), "The handler other is not in the app root"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := Check(rootOf(t, test.changed))
			if !strings.Contains(strings.Join(problems, "\n"), test.want) {
				t.Errorf("problems %q, want %q", problems, test.want)
			}
		})
	}
	if problems := Check(rootOf(t, nil)); len(problems) > 0 {
		t.Errorf("the good app has problems: %q", problems)
	}
}

func TestCheckLooksIntoTheBinary(t *testing.T) {
	t.Parallel()
	root := rootOf(t, nil)
	path := filepath.Join(root, "handler")
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(want string) {
		t.Helper()
		if problems := strings.Join(Check(root), "\n"); !strings.Contains(problems, want) {
			t.Errorf("problems %q, want %q", problems, want)
		}
	}
	if err := os.Chmod(path, 0o744); err != nil {
		t.Fatal(err)
	}
	check("not executable for everybody: its mode is -rwxr--r--")
	const machine = 18 // e_machine in the ELF header
	arm := append([]byte{}, binary...)
	arm[machine], arm[machine+1] = 183, 0
	put(t, path, string(arm))
	check("is built for EM_AARCH64, not for linux/amd64")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(handlerBinary, path); err != nil {
		t.Fatal(err)
	}
	check("handler is a symbolic link")
	dynamic, err := os.ReadFile("/bin/sh")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("no dynamic program to look at: %v", err)
	}
	_ = os.Remove(path)
	if err := os.WriteFile(path, dynamic, 0o755); err != nil {
		t.Fatal(err)
	}
	check("The handler handler is linked dynamically")
}
