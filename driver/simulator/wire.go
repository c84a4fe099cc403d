package simulator

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// Waits of faults that name none.
const (
	stallWait = 5 * time.Second
	noiseWait = 10 * time.Minute
	deafWait  = 5 * time.Minute
	offWait   = 10 * time.Minute
	bootWait  = 30 * time.Second
	runWait   = time.Minute
	clockOff  = 2 * time.Hour
)

// noACKOf is an LRC that no form of the acknowledgement has, nor a byte that begins a
// frame.
const noACKOf = 0x55

// acknowledge confirms a request that will be carried out, as its faults will have
// it.
func (s *session) acknowledge(ctx context.Context) {
	if s.faults.has(SwitchForgot) {
		s.t.setPrinting(false)
	}
	s.staleResults(ctx)
	if s.faults.has(ProgressFirst) {
		s.progress("ATTENDERE PREGO")
	}
	s.pause(ctx, s.t.opt.Timing.ACK+s.faults.slow("ack"), false)
	if s.faults.has(ResetExecute) && !s.lost {
		s.reset()
	}
	switch {
	case s.faults.has(NoACK):
	case s.faults.has(NakExecute):
		s.nak()
	case s.faults.has(BareACK):
		s.write([]byte{ecr17.ACK})
	case s.faults.has(BadACK):
		s.write([]byte{ecr17.ACK, ecr17.ETX, noACKOf})
	case s.faults.has(OtherACK):
		s.write(ecr17.AppendACK(nil, s.otherForm()))
	case s.faults.has(DoubleACK):
		s.ack()
		s.ack()
	default:
		s.ack()
	}
	s.afterACK(ctx)
	if s.faults.has(StaleInside) && strings.IndexByte(payments, s.letter()) < 0 { // these have their own moment for it
		s.stale(ctx, StaleInside)
	}
}

// otherForm is the form that the fault asks for, or one that is not ours.
func (s *session) otherForm() ecr17.ControlForm {
	if form, err := ecr17.ParseControlForm(s.faults[OtherACK].Form); err == nil {
		return form
	}
	if s.t.opt.Form == ecr17.FormCtrl {
		return ecr17.FormCtrlEtx
	}
	return ecr17.FormCtrl
}

// afterACK is what the line does before the procedure goes on.
func (s *session) afterACK(ctx context.Context) {
	if r, ok := s.faults[HangUp]; ok && r.At == "ack" {
		s.flush()
		s.cut()
	}
	s.pause(ctx, s.faults.wait(Stall, stallWait), false)
	if s.faults.has(Noise) {
		s.noise(ctx, s.faults.wait(Noise, noiseWait), s.faults.bytes(Noise, 64))
	}
	if n := s.faults.bytes(EndlessSTX, 64<<10); n > 0 {
		endless := make([]byte, n)
		for i := range endless {
			endless[i] = 'A' + byte(i%26)
		}
		endless[0] = ecr17.STX
		s.write(endless)
	}
}

// noise sends bytes at random each second, the same ones each time.
func (s *session) noise(ctx context.Context, d time.Duration, each int) {
	random := rand.New(rand.NewPCG(17, uint64(each)))
	for end := time.Now().Add(d); time.Now().Before(end) && !s.lost && ctx.Err() == nil; {
		p := make([]byte, each)
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		s.write(p)
		s.pause(ctx, time.Second, false)
	}
}

// staleResults sends results of earlier sales before the acknowledgement.
func (s *session) staleResults(ctx context.Context) {
	s.stale(ctx, StaleResult)
	if s.faults.has(OlderResult) {
		s.sendStale(ctx, s.olderResult())
	}
}

// stale sends the saved result once more, if the request has that fault.
func (s *session) stale(ctx context.Context, f Fault) {
	if s.faults.has(f) {
		s.sendStale(ctx, s.t.bank.memory(s.t.opt.TerminalID).last)
	}
}

func (s *session) sendStale(ctx context.Context, last string) {
	if last != "" {
		s.put(ecr17.AppendFrame(nil, []byte(last), s.t.opt.Scope))
		s.confirmation(ctx) // or its ACK would confirm the next result
	}
}

// olderResult is the approval of a sale of yesterday, before the bank file began.
func (s *session) olderResult() string {
	const stan = "990017"
	at := now().Add(-24 * time.Hour)
	d := Decision{
		At: at, Terminal: s.t.opt.TerminalID, Kind: KindPayment, Approved: true, AmountCents: s.centsAsked(s.faults[OlderResult].AmountCents),
		STAN: stan, Online: stan, Auth: authCode(stan), Action: actionApproved, Card: wallet[1].kind, Entry: "ICC", PAN: wallet[1].shown(),
	}
	payload, err := s.t.render(transaction{letter: s.letter()})(d)
	if err != nil { // the simulator builds only what the codec accepts
		return ""
	}
	return payload
}

// letter is that of the request being carried out.
func (s *session) letter() byte {
	_, letter, err := ecr17.Header(ecr17.ToTerminal, s.current)
	if err != nil {
		return 0
	}
	return letter
}

// glue holds back everything from here to unglue, if the request is to be answered in
// one segment.
func (s *session) glue() { s.gluing = s.faults.has(Glue) }

// reply sends the one message that answers a request, with its faults.
func (s *session) reply(ctx context.Context, payload []byte) (confirmed bool) {
	payload = s.twist(payload)
	s.pause(ctx, s.faults.slow("result"), false)
	switch {
	case s.faults.has(NoResult):
		s.stay = true
		return false
	case s.faults.has(CutAfterAuth):
		s.flush()
		s.cut()
		return false
	case s.faults.has(HalfResult):
		s.flush()
		frame := ecr17.AppendFrame(nil, payload, s.t.opt.Scope)
		s.write(frame[:len(frame)/2])
		s.cut()
		return false
	}
	if s.faults.has(ProgressNoEOT) {
		s.write(append([]byte{ecr17.SOH}, "ATTESA RISPOSTA     "...))
	}
	if s.faults.has(CloseWithResult) || s.faults.has(CloseBeforeACK) {
		return s.lastWords(ctx, payload)
	}
	confirmed = s.deliverDamaged(ctx, payload, s.faults.times(BadLRC, 1))
	if s.faults.has(ProgressAfter) {
		s.progress("RIMUOVERE CARTA")
	}
	for range s.faults.times(Duplicate, 2) {
		if !confirmed {
			break
		}
		confirmed = s.deliver(ctx, payload)
	}
	return confirmed
}

// lastWords sends a result and closes behind it. Where the line can be closed on one
// side, close_with_result still hears our confirmation.
func (s *session) lastWords(ctx context.Context, payload []byte) bool {
	if line, ok := s.conn.(interface{ SetReadDeadline(time.Time) error }); ok && !s.permanent && s.faults.has(CloseBeforeACK) {
		_ = line.SetReadDeadline(time.Unix(1, 0)) // nothing is read from here on; the cut follows in any case
	}
	s.write(ecr17.AppendFrame(nil, payload, s.t.opt.Scope))
	s.flush()
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok && s.faults.has(CloseWithResult) && half.CloseWrite() == nil {
		s.halfClosed = true
		return s.confirmation(ctx) == confirmed
	}
	s.cut()
	return false
}

// say encodes and sends an answer. The simulator builds only what the codec accepts.
func (s *session) say(ctx context.Context, m ecr17.Message) bool {
	payload, err := m.AppendPayload(nil)
	return err == nil && s.reply(ctx, payload)
}

// reset breaks the line the hard way.
func (s *session) reset() {
	if s.permanent {
		s.mute = true
		return
	}
	reset(s.conn)
	s.lost, s.in = true, nil
}

// dead is a line whose terminal is gone without a word, for another one has taken its
// place.
func (s *session) dead(ctx context.Context) {
	s.leave()
	for {
		select {
		case _, ok := <-s.in:
			if !ok {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
