package ecr17

import "strings"

// pack appends the message that v holds: an empty one, then each value into
// its place.
func (l *layout) pack(dst []byte, v *values) ([]byte, error) {
	start := len(dst)
	out := append(dst, l.form...)
	msg := out[start:]
	msg[headerLen-1] = v.code
	for i := range l.steps {
		f := &l.steps[i]
		var err error
		switch {
		case f.kind >= kindTail:
			s := v.text[f.id]
			if err = f.checkWidth(s); err == nil {
				out = append(out, s...)
			}
		case f.kind == kindNumber || f.kind == kindFlag:
			err = f.putNumber(msg[f.lo:f.hi], v)
		default:
			err = f.putText(msg[f.lo:f.hi], v.text[f.id])
		}
		if err != nil {
			return dst, l.fault(f.row, v.shown(f.row), err)
		}
	}
	return out, nil
}

func (f *step) putNumber(into []byte, v *values) error {
	n, present := v.amount(f.id)
	switch {
	case !present:
		fill(into, ' ')
		return nil
	case n < 0 || n == 0 && f.opt&notZero != 0:
		return ErrRange
	case f.kind == kindFlag && n > 1:
		return ErrTooWide
	}
	rest := uint64(n)
	for i := len(into) - 1; i >= 0 && rest > 0; i-- { // zeros stand there already
		into[i] = byte('0' + rest%10)
		rest /= 10
	}
	if rest > 0 {
		return ErrTooWide
	}
	return nil
}

func (f *step) putText(into []byte, s string) error {
	if err := f.checkWidth(s); err != nil {
		return err
	}
	missing := len(into) - len(s)
	switch {
	case missing == 0:
		copy(into, s)
	case s == "" && f.opt&orZeros != 0:
		fill(into, '0')
	case s == "" && f.opt&orBlank != 0:
		fill(into, ' ')
	case f.pad == exact:
		return ErrShort
	case f.pad == blankRight:
		copy(into, s)
	default:
		copy(into[missing:], s)
	}
	return nil
}

// checkWidth looks at the characters of a text, then at its length.
func (f *step) checkWidth(s string) error {
	if !f.kind.accepts(classOf(s)) {
		return f.kind.refusal()
	}
	if len(s) > f.hi-f.lo {
		return ErrTooWide
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

func fill(into []byte, b byte) {
	for i := range into {
		into[i] = b
	}
}

func appendFill(dst []byte, b byte, n int) []byte {
	for range n {
		dst = append(dst, b)
	}
	return dst
}
