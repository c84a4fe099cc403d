package ecr17

import "strings"

// unpack reads the message s into v. It reads on after a fault, so that v
// holds all that is readable, and gives the first fault. Fields beyond the end
// are absent.
func (l *layout) unpack(v *values, s string, mode Mode) error {
	fault := l.checkLength(s, mode)
	v.code = s[9]
	for i := range l.rows {
		f := &l.rows[i]
		lo := f.at - 1
		hi := lo + f.len
		if f.kind >= kindTail {
			hi = max(lo, len(s))
		}
		if hi > len(s) {
			continue
		}
		if err := f.take(v, s[lo:hi], mode); err != nil && fault == nil {
			fault = l.fault(f, s[lo:hi], err)
		}
	}
	return fault
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

// take reads one field.
func (f *field) take(v *values, s string, mode Mode) error {
	switch f.kind {
	case kindFill:
		if mode == Strict && !zeros(s) {
			return ErrReserved
		}
		return nil
	case kindCode:
		return nil
	case kindNumber, kindFlag:
		return f.takeNumber(v, s, mode)
	default:
		return f.takeText(v, s, mode)
	}
}

func (f *field) takeText(v *values, s string, mode Mode) error {
	trimmed := s
	switch {
	case f.opt&orBlank != 0 && blank(s), f.opt&orZeros != 0 && zeros(s):
		trimmed = ""
	case f.pad == blankRight:
		trimmed = strings.TrimRight(s, " ")
	case f.pad == blankLeft:
		trimmed = strings.TrimLeft(s, " ")
	}
	err := f.check(trimmed)
	if trimmed == "" && f.kind == kindDigits && f.opt&(orBlank|orZeros) == 0 {
		err = ErrNotDigits
	}
	switch {
	case err == nil:
		v.setText(f.id, trimmed)
		return nil
	case mode == Strict || f.opt&need != 0:
		return err
	case f.kind == kindPAN && panShaped(trimmed):
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

func (f *field) takeNumber(v *values, s string, mode Mode) error {
	if f.opt&orBlank != 0 && blank(s) {
		return nil
	}
	n := int64(0)
	for i := range len(s) {
		if !isDigit(s[i]) {
			if mode == Strict || f.opt&need != 0 {
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
// inside, zeros on the left.
func starred(s string) string {
	b := []byte(strings.TrimSpace(s))
	for i := range b {
		if !isDigit(b[i]) {
			b[i] = '*'
		}
	}
	return strings.Repeat("0", len(s)-len(b)) + string(b)
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
