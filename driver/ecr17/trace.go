package ecr17

import (
	"github.com/rs/zerolog"

	"sportello/protocol/ecr17"
)

// tracer writes frames to a debug log when the driver was opened with WithTrace. The content of
// additional data (U), tickets (S) and services (K) is never written, and card numbers are masked.
type tracer struct{ log *zerolog.Logger }

func (t tracer) frame(f frame) {
	switch {
	case t.log == nil:
	case f.damaged:
		t.log.Debug().Str("way", "receive").Msg("unfinished frame")
	case f.Kind == ecr17.FrameApplication:
		t.message("receive", f.Payload)
	default:
		t.control("receive", f.String())
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
			e = e.Str("message", ecr17.MaskText(string(payload)))
		}
	}
	e.Msg("message")
}
