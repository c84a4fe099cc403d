package ecr17

import "strings"

// pack appends the message that v holds.
func (l *layout) pack(dst []byte, v *values) ([]byte, error) {
	out := dst
	for i := range l.rows {
		f := &l.rows[i]
		var err error
		switch f.kind {
		case kindFill:
			for range f.len {
				out = append(out, '0')
			}
		case kindCode:
			out = append(out, v.code)
		case kindNumber, kindFlag:
			out, err = f.packNumber(out, v)
		default:
			out, err = f.packText(out, v)
		}
		if err != nil {
			return dst, l.fault(f, v.shown(f), err)
		}
	}
	return out, nil
}

func (f *field) packNumber(dst []byte, v *values) ([]byte, error) {
	n, present := v.amount(f.id)
	switch {
	case !present:
		return appendFill(dst, ' ', f.len), nil
	case n < 0 || n == 0 && f.opt&notZero != 0:
		return dst, ErrRange
	case !fits(n, f.len) || f.kind == kindFlag && n > 1:
		return dst, ErrTooWide
	}
	return appendNumber(dst, n, f.len), nil
}

func (f *field) packText(dst []byte, v *values) ([]byte, error) {
	s := v.text[f.id]
	if err := f.check(s); err != nil {
		return dst, err
	}
	missing := f.len - len(s)
	switch {
	case missing < 0:
		return dst, ErrTooWide
	case f.kind >= kindTail:
		return append(dst, s...), nil
	case s == "" && f.opt&orZeros != 0:
		return appendFill(dst, '0', f.len), nil
	case s == "" && f.opt&orBlank != 0:
		return appendFill(dst, ' ', f.len), nil
	case missing > 0 && f.pad == exact:
		return dst, ErrShort
	case f.pad == zerosLeft:
		return append(appendFill(dst, '0', missing), s...), nil
	case f.pad == blankLeft:
		return append(appendFill(dst, ' ', missing), s...), nil
	}
	return appendFill(append(dst, s...), ' ', missing), nil
}

func appendFill(dst []byte, b byte, n int) []byte {
	for range n {
		dst = append(dst, b)
	}
	return dst
}

func fits(n int64, width int) bool {
	for range width {
		n /= 10
	}
	return n == 0
}

// check looks at the characters of a text, not at its length.
func (f *field) check(s string) error {
	switch f.kind {
	case kindDigits:
		if !allDigits(s) {
			return ErrNotDigits
		}
	case kindPAN:
		for i := range len(s) {
			if !isDigit(s[i]) && s[i] != '*' {
				return ErrNotDigits
			}
		}
	case kindTicket:
		for i := range len(s) {
			if !ticketByte(s[i]) {
				return ErrNotText
			}
		}
	case kindXML:
		for i := range len(s) {
			if !xmlByte(s[i]) {
				return ErrNotText
			}
		}
	default:
		if !allPrintable(s) {
			return ErrNotText
		}
	}
	return nil
}

// checkCode refuses a message code that the table does not serve.
func (l *layout) checkCode(code byte) error {
	if strings.IndexByte(l.codes, code) < 0 {
		return l.fault(&l.rows[2], printable(string(rune(code))), ErrCode)
	}
	return nil
}
