package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"sportello/protocol/local"
)

// TestServiceUpgradeReady: an upgrade is let through when no money is in hand, waits a bounded time for
// what is, and is not kept off by a service that does not answer.
func TestServiceUpgradeReady(t *testing.T) {
	held := func(holder string) []local.Terminal {
		return []local.Terminal{{Name: "cassa2", Label: "Cassa 2"},
			{Name: "cassa1", Label: "Cassa 1", Lease: &local.Lease{Holder: holder, Operator: "rossi", Since: time.Now().Add(-42 * time.Second)}}}
	}
	for _, c := range []struct {
		name, wait  string
		answers     []any // of the service, one after another; the last stays
		code, asked int   // at least
		out, errors string
	}{
		{"nothing in hand", "0s", []any{held("status")}, exitDone, 1, "si può aggiornare", ""},
		{"a payment", "0s", []any{held("pay")}, exitFailed, 1, "", "non si può aggiornare, né togliere: Cassa 1 in uso per un pagamento (rossi) da "},
		{"a reversal", "0s", []any{held("reverse")}, exitFailed, 1, "", "uno storno"},
		{"an outcome that is looked for", "0s", []any{held("resolve")}, exitFailed, 1, "", "sportello service stop"},
		{"a closing, to the end of the wait", "1s", []any{held("close")}, exitFailed, 2, "", "la chiusura"},
		{"ends while it waits", "30s", []any{held("pay"), []local.Terminal{}}, exitDone, 2, "si può aggiornare", "Si attende, al massimo 30 s: Cassa 1"},
		{"wants another token", "0s", []any{local.Error{Code: local.CodeUnauthorized, Message: "accesso scaduto"}}, exitFailed, 1, "", "accesso scaduto"},
		{"says nothing of use", "0s", []any{nil}, exitDone, 1, "non risponde: si può aggiornare", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked atomic.Int64
			page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := int(asked.Add(1))
				if r.URL.Path != api+"terminals" || r.Header.Get("Authorization") != "Bearer gettone" {
					t.Errorf("asked %s as %q", r.URL.Path, r.Header.Get("Authorization"))
				}
				switch a := c.answers[min(n, len(c.answers))-1].(type) {
				case nil:
					panic(http.ErrAbortHandler)
				case local.Error:
					reply(w, local.HTTPStatus(a.Code), local.ErrorBody{Error: a})
				default:
					reply(w, http.StatusOK, a)
				}
			}))
			defer page.Close()
			f := newFake(t)
			f.write(f.config, "listen: "+page.Listener.Addr().String()+"\ndata_dir: '"+f.dir+"'\n")
			expect(t, cli(t, "", "service", "upgrade-ready", "--wait", c.wait, "--config", f.config), c.code, c.out, c.errors)
			if got := int(asked.Load()); got < c.asked {
				t.Errorf("asked %d times, want %d at least", got, c.asked)
			}
		})
	}
	t.Run("not running", func(t *testing.T) {
		f := newFake(t)
		f.write(f.config, "listen: "+closedAddress(t)+"\ndata_dir: '"+f.dir+"'\n")
		expect(t, cli(t, "", "service", "upgrade-ready", "--config", f.config), exitDone, "si può aggiornare", "")
	})
	t.Run("not configured", func(t *testing.T) {
		expect(t, cli(t, "", "service", "upgrade-ready", "--config", filepath.Join(t.TempDir(), "none.yaml")), exitDone, "si può aggiornare", "")
	})
}

// TestServiceUpgradeReadyDenied: who may not read the configuration or the token is told so, and keeps nobody off where the
// installer asks once more.
func TestServiceUpgradeReadyDenied(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("this user may read everything: denied access cannot be tried")
	}
	for _, denied := range []string{tokenName, "config.yaml"} {
		f := newFake(t)
		if err := os.Chmod(filepath.Join(f.dir, denied), 0); err != nil {
			t.Fatal(err)
		}
		expect(t, f.run("service", "upgrade-ready"), exitFailed, "", errNoRights.Error())
		expect(t, f.run("service", "upgrade-ready", "--lenient"), exitDone, "", "")
	}
}
