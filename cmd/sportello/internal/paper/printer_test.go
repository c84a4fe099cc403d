package paper

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// longest is how long anything may take that ends by itself.
const longest = 2 * time.Minute

// quick is the timing of the tests: what a printer does may take a busy machine long, and what nobody does is only
// waited for where a test says so.
var quick = Timing{Open: longest, Answer: longest, Write: longest, Whole: longest,
	Patience: 400 * time.Millisecond, Pause: 20 * time.Millisecond, Look: 20 * time.Millisecond}

// hurried is for printers that do not answer, or do not take what is sent.
func hurried() Timing {
	t := quick
	t.Answer, t.Write = 2*time.Second, 2*time.Second
	return t
}

// plug is a network printer: serve gets each connection, and what it returns is what came.
type plug struct {
	net.Listener
	papers chan []byte   // what was printed, the status question taken away
	ended  chan struct{} // closed when it is unplugged and no paper is under way
}

func plugIn(t *testing.T, address string, serve func(net.Conn) []byte) *plug {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	p := &plug{l, make(chan []byte, 100), make(chan struct{})}
	go func() {
		defer close(p.ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if paper := serve(c); len(paper) > 0 {
				p.papers <- paper
			}
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-p.ended
	})
	return p
}

func (p *plug) name() string { return "tcp://" + p.Addr().String() }

// takes reads a connection to its end, answering the status question when it has an answer.
func takes(answer ...byte) func(net.Conn) []byte {
	return func(c net.Conn) []byte {
		var question [3]byte
		if _, err := io.ReadFull(c, question[:]); err != nil {
			return nil
		}
		if !bytes.Equal(question[:], askOffline) {
			return []byte("no question")
		}
		_, _ = c.Write(answer)
		paper, _ := io.ReadAll(c)
		return paper
	}
}

func start(t *testing.T, o PrinterOptions) (*Printer, chan Status) {
	t.Helper()
	shown := make(chan Status, 1000)
	o.Changed = func(s Status) { shown <- s }
	if o.Timing == (Timing{}) {
		o.Timing = quick
	}
	p, err := OpenPrinter(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, shown
}

// until waits for a light.
func until(t *testing.T, shown chan Status, light Light) Status {
	t.Helper()
	late := time.After(longest)
	for {
		select {
		case s := <-shown:
			if s.Light == light {
				return s
			}
		case <-late:
			t.Fatalf("the light never is %s", light)
		}
	}
}

func printed(t *testing.T, p *Printer, data []byte) error {
	t.Helper()
	j, err := p.Print("A1-00000001", data)
	if err != nil {
		return err
	}
	select {
	case <-j.Done():
		return j.Err()
	case <-time.After(longest):
		t.Fatal("the paper never ends")
		return nil
	}
}

func TestPrinted(t *testing.T) {
	for name, answer := range map[string][]byte{"silent": nil, "ready": {0x12}, "talks of something else": {0xFF}} {
		t.Run(name, func(t *testing.T) {
			to := plugIn(t, "127.0.0.1:0", takes(answer...))
			timing := quick
			if answer == nil {
				timing.Answer = 100 * time.Millisecond
			}
			p, shown := start(t, PrinterOptions{Name: to.name(), Copies: 2, Timing: timing})
			until(t, shown, LightReady)
			want := bytes.Repeat([]byte("riga\n"), 2000)
			if err := printed(t, p, want); err != nil {
				t.Fatal(err)
			}
			if got := <-to.papers; !bytes.Equal(got, append(want, want...)) {
				t.Errorf("%d bytes were printed, want two copies of %d", len(got), len(want))
			}
			if s := p.Status(); s.Light != LightReady || s.Waiting != 0 {
				t.Errorf("afterwards it is %+v", s)
			}
		})
	}
}

// TestTheLightSaysWhy: before a byte of the paper has left.
func TestTheLightSaysWhy(t *testing.T) {
	for _, one := range []struct {
		name  string
		serve func(net.Conn) []byte
		want  error
	}{
		{"paper", takes(0x12 | paperEnd), ErrPaper},
		{"cover", takes(0x12 | coverOpen), ErrCover},
		{"fault", takes(0x12 | outOfOrder), ErrFault},
		{"hangs up", func(net.Conn) []byte { return nil }, ErrUnreachable},
	} {
		t.Run(one.name, func(t *testing.T) {
			to := plugIn(t, "127.0.0.1:0", one.serve)
			p, shown := start(t, PrinterOptions{Name: to.name()})
			if s := until(t, shown, LightNotReady); !errors.Is(s.Err, one.want) {
				t.Errorf("the light says %v", s.Err)
			}
			if err := printed(t, p, []byte("segreto")); !errors.Is(err, one.want) {
				t.Errorf("the paper ends with %v", err)
			}
			select {
			case got := <-to.papers:
				t.Errorf("%q was printed", got)
			default:
			}
		})
	}
}

// TestRefusedAndBack: a printer that is off keeps the paper for a while, and prints it when it comes back.
func TestRefusedAndBack(t *testing.T) {
	gone := plugIn(t, "127.0.0.1:0", takes())
	address := gone.Addr().String()
	gone.Close()
	patient := quick
	patient.Patience = longest
	p, shown := start(t, PrinterOptions{Name: "tcp://" + address, Timing: patient})
	if s := until(t, shown, LightNotReady); !errors.Is(s.Err, ErrUnreachable) {
		t.Fatalf("the light says %v", s.Err)
	}
	j, err := p.Print("A1-00000001", []byte("scontrino"))
	if err != nil {
		t.Fatal(err)
	}
	back := plugIn(t, address, takes(0x12))
	<-j.Done()
	if j.Err() != nil || string(<-back.papers) != "scontrino" {
		t.Errorf("it ends with %v", j.Err())
	}
	until(t, shown, LightReady)
}

func TestRefusedForGood(t *testing.T) {
	gone := plugIn(t, "127.0.0.1:0", takes())
	gone.Close()
	p, _ := start(t, PrinterOptions{Name: gone.name()})
	if err := printed(t, p, []byte("x")); !errors.Is(err, ErrUnreachable) {
		t.Errorf("it ends with %v", err)
	}
}

// TestSlow: a printer that stops taking data ends its paper, which is not repeated, and not the printer.
func TestSlow(t *testing.T) {
	hold := make(chan struct{})
	to := plugIn(t, "127.0.0.1:0", func(c net.Conn) []byte {
		select {
		case <-hold:
			return takes(0x12)(c)
		default:
		}
		_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
		var b [4]byte
		_, _ = io.ReadFull(c, b[:3])
		_, _ = c.Write([]byte{0x12})
		if _, err := io.ReadFull(c, b[3:]); err == nil { // a paper, of which it takes no more
			<-hold
		}
		return nil
	})
	p, shown := start(t, PrinterOptions{Name: to.name(), Timing: hurried()})
	if err := printed(t, p, make([]byte, 32<<20)); !errors.Is(err, ErrSlow) {
		t.Errorf("it ends with %v", err)
	}
	if s := until(t, shown, LightNotReady); !errors.Is(s.Err, ErrSlow) {
		t.Errorf("the light says %v", s.Err)
	}
	if s := until(t, shown, LightNotReady); !errors.Is(s.Err, ErrUnreachable) {
		t.Errorf("one that used to answer and does not now is %v", s.Err)
	}
	close(hold)
	until(t, shown, LightReady)
	if err := printed(t, p, []byte("dopo")); err != nil || string(<-to.papers) != "dopo" {
		t.Errorf("afterwards: %v", err)
	}
}

// TestCut: the connection breaks in mid paper: told, and not repeated.
func TestCut(t *testing.T) {
	to := plugIn(t, "127.0.0.1:0", func(c net.Conn) []byte {
		var b [1000]byte
		_, _ = io.ReadFull(c, b[:3])
		_, _ = c.Write([]byte{0x12})
		n, _ := io.ReadFull(c, b[:])
		_ = c.(*net.TCPConn).SetLinger(0)
		return b[:n]
	})
	p, _ := start(t, PrinterOptions{Name: to.name()})
	if err := printed(t, p, make([]byte, 32<<20)); !errors.Is(err, ErrCut) {
		t.Errorf("it ends with %v", err)
	}
	p.Close()
	to.Close()
	<-to.ended
	if begun := len(to.papers); begun != 1 {
		t.Errorf("it was begun %d times", begun)
	}
}

// TestNobodyWaits: neither a caller nor the end of the service waits for a printer that is stuck.
func TestNobodyWaits(t *testing.T) {
	hold, held := make(chan struct{}), make(chan struct{}, 10)
	to := plugIn(t, "127.0.0.1:0", func(net.Conn) []byte { held <- struct{}{}; <-hold; return nil })
	defer close(hold)
	var log bytes.Buffer
	p, _ := start(t, PrinterOptions{Name: to.name(), Log: zerolog.New(&log),
		Timing: Timing{Answer: time.Hour, Write: time.Hour, Whole: time.Hour, Patience: time.Hour}})
	<-held
	var jobs []*Job
	for {
		j, err := p.Print("A1-00000001", []byte("RSSMRA80A01H501U"))
		if errors.Is(err, ErrQueueFull) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, j)
	}
	if len(jobs) != queueLength || p.Status().Waiting != queueLength {
		t.Errorf("%d papers wait, and it says %d", len(jobs), p.Status().Waiting)
	}
	p.Close()
	for _, j := range jobs {
		<-j.Done()
		if !errors.Is(j.Err(), ErrClosed) {
			t.Errorf("it ends with %v", j.Err())
		}
	}
	if _, err := p.Print("x", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if strings.Contains(log.String(), "RSSMRA") {
		t.Errorf("the log holds a person: %s", log.String())
	}
}

func TestNames(t *testing.T) {
	for _, good := range []string{"tcp://192.168.1.60:9100", "tcp://printer.comune.example", "tcp://[::1]:9100", "TCP://a"} {
		if err := CheckName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "tcp://", "tcp://a:0", "tcp://a:99999", "tcp://u@a", "tcp://a/queue", "tcp://a?x", "tcp://a b"} {
		if err := CheckName(bad); !errors.Is(err, ErrPrinterName) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
