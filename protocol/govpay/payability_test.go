package govpay

import (
	"testing"
	"time"
)

func TestPayability(t *testing.T) {
	loc, err := rome()
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) time.Time {
		d, err := parseTime(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, loc)
	paid := &Proof{Result: ResultPaid}
	refused := &Proof{Result: ResultNotPaid}
	open := func(a ...Attempt) Position { return Position{State: StateOpen, Cents: 100, Attempts: a} }

	for _, c := range []struct {
		name    string
		p       Position
		now     time.Time
		verdict Verdict
		reason  ReasonCode
	}{
		{"open", open(), now, Payable, ReasonNone},
		{"zero value", Position{}, now, Refused, ReasonUnknownState},
		{"state of the future", Position{State: "SOSPESA", Cents: 100}, now, Refused, ReasonUnknownState},
		{"expired", Position{State: StateExpired, Cents: 100}, now, Refused, ReasonExpired},
		{"cancelled", Position{State: StateCancelled, Cents: 100}, now, Refused, ReasonCancelled},
		{"paid", Position{State: StatePaid, Cents: 100}, now, Refused, ReasonPaid},
		{"partly paid", Position{State: StatePartiallyPaid, Cents: 100}, now, Refused, ReasonPaid},
		{"credited", Position{State: StateCredited, Cents: 100}, now, Refused, ReasonPaid},
		{"anomalous", Position{State: StateAnomalous, Cents: 100}, now, Refused, ReasonAnomalous},
		{"nothing", Position{State: StateOpen}, now, Refused, ReasonNothingToPay},
		{"stamp duty", Position{State: StateOpen, Cents: 1600, Lines: []Line{{StampDuty: true}}}, now, Refused, ReasonStampDuty},
		{"shared with another body", Position{State: StateOpen, Cents: 1, Creditor: "1", Lines: []Line{{OtherCreditor: "2"}}}, now, Payable, ReasonNone},

		{"due today", Position{State: StateOpen, Cents: 1, DueBy: day("2026-03-10")}, time.Date(2026, 3, 10, 23, 59, 59, 0, loc), Payable, ReasonNone},
		{"due today, midnight in UTC", Position{State: StateOpen, Cents: 1, DueBy: day("2026-03-10")}, time.Date(2026, 3, 10, 23, 30, 0, 0, time.UTC), Refused, ReasonExpired},
		{"due on the long day of October", Position{State: StateOpen, Cents: 1, DueBy: day("2026-10-25")}, time.Date(2026, 10, 25, 23, 30, 0, 0, loc), Payable, ReasonNone},
		{"due yesterday and still open", Position{State: StateOpen, Cents: 1, DueBy: day("2026-03-09")}, now, Refused, ReasonExpired},
		{"amount no longer sure", Position{State: StateOpen, Cents: 1, ValidUntil: day("2026-03-09")}, now, Payable, ReasonAmountMayChange},
		{"amount sure today", Position{State: StateOpen, Cents: 1, ValidUntil: day("2026-03-10")}, now, Payable, ReasonNone},

		{"activated", open(Attempt{State: AttemptActivated}), now, Busy, ReasonAttemptPending},
		{"accepted", open(Attempt{State: AttemptAccepted}), now, Busy, ReasonAttemptPending},
		{"legacy pending", open(Attempt{State: "RPT_INVIATA_A_PSP"}), now, Busy, ReasonAttemptPending},
		{"submitted lately", open(Attempt{State: AttemptAccepted, Started: now.Add(-29 * time.Minute)}), now, Busy, ReasonAttemptPending},
		{"submitted long ago", open(Attempt{State: AttemptAccepted, Started: now.Add(-31 * time.Minute)}), now, Busy, ReasonAttemptStuck},
		{"refused", open(Attempt{State: AttemptRefused}), now, Payable, ReasonNone},
		{"expired attempt", open(Attempt{State: AttemptExpired}), now, Payable, ReasonNone},
		{"superseded, alone", open(Attempt{State: AttemptSuperseded}), now, Busy, ReasonAttemptPending},
		{"superseded by an expired one", open(Attempt{State: AttemptExpired}, Attempt{State: AttemptSuperseded}), now, Payable, ReasonNone},
		{"send error just now", open(Attempt{State: AttemptSendError, Started: now.Add(-time.Minute)}), now, Busy, ReasonAttemptPending},
		{"send error, no time", open(Attempt{State: AttemptSendError}), now, Busy, ReasonAttemptPending},
		{"send error long ago", open(Attempt{State: AttemptSendError, Started: now.Add(-time.Hour)}), now, Payable, ReasonNone},
		{"an older one pending", open(Attempt{State: AttemptExpired}, Attempt{State: AttemptAccepted}), now, Busy, ReasonAttemptPending},
		{"positive receipt, still open", open(Attempt{State: AttemptReceipt, Proof: paid}), now, Refused, ReasonReceiptPresent},
		{"positive receipt on an expired attempt", open(Attempt{State: AttemptExpired, Proof: paid}), now, Refused, ReasonReceiptPresent},
		{"receipt with an unknown result", open(Attempt{State: AttemptReceipt, Proof: &Proof{Result: ResultUnknown}}), now, Refused, ReasonReceiptPresent},
		{"negative receipt", open(Attempt{State: AttemptReceipt, Proof: refused}), now, Payable, ReasonNone},
		{"rejected positive receipt", open(Attempt{State: AttemptBadReceipt, Proof: paid}), now, Refused, ReasonReceiptPresent},
		{"receipt by state, not shown", open(Attempt{State: AttemptReceipt}), now, Refused, ReasonReceiptPresent},
		{"unreadable receipt", open(Attempt{State: AttemptReceipt, Unreadable: true}), now, Refused, ReasonReceiptPresent},
		{"unknown attempt state", open(Attempt{State: "RPT_NUOVA"}), now, Refused, ReasonUnknownState},
		{"pending and then a receipt", open(Attempt{State: AttemptAccepted}, Attempt{State: AttemptReceipt, Proof: paid}), now, Refused, ReasonReceiptPresent},
		{"pending with stamp duty", Position{State: StateOpen, Cents: 1, Lines: []Line{{StampDuty: true}}, Attempts: []Attempt{{State: AttemptAccepted}}}, now, Refused, ReasonStampDuty},
	} {
		verdict, reason := Payability(c.p, c.now)
		if verdict != c.verdict || reason != c.reason {
			t.Errorf("%s: %s %q, want %s %q", c.name, verdict, reason, c.verdict, c.reason)
		}
	}
}
