package ecr17

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

// values are the fields of one message between bytes and struct.
type values struct {
	code byte
	has  uint64 // bit per fieldID: present and readable
	text [firstNumber]string
	num  [numFields - firstNumber]int64 // see number
}

func (v *values) present(id fieldID) bool { return v.has&(1<<id) != 0 }

func (v *values) setText(id fieldID, s string) {
	v.text[id] = s
	v.has |= 1 << id
}

func (v *values) setNumber(id fieldID, n int64) {
	v.num[id-firstNumber] = n
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

// number is 0 for an absent one.
func (v *values) number(id fieldID) int64 { return v.num[id-firstNumber] }

func (v *values) flag(id fieldID) bool { return v.number(id) == 1 }

// amount gives a number and whether it is there.
func (v *values) amount(id fieldID) (int64, bool) { return v.number(id), v.present(id) }

// shown is the value of a row for an error, never a card number.
func (v *values) shown(f *field) string {
	switch f.kind {
	case kindNumber, kindFlag:
		return numberText(v.number(f.id))
	case kindFill, kindCode:
		return ""
	}
	return v.text[f.id]
}

func (l *layout) fault(f *field, value string, err error) error {
	if f.kind == kindPAN {
		value = hideDigits(value)
	}
	const most = 64
	value = MaskDigits(value)
	if len(value) > most {
		value = value[:most]
	}
	return &FieldError{Message: l.name, Field: f.name, Desc: f.desc, At: f.at, Len: f.len, Value: value, Err: err}
}
