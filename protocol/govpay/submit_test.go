package govpay

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const ourSession = "7d7a5c3e-91a5-4b5c-8d3f-0a6f5a9f1c22"

func submission(notices ...string) Submission {
	s := Submission{PSP: "PSPFINTO", Intermediary: "99999111117", Channel: "99999111117_90", PaymentType: "CP", Session: ourSession}
	for _, n := range notices {
		s.Notices = append(s.Notices, NoticeRef{vallefinta, n})
	}
	return s
}

func TestExampleSubmit(t *testing.T) {
	got, err := replay(t, examples(t, "12-*")[0]).Submit(t.Context(), submission("301470000012905772"))
	if err != nil || got.PaymentID != "3f6f1f0a2f414b0f8a6de51b7d1c9e42" || got.TransactionID == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	if n := NextOf(err); n.Do != Done || n.Unsure {
		t.Errorf("%+v", n)
	}
}

// TestExampleSubmitFaults: every fault of the examples has its own continuation.
func TestExampleSubmitFaults(t *testing.T) {
	const id = "a1b2c3d4e5f60718293a4b5c6d7e000"
	for file, want := range map[string][]struct {
		notice  string
		next    Next
		trouble Trouble
		outcome Outcome
	}{
		"13-*": { // a platform with Checkout
			{"301470000012905772", Next{Do: People}, TroubleUnexpected, OutcomeWrongSetup},
			{"301470000012905772", Next{Do: People}, TroubleData, OutcomePermanent},
			{"301470000012905772", Next{Do: People}, TroubleUnexpected, OutcomeWrongSetup},
		},
		"14-*": { // the state of the position
			{"301470000012850275", Next{Do: Done, PaymentID: id + "1"}, TroublePaid, OutcomePermanent},
			{"301470000012916890", Next{Do: Never, PaymentID: id + "2"}, TroubleExpired, OutcomePermanent},
			{"301470000012905772", Next{Do: Wait, PaymentID: id + "3"}, TroubleInProgress, OutcomePermanent},
			{"301470000012927915", Next{Do: Never, PaymentID: id + "4"}, TroubleNotice, OutcomePermanent},
		},
		"15-*": { // while resolving the notice
			{"301470000012939033", Next{Do: Never}, TroubleNotOnRecord, OutcomePermanent},
			{"301470000012939033", Next{Do: Never}, TroubleNotOnRecord, OutcomePermanent},
			{"301470000012939033", Next{Do: Done}, TroublePaid, OutcomePermanent},
			{"301470000012939033", Next{Do: LookThenRepeat}, TroubleCreditor, OutcomeUnavailable},
		},
		"16-*": { // pagoPA
			{"301470000012905772", Next{Do: People, PaymentID: id + "5"}, TroubleUnexpected, OutcomePermanent},
			{"301470000012905772", Next{Do: LookThenRepeat, Unsure: true, PaymentID: id + "6"}, TroubleUnexpected, OutcomeUnavailable},
			{"301470000012905772", Next{Do: LookThenRepeat, Unsure: true, PaymentID: id + "7"}, TroubleUnexpected, OutcomeUnavailable},
		},
	} {
		files := examples(t, file)
		if len(files) != len(want) {
			t.Fatalf("%s: %d exchanges", file, len(files))
		}
		for i, w := range want {
			_, err := replay(t, files[i]).Submit(t.Context(), submission(w.notice))
			var f *Fault
			if !errors.As(err, &f) {
				t.Errorf("%s %d: %v", file, i, err)
				continue
			}
			if got := NextOf(err); got != w.next || f.Trouble() != w.trouble || f.Outcome != w.outcome || !f.Sent || f.TransactionID == "" {
				t.Errorf("%s %d: %+v %s: %v", file, i, got, f.Trouble(), err)
			}
			if strings.Contains(err.Error(), w.notice) {
				t.Errorf("%s %d: the error repeats the notice", file, i)
			}
		}
	}
	// 17: refused at the door.
	auth := examples(t, "17-*")
	_, err := replay(t, auth[3]).Submit(t.Context(), submission("301470000012872418"))
	if got := NextOf(err); got.Do != People || !errors.Is(err, ErrForbidden) {
		t.Errorf("APP_003: %+v, %v", got, err)
	}
}

// TestSubmitWithoutCode: what no fault body explains.
func TestSubmitWithoutCode(t *testing.T) {
	const html, js = "text/html", "application/json"
	for name, x := range map[string]struct {
		page page
		want Next
	}{
		"401 of a proxy":      {page{401, html, "no"}, Next{Do: People}},
		"403 of a proxy":      {page{403, html, "no"}, Next{Do: People}},
		"404 of a container":  {page{404, html, "no"}, Next{Do: People}},
		"413":                 {page{413, html, "no"}, Next{Do: People}},
		"429":                 {page{429, html, "no"}, Next{Do: LookThenRepeat}},
		"408":                 {page{408, html, "no"}, Next{Do: LookThenRepeat, Unsure: true}},
		"500":                 {page{500, html, "no"}, Next{Do: LookThenRepeat, Unsure: true}},
		"502 of a proxy":      {page{502, html, "no"}, Next{Do: LookThenRepeat, Unsure: true}},
		"503 of a proxy":      {page{503, html, "no"}, Next{Do: LookThenRepeat, Unsure: true}},
		"504 of a proxy":      {page{504, html, "no"}, Next{Do: LookThenRepeat, Unsure: true}},
		"500 INTERNAL":        {page{500, js, `{"codice":"INTERNAL"}`}, Next{Do: LookThenRepeat, Unsure: true}},
		"500 and a record":    {page{500, js, `{"codice":"INTERNAL","id":"abc"}`}, Next{Do: LookThenRepeat, Unsure: true, PaymentID: "abc"}},
		"500, unknown code":   {page{500, js, `{"codice":"XYZ_1"}`}, Next{Do: LookThenRepeat, Unsure: true}},
		"422, unknown code":   {page{422, js, `{"codice":"XYZ_1"}`}, Next{Do: People}},
		"502, unknown PPT":    {page{502, js, `{"codice":"PPT_NUOVO"}`}, Next{Do: LookThenRepeat, Unsure: true}},
		"303":                 {page{303, html, ""}, Next{Do: People}},
		"page of a proxy":     {page{200, html, "<html>"}, Next{Do: LookThenRepeat, Unsure: true}},
		"half a success":      {page{201, js, `{"id":"3f6f`}, Next{Do: LookThenRepeat, Unsure: true}},
		"success without id":  {page{201, js, `{"location":"/pagamenti/1"}`}, Next{Do: LookThenRepeat, Unsure: true}},
		"id 0":                {page{201, js, `{"id":"0"}`}, Next{Do: People}},
		"a record, a browser": {page{201, js, `{"id":"7","redirect":"https://x"}`}, Next{Do: People, PaymentID: "7"}},
	} {
		h := &pages{by: map[string]page{"": x.page}}
		_, err := serve(t, h).Submit(t.Context(), submission(thisOne))
		if got := NextOf(err); err == nil || got != x.want || len(h.log()) != 1 {
			t.Errorf("%s: %+v after %d calls: %v", name, got, len(h.log()), err)
		}
	}
}

// TestSubmitOnce: whatever happens on the way, one call leaves, and the caller
// learns whether it may have arrived.
func TestSubmitOnce(t *testing.T) {
	var calls, bodies atomic.Int32
	behave := make(chan func(net.Conn), 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			(<-behave)(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	request := func(conn net.Conn) { // reads the whole call
		buf, seen := make([]byte, 4096), ""
		for !strings.Contains(seen, `"N/A"}`) {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			seen += string(buf[:n])
		}
		bodies.Add(1)
	}
	for name, x := range map[string]struct {
		do      func(net.Conn)
		arrived int32
	}{
		"cut at once":        {func(net.Conn) {}, 0},
		"cut after the call": {request, 1},
		"cut in the status":  {func(c net.Conn) { request(c); _, _ = io.WriteString(c, "HTTP/1.1 20") }, 1},
		"cut in the body": {func(c net.Conn) {
			request(c)
			_, _ = io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\":")
		}, 1},
		"no answer in time":      {func(c net.Conn) { request(c); _, _ = c.Read(make([]byte, 1)) }, 1},
		"something else answers": {func(c net.Conn) { request(c); _, _ = io.WriteString(c, "220 smtp ready\r\n") }, 1},
	} {
		calls.Store(0)
		bodies.Store(0)
		behave <- x.do
		c, err := New(Config{Pagamento: "http://" + l.Addr().String(), Timeouts: Timeouts{Submit: 2 * time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Submit(t.Context(), submission(thisOne))
		c.Close()
		var f *Fault
		if n := NextOf(err); n != (Next{Do: LookThenRepeat, Unsure: true}) || !errors.As(err, &f) || !f.Sent || !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
		if calls.Load() != 1 || bodies.Load() > x.arrived {
			t.Errorf("%s: %d connections, %d calls", name, calls.Load(), bodies.Load())
		}
	}

	// Nothing left: repeat as soon as the platform is back.
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := closed.Addr().String()
	closed.Close()
	for _, base := range []string{"http://" + addr, "https://" + addr, "http://nessuno.invalid"} {
		c, err := New(Config{Pagamento: base})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Submit(t.Context(), submission(thisOne))
		c.Close()
		var f *Fault
		if n := NextOf(err); n != (Next{Do: LookThenRepeat}) || !errors.As(err, &f) || f.Sent {
			t.Errorf("%s: %+v, %v", base, n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := New(Config{Pagamento: "http://" + addr})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Submit(ctx, submission(thisOne)); NextOf(err) != (Next{Do: LookThenRepeat}) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %+v, %v", NextOf(err), err)
	}
}

// TestSubmitKeepsNoConnection: each call has its own, so that none is found dead.
func TestSubmitKeepsNoConnection(t *testing.T) {
	var opened atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"1"}`)
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c, err := New(Config{Pagamento: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		if _, err := c.Submit(t.Context(), submission(thisOne)); err != nil {
			t.Fatal(err)
		}
	}
	if opened.Load() != 3 {
		t.Errorf("%d connections for 3 calls", opened.Load())
	}
}

func TestSubmitRefusesBeforeSending(t *testing.T) {
	h := &pages{}
	c := serve(t, h)
	six := []string{"301470000012839157", "301470000012850275", "301470000012861300", "301470000012872418", "301470000012883536", "301470000012894654"}
	for name, spoil := range map[string]func(*Submission){
		"no provider":      func(s *Submission) { s.PSP = "" },
		"no intermediary":  func(s *Submission) { s.Intermediary = "" },
		"long channel":     func(s *Submission) { s.Channel = strings.Repeat("x", 36) },
		"type":             func(s *Submission) { s.PaymentType = "MYBK" },
		"no session":       func(s *Submission) { s.Session = "" },
		"odd session":      func(s *Submission) { s.Session = "a b" },
		"no notices":       func(s *Submission) { s.Notices = nil },
		"six notices":      func(s *Submission) { s.Notices = submission(six...).Notices },
		"notice twice":     func(s *Submission) { s.Notices = append(s.Notices, s.Notices[0]) },
		"short notice":     func(s *Submission) { s.Notices[0].Notice = "123" },
		"odd creditor":     func(s *Submission) { s.Notices[0].Creditor = "../" },
		"creditor missing": func(s *Submission) { s.Notices[0].Creditor = "" },
	} {
		s := submission(thisOne)
		spoil(&s)
		if _, err := c.Submit(t.Context(), s); !errors.Is(err, ErrArgument) || NextOf(err).Do != People {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(h.log()) != 0 {
		t.Errorf("went out: %q", h.log())
	}
	h.by = map[string]page{"": {201, "", `{"id":"1"}`}}
	if _, err := c.Submit(t.Context(), submission(six[:5]...)); err != nil {
		t.Errorf("five notices: %v", err)
	}
}

func TestExamplePayment(t *testing.T) {
	const id, iuv, code = "3f6f1f0a2f414b0f8a6de51b7d1c9e42", "01470000012905772", "03102025104127312"
	files := examples(t, "18-*")
	for i, want := range []PaymentState{PaymentRunning, PaymentPaid} {
		p, err := replay(t, files[i]).Payment(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if p.State != want || p.Session != ourSession || p.Cents != 7730 || p.Listed || p.TransactionID == "" ||
			!slices.Equal(p.Notices, []NoticeRef{{vallefinta, "301470000012905772"}}) || p.At.Format(time.RFC3339) != "2025-10-03T10:41:27+02:00" {
			t.Errorf("%+v", p)
		}
		a, ok := p.Notice(vallefinta, iuv)
		if !ok || a.Code != code || (a.Proof != nil) != (i == 1) || a.Unreadable || a.Started.IsZero() || !a.Submitted {
			t.Fatalf("%d: %+v", i, a)
		}
		if r := a.Proof; r != nil && (r.Result != ResultPaid || r.ReceiptID != code || r.Cents != 7730 || r.PSPTaxCode != "99999111117" || r.PSP != "" || r.IUV != iuv) {
			t.Errorf("%+v", r)
		}
		if _, ok := p.Notice(vallefinta, "01470000012839157"); ok {
			t.Error("found another notice")
		}
	}
	all, err := replay(t, examples(t, "19-*")[0]).PaymentsBySession(t.Context(), ourSession)
	if err != nil || len(all) != 1 || all[0].ID != id || all[0].State != PaymentFailed || !all[0].Listed || all[0].Cents != 7730 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := replay(t, examples(t, "19-*")[0]).PaymentsBySession(t.Context(), "a b"); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
}

func TestOddPayments(t *testing.T) {
	one := func(body string) error {
		_, err := serve(t, &pages{by: map[string]page{"": {body: body}}}).Payment(t.Context(), "7")
		return err
	}
	if err := one(`{"id":"8"}`); !errors.Is(err, ErrMismatch) {
		t.Errorf("another payment: %v", err)
	}
	if err := one(`{"id":"7","dataRichiestaPagamento":"ieri"}`); !errors.Is(err, ErrMalformed) {
		t.Errorf("time: %v", err)
	}
	if err := one(`{"stato":"IN_CORSO"}`); !errors.Is(err, ErrMalformed) {
		t.Errorf("no id: %v", err)
	}
	// The list is ours only if each row says so: a filter that is not applied would
	// show another charge's record as this one's.
	for body, want := range map[string]error{
		`{"risultati":[{"id":"1","idSessionePortale":"other"}]}`: ErrMismatch,
		`{"risultati":[{"id":"1"}]}`:                             ErrMismatch,
		`{"risultati":[{}]}`:                                     ErrMalformed,
		`{}`:                                                     ErrMalformed,
		`{"risultati":[]}`:                                       nil,
	} {
		_, err := serve(t, &pages{by: map[string]page{"": {body: body}}}).PaymentsBySession(t.Context(), ourSession)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, id := range []string{"", "0", "..", "a/b"} {
		if _, err := serve(t, &pages{}).Payment(t.Context(), id); !errors.Is(err, ErrArgument) {
			t.Errorf("%q: %v", id, err)
		}
	}
}
