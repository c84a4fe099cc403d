package ecr17

import (
	"errors"
	"fmt"
)

// Causes of a refusal. Test them with errors.Is; a FieldError wraps one.
var (
	ErrScope         = errors.New("unknown LRC scope")
	ErrForm          = errors.New("unknown ACK form")
	ErrHeader        = errors.New("not a message header")
	ErrCode          = errors.New("message code not known in this direction")
	ErrKind          = errors.New("another message than expected")
	ErrNotASCII      = errors.New("byte outside 7-bit text")
	ErrShort         = errors.New("message too short")
	ErrLong          = errors.New("message too long")
	ErrLength        = errors.New("length of no known result")
	ErrNotDigits     = errors.New("not digits")
	ErrNotText       = errors.New("not printable text")
	ErrReserved      = errors.New("reserved field has another content")
	ErrTooWide       = errors.New("does not fit the field")
	ErrRange         = errors.New("out of range")
	ErrTags          = errors.New("tag contents not as prescribed")
	ErrPANInClear    = errors.New("card number not truncated by the terminal")
	ErrContradictory = errors.New("result code and body contradict each other")
	ErrVASParts      = errors.New("parts of a service answer missing or contradictory")
	ErrVASAnswer     = errors.New("service answer not understood")
	ErrVASRefused    = errors.New("refused by the service")
)

// FieldError names the field of a message that could not be written or read.
// Value is what was found or given, masked wherever it could be a card number.
type FieldError struct {
	Message string // name of the message table
	Field   string // name of the row
	Desc    string // what the row means
	At, Len int    // 1-based position and width
	Value   string
	Err     error
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("ecr17: %s: %s (%s, at %d, %d wide): %q: %v",
		e.Message, e.Field, e.Desc, e.At, e.Len, e.Value, e.Err)
}

func (e *FieldError) Unwrap() error { return e.Err }
