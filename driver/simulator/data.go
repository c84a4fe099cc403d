package simulator

import (
	"context"
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// additionalData waits for the U that a request announced. A damaged one is asked
// again, one that breaks the rules of its table or map is refused; false when none
// came.
func (s *session) additionalData(ctx context.Context, announced bool) (ecr17.AdditionalData, bool) {
	if !announced {
		return ecr17.AdditionalData{}, true
	}
	s.flush() // the ECR waits for our ACK
	limit := time.NewTimer(s.t.opt.Timing.Data)
	defer limit.Stop()
	refusals := 0
	for refusals < 3 { // no ECR sends them more often (ECR17 1.6)
		f, ev := s.next(ctx, limit.C)
		switch {
		case ev != gotFrame:
			return ecr17.AdditionalData{}, s.faults.has(DataOptional) && ev == timedOut
		case f.Kind != ecr17.FrameApplication:
			continue
		case !f.Valid(s.t.opt.Scope):
			s.nak()
			continue
		}
		tid, letter, err := ecr17.Header(ecr17.ToTerminal, f.Payload)
		if err == nil && letter != 'U' {
			s.enqueue(f)
			continue
		}
		u, err := ecr17.DecodeAs[ecr17.AdditionalData](ecr17.ToTerminal, f.Payload, ecr17.Strict)
		if err == nil {
			s.t.count('U')
		}
		due := s.t.take("U")
		if due.has(Silent) {
			continue
		}
		if due.has(Nak) {
			refusals++
		}
		if err != nil || !s.mine(tid, 'U') || !mapFits(u) || due.has(Nak) {
			s.nak()
			continue
		}
		s.glue()
		s.pause(ctx, s.t.opt.Timing.ACK, false)
		s.ack()
		return u, true
	}
	return ecr17.AdditionalData{}, s.faults.has(DataOptional)
}

// mapFits: the index map announces as many contents as came (ECR17 2.13: best
// reading; byte k holds the index of the k-th content).
func mapFits(u ecr17.AdditionalData) bool {
	announced := strings.TrimRight(u.IndexMap, "0")
	return len(announced) == len(u.Tags) && !strings.ContainsAny(announced, "06789")
}
