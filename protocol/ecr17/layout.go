package ecr17

import "fmt"

// layout is the table of one message, and what is worked out of it once at
// start: the steps that read and write a message without looking at reserved
// fields, and an empty message to write into.
type layout struct {
	name  string
	codes string // the message codes that have this table
	width int    // length without the variable tail
	rows  []field

	steps []step // rows that carry a value, in order
	fills []step // reserved rows, checked by a strict reader only
	form  []byte // width bytes: reserved fields as they are, others padded
}

// step is a row at its place in the bytes.
type step struct {
	lo, hi int // offsets; hi is open in a tail
	kind   kind
	pad    pad
	opt    opt
	id     fieldID
	row    *field // for errors
}

// table builds a layout at start. A table that contradicts itself is a mistake
// in this package that no message may meet: it ends the program.
func table(name, codes string, width int, groups ...[]field) *layout {
	l, err := newLayout(name, codes, width, groups...)
	if err != nil {
		panic(fmt.Sprintf("ecr17: table %q: %v", name, err))
	}
	return l
}

func newLayout(name, codes string, width int, groups ...[]field) (*layout, error) {
	l := &layout{name: name, codes: codes, width: width}
	l.rows = append(l.rows, header...)
	for _, g := range groups {
		l.rows = append(l.rows, g...)
	}
	if err := l.verify(); err != nil {
		return nil, err
	}
	for i := range l.rows {
		f := &l.rows[i]
		s := step{lo: f.at - 1, hi: f.at - 1 + f.len, kind: f.kind, pad: f.pad, opt: f.opt, id: f.id, row: f}
		if f.kind == kindFill {
			l.fills = append(l.fills, s)
		} else if f.kind != kindCode {
			l.steps = append(l.steps, s)
		}
		if f.kind < kindTail {
			l.form = appendFill(l.form, f.filler(), f.len)
		}
	}
	return l, nil
}

// filler is what stands where a value is shorter than its field.
func (f *field) filler() byte {
	if f.kind == kindText && f.pad != zerosLeft {
		return ' '
	}
	if f.pad == blankRight || f.pad == blankLeft {
		return ' '
	}
	return '0'
}

// verify holds the rows against each other: they follow without gap or overlap
// up to the width, say what they are, and name each value once.
func (l *layout) verify() error {
	at := 1
	ids, named := map[fieldID]bool{}, map[string]bool{}
	for i, f := range l.rows {
		text := f.kind == kindDigits || f.kind == kindText || f.kind == kindPAN || f.kind >= kindTail
		switch {
		case f.at != at:
			return fmt.Errorf("%s begins at %d, the row before ends at %d", f.name, f.at, at-1)
		case f.len < 1 || f.name == "" || f.desc == "":
			return fmt.Errorf("row %d is not filled in", i)
		case (f.kind == kindFill) != (f.id == fNone), (f.kind == kindCode) != (f.id == fCode):
			return fmt.Errorf("%s: a reserved row has no value, any other has one", f.name)
		case text != (f.id < firstNumber):
			return fmt.Errorf("%s: a text under the name of a number, or the reverse", f.name)
		case f.id != fNone && (ids[f.id] || named[f.name]):
			return fmt.Errorf("%s appears twice", f.name)
		case f.kind >= kindTail && i != len(l.rows)-1:
			return fmt.Errorf("%s varies in length but is not last", f.name)
		case f.kind == kindDigits && f.opt&(need|orBlank|orZeros) == 0:
			return fmt.Errorf("%s: digits that may be absent must have a way to be written so", f.name)
		case f.kind == kindNumber && f.len > 18:
			return fmt.Errorf("%s overflows", f.name)
		}
		ids[f.id], named[f.name] = true, true
		if f.kind < kindTail {
			at += f.len
		}
	}
	if at-1 != l.width {
		return fmt.Errorf("rows end at %d, width is %d", at-1, l.width)
	}
	return nil
}

// tail is the row of the variable rest, or nil.
func (l *layout) tail() *field {
	if f := &l.rows[len(l.rows)-1]; f.kind >= kindTail {
		return f
	}
	return nil
}
