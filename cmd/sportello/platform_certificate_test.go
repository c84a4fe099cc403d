//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestCertificateInTheMiddle: the platform's certificate runs out while charges wait. Nothing is told to whoever shows
// it; with the new one everything goes on.
func TestCertificateInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, way := range bothWays {
		for _, deed := range []string{"expired", "wrong_host", "unknown_ca"} {
			t.Run(way+"/"+deed, func(t *testing.T) {
				t.Parallel()
				r := newRegistering(t, way, 2)
				address := r.overTLS()
				r.begin()
				r.charges(0)
				r.ends()
				if err := r.platform.SetRules(govpaytest.Rule{On: "ricevute", Do: "down"}, govpaytest.Rule{On: "pagamenti", Do: "down"}); err != nil {
					t.Fatal(err)
				}
				r.charges(1)
				r.until("the platform to be asked about it", func() bool { return r.spoilt("ricevute")+r.spoilt("pagamenti") > 0 })
				r.platform.Stop()
				if err := r.platform.SetRules(govpaytest.Rule{On: "tls", Do: deed}); err != nil {
					t.Fatal(err)
				}
				r.startTLS(address)
				calls := len(r.entries())
				r.sees(local.LightNotReady)
				if n := len(r.entries()); n != calls {
					t.Errorf("%d calls to whoever shows that certificate", n-calls)
				}
				if err := r.platform.SetRules(); err != nil {
					t.Fatal(err)
				}
				r.sees(local.LightReady)
				r.ends()
				r.settledOnce(2)
			})
		}
	}
}

// overTLS moves the platform to HTTPS, with an authority that the configuration names.
func (r *registering) overTLS() (address string) {
	r.t.Helper()
	id, err := govpaytest.NewIdentity()
	if err != nil {
		r.t.Fatal(err)
	}
	r.identity = id
	plain := r.platform.Addr()
	r.platform.Stop()
	address = freeAddress(r.t)
	r.startTLS(address)
	file := filepath.Join(r.dir, "ca.pem")
	r.write(file, string(id.CA()))
	text, err := os.ReadFile(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	r.write(r.config, strings.NewReplacer("http://"+plain+"/", "https://"+address+"/", `ca_file: ""`, "ca_file: "+file).Replace(string(text)))
	return address
}

func (r *registering) startTLS(address string) {
	r.t.Helper()
	r.vacant(address)
	if err := r.platform.StartTLS(address, r.identity); err != nil {
		r.t.Fatal(err)
	}
}
