package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"sportello/driver/simulator"
)

// The simulated terminal with its keys on a page's side, as the program serves it.
func TestSimulateTerminalWithItsPanel(t *testing.T) {
	cmd := commandLine(t, "simulate", "terminal", "--listen", "tcp://127.0.0.1:0", "--panel", "127.0.0.1:0", "--fast",
		"--manual-keys", "--state", "5", "--clock-shift", "2h", "--pan", "zeros", "--busy", "nak", "--ack-form", "etx")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url := ""
	lines := bufio.NewScanner(errs)
	for url == "" && lines.Scan() {
		_, url, _ = strings.Cut(lines.Text(), "pannello su ")
	}
	if url == "" {
		t.Fatal("no panel")
	}
	read := func(r *http.Response, err error) simulator.Snapshot {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var s simulator.Snapshot
		b, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(b, &s)
		}
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %v", r.Status, b, err)
		}
		return s
	}
	if s := read(http.Get(url)); s.State != 5 || s.ClockSeconds != 7200 || !s.ManualKeys || s.TerminalID != "12345678" {
		t.Errorf("%+v", s)
	}
	press := strings.Replace(url, "/state", "/press", 1)
	if s := read(http.Post(press, "application/json", strings.NewReader(`{"key":"manual_sale","cents":1200}`))); s.POSTotalCents != 1200 {
		t.Errorf("%+v", s)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Skip("the program cannot be interrupted here:", err)
	}
	for lines.Scan() { // to its end
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}

func TestSimulateTerminalExplains(t *testing.T) {
	for _, c := range []struct{ args, errors string }{
		{"--panel 0.0.0.0:0", "solo su questo computer"},
		{"--panel 10.0.0.1:80", "solo su questo computer"},
		{"--panel here", "non è HOST:PORT"},
		{"--busy sometimes", "busy"},
		{"--pan shown", "card number"},
		{"--while-busy X", "while busy"},
		{"--close later", "closing"},
		{"--empty-last zero", "empty last"},
		{"--state x", "status"},
		{"--vas-gap 00", "VAS"},
		{"--vas-part 2000", "VAS"},
		{"--ack-form loud", "ack-form"},
	} {
		args := append([]string{"simulate", "terminal", "--listen", "tcp://127.0.0.1:0"}, strings.Fields(c.args)...)
		if got := cli(t, "", args...); got.code == exitDone || !strings.Contains(got.errors, c.errors) {
			t.Errorf("%s: ended with %d: %s", c.args, got.code, got.errors)
		}
	}
}
