package ecr17

import (
	"fmt"
	"io"
)

// Framing bytes (1.1). None of them occurs inside a message.
const (
	SOH byte = 0x01
	STX byte = 0x02
	ETX byte = 0x03
	EOT byte = 0x04
	ACK byte = 0x06
	NAK byte = 0x15
	ESC byte = 0x1B // ends a tag in U and a ticket in S; legal inside a message

	lrcBase byte = 0x7F
)

// MaxFrame is the longest application frame taken from a line, in bytes; the
// longest legal one is 1053 (1.1).
const MaxFrame = 2048

// maxMessage is what such a frame holds: STX, ETX and LRC apart.
const maxMessage = MaxFrame - 3

// Scope says which bytes of an application frame the LRC folds (1.2). The
// order is the one in which scopes are tried on an unknown terminal.
type Scope uint8

// The four scopes seen in the field.
const (
	StxPayloadEtx Scope = iota
	PayloadEtx
	Payload
	StxPayload
)

// Scopes lists all scopes in detection order.
var Scopes = [...]Scope{StxPayloadEtx, PayloadEtx, Payload, StxPayload}

var scopeNames = [...]string{"stx+payload+etx", "payload+etx", "payload", "stx+payload"}

// String gives the name used in the configuration.
func (s Scope) String() string {
	if int(s) < len(scopeNames) {
		return scopeNames[s]
	}
	return fmt.Sprintf("scope(%d)", uint8(s))
}

// ParseScope reads a name as written by String.
func ParseScope(name string) (Scope, error) {
	for i, n := range scopeNames {
		if n == name {
			return Scope(i), nil
		}
	}
	return 0, fmt.Errorf("ecr17: %q: %w", name, ErrScope)
}

// framing is what the scope folds besides the payload.
func (s Scope) framing() byte {
	switch s {
	case PayloadEtx:
		return ETX
	case Payload:
		return 0
	case StxPayload:
		return STX
	default:
		return STX ^ ETX
	}
}

// LRC computes the check byte of an application frame.
func LRC(scope Scope, payload []byte) byte { return fold(payload) ^ scope.framing() }

// DetectScope finds the scope under which lrc is right. Four of 256 values
// pass instead of one, so lock the scope after two identical answers to a
// status request, and never detect with a command that moves money (1.2).
func DetectScope(payload []byte, lrc byte) (Scope, bool) {
	delta := lrc ^ fold(payload)
	for _, s := range Scopes {
		if s.framing() == delta {
			return s, true
		}
	}
	return 0, false
}

// AppendFrame appends STX payload ETX LRC. The payload comes from a message's
// AppendPayload; it must not hold framing bytes, there is no escaping.
func AppendFrame(dst, payload []byte, scope Scope) []byte {
	dst = append(dst, STX)
	dst = append(dst, payload...)
	return append(dst, ETX, LRC(scope, payload))
}

// AppendMessage appends m as a whole application frame. On error dst comes
// back unchanged.
func AppendMessage[M Message](dst []byte, m M, scope Scope) ([]byte, error) {
	start := len(dst)
	out, err := m.AppendPayload(append(dst, STX))
	if err != nil {
		return dst, err
	}
	return append(out, ETX, LRC(scope, out[start+1:])), nil
}

// FrameKind tells frames apart.
type FrameKind uint8

// Kinds of frames that a Deframer delivers.
const (
	FrameACK FrameKind = iota + 1
	FrameNAK
	FrameProgress
	FrameApplication
)

var frameKindNames = [...]string{"?", "ACK", "NAK", "progress", "application"}

func (k FrameKind) String() string {
	if int(k) < len(frameKindNames) {
		return frameKindNames[k]
	}
	return "?"
}

// Frame is one frame cut from the line. Payload points into the Deframer's
// buffer and is valid until its next Feed: clone what must stay.
type Frame struct {
	Kind    FrameKind
	Form    ControlForm // ACK and NAK: the form seen; FormUnknown = suspected only
	Payload []byte      // application: the message; progress: the raw text
	LRC     byte        // application: the byte after ETX, not yet checked
	Cut     bool        // progress: ended without EOT
}

// Suspected reports an ACK or NAK that is not one of the five known forms: a
// bare byte, or an impossible LRC. A financial request is never sent again
// after one; go on waiting (1.3).
func (f Frame) Suspected() bool {
	return (f.Kind == FrameACK || f.Kind == FrameNAK) && f.Form == FormUnknown
}

// Valid reports whether an application frame's LRC is right under the scope.
func (f Frame) Valid(scope Scope) bool {
	return f.Kind == FrameApplication && f.LRC == LRC(scope, f.Payload)
}

// Scope finds the scope of an application frame; see DetectScope.
func (f Frame) Scope() (Scope, bool) {
	if f.Kind != FrameApplication {
		return 0, false
	}
	return DetectScope(f.Payload, f.LRC)
}

// Text is a progress text for people: trimmed, unprintable bytes replaced. It
// is never evidence of an outcome.
func (f Frame) Text() string {
	if f.Kind != FrameProgress {
		return ""
	}
	return cleanText(f.Payload)
}

// String describes the frame without its content.
func (f Frame) String() string {
	switch f.Kind {
	case FrameACK, FrameNAK:
		return fmt.Sprintf("%v(%v)", f.Kind, f.Form)
	case FrameProgress:
		return fmt.Sprintf("progress(%q)", MaskDigits(f.Text()))
	default:
		code := byte('?')
		if len(f.Payload) >= headerLen && isPrintable(f.Payload[9]) {
			code = f.Payload[9]
		}
		return fmt.Sprintf("%v(%c, %d bytes)", f.Kind, code, len(f.Payload))
	}
}

// Format writes String for every verb, so that no log line shows a payload.
func (f Frame) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }
