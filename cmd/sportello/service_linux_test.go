package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newSystemctl puts a systemctl of this test first in the path; it answers as told and writes its calls.
func newSystemctl(t *testing.T, cases string) (calls func() string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	script := "#!/bin/sh\necho \"$*\" >>" + log + "\ncase \"$*\" in\n" + cases + "\n*) exit 0 ;;\nesac\n"
	if err := os.WriteFile(filepath.Join(dir, "systemctl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	return func() string {
		b, _ := os.ReadFile(log)
		return string(b)
	}
}

func TestServiceCommands(t *testing.T) {
	const (
		running = "is-active*) echo active ;;\nshow*) printf 'active\\nrunning\\n' ;;"
		stopped = "is-active*) echo inactive; exit 3 ;;\nlist-unit-files*) echo sportello.service enabled ;;\nshow*) printf 'inactive\\ndead\\n' ;;"
		failed  = "is-active*) echo activating; exit 3 ;;\nshow*) printf 'activating\\nauto-restart\\n' ;;"
		missing = "is-active*) echo inactive; exit 3 ;;\nlist-unit-files*) echo 0 unit files ;;"
	)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer page.Close()
	f := newFake(t)
	f.write(f.config, "listen: "+page.Listener.Addr().String()+"\ndata_dir: '"+f.dir+"'\n")
	elsewhere := filepath.Join(t.TempDir(), "config.yaml")
	f.write(elsewhere, "listen: 127.0.0.1:1\ndata_dir: /tmp\n")
	for _, c := range []struct {
		name, systemd, args string
		root                bool // only root may
		code                int
		out, errors, called string
	}{
		{"usable", running, "status", false, exitDone, "in funzione", "", ""},
		{"one document", running, "status --json", false, exitDone, `"ready":true`, "", ""},
		{"runs and does not answer", running, "status --config " + elsewhere, false, exitUnreachable, "non risponde su 127.0.0.1:1", "sportello doctor", ""},
		{"stopped", stopped, "status --config " + elsewhere, false, exitUnreachable, "fermo", "sportello service start", ""},
		{"gave up", failed, "status --config " + elsewhere, false, exitUnreachable, "finito per un errore", "journalctl", ""},
		{"not there", missing, "status --config " + elsewhere, false, exitFailed, "non installato", "il pacchetto .deb o .rpm", ""},
		{"install without the package", missing, "install", false, exitFailed, "", "non è installato", ""},
		{"install", stopped, "install", true, exitDone, "parte da sé", "", "enable sportello.service"},
		{"uninstall", running, "uninstall", true, exitDone, "registro restano", "", "disable --now sportello.service"},
		{"stop", running, "stop", true, exitDone, "Servizio fermo", "", "stop sportello.service"},
		{"a stop that fails", "stop*) echo no >&2; exit 1 ;;\n" + running, "stop", true, exitFailed, "", "non si è fermato", ""},
		{"start with a bad configuration", stopped, "start --config " + elsewhere, false, exitUsage, "", "installation", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.root && os.Geteuid() != 0 {
				t.Skip("only root commands the system's service")
			}
			calls := newSystemctl(t, c.systemd)
			expect(t, cli(t, "", append([]string{"service", "--config", f.config}, strings.Fields(c.args)...)...), c.code, c.out, c.errors)
			if !strings.Contains(calls(), c.called) {
				t.Errorf("systemctl was called with %q, want %q", calls(), c.called)
			}
		})
	}
}

// TestServiceTellsSystemd: READY when the page answers and not before, then that it stops.
func TestServiceTellsSystemd(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	next := func() string {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(longest)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1<<10)
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	c.launch("NOTIFY_SOCKET=" + path)
	if got := next(); !strings.HasPrefix(got, "READY=1") {
		t.Errorf("first word %q", got)
	}
	if page, err := net.Dial("tcp", c.listen); err != nil {
		t.Errorf("READY, and the page does not answer: %v", err)
	} else {
		_ = page.Close()
	}
	if got := next(); got != "WATCHDOG=1" {
		t.Errorf("second word %q", got)
	}
	if code := c.stop(); code != exitDone {
		t.Errorf("exit %d", code)
	}
	for got := next(); got != "STOPPING=1"; got = next() {
		if got != "WATCHDOG=1" {
			t.Fatalf("odd word %q", got)
		}
	}
}
