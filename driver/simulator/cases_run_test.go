package simulator

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/ecr17"
)

// request is a message for a letter of a case.
func (e *ecr) request(letter string) ecr17.Message {
	switch letter {
	case "P":
		return ecr17.PaymentRequest{Code: 'P', TID: e.tid, CashRegister: "1", AmountCents: 100, Text: reference}
	case "s":
		return ecr17.StatusRequest{TID: e.tid}
	case "C":
		return ecr17.CloseRequest{TID: e.tid}
	case "T":
		return ecr17.TotalsRequest{TID: e.tid}
	case "K":
		return ecr17.VASRequest{TID: e.tid, ECR: "1", XML: walletRequest}
	case "E":
		return ecr17.PrintSwitch{TID: e.tid, ToECR: true}
	case "R":
		return ecr17.ReprintRequest{TID: e.tid, ToECR: true}
	case "G":
		return e.last()
	default:
		return e.extended(100)
	}
}

// patient sends a request and confirms what comes, good or bad, for an hour.
func (e *ecr) patient(m ecr17.Message) {
	e.t.Helper()
	p, moreData := m.(ecr17.PaymentRequest)
	if moreData {
		p.MoreData = true
		m = p
	}
	_ = e.c.SetWriteDeadline(time.Now().Add(10 * time.Second))
	if _, err := e.c.Write(e.frame(m)); err != nil {
		return
	}
	for {
		f, ok := e.next(time.Hour)
		if !ok {
			return
		}
		var answer []byte
		switch {
		case f.Kind == ecr17.FrameApplication && f.Valid(e.scope):
			answer = ecr17.AppendACK(nil, ecr17.DefaultForm(e.scope))
		case f.Kind == ecr17.FrameApplication:
			answer = ecr17.AppendNAK(nil, ecr17.DefaultForm(e.scope))
		case f.Kind == ecr17.FrameACK && moreData:
			moreData, answer = false, e.frame(e.data())
		}
		_ = e.c.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if _, err := e.c.Write(answer); err != nil && len(answer) > 0 {
			return
		}
	}
}

// Every row that the terminal stages, on a line that can be closed and on one that
// cannot: the terminal comes out of it alive, the bank's total is that of its
// decisions, and nobody but the rows that say so charges twice.
func TestEveryCaseIsSurvived(t *testing.T) {
	twice := map[string]bool{"D13": true, "G04": true, "G10": true, "G11": true, "G15": true, "G16": true} // of somebody else
	for _, row := range caseTable {
		if len(row.rules) == 0 {
			continue
		}
		for _, permanent := range []bool{false, true} {
			if permanent && row.on == OnConnect {
				continue // it has no connection
			}
			name := row.ID
			if permanent {
				name += "/permanent"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					staged(t, row, permanent, twice[row.ID])
				})
			})
		}
	}
}

func staged(t *testing.T, row caseRow, permanent, twice bool) {
	term, err := New(Options{Timing: Human})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	dial := func() *ecr {
		ours, theirs := net.Pipe()
		wg.Go(func() {
			if permanent {
				term.session(ctx, theirs, nil)
			} else {
				_ = term.ServeConn(ctx, theirs)
			}
		})
		t.Cleanup(func() { _ = ours.Close() })
		return &ecr{t: t, c: ours, tid: tid}
	}
	e := dial()
	e.patient(e.extended(4200))
	_ = e.c.Close()
	synctest.Wait()
	before := len(term.Bank().Decisions())
	if err := term.Script(Rule{Case: row.ID}); err != nil {
		t.Fatal(err)
	}
	on := row.on
	for _, letter := range []string{"E", on, "G", "R", "s"} {
		if on == "E" && letter == on {
			continue
		}
		e = dial()
		e.patient(e.request(letter))
		_ = e.c.Close()
		time.Sleep(11 * time.Minute)
	}
	e = dial()
	e.patient(ecr17.StatusRequest{TID: tid})
	if a := ask[ecr17.TotalsAnswer](dialAgain(e, dial), ecr17.TotalsRequest{TID: tid}); a.TotalCents != term.Bank().Total(tid) {
		t.Errorf("total %d, the bank says %d", a.TotalCents, term.Bank().Total(tid))
	}
	charges := 0
	for _, d := range term.Bank().Decisions()[before:] {
		if d.Approved && d.Kind != KindVASPayment {
			charges++
		}
	}
	if charges > 1 && !twice || charges == 0 && twice {
		t.Errorf("%d charges: %+v", charges, term.Bank().Decisions()[before:])
	}
}

// dialAgain leaves a line for another.
func dialAgain(e *ecr, dial func() *ecr) *ecr {
	_ = e.c.Close()
	return dial()
}
