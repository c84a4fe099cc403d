package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sportello/protocol/local"
)

// fake is a service that speaks the API on a real listener and does what a test tells it to.
type fake struct {
	t      *testing.T
	server *httptest.Server
	dir    string // data directory, with cli.token
	config string

	// onPay answers POST payments; try counts from 1. A nil payment cuts the connection without an answer.
	onPay func(try int, r local.PaymentRequest) (*local.Payment, *local.Error)
	// then goes on where POST payments has been answered with a payment, and the fake knows it: what comes of it cannot
	// come before.
	then func(r local.PaymentRequest)
	// onDecision answers what is posted about a payment or a case, in JSON; nil cuts likewise.
	onDecision func(try int, path, body string) (any, *local.Error)
	// report changes the answer to an action on a terminal.
	report func(action string, r *local.TerminalReport)

	mu       sync.Mutex // guards what follows
	token    string
	notices  map[string]local.Notice
	refusals map[string]local.Error // by path
	payments []local.Payment        // newest first
	orders   []local.PaymentRequest // every POST payments
	cases    []local.Case
	answers  map[string]any // by path, with its query: JSON, or a PDF as []byte
	decided  []string       // every decision: path and body
	calls    []string       // METHOD path
	streams  map[*websocket.Conn]bool
	opened   chan struct{} // a stream was added
}

func newFake(t *testing.T) *fake {
	f := &fake{answers: map[string]any{"queue/status": local.QueueStatus{Depth: 1, Late: 1}}, t: t, dir: t.TempDir(), token: "gettone", refusals: map[string]local.Error{}, streams: map[*websocket.Conn]bool{}, opened: make(chan struct{}, 1), notices: map[string]local.Notice{}}
	f.notices["302000100000000107"] = local.Notice{
		Creditor: "01199250158", CreditorName: "Comune di Esempio", Number: "302000100000000107",
		Description: "TARI 2026", AmountCents: 12050, Payable: true,
	}
	f.notices["302000100000000208"] = local.Notice{
		Creditor: "01199250158", CreditorName: "Comune di Esempio", Number: "302000100000000208",
		Description: "Mensa", AmountCents: 500, Payable: true, Warnings: []local.Reason{{Code: "amount_print_differs", Text: "l'importo è cambiato"}},
	}
	f.server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.stop)
	f.config = filepath.Join(f.dir, "config.yaml")
	f.write(f.config, "listen: "+f.server.Listener.Addr().String()+"\ndata_dir: '"+f.dir+"'\n")
	f.write(filepath.Join(f.dir, tokenName), f.token+"\n")
	return f
}

func (f *fake) write(path, text string) {
	f.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// stop ends the service as a kill would: every connection is cut.
func (f *fake) stop() {
	f.cut()
	f.server.CloseClientConnections()
	f.server.Close()
}

// listened waits until a client's stream is open: the client knows of it before the server does.
func (f *fake) listened() {
	for end := time.After(longest); ; {
		f.mu.Lock()
		n := len(f.streams)
		f.mu.Unlock()
		if n > 0 {
			return
		}
		select {
		case <-f.opened:
		case <-end:
			f.t.Error("no client has opened the events")
			return
		}
	}
}

// cutStreams cuts the events of a client that has opened them, or is about to.
func (f *fake) cutStreams() {
	f.listened()
	f.cut()
}

func (f *fake) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.streams {
		c.Close()
	}
}

// publish sends an event to every stream and remembers the payment in it.
func (f *fake) publish(e local.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.Payment != nil {
		f.remember(*e.Payment)
	}
	for c := range f.streams {
		_ = c.WriteJSON(e)
	}
}

func (f *fake) remember(p local.Payment) {
	for i := range f.payments {
		if f.payments[i].ID == p.ID {
			f.payments[i] = p
			return
		}
	}
	f.payments = append([]local.Payment{p}, f.payments...)
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.calls = append(f.calls, r.Method+" "+r.URL.Path)
	token, refusal := f.token, f.refusals[r.URL.Path]
	f.mu.Unlock()
	path, ok := strings.CutPrefix(r.URL.Path, api)
	switch {
	case !ok:
		http.NotFound(w, r)
	case path == "events":
		f.events(w, r)
	case path != "session" && r.Header.Get("Authorization") != "Bearer "+token:
		f.refuse(w, local.Error{Code: local.CodeUnauthorized, Message: "accesso scaduto"})
	case refusal.Code != "":
		f.refuse(w, refusal)
	case path == "payments" && r.Method == http.MethodPost:
		f.pay(w, r)
	case r.Method == http.MethodPost && path != "payments/search" && (strings.HasPrefix(path, "payments/") || strings.HasPrefix(path, "cases/") || path == "offline" || path == "positions"):
		f.decide(w, r, path)
	default:
		f.answer(w, r, path)
	}
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request, path string) {
	now := time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)
	f.mu.Lock()
	defer f.mu.Unlock()
	if set, ok := f.answers[strings.TrimSuffix(path+"?"+r.URL.RawQuery, "?")]; ok {
		body, _ := io.ReadAll(r.Body)
		f.calls[len(f.calls)-1] += strings.TrimSuffix(" "+string(body), " ")
		if pdf, ok := set.([]byte); ok {
			w.Header().Set("Content-Type", "application/pdf")
			_, _ = w.Write(pdf)
			return
		}
		reply(w, http.StatusOK, set)
		return
	}
	switch {
	case path == "session" && r.Method == http.MethodPost:
		var s local.SessionRequest
		_ = json.NewDecoder(r.Body).Decode(&s)
		if s.Operator != "bianchi" || s.PIN != "5678" {
			f.refuse(w, local.Error{Code: local.CodeBadCredentials, Message: "nome o PIN errati"})
			return
		}
		f.token = "sessione"
		reply(w, http.StatusCreated, local.Session{Token: f.token, Operator: local.Operator{ID: "bianchi"}})
	case path == "session":
		w.WriteHeader(http.StatusNoContent)
	case path == "notices/lookup":
		var l local.LookupRequest
		_ = json.NewDecoder(r.Body).Decode(&l)
		n, ok := f.notices[l.Code]
		if !ok {
			f.refuse(w, local.Error{Code: local.CodeNoticeCheckDigits, Message: "cifre di controllo errate", Hint: "ricontrollare il numero"})
			return
		}
		reply(w, http.StatusOK, n)
	case path == "payments/search":
		body, _ := io.ReadAll(r.Body)
		f.calls[len(f.calls)-1] += " " + string(body)
		var q local.PaymentQuery
		_ = json.Unmarshal(body, &q)
		switch {
		case q.Notice != "" && q.Cursor == "": // a short page, and a next one
			w.Header().Set(local.HeaderNext, "7")
			reply(w, http.StatusOK, []local.Payment{})
		case q.Debtor == "nessuno":
			w.Header().Set(local.HeaderSince, "2026-11-22")
			reply(w, http.StatusOK, []local.Payment{})
		default:
			reply(w, http.StatusOK, f.payments)
		}
	case path == "payments":
		f.calls[len(f.calls)-1] += "?" + r.URL.RawQuery
		reply(w, http.StatusOK, f.payments)
	case path == "payments/A1-00000001/story":
		reply(w, http.StatusOK, []local.StoryEntry{{At: now, Kind: "outcome", Text: "esito", By: []string{"anna", "capo"}, State: local.StateCharged,
			STAN: "000123", Reason: &local.Reason{Code: "by_people", Text: "deciso da persone"}}, {At: now, Text: "registrazione", Notice: 1, Registration: local.RegistrationRegistered}})
	case strings.HasSuffix(path, "A1-00000002/receipt"):
		f.refuse(w, local.Error{Code: local.CodeNotFound, PaymentID: "A1-00000002", Message: "non c'è"})
	case strings.HasSuffix(path, "/receipt"):
		reply(w, http.StatusOK, local.Receipt{PaymentID: "A1-1", Text: "POS 12345678\nTRANSAZIONE APPROVATA\n", Complete: false})
	case strings.HasPrefix(path, "payments/"):
		for _, p := range f.payments {
			if p.ID == strings.TrimPrefix(path, "payments/") {
				reply(w, http.StatusOK, p)
				return
			}
		}
		f.refuse(w, local.Error{Code: local.CodeNotFound, Message: "non c'è"})
	case path == "queue":
		reply(w, http.StatusOK, []local.QueueItem{{PaymentID: "A1-1", Number: "302000100000000107", AmountCents: 12050, State: local.RegistrationAwaitingReceipt, Since: now, Tries: 3, Late: true}})
	case path == "cases":
		f.calls[len(f.calls)-1] += "?" + r.URL.RawQuery
		reply(w, http.StatusOK, append([]local.Case{{ID: "C1", PaymentID: "A1-1", Seq: 31, Cause: local.Reason{Code: "paid_elsewhere", Text: "pagato altrove", Hint: "serve un rimborso"}, Opened: now, NeedsTwo: true}}, f.cases...))
	case path == "terminals":
		reply(w, http.StatusOK, []local.Terminal{{Name: "cassa1", Lease: &local.Lease{Holder: "reverse", Operator: "bianchi", Since: time.Now().Add(-90 * time.Second)}}})
	case strings.HasPrefix(path, "terminals/cassa1/"):
		var a local.ActionRequest
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil || a.RequestID == "" {
			f.refuse(w, local.Error{Code: local.CodeRequestIDMissing})
			return
		}
		total, action := int64(98765), strings.TrimPrefix(path, "terminals/cassa1/")
		if a.QuietTotals {
			action += " quiet"
		}
		action += strings.TrimSuffix(" "+a.Channel, " ")
		answer := local.TerminalReport{
			Terminal: local.Terminal{Name: "cassa1", Label: "Cassa 1", Light: local.LightReady}, Text: "fatto: " + action,
			Last: &local.Charge{STAN: "000123", AmountCents: 12050}, TotalCents: &total,
		}
		if f.report != nil {
			f.report(action, &answer)
		}
		reply(w, http.StatusOK, answer)
	default:
		f.refuse(w, local.Error{Code: local.CodeNotFound, Message: "non c'è"})
	}
}

func (f *fake) pay(w http.ResponseWriter, r *http.Request) {
	var order local.PaymentRequest
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
		f.refuse(w, local.Error{Code: local.CodeBadRequest})
		return
	}
	f.mu.Lock()
	f.orders = append(f.orders, order)
	try := len(f.orders)
	f.mu.Unlock()
	p, no := f.onPay(try, order)
	switch {
	case no != nil:
		f.refuse(w, *no)
	case p == nil:
		panic(http.ErrAbortHandler) // the connection is cut, the answer is lost
	default:
		f.mu.Lock()
		f.remember(*p)
		then := f.then
		f.mu.Unlock()
		reply(w, http.StatusAccepted, p)
		if then != nil {
			go then(order) // the answer leaves when this returns
		}
	}
}

// decisions changes what is decided while the service answers.
func (f *fake) decisions(decide func(int, string, string) (any, *local.Error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.onDecision = decide
}

func (f *fake) decide(w http.ResponseWriter, r *http.Request, path string) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	f.decided = append(f.decided, path+" "+string(body))
	try, decides := len(f.decided), f.onDecision
	f.mu.Unlock()
	what, no := decides(try, path, string(body))
	switch {
	case no != nil:
		f.refuse(w, *no)
	case what == nil:
		panic(http.ErrAbortHandler) // the connection is cut, the answer is lost
	default:
		reply(w, http.StatusAccepted, what)
	}
}

func (f *fake) events(w http.ResponseWriter, r *http.Request) {
	var up websocket.Upgrader
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	var hello local.Hello
	if err := conn.ReadJSON(&hello); err != nil {
		return
	}
	f.mu.Lock()
	if hello.Token != f.token {
		f.mu.Unlock()
		return
	}
	err = conn.WriteJSON(local.Event{Type: local.EventSnapshot, Snapshot: &local.Snapshot{Payments: f.payments, Queue: f.inQueue()}})
	f.streams[conn] = true
	f.mu.Unlock()
	select {
	case f.opened <- struct{}{}:
	default:
	}
	for err == nil {
		_, _, err = conn.ReadMessage() // until the other end leaves
	}
	f.mu.Lock()
	delete(f.streams, conn)
	f.mu.Unlock()
}

// inQueue is the queue as a snapshot shows it; it needs mu.
func (f *fake) inQueue() *local.QueueStatus {
	status, ok := f.answers["queue/status"].(local.QueueStatus)
	if !ok {
		return nil
	}
	return &status
}

func (f *fake) refuse(w http.ResponseWriter, e local.Error) {
	reply(w, local.HTTPStatus(e.Code), local.ErrorBody{Error: e})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// payment is an order as the fake has accepted it.
func payment(r local.PaymentRequest, s local.State) *local.Payment {
	p := &local.Payment{
		ID: "A1-00000001", RequestID: r.RequestID, Reference: "A1K7QX9M2P", Installation: "A1", State: s, Settlement: local.SettlementTerminal,
		Terminal: r.Terminal, CreatedAt: time.Now(), UpdatedAt: time.Now(),
	}
	for _, n := range r.Notices {
		p.AmountCents += n.ExpectedCents
		p.Notices = append(p.Notices, local.PaymentNotice{Creditor: n.Creditor, Number: n.Number, AmountCents: n.ExpectedCents, Registration: local.RegistrationNone})
	}
	if s == local.StateCharged {
		p.ReceiptNumber, p.AccountingDay = "2026/1", "2026-05-04"
		p.Charge = &local.Charge{STAN: "000123", AuthCode: "A1B2C3", PAN: "************1234"}
		for i := range p.Notices {
			p.Notices[i].Registration = local.RegistrationAwaitingReceipt
		}
	}
	return p
}

// ends accepts an order and then ends it in a state.
func (f *fake) ends(s local.State, phases ...string) {
	f.onPay = func(_ int, r local.PaymentRequest) (*local.Payment, *local.Error) {
		for _, phase := range phases {
			f.publish(local.Event{Type: local.EventActivity, Activity: &local.Activity{RequestID: r.RequestID, Phase: phase}})
		}
		return payment(r, local.StateSent), nil
	}
	f.then = func(r local.PaymentRequest) { f.publish(local.Event{Type: local.EventPayment, Payment: payment(r, s)}) }
}

// result is how a command ended.
type result struct {
	code        int
	out, errors string
}

// commandLine makes a process of this test binary that runs a command line of the program, for as long as anything may take.
func commandLine(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	// A proxy that must not be asked; and no second's wait at the end of a race-detecting process.
	cmd.Env = append(os.Environ(), executeEnv+"=1", "GORACE=atexit_sleep_ms=0", "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1", configName+"=")
	return cmd
}

// cli runs a command line to its end.
func cli(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	cmd := commandLine(t, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// run runs a client command against the fake.
func (f *fake) run(args ...string) result {
	f.t.Helper()
	return f.runWith("", args...)
}

func (f *fake) runWith(stdin string, args ...string) result {
	f.t.Helper()
	f.sync()
	defer f.sync()
	return cli(f.t, stdin, append(args, "--config", f.config)...)
}

// sync orders what a test does to the fake's fields before and after what the requests between do:
// nothing else does, since the client is another process.
func (f *fake) sync() {
	f.mu.Lock()
	defer f.mu.Unlock()
}

// closedAddress is an address at which nobody listens.
func closedAddress(t *testing.T) string { return freeAddress(t) }

// newServer serves the fake again, over TLS.
func newServer(t *testing.T, f *fake) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshake is the test's own
	s.StartTLS()
	return s
}

// notTheService is the address of a web server that is not ours.
func notTheService(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html>buongiorno</html>")
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}
