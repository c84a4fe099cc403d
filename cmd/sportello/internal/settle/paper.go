package settle

import (
	"errors"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// A registration never waits for the PDF of its receipt. It is fetched when nothing else is due, one at a
// time; what is not fetched then (an outage, a restart, a long queue) is when somebody asks for it.

const (
	maxPapers = 1000 // PDFs that wait
	maxPaper  = 1 << 20
)

// paper is a receipt whose PDF is to be fetched.
type paper struct {
	payment       string
	index         int
	creditor, iuv string
	receipt       string
	tries         int
}

// otherKey is the schedule's key of a notice that is not in the outbox.
func otherKey(payment string, index int) string { return outboxKey(payment, index) + " other" }

func (s *schedule) queuePaper(p paper) {
	if len(s.papers) < maxPapers {
		s.papers = append(s.papers, p)
	}
}

// print begins to fetch one.
func (s *schedule) print(_ time.Time) {
	if len(s.papers) == 0 {
		return
	}
	p := s.papers[0]
	s.papers = s.papers[1:]
	s.printing = true
	s.w.wg.Add(1)
	go func() {
		defer s.w.wg.Done()
		pdf, err := s.w.o.Platform.ReceiptPDF(s.w.ctx, p.creditor, p.iuv, p.receipt)
		if err == nil && len(pdf) > 0 && len(pdf) <= maxPaper {
			err = s.w.o.Ledger.KeepPDF(p.payment, p.index, pdf)
			if err == nil {
				s.w.o.Events.Changed(p.payment)
			}
		}
		s.results <- result{paper: &p, err: err}
	}()
}

// printed is the end of fetching one. It says nothing about the platform that a look does not say.
func (s *schedule) printed(r result, _ time.Time) {
	if r.err == nil || errors.Is(r.err, ledger.ErrStale) || errors.Is(r.err, ledger.ErrErased) {
		return
	}
	p := *r.paper
	if p.tries++; p.tries < 2 && govpay.OutcomeOf(r.err) == govpay.OutcomeUnavailable {
		s.queuePaper(p)
	}
	s.w.o.Log.Debug().Err(r.err).Str("payment", p.payment).Msg("settle: no PDF of the receipt")
}
