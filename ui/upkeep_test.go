package ui

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"sportello/protocol/local"
)

// caretaker is an upkeep.
type caretaker struct {
	fails bool
	by    local.Operator
}

var _ Upkeep = (*caretaker)(nil)

func (*caretaker) Metrics(context.Context) ([]byte, error) { return []byte("a 1\n"), nil }
func (*caretaker) Bundle(context.Context) ([]byte, error)  { return []byte("tutto bene è\n"), nil }

func (k *caretaker) Backup(w io.Writer, stop func()) (Backup, error) {
	if _, err := w.Write([]byte("prima metà ")); err != nil {
		return Backup{}, err
	}
	if k.fails {
		stop()
		return Backup{}, errors.New("a payment came")
	}
	_, err := w.Write([]byte("seconda metà"))
	return Backup{SHA256: "aa", Head: "bb", Entries: 7}, err
}

func (*caretaker) RestoreStatus(context.Context) (local.RestoreStatus, error) {
	return local.RestoreStatus{Open: true, Terminals: []local.RestoreTerminal{}}, nil
}

func (k *caretaker) Restore(_ context.Context, by local.Operator, r local.RestoreRequest) (local.Payment, error) {
	k.by = by
	return local.Payment{ID: "p-9", RequestID: r.RequestID}, nil
}

const maintenanceToken = "la chiave della manutenzione"

// TestUpkeep: who may do what. The token for maintenance opens its four doors and no other; a clerk none but the status.
func TestUpkeep(t *testing.T) {
	k := &caretaker{}
	d := open(t, func(o *Options) { o.Upkeep = k })
	d.SetMaintenance(maintenanceToken)
	const body = `{"request_id":"r1","terminal":"cassa1","notices":[{"creditor":"01199250158","number":"302000100000000107","amount_cents":1}],"stan":"000001","at":"2026-11-22T10:31:00+01:00"}`
	for _, row := range []struct {
		method, path, body                        string
		nobody, clerk, supervisor, maintenance, w int
	}{
		{"GET", "/metrics", "", 401, 200, 200, 200, 401},
		{"GET", "/api/v1/bundle", "", 401, 403, 200, 200, 401},
		{"GET", "/api/v1/ledger/backup", "", 401, 403, 200, 200, 401},
		{"GET", "/api/v1/restore", "", 401, 200, 200, 401, 401},
		{"POST", "/api/v1/restore/payments", body, 401, 403, 200, 401, 401},
		{"GET", "/api/v1/payments", "", 401, 200, 200, 401, 401},
		{"GET", "/api/v1/state", "", 401, 200, 200, 401, 401},
	} {
		for token, want := range map[string]int{"": row.nobody, clerkToken: row.clerk, supervisorToken: row.supervisor, maintenanceToken: row.maintenance, maintenanceToken + "x": row.w} {
			if got := d.ask(row.method, row.path, token, row.body); got.status != want {
				t.Errorf("%s with %q: %d, want %d", row.path, token, got.status, want)
			}
		}
	}
	if k.by.Role != local.RoleSupervisor {
		t.Errorf("restored by %+v", k.by)
	}
	got := d.ask("GET", "/api/v1/bundle", supervisorToken, "")
	sum := sha256.Sum256(got.body)
	if got.header.Get(SHA256Header) != hex.EncodeToString(sum[:]) || got.header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasPrefix(string(got.body), "tutto bene") {
		t.Errorf("%v %q", got.header, got.body)
	}
	if got := d.ask("GET", "/metrics", maintenanceToken, ""); got.header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" || string(got.body) != "a 1\n" {
		t.Errorf("%v %q", got.header, got.body)
	}
}

// TestBackupStream: the trailers come behind a copy that is whole, and behind no other.
func TestBackupStream(t *testing.T) {
	for _, fails := range []bool{false, true} {
		d := open(t, func(o *Options) { o.Upkeep = &caretaker{fails: fails} })
		d.SetMaintenance(maintenanceToken)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+d.host+"/api/v1/ledger/backup", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+maintenanceToken)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			if !fails {
				t.Error(err)
			}
			continue // cut off before anything came: no copy either
		}
		b, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		whole := err == nil && string(b) == "prima metà seconda metà" && resp.Trailer.Get(SHA256Header) == "aa" && resp.Trailer.Get(HeadHeader) == "bb" && resp.Trailer.Get(EntriesHeader) == "7"
		if whole == fails || fails && resp.Trailer.Get(SHA256Header) != "" {
			t.Errorf("fails %t: %q %v %v", fails, b, resp.Trailer, err)
		}
		http.DefaultClient.CloseIdleConnections()
	}
}

// TestMetricsFrom: by the address of the connection, whatever a header says of it; loopback only where it is written.
func TestMetricsFrom(t *testing.T) {
	for from, want := range map[string]int{"": 401, "10.0.0.0/8": 401, "127.0.0.0/8": 200} {
		d := open(t, func(o *Options) {
			o.Upkeep = &caretaker{}
			if from != "" {
				o.MetricsFrom = []netip.Prefix{netip.MustParsePrefix(from)}
			}
		})
		if got := d.ask("GET", "/metrics", "", ""); got.status != want {
			t.Errorf("%q: %d, want %d", from, got.status, want)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+d.host+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", "10.1.2.3")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%q, behind a header: %d, want %d", from, resp.StatusCode, want)
		}
		http.DefaultClient.CloseIdleConnections()
	}
}
