package main

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/config"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// front asks the page's address for the demonstration's terminal with the command line's token.
func front(t *testing.T, page, dataDir, method, path, body string) (int, string) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(dataDir, tokenName))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(method, page+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// The installed service has no terminal to press, whoever asks.
func TestRunHasNoDemoTerminal(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	for _, call := range [][3]string{{"GET", "/demo/terminal/state", ""}, {"POST", "/demo/terminal/press", `{"key":"manual_sale","cents":700}`}} {
		if status, text := front(t, "http://"+c.listen, filepath.Join(c.dir, "data"), call[0], call[1], call[2]); status != http.StatusNotFound {
			t.Errorf("%s %s: %d %s", call[0], call[1], status, text)
		}
	}
}

// TestDemoKeepsItsPort: a port of the system's choice is kept from its choice on, so that nobody else gets it.
func TestDemoKeepsItsPort(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	cfg := &config.Config{Listen: free.Addr().String()}
	if l, err := listen(cfg, nil); !errors.Is(err, errListen) {
		t.Errorf("opened twice: %v, %v", l, err)
	}
	if l, err := listen(cfg, free); err != nil || l != free {
		t.Errorf("%v, %v", l, err)
	}
}

// TestDemoAnywhere: the demonstration's configuration can be read wherever its folder and its port are.
func TestDemoAnywhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d'angelo")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := startDemo(t.Context(), dir, "terminal", true, false)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	for _, listen := range []string{"127.0.0.1:8417", "[::1]:8417"} {
		path, err := d.writeConfig(listen)
		if err != nil {
			t.Fatal(err)
		}
		if cfg, err := config.Load(path); err != nil || cfg.Listen != listen || cfg.DataDir != dir {
			t.Errorf("%s: %+v %v", listen, cfg, err)
		}
	}
}

// The demonstration's terminal is pressed through the page's address, and what was typed on it is told before
// the next charge.
func TestDemoTerminalIsPressed(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{}) // for its waiting only
	dir := filepath.Join(t.TempDir(), "demo")
	demo := run(t, "demo", "--listen", "127.0.0.1:0", "--data", dir, "--fast", "--manual-keys")
	page := demo.after(c, demo.out, "Pagina:")
	c.config = demo.after(c, demo.out, "Configurazione:")
	demo.after(c, demo.out, "Ctrl-C")
	status, text := front(t, page, dir, "POST", "/demo/terminal/press", `{"key":"manual_sale","cents":700}`)
	var s simulator.Snapshot
	if err := json.Unmarshal([]byte(text), &s); err != nil || status != http.StatusOK || s.POSTotalCents != 700 || !s.ManualKeys {
		t.Fatalf("%d %s (%v)", status, text, err)
	}
	code, _, errs := c.pay(debt(0))
	if code == exitDone || !strings.Contains(errs, "[terminal_unknown_transaction]") {
		t.Errorf("pay ended with %d: %s", code, errs)
	}
	if n := decisionsIn(t, filepath.Join(dir, "banca.jsonl")); n != 1 {
		t.Errorf("%d decisions of the bank", n)
	}
	if code := demo.end(t); code != exitDone {
		t.Errorf("the demonstration ended with %d: %s", code, demo.errs)
	}
}

// The demonstration shows the platform's way, too: what is charged is told by us, and the receipt comes.
func TestDemoSettlesOnThePlatform(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{}) // for its waiting only
	dir := filepath.Join(t.TempDir(), "demo")
	demo := run(t, "demo", "--listen", "127.0.0.1:0", "--data", dir, "--fast", "--settlement", "platform")
	page := demo.after(c, demo.out, "Pagina:")
	c.config = demo.after(c, demo.out, "Configurazione:")
	demo.after(c, demo.out, "Ctrl-C")
	// A line in its faults file lets the platform give no receipts.
	faults := filepath.Join(dir, "guasti.jsonl")
	c.write(faults, `{"on":"ricevute","do":"down"}`+"\n")
	code, p, errs := c.pay(debt(0))
	if code != exitDone || p.Settlement != local.SettlementPlatform {
		t.Fatalf("pay ended with %d by %q: %s", code, p.Settlement, errs)
	}
	c.until("the queue to say that the platform is away", func() bool {
		_, text := front(t, page, dir, "GET", api+"queue/status", "")
		var s local.QueueStatus
		return json.Unmarshal([]byte(text), &s) == nil && s.Away && s.Depth == 1 && s.NextTry != nil && s.Oldest != nil
	})
	var items []local.QueueItem
	if _, text := front(t, page, dir, "GET", api+"queue", ""); json.Unmarshal([]byte(text), &items) != nil || len(items) != 1 || items[0].NextTry == nil || items[0].Tries == 0 {
		t.Errorf("the queue: %s", text)
	}
	c.write(faults, "")
	// It is back: the first question that it answers wakes the queue.
	c.until("the platform to answer again", func() bool {
		status, _ := front(t, page, dir, "POST", api+"notices/lookup", `{"code":"`+debt(1)+`"}`)
		return status == http.StatusOK
	})
	c.registered()
	var services []local.Service
	if code, out, errs := c.cli("services", "--json"); code != exitDone || json.Unmarshal([]byte(out), &services) != nil || len(services) != 3 {
		t.Errorf("services: %d %s%s", code, out, errs)
	}
	if code, out, errs := c.cli("doctor"); code != exitDone || !strings.Contains(out, "✓ LIBERO · debito da creare") || !strings.Contains(out, "[not_provable]") {
		t.Errorf("doctor: %d %s%s", code, out, errs)
	}
	if code := demo.end(t); code != exitDone {
		t.Errorf("the demonstration ended with %d: %s", code, demo.errs)
	}
	if got := cli(t, "", "demo", "--settlement", "bank"); got.code != exitUsage || !strings.Contains(got.errors, "--settlement platform") {
		t.Errorf("another way: %d %s", got.code, got.errors)
	}
}
