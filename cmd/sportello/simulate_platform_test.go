package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sportello/protocol/govpay/govpaytest"
)

// The simulated platform on both its lines, as the program serves it: one state
// behind them, the authority's file good for a client, every request in the log.
func TestSimulatePlatformOnBothLines(t *testing.T) {
	dir := t.TempDir()
	ca, log := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "log.jsonl")
	cmd := commandLine(t, "simulate", "platform", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--tls-ca", ca, "--log", log,
		"--api-id", "cassa", "--api-key", "segreta", "--ungranted", "backoffice")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pendenze, backoffice []string
	lines := bufio.NewScanner(errs)
	for len(backoffice) < 2 && lines.Scan() {
		name, url, _ := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		switch name {
		case "pendenze":
			pendenze = append(pendenze, strings.TrimSpace(url))
		case "backoffice":
			backoffice = append(backoffice, strings.TrimSpace(url))
		}
	}
	if len(backoffice) != 2 || !strings.HasPrefix(pendenze[0], "http://") || !strings.HasPrefix(pendenze[1], "https://") {
		t.Fatalf("addresses: %q", pendenze)
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no authority in the file")
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	get := func(url string, header ...string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("sportello", "sportello")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for _, x := range []struct {
		url    string
		header []string
		status int
	}{
		{pendenze[0] + "/profilo", nil, 200},
		{pendenze[1] + "/profilo", nil, 200},
		{backoffice[1] + "/sonde", nil, 403},
		{strings.Replace(pendenze[1], "/basic/", "/apikey/", 1) + "/profilo", []string{"X-APP-ID", "cassa", "X-API-KEY", "segreta"}, 200},
		{strings.Replace(pendenze[1], "/basic/", "/ssl/", 1) + "/profilo", nil, 403},
	} {
		if got := get(x.url, x.header...); got != x.status {
			t.Errorf("%s: %d, want %d", x.url, got, x.status)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Skip("the program cannot be interrupted here:", err)
	}
	for lines.Scan() { // to its end
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var statuses []int
	for entries := bufio.NewScanner(f); entries.Scan(); {
		var e govpaytest.Entry
		if err := json.Unmarshal(entries.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		statuses = append(statuses, e.Status)
	}
	if len(statuses) != 5 || statuses[2] != 403 {
		t.Errorf("log: %v", statuses)
	}
}

func TestSimulatePlatformExplains(t *testing.T) {
	for _, c := range []struct{ args, errors string }{
		{"", "--tls-listen"},
		{"--listen 127.0.0.1:0 --tls-ca x.pem", "vogliono --tls-listen"},
		{"--tls-listen 127.0.0.1:0 --tls-cert x.pem", "vanno insieme"},
		{"--tls-listen 127.0.0.1:0 --tls-cert x.pem --tls-key y.pem", "x.pem"},
		{"--tls-listen 127.0.0.1:0 --tls-cert x.pem --tls-key y.pem --tls-ca z.pem", "vale senza"},
		{"--listen 127.0.0.1:0 --seed x.json", "x.json"},
		{"--listen 127.0.0.1:0 --checkout maybe", "checkout"},
		{"--listen 127.0.0.1:0 --api-key x", "API key"},
	} {
		args := append([]string{"simulate", "platform"}, strings.Fields(c.args)...)
		if got := cli(t, "", args...); got.code == exitDone || !strings.Contains(got.errors, c.errors) {
			t.Errorf("%s: ended with %d: %s", c.args, got.code, got.errors)
		}
	}
}
