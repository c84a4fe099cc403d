package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/settle"
	"sportello/cmd/sportello/internal/till"
	"sportello/driver/simulator"
	"sportello/protocol/govpay"
)

// Who the creditor and the provider of the randomised run are.
const (
	soakCreditor = "01199250158"
	soakProvider = "CIPBITMM"
	soakChannel  = "13212880150_90"
)

// agency is the platform of the randomised run: it holds a receipt of what the bank charged with a notice's
// data, after a while that is drawn once for each charge.
type agency struct {
	settle.Platform // what no charge of this run asks for
	seed            uint64
	bank            *simulator.Bank
}

// errAway is what is heard of a platform that is away.
var errAway = &govpay.Fault{Operation: "ricevute", Outcome: govpay.OutcomeUnavailable}

// away: from time to time the platform does not answer for an hour.
func (a *agency) away() bool {
	hour := uint64(time.Now().Unix() / 3600)
	return rand.New(rand.NewPCG(a.seed, hour)).IntN(8) == 0
}

// soonUntil: the first charges have their receipt soon, so that the terminal is proven.
const soonUntil = 8

// issued is when the receipt of a charge is there; never for some. A charge that was given back before has
// none as a rule.
func (a *agency) issued(d simulator.Decision, reversed time.Time) (time.Time, bool) {
	rng := rand.New(rand.NewPCG(a.seed, 1<<32+uint64(d.Seq)))
	var after time.Duration
	switch n := rng.IntN(20); {
	case n < 14, d.Seq <= soonUntil:
		after = time.Duration(1+rng.IntN(60)) * time.Second
	case n < 18:
		after = time.Duration(31+rng.IntN(120)) * time.Minute
	default:
		return time.Time{}, false
	}
	at := d.At.Add(after)
	if !reversed.IsZero() && reversed.Before(at) && rng.IntN(5) > 0 {
		return time.Time{}, false
	}
	return at, true
}

// Receipts are those of one notice that are there now, newest first.
func (a *agency) Receipts(_ context.Context, creditor, iuv string) ([]govpay.ReceiptRef, error) {
	if a.away() {
		return nil, errAway
	}
	var out []govpay.ReceiptRef
	all := a.bank.Decisions()
	back := givenBack(all)
	for i := len(all) - 1; i >= 0; i-- {
		d := all[i]
		if d.Kind != simulator.KindPayment || !d.Approved || strings.Join(d.Data, "") != "3"+iuv+creditor {
			continue
		}
		if at, ok := a.issued(d, back[d.STAN].At); ok && !time.Now().Before(at) {
			out = append(out, govpay.ReceiptRef{Creditor: creditor, IUV: iuv, ID: fmt.Sprint("RT", d.Seq), Esito: govpay.OutcomePaid, At: at})
		}
	}
	return out, nil
}

// Receipt is one of them in full.
func (a *agency) Receipt(_ context.Context, creditor, iuv, id string) (govpay.Receipt, error) {
	for _, d := range a.bank.Decisions() {
		if id == fmt.Sprint("RT", d.Seq) {
			r := govpay.Receipt{ReceiptRef: govpay.ReceiptRef{Creditor: creditor, IUV: iuv, ID: id, Esito: govpay.OutcomePaid, At: d.At}, Cents: d.AmountCents}
			r.Proof = &govpay.Proof{Result: govpay.ResultPaid, PSP: soakProvider, Channel: soakChannel, Cents: d.AmountCents, PaidAt: d.At}
			return r, nil
		}
	}
	return govpay.Receipt{}, fmt.Errorf("no receipt %q", id)
}

// givenBack are the reversals by the STAN of what they gave back.
func givenBack(all []simulator.Decision) map[string]simulator.Decision {
	back := map[string]simulator.Decision{}
	for _, d := range all {
		if d.Kind == simulator.KindReversal && d.Approved {
			back[d.Reverses] = d
		}
	}
	return back
}

// ReceiptPDF is as good as any.
func (a *agency) ReceiptPDF(context.Context, string, string, string) ([]byte, error) {
	return []byte("%PDF-1.4\n"), nil
}

// openDebts is a platform where every debt is open, paid or not: what keeps one from being charged twice
// is the ledger alone. It knows an amount by the notice number.
type openDebts struct{ till.Platform } // nothing else is asked of it

func (openDebts) Position(_ context.Context, creditor, notice string) (govpay.Position, error) {
	cents, err := strconv.ParseInt(notice[10:16], 10, 64)
	return govpay.Position{Application: "A2A", ID: notice, Creditor: creditor, Notice: notice, IUV: notice[1:], State: govpay.StateOpen,
		Cents: cents, Reason: "Prova"}, err
}

// soakNotice is a valid notice number that carries its amount.
func soakNotice(i int, cents int64) string {
	base := fmt.Sprintf("3020%06d%06d", i, cents)
	mod := 0
	for _, r := range base {
		mod = (mod*10 + int(r-'0')) % 93
	}
	return fmt.Sprintf("%s%02d", base, mod)
}
