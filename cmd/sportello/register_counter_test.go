//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver/simulator"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// What the service of these tests waits for the platform, and how long a submission may be under way there. Where the
// platform is too slow on purpose, the service is hasty; elsewhere a busy machine must not look like a slow platform.
const (
	patience = 20 * time.Second
	window   = 3 * time.Second

	hasty       = time.Second
	beyond      = 1500 * time.Millisecond // longer than that
	hastyWindow = 6 * time.Second         // beyond, and as much more as a busy machine may need
)

// bothWays are the settlement ways.
var bothWays = []string{ledger.SettlementTerminal, ledger.SettlementPlatform}

// registering is a counter whose debts are settled one way or the other, and a platform whose log is kept.
type registering struct {
	*counter
	way string
	log *lockedBuffer
	env []string // of the service, besides
	// identity is the platform's on HTTPS; nil: it is reached over HTTP.
	identity *govpaytest.Identity
}

// newRegistering makes one with so many debts, which debtAt names, and a script for the platform.
func newRegistering(t *testing.T, way string, debts int, rules ...govpaytest.Rule) *registering {
	t.Helper()
	return newRegisteringWith(t, way, debts, govpaytest.Options{Rules: rules})
}

func newRegisteringWith(t *testing.T, way string, debts int, o govpaytest.Options) *registering {
	t.Helper()
	wait, open := patience, window
	if slices.ContainsFunc(o.Rules, func(r govpaytest.Rule) bool { return r.DelayMS > 0 }) {
		wait, open = hasty, hastyWindow
	}
	r := &registering{way: way, log: &lockedBuffer{}, env: []string{"SPORTELLO_SUBMIT_WINDOW=" + open.String()}}
	o.Log = r.log
	o.Seed = govpaytest.Seed{V: 1, Creditors: []govpaytest.Creditor{{TaxCode: soakCreditor, Name: "Comune di Esempio", Settlement: way}}}
	for i := range debts {
		o.Seed.Debts = append(o.Seed.Debts, debtAt(i))
	}
	r.counter = newCounter(t, setup{platform: o})
	r.configured("    exclusivity:", "    settlement: "+way+"\n    exclusivity:")
	if way == ledger.SettlementPlatform { // the provider is told nothing by the terminal
		r.configured(`notice_data: {tag: 5, template: "{notice}{creditor}", index_map: "5000"}`, "notice_data: null")
	}
	r.configured("  application:", fmt.Sprintf("  timeouts: {verify: %v, read: %v, submit: %v}\n  application:", wait, wait, wait))
	return r
}

// debtAt is the i-th debt of these tests.
func debtAt(i int) govpaytest.Debt {
	return govpaytest.Debt{Creditor: soakCreditor, Notice: soakNotice(i, int64(1000+i)), Cents: int64(1000 + i), Reason: fmt.Sprint("Prova ", i),
		Debtor: govpaytest.Debtor{TaxCode: "RSSMRA80A01F205X", Name: "Mario Rossi"}}
}

// begin starts the service with the shortened window.
func (r *registering) begin(env ...string) {
	r.t.Helper()
	r.start(append(slices.Clone(r.env), env...)...)
}

// charges takes a debt's money, and asks again while the platform's word is missing: before a charge that is
// what the clerk is told to do.
func (r *registering) charges(i int) local.Payment {
	r.t.Helper()
	var p local.Payment
	r.until(fmt.Sprintf("debt %d to be charged", i), func() bool {
		code, got, errs := r.pay(debtAt(i).QR())
		p = got
		switch {
		case code == exitDone && p.State == local.StateCharged:
			return true
		case code == exitNotCharged && (strings.Contains(errs, "piattaforma") || strings.Contains(errs, "sta già lavorando")):
			return false
		}
		r.t.Fatalf("debt %d: pay ended with %d in state %q: %s\nservice log:\n%s", i, code, p.State, errs, r.stderr)
		return false
	})
	return p
}

// book is the service's list of payments, asked for without a process of its own; nil while nobody answers.
func (r *registering) book() (list []local.Payment) {
	if !r.reads("payments", &list) {
		return nil
	}
	return list
}

// reads asks the API, and is false while nobody answers.
func (r *registering) reads(path string, to any) bool {
	token, err := os.ReadFile(filepath.Join(r.dir, "data", tokenName))
	if err != nil {
		return false
	}
	q, err := http.NewRequest(http.MethodGet, "http://"+r.listen+api+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK && json.NewDecoder(resp.Body).Decode(to) == nil
}

// done says whether every charge is registered.
func (r *registering) done() bool {
	list := r.book()
	return len(list) > 0 && !slices.ContainsFunc(list, func(p local.Payment) bool {
		return p.State == local.StateCharged && slices.ContainsFunc(p.Notices, func(n local.PaymentNotice) bool { return n.Registration != local.RegistrationRegistered })
	})
}

// ends waits until every charge is registered.
func (r *registering) ends() {
	r.t.Helper()
	r.until("every charge to be registered", r.done)
}

// entries is the platform's log so far.
func (r *registering) entries() (list []govpaytest.Entry) {
	r.t.Helper()
	for d := json.NewDecoder(strings.NewReader(r.log.String())); d.More(); {
		var e govpaytest.Entry
		if err := d.Decode(&e); err != nil {
			r.t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// spoilt is how often the script's deed befell an operation.
func (r *registering) spoilt(operation string) (n int) {
	for _, e := range r.entries() {
		if e.Operation == operation && e.Spoilt != "" {
			n++
		}
	}
	return n
}

// asked is how often an operation was asked for.
func (r *registering) asked(operation string) (n int) {
	for _, e := range r.entries() {
		if e.Operation == operation {
			n++
		}
	}
	return n
}

// settledOnce holds ledger, bank and platform against each other: each debt charged once at the bank, told to the
// platform once, and paid once by its receipt. paid is how many debts were.
func (r *registering) settledOnce(paid int) {
	r.t.Helper()
	seen, bank := 0, map[string]int{}
	for _, d := range r.bank.Decisions() {
		if d.Kind == simulator.KindPayment && d.Approved {
			bank[strings.TrimSpace(d.Reference)]++
		}
	}
	for _, p := range r.payments() {
		if p.State != local.StateCharged {
			continue
		}
		if bank[p.Reference] != 1 {
			r.t.Errorf("the bank charged %s %d times", p.ID, bank[p.Reference])
		}
		delete(bank, p.Reference)
		for _, n := range p.Notices {
			seen++
			if n.Registration != local.RegistrationRegistered || n.ReceiptID == "" {
				r.t.Errorf("%s of %s is %s with receipt %q (%v)", n.Number, p.ID, n.Registration, n.ReceiptID, n.Reason)
			}
			r.paidOnce(n.Number, n.ReceiptID)
		}
	}
	if seen != paid || len(bank) > 0 {
		r.t.Errorf("%d notices are charged, want %d; charged at the bank alone: %v", seen, paid, bank)
	}
	r.soundLedger()
}

// paidOnce: the platform has one attempt that was paid, with this receipt, and none else that pagoPA took.
func (r *registering) paidOnce(notice, receipt string) {
	r.t.Helper()
	receipts, taken := 0, 0
	all := r.platform.Attempts(soakCreditor, notice)
	for _, a := range all {
		switch {
		case a.Outcome == govpaytest.OutcomePaid && a.Code == receipt:
			receipts++
			taken++
		case a.State != "RPT_RIFIUTATA_NODO" && a.State != "RPT_ERRORE_INVIO_A_NODO":
			taken++
		}
	}
	if receipts != 1 || taken != 1 {
		r.t.Errorf("%s with receipt %q: the platform has %+v", notice, receipt, all)
	}
}
