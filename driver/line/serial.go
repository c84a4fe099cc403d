package line

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"go.bug.st/serial"
)

// port is a serial line over the library, where Go's poller does not serve the device: Windows and the
// systems other than Linux (see tty). The library's own timeouts are not used (they hang under wine): one goroutine
// reads, every write runs in a goroutine of its own, and deadlines are Go timers.
type port struct {
	name   string
	device serial.Port
	chunks chan []byte   // from the reading goroutine; closed when it ends
	gone   error         // why it ended; set before chunks is closed
	done   chan struct{} // closed by Close

	reading sync.Mutex // one Read at a time; guards rest
	rest    []byte     // of a chunk larger than the reader's slice
	readBy  *deadline

	writing sync.Mutex // one Write at a time
	writeBy *deadline

	mu       sync.Mutex // guards the three below
	closed   bool
	inFlight bool // the library has a write in hand
	dead     bool // a write outlived its caller: no more of them
}

var _ Line = (*port)(nil)

// How the systems differ. On Windows reads are of one byte (installer rule: wine reads its timeouts as
// "wait for a full buffer") and closing the handle ends a write. On the others closing does not end a
// write, and would free the descriptor's number while the write may still be about to use it.
var (
	readSize       = map[bool]int{true: 1, false: 512}[runtime.GOOS == "windows"]
	closeEndsWrite = runtime.GOOS == "windows"
)

// closeWait bounds how long Close waits for the reading goroutine, which the library frees at once.
const closeWait = time.Second

// stuck holds the devices on which a write has outlived its line.
var stuck = struct {
	sync.Mutex
	names map[string]bool
}{names: map[string]bool{}}

// openSerial opens and configures the port. The system call knows no context (a Bluetooth port may
// take long): when ctx ends first, what is opened later is closed again.
func openSerial(ctx context.Context, a Address) (Line, error) {
	name := a.Path
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	stuck.Lock()
	held := stuck.names[name]
	stuck.Unlock()
	if held {
		return nil, fmt.Errorf("%w: %q is still held by an earlier write; unplug the adapter and plug it in again", ErrStuck, a.Path)
	}
	mode := serial.Mode{BaudRate: a.Baud, DataBits: int(a.Format[0] - '0')}
	mode.Parity = map[byte]serial.Parity{'N': serial.NoParity, 'E': serial.EvenParity, 'O': serial.OddParity}[a.Format[1]]
	mode.StopBits = map[byte]serial.StopBits{'1': serial.OneStopBit, '2': serial.TwoStopBits}[a.Format[2]]

	type opened struct {
		line Line
		err  error
	}
	result := make(chan opened, 1)
	go func() {
		l, err := openDevice(name, &mode)
		result <- opened{l, err}
	}()
	select {
	case o := <-result:
		if o.err != nil {
			return nil, fmt.Errorf("open serial port %q: %w", a.Path, o.err)
		}
		return o.line, nil
	case <-ctx.Done():
		go func() {
			if o := <-result; o.err == nil {
				o.line.Close()
			}
		}()
		return nil, fmt.Errorf("open serial port %q: %w", a.Path, ctx.Err())
	}
}

func newPort(name string, device serial.Port) *port {
	p := &port{
		name: name, device: device,
		chunks: make(chan []byte), done: make(chan struct{}),
		readBy: newDeadline(), writeBy: newDeadline(),
	}
	go p.read()
	return p
}

// read is the reading goroutine. Close ends it, or the loss of the device.
func (p *port) read() {
	defer close(p.chunks)
	buf := make([]byte, readSize)
	for {
		n, err := p.device.Read(buf)
		if n > 0 {
			select {
			case p.chunks <- bytes.Clone(buf[:n]):
			case <-p.done:
				return
			}
		}
		if err != nil {
			p.gone = err
			return
		}
	}
}

func (p *port) Read(b []byte) (int, error) {
	p.reading.Lock()
	defer p.reading.Unlock()
	for {
		switch {
		case p.isClosed():
			return 0, p.fail("read", os.ErrClosed)
		case p.readBy.expired():
			return 0, p.fail("read", os.ErrDeadlineExceeded)
		case len(b) == 0:
			return 0, nil
		case len(p.rest) > 0:
			n := copy(b, p.rest)
			p.rest = p.rest[n:]
			return n, nil
		}
		fires, moved, stop := p.readBy.wait()
		select {
		case chunk, ok := <-p.chunks:
			if !ok && !p.isClosed() {
				stop()
				return 0, p.fail("read", fmt.Errorf("%w: %w", ErrGone, p.gone))
			}
			p.rest = chunk
		case <-fires:
		case <-moved:
		case <-p.done:
		}
		stop()
	}
}

// Write hands b to the system and waits for it to be taken. When the deadline or Close comes first,
// the error is ErrStuck as well: what the system has in hand may still leave.
func (p *port) Write(b []byte) (int, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	if p.writeBy.expired() {
		return 0, p.fail("write", os.ErrDeadlineExceeded)
	}
	if err := p.beginWrite(); err != nil {
		return 0, err
	}
	type written struct {
		n   int
		err error
	}
	result := make(chan written, 1)
	data := bytes.Clone(b) // it may outlive the caller's slice
	go func() {
		n, err := p.writeAll(data)
		p.endWrite()
		result <- written{n, err}
	}()
	for {
		fires, moved, stop := p.writeBy.wait()
		select {
		case w := <-result:
			stop()
			if w.err != nil {
				return w.n, p.fail("write", w.err)
			}
			return w.n, nil
		case <-fires:
			p.mu.Lock()
			p.dead = true
			p.mu.Unlock()
			return 0, p.fail("write", fmt.Errorf("%w: %w", ErrStuck, os.ErrDeadlineExceeded))
		case <-p.done:
			stop()
			return 0, p.fail("write", fmt.Errorf("%w: %w", ErrStuck, os.ErrClosed))
		case <-moved:
			stop()
		}
	}
}

func (p *port) beginWrite() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return p.fail("write", os.ErrClosed)
	case p.dead:
		return p.fail("write", ErrStuck)
	}
	p.inFlight = true
	return nil
}

// writeAll stops between two pieces once the caller has gone, so that a frame's tail never follows later.
func (p *port) writeAll(data []byte) (n int, err error) {
	for n < len(data) && err == nil {
		p.mu.Lock()
		given := p.dead || p.closed
		p.mu.Unlock()
		if given {
			return n, ErrStuck
		}
		var m int
		m, err = p.device.Write(data[n:])
		if m == 0 && err == nil {
			err = io.ErrNoProgress
		}
		n += m
	}
	return n, err
}

// endWrite does what Close left to the write that was in flight.
func (p *port) endWrite() {
	p.mu.Lock()
	p.inFlight = false
	left := p.closed && !closeEndsWrite
	p.mu.Unlock()
	if left {
		p.device.Close()
		stuck.Lock()
		delete(stuck.names, p.name)
		stuck.Unlock()
	}
}

// Close frees Read and Write at once. It closes the device, or leaves that to a write which the
// system has not ended; until then the device cannot be opened again (ErrStuck).
func (p *port) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.done)
	leave := p.inFlight && !closeEndsWrite
	if leave {
		stuck.Lock()
		stuck.names[p.name] = true
		stuck.Unlock()
	}
	p.mu.Unlock()
	if leave {
		return nil
	}
	err := p.device.Close()
	p.awaitReader()
	if err != nil {
		return p.fail("close", err)
	}
	return nil
}

func (p *port) awaitReader() {
	late := time.NewTimer(closeWait)
	defer late.Stop()
	for {
		select {
		case _, more := <-p.chunks:
			if !more {
				return
			}
		case <-late.C:
			return
		}
	}
}

func (p *port) SetReadDeadline(t time.Time) error {
	p.readBy.set(t)
	return nil
}

func (p *port) SetWriteDeadline(t time.Time) error {
	p.writeBy.set(t)
	return nil
}

func (p *port) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

func (p *port) fail(what string, err error) error {
	return fmt.Errorf("%s serial port %q: %w", what, p.name, err)
}
