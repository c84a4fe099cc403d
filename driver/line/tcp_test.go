package line

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// tcpPair is a dialled line and its other end.
func tcpPair(t *testing.T) (Line, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ours, err := Dial(context.Background(), "tcp://"+l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

func TestTCP(t *testing.T) {
	ours, theirs := tcpPair(t)
	exercise(t, ours, theirs)
}

func TestTCPDeadlines(t *testing.T) {
	ours, _ := tcpPair(t)
	exerciseDeadlines(t, ours)
}

func TestTCPCloseFrees(t *testing.T) {
	ours, _ := tcpPair(t)
	exerciseClose(t, ours)
}

// C10: what came with the end of the connection is read before the end is.
func TestTCPDataBeforeEOF(t *testing.T) {
	ours, theirs := tcpPair(t)
	theirs.Write([]byte("last words"))
	theirs.Close()
	got, err := io.ReadAll(ours)
	if string(got) != "last words" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestDialRefused(t *testing.T) { // C01
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	if _, err := Dial(context.Background(), "tcp://"+address); err == nil {
		t.Fatal("connected to nobody")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Dial(ctx, "tcp://"+address); !errors.Is(err, context.Canceled) && err == nil {
		t.Fatalf("a cancelled dial gives %v", err)
	}
	if _, err := Dial(context.Background(), "tcp://nowhere"); !errors.Is(err, ErrAddress) {
		t.Fatalf("an address without a port gives %v", err)
	}
}

// exercise sends every byte value both ways.
func exercise(t *testing.T, ours Line, theirs io.ReadWriter) {
	t.Helper()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, way := range []struct {
		name string
		w    io.Writer
		r    io.Reader
	}{{"out", ours, theirs}, {"in", theirs, ours}} {
		failed := make(chan error, 1)
		go func() {
			n, err := way.w.Write(all)
			if err == nil && n != len(all) {
				err = io.ErrShortWrite
			}
			failed <- err
		}()
		got := make([]byte, len(all))
		if _, err := io.ReadFull(way.r, got); err != nil || string(got) != string(all) {
			t.Fatalf("%s: read %x, %v", way.name, got, err)
		}
		if err := <-failed; err != nil {
			t.Fatalf("%s: write: %v", way.name, err)
		}
	}
}

func exerciseDeadlines(t *testing.T, ours Line) {
	t.Helper()
	buf := make([]byte, 1)
	ours.SetReadDeadline(time.Now().Add(-time.Second))
	if _, err := ours.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("past deadline: %v", err)
	}
	ours.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	if _, err := ours.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("short deadline: %v", err)
	}
	// A deadline that is set while a read waits holds for that read.
	ours.SetReadDeadline(time.Time{})
	ended := make(chan error, 1)
	go func() {
		_, err := ours.Read(buf)
		ended <- err
	}()
	ours.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("moved deadline: %v", err)
	}
	ours.SetReadDeadline(time.Time{})
	ours.SetWriteDeadline(time.Now().Add(-time.Second))
	if n, err := ours.Write(buf); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("past write deadline: %d, %v", n, err)
	}
	ours.SetWriteDeadline(time.Time{})
}

func exerciseClose(t *testing.T, ours Line) {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		_, err := ours.Read(make([]byte, 1))
		ended <- err
	}()
	if err := ours.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the read ended with %v", err)
	}
	if _, err := ours.Write([]byte("x")); err == nil {
		t.Fatal("a closed line takes bytes")
	}
}
