package ecr17

import (
	"testing"
	"time"
)

// Each benchmark reports its time as a multiple of the least that any code
// must do with the same bytes: one pass that writes them, or reads them and
// folds the LRC, in place.

func BenchmarkEncodePayment(b *testing.B) {
	m := PaymentRequest{Code: 'X', TID: "30412207", CashRegister: "00000001", AmountCents: 12500, Text: "RIFA1KQ7M2X9D"}
	frame, err := AppendMessage(nil, m, StxPayloadEtx)
	if err != nil {
		b.Fatal(err)
	}
	floor := perOp(func(n int) {
		buf := make([]byte, len(frame))
		for range n {
			lrc := lrcBase
			for i, c := range frame[:len(frame)-1] {
				buf[i] = c
				lrc ^= c
			}
			buf[len(buf)-1] = lrc
		}
		sink = buf
	})
	b.ReportAllocs()
	for b.Loop() {
		sink, err = AppendMessage(make([]byte, 0, 170), m, StxPayloadEtx)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(floor), "x-floor")
}

func BenchmarkDecodeResult(b *testing.B) {
	frame := AppendFrame(nil, encoded(b, approved()), StxPayloadEtx)
	floor := perOp(func(n int) {
		buf := make([]byte, len(frame))
		ok := true
		for range n {
			lrc := lrcBase
			for i, c := range frame {
				buf[i] = c
				lrc ^= c
			}
			ok = ok && lrc == 0
		}
		if !ok {
			panic("the LRC is wrong")
		}
		sink = buf
	})
	var d Deframer
	b.ReportAllocs()
	for b.Loop() {
		d.Feed(frame)
		f, ok := d.Next()
		if !ok || !f.Valid(StxPayloadEtx) {
			b.Fatal("no frame")
		}
		r, err := DecodeResult(f.Payload, Lenient)
		if err != nil || r.AmountCents != 12500 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(floor), "x-floor")
}

var sink []byte

// perOp times one turn of a loop, best of five.
func perOp(loop func(n int)) time.Duration {
	const n = 200_000
	best := time.Duration(1 << 62)
	for range 5 {
		start := time.Now()
		loop(n)
		best = min(best, time.Since(start))
	}
	return max(best/n, 1)
}

// The codec allocates once a message: the frame, or the text that all fields
// of a result share.
func TestAllocations(t *testing.T) {
	m := PaymentRequest{Code: 'X', TID: "30412207", CashRegister: "00000001", AmountCents: 12500, Text: "RIFA1KQ7M2X9D"}
	if n := testing.AllocsPerRun(100, func() { sink, _ = AppendMessage(make([]byte, 0, 170), m, StxPayloadEtx) }); n > 1 {
		t.Errorf("a payment request takes %v allocations", n)
	}
	frame := AppendFrame(nil, encoded(t, approved()), StxPayloadEtx)
	var d Deframer
	if n := testing.AllocsPerRun(100, func() {
		d.Feed(frame)
		f, _ := d.Next()
		if _, err := DecodeResult(f.Payload, Strict); err != nil {
			t.Error(err)
		}
	}); n > 1 {
		t.Errorf("a result takes %v allocations", n)
	}
}
