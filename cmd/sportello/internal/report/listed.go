package report

import "sportello/protocol/local"

// Listed are the lines of payments as they are shown in a list, one a notice, in the list's order.
func Listed(n Names, payments []local.Payment) []local.DayLine {
	var out []local.DayLine
	for _, p := range payments {
		for _, one := range p.Notices {
			l := local.DayLine{
				PaymentID: p.ID, ReceiptNumber: p.ReceiptNumber, AccountingDay: p.AccountingDay, At: p.CreatedAt, Reference: p.Reference,
				State: p.State, Creditor: one.Creditor, CreditorName: orElse(n.Creditors[one.Creditor], one.Creditor),
				Number: one.Number, AmountCents: one.AmountCents, Registration: one.Registration, ReceiptID: one.ReceiptID,
				Terminal: p.Terminal, Operator: p.Operator, Settlement: p.Settlement, Offline: p.Offline,
			}
			if p.ReceiptNumber != "" {
				l.ChargedCents = p.AmountCents
			}
			if c := p.Charge; c != nil {
				l.STAN, l.AuthCode, l.PAN = c.STAN, c.AuthCode, c.PAN
				if c.HostTime != nil {
					l.At = *c.HostTime
				}
				if c.AmountCents > 0 && p.ReceiptNumber != "" {
					l.ChargedCents = c.AmountCents
				}
			}
			if p.State == local.StateReversed && p.Reversal != nil {
				l.ReversedAt = p.Reversal.EndedAt
			}
			out = append(out, l)
		}
	}
	return out
}
