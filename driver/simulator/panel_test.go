package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/protocol/ecr17"
)

// front is a panel served on the loopback, and a page that uses it.
type front struct {
	t      *testing.T
	url    string
	client *http.Client
}

func newFront(t *testing.T, term *Terminal) front {
	t.Helper()
	server := httptest.NewServer(Panel(term))
	t.Cleanup(server.Close)
	return front{t, server.URL, server.Client()}
}

func (f front) send(method, path, kind, body string) (int, string) {
	f.t.Helper()
	r, err := http.NewRequest(method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	a, err := f.client.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return a.StatusCode, string(b)
}

// press presses a key and reads the state after it.
func (f front) press(body string) Snapshot {
	f.t.Helper()
	status, text := f.send("POST", "/press", "application/json", body)
	var s Snapshot
	if err := json.Unmarshal([]byte(text), &s); status != http.StatusOK || err != nil {
		f.t.Fatalf("%s: %d %s (%v)", body, status, text, err)
	}
	return s
}

func (f front) state() Snapshot {
	f.t.Helper()
	status, text := f.send("GET", "/state", "", "")
	var s Snapshot
	if err := json.Unmarshal([]byte(text), &s); status != http.StatusOK || err != nil {
		f.t.Fatalf("%d %s (%v)", status, text, err)
	}
	return s
}

// until waits for a state of the terminal that somebody else brings about.
func (f front) until(what string, is func(Snapshot) bool) {
	f.t.Helper()
	for end := time.Now().Add(time.Minute); !is(f.state()); {
		if time.Now().After(end) {
			f.t.Fatalf("never %s: %+v", what, f.state())
		}
	}
}

// A payment over TCP whose customer is a page.
func TestPanelOverTCP(t *testing.T) {
	overTCP(t, Options{ManualKeys: true}, func(t *testing.T, b bench) {
		f := newFront(t, b.term)
		e := b.dial()
		e.begin(e.extended(80_00))
		f.until("waits for the card", func(s Snapshot) bool { return s.Waits == waitsForCard })
		if s := f.state(); !s.Busy || s.Lines != 1 || s.TerminalID != tid || !s.ManualKeys {
			t.Errorf("%+v", s)
		}
		f.press(`{"key":"card"}`)
		f.until("waits for the PIN", func(s Snapshot) bool { return s.Waits == waitsForPIN })
		f.press(`{"key":"pin"}`)
		if r := e.result(); r.Code != ecr17.ResultOK {
			t.Errorf("%+v", r)
		}
		e = b.again(e)
		e.begin(e.extended(80_00))
		f.until("waits for the card", func(s Snapshot) bool { return s.Waits == waitsForCard })
		f.press(`{"key":"red"}`)
		if r := e.result(); r.Code != ecr17.ResultRefused {
			t.Errorf("%+v", r)
		}
		b.again(e)

		if s := f.press(`{"key":"manual_sale","cents":700}`); s.POSTotalCents != 87_00 || s.Saved == "" {
			t.Errorf("%+v", s)
		}
		if s := f.press(`{"key":"manual_reversal"}`); s.POSTotalCents != 80_00 {
			t.Errorf("%+v", s)
		}
		if s := f.press(`{"key":"skew_host","cents":5}`); s.HostTotalCents != 80_05 {
			t.Errorf("%+v", s)
		}
		if s := f.press(`{"key":"close"}`); s.POSTotalCents != 0 || s.HostTotalCents != 0 {
			t.Errorf("%+v", s)
		}
		if s := f.press(`{"key":"clock","seconds":-7200}`); s.ClockSeconds != -7200 {
			t.Errorf("%+v", s)
		}
		if s := f.press(`{"key":"state","state":5}`); s.State != 5 || s.StateText == "" {
			t.Errorf("%+v", s)
		}
		if s := f.press(`{"key":"reboot","point":"after_host"}`); s.RebootAt != "after_host" {
			t.Errorf("%+v", s)
		}
		if s := f.press(`{"key":"reboot","point":""}`); s.RebootAt != "" {
			t.Errorf("%+v", s)
		}
		if s := f.press(`{"key":"download","seconds":60}`); s.DeafSeconds != 60 {
			t.Errorf("%+v", s)
		}
		f.press(`{"key":"download","seconds":0}`)
		b.dial()
		if s := f.press(`{"key":"reboot"}`); s.Busy || s.Waits != "" {
			t.Errorf("%+v", s)
		}
		if s := f.press(`{"key":"replace","terminal_id":"87654321"}`); s.TerminalID != "87654321" || s.STAN != "000000" || s.Saved != "" {
			t.Errorf("%+v", s)
		}
	})
}

func TestPanelIsStrict(t *testing.T) {
	term, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := newFront(t, term)
	const js = "application/json"
	for _, c := range []struct {
		method, path, kind, body string
		status                   int
	}{
		{"POST", "/press", js, `{"key":"card"`, 400},
		{"POST", "/press", js, `{"key":"card"} {}`, 400},
		{"POST", "/press", js, `{"key":"card","note":"x"}`, 400},
		{"POST", "/press", js, `{"key":"card","cents":1}`, 400},
		{"POST", "/press", js, `{"key":"manual_sale"}`, 400},
		{"POST", "/press", js, `{"key":"manual_sale","cents":1.5}`, 400},
		{"POST", "/press", js, `{"key":"manual_sale","cents":0}`, 400},
		{"POST", "/press", js, `{"key":"manual_sale","cents":100000000}`, 400},
		{"POST", "/press", js, `{"key":"second_register","cents":-1}`, 400},
		{"POST", "/press", js, `{"key":"clock","seconds":9223372036854775807}`, 400},
		{"POST", "/press", js, `{"key":"replace","terminal_id":"00000000"}`, 400},
		{"POST", "/press", js, `{"key":"reboot","point":"now"}`, 400},
		{"POST", "/press", js, `{"key":"explode"}`, 400},
		{"POST", "/press", js, `{"key":"` + strings.Repeat("a", 2000) + `"}`, 400},
		{"POST", "/press", js, ``, 400},
		{"POST", "/press", "text/plain", `{"key":"card"}`, 400},
		{"POST", "/press", "", `{"key":"card"}`, 400},
		{"POST", "/press", js, `{"key":"manual_reversal"}`, 409},
		{"GET", "/press", "", "", 405},
		{"POST", "/state", js, "{}", 405},
		{"GET", "/", "", "", 404},
	} {
		if status, text := f.send(c.method, c.path, c.kind, c.body); status != c.status {
			t.Errorf("%s %s %s: %d %s, want %d", c.method, c.path, c.body, status, text, c.status)
		}
	}
	if got := term.Bank().Decisions(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	for host, want := range map[string]int{
		"127.0.0.1:80": 200, "localhost": 200, "[::1]:80": 200, "sportello.example": 403, "10.0.0.1:80": 403, "localhost.example": 403, "": 403,
	} {
		r := httptest.NewRequest("GET", "/state", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if Panel(term).ServeHTTP(w, r); w.Code != want {
			t.Errorf("host %q: %d, want %d", host, w.Code, want)
		}
	}
}

// Another cash register pays on the same terminal, over a line of its own.
func TestSecondRegisterOverTCP(t *testing.T) {
	overTCP(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		e.pay(100)
		e = b.again(e)
		before := string(e.savedBytes())
		_ = e.c.Close() // one client at a time
		if s := newFront(t, b.term).press(`{"key":"second_register","cents":250}`); s.POSTotalCents != 350 {
			t.Errorf("%+v", s)
		}
		if d := b.newest(); d.Kind != KindPayment || !d.Approved || d.AmountCents != 250 || d.Reference != secondReference {
			t.Errorf("%+v", d)
		}
		e = b.dial()
		if string(e.savedBytes()) == before {
			t.Error("the other register's result is not the last one")
		}
	})
}

// It waits while ours is carried out, and ours is not disturbed.
func TestSecondRegisterWaits(t *testing.T) {
	overTCP(t, Options{Clients: 2, ManualKeys: true}, func(t *testing.T, b bench) {
		f := newFront(t, b.term)
		e := b.dial()
		e.begin(e.extended(100))
		f.until("waits for our card", func(s Snapshot) bool { return s.Waits == waitsForCard })
		var other sync.WaitGroup
		var got ecr17.Result
		var failed error
		other.Go(func() { got, failed = b.term.SecondRegister(context.Background(), nil, 200) })
		f.until("two lines", func(s Snapshot) bool { return s.Lines == 2 })
		b.term.PresentCard()
		if r := e.result(); r.AmountCents != 100 {
			t.Errorf("%+v", r)
		}
		f.until("waits for the other's card", func(s Snapshot) bool { return s.Waits == waitsForCard })
		b.term.PresentCard()
		other.Wait()
		if failed != nil || got.AmountCents != 200 || got.Code != ecr17.ResultOK {
			t.Errorf("%+v, %v", got, failed)
		}
	})
}

func TestSecondRegisterFails(t *testing.T) {
	overTCP(t, Options{Unsupported: "X"}, func(t *testing.T, b bench) {
		_, err := b.term.SecondRegister(context.Background(), nil, 200)
		if !errors.Is(err, ErrSecondRegister) || !errors.Is(err, errTurnedAway) {
			t.Errorf("%v", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		b.term.Download(time.Minute)
		if _, err = b.term.SecondRegister(ctx, nil, 200); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a deaf terminal: %v", err)
		}
		refused := func(context.Context) (io.ReadWriteCloser, error) { return nil, net.ErrClosed }
		if _, err = b.term.SecondRegister(context.Background(), refused, 200); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}

// Beside a line that is not TCP it has one in memory.
func TestSecondRegisterBesideAPTY(t *testing.T) {
	overPTY(t, Options{}, func(t *testing.T, b bench) {
		b.dial().pay(100)
		r, err := b.term.SecondRegister(context.Background(), nil, 300)
		if err != nil || r.AmountCents != 300 || r.STAN != "000002" {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
