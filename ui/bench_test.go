package ui

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sportello/protocol/local"
)

// BenchmarkEventToClients measures from Publish until every client has read the event, beside two floors in
// the same rounds: a loop that encodes the same event and writes it to as many TCP connections, and the
// same loop with the bytes at hand. The clients are the same everywhere: one goroutine each that reads
// frames from a socket. p50 and p99 in µs; ratio is to the first floor (goal: at most 1.25), bare-ratio
// to the second.
func BenchmarkEventToClients(b *testing.B) {
	for _, clients := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			raw, events := newRawFan(b, clients), newEventFan(b, clients)
			event := local.Event{Type: local.EventActivity, Sequence: 1000, Activity: &local.Activity{
				RequestID: "0b4f6a0e-5a7e-4d52-9a43-2f2d3a0f6f11", PaymentID: "A1-000001", Terminal: "cassa1", Phase: "card",
				Text: strings.Repeat("AVVICINARE LA CARTA ", 5), Since: time.Unix(1795300000, 0),
			}}
			bytes := frame(event)
			for range 200 { // all warm
				raw.once(bytes)
				events.once(event)
			}
			var bare, floor, ours []time.Duration
			for b.Loop() {
				bare = append(bare, raw.once(bytes))
				floor = append(floor, raw.encoded(event))
				ours = append(ours, events.once(event))
			}
			at := func(all []time.Duration, p int) float64 {
				slices.Sort(all)
				return float64(all[len(all)*p/100].Nanoseconds()) / 1000
			}
			b.ReportMetric(at(bare, 50), "bare-p50-µs")
			b.ReportMetric(at(floor, 50), "raw-p50-µs")
			b.ReportMetric(at(ours, 50), "event-p50-µs")
			b.ReportMetric(at(floor, 99), "raw-p99-µs")
			b.ReportMetric(at(ours, 99), "event-p99-µs")
			b.ReportMetric(at(ours, 50)/at(floor, 50), "ratio")
			b.ReportMetric(at(ours, 50)/at(bare, 50), "bare-ratio")
		})
	}
}

// frame is an event as one unmasked WebSocket text frame.
func frame(event local.Event) []byte {
	text, err := json.Marshal(event)
	if err != nil || len(text) < 126 || len(text) > 1<<16-1 {
		panic(fmt.Sprint("no frame of two length bytes: ", len(text), err))
	}
	return append([]byte{0x81, 126, byte(len(text) >> 8), byte(len(text))}, text...)
}

// arrivals lets one sender wait until all clients have read.
type arrivals struct {
	clients int
	count   atomic.Int64
	all     chan struct{}
}

func (a *arrivals) read(conn io.Reader) {
	buffered := bufio.NewReader(conn)
	for {
		if _, err := readFrame(buffered); err != nil {
			return
		}
		if a.count.Add(1)%int64(a.clients) == 0 {
			a.all <- struct{}{}
		}
	}
}

// readFrame reads one unmasked WebSocket frame and gives its length.
func readFrame(r *bufio.Reader) (int, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return 0, err
	}
	length := int(head[1])
	if length == 126 {
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return 0, err
		}
		length = int(binary.BigEndian.Uint16(head[2:]))
	}
	return r.Discard(length)
}

type rawFan struct {
	arrivals
	conns []net.Conn
}

func newRawFan(b *testing.B, clients int) *rawFan {
	f := &rawFan{arrivals: arrivals{clients: clients, all: make(chan struct{}, 1)}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	for range clients {
		client, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		server, err := listener.Accept()
		if err != nil {
			b.Fatal(err)
		}
		f.conns = append(f.conns, server)
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.read(client)
		}()
		b.Cleanup(func() {
			server.Close()
			client.Close()
			<-done
		})
	}
	return f
}

func (f *rawFan) once(frame []byte) time.Duration {
	start := time.Now()
	f.send(frame)
	return time.Since(start)
}

func (f *rawFan) encoded(event local.Event) time.Duration {
	start := time.Now()
	f.send(frame(event))
	return time.Since(start)
}

func (f *rawFan) send(frame []byte) {
	for _, conn := range f.conns {
		_, _ = conn.Write(frame)
	}
	<-f.all
}

type eventFan struct {
	arrivals
	hub *Hub
}

func newEventFan(b *testing.B, clients int) *eventFan {
	d := open(b, func(o *Options) { o.Log = zerolog.Nop() })
	f := &eventFan{arrivals: arrivals{clients: clients, all: make(chan struct{}, 1)}, hub: d.hub}
	for range clients {
		conn := d.listen(clerkToken)
		hear(b, conn)
		_ = conn.SetReadDeadline(time.Time{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.read(conn.NetConn())
		}()
		b.Cleanup(func() {
			conn.Close()
			<-done
		})
	}
	return f
}

func (f *eventFan) once(event local.Event) time.Duration {
	start := time.Now()
	f.hub.Publish(event)
	<-f.all
	return time.Since(start)
}

// BenchmarkStart is what the server itself adds to a start: from a listener to the first answer of
// /healthz, the connection included.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		d := open(b, nil)
		if got := d.ask(http.MethodGet, "/healthz", "", ""); got.status != http.StatusOK {
			b.Fatal(got.status)
		}
		b.StopTimer()
		d.client.CloseIdleConnections()
		d.close()
		b.StartTimer()
	}
}
