package ecr17

import "encoding/binary"

// class says what a byte may be part of; that of a text is what holds for all
// its bytes (all bits for an empty one).
type class uint8

const (
	digitByte class = 1 << iota
	zeroByte
	blankByte
	panByte     // a truncated card number: digits and stars
	panLikeByte // in another style of truncation: blanks and X too
	printByte
	paperByte // ticket text: printable, print controls, ESC
	plainByte // 7-bit, does not frame
)

var byteClasses = func() (t [256]class) {
	for i := range t {
		b := byte(i)
		for bit, holds := range map[class]bool{
			digitByte:   isDigit(b),
			zeroByte:    b == '0',
			blankByte:   b == ' ',
			panByte:     isDigit(b) || b == '*',
			panLikeByte: isDigit(b) || b == '*' || b == ' ' || b == 'X' || b == 'x',
			printByte:   isPrintable(b),
			paperByte:   ticketByte(b),
			plainByte:   xmlByte(b),
		} {
			if holds {
				t[i] |= bit
			}
		}
	}
	return t
}()

func classOf(s string) class {
	c := ^class(0)
	for i := range len(s) {
		c &= byteClasses[s[i]]
	}
	return c
}

// kindClasses is what all bytes of a text must be.
var kindClasses = [...]class{
	kindDigits: digitByte, kindText: printByte, kindPAN: panByte,
	kindTail: printByte, kindTicket: paperByte, kindXML: plainByte,
}

func (k kind) accepts(c class) bool { return c&kindClasses[k] != 0 }

func (k kind) refusal() error {
	if k == kindDigits || k == kindPAN {
		return ErrNotDigits
	}
	return ErrNotText
}

// fold is the LRC of p before the framing bytes, eight bytes at a time: XOR
// asks for no order.
func fold(p []byte) byte {
	var x uint64
	for len(p) >= 32 {
		x ^= binary.LittleEndian.Uint64(p) ^ binary.LittleEndian.Uint64(p[8:]) ^
			binary.LittleEndian.Uint64(p[16:]) ^ binary.LittleEndian.Uint64(p[24:])
		p = p[32:]
	}
	for len(p) >= 8 {
		x ^= binary.LittleEndian.Uint64(p)
		p = p[8:]
	}
	x ^= x >> 32
	x ^= x >> 16
	x ^= x >> 8
	lrc := lrcBase ^ byte(x)
	for _, b := range p {
		lrc ^= b
	}
	return lrc
}

// sevenBit reports whether no byte has its high bit.
func sevenBit(p []byte) bool {
	var x uint64
	for len(p) >= 8 {
		x |= binary.LittleEndian.Uint64(p)
		p = p[8:]
	}
	for _, b := range p {
		x |= uint64(b)
	}
	return x&0x8080808080808080 == 0
}
