package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/driver/simulator"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// binary is the real program with failpoints, built once for all tests of this package.
var binary = sync.OnceValues(func() (string, error) {
	if built := os.Getenv(binaryEnv); built != "" {
		return built, nil
	}
	dir, err := os.MkdirTemp("", "sportello-test-")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	path := filepath.Join(dir, "sportello")
	out, err := exec.Command("go", "build", "-tags", "failpoint", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the binary: %w\n%s", err, out)
	}
	return path, nil
})

// binaryEnv names the binary for a test that runs in a process of its own.
const binaryEnv = "SPORTELLO_TEST_BINARY"

// binaryDir is where it was built; TestMain removes it. It is written once, before any test is over.
var binaryDir string

// counter is a whole counter on real lines: the two ends that are not ours in this process, the
// service in a process of its own that may be killed.
type counter struct {
	t        testing.TB
	dir      string
	config   string
	bin      string
	terminal *simulator.Terminal
	bank     *simulator.Bank
	platform *govpaytest.Server
	listen   string
	service  *exec.Cmd
	exited   chan error
	stderr   *lockedBuffer
}

// setup is what a test changes of a counter.
type setup struct {
	terminal    simulator.Options
	platform    govpaytest.Options
	pty         bool
	exclusivity string // default exclusive
	timing      string // default quick
	address     string // of the terminal, when it is not the simulated one
	lrc         string
	tid         string
	password    string // written for the service; default the right one
	dir         string // data directory; default a temporary one
	root        string // of the platform's addresses, when it is not reached on the simulated one's own port
	caFile      string // of the platform's certificate
}

func newCounter(t testing.TB, s setup) *counter {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{t: t, bin: bin, dir: s.dir}
	if c.dir == "" {
		c.dir = t.TempDir()
	}
	if s.terminal.Bank == nil {
		if s.terminal.Bank, err = simulator.OpenBank(filepath.Join(c.dir, "bank.jsonl")); err != nil {
			t.Fatal(err)
		}
	}
	c.bank = s.terminal.Bank
	t.Cleanup(func() { _ = c.bank.Close() })
	if c.terminal, err = simulator.New(s.terminal); err != nil {
		t.Fatal(err)
	}
	address := s.address
	if address == "" {
		address = c.serveTerminal(s.pty)
	}
	if s.platform.BankFile == "" {
		s.platform.BankFile = filepath.Join(c.dir, "bank.jsonl")
	}
	if c.platform, err = govpaytest.New(s.platform); err != nil {
		t.Fatal(err)
	}
	if err := c.platform.Start(freeAddress(t)); err != nil { // which it has again after a stop
		t.Fatal(err)
	}
	t.Cleanup(c.platform.Close)
	c.listen = freeAddress(t)
	c.writeConfig(s, address)
	t.Cleanup(func() { c.kill() })
	return c
}

// serveTerminal puts the simulated terminal on TCP or on a pty and gives its address.
func (c *counter) serveTerminal(pty bool) string {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	c.t.Cleanup(func() {
		cancel()
		<-done
	})
	if !pty {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			c.t.Fatal(err)
		}
		go func() { done <- c.terminal.Serve(ctx, l) }()
		return "tcp://" + l.Addr().String()
	}
	file := filepath.Join(c.dir, "pty")
	go func() { done <- c.terminal.ServePTY(ctx, file) }()
	var device []byte
	c.until("the pty's path", func() bool {
		device, _ = os.ReadFile(file)
		return len(bytes.TrimSpace(device)) > 0
	})
	return "serial://" + string(bytes.TrimSpace(device)) + "?baud=115200&format=8N1"
}

func (c *counter) writeConfig(s setup, address string) {
	c.t.Helper()
	def := func(value *string, otherwise string) {
		if *value == "" {
			*value = otherwise
		}
	}
	def(&s.exclusivity, "exclusive")
	def(&s.timing, "{result: 60s, hard_stop: 60s, quiet: 1s}")
	def(&s.lrc, "auto")
	def(&s.tid, "12345678")
	def(&s.password, "sportello")
	clerk, err := config.HashPIN("1234")
	if err != nil {
		c.t.Fatal(err)
	}
	def(&s.root, "http://"+c.platform.Addr())
	pagamento, pendenze, ragioneria := govpaytest.Base(s.root)
	files := map[string]string{
		"operators.yaml": fmt.Sprintf("operators:\n  - {id: rossi, name: Maria Rossi, role: clerk, hash: %q}\n  - {id: bianchi, name: Paolo Bianchi, role: supervisor, hash: %q}\n", clerk, clerk),
		"password":       s.password + "\n",
		"config.yaml": fmt.Sprintf(`installation: T1
listen: %s
data_dir: %s
operators_file: %s
creditors:
  - {tax_code: "01199250158", name: Comune di Esempio}
terminals:
  - name: cassa1
    driver: nexi
    address: %s
    terminal_id: "%s"
    cash_register_id: "00000001"
    lrc: %s
    exclusivity: %s
    psp: {id: CIPBITMM, intermediary: "13212880150", channel: "13212880150_90", payment_type: CP}
    notice_data: {tag: 5, template: "{notice}{creditor}", index_map: "5000"}
    timing: %s
platform:
  driver: govpay
  pagamento: %s
  pendenze: %s
  ragioneria: %s
  application: A2A-SPORTELLO
  auth: {user: sportello, password_file: %s}
  ca_file: %q
`, c.listen, filepath.Join(c.dir, "data"), filepath.Join(c.dir, "operators.yaml"), address, s.tid, s.lrc, s.exclusivity, s.timing,
			pagamento, pendenze, ragioneria, filepath.Join(c.dir, "password"), s.caFile),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	c.config = filepath.Join(c.dir, "config.yaml")
}

// start runs the service and waits until it answers, or until it dies at its failpoint.
func (c *counter) start(env ...string) {
	c.t.Helper()
	c.launch(env...)
	c.until("the service to answer", func() bool {
		resp, err := http.Get("http://" + c.listen + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
		}
		return err == nil || c.dead()
	})
}

func (c *counter) launch(env ...string) {
	c.t.Helper()
	c.service = exec.Command(c.bin, "run", "--config", c.config)
	c.service.Env = append(append(os.Environ(), "SPORTELLO_LOOKS=200ms 500ms 1s 2s 5s"), env...)
	c.stderr = &lockedBuffer{}
	c.service.Stderr = c.stderr
	if err := c.service.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.exited = make(chan error, 1)
	go func(cmd *exec.Cmd, exited chan error) {
		exited <- cmd.Wait()
		close(exited)
	}(c.service, c.exited)
}

// vacant waits until nobody listens at an address where this process has listened: a child that has just been begun has
// its socket, too, until it is the other program.
func (c *counter) vacant(address string) {
	c.t.Helper()
	c.until("nobody to listen at "+address, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
}

// dead reports whether the service has ended by itself.
func (c *counter) dead() bool {
	select {
	case <-c.exited:
		c.service = nil
		return true
	default:
		return false
	}
}

// kill ends the service as a power cut would.
func (c *counter) kill() {
	if c.service == nil {
		return
	}
	_ = c.service.Process.Kill()
	<-c.exited
	c.service = nil
}

// cli runs a client command, patiently, and gives its exit code and what it printed.
func (c *counter) cli(args ...string) (code int, stdout, stderr string) {
	c.t.Helper()
	return c.patiently(func() (int, string, string) { return c.program("", append(args, "--config", c.config)...) })
}

// program runs the binary to its end with something on standard input.
func (c *counter) program(stdin string, args ...string) (code int, stdout, stderr string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.bin, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatalf("running %v: %v", args, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// pay runs `sportello pay` and decodes the payment, if one was printed.
func (c *counter) pay(notice string, more ...string) (int, local.Payment, string) {
	c.t.Helper()
	code, out, errs := c.cli(append([]string{"pay", notice, "--terminal", "cassa1", "--json"}, more...)...)
	var p local.Payment
	if strings.TrimSpace(out) != "" {
		if err := json.Unmarshal([]byte(out), &p); err != nil {
			c.t.Fatalf("pay printed %q: %v", out, err)
		}
	}
	return code, p, errs
}

// patiently asks until nobody else has the terminal, as a clerk does: what was paid is told before it is at rest.
func (c *counter) patiently(ask func() (int, string, string)) (code int, out, errs string) {
	c.t.Helper()
	c.until("the terminal to be free", func() bool {
		code, out, errs = ask()
		return code == exitDone || !strings.Contains(errs, "sta già lavorando")
	})
	return code, out, errs
}

func (c *counter) payments() []local.Payment {
	c.t.Helper()
	code, out, errs := c.cli("payments", "--json")
	if code != 0 {
		c.t.Fatalf("payments: exit %d: %s", code, errs)
	}
	var list []local.Payment
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		c.t.Fatalf("payments printed %q: %v", out, err)
	}
	return list
}

// longest is how long anything may take that ends by itself: on a busy machine everything takes longer, and no test
// says by it how fast something is.
const longest = 3 * time.Minute

// until waits for something that happens in another process.
func (c *counter) until(what string, cond func() bool) {
	c.t.Helper()
	deadline := time.Now().Add(longest)
	for !cond() {
		if time.Now().After(deadline) {
			log := ""
			if c.stderr != nil {
				log = c.stderr.String()
			}
			c.t.Fatalf("waited in vain for %s\nservice log:\n%s", what, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// seen is the terminal as the service shows it after a look.
func (c *counter) seen() local.Terminal {
	var r local.TerminalReport
	c.until("the terminal to be looked at", func() bool {
		code, out, _ := c.cli("terminal", "status", "cassa1", "--json")
		return code == exitDone && json.Unmarshal([]byte(out), &r) == nil
	})
	return r.Terminal
}

// busy: somebody's payment is in hand.
func (c *counter) busy() bool { return c.seen().Light == local.LightBusy }

// debt is one of the demonstration's payable notices.
func debt(i int) string {
	return govpaytest.Demo(time.Now()).QR()[i]
}

// charges counts the bank's approved payments, by notice data.
func (c *counter) charges() map[string]int {
	out := map[string]int{}
	for _, d := range c.bank.Decisions() {
		if d.Kind == "payment" && d.Approved {
			out[strings.Join(d.Data, "")]++
		}
	}
	return out
}

// lockedBuffer collects a child's output while the test may read it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

var _ io.Writer = (*lockedBuffer)(nil)

// onTheWire is a QR's notice as the additional data carry it: number and creditor.
func onTheWire(qr string) string {
	f := strings.Split(qr, "|")
	return f[2] + f[3]
}

// payWhenReady pays under a request's id.
func (c *counter) payWhenReady(notice, request string) (code int, p local.Payment, errs string) {
	c.t.Helper()
	return c.pay(notice, "--request-id", request)
}

// customers are at hand from now on: they present their cards and type their PINs (simulator.Options.ManualKeys).
func (c *counter) customers() {
	over, ended := make(chan struct{}), make(chan struct{})
	c.t.Cleanup(func() {
		close(over)
		<-ended
	})
	go func(terminal *simulator.Terminal) {
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond) // a key counts only while it is waited for
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				terminal.PresentCard()
				terminal.EnterPIN()
			case <-over:
				return
			}
		}
	}(c.terminal)
}

// payAndLeave starts a payment whose caller is not waited for; the caller ends when abandon is called.
func (c *counter) payAndLeave(notice, request string) (abandon func()) {
	c.t.Helper()
	cmd := exec.Command(c.bin, "pay", notice, "--terminal", "cassa1", "--request-id", request, "--config", c.config)
	c.until("the terminal to be ready", func() bool {
		_, out, _ := c.cli("terminal", "status", "cassa1", "--json")
		return strings.Contains(out, `"ready"`)
	})
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}
