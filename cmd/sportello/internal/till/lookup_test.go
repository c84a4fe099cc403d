package till

import (
	"context"
	"errors"
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// qr is a notice's QR text (pagopa 2.1).
func qr(number, creditor, cents string) string {
	return "PAGOPA|002|" + number + "|" + creditor + "|" + cents
}

// TestLookup shows the debt as the platform has it now, from whatever was scanned or typed.
func TestLookup(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		look := func(code string, anyway bool) (local.Notice, error) {
			return w.till.Lookup(context.Background(), local.LookupRequest{Code: code, Anyway: anyway})
		}
		n, err := look(qr(notice(1), other, "1250"), false)
		if err != nil || !n.Payable || n.Reason != nil || n.Creditor != other || n.Number != notice(1) || n.AmountCents != price ||
			n.PrintedCents != price || n.Description != "TARI 2026" || n.Debtor != "Maria Verdi" || len(n.Warnings) != 0 {
			t.Errorf("%+v %v", n, err)
		}
		n, err = look(notice(1), false)
		if err != nil || n.Creditor != comune || n.PrintedCents != 0 {
			t.Errorf("a bare number is the first creditor's: %+v %v", n, err)
		}
		n, err = look(qr(notice(1), comune, "1000"), false)
		if err != nil || !n.Payable || len(n.Warnings) != 1 || n.Warnings[0].Code != string(local.CodeAmountPrintDiffers) || !strings.Contains(n.Warnings[0].Text, "10,00") {
			t.Errorf("printed another amount: %+v %v", n, err)
		}
		_, err = look(qr(notice(1), "80012345676", "1250"), false)
		if code := codeOf(t, err); code != local.CodeOtherCreditor {
			t.Errorf("%q", code)
		}
		wrong := notice(1)[:17] + string('0'+(notice(1)[17]-'0'+1)%10)
		_, err = look(wrong, false)
		wantCode(t, err, local.CodeNoticeCheckDigits)
		if n, err = look(wrong, true); err != nil || n.Number != wrong {
			t.Errorf("looked up all the same: %+v %v", n, err)
		}
		_, err = look("what is this", true)
		wantCode(t, err, local.CodeCodeUnreadable)
		if w.ledger.Stats().Entries != 0 {
			t.Error("looking wrote something")
		}

		w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
			p := debt(creditor, number)
			p.State = govpay.StatePaid
			return p, nil
		})
		if n, err = look(notice(1), false); err != nil || n.Payable || n.Reason.Code != string(local.CodeNoticePaid) || n.AmountCents != price {
			t.Errorf("%+v %v", n, err)
		}
		w.platform.answer(nil)
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
		w.platform.answer(func(context.Context, string, string) (govpay.Position, error) {
			return govpay.Position{}, &govpay.Fault{Outcome: govpay.OutcomeUnavailable}
		})
		if n, err = look(notice(1), false); err != nil || n.Payable || n.PaymentID != p.ID || n.AmountCents != price {
			t.Errorf("ours, with the platform away: %+v %v", n, err)
		}
		_, err = look(notice(2), false)
		wantCode(t, err, local.CodePlatformUnavailable)
	})
}

// TestEveryAnswerOfThePlatform has a code; what has none is refused.
func TestEveryAnswerOfThePlatform(t *testing.T) {
	for why, code := range refusals {
		if code != "" && local.Lookup(code, local.Italian) == local.Lookup(local.CodeInternal, local.Italian) {
			t.Errorf("%q has no text for %q", why, code)
		}
	}
	bubble(t, func(t *testing.T, w *world) {
		w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
			p := debt(creditor, number)
			p.Attempts = []govpay.Attempt{{State: "RPT_OF_NEXT_YEAR"}}
			return p, nil
		})
		_, err := w.pay(request("r1", "cassa1", notice(1)))
		wantCode(t, err, local.CodeNoticeStateUnknown)
	})
}

// TestPlatformSeen: the light follows the platform, an event for every change and none without.
func TestPlatformSeen(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rows := []struct {
			err    error
			there  bool
			light  local.Light
			code   local.Code
			events int
		}{
			{nil, true, local.LightReady, "", 1},
			{nil, true, local.LightReady, "", 1},
			{&govpay.Fault{Outcome: govpay.OutcomeNotFound}, true, local.LightReady, "", 1},
			{&govpay.Fault{Outcome: govpay.OutcomeUnavailable}, false, local.LightNotReady, local.CodePlatformUnavailable, 2},
			{&govpay.Fault{Outcome: govpay.OutcomeCanceled}, false, local.LightNotReady, local.CodePlatformUnavailable, 2},
			{&govpay.Fault{Outcome: govpay.OutcomeUnauthorized}, false, local.LightNotReady, local.CodePlatformPassword, 3},
			{errors.New("?"), false, local.LightNotReady, local.CodePlatformUnavailable, 4},
			{nil, true, local.LightReady, "", 5},
		}
		for i, row := range rows {
			if got := w.till.PlatformSeen(row.err); got != row.there {
				t.Errorf("row %d: there %t", i, got)
			}
			s, err := w.till.Snapshot(context.Background(), clerk)
			if err != nil || s.Platform.Light != row.light || reasonCode(s.Platform.Reason) != string(row.code) || s.Platform.SeenAt == nil {
				t.Errorf("row %d: %+v %v", i, s.Platform, err)
			}
			n := 0
			for _, e := range w.hub.all() {
				if e.Platform != nil {
					n++
				}
			}
			if n != row.events {
				t.Errorf("row %d: %d events, want %d", i, n, row.events)
			}
		}
	})
}

// TestNew refuses what cannot work.
func TestNew(t *testing.T) {
	d := &terminal{name: "cassa1"}
	for name, o := range map[string]Options{
		"nothing":        {},
		"no terminal":    {Creditors: []Creditor{{TaxCode: comune}}},
		"the same twice": {Creditors: []Creditor{{TaxCode: comune}}, Terminals: []Terminal{{Name: "cassa1", Driver: d}, {Name: "cassa1", Driver: d}}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	till, err := New(Options{Creditors: []Creditor{{TaxCode: comune}}, Terminals: []Terminal{{Name: "cassa1", Driver: d}}})
	if err != nil || till.stations["cassa1"].term.Label != "cassa1" || till.stations["cassa1"].term.MaxNotices != 1 {
		t.Error(err)
	}
}
