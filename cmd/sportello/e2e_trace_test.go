package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestTraceOfMessages: log level debug turns the trace on for every terminal; any other level keeps it off.
// Notices, card numbers and slips are never in it.
func TestTraceOfMessages(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]bool{"debug": true, "info": false} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, setup{})
			c.configured("platform:\n", "log: {level: "+level+"}\nplatform:\n")
			c.start()
			p := c.takes(debt(0))
			c.stop()
			traced := false
			for line := range strings.Lines(c.stderr.String()) {
				var e struct {
					Terminal, Way, Class, Result, STAN string
					Cents                              int64 `json:"amount_cents"`
					Bytes                              int
				}
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				if strings.Count(line, `"message":`) > 1 {
					t.Errorf("two keys of one name in %s", line)
				}
				traced = traced || e.Terminal == "cassa1" && e.Way == "receive" && e.Class == "extended payment" && e.Bytes == 92 &&
					e.Result == "00" && e.STAN == p.Charge.STAN && e.Cents == p.AmountCents
			}
			if traced != want {
				t.Errorf("the result is in the log: %v, want %v\n%s", traced, want, c.stderr)
			}
			for _, secret := range []string{onTheWire(debt(0)), "TERMINALE SIMULATO"} {
				if strings.Contains(c.stderr.String(), secret) {
					t.Errorf("%q got out", secret)
				}
			}
		})
	}
}
