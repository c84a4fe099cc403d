package ledger

import (
	"errors"
	"testing"

	"sportello/driver"
)

func TestPaymentFromIntentToRegistered(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	if p.State != Sent || p.ID != "A1-00000001" || p.SentAt.IsZero() {
		t.Fatalf("after Intend: %+v", p)
	}
	var locked *LockedError
	if _, err := l.Intend(func() Intent { i := intent(1); i.RequestID = "again"; return i }()); !errors.As(err, &locked) ||
		locked.PaymentID != p.ID || !errors.Is(err, ErrNoticeLocked) {
		t.Fatalf("second intent on the notice: %v", err)
	}
	if _, err := l.Intend(intent(2)); !errors.Is(err, ErrTerminalLocked) {
		t.Fatalf("second intent on the terminal: %v", err)
	}
	p = must(l.Conclude(p.ID, charged("000042")))(t)
	if p.State != Charged || p.ReceiptNumber != "2026/1" || p.AccountingDay != "2026-03-10" ||
		p.Notices[0].Registration != RegAwaiting {
		t.Fatalf("after Conclude: %+v", p)
	}
	p = must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: "slip", TicketComplete: true}))(t)
	if !p.Acked || !p.HasTicket || !p.TicketWhole {
		t.Fatalf("after Aftermath: %+v", p)
	}
	l = reopen(t, l)
	items := must(l.Outbox())(t)
	if len(items) != 1 || items[0].PaymentID != p.ID || items[0].Watch {
		t.Fatalf("outbox: %+v", items)
	}
	p = must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "token", RawReceipt: []byte("{}")}))(t)
	if p.Notices[0].Registration != RegDone || p.Notices[0].ReceiptID != "token" {
		t.Fatalf("after Register: %+v", p)
	}
	if items := must(l.Outbox())(t); len(items) != 0 {
		t.Fatalf("outbox after registration: %+v", items)
	}
	if s := must(l.Ticket(p.ID))(t); s != "slip" {
		t.Fatalf("ticket %q", s)
	}
	r := must(l.Check())(t)
	if len(r.Problems) > 0 || r.Entries != 4 || r.Payments != 1 {
		t.Fatalf("check: %+v", r)
	}
}
