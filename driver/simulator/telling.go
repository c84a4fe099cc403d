package simulator

import "context"

// tell sends result, data and ticket of a decision, in the order that the options
// have (ECR17 1.7: not documented).
func (s *session) tell(ctx context.Context, d Decision) {
	text := ""
	if d.Approved || !s.t.opt.NoRefusalTicket {
		text = s.slip(d)
	}
	if s.t.opt.TicketFirst || s.faults.has(TicketFirst) {
		s.printing(ctx, text)
		text = ""
	}
	if s.faults.has(DataFirst) && d.Answer != "" {
		s.deliver(ctx, []byte(d.Answer))
	}
	confirmed := s.reply(ctx, []byte(d.Last))
	if !s.keep(ctx, d) {
		return
	}
	if !confirmed {
		s.cancelUnconfirmed(ctx, d)
		text = ""
	}
	if !s.t.opt.DataAfterTicket {
		s.tellData(ctx, d, confirmed)
	}
	s.printing(ctx, text)
	if s.t.opt.DataAfterTicket {
		s.tellData(ctx, d, confirmed)
	}
	s.unglue(ctx)
}

// tellData sends the bank's answer U when the result was confirmed.
func (s *session) tellData(ctx context.Context, d Decision, confirmed bool) {
	if confirmed && d.Answer != "" && !s.faults.has(NoDataAnswer) && !s.faults.has(DataFirst) {
		s.deliver(ctx, []byte(d.Answer))
	}
}

// cancelUnconfirmed gives back a charge that the ECR has not confirmed, for terminals
// that do (ECR17 D13). What G repeats stays: the ECR has not asked for this.
func (s *session) cancelUnconfirmed(ctx context.Context, d Decision) {
	if !s.t.opt.AutoCancel && !s.faults.has(AutoCancel) || !d.Approved || !d.Kind.charges() || ctx.Err() != nil {
		return
	}
	o := reversalOf(d)
	o.reason = "ESITO NON CONFERMATO"
	if _, err := s.t.bank.decide(o, nil); err != nil {
		s.trace("! ", "not cancelled")
	}
}
