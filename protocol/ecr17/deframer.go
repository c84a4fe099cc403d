package ecr17

import "bytes"

// Limits of a progress frame (1.4), in bytes.
const (
	progressText = 20 // the prescribed text; a framing byte after it ends the frame
	progressMax  = 64 // SOH included; without EOT the frame is cut here
)

// Deframer cuts the byte stream of a line into frames (1.4). The frames are
// the same for every way in which the bytes were split.
//
// It has no clock. The owner of the line calls FlushBareControl after 300 ms
// without a byte while Pending shows ACK or NAK, DropUnfinished after 2 s
// without a byte while anything is pending, and Close at the end of the
// stream; then Next once more.
//
// What Next leaves behind is at most MaxFrame+64 bytes; memory beyond that is
// what the caller feeds at once.
type Deframer struct {
	buf   []byte
	off   int // start of the bytes not yet cut
	ready []Frame
	junk  int
}

// Unfinished tells what DropUnfinished and Close threw away.
type Unfinished struct {
	Bytes       int  // dropped bytes of the unfinished application frame
	Application bool // an application frame had begun: worth one NAK if a result is awaited
}

// Feed adds bytes read from the line. It invalidates the payloads of frames
// delivered before.
func (d *Deframer) Feed(p []byte) {
	if d.off > 0 && len(d.ready) == 0 {
		n := copy(d.buf, d.buf[d.off:])
		d.buf, d.off = d.buf[:n], 0
		if n == 0 && cap(d.buf) > 8*MaxFrame {
			d.buf = nil // one huge read must not be kept for ever
		}
	}
	d.buf = append(d.buf, p...)
}

// Next delivers the next complete frame, if there is one.
func (d *Deframer) Next() (f Frame, ok bool) {
	if len(d.ready) > 0 {
		f = d.ready[0]
		d.ready = d.ready[1:]
		return f, true
	}
	ok = d.cut(&f, nil)
	return f, ok
}

// Pending tells the first byte and the number of the bytes held back for an
// unfinished frame; n is 0 when there are none. Meaningful after Next said no.
func (d *Deframer) Pending() (lead byte, n int) {
	rest := d.buf[d.off:]
	if len(rest) == 0 {
		return 0, 0
	}
	return rest[0], len(rest)
}

// Junk counts the bytes dropped so far because they belong to no frame.
func (d *Deframer) Junk() int { return d.junk }

// FlushBareControl turns a lone ACK or NAK byte (or one with ETX but without
// LRC), after which nothing came for 300 ms, into a suspected one.
func (d *Deframer) FlushBareControl() (Frame, bool) {
	rest := d.buf[d.off:]
	if len(d.ready) > 0 || !bareControl(rest) {
		return Frame{}, false
	}
	d.off += len(rest)
	return Frame{Kind: controlKind(rest[0])}, true
}

// DropUnfinished ends the wait for the rest of an unfinished frame. Frames
// that are complete without it (a progress text, a bare ACK) come from Next.
func (d *Deframer) DropUnfinished() Unfinished {
	var u Unfinished
	for {
		var f Frame
		if !d.cut(&f, &u) {
			return u
		}
		d.ready = append(d.ready, f)
	}
}

// Close is DropUnfinished at the end of the stream: bytes before the end count
// in full, so call Next after it until it says no.
func (d *Deframer) Close() Unfinished { return d.DropUnfinished() }

// cut takes the next frame off the buffer into f. With last == nil it stops
// where more bytes are needed; otherwise no more bytes will come, and it
// settles what is there, noting in last what it had to drop.
func (d *Deframer) cut(f *Frame, last *Unfinished) bool {
	for d.off < len(d.buf) {
		rest := d.buf[d.off:]
		used := 1 // bytes consumed; 0 = more needed
		switch rest[0] {
		case ACK, NAK:
			*f, used = cutControl(rest, last != nil)
		case STX:
			used = cutApplication(f, rest)
			if used == 0 && last != nil {
				last.Application = true
				last.Bytes += len(rest)
				used = len(rest)
			}
		case SOH:
			*f, used = cutProgress(rest, last != nil)
		}
		if used == 0 {
			return false
		}
		d.off += used
		if f.Kind != 0 {
			return true
		}
		d.junk += used
	}
	return false
}

// cutControl cuts ACK/NAK ETX LRC. The LRC is not asked for: another one makes
// a suspected ACK. A third byte that begins a frame means the LRC is missing.
func cutControl(b []byte, final bool) (Frame, int) {
	kind := controlKind(b[0])
	switch {
	case bareControl(b):
		if final {
			return Frame{Kind: kind}, len(b)
		}
		return Frame{}, 0
	case b[1] != ETX:
		return Frame{}, 1
	}
	switch b[2] {
	case SOH, STX, ACK, NAK:
		return Frame{Kind: kind}, 2
	}
	return Frame{Kind: kind, Form: formOf(b[0], b[2])}, 3
}

func bareControl(b []byte) bool {
	if len(b) == 0 || (b[0] != ACK && b[0] != NAK) {
		return false
	}
	return len(b) == 1 || len(b) == 2 && b[1] == ETX
}

func controlKind(lead byte) FrameKind {
	if lead == ACK {
		return FrameACK
	}
	return FrameNAK
}

// cutApplication cuts STX message ETX LRC. The LRC is the byte after the first
// ETX whatever its value. A second STX before ETX begins the frame anew.
func cutApplication(f *Frame, b []byte) int {
	body := b[1:min(len(b), MaxFrame-1)]
	end := bytes.IndexByte(body, ETX)
	full := len(body) == MaxFrame-2 // no ETX up to here: not a frame
	if end >= 0 {
		body = body[:end]
	}
	if again := bytes.IndexByte(body, STX); again >= 0 {
		return again + 1
	}
	switch {
	case end < 0 && full:
		return MaxFrame - 1
	case end < 0, end+2 == len(b):
		return 0
	}
	f.Kind, f.Payload, f.LRC = FrameApplication, body[:end:end], b[end+2]
	return end + 3
}

// cutProgress cuts SOH text EOT. A frame without EOT ends where another frame
// begins, so that an unfinished progress never swallows a result.
func cutProgress(b []byte, final bool) (Frame, int) {
	end := func(i int) (Frame, int) {
		return Frame{Kind: FrameProgress, Payload: b[1:i:i], Cut: true}, i
	}
	for i := 1; i < len(b); i++ {
		if i == progressMax {
			return end(i)
		}
		switch b[i] {
		case EOT:
			return Frame{Kind: FrameProgress, Payload: b[1:i:i]}, i + 1
		case STX, ACK, NAK:
			starts, decided := frameStarts(b[i:])
			switch {
			case i > progressText, starts, final && !decided:
				return end(i)
			case !decided:
				return Frame{}, 0
			}
		}
	}
	if final {
		return end(len(b))
	}
	return Frame{}, 0
}

// frameStarts asks whether b, which begins with STX, ACK or NAK inside a
// progress text, is the beginning of a real frame. A header of eight digits is
// enough even if the rest is damaged: the session must hear of the damage. An
// answer never changes when more bytes come.
func frameStarts(b []byte) (starts, decided bool) {
	if b[0] != STX {
		if len(b) == 1 {
			return false, false
		}
		return b[1] == ETX, true
	}
	digits := 0
	for digits < 8 && digits+1 < len(b) && isDigit(b[digits+1]) {
		digits++
	}
	if digits == 8 {
		return true, true
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case SOH, STX, EOT, ACK, NAK:
			return false, true
		case ETX:
			if i+1 == len(b) {
				return false, false
			}
			_, ok := DetectScope(b[1:i], b[i+1])
			return ok && i > 1, true
		}
		if i == MaxFrame-2 {
			return false, true
		}
	}
	return false, false
}
