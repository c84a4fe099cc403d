package ecr17

import "fmt"

// ControlForm says how the LRC of an ACK or NAK frame is computed (1.3).
// Implementations differ, so all five are understood on receive.
type ControlForm uint8

// The known forms; in brackets the LRC of ACK and NAK.
const (
	FormUnknown    ControlForm = iota // none of the known ones
	FormCtrl                          // ctrl            (79, 6A)
	FormCtrlEtx                       // ctrl+etx        (7A, 69)
	FormStxCtrlEtx                    // stx+ctrl+etx    (78, 6B)
	FormStxCtrl                       // stx+ctrl        (7B, 68)
	FormEtx                           // etx             (7C, 7C)
)

var formNames = [...]string{"suspected", "ctrl", "ctrl+etx", "stx+ctrl+etx", "stx+ctrl", "etx"}

// String gives the form's name.
func (f ControlForm) String() string {
	if int(f) < len(formNames) {
		return formNames[f]
	}
	return fmt.Sprintf("form(%d)", uint8(f))
}

// ParseControlForm reads the name of a known form.
func ParseControlForm(name string) (ControlForm, error) {
	for i, n := range formNames[1:] {
		if n == name {
			return ControlForm(i + 1), nil
		}
	}
	return FormUnknown, fmt.Errorf("ecr17: %q: %w", name, ErrForm)
}

// DefaultForm is what we emit until the terminal shows its own form.
func DefaultForm(scope Scope) ControlForm {
	if scope == StxPayloadEtx || scope == PayloadEtx {
		return FormCtrlEtx
	}
	return FormCtrl
}

// AppendACK appends an ACK frame.
func AppendACK(dst []byte, form ControlForm) []byte {
	return append(dst, ACK, ETX, form.lrc(ACK))
}

// AppendNAK appends a NAK frame.
func AppendNAK(dst []byte, form ControlForm) []byte {
	return append(dst, NAK, ETX, form.lrc(NAK))
}

func (f ControlForm) lrc(ctrl byte) byte {
	switch f {
	case FormCtrl:
		return lrcBase ^ ctrl
	case FormStxCtrlEtx:
		return lrcBase ^ STX ^ ctrl ^ ETX
	case FormStxCtrl:
		return lrcBase ^ STX ^ ctrl
	case FormEtx:
		return lrcBase ^ ETX
	default:
		return lrcBase ^ ctrl ^ ETX
	}
}

// formOf recognises the form of a received control frame.
func formOf(ctrl, lrc byte) ControlForm {
	for f := FormCtrl; f <= FormEtx; f++ {
		if f.lrc(ctrl) == lrc {
			return f
		}
	}
	return FormUnknown
}
