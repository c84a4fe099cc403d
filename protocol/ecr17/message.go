package ecr17

import (
	"fmt"
	"slices"
	"strings"
)

// AnyTerminal is the wildcard terminal id, for discovery only.
const AnyTerminal = "00000000"

// Message is one ECR17 message of either direction.
type Message interface {
	// AppendPayload appends the bytes between STX and ETX. On error dst comes
	// back unchanged; the error names the field.
	AppendPayload(dst []byte) ([]byte, error)
}

// known are the message codes of each direction.
var known = [...]string{ToTerminal: "sPXpicHSTCGERUK", FromTerminal: "sEVeicvTCSUK"}

// Header reads terminal id and message code, which are good whenever err is
// nil. It refuses non-digits, bytes outside 7-bit text, and codes that dir
// does not know: what the terminal would answer with NAK.
func Header(dir Direction, payload []byte) (tid string, code byte, err error) {
	if err := checkHeader(payload, dir, Lenient); err != nil {
		return "", 0, err
	}
	return string(payload[:8]), payload[9], nil
}

func checkHeader(p []byte, dir Direction, mode Mode) error {
	if len(p) < headerLen {
		return fmt.Errorf("ecr17: message of %d bytes: %w", len(p), ErrShort)
	}
	if len(p) > maxMessage {
		return fmt.Errorf("ecr17: message of %d bytes: %w", len(p), ErrLong)
	}
	if !sevenBit(p) {
		i := slices.IndexFunc(p, func(b byte) bool { return b >= 0x80 })
		return fmt.Errorf("ecr17: byte %#02x at %d: %w", p[i], i+1, ErrNotASCII)
	}
	for _, b := range p[:8] {
		if !isDigit(b) {
			return fmt.Errorf("ecr17: terminal id %q: %w", p[:8], ErrHeader)
		}
	}
	if mode == Strict && p[8] != '0' {
		return fmt.Errorf("ecr17: byte 9 is %q: %w", p[8:9], ErrHeader)
	}
	if strings.IndexByte(known[dir], p[9]) < 0 {
		return fmt.Errorf("ecr17: code %q %v: %w", p[9:10], dir, ErrCode)
	}
	return nil
}

func kindError(s, wanted string) error {
	return fmt.Errorf("ecr17: message %q of %d bytes is not %s: %w", s[9:10], len(s), wanted, ErrKind)
}

// Decode reads a message of the given direction. The answer's type is one of
// the structs of this package. With an error the message is what could be
// read, or nil.
func Decode(dir Direction, payload []byte, mode Mode) (Message, error) {
	if err := checkHeader(payload, dir, mode); err != nil {
		return nil, err
	}
	if dir == ToTerminal {
		return decodeRequest(string(payload), mode)
	}
	if resultLetter(payload[9]) {
		r, err := DecodeResult(payload, mode)
		return r, err
	}
	return decodeAnswer(string(payload), mode)
}

// DecodeAs reads a message that must be a T, as in DecodeAs[StatusAnswer].
// The direction follows from T's use by the caller.
func DecodeAs[T Message](dir Direction, payload []byte, mode Mode) (T, error) {
	m, err := Decode(dir, payload, mode)
	t, ok := m.(T)
	if !ok && err == nil {
		return t, kindError(string(payload), fmt.Sprintf("%T", t))
	}
	return t, err
}
