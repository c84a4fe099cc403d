package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// bankKnows is when the bank can be asked what became of a payment: a terminal may be at it that long.
const bankKnows = 15 * time.Minute

// people do what is theirs to do: they free the terminal, adopt what they find on it, end what stops it, and,
// after a random while, decide by the bank's word what evidence has not.
func (s *soak) people() {
	terminals, err := s.till.Terminals(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	now := terminals[0]
	if now.Locked && s.rng.IntN(3) > 0 {
		s.tally["freed"]++
		s.refusal(s.risky("the terminal is freed", func() error { return s.ask(soakChief, "free", local.ActionRequest{}) }))
	}
	if now.NeedsAdopt {
		_ = s.risky("the terminal's last operation is adopted", func() error { return s.ask(soakChief, "adopt", local.ActionRequest{}) })
	}
	if now.Stopped != nil {
		s.goOn()
	}
	s.endUntold()
	list, err := s.ledger.Unfinished()
	if err != nil {
		s.Fatal(err)
	}
	for _, p := range list {
		since := p.SentAt
		if p.Reversal != nil {
			since = p.Reversal.SentAt
		}
		if p.NeedsPeople && time.Since(since) > bankKnows && s.rng.IntN(3) == 0 {
			s.decide(p.ID)
		}
	}
}

// goOn ends the case that stops the terminal.
func (s *soak) goOn() {
	cases, err := s.ledger.Cases(false)
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range cases {
		if c.Cause.Code != string(local.CodeTerminalWithoutReceipts) {
			continue
		}
		s.tally["stopped"]++
		s.refusal(s.risky("the terminal may go on without receipts", func() error {
			_, err := s.till.EndCase(context.Background(), soakChief, c.ID, local.EndingRequest{RequestID: "x", Seq: c.Seq,
				Ending: local.EndingClosed, Proof: "chiesto al fornitore"})
			return err
		}))
	}
}

// endUntold ends the case of a charge whose notices the provider never got: no receipt can come of it, and the
// terminal would wait for it. The office books it, or gives the money back by another way; two people sign.
func (s *soak) endUntold() {
	cases, err := s.ledger.Cases(false)
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range cases {
		if c.Cause.Code != string(local.CodeNoticesNotSent) || s.rng.IntN(3) > 0 {
			continue
		}
		p, err := s.ledger.Payment(c.PaymentID)
		if err != nil {
			s.Fatal(err)
		}
		if p.State != ledger.Charged { // people decide that first
			continue
		}
		s.tally["written endings"]++
		ending := []string{local.EndingClosed, local.EndingRefunded}[s.rng.IntN(2)]
		s.refusal(s.risky(fmt.Sprintf("%s ends %s by %s", c.ID, ending, soakClerk.ID), func() error {
			_, err := s.till.EndCase(context.Background(), soakClerk, c.ID, local.EndingRequest{RequestID: "x", Seq: c.Seq, Ending: ending, Proof: "prot. 12/2026"})
			return err
		}))
		if c, err = s.ledger.Case(c.ID); err != nil || c.Proposal == nil {
			continue
		}
		s.refusal(s.risky(fmt.Sprintf("%s signed by %s", c.ID, soakOther.ID), func() error {
			_, err := s.till.CountersignCase(context.Background(), soakOther, c.ID, local.CountersignRequest{RequestID: "x", EvidenceSeq: c.Seq, Accept: true})
			return err
		}))
	}
}

// decide answers for an unknown payment, or an unknown reversal, by what the bank says: one proposes, another
// signs. Nobody may sign alone, and an answer to older evidence does not count.
func (s *soak) decide(id string) {
	p, err := s.ledger.Payment(id)
	if err != nil {
		s.Fatal(err)
	}
	ctx, net := context.Background(), s.bank().net[p.Reference]
	answers := map[ledger.State][2]local.Answer{
		ledger.Unknown:   {local.AnswerNotCharged, local.AnswerCharged},
		ledger.Reversing: {local.AnswerReversed, local.AnswerNotReversed},
	}[p.State]
	answer := answers[min(net, 1)]
	if s.rng.IntN(6) == 0 {
		answer = local.AnswerUnknown
	}
	if p.Proposal == nil {
		req := local.ResolutionRequest{RequestID: "x", EvidenceSeq: p.EvidenceSeq, Answer: answer, Note: "chiesto alla banca"}
		if s.rng.IntN(5) == 0 {
			req.EvidenceSeq--
			if _, err := s.till.Resolve(ctx, soakClerk, id, req); code(err) != local.CodeStateChanged {
				s.Errorf("%s: an answer to older evidence: %v", id, err)
			}
			req.EvidenceSeq++
			s.tally["stale answers"]++
		}
		s.tally["answers"]++
		err := s.risky(fmt.Sprintf("%s: %s by %s", id, answer, soakClerk.ID), func() error {
			_, err := s.till.Resolve(ctx, soakClerk, id, req)
			return err
		})
		if code(err) == local.CodeReceiptWitness { // given back by others, and the provider has reported it: not ours to undo
			s.tally["answers against a receipt"]++
		} else if err != nil && !errors.Is(err, errDead) {
			s.Errorf("%s: %s: %v", id, answer, err)
		}
	}
	if p, err = s.ledger.Payment(id); err != nil || p.Proposal == nil {
		return
	}
	seq := p.EvidenceSeq
	if _, err := s.till.Countersign(ctx, soakClerk, id, local.CountersignRequest{RequestID: "x", EvidenceSeq: seq, Accept: true}); code(err) != local.CodeForbiddenRole {
		s.Errorf("%s: a clerk's signature: %v", id, err)
	}
	// What waits may be an answer of before: evidence that has come since makes it stale by itself.
	accept := p.Proposal.Answer == verdictOf[answers[min(net, 1)]]
	s.tally["signatures"]++
	err = s.risky(fmt.Sprintf("%s: %s signed (%t) by %s", id, p.Proposal.Answer, accept, soakOther.ID), func() error {
		_, err := s.till.Countersign(ctx, soakOther, id, local.CountersignRequest{RequestID: "x", EvidenceSeq: seq, Accept: accept})
		return err
	})
	if err != nil && !errors.Is(err, errDead) {
		s.Errorf("%s: signing %s: %v", id, p.Proposal.Answer, err)
	}
}

func code(err error) local.Code {
	var e *local.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
