package ecr17

import (
	"bytes"
	"time"
)

// testNow is a moment just after the results of the vectors (day 273).
var testNow = time.Date(2026, time.September, 30, 19, 45, 0, 0, Rome())

// deframe feeds b cut after the given offsets and gives all complete frames.
func deframe(b []byte, cuts []int) ([]Frame, *Deframer) {
	d := new(Deframer)
	var frames []Frame
	at := 0
	for _, c := range append(cuts, len(b)) {
		d.Feed(b[at:c])
		at = c
		frames = drain(frames, d)
	}
	return frames, d
}

func drain(frames []Frame, d *Deframer) []Frame {
	for {
		f, ok := d.Next()
		if !ok {
			return frames
		}
		f.Payload = bytes.Clone(f.Payload)
		frames = append(frames, f)
	}
}
