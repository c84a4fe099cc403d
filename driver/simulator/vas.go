package simulator

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sportello/protocol/ecr17"
)

// vasParams are the parameters of a VAS request by name (ECR17 2.14).
type vasParams map[string]string

// readVAS reads <p k="NAME">value</p>, nested ones too. False when it is no XML of that
// shape.
func readVAS(text string) (vasParams, bool) {
	p, name, value := vasParams{}, []string{}, ""
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			return p, len(p) > 0
		case err != nil:
			return nil, false
		}
		switch t := token.(type) {
		case xml.StartElement:
			key := ""
			for _, a := range t.Attr {
				if t.Name.Local == "p" && a.Name.Local == "k" {
					key = a.Value
				}
			}
			name, value = append(name, key), ""
		case xml.CharData:
			value += string(t)
		case xml.EndElement:
			if key := name[len(name)-1]; key != "" {
				if _, nested := p[key]; !nested {
					p[key] = strings.TrimSpace(value)
				}
			}
			name, value = name[:len(name)-1], ""
		}
	}
}

// vasReply are the parameters of an answer, in order.
type vasReply [][2]string

func (r vasReply) xml() string {
	var b strings.Builder
	b.WriteString("<ecrres>")
	for _, p := range r {
		b.WriteString(`<p k="` + p[0] + `">`)
		_ = xml.EscapeText(&b, []byte(p[1])) // a Builder does not fail
		b.WriteString("</p>")
	}
	b.WriteString("</ecrres>")
	return b.String()
}

// The wallets, each with its _INQUIRY and _REFUND.
var wallets = []string{"BPAY_QR", "WECHAT_QR", "ALIPAY_QR"}

// Answers of a service that did nothing, in RESPID.
const (
	vasDone      = "0"
	vasRefused   = "1"
	vasMalformed = "2"
	vasNotFound  = "3"
)

// vas is K: a wallet's QR code is paid, asked about or refunded (ECR17 2.14). The
// amount is in cents here.
func (s *session) vas(ctx context.Context, m ecr17.VASRequest) {
	s.glue()
	s.acknowledge(ctx)
	reply, ok := s.service(ctx, m)
	if !ok {
		return
	}
	if s.faults.has(CutAfterAuth) {
		s.flush()
		s.cut()
	}
	s.tellParts(ctx, s.twistParts(s.vasParts(s.twistVAS(reply).xml())))
	s.unglue(ctx)
}

// service carries out the named service. False when the power went or the line was
// told to break before anything happened.
func (s *session) service(ctx context.Context, m ecr17.VASRequest) (vasReply, bool) {
	p, ok := readVAS(m.XML)
	name := p["ECRVASID"]
	says := func(id, text string, more ...[2]string) (vasReply, bool) {
		return append(vasReply{{"ECRVASID", name}, {"RESPID", id}, {"RESPMSG", text}}, more...), true
	}
	if !ok || name == "" {
		return says(vasMalformed, "RICHIESTA NON VALIDA")
	}
	if !mayPay(s.t.state()) {
		return says(vasRefused, "TERMINALE NON PRONTO")
	}
	id := s.t.opt.TerminalID
	for _, wallet := range wallets {
		switch name {
		case wallet:
			return s.walletPays(ctx, p, name)
		case wallet + "_REFUND":
			return s.walletRefund(ctx, p, name)
		case wallet + "_INQUIRY":
			s.pause(ctx, s.t.opt.Timing.Answer, false)
			d, found := s.t.bank.vasOperation(id, p["ORDER_ID"])
			if !found {
				return says(vasNotFound, "OPERAZIONE NON TROVATA")
			}
			return says(vasDone, "OK-APPROVED", [2]string{"ORDER_ID", d.OrderID}, [2]string{"AMOUNT", strconv.FormatInt(d.AmountCents, 10)})
		}
	}
	switch name {
	case "BPAY_TOTAL", "BPAY_CHIUSURA":
		s.pause(ctx, s.t.opt.Timing.Answer, false)
		n, cents := s.t.bank.vasTotal(id)
		if name == "BPAY_CHIUSURA" {
			if err := s.t.bank.note(Decision{Kind: KindVASClose, Terminal: id}); err != nil {
				return says(vasRefused, "HOST NON RISPONDE")
			}
		}
		return says(vasDone, "OK", [2]string{"NUM_TR", strconv.Itoa(n)}, [2]string{"TOT_TR", strconv.FormatInt(cents, 10)})
	}
	return says(vasMalformed, "SERVIZIO NON PREVISTO")
}

func (s *session) walletPays(ctx context.Context, p vasParams, name string) (vasReply, bool) {
	cents, err := strconv.ParseInt(p["AMOUNT"], 10, 64)
	if err != nil || cents < 1 || cents > maxCents {
		return vasReply{{"ECRVASID", name}, {"RESPID", vasMalformed}, {"RESPMSG", "IMPORTO NON VALIDO"}}, true
	}
	o := s.t.asked(KindVASPayment, cents, "")
	leaves := false
	if !s.t.opt.NoAmountDeclines {
		o.action, leaves = byAmount(cents)
	}
	if r, ok := s.faults[Decline]; ok {
		o.action = r.Code
	}
	s.progress("INQUADRARE IL QR")
	if !s.customerActs(ctx, waitsForCard, s.t.opt.Timing.Card) || leaves || s.faults.has(Cancel) {
		return vasReply{{"ECRVASID", name}, {"RESPID", vasRefused}, {"RESPMSG", "OPERAZIONE ANNULLATA"}}, ctx.Err() == nil
	}
	return s.walletDecides(ctx, o, name)
}

func (s *session) walletRefund(ctx context.Context, p vasParams, name string) (vasReply, bool) {
	paid, found := s.t.bank.vasOperation(s.t.opt.TerminalID, p["ORDER_ID"])
	if p["ORDER_ID"] == "" || !found || paid.Kind != KindVASPayment {
		return vasReply{{"ECRVASID", name}, {"RESPID", vasNotFound}, {"RESPMSG", "OPERAZIONE NON TROVATA"}}, true
	}
	o := reversalOf(paid)
	o.kind, o.orderID = KindVASRefund, paid.OrderID
	return s.walletDecides(ctx, o, name)
}

// walletDecides asks the wallet's host, whose word nothing undoes.
func (s *session) walletDecides(ctx context.Context, o order, name string) (vasReply, bool) {
	if s.faults.has(CutBeforeAuth) {
		s.flush()
		s.cut()
		return nil, false
	}
	s.progress("COLLEGAMENTO HOST")
	if !s.pause(ctx, s.t.opt.Timing.Host, false) {
		return nil, false
	}
	d, err := s.t.bank.decide(o, nil)
	switch {
	case err != nil:
		return vasReply{{"ECRVASID", name}, {"RESPID", vasRefused}, {"RESPMSG", "HOST NON RISPONDE"}}, true
	case !d.Approved:
		return vasReply{{"ECRVASID", name}, {"RESPID", vasRefused}, {"RESPMSG", d.Reason}}, true
	}
	return vasReply{
		{"ECRVASID", name}, {"RESPID", vasDone}, {"RESPMSG", "OK-APPROVED"}, {"ORDER_ID", d.OrderID},
		{"AMOUNT", strconv.FormatInt(d.AmountCents, 10)},
	}, true
}

// vasParts cuts an answer into its messages.
func (s *session) vasParts(text string) [][]byte {
	var parts [][]byte
	most := s.vasPartSize(len(text))
	for n := 1; text != "" || n == 1; n++ {
		size := min(most, len(text))
		part := ecr17.VASPart{TID: s.t.opt.TerminalID, More: size < len(text), Sequence: n, XML: text[:size]}
		payload, err := part.AppendPayload(nil)
		if err != nil {
			return nil
		}
		copy(payload[18:22], s.t.opt.VASGap)
		parts, text = append(parts, payload), text[size:]
	}
	return parts
}

// tellParts sends the parts of an answer until one is not confirmed. The faults of the
// result are those of the first.
func (s *session) tellParts(ctx context.Context, parts [][]byte) {
	for n, payload := range parts {
		if n == 0 && !s.reply(ctx, payload) || n > 0 && !s.deliver(ctx, payload) {
			return
		}
	}
}

// vasOperation is the last VAS operation, or the last of that order.
func (b *Bank) vasOperation(terminal, order string) (Decision, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	done := b.account(terminal).vas
	for i := len(done) - 1; i >= 0; i-- {
		if order == "" || done[i].OrderID == order {
			return done[i], true
		}
	}
	return Decision{}, false
}

// vasTotal counts the VAS operations since the last VAS close, in cents, refunds
// taken off.
func (b *Bank) vasTotal(terminal string) (n int, cents int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(terminal)
	for _, d := range a.vas[a.vasClosed:] {
		if n++; d.Kind == KindVASRefund {
			cents -= d.AmountCents
		} else {
			cents += d.AmountCents
		}
	}
	return n, cents
}

// orderID of the VAS operation with that STAN.
func orderID(terminal, stan string) string { return fmt.Sprintf("SIM%s%s", terminal, stan) }
