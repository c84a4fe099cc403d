package ui

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"sportello/protocol/local"
)

var strictCases = map[string]bool{
	`{"request_id":"1","terminal":"cassa1","notices":[{"creditor":"01199250158","number":"302001069073736640","expected_cents":1250}]}`: true,
	"  {\"request_id\":\"1\"}\n":          true,
	`{}`:                                  true,
	``:                                    false,
	`null`:                                false,
	`[]`:                                  false,
	`"x"`:                                 false,
	`{`:                                   false,
	`{"request_id":"1"`:                   false,
	`{"request_id":"1"}{}`:                false,
	`{"request_id":"1"} x`:                false,
	`{"request_id":1}`:                    false,
	`{"request_id":"1","request_id":"2"}`: false,
	`{"request_id":"1","Request_ID":"2"}`: false,
	`{"unknown":1}`:                       false,
	`{"notices":[{"expected_cents":1,"expected_cents":100000}]}`: false,
	`{"notices":[{"expected_cents":1.5}]}`:                       false,
	`{"notices":[{"expected_cents":"1"}]}`:                       false,
	`{"notices":[{"expected_cents":99999999999999999999}]}`:      false,
	`{"notices":[{"paid":true}]}`:                                false,
	"{\"request_id\":\"\xff\"}":                                  false,
	"{\"reque\u017ft_id\":\"1\"}":                                false, // U+017F folds to s
	strings.Repeat(`{"notices":[`, 40):                           false,
	`{"notices":` + strings.Repeat("[", 10_000):                  false,
}

func TestDecodeStrict(t *testing.T) {
	for body, ok := range strictCases {
		var request local.PaymentRequest
		err := decodeStrict([]byte(body), &request)
		if (err == nil) != ok {
			t.Errorf("%q: %v", body, err)
		}
		var known *local.Error
		if err != nil && (!errors.As(err, &known) || known.Code != local.CodeBadRequest) {
			t.Errorf("%q: %v is no bad_request", body, err)
		}
	}
}

func TestBodies(t *testing.T) {
	d := open(t, nil)
	long := `{"code":"` + strings.Repeat("1", maxBody) + `"}`
	for name, c := range map[string]struct {
		got  reply
		code local.Code
	}{
		"too long":      {d.ask("POST", "/api/v1/notices/lookup", clerkToken, long), local.CodeBadRequest},
		"none":          {d.ask("POST", "/api/v1/notices/lookup", clerkToken, ""), local.CodeBadRequest},
		"unknown field": {d.ask("POST", "/api/v1/notices/lookup", clerkToken, `{"code":"1","x":1}`), local.CodeBadRequest},
		"on a GET":      {d.ask("GET", "/api/v1/queue", clerkToken, `{}`), local.CodeBadRequest},
		"on a DELETE":   {d.ask("DELETE", "/api/v1/session", clerkToken, `{}`), local.CodeBadRequest},
	} {
		if c.got.status != 400 || c.got.code(t) != c.code {
			t.Errorf("%s: %d %s", name, c.got.status, c.got.body)
		}
	}
	if got := d.ask("POST", "/api/v1/notices/lookup", clerkToken, `{"code":7}`); !strings.Contains(string(got.body), "code") {
		t.Errorf("the field is not named: %s", got.body)
	}
}

// What is understood must mean the same to whoever reads it next: encoded again it decodes to itself.
func FuzzDecodeStrict(f *testing.F) {
	if len(strictCases) == 0 {
		f.Fatal("no seeds")
	}
	for body := range strictCases {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, into := range []any{&local.PaymentRequest{}, &local.LookupRequest{}, &local.SessionRequest{}, &local.Hello{}, &local.ActionRequest{}} {
			if decodeStrict(body, into) != nil {
				continue
			}
			if !utf8.Valid(body) {
				t.Fatalf("took %q", body)
			}
			again, err := json.Marshal(into)
			if err != nil {
				t.Fatal(err)
			}
			second := reflect.New(reflect.TypeOf(into).Elem()).Interface()
			if err := decodeStrict(again, second); err != nil {
				t.Fatalf("%q became %q: %v", body, again, err)
			}
			if third, _ := json.Marshal(second); string(third) != string(again) {
				t.Fatalf("%q, then %q", again, third)
			}
		}
	})
}
