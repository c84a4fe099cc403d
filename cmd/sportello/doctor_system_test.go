package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
)

// systemFindings runs one probe.
func systemFindings(t *testing.T, probe func(*doctor)) map[string]examined {
	t.Helper()
	d := &doctor{print: func(examined) {}}
	probe(d)
	found := map[string]examined{}
	for _, e := range d.result.Checks {
		found[e.Check+" "+e.Of] = e
		if checkNames[e.Check] == "" {
			t.Errorf("%s has no name for people", e.Check)
		}
		if e.State != gradeWell && (e.Remedy == "" || e.Code == "ok") {
			t.Errorf("%+v says nothing to do", e)
		}
	}
	return found
}

func TestDoctorSystem(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, ledger.FileName)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	clock := func(now time.Time) examined {
		return systemFindings(t, func(d *doctor) { d.systemClock(dir, now) })["system_clock "]
	}
	if e := clock(time.Now()); e.State == gradeBroken {
		t.Errorf("%+v", e)
	}
	if e := clock(time.Now().Add(-time.Hour)); e.Code != "clock_back" || e.State != gradeBroken {
		t.Errorf("an hour back: %+v", e)
	}
	if e := clock(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)); e.Code != "clock_wrong" {
		t.Errorf("an empty battery: %+v", e)
	}

	if runtime.GOOS == "windows" {
		t.Log("rights and serial ports are not read on Windows")
	} else {
		rights := func() examined {
			return systemFindings(t, func(d *doctor) { d.rights(dir) })["rights "+dir]
		}
		if err := os.Chmod(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		if e := rights(); e.State != gradeWell {
			t.Errorf("%+v", e)
		}
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		if e := rights(); e.Code != "rights_too_wide" || !strings.Contains(e.Found, "ledger.db (644)") {
			t.Errorf("a ledger for everybody: %+v", e)
		}
		cfg := &config.Config{Terminals: []config.Terminal{{Name: "cassa1", Address: "serial://" + filepath.Join(dir, "ttyUSB0") + "?baud=9600"}, {Name: "cassa2", Address: "serial://" + file},
			{Name: "cassa3", Address: "tcp://192.0.2.1:10000"}}}
		found := systemFindings(t, func(d *doctor) { d.serialPorts(cfg) })
		if len(found) != 2 || found["serial cassa1"].Code != "serial_missing" || found["serial cassa2"].State != gradeWell {
			t.Errorf("%+v", found)
		}
	}

	cfg := &config.Config{Terminals: []config.Terminal{{Name: "cassa1", Address: "tcp://192.0.2.1:10000"}}}
	cfg.Platform.Pagamento, cfg.Platform.Pendenze = "https://govpay.example.it/a", "https://govpay.example.it/b"
	for listen, inward := range map[string]bool{"127.0.0.1:8417": false, "[::1]:8417": false, "192.0.2.7:8417": true, "0.0.0.0:8417": true} {
		e := systemFindings(t, func(d *doctor) { d.ways(config.Place{Listen: listen}, cfg) })["firewall "]
		if strings.Contains(e.Found, "TCP 8417") != inward || !strings.Contains(e.Found, "cassa1 192.0.2.1:10000, piattaforma govpay.example.it") || strings.Count(e.Found, "govpay") != 1 {
			t.Errorf("%s: %+v", listen, e)
		}
	}
	for name, who := range knownScanners {
		if name != strings.ToLower(name) || who == "" {
			t.Errorf("%q %q", name, who)
		}
	}
}
