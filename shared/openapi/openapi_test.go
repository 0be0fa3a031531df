package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
	"castad/shared/trigger"

	"github.com/google/go-cmp/cmp"
)

// Mood is a string with constants.
type Mood string

type line struct {
	Text string `json:"text" required:"true" max:"80"`
	Mood Mood   `json:"mood,omitempty"`
}

type wish struct {
	Place    id.Place          `json:"place" required:"true"`
	Genre    string            `json:"genre,omitempty" enum:"trot,ballad"`
	Tags     []string          `json:"tags,omitempty" enum:"a,b" max:"3"`
	Seconds  int               `json:"seconds,omitempty" min:"15" max:"60"`
	Captions map[string]string `json:"captions,omitempty"`
	Take     *int              `json:"take,omitempty"`
	Lines    []line            `json:"lines"`
	Secret   string            `json:"-"`
}

type order struct {
	Key   message.Key `header:"Idempotency-Key" required:"true"`
	Match string      `header:"If-Match" required:"true" max:"9"`
	ID    id.Ad       `path:"id"`
	After id.Ad       `query:"after"`
	wish
}

type song struct {
	trigger.Reply
	wish
}

type film struct {
	ID      id.Video       `json:"id"`
	EndedAt *time.Time     `json:"ended_at"`
	Sum     [32]byte       `json:"sum"`
	More    *film          `json:"more,omitempty"`
	Any     any            `json:"any"`
	Fail    fault.Code     `json:"fail,omitempty"`
	Counts  map[string]int `json:"counts"`
}

func binding(route string, methods ...string) []byte {
	return fmt.Appendf(nil, `{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous","methods":["%s"],"route":%q},{"type":"http","direction":"out","name":"res"}]}`,
		strings.Join(methods, `","`), route)
}

var quick = trigger.Budget{Time: time.Second}

func sing(context.Context, identity.Principal, order) (song, error) { return song{}, nil }

func show(context.Context, struct{}) (film, error) { return film{}, nil }

func said(names ...string) Source {
	s := Source{Enums: map[string][]string{"castad/shared/openapi.Mood": {"warm", "bright"}, "castad/shared/fault.Code": {"a.b"}}, Types: map[string]string{},
		Fields: map[string]string{"castad/shared/openapi.wish.Genre": "What it sounds like."}, Functions: map[string]Behaviour{}}
	for _, n := range names {
		s.Functions[n] = Behaviour{Doc: "Package x is POST /api/v1/x: a wish becomes a song. More.\n\nAnd\nmore.", Codes: []fault.Code{fault.CodeNoPhotos, fault.CodeDeadline}, Sometimes: 201}
	}
	return s
}

// part is what a document has at a place, "paths./x.post". References to components are followed.
func part(t *testing.T, document []byte, at ...string) any {
	t.Helper()
	var all, v any
	if err := json.Unmarshal(document, &all); err != nil {
		t.Fatal(err)
	}
	v = all
	for _, name := range at {
		here := v.(map[string]any)
		if to, ok := here["$ref"].(string); ok && here[name] == nil {
			v = all
			for step := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
				v = v.(map[string]any)[step]
			}
		}
		v = v.(map[string]any)[name]
	}
	return v
}

func written(t *testing.T, source Source, extra map[string]Extra, fns ...trigger.Function) []byte {
	t.Helper()
	d, err := New(fns, source, extra, Given{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.JSON()
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("the second time it is another document, %v", err)
	}
	return text
}

func TestTheRulesOfTagsAreSchemas(t *testing.T) {
	t.Parallel()
	text := written(t, said("ad-sing"), nil, trigger.HTTP("ad-sing", binding("v1/ads/{id}/songs", "post"), quick, sing))
	want := `{"type":"object","additionalProperties":false,"required":["place"],"properties":{
		"place":{"type":"string","pattern":"^place_[0-9a-hjkmnp-tv-z]{13}$"},
		"genre":{"type":"string","enum":["trot","ballad"],"description":"What it sounds like."},
		"tags":{"type":"array","items":{"type":"string","enum":["a","b"]},"maxItems":3},
		"seconds":{"type":"integer","minimum":15,"maximum":60},
		"captions":{"type":"object","additionalProperties":{"type":"string"}},
		"take":{"type":"integer"},
		"lines":{"type":"array","items":{"$ref":"#/components/schemas/OpenapiLineInput"}}}}`
	if diff := cmp.Diff(part(t, []byte(want)), part(t, text, "components", "schemas", "OpenapiWishInput")); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{"lines", "place"}, sortedOf(part(t, text, "components", "schemas", "OpenapiWish", "required"))); diff != "" {
		t.Errorf("what is always answered (-want +got):\n%s", diff)
	}
	if got := part(t, text, "components", "schemas", "OpenapiLineInput", "properties", "text"); fmt.Sprint(got) != "map[maxLength:80 minLength:1 type:string]" {
		t.Errorf("a required text is %v", got)
	}
	if got := part(t, text, "components", "schemas", "OpenapiMood", "enum"); fmt.Sprint(got) != "[warm bright]" {
		t.Errorf("the constants of a type are %v", got)
	}
}

func sortedOf(v any) []any {
	list := v.([]any)
	if len(list) == 2 && list[0].(string) > list[1].(string) {
		list[0], list[1] = list[1], list[0]
	}
	return list
}

func TestAnAnswersFieldsAreThereOrNull(t *testing.T) {
	t.Parallel()
	text := written(t, said("ad-show"), map[string]Extra{"ad-show": {Guard: "open"}}, trigger.Public("ad-show", binding("v1/films", "get"), quick, show))
	want := `{"type":"object","required":["id","ended_at","sum","any","counts"],"properties":{
		"id":{"type":"string","pattern":"^video_[0-9a-hjkmnp-tv-z]{13}$"},
		"ended_at":{"type":["string","null"],"format":"date-time"},
		"sum":{"type":"string","contentEncoding":"base64"},
		"more":{"$ref":"#/components/schemas/OpenapiFilm"},
		"any":{"description":"Any JSON value."},
		"fail":{"$ref":"#/components/schemas/FaultCode"},
		"counts":{"type":"object","additionalProperties":{"type":"integer"}}}}`
	if diff := cmp.Diff(part(t, []byte(want)), part(t, text, "components", "schemas", "OpenapiFilm")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnOperationSaysWhoWhatAndHowItFails(t *testing.T) {
	t.Parallel()
	text := written(t, said("ad-sing"), nil, trigger.HTTP("ad-sing", binding("v1/ads/{id}/songs", "post"), trigger.Budget{Time: time.Second, Connections: 1}, sing))
	at := []string{"paths", "/ads/{id}/songs", "post"}
	for name, want := range map[string]string{"operationId": "adSing", "summary": "A wish becomes a song", "description": "More.\n\nAnd more.", "security": "[map[bearer:[]]]"} {
		if got := fmt.Sprint(part(t, text, append(at, name)...)); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	var statuses []string
	for s := range part(t, text, append(at, "responses")...).(map[string]any) {
		statuses = append(statuses, s)
	}
	if got := len(statuses); got != 12 { // 200 201 400 401 413 415 422 428 429 500 503 504
		t.Errorf("the statuses are %v", statuses)
	}
	for status, want := range map[string]string{"422": "[ad.no_photos]", "428": "[request.if_match_required]",
		"400": "[request.bad_value request.duplicate_field request.idempotency_key_required request.invalid request.malformed_json request.missing_field request.unknown_field]"} {
		codes := fmt.Sprint(part(t, text, append(at, "responses", status, "content", "application/problem+json", "schema", "properties", "code", "enum")...))
		if codes != want {
			t.Errorf("%s has the codes %s", status, codes)
		}
	}
	for _, p := range part(t, text, append(at, "parameters")...).([]any) {
		p := p.(map[string]any)
		if required := p["required"] == true; required != (p["in"] != "query") {
			t.Errorf("%v: required %v", p["name"], required)
		}
	}
}

// Failures that are the same are one response; other codes with the same status are another.
func TestWhatOperationsSayAlikeIsWrittenOnce(t *testing.T) {
	t.Parallel()
	source := said("ad-sing", "ad-hum", "ad-shout")
	shout := source.Functions["ad-shout"]
	shout.Codes, shout.Located, shout.Redirects = []fault.Code{fault.CodeNotFound, fault.CodeNoFacts}, true, true
	source.Functions["ad-shout"] = shout
	text := written(t, source, nil, trigger.HTTP("ad-sing", binding("v1/ads/{id}/songs", "post"), quick, sing),
		trigger.HTTP("ad-hum", binding("v1/ads/{id}/hums", "post"), quick, sing), trigger.HTTP("ad-shout", binding("v1/ads/{id}/shouts", "post"), quick, sing))
	at := func(route, status, name string) any {
		return part(t, text, "paths", "/ads/{id}/"+route, "post", "responses", status, name)
	}
	sung, hummed, shouted := at("songs", "422", "$ref"), at("hums", "422", "$ref"), at("shouts", "422", "$ref")
	if sung != hummed || sung == shouted || at("songs", "401", "$ref") != at("shouts", "401", "$ref") {
		t.Errorf("422 is %v, %v and %v", sung, hummed, shouted)
	}
	if one, two := at("songs", "201", "headers").(map[string]any), at("shouts", "201", "headers").(map[string]any); one["Location"] != nil || two["Location"] == nil {
		t.Errorf("where it is: %v and %v", one, two)
	}
	if one, two := part(t, text, "paths", "/ads/{id}/songs", "post", "responses").(map[string]any), at("shouts", "303", "headers").(map[string]any); one["303"] != nil || two["Location"] == nil {
		t.Errorf("where the browser goes instead: %v and %v", one["303"], two)
	}
	if got := fmt.Sprint(part(t, text, "components", "examples", "OpenapiWish", "value", "seconds")); got != "30" {
		t.Errorf("the example of an answer lasts %s seconds", got)
	}
}

func TestWhatNobodyDescribesIsRefused(t *testing.T) {
	t.Parallel()
	listen := func(context.Context, identity.Principal, struct{}, *trigger.Events) error { return nil }
	deaf := func(context.Context, struct{}) (struct {
		F func() `json:"f"`
	}, error) {
		return struct {
			F func() `json:"f"`
		}{}, nil
	}
	silent := said("ad-show")
	silent.Functions["ad-show"] = Behaviour{Doc: "Package show shows."}
	for name, row := range map[string]struct {
		f      trigger.Function
		source Source
		extra  Extra
		says   string
	}{
		"an open door":              {trigger.Public("ad-show", binding("v1/x", "get"), quick, show), said("ad-show"), Extra{}, "nobody says what guards it"},
		"a stream of what":          {trigger.Stream("ad-show", binding("v1/x", "get"), quick, listen), said("ad-show"), Extra{}, "nobody says what it streams"},
		"a kind that JSON has not":  {trigger.Public("ad-show", binding("v1/x", "get"), quick, deaf), said("ad-show"), Extra{Guard: "open"}, "JSON has no such kind"},
		"a route of another prefix": {trigger.Public("ad-show", binding("v2/x", "get"), quick, show), said("ad-show"), Extra{Guard: "open"}, "cannot be described"},
		"a function without source": {trigger.Public("ad-show", binding("v1/x", "get"), quick, show), said(), Extra{Guard: "open"}, "has not been read"},
		"a comment that says no":    {trigger.Public("ad-show", binding("v1/x", "get"), quick, show), silent, Extra{Guard: "open"}, "does not say what it is"},
	} {
		if _, err := New([]trigger.Function{row.f}, row.source, map[string]Extra{"ad-show": row.extra}, Given{}); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
