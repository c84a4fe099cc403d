package till

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// sentinels are the errors a driver may refuse with, by their names in driver/errors.go.
var sentinels = map[string]struct {
	err   error
	code  local.Code
	light local.Light
}{
	"ErrUnreachable":   {driver.ErrUnreachable, local.CodeTerminalUnreachable, local.LightNotReady},
	"ErrSilent":        {driver.ErrSilent, local.CodeTerminalSilent, local.LightNotReady},
	"ErrNotATerminal":  {driver.ErrNotATerminal, local.CodeNotATerminal, local.LightNotReady},
	"ErrWrongTerminal": {driver.ErrWrongTerminal, local.CodeWrongTerminal, local.LightNotReady},
	"ErrWrongScope":    {driver.ErrWrongScope, local.CodeWrongScope, local.LightNotReady},
	"ErrNotReady":      {driver.ErrNotReady, local.CodeTerminalNotReady, local.LightNotReady},
	"ErrRefused":       {driver.ErrRefused, local.CodeTerminalRefused, local.LightNotReady},
	"ErrNoBaseline":    {driver.ErrNoBaseline, local.CodeNoBaseline, local.LightNotReady},
	"ErrConfig":        {driver.ErrConfig, local.CodeTerminalConfig, local.LightNotReady},
	"ErrNotices":       {driver.ErrNotices, local.CodeTerminalConfig, local.LightNotReady},
	"ErrUnsupported":   {driver.ErrUnsupported, local.CodeTerminalUnsupported, local.LightReady},
	"ErrAmount":        {driver.ErrAmount, local.CodeAmountRange, local.LightReady},
	"ErrBusy":          {driver.ErrBusy, local.CodeTerminalBusy, local.LightReady},
	"ErrPassport":      {driver.ErrPassport, local.CodePassportChanged, local.LightNotReady},
	"ErrNotLast":       {driver.ErrNotLast, local.CodeNotReversible, local.LightReady},
	"ErrClosed":        {driver.ErrClosed, local.CodeStopping, local.LightReady},
}

// TestPassportBeforeItsCause: a terminal with another id or scope than it was commissioned with says that, and
// what to do about it, though the cause beneath has a code of its own.
func TestPassportBeforeItsCause(t *testing.T) {
	for _, cause := range []error{driver.ErrWrongTerminal, driver.ErrWrongScope} {
		err := &driver.Refusal{Kind: driver.ErrPassport, Err: &driver.Refusal{Kind: cause}}
		if got := terminalError("Cassa 1", err); got.Code != local.CodePassportChanged {
			t.Errorf("%v: %q", cause, got.Code)
		}
	}
}

// TestSentinels: no error of the driver's is forgotten here, and each has its code.
func TestSentinels(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../../../../driver/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, name := range v.Names {
			found++
			if name.Name == "ErrInterrupted" { // after sent: no refusal
				continue
			}
			s, ok := sentinels[name.Name]
			if !ok {
				t.Errorf("driver.%s has no code", name.Name)
				continue
			}
			if got := terminalError("x", fmt.Errorf("terminal: %w", &driver.Refusal{Kind: s.err, Detail: "y"})); got.Code != s.code {
				t.Errorf("driver.%s is %q, want %q", name.Name, got.Code, s.code)
			}
			if local.Lookup(s.code, local.Italian) == local.Lookup(local.CodeInternal, local.Italian) {
				t.Errorf("%q has no text", s.code)
			}
		}
		return true
	})
	if found != len(sentinels)+1 {
		t.Errorf("%d errors in driver/errors.go, %d here", found, len(sentinels)+1)
	}
}

// TestRefusedByTerminal: before sent nothing is owed to anybody, and the refusal is on record.
func TestRefusedByTerminal(t *testing.T) {
	for name, s := range sentinels {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				d := w.terminals[0]
				d.script(func(d *terminal) {
					d.before = func(context.Context) error { return &driver.Refusal{Kind: s.err, Detail: "as seen"} }
				})
				_, err := w.pay(request("r1", "cassa1", notice(1)))
				e := refusal(t, err, s.code)
				p := w.payment(e.PaymentID)
				if p.State != ledger.NotCharged || !p.SentAt.IsZero() || p.Reason.Code != string(s.code) || !strings.Contains(p.Reason.Text, "as seen") {
					t.Errorf("%+v", p)
				}
				if o, err := w.ledger.Outbox(); err != nil || len(o) != 0 {
					t.Errorf("outbox %v %v", o, err)
				}
				if n, err := w.ledger.Notice(comune, notice(1)); err != nil || n.Holder != "" || len(n.Payments) != 0 {
					t.Errorf("%+v %v", n, err)
				}
				if ts, err := w.ledger.Terminal("cassa1"); err != nil || ts.Lock != "" {
					t.Errorf("%+v %v", ts, err)
				}
				if w.steps.count("frame") != 0 {
					t.Error("a frame was sent")
				}
				v := w.terminal("cassa1")
				if v.Light != s.light || (v.Reason != nil) != (s.light == local.LightNotReady) || v.Reason != nil && v.Reason.Code != string(s.code) {
					t.Errorf("light %s, %+v", v.Light, v.Reason)
				}
				if got := w.hub.payments(p.ID); len(got) != 1 || got[0].State != local.StateNotCharged || strings.Contains(got[0].Reason.Text, "as seen") {
					t.Errorf("shown: %+v", got)
				}
				w.wantIdle()
				d.script(func(d *terminal) { d.before = nil })
				q, err := w.pay(request("r2", "cassa1", notice(1)))
				if err != nil {
					t.Fatal(err)
				}
				w.wantState(q.ID, ledger.Charged)
				if v := w.hub.shown("cassa1"); v.Light != local.LightReady || v.Reason != nil {
					t.Errorf("after a payment the screens show %s %+v", v.Light, v.Reason)
				}
			})
		})
	}
}

// TestRefusedInput: no call to anybody and no trace.
func TestRefusedInput(t *testing.T) {
	good := request("r1", "cassa1", notice(1))
	with := func(f func(*local.PaymentRequest)) local.PaymentRequest {
		r := good
		r.Notices = append([]local.RequestNotice(nil), good.Notices...)
		f(&r)
		return r
	}
	rows := map[string]struct {
		r    local.PaymentRequest
		code local.Code
	}{
		"no id":          {with(func(r *local.PaymentRequest) { r.RequestID = "" }), local.CodeRequestIDMissing},
		"long id":        {with(func(r *local.PaymentRequest) { r.RequestID = strings.Repeat("x", 65) }), local.CodeRequestIDMissing},
		"long retry":     {with(func(r *local.PaymentRequest) { r.RetryOf = strings.Repeat("x", 65) }), local.CodeBadRequest},
		"no terminal":    {with(func(r *local.PaymentRequest) { r.Terminal = "" }), local.CodeTerminalUnknown},
		"other terminal": {with(func(r *local.PaymentRequest) { r.Terminal = "cassa9" }), local.CodeTerminalUnknown},
		"no notices":     {with(func(r *local.PaymentRequest) { r.Notices = nil }), local.CodeBadRequest},
		"four notices":   {request("r1", "cassa1", notice(1), notice(2), notice(3), notice(4)), local.CodeTooManyNotices},
		"twice":          {request("r1", "cassa1", notice(1), notice(1)), local.CodeDuplicateNotice},
		"iuv":            {with(func(r *local.PaymentRequest) { r.Notices[0].Number = notice(1)[1:] }), local.CodeIUVTyped},
		"short":          {with(func(r *local.PaymentRequest) { r.Notices[0].Number = "123" }), local.CodeNoticeLength},
		"zeros":          {with(func(r *local.PaymentRequest) { r.Notices[0].Number = strings.Repeat("0", 18) }), local.CodeNoticePlaceholder},
		"letters":        {with(func(r *local.PaymentRequest) { r.Notices[0].Number = "30100000000000O1" + notice(1)[16:] }), local.CodeCodeUnreadable},
		"blanks":         {with(func(r *local.PaymentRequest) { r.Notices[0].Number += " " }), local.CodeNoticeLength},
		"creditor":       {with(func(r *local.PaymentRequest) { r.Notices[0].Creditor = "80000000001" }), local.CodeOtherCreditor},
		"negative":       {with(func(r *local.PaymentRequest) { r.Notices[0].ExpectedCents = -1 }), local.CodeBadRequest},
	}
	bubble(t, func(t *testing.T, w *world) {
		for name, row := range rows {
			_, err := w.pay(row.r)
			if got := codeOf(t, err); got != row.code {
				t.Errorf("%s: %q, want %q", name, got, row.code)
			}
		}
		if w.platform.asked != 0 || w.steps.count("pay") != 0 {
			t.Errorf("%d questions, %d driver calls", w.platform.asked, w.steps.count("pay"))
		}
		w.wantNoTrace(notice(1))
	})
}

// TestRefusedByPlatform: the platform's no leaves no trace either, and the terminal was never called.
func TestRefusedByPlatform(t *testing.T) {
	state := func(s govpay.State) func(p *govpay.Position) error {
		return func(p *govpay.Position) error { p.State = s; return nil }
	}
	fault := func(o govpay.Outcome) func(*govpay.Position) error {
		return func(*govpay.Position) error { return &govpay.Fault{Operation: "byAvviso", Outcome: o} }
	}
	rows := []struct {
		answer func(*govpay.Position) error
		code   local.Code
	}{
		{state(govpay.StatePaid), local.CodeNoticePaid},
		{state(govpay.StateExpired), local.CodeNoticeExpired},
		{state(govpay.StateCancelled), local.CodeNoticeCancelled},
		{state(govpay.StateAnomalous), local.CodeNoticeAnomalous},
		{state("NEW"), local.CodeNoticeStateUnknown},
		{func(p *govpay.Position) error { p.Cents = 0; return nil }, local.CodeNoticeAmountZero},
		{func(p *govpay.Position) error { p.Lines = []govpay.Line{{StampDuty: true}}; return nil }, local.CodeNoticeStampDuty},
		{func(p *govpay.Position) error {
			p.Attempts = []govpay.Attempt{{State: govpay.AttemptActivated, Started: time.Now()}}
			return nil
		}, local.CodeNoticeInProgress},
		{func(p *govpay.Position) error { p.Cents++; return nil }, local.CodeAmountChanged},
		{fault(govpay.OutcomeNotFound), local.CodeNoticeUnknown},
		{fault(govpay.OutcomeUnauthorized), local.CodePlatformPassword},
		{fault(govpay.OutcomeForbidden), local.CodePlatformForbidden},
		{fault(govpay.OutcomeWrongBaseURL), local.CodePlatformAddress},
		{fault(govpay.OutcomeUntrusted), local.CodePlatformCertificate},
		{fault(govpay.OutcomeNotJSON), local.CodePlatformNotJSON},
		{fault(govpay.OutcomeUnavailable), local.CodePlatformUnavailable},
		{func(*govpay.Position) error { return errors.New("dial: refused") }, local.CodePlatformUnavailable},
	}
	bubble(t, func(t *testing.T, w *world) {
		w.hub.inside = func(e local.Event) {
			if e.Terminal == nil || e.Terminal.Light != local.LightReady {
				return
			}
			w.till.mu.Lock()
			defer w.till.mu.Unlock()
			if len(w.till.open) != 1 {
				t.Error("answered before the terminal was free: an answer at once would find it busy")
			}
		}
		for _, row := range rows {
			w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
				p := debt(creditor, number)
				if number == notice(2) { // the second of a cart
					return p, row.answer(&p)
				}
				return p, nil
			})
			// The same id every time: nothing of it is kept.
			_, err := w.pay(request("r1", "cassa1", notice(1), notice(2)))
			e := refusal(t, err, row.code)
			if e.Code == local.CodeAmountChanged && e.AmountCents != price+1 {
				t.Errorf("new amount %d", e.AmountCents)
			}
			// Whoever has the answer finds the terminal free.
			if v := w.terminal("cassa1"); v.Light != local.LightReady {
				t.Errorf("%s: light %s", row.code, v.Light)
			}
		}
		synctest.Wait()
		w.hub.inside = nil
		if w.steps.count("pay") != 0 {
			t.Error("the terminal was called")
		}
		w.wantNoTrace(notice(1), notice(2))
		w.platform.answer(nil)
		if _, err := w.pay(request("r1", "cassa1", notice(1), notice(2))); err != nil {
			t.Error(err)
		}
	})
}

// TestWhateverTheAmount: expected_cents 0 is no expectation.
func TestWhateverTheAmount(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
			p := debt(creditor, number)
			p.Cents = 999
			return p, nil
		})
		r := request("r1", "cassa1", notice(1))
		r.Notices[0].ExpectedCents = 0
		p, err := w.pay(r)
		if err != nil || p.AmountCents != 999 {
			t.Errorf("%d %v", p.AmountCents, err)
		}
	})
}

// TestBrokenDriver: a driver that breaks its promises leaves no caller waiting and no attempt forgotten.
func TestBrokenDriver(t *testing.T) {
	baseline := driver.Baseline{TerminalID: "12345678"}
	rows := map[string]struct {
		pay   func(driver.Payment, driver.Recorder) error
		code  local.Code
		state ledger.State
	}{
		"ends before the beginning": {func(driver.Payment, driver.Recorder) error { return nil }, local.CodeInternal, ledger.NotCharged},
		"an error of its own":       {func(driver.Payment, driver.Recorder) error { return errors.New("?") }, local.CodeInternal, ledger.NotCharged},
		"no outcome":                {func(_ driver.Payment, r driver.Recorder) error { return r.Sent(baseline) }, "", ledger.Unknown},
		"an error after sent": {func(_ driver.Payment, r driver.Recorder) error {
			if err := r.Sent(baseline); err != nil {
				return err
			}
			return driver.ErrInterrupted
		}, "", ledger.Unknown},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.terminals[0].script(func(d *terminal) {
					d.pay = func(_ context.Context, p driver.Payment, r driver.Recorder) (driver.Aftermath, error) {
						return driver.Aftermath{}, row.pay(p, r)
					}
					d.resolve = finds(people)
				})
				p, err := w.pay(request("r1", "cassa1", notice(1)))
				wantCode(t, err, row.code)
				if err != nil {
					var e *local.Error
					errors.As(err, &e)
					p.ID = e.PaymentID
				}
				got := w.wantState(p.ID, row.state)
				if row.state == ledger.Unknown && (w.steps.count("resolve") != 1 || !got.NeedsPeople) {
					t.Errorf("nobody looks after it: %+v", got)
				}
				w.wantIdle()
			})
		})
	}
}

// TestIntentNotWritten: without the intent on the disk not one financial byte goes out.
func TestIntentNotWritten(t *testing.T) {
	for code, fail := range map[local.Code]error{
		local.CodeDiskFull: fmt.Errorf("write: %w", syscall.ENOSPC),
		local.CodeInternal: errDisk,
	} {
		t.Run(string(code), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.disk.failWith(fail)
				_, err := w.pay(request("r1", "cassa1", notice(1)))
				e := refusal(t, err, code)
				if e.PaymentID != "" || w.steps.count("frame") != 0 || w.steps.count("pay") != 1 {
					t.Errorf("%+v, %d frames", e, w.steps.count("frame"))
				}
				if v := w.terminal("cassa1"); v.Light != local.LightReady {
					t.Errorf("the terminal is blamed: %+v", v)
				}
				w.wantNoTrace(notice(1))
				w.disk.failWith(nil)
				p, err := w.pay(request("r1", "cassa1", notice(1)))
				if err != nil {
					t.Fatal(err)
				}
				w.wantState(p.ID, ledger.Charged)
			})
		})
	}
}
