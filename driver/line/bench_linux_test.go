package line

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// The benchmarks report a "ratio": our line against blocking system calls on a descriptor of the same
// kind, same bytes, same goroutines, the same far end, the two in turn within one run. A deadline is set
// for every call of ours, as the driver does.

const (
	requestSize = 170 // a payment request in its frame
	answerSize  = 95  // an extended result in its frame
)

// rawEnd reads and writes a descriptor with blocking system calls.
type rawEnd int

func (fd rawEnd) Read(b []byte) (int, error) {
	return restart(func() (int, error) { return unix.Read(int(fd), b) })
}
func (fd rawEnd) Write(b []byte) (int, error) {
	return restart(func() (int, error) { return unix.Write(int(fd), b) })
}
func (fd rawEnd) Close() error { return unix.Close(int(fd)) }

func restart(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n == 0 && err == nil {
			err = os.ErrClosed
		}
		return n, err
	}
}

type readWriter interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
}

func readFull(r readWriter, b []byte) error {
	for len(b) > 0 {
		n, err := r.Read(b)
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// serve answers each request with an acknowledgement and a result, as a terminal with nothing to do
// does, takes our acknowledgement, and ends with the line.
func serve(far readWriter) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, requestSize)
		for {
			if readFull(far, buf) != nil {
				return
			}
			if _, err := far.Write(buf[:3]); err != nil {
				return
			}
			if _, err := far.Write(buf[:answerSize]); err != nil {
				return
			}
			if readFull(far, buf[:3]) != nil {
				return
			}
		}
	}()
	return ended
}

// command is one exchange: request, ACK and result back, our ACK. The next one follows at once, behind
// an acknowledgement that nobody answers: where Nagle's algorithm waits for a delayed ACK of TCP.
func command(end readWriter) error {
	buf := make([]byte, requestSize)
	if _, err := end.Write(buf); err != nil {
		return err
	}
	if err := readFull(end, buf[:3+answerSize]); err != nil {
		return err
	}
	_, err := end.Write(buf[:3])
	return err
}

// withDeadlines sets one for every call.
type withDeadlines struct{ Line }

func (l withDeadlines) Read(b []byte) (int, error) {
	l.SetReadDeadline(time.Now().Add(10 * time.Second))
	return l.Line.Read(b)
}

func (l withDeadlines) Write(b []byte) (int, error) {
	l.SetWriteDeadline(time.Now().Add(10 * time.Second))
	return l.Line.Write(b)
}

// compare runs both in turn, a command each, and reports the ratio of the medians: what else the
// machine does meanwhile meets both alike and few of them.
func compare(b *testing.B, floor, ours readWriter) {
	b.Helper()
	var base, own []time.Duration
	run := func(end readWriter) time.Duration {
		start := time.Now()
		if err := command(end); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	run(floor)
	run(ours)
	b.ResetTimer()
	for range b.N {
		base = append(base, run(floor))
		own = append(own, run(ours))
	}
	slices.Sort(base)
	slices.Sort(own)
	low, mid := base[len(base)/2], own[len(own)/2]
	b.ReportMetric(float64(mid)/float64(low), "ratio")
	b.ReportMetric(float64(low.Nanoseconds())/1000, "floor-p50-µs")
	b.ReportMetric(float64(mid.Nanoseconds())/1000, "ours-p50-µs")
}

// rawListener gives a listening descriptor and its address.
func rawListener(tb testing.TB) (fd int, address string) {
	tb.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		tb.Fatal(err)
	}
	if err := unix.Listen(fd, 4); err != nil {
		tb.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		tb.Fatal(err)
	}
	return fd, fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
}

func rawAccept(tb testing.TB, listener int) rawEnd {
	tb.Helper()
	fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err != nil {
		tb.Fatal(err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		tb.Fatal(err)
	}
	return rawEnd(fd)
}

// The commands follow each other at once. "nagle" is the same line with TCP_NODELAY off: the wait for a
// delayed ACK, tens of milliseconds a command, that "line" must not show.
func BenchmarkTCP(b *testing.B) {
	b.Run("line", func(b *testing.B) { benchmarkTCP(b, true) })
	b.Run("nagle", func(b *testing.B) { benchmarkTCP(b, false) })
}

func benchmarkTCP(b *testing.B, asDialled bool) {
	listener, address := rawListener(b)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	name, err := unix.Getsockname(listener)
	if err != nil {
		b.Fatal(err)
	}
	if err := unix.Connect(fd, name); err != nil {
		b.Fatal(err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		b.Fatal(err)
	}
	floor, floorFar := rawEnd(fd), rawAccept(b, listener)
	ours, err := Dial(context.Background(), "tcp://"+address)
	if err != nil {
		b.Fatal(err)
	}
	if !asDialled {
		if err := ours.(*net.TCPConn).SetNoDelay(false); err != nil {
			b.Fatal(err)
		}
	}
	oursFar := rawAccept(b, listener)
	a, c := serve(floorFar), serve(oursFar)
	compare(b, floor, withDeadlines{ours})
	floor.Close()
	ours.Close()
	<-a
	<-c
	floorFar.Close()
	oursFar.Close()
}

// The line never waits for Nagle's algorithm: the option is on, whoever dials. What it would cost shows
// in BenchmarkTCP, whose commands follow each other behind an unanswered acknowledgement.
func TestTCPNoDelay(t *testing.T) {
	ours, _ := tcpPair(t)
	raw, err := ours.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var on int
	if err := raw.Control(func(fd uintptr) { on, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY) }); err != nil {
		t.Fatal(err)
	}
	if err != nil || on == 0 {
		t.Fatalf("TCP_NODELAY is %d, %v", on, err)
	}
}

// rawPty gives both ends of a pseudo terminal in raw mode, and the path of the second.
func rawPty(b *testing.B) (master rawEnd, path string) {
	b.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		b.Skipf("no pseudo terminals here: %v", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		b.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		b.Fatal(err)
	}
	return rawEnd(fd), fmt.Sprintf("/dev/pts/%d", n)
}

func BenchmarkSerial(b *testing.B) {
	floorFar, path := rawPty(b)
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	floor := rawEnd(fd)
	set, err := serial.Open(path, &serial.Mode{BaudRate: 115200, DataBits: 8}) // raw mode stays with the device
	if err != nil {
		b.Fatal(err)
	}
	set.Close()
	oursFar, path := rawPty(b)
	ours, err := Dial(context.Background(), "serial://"+path+"?baud=115200")
	if err != nil {
		b.Fatal(err)
	}
	a, c := serve(floorFar), serve(oursFar)
	compare(b, floor, withDeadlines{ours})
	floor.Close()
	ours.Close()
	<-a
	<-c
	floorFar.Close()
	oursFar.Close()
}

// BenchmarkClose reports how long a caller that is stuck in a read or a write waits for Close to free
// it, the longest of all (goal: 5 ms), on every kind of line.
func BenchmarkClose(b *testing.B) {
	much := make([]byte, 16<<20) // more than any system buffers
	for _, kind := range []struct {
		name string
		open func(b *testing.B) (ours Line, far func())
	}{
		{"tcp", func(b *testing.B) (Line, func()) {
			listener, address := rawListener(b)
			ours, err := Dial(context.Background(), "tcp://"+address)
			if err != nil {
				b.Fatal(err)
			}
			far := rawAccept(b, listener)
			return ours, func() { far.Close() }
		}},
		{"serial", func(b *testing.B) (Line, func()) {
			far, path := rawPty(b)
			ours, err := Dial(context.Background(), "serial://"+path)
			if err != nil {
				b.Fatal(err)
			}
			return ours, func() { far.Close() }
		}},
		{"library", func(b *testing.B) (Line, func()) {
			far, path := rawPty(b)
			device, err := serial.Open(path, &serial.Mode{BaudRate: 9600, DataBits: 8})
			if err != nil {
				b.Fatal(err)
			}
			return newPort(path, device), func() { far.Close() }
		}},
		{"memory", func(b *testing.B) (Line, func()) {
			ours, far := Pipe()
			return ours, func() { far.Close() }
		}},
	} {
		for name, stuckIn := range map[string]func(Line) error{
			"read":  func(l Line) error { _, err := l.Read(make([]byte, 1)); return err },
			"write": func(l Line) error { _, err := l.Write(much); return err },
		} {
			b.Run(kind.name+"/"+name, func(b *testing.B) {
				longest, waits := time.Duration(0), []time.Duration(nil)
				for range b.N {
					ours, hangUp := kind.open(b)
					freed := make(chan time.Time, 1)
					go func() {
						if stuckIn(ours) == nil {
							b.Error("not stuck")
						}
						freed <- time.Now()
					}()
					time.Sleep(3 * time.Millisecond) // a caller that is stuck gives no sign
					start := time.Now()
					ours.Close()
					waits = append(waits, (<-freed).Sub(start))
					longest = max(longest, waits[len(waits)-1])
					hangUp()
				}
				slices.Sort(waits)
				b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
			})
		}
	}
}
