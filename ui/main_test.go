package ui

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"sportello/protocol/local"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter is an inside that answers from memory and remembers what it was asked.
type counter struct {
	mu       sync.Mutex
	version  string
	payments map[string]local.Payment // by request id
	actions  []string                 // name/action by operator
	fail     error                    // what every call answers, when set
	hold     chan struct{}            // whatever does something waits for it, when set
	entered  chan struct{}            // and says here that it waits
	paid     chan error               // all but TerminalAction send their context's state here after hold
	report   []local.Payment          // what a snapshot shows
	pdf      []byte                   // of every paper
}

var _ Till = (*counter)(nil)

func (c *counter) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fail
}

func (c *counter) Lookup(_ context.Context, request local.LookupRequest) (local.Notice, error) {
	return local.Notice{Number: request.Code, AmountCents: 1250, Payable: true}, c.failure()
}

func (c *counter) Pay(ctx context.Context, by local.Operator, request local.PaymentRequest) (local.Payment, error) {
	c.wait()
	if c.paid != nil {
		c.paid <- ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return local.Payment{}, c.fail
	}
	if p, ok := c.payments[request.RequestID]; ok {
		return p, nil
	}
	p := local.Payment{ID: "p-" + request.RequestID, RequestID: request.RequestID, State: local.StateSent, Operator: by.ID, Terminal: request.Terminal}
	if c.payments == nil {
		c.payments = map[string]local.Payment{}
	}
	c.payments[request.RequestID] = p
	return p, nil
}

func (c *counter) wait() {
	if c.hold != nil {
		c.entered <- struct{}{}
		<-c.hold
	}
}

func (c *counter) Payments(_ context.Context, query local.PaymentQuery) (local.PaymentPage, error) {
	if query.State == local.StateUnknown {
		return local.PaymentPage{}, nil
	}
	if query.Notice != "" || query.Debtor != "" { // it says back what it was asked
		asked, err := json.Marshal(query)
		total := 4711
		return local.PaymentPage{Payments: []local.Payment{{Reference: string(asked), Notices: []local.PaymentNotice{{Debtor: "Maria Verdi", DebtorTaxCode: "VRDMRA85T50H501L"}}}},
			Next: map[bool]string{true: "815"}[query.Debtor == "" || query.Cursor != "815"], Total: &total, Since: "2026-03-10"}, err
	}
	return local.PaymentPage{Payments: []local.Payment{{ID: query.Day, RequestID: query.RequestID, AmountCents: int64(query.Limit)}}}, c.failure()
}

func (c *counter) Story(_ context.Context, id string) ([]local.StoryEntry, error) {
	if id != "p-1" {
		return nil, &local.Error{Code: local.CodeNotFound}
	}
	return []local.StoryEntry{{Seq: 7, Kind: "sent"}}, c.failure()
}

func (c *counter) Payment(_ context.Context, id string) (local.Payment, error) {
	if id != "p-1" {
		return local.Payment{}, &local.Error{Code: local.CodeNotFound}
	}
	return local.Payment{ID: id}, nil
}

func (c *counter) Receipt(_ context.Context, id string) (local.Receipt, error) {
	return local.Receipt{PaymentID: id, Text: "SCONTRINO", Complete: true}, nil
}

func (c *counter) Terminals(context.Context) ([]local.Terminal, error) { return nil, c.failure() }

func (c *counter) TerminalAction(_ context.Context, by local.Operator, name, action string, request local.ActionRequest) (local.TerminalReport, error) {
	c.wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if request.QuietTotals {
		action += " quiet"
	}
	if request.Channel != "" {
		action += " " + request.Channel
	}
	c.actions = append(c.actions, name+"/"+action+" by "+by.ID)
	return local.TerminalReport{Text: action, Terminal: local.Terminal{Name: name}}, c.fail
}

func (c *counter) Queue(context.Context) ([]local.QueueItem, error) { return nil, nil }

func (c *counter) Cases(_ context.Context, all bool) ([]local.Case, error) {
	if all {
		return []local.Case{{ID: "c-1"}}, nil
	}
	return nil, nil
}

// decided remembers a decision of the desk and answers for it.
func (c *counter) decided(ctx context.Context, by local.Operator, what string, request any) error {
	c.wait()
	if c.paid != nil {
		c.paid <- ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.actions = append(c.actions, fmt.Sprintf("%s by %s: %+v", what, by.ID, request))
	if c.fail == nil {
		return ctx.Err()
	}
	return c.fail
}

func (c *counter) Resolve(ctx context.Context, by local.Operator, id string, request local.ResolutionRequest) (local.Payment, error) {
	return local.Payment{ID: id, Proposal: &local.Proposal{Answer: request.Answer, By: by.ID}}, c.decided(ctx, by, "resolve "+id, request)
}

func (c *counter) Countersign(ctx context.Context, by local.Operator, id string, request local.CountersignRequest) (local.Payment, error) {
	return local.Payment{ID: id, State: local.StateCharged}, c.decided(ctx, by, "countersign "+id, request)
}

func (c *counter) Reverse(ctx context.Context, by local.Operator, id string, request local.ActionRequest) (local.Payment, error) {
	return local.Payment{ID: id, State: local.StateReversing}, c.decided(ctx, by, "reverse "+id, request)
}

func (c *counter) EndCase(ctx context.Context, by local.Operator, id string, request local.EndingRequest) (local.Case, error) {
	return local.Case{ID: id, Ending: request.Ending}, c.decided(ctx, by, "end "+id, request)
}

func (c *counter) CountersignCase(ctx context.Context, by local.Operator, id string, request local.CountersignRequest) (local.Case, error) {
	return local.Case{ID: id}, c.decided(ctx, by, "sign "+id, request)
}

func (c *counter) QueueStatus(context.Context) (local.QueueStatus, error) {
	return local.QueueStatus{Depth: 3, Late: 1, Away: true}, c.failure()
}

func (c *counter) RegistrationReceipt(_ context.Context, id string, notice int, pdf bool) (local.RegistrationReceipt, error) {
	r := local.RegistrationReceipt{PaymentID: id, ReceiptID: fmt.Sprint("ricevuta ", notice), RT: json.RawMessage(`{"a":1}`)}
	if pdf {
		r.PDF = c.pdf
	}
	return r, c.failure()
}

func (c *counter) SearchPositions(_ context.Context, request local.SearchRequest) (local.SearchResult, error) {
	if request.Creditor != "" {
		return local.SearchResult{Positions: []local.FoundPosition{{Creditor: request.Creditor, Debtor: request.Debtor}}}, c.failure()
	}
	return local.SearchResult{}, c.failure()
}

func (c *counter) Services(context.Context) ([]local.Service, error) { return nil, c.failure() }

func (c *counter) CreatePosition(ctx context.Context, by local.Operator, request local.CreateRequest) (local.Notice, error) {
	return local.Notice{Number: "302000100000000107", Payable: true}, c.decided(ctx, by, "create", request)
}

func (c *counter) NoticePDF(context.Context, local.NoticeRef) ([]byte, error) {
	return c.pdf, c.failure()
}

func (c *counter) Offline(ctx context.Context, by local.Operator, request local.OfflineRequest) (local.Offline, error) {
	return local.Offline{ID: "o-1", OpenedBy: by.ID, Reason: request.Reason}, c.decided(ctx, by, "offline", request)
}

func (c *counter) Snapshot(context.Context, local.Operator) (local.Snapshot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return local.Snapshot{Version: c.version, Payments: c.report}, c.fail
}

func (c *counter) Check(context.Context) (any, error) {
	return map[string]any{"entries": 7}, nil
}

// staff knows two people by plain PINs.
type staff struct{}

var _ Operators = staff{}

var (
	anna = local.Operator{ID: "anna", Name: "Anna", Role: local.RoleClerk}
	carl = local.Operator{ID: "carl", Name: "Carlo", Role: local.RoleSupervisor}
)

func (staff) Check(id, pin string) (local.Operator, error) {
	switch {
	case id == "anna" && pin == "1111":
		return anna, nil
	case id == "carl" && pin == "2222":
		return carl, nil
	case id == "broken":
		return local.Operator{}, errors.New("operators file cannot be read")
	}
	return local.Operator{}, &local.Error{Code: local.CodeBadCredentials}
}

func (staff) All() []local.Operator { return []local.Operator{anna, carl} }

const (
	clerkToken      = "fixed-clerk-token"
	supervisorToken = "fixed-supervisor-token"
)

// desk is a server on a real listener and a client for it.
type desk struct {
	*Server
	t      testing.TB
	till   *counter
	hub    *Hub
	host   string // 127.0.0.1:port
	client *http.Client
	closed bool
}

func open(t testing.TB, change func(*Options)) *desk {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, till: &counter{version: "1.2.3"}, hub: NewHub(), host: listener.Addr().String(), client: &http.Client{Transport: &http.Transport{}}}
	options := Options{Till: d.till, Operators: staff{}, Hub: d.hub, Version: "1.2.3", Log: zerolog.Nop()}
	if change != nil {
		change(&options)
	}
	d.Server, err = New(listener, options)
	if err != nil {
		t.Fatal(err)
	}
	d.AddToken(clerkToken, anna)
	d.AddToken(supervisorToken, carl)
	served := make(chan error, 1)
	go func() { served <- d.Serve() }()
	t.Cleanup(func() {
		d.client.CloseIdleConnections()
		d.close()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return d
}

func (d *desk) close() {
	if d.closed {
		return
	}
	d.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		d.t.Errorf("Close: %v", err)
	}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) code(t testing.TB) local.Code {
	t.Helper()
	var body local.ErrorBody
	if err := json.Unmarshal(r.body, &body); err != nil {
		t.Fatalf("no error body in %d %q", r.status, r.body)
	}
	if body.Error.Message == "" {
		t.Errorf("%s has no message", body.Error.Code)
	}
	return body.Error.Code
}

// ask sends a request as the bearer of token ("" for nobody); body is JSON text or nothing.
func (d *desk) ask(method, path, token, body string, headers ...string) reply {
	d.t.Helper()
	r, err := http.NewRequest(method, "http://"+d.host+path, bytes.NewReader([]byte(body)))
	if err != nil {
		d.t.Fatal(err)
	}
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := d.client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, text}
}

// raw sends bytes as they are, for what no HTTP client would send.
func (d *desk) raw(request string) reply {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.host)
	if err != nil {
		d.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, request); err != nil {
		d.t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		d.t.Fatalf("%v after %q", err, request)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusSwitchingProtocols {
		return reply{response.StatusCode, response.Header, nil}
	}
	text, _ := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, text}
}

func as[T any](t testing.TB, r reply) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("%v in %d %q", err, r.status, r.body)
	}
	return v
}
