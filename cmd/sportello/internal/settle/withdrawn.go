package settle

import (
	"fmt"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// withdrawn looks, when the receipt is late and once more when it is missing, whether the creditor has withdrawn a notice
// that is charged: the office knows it then, whether the receipt comes or not (it would make the debt a paid one again,
// govpay 3.1). What this question finds about the platform the others say.
func (l *look) withdrawn(m matter) error {
	if l.work != workAwait || !(l.late && l.memo.debt == 0 || l.red && l.memo.debt < 2) {
		return nil
	}
	v, err := l.w.o.Platform.Position(l.ctx, m.notice.Creditor, m.notice.Number)
	if err != nil && govpay.OutcomeOf(err) != govpay.OutcomeNotFound {
		return nil // with the next look
	}
	before := l.memo.debt
	if l.memo.debt++; l.red {
		l.memo.debt = 2
	}
	if err != nil || v.State != govpay.StateCancelled {
		return nil
	}
	k := l.opens(local.CodeNoticeWithdrawn, "", fmt.Sprintf("L'avviso %s è incassato, e il %s la piattaforma lo dà per ritirato dall'ente.", m.notice.Number, onDay(time.Now())))
	if k == nil {
		return nil
	}
	if _, err = l.register(ledger.RegistrationChange{To: ledger.RegAwaiting, Reason: m.notice.Reason, Case: k}); err != nil {
		l.memo.debt = before
	}
	return err
}
