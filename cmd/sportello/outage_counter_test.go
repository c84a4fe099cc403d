//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay/govpaytest"
)

// outageTerminals have charged during the outage: a ledger takes one payment of a terminal at a time, and
// those of several in one commit. All but the first are switched off by now.
const outageTerminals = 32

// outage is a counter that has charged a lot, and a platform in a process of its own.
type outage struct {
	*counter
	way      string
	cfg      *config.Config
	debts    []govpaytest.Debt // charged while the platform was away
	more     []govpaytest.Debt // for the bare client
	spare    govpaytest.Debt   // for the clerk
	process  *exec.Cmd         // the platform; nil while it is away
	platform string            // its address
}

func newOutage(t *testing.T, way string, payments int) *outage {
	o := &outage{counter: newCounter(t, setup{}), way: way, platform: freeAddress(t)}
	o.terminals()
	debt := func(i int) govpaytest.Debt {
		return govpaytest.Debt{Creditor: soakCreditor, Notice: soakNotice(i, 100), Cents: 100, Reason: "Prova",
			Debtor: govpaytest.Debtor{TaxCode: "RSSMRA80A01F205X", Name: "Mario Rossi"}}
	}
	for i := range payments {
		o.debts = append(o.debts, debt(i))
	}
	for i := range max(200, payments/10) {
		o.more = append(o.more, debt(100_000+i))
	}
	o.spare = debt(500_000)
	b, err := json.Marshal(govpaytest.Seed{V: 1, Creditors: []govpaytest.Creditor{{TaxCode: soakCreditor, Name: "Comune di Esempio", Settlement: way}},
		Debts: append(slices.Concat(o.debts, o.more), o.spare)})
	if err != nil {
		t.Fatal(err)
	}
	o.write(o.file("seed.json"), string(b))
	t.Cleanup(o.away)
	return o
}

func (o *outage) file(name string) string { return filepath.Join(o.dir, name) }

// terminals puts as many terminals into the configuration, and the platform's new address.
func (o *outage) terminals() {
	o.t.Helper()
	b, err := os.ReadFile(o.config)
	if err != nil {
		o.t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "http://"+o.counter.platform.Addr(), "http://"+o.platform)
	head, rest, _ := strings.Cut(text, "  - name: cassa1")
	one, tail, _ := strings.Cut(rest, "platform:")
	if o.way == ledger.SettlementPlatform { // the provider is told nothing by the terminal
		one = strings.Replace(one, `notice_data: {tag: 5, template: "{notice}{creditor}", index_map: "5000"}`, "notice_data: null", 1)
	}
	one = "  - name: cassa1" + strings.Replace(one, "    driver:", "    settlement: "+o.way+"\n    driver:", 1)
	_, address, _ := strings.Cut(one, "    address: ")
	address, _, _ = strings.Cut(address, "\n")
	var all strings.Builder
	for k := range outageTerminals {
		this := strings.Replace(one, "cassa1", terminalName(k), 1)
		if k > 0 {
			this = strings.Replace(this, address, fmt.Sprint("tcp://127.0.0.1:", k), 1)
		}
		all.WriteString(this)
	}
	o.write(o.config, head+all.String()+"platform:"+tail)
	if o.cfg, err = config.Load(o.config); err != nil {
		o.t.Fatal(err)
	}
}

func terminalName(k int) string { return fmt.Sprint("cassa", k+1) }

// back starts the platform, which knows the debts and what the bank has charged.
func (o *outage) back() {
	o.t.Helper()
	o.process = exec.Command(o.bin, "simulate", "platform", "--listen", o.platform, "--seed", o.file("seed.json"),
		"--bank", o.file("bank.jsonl"), "--log", o.file("platform.jsonl"), "--receipt-delay", "0s")
	out, err := o.process.StdoutPipe()
	if err == nil {
		err = o.process.Start()
	}
	if err != nil {
		o.t.Fatal(err)
	}
	first := bufio.NewReader(out)
	if _, err := first.ReadString('\n'); err != nil { // it writes the debts once it listens
		o.t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, first) }()
}

// away ends the platform as a power cut would.
func (o *outage) away() {
	if o.process == nil {
		return
	}
	_ = o.process.Process.Kill()
	_ = o.process.Wait()
	o.process = nil
}

// chargeAll writes the payments of the outage into the ledger by its own door. No service may run.
func (o *outage) chargeAll() {
	o.t.Helper()
	if err := os.MkdirAll(o.cfg.DataDir, 0o700); err != nil {
		o.t.Fatal(err)
	}
	l, err := ledger.Open(o.cfg.DataDir, ledger.Options{Installation: o.cfg.Installation, Log: zerolog.Nop()})
	if err != nil {
		o.t.Fatal(err)
	}
	var tills sync.WaitGroup
	for k := range outageTerminals {
		tills.Go(func() {
			for i := k; i < len(o.debts); i += outageTerminals {
				if err := o.charge(l, k, i); err != nil {
					o.t.Error(err)
					return
				}
			}
		})
	}
	tills.Wait()
	if err := l.Close(); err != nil {
		o.t.Fatal(err)
	}
	if o.t.Failed() {
		o.t.FailNow()
	}
	o.decided(o.debts)
}

// charge is one payment with all that a terminal says of it.
func (o *outage) charge(l *ledger.Ledger, k, i int) error {
	d, now := o.debts[i], time.Now()
	p, err := l.Intend(ledger.Intent{Payment: ledger.Payment{
		RequestID: d.Notice, RequestHash: "h", Reference: fmt.Sprintf("%s%08d", o.cfg.Installation, i), Installation: o.cfg.Installation,
		Settlement: o.way, AmountCents: d.Cents, Terminal: terminalName(k), Operator: "rossi", CreatedAt: now,
		Notices: []ledger.Notice{{Creditor: d.Creditor, Number: d.Notice, AmountCents: d.Cents, Registration: ledger.RegNone}},
	}, Descriptions: []string{d.Reason}})
	if err != nil {
		return err
	}
	_, err = l.Conclude(p.ID, ledger.Conclusion{Outcome: driver.Outcome{Verdict: driver.Charged, Reason: driver.Reason{Code: "approved"},
		Charge: &driver.Charge{TerminalID: "12345678", STAN: fmt.Sprintf("%06d", i/outageTerminals+1), AmountCents: d.Cents, HostTime: now}}})
	if err == nil {
		_, err = l.Aftermath(p.ID, driver.Aftermath{Acked: true})
	}
	return err
}

// decided is what the host behind the terminals decided.
func (o *outage) decided(debts []govpaytest.Debt) {
	o.t.Helper()
	f, err := os.OpenFile(o.file("bank.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		o.t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	lines := json.NewEncoder(w)
	for i, d := range debts {
		if err := lines.Encode(govpaytest.BankLine{V: 1, Seq: int64(i), At: time.Now(), Terminal: d.Notice, Kind: "payment",
			Approved: true, AmountCents: d.Cents, STAN: fmt.Sprintf("%06d", i), Data: []string{d.Notice + d.Creditor}}); err != nil {
			o.t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		o.t.Fatal(err)
	}
}
