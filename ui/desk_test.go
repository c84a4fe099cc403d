package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sportello/protocol/local"
)

// signInAs gives the token of a person, as the page gets it.
func (d *desk) signInAs(id, pin string) string {
	d.t.Helper()
	got := d.ask("POST", "/api/v1/session", "", fmt.Sprintf(`{"operator":%q,"pin":%q}`, id, pin))
	if got.status != 201 {
		d.t.Fatalf("%s: %d %s", id, got.status, got.body)
	}
	return as[local.Session](d.t, got).Token
}

const (
	resolution  = "/api/v1/payments/p-1/resolution"
	reversal    = "/api/v1/payments/p-1/reversal"
	ending      = "/api/v1/cases/c-1/ending"
	countersign = "/countersign"
)

// decisions are every route of the desk with a body that is right, and whether a clerk may.
var decisions = []struct {
	path, body string
	clerk      bool
	status     int
	done       string
}{
	{resolution, `{"request_id":"1","evidence_seq":7,"answer":"charged","stan":"000123","auth_code":"A1B2C3","note":"scontrino visto"}`, true, 200,
		"resolve p-1 by carl: {RequestID:1 EvidenceSeq:7 Answer:charged STAN:000123 AuthCode:A1B2C3 Note:scontrino visto}"},
	{resolution + countersign, `{"request_id":"2","evidence_seq":7,"accept":true}`, false, 200,
		"countersign p-1 by carl: {RequestID:2 EvidenceSeq:7 Accept:true}"},
	{reversal, `{"request_id":"3"}`, false, 202,
		"reverse p-1 by carl: {RequestID:3 QuietTotals:false Channel:}"},
	{ending, `{"request_id":"4","seq":9,"ending":"refunded","proof":"mandato 12/2026"}`, true, 200,
		"end c-1 by carl: {RequestID:4 Seq:9 Ending:refunded Proof:mandato 12/2026}"},
	{ending + countersign, `{"request_id":"5","evidence_seq":9,"accept":true}`, false, 200,
		"sign c-1 by carl: {RequestID:5 EvidenceSeq:9 Accept:true}"},
	{resolution + countersign, `{"request_id":"6","evidence_seq":9,"accept":false}`, true, 200, // the own proposal taken back
		"countersign p-1 by carl: {RequestID:6 EvidenceSeq:9 Accept:false}"},
}

// A decision bears a name: two people can only be told apart where each has signed in.
func TestDecisionsBearNames(t *testing.T) {
	d := open(t, nil)
	for _, one := range decisions {
		for _, token := range []string{clerkToken, supervisorToken} {
			if got := d.ask("POST", one.path, token, one.body); got.status != 403 || got.code(t) != local.CodeOperatorNeeded {
				t.Errorf("%s without a name: %d %s", one.path, got.status, got.body)
			}
		}
	}
	if len(d.till.actions) != 0 {
		t.Errorf("done: %q", d.till.actions)
	}
}

func TestDecisions(t *testing.T) {
	d := open(t, nil)
	anna, carl := d.signInAs("anna", "1111"), d.signInAs("carl", "2222")
	for _, one := range decisions {
		got := d.ask("POST", one.path, anna, one.body)
		if one.clerk && got.status != one.status || !one.clerk && (got.status != 403 || got.code(t) != local.CodeForbiddenRole) {
			t.Errorf("%s by a clerk: %d %s", one.path, got.status, got.body)
		}
		d.till.actions = nil
		first := d.ask("POST", one.path, carl, one.body)
		if first.status != one.status || !strings.Contains(string(first.body), `"id":"`) {
			t.Errorf("%s: %d %s", one.path, first.status, first.body)
		}
		// The same id with the same body is the same thing, with another one a mistake.
		again := d.ask("POST", one.path, carl, one.body)
		if again.status != one.status || string(again.body) != string(first.body) {
			t.Errorf("%s again: %d %s", one.path, again.status, again.body)
		}
		if !slices.Equal(d.till.actions, []string{one.done}) {
			t.Errorf("%s: done %q, want %q", one.path, d.till.actions, one.done)
		}
		other := strings.Replace(one.path, "-1", "-2", 1)
		if got := d.ask("POST", other, carl, one.body); got.status != 409 || got.code(t) != local.CodeRequestIDReused {
			t.Errorf("%s with the id of %s: %d %s", other, one.path, got.status, got.body)
		}
		if got := d.ask("POST", one.path, carl, strings.Replace(one.body, `{"request_id":"`, `{"x":1,"request_id":"n`, 1)); got.code(t) != local.CodeBadRequest {
			t.Errorf("%s with an unknown field: %d %s", one.path, got.status, got.body)
		}
	}
}

// What nobody could sign is refused before the till hears of it.
func TestDecisionsAreStrict(t *testing.T) {
	d := open(t, nil)
	carl := d.signInAs("carl", "2222")
	field := func(path, body, want string) {
		t.Helper()
		got := d.ask("POST", path, carl, body)
		if got.status != 400 || got.code(t) != local.CodeBadRequest || want != "" && !strings.Contains(string(got.body), ": "+want+".") {
			t.Errorf("%s %s: want %q, got %d %s", path, body, want, got.status, got.body)
		}
	}
	answer := func(more string) string { return `{"request_id":"s","evidence_seq":7,` + more + `}` }
	field(resolution, `{"request_id":"s","answer":"charged"}`, "evidence_seq")
	field(resolution, answer(`"answer":"yes"`), "answer")
	field(resolution, answer(`"answer":"registered"`), "answer")
	field(resolution, answer(`"answer":"charged","stan":"`+strings.Repeat("1", maxSlip+1)+`"`), "stan")
	field(resolution, answer(`"answer":"charged","auth_code":"A\u0007B"`), "auth_code")
	field(resolution, answer(`"answer":"charged","note":"`+strings.Repeat("è", maxNote+1)+`"`), "note")
	field(resolution, answer(`"answer":"charged","note":"a\u0000b"`), "note")
	field(resolution+countersign, `{"request_id":"s","accept":true}`, "evidence_seq")
	field(reversal, `{"request_id":"s","quiet_totals":true}`, "quiet_totals")
	field(ending, `{"request_id":"s","ending":"closed","proof":"x"}`, "seq")
	field(ending, `{"request_id":"s","seq":9,"ending":"forgotten","proof":"x"}`, "ending")
	field(ending, `{"request_id":"s","seq":9,"ending":"closed"}`, "proof")
	field(ending, `{"request_id":"s","seq":9,"ending":"closed","proof":"`+strings.Repeat("x", maxBody)+`"}`, "")
	if got := d.ask("POST", reversal, carl, `{}`); got.code(t) != local.CodeRequestIDMissing {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := d.ask("POST", "/api/v1/cases/"+strings.Repeat("c", maxPathValue+1)+"/ending", carl, `{"request_id":"s"}`); got.code(t) != local.CodeNotFound {
		t.Errorf("%d %s", got.status, got.body)
	}
	if len(d.till.actions) != 0 {
		t.Errorf("done: %q", d.till.actions)
	}
	for _, note := range []string{strings.Repeat("è", maxNote), "due\nrighe"} {
		if !writing(note, maxNote) {
			t.Errorf("%q is refused", note)
		}
	}
}

// A stale answer, a proposal by the same person: the till's word, in the operator's language.
func TestDecisionsThatTheTillRefuses(t *testing.T) {
	d := open(t, nil)
	carl := d.signInAs("carl", "2222")
	for i, code := range []local.Code{local.CodeStateChanged, local.CodeSamePerson, local.CodeNotReversible, local.CodeNotFound, local.CodeNeedsTwoPeople} {
		d.till.fail = &local.Error{Code: code, Args: map[string]string{local.ArgReason: local.NotReversibleText(local.WhyNotLast, local.Italian)}}
		got := d.ask("POST", reversal, carl, fmt.Sprintf(`{"request_id":"t%d"}`, i))
		if got.status != local.HTTPStatus(code) || got.code(t) != code {
			t.Errorf("%s: %d %s", code, got.status, got.body)
		}
		if code == local.CodeNotReversible && !strings.Contains(string(got.body), "non è l'ultima operazione del terminale") {
			t.Errorf("the reason is missing: %s", got.body)
		}
	}
}
