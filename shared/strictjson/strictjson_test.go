package strictjson

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"castad/shared/fault"
	"castad/shared/id"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type photo struct {
	URL  string `json:"url" required:"true" max:"20"`
	Rank int    `json:"rank" min:"1" max:"9"`
}

type order struct {
	Place   id.Place          `json:"place" required:"true"`
	Title   string            `json:"title" max:"5"`
	Tags    []string          `json:"tags" max:"3" enum:"a,b"`
	Photos  []photo           `json:"photos"`
	Publish string            `json:"publish" enum:"auto,approve,none"`
	Seconds *int              `json:"seconds"`
	Share   float64           `json:"share" max:"1"`
	Small   uint8             `json:"small"`
	Loud    bool              `json:"loud"`
	At      time.Time         `json:"at"`
	More    map[string]string `json:"more"`
	Any     any               `json:"any"`
	Raw     json.RawMessage   `json:"raw"`
	Bytes   []byte            `json:"bytes"`
	Pair    [2]int            `json:"pair"`
	Unseen  string
	Skipped string `json:"-"`
	Path    string `path:"id"`
	embedded
}

type embedded struct {
	Inside string `json:"inside"`
}

const place = `"place":"place_0000000000001"`

func TestItReadsWhatItShould(t *testing.T) {
	t.Parallel()
	in := ` {"place":"place_0000000000001", "title":"칼국수\u0041\n😀", "tags":["a","b"],"photos":[{"url":"x","rank":9},{"url":"\ud83d\ude00"}],
		"publish":"auto","seconds":-30,"share":1e-1,"small":255,"loud":true,"at":"2026-11-21T03:00:00Z","more":{"k":"v"},
		"any":{"n":1.5,"l":[null,true]},"raw":{"x" : 1},"bytes":"aGk=","pair":[1,2],"inside":"y"}	`
	var got order
	err := Unmarshal([]byte(in), &got)
	seconds := -30
	want := order{
		Place: 1, Title: "칼국수A\n😀", Tags: []string{"a", "b"}, Photos: []photo{{"x", 9}, {"😀", 0}}, Publish: "auto", Seconds: &seconds,
		Share: .1, Small: 255, Loud: true, At: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC), More: map[string]string{"k": "v"},
		Any: map[string]any{"n": 1.5, "l": []any{nil, true}}, Raw: json.RawMessage(`{"x" : 1}`), Bytes: []byte("hi"), Pair: [2]int{1, 2},
		embedded: embedded{"y"},
	}
	if err == nil || fault.FieldOf(err) != "title" { // 5 characters fit: 칼국수A, newline, emoji are 6
		t.Fatalf("six characters where five fit: %v", err)
	}
	in = strings.Replace(in, `\n`, "", 1)
	want.Title = "칼국수A😀"
	got = order{}
	if err := Unmarshal([]byte(in), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(order{})); diff != "" {
		t.Error(diff)
	}
}

func TestItSaysWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ in, ko, en string }{
		"a word that is not offered":   {`{"publish":"now"}`, "auto, approve, none 가운데 하나", "one of auto, approve, none"},
		"a word in a list":             {`{"tags":["a","c"]}`, "a, b 가운데 하나", "one of a, b"},
		"a list that is too long":      {`{"tags":["a","a","a","a"]}`, "3개 이하", "at most 3 items"},
		"a string that is too long":    {`{"title":"123456"}`, "5자 이하", "at most 5 characters"},
		"a number above its bound":     {`{"photos":[{"url":"a","rank":10}]}`, "1 이상 9 이하", "from 1 to 9"},
		"an id of another kind":        {`{"place":"song_0000000000001"}`, "place_… 형식의 번호", "an id of the form place_…"},
		"a price with a comma, quoted": {`{"seconds":"9,000"}`, "따옴표와 쉼표 없는 정수", "a whole number, without quotes and commas"},
		"a time in words":              {`{"at":"내일 3시"}`, dueTime.Ko, dueTime.En},
		"a string for a list":          {`{"photos":"a"}`, "목록 [ … ]", "a list [ … ]"},
		"a list for an object":         {`[]`, "객체 { … }", "an object { … }"},
		"null for a string":            {`{"title":null}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o order
			allowed := fault.AllowedOf(Unmarshal([]byte(row.in), &o))
			if allowed == nil {
				allowed = &fault.Words{}
			}
			if diff := cmp.Diff(fault.Words{Ko: row.ko, En: row.en}, *allowed); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestItRefuses(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return `{"any":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	for name, row := range map[string]struct {
		in    string
		code  fault.Code
		field string
	}{
		"an unknown field":                     {`{"x":1,` + place + `}`, fault.CodeUnknownField, "x"},
		"an unknown field inside a list":       {`{"photos":[{"url":"a"},{"tenant_id":1}]}`, fault.CodeUnknownField, "photos[1].tenant_id"},
		"a known field in another case":        {`{"Title":"a"}`, fault.CodeUnknownField, "Title"},
		"a duplicate field":                    {`{"title":"a","title":"b"}`, fault.CodeDuplicateField, "title"},
		"a duplicate field, once escaped":      {`{"title":"a","\u0074itle":"b"}`, fault.CodeDuplicateField, `\u0074itle`},
		"a duplicate key in a map":             {`{"more":{"k":"a","k":"b"}}`, fault.CodeDuplicateField, "more.k"},
		"a duplicate key in any":               {`{"any":[{"k":1,"k":2}]}`, fault.CodeDuplicateField, "any[0].k"},
		"a duplicate key in raw JSON":          {`{"raw":{"k":{"l":1,"l":2}}}`, fault.CodeDuplicateField, "raw.k.l"},
		"a duplicate key in a misplaced value": {`{"title":{"k":1,"k":2}}`, fault.CodeDuplicateField, "title.k"},
		"a field that Go alone knows":          {`{"Unseen":"a"}`, fault.CodeUnknownField, "Unseen"},
		"a field marked as not there":          {`{"Skipped":"a"}`, fault.CodeUnknownField, "Skipped"},
		"a path parameter in the body":         {`{"Path":"a"}`, fault.CodeUnknownField, "Path"},
		"a missing field":                      {`{"title":"a"}`, fault.CodeMissingField, "place"},
		"a required field that is blank":       {`{"photos":[{"url":"  "}]}`, fault.CodeMissingField, "photos[0].url"},
		"an id of another kind":                {`{"place":"song_0000000000001"}`, fault.CodeBadValue, "place"},
		"an id that is a number":               {`{"place":1}`, fault.CodeBadValue, "place"},
		"a string that is too long":            {`{"title":"123456"}`, fault.CodeBadValue, "title"},
		"a list that is too long":              {`{"tags":["a","a","a","a"]}`, fault.CodeBadValue, "tags"},
		"a word that is not offered":           {`{"publish":"now"}`, fault.CodeBadValue, "publish"},
		"a word in a list that is not offered": {`{"tags":["a","c"]}`, fault.CodeBadValue, "tags"},
		"a number above its bound":             {`{"photos":[{"url":"a","rank":10}]}`, fault.CodeBadValue, "photos[0].rank"},
		"a number below its bound":             {`{"photos":[{"url":"a","rank":0}]}`, fault.CodeBadValue, "photos[0].rank"},
		"a fraction for an integer":            {`{"seconds":1.0}`, fault.CodeBadValue, "seconds"},
		"an exponent for an integer":           {`{"seconds":1e3}`, fault.CodeBadValue, "seconds"},
		"an integer beyond 64 bits":            {`{"seconds":9223372036854775808}`, fault.CodeBadValue, "seconds"},
		"an integer beyond its type":           {`{"small":256}`, fault.CodeBadValue, "small"},
		"a negative count":                     {`{"small":-1}`, fault.CodeBadValue, "small"},
		"a number beyond float64":              {`{"share":1e999}`, fault.CodeBadValue, "share"},
		"a number of 65 characters":            {`{"share":` + strings.Repeat("1", 65) + `}`, fault.CodeMalformedJSON, ""},
		"null for a string":                    {`{"title":null}`, fault.CodeBadValue, "title"},
		"null for an object":                   {`{"photos":[null]}`, fault.CodeBadValue, "photos[0]"},
		"a string for a list":                  {`{"photos":"a"}`, fault.CodeBadValue, "photos"},
		"a list for an object":                 {`[]`, fault.CodeBadValue, ""},
		"a number for a bool":                  {`{"loud":1}`, fault.CodeBadValue, "loud"},
		"a bool for a string":                  {`{"title":true}`, fault.CodeBadValue, "title"},
		"a time without a zone":                {`{"at":"2026-11-21T03:00:00"}`, fault.CodeBadValue, "at"},
		"base64 with a line break":             {`{"bytes":"aG\nk="}`, fault.CodeBadValue, "bytes"},
		"three items for a pair":               {`{"pair":[1,2,3]}`, fault.CodeBadValue, "pair[2]"},
		"one item for a pair":                  {`{"pair":[1]}`, fault.CodeBadValue, "pair"},
		"nesting of 33":                        {deep(32), fault.CodeMalformedJSON, ""},
		"nesting of a hundred thousand":        {deep(100_000), fault.CodeMalformedJSON, ""},
		"nesting in a misplaced value":         {`{"title":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40) + `}`, fault.CodeMalformedJSON, ""},
		"nothing":                              {``, fault.CodeMalformedJSON, ""},
		"a byte order mark":                    {"\ufeff{}", fault.CodeBadValue, ""},
		"something after the value":            {`{` + place + `} {}`, fault.CodeMalformedJSON, ""},
		"a comma at the end of an object":      {`{"title":"a",}`, fault.CodeMalformedJSON, ""},
		"a comma at the end of a list":         {`{"tags":["a",]}`, fault.CodeMalformedJSON, ""},
		"a comma at the start of a list":       {`{"tags":[,"a"]}`, fault.CodeMalformedJSON, ""},
		"a missing comma":                      {`{"tags":["a" "b"]}`, fault.CodeMalformedJSON, ""},
		"a missing colon":                      {`{"title" "b"}`, fault.CodeMalformedJSON, ""},
		"a name without quotes":                {`{title:"b"}`, fault.CodeMalformedJSON, ""},
		"single quotes":                        {`{'title':"b"}`, fault.CodeMalformedJSON, ""},
		"a comment":                            {`{/**/}`, fault.CodeMalformedJSON, ""},
		"NaN":                                  {`{"share":NaN}`, fault.CodeMalformedJSON, ""},
		"infinity":                             {`{"share":-Infinity}`, fault.CodeMalformedJSON, ""},
		"a leading zero":                       {`{"seconds":01}`, fault.CodeMalformedJSON, ""},
		"a leading plus":                       {`{"seconds":+1}`, fault.CodeMalformedJSON, ""},
		"a bare point":                         {`{"share":1.}`, fault.CodeMalformedJSON, ""},
		"a hexadecimal number":                 {`{"seconds":0x1}`, fault.CodeMalformedJSON, ""},
		"invalid UTF-8":                        {"{\"title\":\"\xff\"}", fault.CodeMalformedJSON, ""},
		"invalid UTF-8 beside an escape":       {"{\"title\":\"\\n\xff\"}", fault.CodeMalformedJSON, ""},
		"invalid UTF-8 in a name":              {"{\"\xff\":1}", fault.CodeMalformedJSON, ""},
		"overlong UTF-8":                       {"{\"title\":\"\xc0\x80\"}", fault.CodeMalformedJSON, ""},
		"NUL":                                  {`{"title":"\u0000"}`, fault.CodeMalformedJSON, ""},
		"a raw NUL":                            {"{\"title\":\"\x00\"}", fault.CodeMalformedJSON, ""},
		"a raw line break":                     {"{\"title\":\"\n\"}", fault.CodeMalformedJSON, ""},
		"a lone high surrogate":                {`{"title":"\ud83d"}`, fault.CodeMalformedJSON, ""},
		"a lone low surrogate":                 {`{"title":"\ude00"}`, fault.CodeMalformedJSON, ""},
		"two high surrogates":                  {`{"title":"\ud83d\ud83d"}`, fault.CodeMalformedJSON, ""},
		"an unknown escape":                    {`{"title":"\x41"}`, fault.CodeMalformedJSON, ""},
		"an escape that is cut off":            {`{"title":"\u00`, fault.CodeMalformedJSON, ""},
		"a string that is cut off":             {`{"title":"a`, fault.CodeMalformedJSON, ""},
		"an object that is cut off":            {`{"title":"a"`, fault.CodeMalformedJSON, ""},
		"a list that is cut off":               {`{"tags":["a"`, fault.CodeMalformedJSON, ""},
		"a member that is cut off":             {`{"title":`, fault.CodeMalformedJSON, ""},
		"a word that is cut off":               {`{"loud":tru`, fault.CodeMalformedJSON, ""},
	} {
		var got order
		err := Unmarshal([]byte(row.in), &got)
		if row.field == "" && err != nil && fault.CodeOf(err) == fault.CodeMalformedJSON && row.code == fault.CodeBadValue {
			row.code = fault.CodeMalformedJSON // either says it
		}
		if fault.CodeOf(err) != row.code || fault.FieldOf(err) != row.field || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want %s (%s)", name, err, row.code, row.field)
		}
	}
}

func TestAnErrorDoesNotRepeatTheInput(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{"place":"canary"}`, `{"title":"canary-canary"}`, `{"publish":"canary"}`, `{"at":"canary"}`, `{"bytes":"canary!"}`, `{"title":"canary`, `{"any":canary}`} {
		if err := Unmarshal([]byte(in), new(order)); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"a channel": struct {
			C chan int `json:"c"`
		}{},
		"a map by number": struct {
			M map[int]string `json:"m"`
		}{},
		"two fields of a name": struct {
			embedded
			Twice string `json:"inside"`
		}{},
		"a maximum for a bool": struct {
			B bool `json:"b" max:"1"`
		}{},
		"a maximum that is no number": struct {
			S string `json:"s" max:"many"`
		}{},
		"words for a number": struct {
			N int `json:"n" enum:"1,2"`
		}{},
		"required, but only half": struct {
			S string `json:"s" required:"yes"`
		}{},
		"an interface with methods": struct {
			E error `json:"e"`
		}{},
		"the option to quote a number": struct {
			N int `json:"n,string"`
		}{},
	} {
		if _, err := Compile(reflect.TypeOf(v)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestATypeMayContainItself(t *testing.T) {
	t.Parallel()
	type node struct {
		Next *node `json:"next"`
	}
	var n node
	if err := Unmarshal([]byte(`{"next":{"next":{"next":null}}}`), &n); err != nil || n.Next == nil || n.Next.Next == nil || n.Next.Next.Next != nil {
		t.Errorf("%v %+v", err, n)
	}
}

func TestMoreThan64FieldsAreCounted(t *testing.T) {
	t.Parallel()
	var fields []reflect.StructField
	for i := range 70 {
		name := string(rune('A'+i/26)) + string(rune('a'+i%26))
		fields = append(fields, reflect.StructField{Name: name, Type: reflect.TypeFor[int](), Tag: reflect.StructTag(`json:"` + name + `"`)})
	}
	wide := reflect.StructOf(fields)
	plan, err := Compile(wide)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Decode([]byte(`{"Cr":1,"Aa":2}`), reflect.New(wide).Elem()); err != nil {
		t.Error(err)
	}
	if err := plan.Decode([]byte(`{"Cr":1,"Cr":2}`), reflect.New(wide).Elem()); fault.CodeOf(err) != fault.CodeDuplicateField {
		t.Error(err)
	}
}

// FuzzSameAsEncodingJSON: what is accepted here means the same there.
func FuzzSameAsEncodingJSON(f *testing.F) {
	for _, s := range []string{`{` + place + `}`, `{` + place + `,"title":"\u00e9\\","photos":[{"url":"a","rank":1}]}`, `{` + place + `,"any":[1,2.5e3,{"a":null}],"more":{"":""}}`,
		`{` + place + `,"raw":[1],"bytes":"","pair":[1,2],"seconds":0,"share":-0.0}`, `{` + place + `,"tags":[],"at":"2026-11-21T03:00:00.5+09:00"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var got, want order
		if err := Unmarshal(in, &got); err != nil {
			return
		}
		if err := json.Unmarshal(in, &want); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(order{}), cmpopts.IgnoreFields(order{}, "Unseen", "Path"), cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
			t.Error(diff)
		}
	})
}

func BenchmarkUnmarshal(b *testing.B) {
	in := []byte(`{` + place + `,"title":"칼국수","photos":[` + strings.Repeat(`{"url":"https://a.bc","rank":3},`, 24) + `{"url":"x"}],"publish":"auto"}`)
	b.SetBytes(int64(len(in)))
	b.Run("strictjson", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := Unmarshal(in, new(order)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := json.Unmarshal(in, new(order)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
