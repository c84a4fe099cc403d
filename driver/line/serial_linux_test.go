package line

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// pty gives the controlling side of a pseudo terminal, in the terminal's role, and the device's path.
func pty(t *testing.T) (master *os.File, path string) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	return master, fmt.Sprintf("/dev/pts/%d", n)
}

func openPty(t *testing.T) (Line, *os.File, string) {
	t.Helper()
	master, path := pty(t)
	l, err := Dial(context.Background(), "serial://"+path+"?baud=115200")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, master, path
}

func TestSerial(t *testing.T) {
	ours, theirs, _ := openPty(t)
	exercise(t, ours, theirs)
}

func TestSerialDeadlines(t *testing.T) {
	ours, _, _ := openPty(t)
	exerciseDeadlines(t, ours)
}

func TestSerialCloseFrees(t *testing.T) {
	ours, _, _ := openPty(t)
	exerciseClose(t, ours)
	if err := ours.Close(); err != nil {
		t.Fatalf("a second Close: %v", err)
	}
	if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("read after close: %v", err)
	}
}

// The device can be opened again and again: a connection per procedure.
func TestSerialReopens(t *testing.T) {
	_, path := pty(t)
	for range 20 {
		l, err := Dial(context.Background(), "serial://"+path)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSerialSmallReads(t *testing.T) {
	ours, theirs, _ := openPty(t)
	theirs.Write([]byte("abc"))
	var got []byte
	for len(got) < 3 {
		b := make([]byte, 1)
		n, err := ours.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b[:n]...)
	}
	if string(got) != "abc" {
		t.Fatalf("%q", got)
	}
}

func TestSerialUnplugged(t *testing.T) {
	ours, theirs, path := openPty(t)
	ended := make(chan error, 1)
	go func() {
		_, err := ours.Read(make([]byte, 1))
		ended <- err
	}()
	theirs.Close()
	if err := <-ended; !errors.Is(err, ErrGone) {
		t.Fatalf("read ended with %v", err)
	}
	if _, err := ours.Write([]byte("x")); err == nil {
		t.Fatal("a device that is gone takes bytes")
	}
	ours.Close()
	if _, err := Dial(context.Background(), "serial://"+path); err == nil {
		t.Fatal("a device that is gone was opened")
	}
}

// blockWrite begins a write of far more than the system takes while nobody reads at the other end.
func blockWrite(t *testing.T, ours Line, theirs *os.File) <-chan written {
	t.Helper()
	ended := make(chan written, 1)
	go func() {
		n, err := ours.Write(make([]byte, 1<<20))
		ended <- written{n, err}
	}()
	waitFull(t, theirs)
	return ended
}

type written struct {
	n   int
	err error
}

// A write that the line does not take ends at the deadline, or with Close, with the certain count; the
// line is then dead until it is opened again.
func TestSerialCutWrite(t *testing.T) {
	for _, freedBy := range []string{"deadline", "close"} {
		t.Run(freedBy, func(t *testing.T) {
			ours, theirs, path := openPty(t)
			ended := blockWrite(t, ours, theirs)
			cause := os.ErrDeadlineExceeded
			if freedBy == "deadline" {
				ours.SetWriteDeadline(time.Now())
			} else {
				cause = os.ErrClosed
				ours.Close()
			}
			w := <-ended
			if !errors.Is(w.err, cause) || errors.Is(w.err, ErrStuck) || w.n <= 0 || w.n >= 1<<20 {
				t.Fatalf("write ended with %d, %v", w.n, w.err)
			}
			if freedBy == "deadline" {
				ours.SetWriteDeadline(time.Time{})
				if n, err := ours.Write([]byte("x")); n != 0 || !errors.Is(err, ErrCut) {
					t.Fatalf("the next write gives %d, %v", n, err)
				}
				ours.Close()
			}
			again, err := Dial(context.Background(), "serial://"+path)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if _, err := again.Write([]byte("again")); err != nil {
				t.Fatal(err)
			}
			for got := []byte(nil); !bytes.HasSuffix(got, []byte("again")); {
				b := make([]byte, 4096) // what the pty still holds of the cut write comes first
				n, err := theirs.Read(b)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, b[:n]...)
			}
		})
	}
}

// The library's own line, as on Windows: a write that the system does not end returns to its caller at
// the deadline, makes the line dead, and keeps the port from being opened again until the system has
// let go.
func TestLibraryStuckWrite(t *testing.T) {
	for _, freedBy := range []string{"deadline", "close"} {
		t.Run(freedBy, func(t *testing.T) {
			ours, theirs, path := openLibrary(t)
			ended := blockWrite(t, ours, theirs)
			if freedBy == "deadline" {
				ours.SetWriteDeadline(time.Now())
				if w := <-ended; !errors.Is(w.err, ErrStuck) || !errors.Is(w.err, os.ErrDeadlineExceeded) {
					t.Fatalf("write ended with %v", w.err)
				}
				ours.SetWriteDeadline(time.Time{})
				if _, err := ours.Write([]byte("x")); !errors.Is(err, ErrStuck) {
					t.Fatalf("the next write gives %v", err)
				}
				ours.Close()
			} else {
				ours.Close()
				if w := <-ended; !errors.Is(w.err, ErrStuck) || !errors.Is(w.err, os.ErrClosed) {
					t.Fatalf("write ended with %v", w.err)
				}
			}
			if _, err := Dial(context.Background(), "serial://"+path); !errors.Is(err, ErrStuck) {
				t.Fatalf("opening the held port gives %v", err)
			}
			theirs.Close() // unplugged: the system ends the write
			for {
				_, err := Dial(context.Background(), "serial://"+path)
				if err == nil {
					t.Fatal("a device that is gone was opened")
				}
				if !errors.Is(err, ErrStuck) {
					return
				}
			}
		})
	}
}

func TestLibraryLine(t *testing.T) {
	ours, theirs, _ := openLibrary(t)
	exercise(t, ours, theirs)
	exerciseDeadlines(t, ours)
	exerciseClose(t, ours)
}

func openLibrary(t *testing.T) (Line, *os.File, string) {
	t.Helper()
	master, path := pty(t)
	device, err := serial.Open(path, &serial.Mode{BaudRate: 115200, DataBits: 8})
	if err != nil {
		t.Fatal(err)
	}
	l := newPort(path, device)
	t.Cleanup(func() { l.Close() })
	return l, master, path
}

// waitFull returns when the writer has begun and the system takes no more: the queue stays as long as it is.
func waitFull(t *testing.T, master *os.File) {
	t.Helper()
	queued := -1
	for {
		n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCINQ)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && n == queued {
			return
		}
		queued = n
		time.Sleep(10 * time.Millisecond) // the kernel has no event for "full"
	}
}
