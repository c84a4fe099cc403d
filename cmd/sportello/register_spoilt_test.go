//go:build unix

package main

import (
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay/govpaytest"
)

// TestEveryCallSpoilt: each call that a payment makes of the platform is spoilt once, in each way in which a line,
// a proxy or a platform can spoil it: before the work, after it and before the answer, in the middle of the
// answer. Every charge is registered, once.
func TestEveryCallSpoilt(t *testing.T) {
	t.Parallel()
	ms := int(beyond.Milliseconds())
	for name, deed := range map[string]govpaytest.Rule{
		"down": {Do: "down"}, "lost": {Do: "lost"}, "cut": {Do: "cut"},
		"slow": {Do: "slow", DelayMS: ms}, "late": {Do: "late", DelayMS: ms},
		"HTML": {Do: "html"}, "503 of a proxy": {Do: "html", Status: 503}, "504 after the work": {Do: "html", Status: 504, Arrived: true}, "500": {Do: "status", Status: 500},
		"500 after the work": {Do: "status", Status: 500, Arrived: true}, "other JSON": {Do: "wrong_json"},
	} {
		for _, way := range bothWays {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				steps := []string{"", "byAvviso", "ricevute", "ricevuta"}
				if way == ledger.SettlementPlatform {
					steps = append(steps, "pagamenti", "elenco", "pagamento")
				}
				var rules []govpaytest.Rule
				for i, step := range steps {
					r := deed
					r.On, r.Times = step, 1
					switch step {
					case "":
						continue // the first shows that the terminal's receipts come
					case "elenco", "pagamento": // name no notice; and the list is asked for after a call without an end
						rules = append(rules, govpaytest.Rule{On: "pagamenti", Do: "lost", Notice: debtAt(i).Notice, Times: 1})
					default:
						r.Notice = debtAt(i).Notice
					}
					rules = append(rules, r)
				}
				r := newRegistering(t, way, len(steps), rules...)
				r.begin()
				for i := range steps {
					r.charges(i)
					if i == 0 {
						r.proven()
					}
				}
				r.ends()
				for _, step := range steps[1:] { // what is late ends late
					r.until(step+" to be spoilt", func() bool { return r.spoilt(step) > 0 })
				}
				r.settledOnce(len(steps))
			})
		}
	}
}
