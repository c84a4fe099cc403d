package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/protocol/ecr17"
)

// A terminal that is started again on its bank's file is the same terminal.
func TestBankFileRestores(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bank.jsonl")
	open := func() *Bank {
		b, err := OpenBank(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	copied := func(e *ecr) string {
		e.send(ecr17.ReprintRequest{TID: tid, ToECR: true})
		e.want(ecr17.FrameACK, time.Minute)
		return e.ticket()
	}
	var saved []byte
	var slip string
	bank := open()
	inMemory(t, Options{Bank: bank}, func(t *testing.T, b bench) {
		for _, cents := range []int64{100, 91_16, 40_00, 91_00} {
			e := b.dial()
			e.pay(cents)
			e.hungUp()
		}
		e := b.dial()
		saved, slip = e.savedBytes(), copied(e)
	})
	if err := bank.Close(); err != nil {
		t.Fatal(err)
	}

	again := open()
	if !reflect.DeepEqual(again.Decisions(), bank.Decisions()) {
		t.Errorf("%+v, want %+v", again.Decisions(), bank.Decisions())
	}
	inMemory(t, Options{Bank: again}, func(t *testing.T, b bench) {
		e := b.dial()
		if !bytes.Equal(e.savedBytes(), saved) || copied(e) != slip {
			t.Error("the saved result or the ticket is another")
		}
		if total := ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid}); total.TotalCents != 41_00 {
			t.Errorf("%+v", total)
		}
		e.send(ecr17.ReversalRequest{TID: tid, STAN: "000003"})
		e.want(ecr17.FrameACK, time.Minute)
		if r := e.result(); r.Code != ecr17.ResultOK || r.STAN != "000004" {
			t.Errorf("%+v", r)
		}
		e.hungUp()
		e = b.dial()
		ask[ecr17.CloseAnswer](e, ecr17.CloseRequest{TID: tid})
	})
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}

	third := open()
	defer third.Close()
	d := third.Decisions()
	if len(d) != 6 || third.Total(tid) != 0 || d[5].Kind != KindClose || d[5].Approved || d[5].AmountCents != 100 {
		t.Errorf("%+v, total %d", d, third.Total(tid))
	}
	for i := range d {
		if d[i].Seq != int64(i+1) {
			t.Errorf("line %d has seq %d", i+1, d[i].Seq)
		}
	}
}

// The documented line, field by field: other programs read it.
func TestBankLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bank.jsonl")
	bank, err := OpenBank(path)
	if err != nil {
		t.Fatal(err)
	}
	defer bank.Close()
	d, err := bank.decide(order{
		kind: KindPayment, terminal: tid, cents: 12345, action: actionApproved, card: wallet[0], reference: reference,
		data: []string{"30120260000045671215376371009"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := json.Marshal(d.At)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"v":1,"seq":1,"at":` + string(at) + `,"terminal":"12345678","kind":"payment","approved":true,"amount_cents":12345,` +
		`"stan":"000001","online":"000001","auth":"` + d.Auth + `","action":"000","card":"2","entry":"","pan":"****7741",` +
		`"reference":"RIFA1ABCDEFGH","data":["30120260000045671215376371009"]}` + "\n"
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if d, err = bank.decide(order{kind: KindManual, terminal: tid, cents: 1, action: actionApproved}, nil); err != nil || d.Data == nil {
		t.Errorf("data must be [], never null: %+v, %v", d, err)
	}
}

func TestBankFileRefusesOtherLines(t *testing.T) {
	good := `{"v":1,"seq":1,"terminal":"12345678","stan":"000001","kind":"payment"}` + "\n"
	for _, bad := range []string{"{", `{"v":2,"seq":1,"terminal":"12345678","stan":"000001"}`, `{"v":1,"terminal":"1234567","stan":"000001"}`,
		`{"v":1,"terminal":"12345678","stan":"00001x"}`} {
		path := filepath.Join(t.TempDir(), "bank.jsonl")
		if err := os.WriteFile(path, []byte(good+bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenBank(path); !errors.Is(err, ErrBankFile) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := OpenBank(t.TempDir()); !errors.Is(err, ErrBankFile) {
		t.Errorf("a folder: %v", err)
	}
}

// A bank that cannot write its truth approves nothing.
func TestBankThatCannotWrite(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here:", err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	bank := NewBank()
	bank.file = full
	defer bank.Close()
	inMemory(t, Options{Bank: bank}, func(t *testing.T, b bench) {
		e := b.dial()
		if r := e.pay(100); r.Code != ecr17.ResultRefused || r.Reason != "HOST NON RISPONDE" || r.STAN != "000000" {
			t.Errorf("%+v", r)
		}
		e.hungUp()
		e = b.dial()
		if c := ask[ecr17.CloseAnswer](e, ecr17.CloseRequest{TID: tid}); c.Code != ecr17.ResultRefused {
			t.Errorf("%+v", c)
		}
		if len(bank.Decisions()) != 0 || bank.Total(tid) != 0 {
			t.Errorf("%+v", bank.Decisions())
		}
	})
}

// Two terminals on one bank: whole lines, one sequence, a STAN of each terminal's own.
func TestSharedBank(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bank.jsonl")
	bank, err := OpenBank(path)
	if err != nil {
		t.Fatal(err)
	}
	const each = 200
	var wg sync.WaitGroup
	for _, id := range []string{"11111111", "22222222"} {
		term, err := New(Options{TerminalID: id, Bank: bank})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range each {
				if _, err := term.ManualSale(100); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := bank.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenBank(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if n := len(again.Decisions()); n != 2*each || again.Total("11111111") != 100*each || again.memory("22222222").stan != each {
		t.Errorf("%d decisions, total %d", n, again.Total("11111111"))
	}
}

func TestSTANWraps(t *testing.T) {
	bank := NewBank()
	bank.account(tid).stan = 999_998
	for _, want := range []string{"999999", "000001"} {
		d, err := bank.decide(order{kind: KindManual, terminal: tid, cents: 1, action: actionApproved}, nil)
		if err != nil || d.STAN != want {
			t.Errorf("%s, %v, want %s", d.STAN, err, want)
		}
	}
}
