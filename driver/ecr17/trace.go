package ecr17

import (
	"github.com/rs/zerolog"

	"sportello/protocol/ecr17"
)

// tracer writes frames to a debug log when the driver was opened with WithTrace. The content of
// additional data (U), tickets (S) and services (K) is never written, and card numbers are masked.
type tracer struct{ log *zerolog.Logger }

const received = "receive"

func (t tracer) frame(f frame) {
	switch {
	case t.log == nil:
	case f.damaged:
		t.log.Debug().Str("way", received).Msg("unfinished frame")
	case f.Kind == ecr17.FrameApplication:
		t.message(received, f.Payload)
	default:
		t.control(received, f.String())
	}
}

func (t tracer) control(way, what string) {
	if t.log != nil {
		t.log.Debug().Str("way", way).Msg(what)
	}
}

func (t tracer) message(way string, payload []byte) {
	if t.log == nil {
		return
	}
	e := t.log.Debug().Str("way", way).Int("bytes", len(payload))
	if len(payload) > 9 {
		code := payload[9]
		e = e.Str("code", string(rune(code)))
		if code != 'U' && code != 'S' && code != 'K' {
			e = e.Str("content", ecr17.MaskText(string(ecr17.NewRaw(payload))))
		}
		if way == received {
			e = diagnosis(e, payload)
		}
	}
	e.Msg("message")
}

// diagnosis gives the fields by which a deviation is found. In the content they may stand in runs of digits that
// could hold a card number, and are masked with it; none of them is wide enough for one.
func diagnosis(e *zerolog.Event, payload []byte) *zerolog.Event {
	switch payload[9] {
	case 'E', 'V', 'e', 'i', 'c', 'v':
		m, err := ecr17.DecodeResult(payload, ecr17.Lenient)
		e = e.Str("class", m.Class.String()).Str("result", string(m.Code)).Str("stan", m.STAN).
			Str("action_code", string(m.ActionCode)).Str("host_time", string(m.HostTime))
		if m.HasAmount {
			e = e.Int64("amount_cents", m.AmountCents)
		}
		if err != nil {
			e = e.Str("unreadable", ecr17.MaskText(err.Error()))
		}
	case 's':
		if m, err := ecr17.DecodeAs[ecr17.StatusAnswer](ecr17.FromTerminal, payload, ecr17.Lenient); err == nil {
			e = e.Str("clock", string(m.Clock)).Int("state", int(m.State))
		}
	case 'T':
		if m, err := ecr17.DecodeAs[ecr17.TotalsAnswer](ecr17.FromTerminal, payload, ecr17.Lenient); err == nil && m.HasTotal {
			e = e.Str("result", string(m.Code)).Int64("total_cents", m.TotalCents)
		}
	}
	return e
}
