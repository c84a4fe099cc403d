package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"sportello/driver/line"
	"sportello/driver/simulator"
)

// errDead is what everything of a process answers that has been killed.
var errDead = errors.New("the process is dead")

// mortal is the life of one process: it counts what happens and dies at the n-th event, as SIGKILL would
// let it: the ledger's file stays as it was at that moment, and not a byte leaves afterwards.
type mortal struct {
	ledger string // its file
	keep   string // where the file is kept as it was at the death

	mu    sync.Mutex // guards what follows
	left  int        // events until the death; 0: it lives on
	dead  bool
	lines []*wire
	cut   cut
}

// cut is a line that breaks after so many bytes of the payment's connection, or garbles the next one; the zero value is
// none.
type cut struct {
	after int  // bytes
	reads bool // counts what the terminal says, not what we do
	flip  byte // garbles: the bits of the byte that arrive wrong; 0: the line breaks
	armed bool
}

// event counts; the caller must stop when it gives an error.
func (m *mortal) event() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errDead
	}
	if m.left > 0 {
		if m.left--; m.left == 0 {
			m.die()
			return errDead
		}
	}
	return nil
}

// die keeps the file as it is now. A commit under way may be in it or not: both is what a kill leaves.
// No later one gets through (commit). mu is held.
func (m *mortal) die() {
	m.dead = true
	b, err := os.ReadFile(m.ledger)
	if err == nil {
		err = os.WriteFile(m.keep, b, 0o600)
	}
	if err != nil {
		panic(err)
	}
	for _, w := range m.lines {
		_ = w.Line.Close()
	}
	m.lines = nil
}

func (m *mortal) isDead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// commit stands in front of every commit of the ledger.
func (m *mortal) commit() error {
	if m.isDead() {
		return errDead
	}
	return nil
}

// failpoint is called at each durable step. A dead process does not come back from it: whoever is in it
// waits until everything is closed.
func (m *mortal) failpoint(string) { _ = m.event() }

// dieIn sets the number of events until the death.
func (m *mortal) dieIn(events int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = events
}

// cutAfter breaks the next connection that carries more than a question, or garbles a byte of it.
func (m *mortal) cutAfter(bytes int, reads bool, flip byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = cut{after: bytes, reads: reads, flip: flip, armed: true}
}

// mend takes back a cut that nothing has met.
func (m *mortal) mend() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = cut{}
}

// dial opens a line to the simulated terminal that dies with the process.
func (m *mortal) dial(ctx context.Context, sim *simulator.Terminal, served *sync.WaitGroup) (line.Line, error) {
	if err := m.event(); err != nil {
		return nil, err
	}
	ours, theirs := line.Pipe()
	served.Go(func() { _ = sim.ServeConn(ctx, theirs) })
	w := &wire{Line: ours, m: m}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, w)
	return w, nil
}

// wire is a line of a mortal process.
type wire struct {
	line.Line
	m           *mortal
	mu          sync.Mutex // guards what follows
	read, wrote int
}

// allowed is how many of the bytes pass before the line breaks; it garbles one of them instead where that is staged.
func (w *wire) allowed(b []byte, reads bool) (pass int, broken bool) {
	n := len(b)
	w.m.mu.Lock()
	c := w.m.cut
	w.m.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	count := &w.wrote
	if reads {
		count = &w.read
	}
	*count += n
	if !c.armed || c.reads != reads || *count <= c.after {
		return n, false
	}
	w.m.mu.Lock()
	w.m.cut.armed = false
	w.m.mu.Unlock()
	pass = max(0, n-(*count-c.after))
	if c.flip != 0 && pass < n {
		b[pass] ^= c.flip
		return n, false
	}
	return pass, true
}

func (w *wire) Write(b []byte) (int, error) {
	if err := w.m.event(); err != nil {
		return 0, err
	}
	b = bytes.Clone(b)
	pass, broken := w.allowed(b, false)
	n, err := w.Line.Write(b[:pass])
	if broken && err == nil {
		_ = w.Line.Close()
		err = errors.New("the line broke")
	}
	return n, err
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Line.Read(b)
	if n == 0 {
		return n, err
	}
	if gone := w.m.event(); gone != nil {
		return 0, gone
	}
	pass, broken := w.allowed(b[:n], true)
	if broken {
		_ = w.Line.Close()
		if pass == 0 {
			return 0, errors.New("the line broke")
		}
	}
	return pass, err
}

func (w *wire) Close() error {
	w.m.mu.Lock()
	for i, o := range w.m.lines {
		if o == w {
			w.m.lines = append(w.m.lines[:i], w.m.lines[i+1:]...)
			break
		}
	}
	w.m.mu.Unlock()
	return w.Line.Close()
}

// newMortal is a process that works on the ledger in dir.
func newMortal(dir, file string) *mortal {
	return &mortal{ledger: filepath.Join(dir, file), keep: filepath.Join(dir, file+".kept")}
}

// bury puts the file as it was at the death in its place.
func (m *mortal) bury() error {
	if !m.isDead() {
		return nil
	}
	return os.Rename(m.keep, m.ledger)
}
