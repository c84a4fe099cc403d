package till

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// refusals is what each reason not to charge is called, govpay.Payability's and govpay.CheckCart's; one that
// is not here is refused, too.
var refusals = map[govpay.ReasonCode]local.Code{
	govpay.ReasonPaid:             local.CodeNoticePaid,
	govpay.ReasonReceiptPresent:   local.CodeNoticePaid,
	govpay.ReasonExpired:          local.CodeNoticeExpired,
	govpay.ReasonCancelled:        local.CodeNoticeCancelled,
	govpay.ReasonAnomalous:        local.CodeNoticeAnomalous,
	govpay.ReasonUnknownState:     local.CodeNoticeStateUnknown,
	govpay.ReasonAttemptPending:   local.CodeNoticeInProgress,
	govpay.ReasonAttemptStuck:     local.CodeNoticeAttemptStuck,
	govpay.ReasonStampDuty:        local.CodeNoticeStampDuty,
	govpay.ReasonNothingToPay:     local.CodeNoticeAmountZero,
	govpay.ReasonMultiBeneficiary: local.CodeNoticeMultiBeneficiary,
	govpay.ReasonTwoStations:      local.CodeCartTwoStations,
	govpay.ReasonTooMany:          local.CodeTooManyNotices,
	govpay.ReasonTwice:            local.CodeSamePosition,
	govpay.ReasonSamePlan:         local.CodeSamePlan,
	govpay.ReasonNotVerified:      local.CodeNotVerified,
}

// refusalCode names a reason.
func refusalCode(why govpay.ReasonCode) local.Code {
	if code, known := refusals[why]; known {
		return code
	}
	return local.CodeNoticeStateUnknown
}

// verify asks the platform about one notice. What it said is remembered for the time when it does not
// answer, where the body wants that (design 8): nothing personal.
func (t *Till) verify(ctx context.Context, creditor, number string) (govpay.Position, error) {
	asked := time.Now()
	pos, err := t.o.Platform.Position(ctx, creditor, number)
	if err != nil {
		return pos, platformError(err)
	}
	pos = t.explained(pos, creditor, number, time.Now())
	t.remember(pos, creditor, number, asked)
	return pos, nil
}

// checkCart decides whether a cart may be charged and registered in the terminal's way (design 4).
func checkCart(way govpay.Way, cart []govpay.Position, now time.Time) error {
	problems := govpay.CheckCart(way, cart, now)
	if len(problems) == 0 {
		return nil
	}
	first := problems[0]
	e := &local.Error{Code: refusalCode(first.Reason)}
	if first.Reason == govpay.ReasonTooMany {
		e.Args = map[string]string{local.ArgLimit: fmt.Sprint(govpay.MaxNotices)}
	}
	if len(cart) > 1 {
		e.Detail = fmt.Sprintf("notice %s", cart[first.Index].Notice)
	}
	return e
}

// way is how a terminal's charges get registered.
func (s Terminal) way() govpay.Way {
	if s.Settlement == ledger.SettlementTerminal {
		return govpay.WayTerminal
	}
	return govpay.WayPlatform
}

// way of the counter: a configuration has one.
func (t *Till) way() govpay.Way { return t.stations[t.names[0]].term.way() }

// doubts is what the clerk is told of a debt that may be charged.
func (t *Till) doubts(pos govpay.Position, now time.Time) []local.Reason {
	var out []local.Reason
	if _, why := govpay.Payability(pos, now); why == govpay.ReasonAmountMayChange {
		out = append(out, t.reason(local.CodeAmountMayChange, nil))
	}
	if pos.Weak() {
		var gaps []string
		for _, g := range pos.Gaps {
			if text := local.GapText(string(g), t.lang()); text != "" {
				gaps = append(gaps, text)
			}
		}
		args := map[string]string{}
		if len(gaps) > 0 {
			args[local.ArgReason] = strings.Join(gaps, "; ")
		}
		out = append(out, t.reason(local.CodeWeakVerification, args))
	}
	return out
}

// nearOurs is how far the platform's time of an attempt may lie from the time our frame was sent.
const nearOurs = 3 * time.Minute

// explained leaves out the one attempt that the platform still shows as open when it is ours: this counter's
// last one for the notice, sent within the token's life, certainly not charged, and with a STAN, so it
// reached the provider that opens attempts. Then a second card need not wait. One that was opened at another
// time, or stands beside a second, is somebody else's; and so is any where the provider is told of no notice
// (settlement platform).
func (t *Till) explained(pos govpay.Position, creditor, number string, now time.Time) govpay.Position {
	open := pending(pos, now)
	if len(open) != 1 {
		return pos
	}
	state, err := t.o.Ledger.Notice(creditor, number)
	if err != nil || state.Holder != "" || len(state.Payments) == 0 {
		return pos
	}
	last, err := t.o.Ledger.Payment(state.Payments[len(state.Payments)-1])
	if err != nil || last.Settlement != ledger.SettlementTerminal || last.State != ledger.NotCharged || last.SentAt.IsZero() || now.Sub(last.SentAt) >= govpay.AttemptLife ||
		last.Charge == nil || strings.Trim(last.Charge.STAN, "0") == "" {
		return pos
	}
	if a := pos.Attempts[open[0]]; a.Submitted || !a.Started.IsZero() && a.Started.Sub(last.SentAt).Abs() > nearOurs {
		return pos
	}
	var rest []govpay.Attempt
	for i, a := range pos.Attempts {
		if i != open[0] && !superseded(i, a) {
			rest = append(rest, a)
		}
	}
	pos.Attempts = rest
	return pos
}

// superseded: a newer attempt speaks for this one, too.
func superseded(i int, a govpay.Attempt) bool { return i > 0 && a.State == govpay.AttemptSuperseded }

// pending are the attempts for whose sake alone the platform's debt would have to wait, by their index.
func pending(pos govpay.Position, now time.Time) []int {
	var open []int
	for i, a := range pos.Attempts {
		if superseded(i, a) {
			continue
		}
		alone := pos
		alone.Attempts = pos.Attempts[i : i+1]
		if _, why := govpay.Payability(alone, now); why == govpay.ReasonAttemptPending {
			open = append(open, i)
		}
	}
	return open
}

// transactions are the platform's names of the calls that were made, each once.
func transactions(trace *govpay.Trace) []string {
	var out []string
	for _, x := range trace.Exchanges() {
		if x.TransactionID != "" && !slices.Contains(out, x.TransactionID) {
			out = append(out, x.TransactionID)
		}
	}
	return out
}
