package ecr17

import "strings"

// unpack reads the message s into v. It reads on after a fault, so that v
// holds all that is readable, and gives the first fault: of the length, of a
// value, of a reserved field (Strict only). Fields beyond the end are absent.
func (l *layout) unpack(v *values, s string, mode Mode) error {
	fault := l.checkLength(s, mode)
	v.code = s[headerLen-1]
	for i := range l.steps {
		f := &l.steps[i]
		lo, hi := f.lo, f.hi
		if f.kind >= kindTail {
			hi = max(lo, len(s))
		}
		if hi > len(s) {
			continue
		}
		var err error
		if f.kind == kindNumber || f.kind == kindFlag {
			err = f.takeNumber(v, s[lo:hi], mode)
		} else {
			err = f.takeText(v, s[lo:hi], mode)
		}
		if err != nil && fault == nil {
			fault = l.fault(f.row, s[lo:hi], err)
		}
	}
	if fault == nil && mode == Strict {
		return l.checkFills(s)
	}
	return fault
}

func (l *layout) checkFills(s string) error {
	for i := range l.fills {
		f := &l.fills[i]
		if content := s[f.lo:f.hi]; !zeros(content) {
			return l.fault(f.row, content, ErrReserved)
		}
	}
	return nil
}

func (l *layout) checkLength(s string, mode Mode) error {
	longest := l.width
	if t := l.tail(); t != nil {
		longest += t.len
	}
	switch {
	case len(s) < l.width:
		return l.fault(&field{name: "message", desc: "length", at: 1, len: l.width}, lengthText(len(s)), ErrShort)
	case len(s) > longest && mode == Strict:
		return l.fault(&field{name: "message", desc: "length", at: 1, len: longest}, lengthText(len(s)), ErrLong)
	}
	return nil
}

func (f *step) takeText(v *values, s string, mode Mode) error {
	all := classOf(s)
	trimmed := s
	switch {
	case f.opt&orBlank != 0 && all&blankByte != 0, f.opt&orZeros != 0 && all&zeroByte != 0:
		trimmed = ""
	case f.pad == blankRight && s[len(s)-1] == ' ':
		trimmed = strings.TrimRight(s, " ")
	case f.pad == blankLeft && s[0] == ' ':
		trimmed = strings.TrimLeft(s, " ")
	}
	if len(trimmed) != len(s) {
		all = classOf(trimmed)
	}
	err := error(nil)
	switch {
	case !f.kind.accepts(all):
		err = f.kind.refusal()
	case trimmed == "" && f.kind == kindDigits && f.opt&(orBlank|orZeros) == 0:
		err = ErrNotDigits
	default:
		v.setText(f.id, trimmed)
		return nil
	}
	switch {
	case mode == Strict || f.opt&need != 0:
		return err
	case f.kind == kindPAN && all&panLikeByte != 0:
		v.setText(f.id, starred(trimmed))
	case f.kind == kindText || f.kind == kindTail:
		v.setText(f.id, printable(trimmed))
	case f.kind == kindTicket:
		v.setText(f.id, keepBytes(trimmed, ticketByte))
	case f.kind == kindXML:
		v.setText(f.id, keepBytes(trimmed, xmlByte))
	}
	return nil // a number in text form that cannot be read is absent
}

func (f *step) takeNumber(v *values, s string, mode Mode) error {
	n := int64(0)
	for i := range len(s) {
		if !isDigit(s[i]) {
			switch {
			case f.opt&orBlank != 0 && blank(s):
				return nil
			case mode == Strict || f.opt&need != 0:
				return ErrNotDigits
			}
			return nil
		}
		n = n*10 + int64(s[i]-'0')
	}
	if f.kind == kindFlag && n > 1 || n == 0 && f.opt&notZero != 0 {
		if mode == Strict || f.opt&need != 0 {
			return ErrRange
		}
		return nil
	}
	v.setNumber(f.id, n)
	return nil
}

// starred writes a card number truncated in another style the usual way: stars
// inside, zeros on the left, and no more digits than that leaves.
func starred(s string) string {
	b := []byte(strings.TrimSpace(s))
	for i := range b {
		if !isDigit(b[i]) {
			b[i] = '*'
		}
	}
	masked, _ := maskPAN(strings.Repeat("0", len(s)-len(b)) + string(b))
	return masked
}

func keepBytes(s string, keep func(byte) bool) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if keep(s[i]) {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// xmlByte allows every 7-bit byte that does not frame.
func xmlByte(b byte) bool {
	switch b {
	case SOH, STX, ETX, EOT, ACK, NAK:
		return false
	}
	return b < 0x80
}
