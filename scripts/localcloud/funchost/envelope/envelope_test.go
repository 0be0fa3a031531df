package envelope

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/go-amqp"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	moment = time.Date(2026, 11, 21, 1, 2, 3, 456789000, time.UTC)
	sys    = Sys{MethodName: "video-render", UtcNow: DateTime{time.Date(2026, 11, 21, 1, 2, 4, 123456700, time.UTC)}, RandGuid: "6f9619ff-8b86-d011-b42d-00c04fc964ff"}
)

func of[T any](v T) *T { return &v }

// job is a message with every property that the product sets.
func job(body string) *azservicebus.ReceivedMessage {
	return &azservicebus.ReceivedMessage{
		Body: []byte(body), DeliveryCount: 1, MessageID: "j-123", SequenceNumber: of(int64(42)),
		LockToken:   uuid.MustParse("5d1e0000-1111-2222-3333-444455556666"),
		ContentType: of("application/json"), Subject: of("video.render"), CorrelationID: of("req-9"),
		EnqueuedTime: of(moment), ExpiresAt: of(moment.Add(14 * 24 * time.Hour)),
		ApplicationProperties: map[string]any{"attempt": int32(1), "at": moment, "ref": amqp.UUID{1}, "raw": []byte("hi"), "label": "밥 <b>"},
	}
}

func TestEncodingIsTheHostsLetterByLetter(t *testing.T) {
	t.Parallel()
	bind := func(b ServiceBus, messages ...*azservicebus.ReceivedMessage) func() (Invocation, error) {
		b.Binding, b.Namespace = "job", "ns.example"
		return func() (Invocation, error) { return b.Encode(sys, messages...) }
	}
	bare := &azservicebus.ReceivedMessage{Body: []byte("x\xffy"), DeliveryCount: 2, LockToken: [16]byte{15: 1}}
	tests := map[string]func() (Invocation, error){
		"servicebus-binary":        bind(ServiceBus{DataType: "binary"}, job(`{"jobId":"...","deliveryCount":9}`)),
		"servicebus-text":          bind(ServiceBus{DataType: "string"}, job("밥 \"a\" <b> & c\n")),
		"servicebus-text-shadowed": bind(ServiceBus{}, job(`{"messageId":"x","deliveryCount":9,"extra":"e","flag":true,"part":{"n":1},"list":[1],"none":null,"myTrigger":"t"}`)),
		"servicebus-bare":          bind(ServiceBus{}, bare),
		"servicebus-many-binary":   bind(ServiceBus{DataType: "binary", Many: true}, job("one"), bare),
		"servicebus-many-text":     bind(ServiceBus{DataType: "string", Many: true}, job(`{"messageId":"x"}`), bare),
		"servicebus-many-objects":  bind(ServiceBus{Many: true}, job(`{"a":1}`), job(`2`)),
		"timer-first":              func() (Invocation, error) { return Timer{}.Encode("tick", sys), nil },
		"timer-past-due": func() (Invocation, error) {
			return Timer{&TimerStatus{Last: moment, Next: moment.Truncate(time.Second).Add(time.Minute)}, true}.Encode("tick", sys), nil
		},
		"http-text": func() (Invocation, error) {
			return Request{"req", "https://host/api/x?a=1&a=2", "POST", url.Values{"a": {"1", "2"}},
				http.Header{"Content-Type": {"application/json"}, "Accept": {"a", "b"}}, map[string]string{"id": "7"}, []byte(`{"밥":1}`), false}.Encode(sys), nil
		},
		"http-binary": func() (Invocation, error) {
			return Request{"req", "https://host/api/x", "POST", nil, http.Header{"Content-Type": {"multipart/form-data; boundary=b"}}, nil, []byte{0, 255}, true}.Encode(sys), nil
		},
		"values": func() (Invocation, error) {
			return Invocation{
				Data:     Fields{{"null", nil}, {"text", "abc"}, {"number", 3}, {"list", []string{"a"}}, {"bytes", []byte("abc")}, {"bool", true}},
				Metadata: Fields{{"null", nil}, {"BlobTrigger", "left out"}, {"date", DateTime{moment}}, {"offset", DateTimeOffset{moment.In(time.FixedZone("KST", 9*3600))}}, {"object", Object{map[string]any{"n": 3, "d": DateTime{moment}}}}, {"dates", []DateTime{{moment}}}},
			}, nil
		},
	}
	for name, build := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			invocation, err := build()
			if err != nil {
				t.Fatal(err)
			}
			got, err := invocation.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(got) {
				t.Fatalf("not JSON: %s", got)
			}
			path := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSuffix(string(want), "\n"), string(got)); diff != "" {
				t.Errorf("request body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABatchWithoutDataTypeMustBeJSON(t *testing.T) {
	t.Parallel()
	_, err := ServiceBus{Binding: "job", Many: true}.Encode(sys, job(`1`), job(`not json`))
	if err == nil || !strings.Contains(err.Error(), "message 1 of the batch is not JSON") {
		t.Errorf("Encode answered %v", err)
	}
}

func TestATextBodyThatIsNoObjectShadowsNothing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "text", "[1]", `"x"`, `{"MessageId":"x"`, `{"MessageId":"x",}`, "3"} {
		metadata := Fields{{"MessageId", "true one"}}
		Shadow(&metadata, body)
		if diff := cmp.Diff(Fields{{"MessageId", "true one"}}, metadata); diff != "" {
			t.Errorf("body %q changed the metadata (-want +got):\n%s", body, diff)
		}
	}
}

func TestBinaryDataSurvivesAndNeverShadows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		invocation, err := ServiceBus{Binding: "job", DataType: "binary"}.Encode(sys, job(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := invocation.Encode()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Data     struct{ Job []byte }
			Metadata struct{ MessageId string }
		}
		if err := json.Unmarshal(encoded, &got); err != nil {
			t.Fatal(err)
		}
		if string(got.Data.Job) != string(body) || got.Metadata.MessageId != `"j-123"` {
			t.Fatalf("body %q, id %s", got.Data.Job, got.Metadata.MessageId)
		}
	})
}

// answer is what the handler's HTTP server sent.
func answer(status int, contentType, body string, length int64) *http.Response {
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: length}
}

func TestDecodeFollowsTheHostsResponseRules(t *testing.T) {
	t.Parallel()
	const json, chunked = "application/json", -1
	tests := map[string]struct {
		response *http.Response
		want     Result
		wantErr  string // "hang" for ErrNoResult
	}{
		"a full answer":                    {answer(200, json, `{"Outputs":{"a":1},"Logs":["x"],"ReturnValue":2}`, chunked), Result{map[string]rawJSON{"a": rawJSON("1")}, []string{"x"}, rawJSON("2")}, ""},
		"names in another case":            {answer(200, "text/json; charset=utf-8", `{"logs":["x",3]}`, chunked), Result{nil, []string{"x", "3"}, nil}, ""},
		"an empty object":                  {answer(201, json, `{}`, chunked), Result{}, ""},
		"text after the object":            {answer(200, json, `{} trailing`, chunked), Result{}, ""},
		"an empty body hangs":              {answer(200, json, "", 0), Result{}, "hang"},
		"an empty body of any type hangs":  {answer(200, "text/plain", "", 0), Result{}, "hang"},
		"no content hangs":                 {answer(204, "", "", 0), Result{}, "hang"},
		"null hangs":                       {answer(200, json, " null\n", chunked), Result{}, "hang"},
		"an empty chunked JSON body hangs": {answer(200, json, "", chunked), Result{}, "hang"},
		"an empty chunked text body fails": {answer(200, "text/plain", "", chunked), Result{}, "No MediaTypeFormatter"},
		"text fails":                       {answer(200, "text/plain; charset=utf-8", "{}", 2), Result{}, "'text/plain; charset=utf-8'"},
		"no content type fails":            {answer(200, "", "{}", 2), Result{}, "application/octet-stream"},
		"problem+json fails":               {answer(200, "application/problem+json", "{}", 2), Result{}, "No MediaTypeFormatter"},
		"a failure drops the logs":         {answer(500, json, `{"Logs":["x"]}`, chunked), Result{}, "500 (Internal Server Error)"},
		"a redirect is a failure":          {answer(302, json, `{}`, chunked), Result{}, "302"},
		"a list fails":                     {answer(200, json, `[]`, chunked), Result{}, "parse answer"},
		"a text in Logs' place fails":      {answer(200, json, `{"Logs":"x"}`, chunked), Result{}, "parse answer"},
		"an object in Logs fails":          {answer(200, json, `{"Logs":[{}]}`, chunked), Result{}, "Logs[0] is not a string"},
		"broken JSON fails":                {answer(200, json, `{"Outputs"`, chunked), Result{}, "parse answer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Decode(test.response)
			switch {
			case test.wantErr == "hang":
				if !errors.Is(err, ErrNoResult) {
					t.Errorf("Decode answered %v, want ErrNoResult", err)
				}
			case test.wantErr != "":
				if err == nil || errors.Is(err, ErrNoResult) || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(test.wantErr)) {
					t.Errorf("Decode answered %v, want %q", err, test.wantErr)
				}
			case err != nil:
				t.Errorf("Decode answered %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

type rawJSON = json.RawMessage

func TestHTTPOutputBecomesTheResponse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		result  Result
		binding string
		want    Response
		wantErr string
	}{
		"status, headers and an object": {
			Result{Outputs: map[string]rawJSON{"RES": rawJSON(`{"statusCode":201,"headers":{"X":"y"},"body":{"a":1}}`)}}, "res",
			Response{201, http.Header{"X": {"y"}, "Content-Type": {"application/json; charset=utf-8"}}, []byte(`{"a":1}`)}, ""},
		"a text body and a status in a string": {
			Result{Outputs: map[string]rawJSON{"res": rawJSON(`{"status":"404","body":"gone"}`)}}, "res",
			Response{404, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, []byte("gone")}, ""},
		"no output at all is an empty 200":  {Result{}, "res", Response{200, http.Header{}, nil}, ""},
		"a return value that is an object":  {Result{ReturnValue: rawJSON(`{"res":{"statusCode":418}}`)}, "res", Response{418, http.Header{}, nil}, ""},
		"the $return binding":               {Result{ReturnValue: rawJSON(`"hello"`)}, "$return", Response{200, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, []byte("hello")}, ""},
		"a text is no response":             {Result{Outputs: map[string]rawJSON{"res": rawJSON(`"hello"`)}}, "res", Response{}, "must be an object"},
		"a status out of range is an error": {Result{Outputs: map[string]rawJSON{"res": rawJSON(`{"status":7}`)}}, "res", Response{}, "is not a number"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.result.HTTP(test.binding)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Errorf("HTTP answered %v, want %q", err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("response (-want +got):\n%s", diff)
			}
		})
	}
}
