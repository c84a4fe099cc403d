package settle

import (
	"slices"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// What the platform has refused people may have submitted again (ledger.Resubmit), alone: the rest of its cart may be
// registered. A look precedes it as any repeat (design 3.8), and asks of each record only what became of these notices.

// resubmitted says that people have had some of these notices submitted again, and whether no call was begun since.
func resubmitted(p ledger.Payment, todo []int) (again, fresh bool) {
	for _, i := range todo {
		at := p.Notices[i].Again
		again = again || !at.IsZero()
		fresh = fresh || !at.IsZero() && (p.Submission == nil || at.After(p.Submission.At))
	}
	return again, fresh
}

// about is a record of ours without the attempts of other notices. One that has none of these is about others: nothing
// came of it for these, unless the platform may still be at work on it.
func about(r govpay.Payment, p ledger.Payment, todo []int, over bool) govpay.Payment {
	if len(r.Attempts) == 0 {
		return r
	}
	r.Attempts = slices.DeleteFunc(slices.Clone(r.Attempts), func(a govpay.Attempt) bool {
		return !slices.ContainsFunc(todo, func(i int) bool {
			iuv, err := iuvOf(p.Notices[i].Number)
			return err == nil && a.Creditor == p.Notices[i].Creditor && a.IUV == iuv
		})
	})
	if len(r.Attempts) == 0 && (r.State != govpay.PaymentRunning || over) {
		r.State = govpay.PaymentFailed
	}
	return r
}
