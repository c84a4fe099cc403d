package ecr17

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// Z15: the debug log shows frames, but no card number, no notice and no slip; nor does the evidence.
func TestZ15Trace(t *testing.T) {
	const pan = "4026531234561237"
	inBubble(t, func(t *testing.T, b *bench) {
		b.cfg.Receipts = "ecr"
		b.cfg.NoticeData = &driver.NoticeData{Tag: 5, Template: "{notice}", IndexMap: "5000"}
		var log bytes.Buffer
		term, err := OpenWith(b.cfg, WithTrace(zerolog.New(&log).Level(zerolog.DebugLevel)))
		if err != nil {
			t.Fatal(err)
		}
		b.term = term
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			<-w.apps
			w.ack()
			w.progress(pan)
			w.wait(time.Second)
			w.send(put(w.p.approved(x.AmountCents), 13, "000"+pan))
			w.send(w.p.ticket("SCONTRINO SEGRETO}" + ticketEnd))
		}
		o, a := b.pay()
		b.want(o, driver.Charged, "approved")
		if !strings.Contains(a.Ticket, "SCONTRINO") {
			t.Fatalf("ticket %q", a.Ticket)
		}
		b.term.Close()
		text := log.String()
		for _, want := range []string{
			`"code":"X"`, `"code":"U"`, `"code":"S"`, "1237",
			`"result":"00"`, `"class":"extended payment"`, `"bytes":92`, `"stan":"` + o.Charge.STAN + `"`, `"amount_cents":` + fmt.Sprint(ourCents),
			`"host_time":"`, `"clock":"`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the log lacks %s", want)
			}
		}
		for line := range strings.Lines(text) {
			if n := strings.Count(line, `"message":`); n != 1 {
				t.Errorf("%d keys \"message\" in %s", n, line)
			}
		}
		for _, e := range o.Evidence {
			text += e.Text + string(e.Raw)
		}
		for _, p := range b.rec.progress {
			text += p.Text
		}
		text += o.Charge.PAN + string(b.rec.baseline.Last)
		for _, secret := range []string{pan, "301000000000000123", "SEGRETO"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q got out", secret)
			}
		}
	})
}
