package ledger

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

func TestRegistrationReceipt(t *testing.T) {
	c := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now = c.now })
	p := paid(t, l, 1)
	wantKept := func(receipt, pdf bool) {
		t.Helper()
		for range 2 {
			if n := must(l.Payment(p.ID))(t).Notices[0]; n.HasReceipt != receipt || n.HasPDF != pdf {
				t.Errorf("%+v", n)
			}
			l = reopen(t, l)
		}
	}
	if _, err := l.RegistrationReceipt(p.ID, 0); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := l.KeepPDF(p.ID, 0, []byte("%PDF")); !errors.Is(err, ErrStale) {
		t.Errorf("the PDF of no receipt: %v", err)
	}
	at := time.Date(2026, 3, 10, 10, 2, 0, 0, time.UTC)
	q := must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "R1", ReceiptAt: at, RawReceipt: []byte("<RT/>"),
		ReceiptPDF: make([]byte, maxPDF+1)}))(t)
	if n := q.Notices[0]; !n.HasReceipt || n.HasPDF {
		t.Errorf("%+v", n)
	}
	wantKept(true, false)
	if r := must(l.RegistrationReceipt(p.ID, 0))(t); r.ID != "R1" || !r.At.Equal(at) || string(r.Raw) != "<RT/>" || r.PDF != nil {
		t.Errorf("%+v", r)
	}
	for _, bad := range [][]byte{nil, make([]byte, maxPDF+1)} {
		if err := l.KeepPDF(p.ID, 0, bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	if err := l.KeepPDF(p.ID, 7, []byte("%PDF")); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	entries := l.Stats().Entries
	for range 2 {
		if err := l.KeepPDF(p.ID, 0, []byte("%PDF Filomena")); err != nil {
			t.Fatal(err)
		}
	}
	if l.Stats().Entries != entries+1 {
		t.Error("kept twice")
	}
	wantKept(true, true)
	if r := must(l.RegistrationReceipt(p.ID, 0))(t); string(r.Raw) != "<RT/>" || string(r.PDF) != "%PDF Filomena" {
		t.Errorf("%+v", r)
	}
	var out bytes.Buffer
	if err := l.Dump(&out); err != nil || bytes.Contains(out.Bytes(), []byte("Filomena")) || bytes.Contains(out.Bytes(), []byte("RlbG9tZW5h")) {
		t.Errorf("in the dump: %v", err)
	}
	// Another receipt of the notice: the PDF of the first is none of it.
	must(l.Register(RegistrationChange{PaymentID: p.ID, ReceiptID: "R2", RawReceipt: []byte("<RT2/>")}))(t)
	wantKept(true, false)
	must(l.Register(RegistrationChange{PaymentID: p.ID, ReceiptID: "R2", ReceiptPDF: []byte("%PDF2")}))(t)
	wantKept(true, true)
	must(l.Erase(t.Context(), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))(t)
	wantKept(false, false)
	if _, err := l.RegistrationReceipt(p.ID, 0); !errors.Is(err, ErrErased) {
		t.Error(err)
	}
	if err := l.KeepPDF(p.ID, 0, []byte("%PDF")); !errors.Is(err, ErrErased) {
		t.Errorf("retention got it back: %v", err)
	}
}
