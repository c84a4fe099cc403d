package ledger

import (
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// TestCheckKnowsTheRules: what follows from the entries is held against the money rules too, as if apply had a fault.
func TestCheckKnowsTheRules(t *testing.T) {
	l := open(t, t.TempDir(), still)
	must(l.OpenOffline("capo", "x", offlineLimits))(t)
	off := must(l.Intend(offlineIntent(1, 1000)))(t)
	must(l.Conclude(off.ID, verdict(driver.NotCharged, "declined")))(t)
	q := must(l.Intend(offlineIntent(4, 1000)))(t)
	must(l.Conclude(q.ID, charged("000042")))(t)
	held := paid(t, l, 2)
	must(l.Register(RegistrationChange{PaymentID: held.ID, To: RegHeld, Reason: driver.Reason{Code: "receipt_amount"}}))(t)
	submitted := platformCart(t, l, 3)
	must(l.Submit(submitted.ID))(t)
	for _, c := range []struct {
		name  string
		fault func(*view) error
		want  string
	}{
		{"none", func(*view) error { return nil }, ""},
		{"a period that counts less", func(v *view) error {
			p, err := newestOffline(v)
			if err == nil {
				p.Cents -= 500
				v.store(tableOffline+p.ID, p)
			}
			return err
		}, "counts 1 payments, 750 cents, and they are 1, 1250"},
		{"a period that is gone", func(v *view) error {
			p, err := newestOffline(v)
			if err == nil {
				v.del(tableOffline + p.ID)
			}
			return err
		}, "was never opened"},
		{"a case that is lost", func(v *view) error { v.del(tableCaseOf + held.ID); return nil }, `notice 0 is "held" and in nobody's case`},
		{"submitted and given back", func(v *view) error {
			r, err := loadRecord(v, submitted.ID)
			if err == nil {
				r.State = Reversing
				v.store(tablePayments+r.ID, r)
			}
			return err
		}, `was submitted to the platform and is "reversing"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newChecker()
			if err := l.snapshot(func(tx *bolt.Tx, v *view) error {
				for k.entries(tx, chunk) {
				}
				if err := c.fault(k.v); err != nil {
					return err
				}
				k.finish(tx, v)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			told := ""
			for _, p := range k.report.Problems {
				told += p.String() + "\n"
			}
			if (c.want == "") != (told == "") || !strings.Contains(told, c.want) {
				t.Errorf("told %q, want %q", told, c.want)
			}
		})
	}
}
