package ecr17

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"sportello/driver"
	"sportello/driver/line"
	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// exchange is one payment on its connection, from the financial frame on. It outlives Pay when the
// outcome is unknown: Resolve goes on reading it. It is used by one goroutine at a time.
type exchange struct {
	t        *terminal
	conn     *conn // nil: nothing is left to read (restart)
	payment  driver.Payment
	reversal bool // it gives the payment back
	baseline driver.Baseline
	blanks   []byte   // what an empty memory answered to G before the payment
	previous []byte   // the latest result that an earlier exchange of this process heard
	strays   [][]byte // results that came in the pre-flight, asked for by nobody
	untold   bool     // the terminal did not tell its last result before the payment
	rough    bool     // the pre-flight did not go smoothly: something old may be left unsaid
	settled  bool     // the terminal has nothing old left to say; see sameAgain
	notices  []byte   // payload of the additional data; nil: none
	show     func(driver.Progress)
	phase    driver.Phase

	sent     time.Time // monotonic; zero after a restart
	activity time.Time // last frame of this attempt, or sent
	odd      bool      // a result came that cannot count: wait only a little longer
	again    *again    // a refusal that may be an earlier one came, and nothing since speaks against it

	acked      bool
	refused    bool // NAK before anything else
	checked    bool // the check after that NAK did not find the terminal idle
	progressed bool
	stirred    bool // a message came, or what may have been one: a NAK beside it refuses nothing
	worked     bool // progress came after the ACK: it is at this payment
	dataDue    bool // U is to be sent as soon as nothing else is here
	dataSent   int
	naks       int      // damaged frames refused
	candidate  []byte   // result before the ACK (ECR17 1.6)
	past       [][]byte // results that belong to earlier payments; at most mostPast
	memory     memory   // G was asked on this line
	beside     beside   // what came where it cannot count
	deaf       bool     // past is full: nothing that this line brings counts any more
	remarks    int      // how many there were
	direct     *Reading
	second     *Reading // an approval that came behind the refusal which was the outcome
	pending    bool     // direct came after Pay had ended: recorded and acknowledged by Resolve
	concluded  bool     // the outcome is recorded: another result is not ours to take any more
	told       bool     // our ACK of direct has been written already
	ticket     ticket
	data       []byte // the host's additional data that came behind the outcome
	evidence   []driver.Evidence

	nothingSent, cutShort, refusedIdle bool
	lineEnd                            local.Code
}

// start sends the financial frame, once. A write that fails in the middle ends the connection at once,
// so that nothing more of the frame can leave.
func (e *exchange) start(frame []byte) {
	e.sent = time.Now()
	e.activity = e.sent
	n, err := e.conn.send(frame)
	if err == nil {
		return
	}
	e.conn.close()
	e.lineEnd = local.CodeLineLost
	whole := len(ecr17.AppendFrame(nil, frame, e.conn.scope))
	switch {
	case errors.Is(err, line.ErrStuck) || n >= whole:
	case n == 0:
		e.nothingSent = true
	default:
		e.cutShort = true
	}
	e.note(driver.EvidenceLine, fmt.Sprintf("inviati %d byte di %d: %v", n, whole, err), nil)
}

// deadline: silence since the last byte, and the hard stop (ECR17 1.6).
func (e *exchange) deadline() time.Time {
	last := e.sent
	if e.conn.lastByte.After(last) {
		last = e.conn.lastByte
	}
	wait := e.t.cfg.Timing.Result
	if e.odd || e.again != nil && !e.again.atWork {
		wait = min(wait, e.t.profile.afterOdd)
	}
	if e.again != nil && e.again.slip(&e.ticket) {
		wait = min(wait, e.t.profile.linger)
	}
	silence, stop := last.Add(wait), e.sent.Add(e.t.cfg.Timing.HardStop)
	if stop.Before(silence) {
		return stop
	}
	return silence
}

// run reads until there is a direct result, a refusal by NAK, or nothing more to wait for. Only
// errClosing is an error.
func (e *exchange) run() error {
	for e.direct == nil && e.lineEnd == "" {
		f, ok := e.conn.poll()
		switch {
		case ok:
		case e.dataDue:
			e.sendData()
			continue
		default:
			var err error
			f, err = e.conn.await(e.deadline, nil)
			switch {
			case e.t.life.Err() != nil:
				return errClosing
			case errors.Is(err, errTimeout):
				e.stop(local.CodeNoAnswer)
				continue
			case err != nil:
				e.stop(local.CodeLineLost)
				continue
			}
		}
		e.handle(f)
		if e.refused && !e.checked && !e.acked && !e.progressed && !e.stirred && e.candidate == nil {
			return nil
		}
	}
	return nil
}

// ends tells people how the line of an attempt ended.
var ends = map[local.Code]string{
	local.CodeLineLost:      "collegamento caduto",
	local.CodeNoAnswer:      "nessuna risposta",
	local.CodeDamagedAnswer: "solo risposte illeggibili",
}

func (e *exchange) stop(code local.Code) {
	if e.naks > 0 {
		code = local.CodeDamagedAnswer
	}
	e.lineEnd = code
	if e.candidate != nil {
		e.note(driver.EvidenceResult, "un risultato, e nessuna conferma prima o dopo", e.candidate)
	}
	e.note(driver.EvidenceLine, fmt.Sprintf("%s dopo %v; comando confermato: %s, al lavoro: %s",
		ends[code], time.Since(e.sent).Round(time.Second), yes(e.acked), yes(e.progressed)), nil)
}

// handle takes one frame of the attempt. It answers everything but the result that decides, which is
// acknowledged only when the outcome is durable; then it reports true.
func (e *exchange) handle(f frame) (decided bool) {
	if e.deaf {
		return false
	}
	e.activity = time.Now()
	switch f.Kind {
	case ecr17.FrameACK:
		e.again = nil
		e.onACK()
	case ecr17.FrameNAK:
		e.again = nil
		e.onNAK(f)
	case ecr17.FrameProgress:
		e.progressed = true
		e.worked = e.worked || e.acked
		e.again.progress(f.Text())
		p := progressOf(ecr17.MaskDigits(f.Text()), e.phase)
		e.phase = p.Phase
		e.show(p)
	case ecr17.FrameApplication:
		return e.onMessage(f)
	}
	return false
}

// onACK: a candidate that came before belongs to the past, and the terminal now waits for the additional
// data. A second ACK changes nothing.
func (e *exchange) onACK() {
	e.dataDue = e.dataDue || e.notices != nil && !e.acked
	if e.candidate != nil && !e.acked {
		e.discard("un risultato arrivato prima della conferma: di un pagamento precedente", e.candidate)
		e.candidate, e.odd = nil, false
	}
	e.acked = true
}

// yes is a fact for people.
func yes(fact bool) string {
	if fact {
		return "sì"
	}
	return "no"
}

func (e *exchange) discard(why string, raw []byte) {
	if len(e.past) >= mostPast { // no terminal has so much to say: this line's word does not count any more
		e.deaf = true
		e.conn.close()
		return
	}
	e.past = append(e.past, raw)
	e.remark(driver.EvidenceResult, why, raw)
}

// onNAK: a NAK of a known form refuses the payment, if there was no other sign of work, or the
// additional data. Anything else that looks like a NAK is only suspected, and we go on waiting.
func (e *exchange) onNAK(f frame) {
	switch {
	case f.Suspected():
		e.remark(driver.EvidenceLine, "forse un NAK", nil)
	case e.dataSent > 0 && e.dataSent < e.t.profile.sendData:
		e.dataDue = true
	case e.dataSent > 0:
		e.remark(driver.EvidenceData, driver.NoticesNotSent+": il terminale ha rifiutato i dati aggiuntivi", nil)
	case !e.acked:
		e.refused = true
		e.remark(driver.EvidenceLine, "NAK", nil)
	}
}

// sendData sends U: right after the ACK, on the same connection, and only while no result has come.
func (e *exchange) sendData() {
	e.dataDue = false
	e.dataSent++
	if _, err := e.conn.send(e.notices); err != nil {
		e.note(driver.EvidenceData, driver.NoticesNotSent+": il collegamento non ha preso i dati aggiuntivi", nil) // the read will tell the rest
	}
}

func (e *exchange) onMessage(f frame) (decided bool) {
	e.stirred = true
	if f.damaged || !f.Valid(e.conn.scope) {
		e.onDamage(f)
		return false
	}
	_, code, err := ecr17.Header(ecr17.FromTerminal, f.Payload)
	switch {
	case err != nil:
		e.onDamage(f)
		return false
	case isResult(code):
		return e.onResult(f.Payload)
	case code == 'S':
		acked := e.conn.ack() == nil
		e.ticket.add(f.Payload, acked)
	case code == 'U': // the host's additional data, before the result or after it: kept, never an outcome
		e.again = nil
		e.conn.ack()
		if data := []byte(ecr17.MaskDigits(string(f.Payload))); e.concluded {
			e.data = data
		} else {
			e.remark(driver.EvidenceData, "dati aggiuntivi della banca", data)
		}
	default: // the answer to another command: not an outcome (D20)
		e.again = nil
		e.conn.ack()
		e.remark(driver.EvidenceLine, fmt.Sprintf("messaggio inatteso %q", code), nil)
	}
	return false
}

// onDamage refuses physical damage, at most three times.
func (e *exchange) onDamage(f frame) {
	e.again = nil
	e.ticket.refused = true
	e.hint(f.Payload)
	if e.naks < e.t.profile.sendNAKs {
		e.naks++
		e.conn.nak()
	}
	if e.naks == e.t.profile.sendNAKs {
		e.odd = true
	}
}

func isResult(code byte) bool { return bytes.IndexByte([]byte(answerResult), code) >= 0 }

// onResult sorts a result by ECR17 1.6: repeats, an earlier one again, before the ACK, ours.
func (e *exchange) onResult(payload []byte) (decided bool) {
	r := e.sense(readResult(payload, e.baseline.TerminalID, terminalNow(e.baseline.ClockOffset)))
	same := func(raw []byte) bool { return bytes.Equal(raw, r.Raw) }
	switch {
	case e.direct != nil && same(e.direct.Raw), e.candidate != nil && same(e.candidate), e.memory.holds(r.Raw):
		e.conn.ack()
		return false
	case e.earlier(r.Raw),
		r.Sense == SenseRefused && e.taken(r), e.acked && e.direct == nil && e.untold && (r.mayRecur() || e.rough && r.Sense == SenseRefused):
		e.onEarlier(r)
		return false
	case e.concluded: // not acknowledged: nobody has it on disk yet
		if e.second == nil && e.direct != nil && e.direct.Sense == SenseRefused && r.Sense == SenseApproved && !e.taken(r) {
			e.second = &r
		}
		return false
	case !e.acked:
		e.conn.ack()
		e.settled = false // it had something left to say
		if e.candidate != nil {
			e.discard("un risultato precedente prima della conferma", e.candidate)
		}
		e.candidate, e.odd = r.Raw, true
		if !e.taken(r) {
			e.bars(r)
		}
		return false
	}
	asked := e.memory.owed > 0
	switch {
	case asked:
		e.memory.tells(r.Raw)
		r.Sense, r.Text = SenseOdd, "forse la risposta a una domanda sull'ultimo risultato: "+r.Text
	case r.Sense == SenseApproved && e.taken(r):
		r.Sense, r.Text = SenseOdd, "approvato, con il numero "+r.Charge.STAN+" di un'operazione precedente"
	case r.Sense == SenseApproved && e.untold && r.longBefore(e.sent, e.baseline.ClockOffset):
		r.Sense, r.Text = SenseOdd, "approvato, a un'ora di prima di questo pagamento"
	}
	if r.Sense == SenseOdd && !asked {
		e.bars(r)
	}
	e.direct, e.again = &r, nil
	e.t.remember(r.Raw, false)
	e.note(driver.EvidenceResult, r.Text, r.Raw)
	return true
}

// facts are what Judge needs, as far as the exchange knows.
func (e *exchange) facts(x driver.Exclusivity) Facts {
	return Facts{
		Exclusivity: x, AmountCents: e.payment.AmountCents,
		NothingSent: e.nothingSent, CutShort: e.cutShort, RefusedIdle: e.refusedIdle,
		Acked: e.acked, Progress: e.progressed, LineEnd: string(e.lineEnd), Direct: e.direct, Beside: e.beside.approved,
	}
}

// What is kept of a line that never comes to an end (Z13, Z14).
const (
	mostPast    = 64
	mostRemarks = 100
)

// remark is note for what a line may bring again and again: of that the first hundred are enough.
func (e *exchange) remark(kind, text string, raw []byte) {
	switch e.remarks++; {
	case e.remarks < mostRemarks:
		e.note(kind, text, raw)
	case e.remarks == mostRemarks:
		e.note(driver.EvidenceLine, "e altri simili", nil)
	}
}

func (e *exchange) note(kind, text string, raw []byte) {
	e.evidence = append(e.evidence, driver.Evidence{Kind: kind, At: time.Now(), Text: ecr17.MaskText(text), Raw: raw})
}

// withEvidence puts what was seen before what the judgement itself adds.
func (e *exchange) withEvidence(o driver.Outcome) driver.Outcome {
	for _, own := range o.Evidence {
		e.note(own.Kind, own.Text, own.Raw)
	}
	o.Evidence = e.evidence
	return o
}

// aftermath acknowledges the result and reads what follows: the slip, repeats. Nothing here changes the
// outcome. A slip ends with its mark or with silence.
func (e *exchange) aftermath() driver.Aftermath {
	open := e.conn.alive() // behind its end the ACK is written all the same: it may still be heard (C10), or not (D13)
	acked := e.told || e.conn.ack() == nil && open
	silence := e.t.profile.linger
	if e.t.cfg.Receipts == "ecr" {
		silence = e.t.profile.ticketSilence
	}
	for stop := time.Now().Add(e.t.cfg.Timing.Result); time.Now().Before(stop); {
		if e.ticket.complete() {
			silence = e.t.profile.linger
		}
		since := time.Now()
		f, err := e.conn.await(func() time.Time { // silence is without a byte, however slowly they come
			if e.conn.lastByte.After(since) {
				since = e.conn.lastByte
			}
			if quiet := since.Add(silence); quiet.Before(stop) {
				return quiet
			}
			return stop
		}, nil)
		if err != nil {
			break
		}
		e.handle(f)
		if len(e.ticket.parts) == 1 && e.phase != driver.PhaseReceipt {
			e.phase = driver.PhaseReceipt
			e.show(driver.Progress{Phase: e.phase})
		}
	}
	a := driver.Aftermath{Acked: acked, Data: e.data}
	a.Ticket, a.RawTicket, a.TicketComplete = e.ticket.read(e.t.slipOptions())
	return a
}
