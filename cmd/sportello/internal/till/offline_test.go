package till

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// limits of the tests: one payment up to 50 euro, three of them, 30 euro in all, 8 hours.
var limits = ledger.OfflineLimits{MaxAmountCents: 5000, MaxTotalCents: 3000, MaxPayments: 3, MaxHours: 8 * time.Hour, VerifiedWithin: 24 * time.Hour}

func offlineAllowed(w *world) { w.offline = Offline{Allow: true, Limits: limits} }

// anyDebt lets what was never verified be charged, too.
func anyDebt(w *world) {
	w.offline = Offline{Allow: true, Limits: limits}
	w.offline.Limits.VerifiedWithin = 0
}

var unreachable = &govpay.Fault{Operation: "byAvviso", Outcome: govpay.OutcomeUnavailable}

// gone takes the platform away; back brings it back.
func (w *world) gone(err error) {
	w.platform.answer(func(context.Context, string, string) (govpay.Position, error) { return govpay.Position{}, err })
}

func (w *world) back() { w.platform.answer(nil) }

func (w *world) period(action string) local.Offline {
	w.t.Helper()
	o, err := w.till.Offline(context.Background(), chief, local.OfflineRequest{RequestID: "p", Action: action, Reason: "guasto in regione"})
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

func (w *world) lookup(code string) (local.Notice, error) {
	return w.till.Lookup(context.Background(), local.LookupRequest{Code: code})
}

// TestOfflinePeriod: a supervisor opens and closes it by name, with the reason; the screens follow, also when it
// ends by itself.
func TestOfflinePeriod(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ask := func(op local.Operator, action, reason string) error {
			_, err := w.till.Offline(context.Background(), op, local.OfflineRequest{RequestID: "r", Action: action, Reason: reason})
			return err
		}
		wantCode(t, ask(clerk, local.OfflineOpen, "guasto"), local.CodeForbiddenRole)
		wantCode(t, ask(local.Operator{Role: local.RoleSupervisor}, local.OfflineOpen, "guasto"), local.CodeOperatorNeeded)
		wantCode(t, ask(chief, local.OfflineOpen, " "), local.CodeBadRequest)
		wantCode(t, ask(chief, local.OfflineOpen, "carta 4111111111111111"), local.CodeCardNumber)
		wantCode(t, ask(chief, "toggle", "guasto"), local.CodeBadRequest)
		wantCode(t, ask(chief, local.OfflineClose, ""), local.CodeOfflineNothingOpen)
		shown := func() *local.Offline {
			synctest.Wait()
			s, err := w.till.Snapshot(context.Background(), clerk)
			if err != nil || !s.OfflineAllowed {
				t.Errorf("%+v %v", s, err)
			}
			return s.Offline
		}
		if shown() != nil {
			t.Error("open already")
		}
		o := w.period(local.OfflineOpen)
		if o.OpenedBy != chief.ID || o.Reason != "guasto in regione" || o.MaxPayments != 3 || o.MaxTotalCents != 3000 || o.VerifiedWithin != 86400 ||
			!o.Until.Equal(o.OpenedAt.Add(8*time.Hour)) || o.ClosedAt != nil {
			t.Errorf("%+v", o)
		}
		if s := shown(); s == nil || s.ID != o.ID {
			t.Errorf("%+v", s)
		}
		if e := refusal(t, ask(chief, local.OfflineOpen, "altro"), local.CodeOfflineAlreadyOpen); e.Args[local.ArgLimit] != o.Until.In(rome).Format("15:04") {
			t.Errorf("%+v", e)
		}
		time.Sleep(2 * time.Second)
		if o = w.period(local.OfflineClose); o.ClosedBy != chief.ID || o.ClosedAt == nil {
			t.Errorf("%+v", o)
		}
		if shown() != nil {
			t.Error("closed and shown")
		}
		time.Sleep(2 * time.Second)
		w.period(local.OfflineOpen)
		time.Sleep(8*time.Hour + 2*time.Second)
		if shown() != nil {
			t.Error("run out and shown")
		}
		var told []string
		for _, e := range w.hub.all() {
			if o := e.Offline; o != nil {
				told = append(told, map[bool]string{true: "open", false: "closed by " + o.ClosedBy}[o.ClosedAt == nil])
			}
		}
		if want := []string{"open", "closed by capo", "open", "closed by "}; !slices.Equal(told, want) {
			t.Errorf("the screens were told %q, want %q", told, want)
		}
	}, offlineAllowed)
}

// TestOfflineNotAllowed: without the body's choice nothing changes.
func TestOfflineNotAllowed(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		_, err := w.till.Offline(context.Background(), chief, local.OfflineRequest{Action: local.OfflineOpen, Reason: "guasto"})
		wantCode(t, err, local.CodeOfflineNotAllowed)
		if _, err := w.lookup(notice(1)); err != nil {
			t.Fatal(err)
		}
		w.gone(unreachable)
		_, err = w.lookup(notice(1))
		wantCode(t, err, local.CodePlatformUnavailable)
		_, err = w.pay(request("r1", "cassa1", notice(1)))
		wantCode(t, err, local.CodePlatformUnavailable)
		if _, known, _ := w.ledger.Verified(comune, notice(1)); known {
			t.Error("remembered for nothing")
		}
		w.wantNoTrace(notice(1))
	})
}

// TestPeriodLeftOpen: while the platform answers in an open period every debt says so: somebody has to close it.
func TestPeriodLeftOpen(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		for _, action := range []string{local.OfflineOpen, local.OfflineClose} {
			w.period(action)
			n, err := w.lookup(notice(1))
			told := slices.Contains(warned(n), string(local.CodeOfflinePlatformAnswers))
			if err != nil || !n.Payable || n.Offline || told != (action == local.OfflineOpen) {
				t.Errorf("%s: %+v %v", action, n, err)
			}
		}
	}, offlineAllowed)
}

// TestChargedOffline: a debt that was verified here is charged while the platform is away, is told everywhere for
// what it is, and reads like any other once it is registered.
func TestChargedOffline(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		before := time.Now().Truncate(time.Second)
		if n, err := w.lookup(notice(1)); err != nil || !n.Verified || len(n.Warnings) != 0 {
			t.Fatalf("%+v %v", n, err)
		}
		time.Sleep(time.Hour)
		w.gone(unreachable)
		_, err := w.lookup(notice(1))
		wantCode(t, err, local.CodeOfflineNotOpen)
		_, err = w.pay(request("r1", "cassa1", notice(1)))
		wantCode(t, err, local.CodeOfflineNotOpen)
		o := w.period(local.OfflineOpen)
		n, err := w.lookup(notice(1))
		if err != nil || !n.Payable || !n.Offline || n.Verified || n.Source != sourceLedger || n.AmountCents != price || n.VerifiedAt == nil || !n.VerifiedAt.Equal(before) ||
			n.Description != "" || n.Debtor != "" || !slices.Contains(warned(n), string(local.CodeOfflineUnverified)) || slices.Contains(warned(n), string(local.CodeOfflineCharged)) {
			t.Fatalf("%+v %v", n, err)
		}
		p, err := w.pay(request("r2", "cassa1", notice(1)))
		if err != nil || !p.Offline {
			t.Fatalf("%+v %v", p, err)
		}
		got := w.wantState(p.ID, ledger.Charged)
		if got.Offline != o.ID || got.AmountCents != price || got.Notices[0].Position != "A2A-TEST/P-"+notice(1) {
			t.Errorf("%+v", got)
		}
		v, err := w.till.Payment(context.Background(), p.ID)
		if err != nil || v.Reason == nil || v.Notices[0].Reason == nil || v.Notices[0].Reason.Code != string(local.CodeOfflineCharged) {
			t.Errorf("%+v %v", v, err)
		}
		slip, err := w.till.Receipt(context.Background(), p.ID)
		if err != nil || !strings.HasPrefix(slip.Text, "SCONTRINO\n\n") || !strings.Contains(strings.Join(strings.Fields(slip.Text), " "), "registrazione in attesa") {
			t.Errorf("%q %v", slip.Text, err)
		}
		for _, line := range strings.Split(slip.Text, "\n") {
			if len([]rune(line)) > slipWidth {
				t.Errorf("%q is wider than a slip", line)
			}
		}
		time.Sleep(2 * time.Second)
		if s, err := w.till.Snapshot(context.Background(), clerk); err != nil || s.Offline == nil || s.Offline.Payments != 1 || s.Offline.Cents != price {
			t.Errorf("%+v %v", s.Offline, err)
		}
		counted := false
		for _, e := range w.hub.all() {
			counted = counted || e.Offline != nil && e.Offline.Payments == 1
		}
		if !counted {
			t.Error("the screens were not told that the period has a payment")
		}
		w.receipt(v)
		if v, err = w.till.Payment(context.Background(), p.ID); err != nil || !v.Offline || v.Notices[0].Reason != nil {
			t.Errorf("registered: %+v %v", v.Notices[0], err)
		}
		if slip, err = w.till.Receipt(context.Background(), p.ID); err != nil || slip.Text != "SCONTRINO" {
			t.Errorf("registered: %q %v", slip.Text, err)
		}
	}, offlineAllowed)
}

// TestOnlyWhenNobodyAnswers: any answer of the platform's own is its word, period or not.
func TestOnlyWhenNobodyAnswers(t *testing.T) {
	rows := map[string]struct {
		fault *govpay.Fault
		code  local.Code
	}{
		"not on record": {&govpay.Fault{Outcome: govpay.OutcomeNotFound, Codice: "404000"}, local.CodeNoticeUnknown},
		"password":      {&govpay.Fault{Outcome: govpay.OutcomeUnauthorized}, local.CodePlatformPassword},
		"not granted":   {&govpay.Fault{Outcome: govpay.OutcomeForbidden}, local.CodePlatformForbidden},
		"refused":       {&govpay.Fault{Outcome: govpay.OutcomePermanent, Codice: "VER_012"}, local.CodeTroublePaid},
		"certificate":   {&govpay.Fault{Outcome: govpay.OutcomeUntrusted}, local.CodePlatformCertificate},
		"address":       {&govpay.Fault{Outcome: govpay.OutcomeWrongBaseURL}, local.CodePlatformAddress},
		"odd answer":    {&govpay.Fault{Outcome: govpay.OutcomeMismatch}, local.CodePlatformNotJSON},
		"owner away":    {&govpay.Fault{Outcome: govpay.OutcomeUnavailable, Categoria: "EC", Codice: "502000"}, local.CodeTroubleCreditor},
		"unreachable":   {unreachable, ""},
		"proxy's page":  {&govpay.Fault{Outcome: govpay.OutcomeNotJSON}, ""},
		"down":          {&govpay.Fault{Outcome: govpay.OutcomeUnavailable, Categoria: "INTERNO", Codice: "INTERNAL"}, ""},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				if _, err := w.lookup(notice(1)); err != nil {
					t.Fatal(err)
				}
				w.period(local.OfflineOpen)
				w.gone(row.fault)
				n, err := w.lookup(notice(1))
				wantCode(t, err, row.code)
				if err == nil && !n.Offline {
					t.Errorf("%+v", n)
				}
				_, err = w.pay(request("r1", "cassa1", notice(1)))
				wantCode(t, err, row.code)
			}, offlineAllowed)
		})
	}
}

// TestWhatOfflineRefuses: what cannot be known, and what was not verified, or not lately enough.
func TestWhatOfflineRefuses(t *testing.T) {
	rows := map[string]struct {
		seen func(*govpay.Position) // nil: never looked up
		age  time.Duration
		code local.Code
	}{
		"never verified":  {nil, 0, local.CodeOfflineNeedsVerified},
		"too long ago":    {func(*govpay.Position) {}, 25 * time.Hour, local.CodeOfflineNeedsVerified},
		"recently":        {func(*govpay.Position) {}, 23 * time.Hour, ""},
		"paid then":       {func(p *govpay.Position) { p.State = govpay.StatePaid }, 0, local.CodeOfflineNeedsVerified},
		"another body":    {func(p *govpay.Position) { p.Lines = []govpay.Line{{OtherCreditor: other}} }, 0, local.CodeOfflineUnknowable},
		"instalment":      {func(p *govpay.Position) { p.Document = &govpay.Document{ID: "D", Instalment: 1} }, 0, local.CodeOfflineUnknowable},
		"stamp":           {func(p *govpay.Position) { p.Lines = []govpay.Line{{StampDuty: true}} }, 0, local.CodeOfflineNeedsVerified},
		"expired since":   {func(p *govpay.Position) { p.DueBy = time.Now() }, 3 * 24 * time.Hour, local.CodeOfflineNeedsVerified},
		"last day passed": {func(p *govpay.Position) { p.DueBy = time.Now() }, 23*time.Hour + 30*time.Minute, local.CodeOfflineUnknowable},
		"its last day":    {func(p *govpay.Position) { p.DueBy = time.Date(2000, 1, 2, 0, 0, 0, 0, rome) }, 23*time.Hour + 30*time.Minute, ""},
		"another amount":  {func(p *govpay.Position) { p.Cents = 1300 }, 0, local.CodeAmountChanged},
		"above the limit": {func(p *govpay.Position) { p.Cents = 5001 }, 0, local.CodeOfflineLimitAmount},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				if row.seen != nil {
					w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
						p := debt(creditor, number)
						row.seen(&p)
						return p, nil
					})
					if _, err := w.lookup(notice(1)); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(row.age)
				w.period(local.OfflineOpen)
				w.gone(unreachable)
				req := request("r1", "cassa1", notice(1))
				if row.code == local.CodeOfflineLimitAmount {
					req.Notices[0].ExpectedCents = 5001
				}
				p, err := w.pay(req)
				wantCode(t, err, row.code)
				if err == nil {
					w.wantState(p.ID, ledger.Charged)
				} else if synctest.Wait(); w.steps.count("frame") != 0 {
					t.Error("a frame was sent")
				}
			}, offlineAllowed)
		})
	}
}

// TestOfflineLimits: each is enforced with its own reason, and what was not charged is given back.
func TestOfflineLimits(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		for i := range 6 {
			if _, err := w.lookup(notice(i)); err != nil {
				t.Fatal(err)
			}
		}
		w.period(local.OfflineOpen)
		w.gone(unreachable)
		charge := func(i int) error {
			p, err := w.pay(request("r"+notice(i), "cassa1", notice(i)))
			if err == nil {
				w.wantState(p.ID, ledger.Charged)
			}
			return err
		}
		w.terminals[0].script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome { return d.decline(p) }
		})
		p, err := w.pay(request("declined", "cassa1", notice(0)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		w.terminals[0].script(func(d *terminal) { d.word = nil })
		for i := range 2 {
			if err := charge(i); err != nil {
				t.Fatalf("%d: %v", i, err)
			}
		}
		err = charge(2)
		if e := refusal(t, err, local.CodeOfflineLimitTotal); e.Args[local.ArgLimit] != local.Money(3000, local.Italian) {
			t.Errorf("%+v", e.Args)
		}
		w.back()
		if err := charge(3); err != nil { // the platform answers: the normal way, and no part of the period
			t.Fatal(err)
		}
		w.gone(unreachable)
		time.Sleep(8*time.Hour + time.Second)
		wantCode(t, charge(4), local.CodeOfflineNotOpen)
	}, offlineAllowed, withReceipts)
}

// TestUnverifiedOffline: where the body lets the provider verify, the amount is that of the code that was read;
// where the platform would have to register it, nobody has verified, and it is refused.
func TestUnverifiedOffline(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.period(local.OfflineOpen)
		w.gone(unreachable)
		n, err := w.lookup(qr(notice(1), comune, "1250"))
		if err != nil || !n.Payable || !n.Offline || n.AmountCents != price || n.VerifiedAt != nil || n.Source != "" {
			t.Errorf("%+v %v", n, err)
		}
		_, err = w.lookup(notice(1))
		wantCode(t, err, local.CodeOfflineNoAmount)
		_, err = w.pay(local.PaymentRequest{RequestID: "r1", Terminal: "cassa1", Notices: []local.RequestNotice{{Creditor: comune, Number: notice(1)}}})
		wantCode(t, err, local.CodeOfflineNoAmount)
		p, err := w.pay(request("r2", "cassa1", notice(1), notice(2))) // two that nobody has verified are not one debt
		if err != nil {
			t.Fatal(err)
		}
		if got := w.wantState(p.ID, ledger.Charged); got.AmountCents != 2*price || got.Notices[0].Position != "" {
			t.Errorf("%+v", got)
		}
	}, anyDebt)
	bubble(t, func(t *testing.T, w *world) {
		w.period(local.OfflineOpen)
		w.gone(unreachable)
		_, err := w.pay(request("r1", "cassa1", notice(1)))
		wantCode(t, err, local.CodeOfflineNeedsVerified)
	}, anyDebt, byPlatform)
}

// TestOfflineHalfway: a platform that goes away in the middle of a cart is not waited for again, and what it has
// still said counts.
func TestOfflineHalfway(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		for i := range 3 {
			if _, err := w.lookup(notice(i)); err != nil {
				t.Fatal(err)
			}
		}
		w.period(local.OfflineOpen)
		asked := 0
		w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
			if asked++; asked > 1 {
				return govpay.Position{}, unreachable
			}
			return debt(creditor, number), nil
		})
		req := request("r1", "cassa1", notice(0), notice(1))
		p, err := w.pay(req)
		if err != nil || !p.Offline {
			t.Fatalf("%+v %v", p, err)
		}
		w.wantState(p.ID, ledger.Charged)
		w.receipt(p)
		asked = 1
		_, err = w.pay(request("r2", "cassa1", notice(1), notice(2)))
		wantCode(t, err, local.CodeNoticeLocked)
		if asked != 1 {
			t.Error("asked about a debt that we hold")
		}
	}, offlineAllowed, withReceipts)
}
