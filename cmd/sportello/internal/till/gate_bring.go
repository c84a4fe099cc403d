package till

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

// Restore brings a charge that was made after the copy into the ledger: a payment like any other, which a supervisor
// says was charged. Its notices are locked from then on, and it is registered, or looked after until it is.
// It charges nothing.
func (t *Till) Restore(ctx context.Context, op local.Operator, req local.RestoreRequest) (local.Payment, error) {
	s, err := t.station(req.Terminal)
	if err != nil {
		return local.Payment{}, err
	}
	if err := t.checkRestore(op, req); err != nil {
		return local.Payment{}, err
	}
	body, err := json.Marshal(req)
	if err != nil {
		return local.Payment{}, internal(err)
	}
	sum := sha256.Sum256(body)
	p, err := t.bringIn(ctx, s, op, req, hex.EncodeToString(sum[:]))
	if err != nil {
		return local.Payment{}, internal(err)
	}
	t.publishPayment(p.ID)
	return t.view(p), nil
}

func (t *Till) checkRestore(op local.Operator, req local.RestoreRequest) error {
	if err := signs(op); err != nil {
		return err
	}
	if op.Role != local.RoleSupervisor {
		return &local.Error{Code: local.CodeForbiddenRole}
	}
	g := t.gate
	g.mu.Lock()
	gap := g.word.Restored.ID != "" && g.gap(req.Terminal) != nil
	since := g.word.Since
	g.mu.Unlock()
	switch {
	case req.RequestID == "" || len(req.RequestID) > maxRequestID:
		return &local.Error{Code: local.CodeRequestIDMissing}
	case !gap:
		return &local.Error{Code: local.CodeRestoreNoGap}
	case len(req.Notices) == 0 || len(req.Notices) > 5:
		return wrong("notices")
	case len(req.STAN) != 6 || strings.Trim(req.STAN, "0123456789") != "" || strings.Trim(req.STAN, "0") == "":
		return wrong("stan")
	case len(req.AuthCode) > maxAuth || strings.ContainsFunc(req.AuthCode, func(r rune) bool { return r < '0' || r > 'z' }):
		return wrong("auth_code")
	case req.At.Before(since.Add(-24*time.Hour)) || req.At.After(time.Now().Add(24*time.Hour)):
		return wrong("at")
	}
	for _, n := range req.Notices {
		if _, err := pagopa.ParseNotice(n.Number); err != nil {
			if _, anyway := pagopa.SearchAnyway(err); !anyway {
				return scanError(err)
			}
		}
		if _, ok := t.creditor(n.Creditor); !ok {
			return &local.Error{Code: local.CodeOtherCreditor, Args: map[string]string{local.ArgCreditor: n.Creditor}}
		}
		if n.AmountCents <= 0 || n.AmountCents > 99_999_999 {
			return wrong("amount_cents")
		}
	}
	return nil
}

// bringIn writes the charge: sent, and charged by a person's word. When the power goes between the two it is an
// unknown that people have, and the same request ends it.
func (t *Till) bringIn(ctx context.Context, s *station, op local.Operator, req local.RestoreRequest, hash string) (ledger.Payment, error) {
	reference, err := t.freshReference()
	if err != nil {
		return ledger.Payment{}, err
	}
	in := ledger.Intent{Payment: ledger.Payment{RequestID: req.RequestID, RequestHash: hash, Reference: reference, Installation: t.o.Installation,
		Settlement: s.term.Settlement, Terminal: s.term.Name, Operator: op.ID}}
	for _, n := range req.Notices {
		notice := ledger.Notice{Creditor: n.Creditor, Number: n.Number, AmountCents: n.AmountCents, Registration: ledger.RegNone}
		// The other names of the debt are locked, too, where the platform tells them.
		if pos, err := t.o.Platform.Position(ctx, n.Creditor, n.Number); err == nil {
			notice.Position = positionKey(pos)
			if pos.Document != nil {
				notice.Document = pos.Document.ID
			}
		}
		in.Notices = append(in.Notices, notice)
		in.AmountCents += n.AmountCents
	}
	p, err := t.o.Ledger.Intend(in)
	if err != nil || p.State == ledger.Charged {
		return p, err
	}
	t.o.Failpoint("till.brought")
	return t.o.Ledger.Conclude(p.ID, ledger.Conclusion{ResolvedBy: []string{op.ID}, Outcome: driver.Outcome{Verdict: driver.Charged,
		Reason: driver.Reason{Code: string(local.CodeByPeople)},
		Charge: &driver.Charge{STAN: req.STAN, AuthCode: strings.ToUpper(req.AuthCode), AmountCents: p.AmountCents, HostTime: req.At}}})
}
