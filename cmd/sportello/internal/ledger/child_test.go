package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"sportello/driver"
)

// child does what the environment asks, in a process of its own: "open DIR" opens and reads a ledger
// whole; "pay DIR" pays until it is killed, and says on standard output what it was told is durable; "forget DIR"
// erases meanwhile whatever may go, again and again.
func child(what string) int {
	dir := os.Args[1]
	l, err := Open(dir, Options{Installation: "A1", BallastBytes: testBallast, archiveEvery: 1})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	switch what {
	case "forget":
		go forgetForEver(l)
		err = payForEver(l)
	case "pay":
		err = payForEver(l)
	default:
		err = readAll(l)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if err := l.Close(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func readAll(l *Ledger) error {
	all, err := l.Payments(Query{})
	if err != nil {
		return err
	}
	for _, p := range all {
		if _, err := l.Baseline(p.ID); err != nil {
			return err
		}
		if p.HasTicket {
			if _, err := l.Ticket(p.ID); err != nil {
				return err
			}
		}
	}
	r, err := l.Check()
	if err == nil && len(r.Problems) > 0 {
		err = &DamagedError{Path: l.path, What: r.Problems[0].String()}
	}
	return err
}

// forgetForEver ends the process with words that no parent takes for a payment when erasing fails.
func forgetForEver(l *Ledger) {
	for {
		_, err := l.Erase(context.Background(), time.Now().AddDate(1, 0, 0))
		if err != nil && !errors.Is(err, ErrStale) && !errors.Is(err, ErrInterrupted) {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

// payForEver prints a line for every state it was told is durable.
func payForEver(l *Ledger) error {
	open, err := l.Unfinished()
	if err != nil {
		return err
	}
	for _, p := range open {
		if err := pay(l, p); err != nil {
			return err
		}
	}
	for {
		in := intent(rand.IntN(1 << 30))
		if rand.IntN(3) == 0 {
			in.Settlement = SettlementPlatform
		}
		if _, open, err := l.Offline(); err != nil {
			return err
		} else if in.OfflineCharge = open && rand.IntN(2) == 0; !open {
			if _, err := l.OpenOffline("capo", "x", OfflineLimits{MaxAmountCents: 1250, MaxTotalCents: 1 << 40, MaxPayments: 1 << 20, MaxHours: 1000000 * 3600e9}); err != nil {
				return err
			}
		}
		p, err := l.Intend(in)
		if err != nil {
			return err
		}
		fmt.Println(p.ID, p.State)
		if err := pay(l, p); err != nil {
			return err
		}
	}
}

func pay(l *Ledger, p Payment) error {
	if p.State == Reversing {
		return giveBack(l, p)
	}
	c := charged(fmt.Sprintf("%06d", rand.IntN(1000000)))
	if rand.IntN(3) == 0 {
		c = verdict(driver.NotCharged, "declined")
	}
	p, err := l.Conclude(p.ID, c)
	if err != nil {
		return err
	}
	fmt.Println(p.ID, p.State)
	if p, err = l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip}); err != nil {
		return err
	}
	if p.State == Charged && rand.IntN(2) == 0 {
		if p, err = l.Reverse(p.ID, "capo", "reverse "+p.ID, reversalBaseline); err != nil {
			return err
		}
		fmt.Println(p.ID, p.State)
		return giveBack(l, p)
	}
	if p.State == Charged {
		if p.Settlement == SettlementPlatform {
			for range 1 + rand.IntN(2) {
				if p, err = l.Submit(p.ID); err != nil {
					return err
				}
				fmt.Println(p.ID, RegSubmit)
			}
			if p, err = l.Submitted(p.ID, SubmissionEnd{N: p.Submission.N, Accepted: true, PlatformID: "7"}); err != nil {
				return err
			}
			fmt.Println(p.ID, RegAwaiting)
		}
		if _, err = l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "t", RawReceipt: []byte("x"), ReceiptPDF: []byte("%PDF")}); err != nil {
			return err
		}
		fmt.Println(p.ID, RegDone)
	}
	return nil
}

func giveBack(l *Ledger, p Payment) error {
	p, err := l.Conclude(p.ID, verdict(driver.Reversed, "reversed"))
	if err == nil {
		fmt.Println(p.ID, p.State)
	}
	return err
}
