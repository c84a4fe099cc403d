package line

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestPipe(t *testing.T) {
	a, b := Pipe()
	defer b.Close()
	exercise(t, a, b)
	exerciseDeadlines(t, a)
	exerciseClose(t, a)
}

// C07: the line breaks after 50 of 170 bytes, and the writer knows how many left.
func TestPipeResetAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := Pipe()
		defer ours.Close()
		frame := make([]byte, 170)
		for i := range frame {
			frame[i] = byte(i)
		}
		type taken struct {
			b   []byte
			err error
		}
		far := make(chan taken, 1)
		go func() {
			b, err := theirs.ResetAfter(50)
			far <- taken{b, err}
		}()
		n, err := ours.Write(frame)
		if n != 50 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("write: %d, %v", n, err)
		}
		if f := <-far; string(f.b) != string(frame[:50]) || f.err != nil {
			t.Errorf("far end: %x, %v", f.b, f.err)
		}
		if n, err := ours.Write(frame); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the next write: %d, %v", n, err)
		}
		if _, err := ours.Read(frame); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: %v", err)
		}
	})
}

// An orderly end stays one, and our own deadline is not blamed on the other side.
func TestPipeEnds(t *testing.T) {
	ours, theirs := Pipe()
	theirs.Close()
	if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after Close: %v", err)
	}
	ours.Close()

	ours, theirs = Pipe()
	got := make(chan error, 1)
	go func() {
		_, err := theirs.ResetAfter(10)
		got <- err
	}()
	ours.Write(make([]byte, 4))
	ours.Close()
	if err := <-got; !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("our side ended first: %v", err)
	}
}

// C05: a half-open line takes everything and answers nothing; one that reads nothing holds the writer.
func TestPipeVanishAndStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := Pipe()
		ours.SetWriteDeadline(time.Now().Add(time.Minute))
		if n, err := ours.Write(make([]byte, 170)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("nobody reads: %d, %v", n, err)
		}
		theirs.Vanish()
		ours.SetWriteDeadline(time.Time{})
		ours.SetReadDeadline(time.Now().Add(time.Minute))
		if n, err := ours.Write(make([]byte, 170)); n != 170 || err != nil {
			t.Errorf("half open: write %d, %v", n, err)
		}
		if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("half open: read %v", err)
		}
		ours.Close()
		theirs.Close()
	})
}

// Reset sends an RST on TCP, whatever was read before it.
func TestResetTCP(t *testing.T) {
	ours, theirs := tcpPair(t)
	if _, err := ours.Write(make([]byte, 170)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(theirs, make([]byte, 50)); err != nil {
		t.Fatal(err)
	}
	if err := Reset(theirs); err != nil {
		t.Fatal(err)
	}
	var reset *net.OpError
	if _, err := ours.Read(make([]byte, 1)); errors.Is(err, io.EOF) || !errors.As(err, &reset) {
		t.Fatalf("read: %v", err)
	}
}
