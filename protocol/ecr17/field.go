package ecr17

import "strings"

// Direction is who speaks. Letters are used twice (S, E, T, C, s, U, i, c, K),
// so nothing is decoded without it (1.7).
type Direction uint8

// Directions.
const (
	ToTerminal   Direction = iota // requests of the cash desk (ECR)
	FromTerminal                  // answers of the terminal (POS)
)

func (d Direction) String() string {
	if d == ToTerminal {
		return "to terminal"
	}
	return "from terminal"
}

// Mode is how strictly a message is read.
type Mode uint8

const (
	// Strict accepts exactly what AppendPayload writes: what it accepts
	// encodes to the same bytes. The simulated terminal reads with it.
	Strict Mode = iota
	// Lenient accepts what a terminal may send (2.0): reserved fields and
	// byte 9 are ignored, an unreadable number is absent (never zero), text
	// is cleaned, a longer message keeps its known part. What it accepts
	// encodes to the canonical form of the same content.
	Lenient
)

// kind is what a field may hold.
type kind uint8

const (
	kindFill   kind = iota // reserved: the row's fill byte throughout
	kindCode               // the message code
	kindDigits             // N, kept as text
	kindNumber             // N, right aligned, zeros on the left, kept as integer
	kindFlag               // '0' or '1'
	kindText               // AN, printable 7-bit
	kindPAN                // card number, masked
	kindTail               // the variable rest of the message, len = its maximum
	kindTicket             // like kindTail, with print controls (section 4)
	kindXML                // like kindTail, any 7-bit byte that does not frame
)

// pad is how a short value is brought to the width.
type pad uint8

const (
	exact      pad = iota // never: the value has the width
	zerosLeft             // R0
	blankRight            // LB
	blankLeft             // RB
)

// opt are properties of a row.
type opt uint8

const (
	need    opt = 1 << iota // unreadable: the message is refused even when lenient
	orBlank                 // all blanks = absent, legal also when strict
	orZeros                 // all zeros = absent; absent is written as zeros
	notZero                 // kindNumber: zero is refused
)

// field is one row of a message table.
type field struct {
	id   fieldID
	name string // wire name, used in errors
	at   int    // 1-based position
	len  int    // width in bytes
	kind kind
	pad  pad
	opt  opt
	desc string
}

// layout is the table of one message.
type layout struct {
	name  string
	codes string // the message codes that have this table
	width int    // length without the variable tail
	rows  []field
}

// tail is the row of the variable rest, or nil.
func (l *layout) tail() *field {
	if f := &l.rows[len(l.rows)-1]; f.kind >= kindTail {
		return f
	}
	return nil
}

// values are the fields of one message between bytes and struct.
type values struct {
	code byte
	text [numFields]string
	num  [numFields]int64
	has  uint64 // bit per fieldID: present and readable
}

func (v *values) present(id fieldID) bool { return v.has&(1<<id) != 0 }

func (v *values) setText(id fieldID, s string) {
	v.text[id] = s
	v.has |= 1 << id
}

func (v *values) setNumber(id fieldID, n int64) {
	v.num[id] = n
	v.has |= 1 << id
}

// setAmount sets n, or leaves the field absent.
func (v *values) setAmount(id fieldID, n int64, present bool) {
	if present {
		v.setNumber(id, n)
	}
}

func (v *values) setFlag(id fieldID, on bool) {
	n := int64(0)
	if on {
		n = 1
	}
	v.setNumber(id, n)
}

func (v *values) flag(id fieldID) bool { return v.num[id] == 1 }

// amount gives a number and whether it is there.
func (v *values) amount(id fieldID) (int64, bool) { return v.num[id], v.present(id) }

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
	}
	trimmed := s
	switch f.pad {
	case blankRight:
		trimmed = strings.TrimRight(s, " ")
	case blankLeft:
		trimmed = strings.TrimLeft(s, " ")
	}
	switch {
	case f.opt&orBlank != 0 && blank(s), f.opt&orZeros != 0 && zeros(s):
		trimmed = ""
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

// shown is the value of a row for an error, never a card number.
func (v *values) shown(f *field) string {
	if f.kind == kindNumber || f.kind == kindFlag {
		return numberText(v.num[f.id])
	}
	return v.text[f.id]
}

func (l *layout) fault(f *field, value string, err error) error {
	if f.kind == kindPAN {
		value = hideDigits(value)
	}
	const most = 64
	value = MaskText(value)
	if len(value) > most {
		value = value[:most]
	}
	return &FieldError{Message: l.name, Field: f.name, Desc: f.desc, At: f.at, Len: f.len, Value: value, Err: err}
}

// checkCode refuses a message code that the table does not serve.
func (l *layout) checkCode(code byte) error {
	if strings.IndexByte(l.codes, code) < 0 {
		return l.fault(&l.rows[2], printable(string(rune(code))), ErrCode)
	}
	return nil
}
