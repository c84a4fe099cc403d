package simulator

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// twist makes an answer say what its faults want. Only the wire hears it: what the
// terminal has saved, and what the bank knows, stay as they are.
func (s *session) twist(payload []byte) []byte {
	p := bytes.Clone(payload)
	if s.faults.has(EmptyMemory) {
		p = []byte(s.t.emptyRefusal())
	}
	if len(p) < 12 {
		return p
	}
	letter, done := p[9], string(p[10:12]) == string(ecr17.ResultOK)
	if r, ok := s.faults[DenialText]; ok && done && len(p) >= 47 {
		text := r.Text
		if text == "" {
			text = "TRANSAZIONE NEGATA"
		}
		copy(p[12:47], fmt.Sprintf("%-24s%011d", text, 0))
	}
	if at := amountAt(letter); at > 0 && s.faults.has(LettersInAmount) && len(p) >= at+8 {
		copy(p[at:at+8], "000O1A00")
	}
	if at := hostTimeAt(letter); at > 0 && done && len(p) >= at+7 {
		s.twistTime(p[at : at+7])
	}
	if at := stanAt(letter); at > 0 && s.faults.has(StanBack) && len(p) >= at+6 {
		copy(p[at:at+6], "000001")
	}
	s.twistTotals(letter, done, p)
	if r, ok := s.faults[WrongTID]; ok {
		if copy(p, r.TerminalID) == 0 {
			p[7] = '0' + (p[7]-'0'+1)%10
		}
	}
	if r, ok := s.faults[WrongLetter]; ok {
		if copy(p[9:10], r.Text) == 0 {
			p[9] = 'T'
		}
	}
	if s.faults.has(ShortResult) {
		p = p[:len(p)-1]
	}
	return p
}

func (s *session) twistTime(at []byte) {
	if r, ok := s.faults[HostDay]; ok {
		copy(at, r.Code)
	}
	if off := s.faults.wait(HostTimeOff, clockOff); off > 0 {
		if t, ok := ecr17.HostTime(at).Time(time.Now()); ok {
			copy(at, ecr17.HostTimeOf(t.Add(off)))
		}
	}
}

// twistTotals: the totals stand at 13, in C the host's behind the terminal's.
func (s *session) twistTotals(letter byte, done bool, p []byte) {
	const width = 16
	end := map[byte]int{'T': 28, 'C': 44}[letter]
	if end == 0 || !done || len(p) < end {
		return
	}
	if r, ok := s.faults[UnequalTotals]; ok && letter == 'C' {
		if host, err := strconv.ParseInt(strings.TrimSpace(string(p[end-width:end])), 10, 64); err == nil {
			copy(p[end-width:end], fmt.Sprintf("%016d", host+max(r.AmountCents, 1)))
		}
	}
	if s.faults.has(BlankTotal) {
		copy(p[12:end], strings.Repeat(" ", 2*width))
	}
}

// Places in results, from 0 (ECR17 2.3 to 2.7); 0 where there is none.
func amountAt(letter byte) int {
	return map[byte]int{'E': 74, 'V': 74, 'e': 40}[letter]
}

func hostTimeAt(letter byte) int {
	return map[byte]int{'E': 40, 'V': 40, 'e': 60, 'i': 63, 'c': 40, 'v': 40}[letter]
}

func stanAt(letter byte) int {
	return map[byte]int{'E': 59, 'V': 59, 'e': 82, 'i': 51, 'c': 59, 'v': 59}[letter]
}

// otherClass sets what the faults want the result of a transaction to be, on the wire
// and in the memory.
func (s *session) otherClass(tx *transaction) {
	switch {
	case s.faults.has(ExtendedResult):
		tx.class = ecr17.ClassExtended
	case s.faults.has(PlainResult):
		tx.class = ecr17.ClassPayment
	}
	if r, ok := s.faults[VResult]; ok {
		tx.dcc = dollars(tx.cents, r.At != "plain")
	}
}

// twistVAS refuses in the answer what was done, if K has that fault.
func (s *session) twistVAS(reply vasReply) vasReply {
	r, ok := s.faults[VASRefused]
	if !ok {
		return reply
	}
	code := r.Code
	if code == "" {
		code = "01"
	}
	twisted := make(vasReply, len(reply))
	for i, p := range reply {
		switch p[0] {
		case "RESPID":
			p[1] = code
		case "RESPMSG":
			p[1] = "KO"
		}
		twisted[i] = p
	}
	return twisted
}

// vasPartSize is how much of an answer of n bytes goes into a part.
func (s *session) vasPartSize(n int) int {
	if parts := s.faults.times(VASSplit, 3); parts > 0 {
		return min(max((n+parts-1)/parts, 1), s.t.opt.VASPart)
	}
	return s.t.opt.VASPart
}

// twistParts spoils the row of messages of a VAS answer.
func (s *session) twistParts(parts [][]byte) [][]byte {
	if s.faults.has(VASLength) && len(parts) > 0 {
		last := parts[len(parts)-1]
		const at, width = 22, 4
		if n, err := strconv.Atoi(string(last[at : at+width])); err == nil {
			copy(last[at:], fmt.Sprintf("%04d", n+16))
		}
	}
	if len(parts) < 2 {
		return parts
	}
	var out [][]byte
	for i, p := range parts {
		switch {
		case i == 1 && s.faults.has(VASMissing):
		case i == 1 && s.faults.has(VASRepeat):
			out = append(out, p, p)
		default:
			out = append(out, p)
		}
	}
	return out
}
