package settle

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

var (
	sentAt = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	nexi   = Provider{ID: "CIPBITMM", Channels: []string{"13212880150_90"}, Intermediary: "13212880150", Channel: "13212880150_90", PaymentType: "CP"}
)

// rec makes a positive receipt over 100.00 euro of our provider; each change spoils it.
func rec(id string, change ...func(*govpay.Receipt)) govpay.Receipt {
	r := govpay.Receipt{
		ReceiptRef: govpay.ReceiptRef{ID: id, Esito: govpay.OutcomePaid}, Cents: 10000,
		Proof: &govpay.Proof{Result: govpay.ResultPaid, ReceiptID: id, Cents: 10000, PSP: nexi.ID, Channel: nexi.Channels[0], PaidAt: sentAt.Add(20 * time.Second)},
		RT:    []byte(`{"receiptId":"` + id + `"}`),
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func psp(id string) func(*govpay.Receipt) { return func(r *govpay.Receipt) { r.Proof.PSP = id } }
func channel(c string) func(*govpay.Receipt) {
	return func(r *govpay.Receipt) { r.Proof.Channel = c }
}
func cents(n int64) func(*govpay.Receipt) {
	return func(r *govpay.Receipt) { r.Cents, r.Proof.Cents = n, n }
}
func paidAt(d time.Duration) func(*govpay.Receipt) {
	return func(r *govpay.Receipt) { r.Proof.PaidAt = sentAt.Add(d) }
}
func paidOn(r *govpay.Receipt)     { r.Proof.PaidAt = sentAt.Truncate(24 * time.Hour) }
func paidNever(r *govpay.Receipt)  { r.Proof.PaidAt = time.Time{} }
func negative(r *govpay.Receipt)   { r.Esito, r.Proof.Result = "NON_ESEGUITO", govpay.ResultNotPaid }
func noProof(r *govpay.Receipt)    { r.Proof = nil }
func twoMinds(r *govpay.Receipt)   { r.Proof.Result = govpay.ResultNotPaid }
func twoAmounts(r *govpay.Receipt) { r.Proof.Cents = 1 }

func TestDecide(t *testing.T) {
	base := matter{notice: ledger.Notice{AmountCents: 10000, Registration: ledger.RegAwaiting}, sent: sentAt, provider: nexi, alone: true}
	claimed := base
	claimed.claimed = map[string]bool{"a": true}
	others := base
	others.alone = false
	noted := base
	noted.noted = map[string]bool{"a": true}
	due := base
	due.due = true
	notedDue := noted
	notedDue.due = true
	for _, x := range []struct {
		name     string
		m        matter
		receipts []govpay.Receipt
		to       ledger.Registration
		receipt  string
		reason   string
		cause    string // of the case; "": none
	}{
		{"nothing", base, nil, "", "", "", ""},
		{"ours", base, []govpay.Receipt{rec("a")}, ledger.RegDone, "a", "", ""},
		{"negative", base, []govpay.Receipt{rec("a", negative)}, "", "", "", ""},
		{"negative of others", base, []govpay.Receipt{rec("a", psp("X"), negative)}, "", "", "", ""},
		{"partial", base, []govpay.Receipt{rec("a", func(r *govpay.Receipt) { r.Esito = "ESEGUITO_PARZIALE" })}, "", "", "", ""},
		{"another provider", due, []govpay.Receipt{rec("a", psp("X"))}, ledger.RegElse, "a", "paid_elsewhere", "paid_elsewhere"},
		{"another provider, same channel name", due, []govpay.Receipt{rec("a", psp("cipbitmm"))}, ledger.RegElse, "a", "paid_elsewhere", "paid_elsewhere"},
		{"another channel", base, []govpay.Receipt{rec("a", channel("13212880150_07"))}, ledger.RegHeld, "a", "channel_unproven", "channel_unproven"},
		{"no channel", base, []govpay.Receipt{rec("a", channel(""))}, ledger.RegHeld, "a", "channel_unproven", "channel_unproven"},
		{"another amount", base, []govpay.Receipt{rec("a", cents(9999))}, ledger.RegHeld, "a", "receipt_amount", "receipt_amount"},
		{"another amount and channel", base, []govpay.Receipt{rec("a", cents(9999), channel("X"))}, ledger.RegHeld, "a", "receipt_amount", "receipt_amount"},
		{"provider not named", due, []govpay.Receipt{rec("a", psp(""))}, ledger.RegHeld, "a", "channel_unproven", "channel_unproven"},
		{"no pagoPA receipt inside", due, []govpay.Receipt{rec("a", noProof)}, ledger.RegHeld, "a", "channel_unproven", "channel_unproven"},
		{"paid outside, not paid inside", due, []govpay.Receipt{rec("a", twoMinds)}, ledger.RegHeld, "a", "channel_unproven", "channel_unproven"},
		{"two amounts in one receipt", due, []govpay.Receipt{rec("a", twoAmounts)}, ledger.RegHeld, "a", "channel_unproven", "channel_unproven"},
		{"negative, then ours", base, []govpay.Receipt{rec("a", negative), rec("b")}, ledger.RegDone, "b", "", ""},
		{"ours and another provider", base, []govpay.Receipt{rec("a", psp("X")), rec("b")}, ledger.RegDone, "b", "", "paid_elsewhere"},
		{"another channel and another provider", base, []govpay.Receipt{rec("a", psp("X")), rec("b", channel("X"))}, ledger.RegHeld, "b", "channel_unproven", "channel_unproven"},
		{"not readable and another provider", due, []govpay.Receipt{rec("a", psp("X")), rec("b", noProof)}, ledger.RegHeld, "b", "channel_unproven", "channel_unproven"},
		{"ours twice, one charge", base, []govpay.Receipt{rec("a", paidAt(time.Hour)), rec("b", paidAt(time.Minute))}, ledger.RegDone, "b", "", "receipt_twice"},
		{"ours twice, other attempts on watch", others, []govpay.Receipt{rec("a", paidAt(time.Hour)), rec("b")}, ledger.RegDone, "b", "", ""},
		{"ours, and ours of another amount", base, []govpay.Receipt{rec("a", cents(1)), rec("b")}, ledger.RegDone, "b", "", "receipt_twice"},
		{"another provider, ours not due yet", base, []govpay.Receipt{rec("a", psp("X"))}, "", "", "", ""},
		{"no pagoPA receipt inside, not due yet", base, []govpay.Receipt{rec("a", noProof)}, "", "", "", ""},
		{"provider not named, not due yet", base, []govpay.Receipt{rec("a", psp(""))}, "", "", "", ""},
		{"paid before the card was asked for", due, []govpay.Receipt{rec("a", paidAt(-5*time.Minute-time.Second))}, ledger.RegElse, "a", "paid_elsewhere", "paid_elsewhere"},
		{"paid before the card was asked for, not due yet", base, []govpay.Receipt{rec("a", paidAt(-24*time.Hour))}, "", "", "", ""},
		{"paid before the card was asked for, and paid", base, []govpay.Receipt{rec("a", paidAt(-24*time.Hour)), rec("b")}, ledger.RegDone, "b", "", "paid_elsewhere"},
		{"old, on another channel", due, []govpay.Receipt{rec("a", paidAt(-24*time.Hour), channel("X"))}, ledger.RegElse, "a", "paid_elsewhere", "paid_elsewhere"},
		{"clocks that differ a little", base, []govpay.Receipt{rec("a", paidAt(-5*time.Minute))}, ledger.RegDone, "a", "", ""},
		{"a date alone", base, []govpay.Receipt{rec("a", paidOn)}, ledger.RegDone, "a", "", ""},
		{"no time", base, []govpay.Receipt{rec("a", paidNever)}, ledger.RegDone, "a", "", ""},
		{"a case of an earlier attempt, not due yet", noted, []govpay.Receipt{rec("a")}, "", "", "", ""},
		{"a case of an earlier attempt", notedDue, []govpay.Receipt{rec("a")}, ledger.RegDone, "a", "", ""},
		{"a case of an earlier attempt, and its own", noted, []govpay.Receipt{rec("a"), rec("b", paidAt(time.Hour))}, ledger.RegDone, "b", "", ""},
		{"an old case of an earlier attempt, and its own", noted, []govpay.Receipt{rec("a", paidAt(-time.Hour)), rec("b")}, ledger.RegDone, "b", "", ""},
		{"claimed by another payment", claimed, []govpay.Receipt{rec("a")}, "", "", "", ""},
		{"one claimed, one ours", claimed, []govpay.Receipt{rec("a"), rec("b")}, ledger.RegDone, "b", "", ""},
	} {
		f := decide(x.m, x.receipts)
		id := ""
		if f.receipt != nil {
			id = f.receipt.ID
		}
		if f.to != x.to || id != x.receipt || f.reason.Code != x.reason || f.cause.Code != x.cause {
			t.Errorf("%s: %q by %q, reason %q, case %q; want %q by %q, %q, %q", x.name, f.to, id, f.reason.Code, f.cause.Code, x.to, x.receipt, x.reason, x.cause)
		}
		if f.cause.Code != "" && f.witness == nil {
			t.Errorf("%s: a case without its witness", x.name)
		}
		if (f.to == ledger.RegHeld || f.to == ledger.RegElse) && f.cause.Code == "" {
			t.Errorf("%s: %q and nobody's case", x.name, f.to)
		}
	}
}

// TestRegisteredOnlyByOurs tries every combination of two receipts from a set of
// odd ones: none is ever registered without one that fits in every respect.
func TestRegisteredOnlyByOurs(t *testing.T) {
	odd := []func(*govpay.Receipt){psp("X"), psp(""), channel("X"), cents(9999), negative, noProof, twoMinds, twoAmounts}
	m := matter{notice: ledger.Notice{AmountCents: 10000}, sent: sentAt, provider: nexi}
	for i, a := range odd {
		for j, b := range odd {
			if f := decide(m, []govpay.Receipt{rec("a", a), rec("b", b)}); f.to == ledger.RegDone {
				t.Errorf("%d and %d: registered by %q", i, j, f.receipt.ID)
			}
		}
		if f := decide(m, []govpay.Receipt{rec("a", a), rec("b")}); f.to != ledger.RegDone || f.receipt.ID != "b" {
			t.Errorf("%d beside a good one: %q", i, f.to)
		}
	}
}

func TestUnexplained(t *testing.T) {
	base := matter{notice: ledger.Notice{AmountCents: 10000}, sent: sentAt, provider: nexi}
	waiting := base
	waiting.awaiting = 1
	claimed := base
	claimed.claimed = map[string]bool{"a": true}
	noted := base
	noted.noted = map[string]bool{"a": true}
	known := base
	known.notice.ReceiptID = "a"
	for _, x := range []struct {
		name     string
		m        matter
		receipts []govpay.Receipt
		want     string
	}{
		{"none", base, nil, ""},
		{"ours", base, []govpay.Receipt{rec("a")}, "a"},
		{"ours on another channel", base, []govpay.Receipt{rec("a", channel("X"))}, "a"},
		{"ours over another amount", base, []govpay.Receipt{rec("a", cents(1))}, "a"},
		{"another provider", base, []govpay.Receipt{rec("a", psp("X"))}, ""},
		{"negative", base, []govpay.Receipt{rec("a", negative)}, ""},
		{"explained by a charge that waits", waiting, []govpay.Receipt{rec("a")}, ""},
		{"one more than the charges explain", waiting, []govpay.Receipt{rec("a", paidAt(time.Hour)), rec("b")}, "b"},
		{"claimed by a charge", claimed, []govpay.Receipt{rec("a")}, ""},
		{"the case of an earlier attempt, from before this one", noted, []govpay.Receipt{rec("a", paidAt(-time.Hour))}, ""},
		{"the case of an earlier attempt, that may be this one's", noted, []govpay.Receipt{rec("a")}, "a"},
		{"from before this one, and nobody's case", base, []govpay.Receipt{rec("a", paidAt(-time.Hour))}, "a"},
		{"its own, already a case", known, []govpay.Receipt{rec("a")}, ""},
		{"its own, and another", known, []govpay.Receipt{rec("a"), rec("b")}, "b"},
	} {
		got := ""
		if r := unexplained(x.m, x.receipts); r != nil {
			got = r.ID
		}
		if got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}

func TestDescribeIsNotPersonal(t *testing.T) {
	r := rec("a")
	r.RT = []byte(`{"debtor":"MARIO ROSSI"}`)
	r.Proof.Notice = "301470000012839157"
	text := describe(&r)
	for _, part := range []string{"MARIO", "301470000012839157"} {
		if strings.Contains(text, part) {
			t.Errorf("%q repeats %q", text, part)
		}
	}
	if !slices.ContainsFunc([]string{"CIPBITMM"}, func(s string) bool { return strings.Contains(text, s) }) {
		t.Errorf("%q does not name the provider", text)
	}
}
