package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"castad/functions/ad"
	"castad/shared/fault"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/store"
	"castad/shared/trigger"

	"github.com/google/go-cmp/cmp"
)

// holdings are the ids of what an owner has, by prefix: something real of every kind that an
// API takes. A kind that is missing here fails the matrix.
type holdings map[string]string

// owner makes somebody who has one of everything, and returns their token and their holdings.
func (b *bench) owner() (token string, has holdings) {
	b.t.Helper()
	before := b.token
	defer func() { b.token = before }()
	who := identity.Principal{Tenant: id.New[id.Tenant](time.Now()), User: id.New[id.User](time.Now()), Role: identity.RoleOwner}
	token, err := b.issuer.Issue(who, time.Hour)
	must(b.t, err)
	b.token = token
	account := b.account("youtube")
	p := b.place(1)
	var a ad.Ad
	b.do(http.MethodPost, "/ads", "order", ad.Wish{Place: p.ID, Publish: "auto", Channels: []ad.Channel{{Channel: "youtube", Account: account}}}, &a)
	if a = b.ended(a.ID); a.State != "succeeded" || len(a.Posts) != 1 {
		b.t.Fatalf("the ad %s: %+v", a.State, a.Steps)
	}
	var shown struct {
		Photos []struct {
			ID string `json:"id"`
		} `json:"photos"`
	}
	b.do(http.MethodGet, "/places/"+p.ID.String(), "", nil, &shown)
	has = holdings{}
	for _, text := range []string{account, p.ID.String(), shown.Photos[0].ID, a.ID.String(), a.Run.String(), a.Lyric.ID.String(), a.Song.ID.String(), a.Video.ID.String(),
		a.Video.File.String(), fmt.Sprint(a.Posts[0].ID), who.Tenant.String(), who.User.String()} {
		prefix, _, _ := strings.Cut(text, "_")
		has[prefix] = text
	}
	return token, has
}

// spot is a place in a request where an id stands.
type spot struct {
	in     string // path, query or body
	name   string // of the parameter, or the field's path with dots
	prefix string // of the id
}

func (s spot) String() string { return s.in + " " + s.name }

// textIDs are fields of strings that hold ids, with the kind of id: readers of the wish turn
// them into ids later, to name the field.
var textIDs = map[string]string{"account": "channel"}

// suspicious is a field's name that sounds like an id's.
var suspicious = regexp.MustCompile(`^(id|account|place|photo|ad|run|lyric|song|video|post|file|user|tenant|artifact|thumbnail)s?$|_ids?$`)

// spots are all the places for ids that a function's input has.
func spots(t *testing.T, f trigger.Function) []spot {
	t.Helper()
	var all []spot
	var walk func(typ reflect.Type, in, name string, depth int)
	leaf := func(typ reflect.Type, in, name string) bool {
		v := reflect.New(typ).Elem()
		if v.Kind() == reflect.Int64 && typ.PkgPath() == "castad/shared/id" {
			v.SetInt(1)
			prefix, _, _ := strings.Cut(v.Interface().(fmt.Stringer).String(), "_")
			all = append(all, spot{in, name, prefix})
			return true
		}
		if typ.Kind() == reflect.String {
			last := name[strings.LastIndexByte(name, '.')+1:]
			if prefix, ok := textIDs[last]; ok {
				all = append(all, spot{in, name, prefix})
			} else if suspicious.MatchString(last) && !operator(f) {
				t.Errorf("%s: %s %s is a string that sounds like an id: say in textIDs of what, or give it its type", f.Name(), in, name)
			}
		}
		return false
	}
	walk = func(typ reflect.Type, in, name string, depth int) {
		switch {
		case depth > 8 || leaf(typ, in, name):
		case typ.Kind() == reflect.Pointer:
			walk(typ.Elem(), in, name, depth)
		case typ.Kind() == reflect.Slice, typ.Kind() == reflect.Array, typ.Kind() == reflect.Map:
			walk(typ.Elem(), in, name, depth+1)
		case typ.Kind() == reflect.Struct:
			for i := range typ.NumField() {
				field := typ.Field(i)
				if tag, ok := field.Tag.Lookup("json"); ok && tag != "-" {
					one, _, _ := strings.Cut(tag, ",")
					walk(field.Type, "body", strings.TrimPrefix(name+"."+one, "."), depth+1)
				} else if field.Anonymous && tag != "-" {
					walk(field.Type, in, name, depth+1)
				}
				for _, from := range []string{"path", "query", "header", "cookie"} {
					if one, ok := field.Tag.Lookup(from); ok && one != "token" {
						walk(field.Type, from, one, depth+1)
					}
				}
			}
		}
	}
	walk(f.Input(), "", "", 0)
	return all
}

// attempt is a request with every id in its place.
type attempt struct {
	f      trigger.Function
	method string
	ids    map[spot]string
	// body is example with ids of somebody's.
	example, body any
}

var exampleID = regexp.MustCompile(`^([a-z]+)_01hv3kq9zr2ab$`)

// filled is v, a JSON value, with every example id replaced by what swap says about its place.
func filled(v any, name string, swap func(name, prefix string) string) any {
	switch v := v.(type) {
	case string:
		if m := exampleID.FindStringSubmatch(v); m != nil {
			return swap(name, m[1])
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = filled(v[i], name, swap)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = filled(v[k], strings.TrimPrefix(name+"."+k, "."), swap)
		}
		return out
	}
	return v
}

// send makes the attempt as the owner of token.
func (b *bench) attempt(a attempt, token string) answer {
	b.t.Helper()
	path, query := "/"+strings.TrimPrefix(a.f.Route(), "v1/"), ""
	for s, v := range a.ids {
		switch s.in {
		case "path":
			path = strings.ReplaceAll(path, "{"+s.name+"}", v)
		case "query":
			query = "?" + s.name + "=" + v
		}
	}
	path = strings.NewReplacer("{channel}", "youtube", "{vendor}", "suno", "{id}", "1").Replace(path)
	header := map[string]string{"Idempotency-Key": id.New[id.Ad](time.Now()).String(), "If-Match": `"1"`}
	if a.method == http.MethodPatch { // what one has read; of another's there is nothing to read
		if read := b.send(http.MethodGet, path, token, nil, nil).header.Get("ETag"); read != "" {
			header["If-Match"] = read
		}
	}
	var body []byte
	if a.body != nil {
		var err error
		body, err = json.Marshal(a.body)
		must(b.t, err)
		header["Content-Type"] = "application/json"
	}
	if a.f.Streams() {
		query = strings.TrimPrefix(query+"&wait=0", "&")
		if !strings.HasPrefix(query, "?") {
			query = "?" + query
		}
	}
	return b.send(a.method, path+query, token, header, body)
}

// examples are the request bodies of the document for an operation; one nil without any.
func examples(t *testing.T, function, method string) []any {
	t.Helper()
	d, err := described()
	must(t, err)
	for _, o := range d.Operations {
		if o.Function != function || o.Method != method || o.Body == nil {
			continue
		}
		text, err := json.Marshal(d.Examples(o))
		must(t, err)
		var all []any
		must(t, json.Unmarshal(text, &all))
		return all
	}
	return []any{nil}
}

// checksums are of every table of the schema.
func (b *bench) checksums() map[string]int64 {
	b.t.Helper()
	tables, err := store.All(b.t.Context(), b.db.Primary(), `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name LIMIT 1000`,
		func(s *string) []any { return []any{s} })
	must(b.t, err)
	type sum struct {
		table string
		sum   int64
	}
	sums, err := store.All(b.t.Context(), b.db.Primary(), "CHECKSUM TABLE "+strings.Join(tables, ", "), func(s *sum) []any { return []any{&s.table, &s.sum} })
	must(b.t, err)
	out := map[string]int64{}
	for _, s := range sums {
		out[s.table] = s.sum
	}
	if len(out) < 20 {
		b.t.Fatalf("only %d tables: %v", len(out), out)
	}
	return out
}

// unwritten fails when a request has written something.
func (b *bench) unwritten(what string, do func()) {
	b.t.Helper()
	before := b.checksums()
	do()
	if diff := cmp.Diff(before, b.checksums()); diff != "" {
		b.t.Errorf("%s has written (-before +after):\n%s", what, diff)
	}
}

// matrix is every operation that signed-in callers have, with valid requests of an owner's:
// one for each example of its body.
func (b *bench) matrix(has holdings) (all []attempt) {
	b.t.Helper()
	for _, f := range registry(parts{}) {
		if f.Kind() != trigger.KindHTTP || f.Public() {
			continue
		}
		where := spots(b.t, f)
		ids := map[spot]string{}
		for _, s := range where {
			if has[s.prefix] == "" {
				b.t.Errorf("%s: nobody has a %s for %v: add it to owner", f.Name(), s.prefix, s)
			}
			if s.in == "path" {
				ids[s] = has[s.prefix]
			}
		}
		for _, method := range f.Methods() {
			seen := map[string]bool{}
			for _, body := range examples(b.t, f.Name(), method) {
				a := attempt{f: f, method: method, ids: ids, example: body}
				a.body = filled(body, "", func(name, prefix string) string { seen[name] = true; return has[prefix] })
				all = append(all, a)
			}
			for _, s := range where {
				if s.in == "body" && !seen[s.name] {
					b.t.Errorf("%s: its examples in the contract have no %s, so nobody sees whose it may be", f.Name(), s.name)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(x, y attempt) int {
		if d := x.disturbs() - y.disturbs(); d != 0 {
			return d
		}
		return strings.Compare(y.method, x.method)
	})
	return all
}

// disturbs orders attempts: first what leaves finished ads as they are, then what has them
// made anew, and what deletes comes last.
func (a attempt) disturbs() int {
	switch {
	case a.method == http.MethodDelete:
		return 2
	case keyed(a.f) || slices.Contains(costly, a.f.Name()):
		return 1
	}
	return 0
}

// foreign is the attempt with another tenant's id in one place; false when it has no such place.
func (a attempt) foreign(s spot, own, theirs holdings) (attempt, bool) {
	a.ids = maps.Clone(a.ids)
	if s.in != "body" {
		a.ids[s] = theirs[s.prefix]
	}
	found := s.in != "body"
	a.body = filled(a.example, "", func(name, prefix string) string {
		if s.in == "body" && name == s.name {
			found = true
			return theirs[prefix]
		}
		return own[prefix]
	})
	return a, found
}

// Row 9 of the security anchors: whatever id of another tenant's is put wherever an id
// fits, it is as if it did not exist, and nothing is written.
func TestNoRouteTakesAnIDOfAnotherTenants(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, theirs := b.owner()
	token, own := b.owner()
	b.quiet()
	tried := 0
	for _, a := range b.matrix(own) {
		if operator(a.f) {
			continue // see TestNoOwnerIsAnOperator
		}
		for _, s := range spots(t, a.f) {
			foreign, ok := a.foreign(s, own, theirs)
			if !ok {
				continue
			}
			tried++
			what := fmt.Sprintf("%s %s with another tenant's %v", a.method, a.f.Route(), s)
			b.unwritten(what, func() { b.hidden(what, s, b.attempt(foreign, token), theirs) })
		}
	}
	if tried < 10 {
		t.Errorf("only %d places for ids", tried)
	}
	b.ownIsTaken(b.matrix(own), token)
}

// hidden fails when an answer shows anything of another tenant's.
func (b *bench) hidden(what string, s spot, got answer, theirs holdings) {
	b.t.Helper()
	for _, v := range theirs {
		if got.status/100 == 2 && strings.Contains(string(got.body), v) {
			b.t.Errorf("%s: %d, the answer has %s: %s", what, got.status, v, got.body)
		}
	}
	var problem struct {
		Code  fault.Code `json:"code"`
		Field string     `json:"field"`
	}
	_ = json.Unmarshal(got.body, &problem) // HEAD has none
	switch {
	case got.status == http.StatusNotFound:
	case s.in == "query" && got.status == http.StatusOK: // a page that begins at a stranger's id is a page of one's own
	case s.in == "body" && got.status/100 == 4 && strings.Contains(problem.Field, strings.SplitN(s.name, ".", 2)[0]):
	default:
		b.t.Errorf("%s: %d %s, want 404", what, got.status, got.body)
	}
}

// ownIsTaken is the control of the matrix: the same requests with the caller's own ids are
// found. (What their states then allow is others' business.)
func (b *bench) ownIsTaken(all []attempt, token string) {
	b.t.Helper()
	for _, a := range all {
		if a.f.UploadLimit() > 0 || operator(a.f) || len(spots(b.t, a.f)) == 0 {
			continue
		}
		got := b.attempt(a, token)
		switch got.status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusPreconditionRequired:
			b.t.Errorf("%s %s with one's own ids: %d %s", a.method, a.f.Route(), got.status, got.body)
		}
	}
}

// operator says that a function is an operator's, whose ids are of any tenant.
func operator(f trigger.Function) bool { return f.Admin() }

// What only CastAD decides cannot be sent along.
func TestNoRouteTakesAFieldThatOnlyCastADWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token, own := b.owner()
	b.quiet()
	tried := 0
	for _, a := range b.matrix(own) {
		if a.body == nil || operator(a.f) {
			continue
		}
		for _, name := range []string{"tenant_id", "user_id", "state", "role", "credits"} {
			for _, where := range objects(a.body, "") {
				if slices.Contains(free(a.f.Input(), ""), strings.TrimPrefix(where, ".")) {
					continue // any name is good there
				}
				more := a
				more.body = planted(a.body, "", where, name)
				if more.body == nil {
					continue
				}
				tried++
				what := fmt.Sprintf("%s %s with %s.%s", a.method, a.f.Route(), where, name)
				b.unwritten(what, func() {
					got := b.attempt(more, token)
					var problem struct {
						Code  fault.Code `json:"code"`
						Field string     `json:"field"`
					}
					must(t, json.Unmarshal(got.body, &problem))
					if got.status != http.StatusBadRequest || problem.Code != fault.CodeUnknownField || !strings.HasSuffix(problem.Field, name) {
						t.Errorf("%s: %d %s", what, got.status, got.body)
					}
				})
			}
		}
	}
	if tried < 10 {
		t.Errorf("only %d bodies", tried)
	}
}

// objects are the paths of the objects in a JSON value.
func objects(v any, at string) []string {
	var all []string
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			all = objects(v[0], at+".0")
		}
	case map[string]any:
		all = append(all, at)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			all = append(all, objects(v[k], at+"."+k)...)
		}
	}
	return all
}

// free are the paths of the maps in an input: their keys are the caller's.
func free(typ reflect.Type, at string) (all []string) {
	switch typ.Kind() {
	case reflect.Pointer:
		return free(typ.Elem(), at)
	case reflect.Map:
		return []string{at}
	case reflect.Slice:
		return free(typ.Elem(), at+".0")
	case reflect.Struct:
		for i := range typ.NumField() {
			field := typ.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if field.Anonymous && name == "" {
				all = append(all, free(field.Type, at)...)
			} else if name != "" && name != "-" {
				all = append(all, free(field.Type, strings.TrimPrefix(at+"."+name, "."))...)
			}
		}
	}
	return all
}

// planted is v with one more field in the object at where.
func planted(v any, at, where, name string) any {
	switch v := v.(type) {
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = planted(out[i], fmt.Sprintf("%s.%d", at, i), where, name)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = planted(v[k], at+"."+k, where, name)
		}
		if at == where {
			out[name] = "1"
		}
		return out
	}
	return v
}

// An owner's token opens no operator's door, whatever is asked.
func TestNoOwnerIsAnOperator(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token, own := b.owner()
	b.quiet()
	for _, a := range b.matrix(own) {
		if !operator(a.f) {
			continue
		}
		what := a.method + " " + a.f.Route()
		b.unwritten(what, func() {
			if got := b.attempt(a, token); got.status != http.StatusForbidden && got.status != http.StatusUnauthorized {
				t.Errorf("%s: %d %s", what, got.status, got.body)
			}
		})
	}
}
