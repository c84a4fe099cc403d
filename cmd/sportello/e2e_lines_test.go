package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// process is a command of the binary that runs until it is told to end.
type process struct {
	cmd    *exec.Cmd
	out    *lockedBuffer
	errs   *lockedBuffer
	exited chan error
}

// run starts a command of the binary. It is ended with the test.
func run(t testing.TB, args ...string) *process {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(bin, args...), out: &lockedBuffer{}, errs: &lockedBuffer{}, exited: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.exited <- p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
	})
	return p
}

// end asks the process to end and gives its exit code.
func (p *process) end(t testing.TB) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(longest):
		t.Fatalf("%v does not end", p.cmd.Args[1:])
	}
	return p.cmd.ProcessState.ExitCode()
}

// after waits until the process has said what stands between before and the end of its line.
func (p *process) after(c *counter, from *lockedBuffer, before string) string {
	c.t.Helper()
	var found string
	c.until(before+" of "+strings.Join(p.cmd.Args[1:], " "), func() bool {
		_, rest, ok := strings.Cut(from.String(), before)
		if !ok {
			return false
		}
		found, _, ok = strings.Cut(rest, "\n")
		return ok
	})
	return strings.TrimSpace(found)
}

// TestSamePaymentOverTCPAndSerial: the simulators as processes of their own, one on a TCP port and one
// on a pseudo terminal; apart from ids, times and STAN the payments are the same.
func TestSamePaymentOverTCPAndSerial(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the simulated terminal has a pseudo terminal on Linux only")
	}
	lines := map[string]func(c *counter, bank string) (*process, string){
		"tcp": func(c *counter, bank string) (*process, string) {
			p := run(c.t, "simulate", "terminal", "--listen", "tcp://127.0.0.1:0", "--bank", bank, "--fast")
			return p, p.after(c, p.errs, "terminale simulato 12345678 su ")
		},
		"pty": func(c *counter, bank string) (*process, string) {
			file := filepath.Join(c.dir, "device")
			p := run(c.t, "simulate", "terminal", "--pty", file, "--bank", bank, "--fast")
			var device []byte
			c.until("the pty's path", func() bool {
				device, _ = os.ReadFile(file)
				return len(device) > 0
			})
			return p, "serial://" + strings.TrimSpace(string(device)) + "?baud=115200&format=8N1"
		},
	}
	type story struct {
		payment map[string]any
		slip    string
	}
	stories := map[string]story{}
	for name, line := range lines {
		c := newCounter(t, setup{})
		bank := filepath.Join(c.dir, "banca.jsonl")
		terminal, address := line(c, bank)
		platform := run(t, "simulate", "platform", "--listen", "127.0.0.1:0", "--bank", bank, "--receipt-delay", "0s")
		root, _, _ := strings.Cut(platform.after(c, platform.errs, "pagamento:"), "/govpay/")
		c.writeConfig(setup{root: root}, address)
		c.start()

		code, p, errs := c.pay(debt(0))
		if code != exitDone || p.State != local.StateCharged {
			t.Fatalf("%s: pay ended with %d: %s\n%s", name, code, errs, c.stderr)
		}
		for _, said := range []string{"controllo del terminale", "presenti la carta"} {
			if !strings.Contains(errs, said) {
				t.Errorf("%s: the progress lacks %q:\n%s", name, said, errs)
			}
		}
		c.registered()
		receipt := ""
		c.until("the slip", func() bool {
			code, out, _ := c.cli("receipt", p.ID)
			receipt = out
			return code == exitDone
		})
		if !strings.Contains(receipt, p.Reference) {
			t.Errorf("%s: the slip does not carry our reference %q:\n%s", name, p.Reference, receipt)
		}
		_, out, _ := c.cli("payment", p.ID, "--json")
		stories[name] = story{comparable(t, out), comparableSlip(strings.ReplaceAll(receipt, p.Reference, "RIF"))}
		c.soundLedger()
		if code := c.stop(); code != exitDone {
			t.Errorf("%s: the service ended with %d", name, code)
		}
		for _, end := range []*process{terminal, platform} {
			if code := end.end(t); code != exitDone {
				t.Errorf("%s: %v ended with %d: %s", name, end.cmd.Args[1:3], code, end.errs)
			}
		}
		if n := decisionsIn(t, bank); n != 1 {
			t.Errorf("%s: %d decisions of the bank", name, n)
		}
	}
	if a, b := stories["tcp"], stories["pty"]; !reflect.DeepEqual(a, b) {
		t.Errorf("not the same payment:\ntcp %v\npty %v", a, b)
	}
}

// comparable is a payment without ids, times and what the terminal counts.
func comparable(t *testing.T, document string) map[string]any {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal([]byte(document), &p); err != nil {
		t.Fatalf("%q: %v", document, err)
	}
	for _, own := range []string{"id", "request_id", "reference", "created_at", "updated_at", "accounting_day", "evidence_seq"} {
		if p[own] == nil {
			t.Errorf("a payment without %s: %s", own, document)
		}
		delete(p, own)
	}
	charge := p["charge"].(map[string]any)
	for _, own := range []string{"stan", "online_id", "auth_code", "host_time"} {
		if charge[own] == nil {
			t.Errorf("a charge without %s: %s", own, document)
		}
		delete(charge, own)
	}
	for _, n := range p["notices"].([]any) {
		delete(n.(map[string]any), "receipt_id")
	}
	return p
}

// comparableSlip keeps what the lines of a slip are about.
func comparableSlip(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 0 {
			words = append(words, f[0])
		}
	}
	return strings.Join(words, " ")
}

// decisionsIn counts the lines of a bank file.
func decisionsIn(t *testing.T, bank string) int {
	t.Helper()
	b, err := simulator.OpenBank(bank)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	return len(b.Decisions())
}

// TestDemo is the README's first page: one command, then a payment from another shell, registered.
func TestDemo(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{}) // for its waiting only: the demonstration brings its own
	dir := filepath.Join(t.TempDir(), "demo")
	demo := run(t, "demo", "--listen", "127.0.0.1:0", "--data", dir, "--fast")
	c.config = demo.after(c, demo.out, "Configurazione:")
	if filepath.Dir(c.config) != dir {
		t.Errorf("the configuration is %q", c.config)
	}
	demo.after(c, demo.out, "Ctrl-C")
	said := demo.out.String()
	for _, want := range []string{"Pagina:", "PIN 1234", "PAGOPA|002|", "sportello pay"} {
		if !strings.Contains(said, want) {
			t.Errorf("the demonstration does not say %q:\n%s", want, said)
		}
	}
	code, p, errs := c.pay(debt(0))
	if code != exitDone || p.State != local.StateCharged || p.Installation != "D1" {
		t.Fatalf("pay ended with %d: %+v\n%s\n%s", code, p, errs, demo.errs)
	}
	c.registered()
	c.soundLedger()
	if code := demo.end(t); code != exitDone {
		t.Errorf("the demonstration ended with %d: %s", code, demo.errs)
	}
	if n := decisionsIn(t, filepath.Join(dir, "banca.jsonl")); n != 1 {
		t.Errorf("%d decisions of the bank", n)
	}
}
