package ecr17

import (
	"slices"
	"testing"
	"time"
)

// Each benchmark reports its time as a multiple ("ratio") of the same work
// written by hand for that one message: in place, without tables, errors or
// masking, one byte after the other as the protocol describes it. The two
// alternate in the same run, so that both meet the same noise; the ratio is
// that of the medians.

func benchPayment() PaymentRequest {
	return PaymentRequest{Code: 'X', TID: "30412207", CashRegister: "00000001", AmountCents: 12500, Text: "RIFA1KQ7M2X9D"}
}

func BenchmarkEncodePayment(b *testing.B) {
	m := benchPayment()
	want, err := AppendMessage(nil, m, StxPayloadEtx)
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 170)
	if encodeByHand(buf, &m); string(buf) != string(want) {
		b.Fatalf("by hand % x\nframe   % x", buf, want)
	}
	compare(b, func(n int) {
		for range n {
			encodeByHand(buf, &m)
		}
	}, func(n int) {
		for range n {
			sink, err = AppendMessage(make([]byte, 0, 170), m, StxPayloadEtx)
		}
		if err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkDecodeResult(b *testing.B) {
	want := approved()
	frame := AppendFrame(nil, encoded(b, want), StxPayloadEtx)
	var h handResult
	if !decodeByHand(frame, &h) || string(h.stan) != want.STAN || h.amount != want.AmountCents {
		b.Fatal("by hand another result")
	}
	var d Deframer
	compare(b, func(n int) {
		for range n {
			if !decodeByHand(frame, &h) {
				b.Fatal("no result")
			}
		}
	}, func(n int) {
		for range n {
			d.Feed(frame)
			f, ok := d.Next()
			if !ok || !f.Valid(StxPayloadEtx) {
				b.Fatal("no frame")
			}
			r, err := DecodeResult(f.Payload, Lenient)
			if err != nil || r.AmountCents != want.AmountCents {
				b.Fatal(err)
			}
		}
	})
}

// compare runs both in turn, a piece at a time, and reports the medians.
func compare(b *testing.B, floor, ours func(n int)) {
	b.Helper()
	b.ReportAllocs()
	const piece = 500
	var base, own []time.Duration
	timed := func(run func(n int), n int) time.Duration {
		start := time.Now()
		run(n)
		return time.Since(start) * piece / time.Duration(n)
	}
	for left := b.N; left > 0; left -= piece {
		n := min(left, piece)
		base = append(base, timed(floor, n))
		own = append(own, timed(ours, n))
	}
	low, mid := median(base), median(own)
	b.ReportMetric(mid/low, "ratio")
	b.ReportMetric(low/piece, "floor-ns/op")
	b.ReportMetric(mid/piece, "ns/op")
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2])
}

// encodeByHand writes a payment request into buf, 170 bytes.
func encodeByHand(buf []byte, m *PaymentRequest) {
	buf[0] = STX
	copy(buf[1:9], m.TID)
	buf[9], buf[10] = '0', m.Code
	i := 11
	for range 8 - len(m.CashRegister) {
		buf[i] = '0'
		i++
	}
	copy(buf[i:19], m.CashRegister)
	buf[19], buf[20], buf[21], buf[22] = '0', '0', '0', '0'
	if m.MoreData {
		buf[19] = '1'
	}
	if m.CardPresent {
		buf[22] = '1'
	}
	buf[23] = '0' + byte(m.CardChoice)
	n := m.AmountCents
	for i := 31; i >= 24; i-- {
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	i = 32
	for range 128 - len(m.Text) {
		buf[i] = ' '
		i++
	}
	copy(buf[i:160], m.Text)
	for i := 160; i < 168; i++ {
		buf[i] = '0'
	}
	buf[168] = ETX
	lrc := lrcBase
	for _, c := range buf[:169] {
		lrc ^= c
	}
	buf[169] = lrc
}

// handResult are the fields of a 92-byte result, in place.
type handResult struct {
	tid, code, pan, entry, auth, time, kind, acquirer, stan, online, action []byte
	amount                                                                  int64
}

// decodeByHand finds the frame, checks LRC and digits, cuts the fields.
func decodeByHand(frame []byte, r *handResult) bool {
	if frame[0] != STX {
		return false
	}
	end := 1
	lrc := lrcBase ^ STX
	for end < len(frame) && frame[end] != ETX {
		lrc ^= frame[end]
		if frame[end] >= 0x80 {
			return false
		}
		end++
	}
	if end+1 >= len(frame) || frame[end+1] != lrc^ETX || end != 93 {
		return false
	}
	p := frame[1:end]
	digits := func(s []byte) bool {
		for _, c := range s {
			if c < '0' || c > '9' {
				return false
			}
		}
		return true
	}
	r.tid, r.code = p[0:8], p[10:12]
	r.pan, r.entry, r.auth, r.time = p[12:31], p[31:34], p[34:40], p[40:47]
	r.kind, r.acquirer, r.stan, r.online, r.action = p[47:48], p[48:59], p[59:65], p[65:71], p[71:74]
	r.amount = 0
	for _, c := range p[74:82] {
		if c < '0' || c > '9' {
			return false
		}
		r.amount = r.amount*10 + int64(c-'0')
	}
	return p[9] == 'E' && r.code[0] == '0' && r.code[1] == '0' &&
		digits(r.tid) && digits(r.time) && digits(r.kind) && digits(r.stan) && digits(r.online) && digits(r.action)
}

var sink []byte

// The codec allocates once a message: the frame, or the text that all fields
// of a result share.
func TestAllocations(t *testing.T) {
	m := benchPayment()
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
