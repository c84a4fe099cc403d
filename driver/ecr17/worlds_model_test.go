package ecr17

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// A world is what host, terminal, line and others did around one payment of ours (design 5.8). The test of
// the worlds derives from it what the terminal shows, as bytes, and asks Judge; the oracle is what the host
// did, never the table.
type world struct {
	claim  driver.Exclusivity // the configured exclusivity; others do only what it admits
	host   string
	fate   string // of the terminal, while it carries our command out
	line   string
	before string // what others do between the baseline and our command
	after  string // and between our command and the look
	quiet  bool   // the look comes after the quiet time
	kind   kind
}

// kind is how this terminal behaves, and what is known of its total.
type kind struct {
	saves    string // works, refused: G is answered with NAK, fresh: its memory was empty before
	copies   string // no: R is not asked, blank: references are not printed, printed
	total    string // none, measured, computed; computed from sums that lack a close nobody saw (over) or a charge nobody knows (under)
	start    int64  // total before our payment
	refusals bool   // a refusal prints a receipt
	manual   bool   // what is typed by hand is saved for G, too
	plain    bool   // results of 71 bytes, without amounts
	again    bool   // the saved result from before is a refusal that never reached the host
}

const (
	theirCents = 999
	tipCents   = 150
	startCents = 50_000

	ourReference      = "RIFA1ABCDEFGH"
	previousReference = "RIFA1PQ7M4K9D"
	olderSTAN         = "000099" // of a refusal before the baseline
	theirReference    = "RIFB2ZZZZZZZZ"
)

// Values of the dimensions. The first one of before and after is the quiet case.
var (
	hosts = []string{"never", "approved", "tipped", "declined", "stopped", "cancelled", "partial", "odd", "odd and nothing"}
	fates = []string{"whole", "died at once", "died after the total", "died before saving", "died before the receipt", "died after the receipt", "running", "running, noted as failed"}
	lines = []string{"no ACK", "ACK", "progress", "result"}
)

// admits are the deeds of others under each claim.
var admits = map[driver.Exclusivity][]string{
	driver.Exclusive: {"", "close", "STAN restarts", "close, STAN restarts", "memory lost", "memory falls back",
		"memory falls back to a cancel"},
	driver.Manual: {"", "close", "close, STAN restarts", "hand sells ours", "hand sells other", "hand refused", "hand undoes", "close, hand sells other",
		"memory falls back"},
	driver.Shared: {"", "close", "hand sells ours", "till sells ours", "till sells other", "till refused", "till undoes",
		"close, till sells other", "close, STAN restarts, till refused", "till sells ours, till refused", "STAN restarts", "replaced", "memory falls back"},
}

// ways are how a terminal may be, whoever uses it. They are tried like a deed before our payment: its last result is
// always the last but one, the last one being a payment of ours that the ledger has; its total leaves ours out.
var ways = []string{"tells the approval before", "tells the refusal before", "tells the cancel before", "counts ours elsewhere"}

// truth is what became of the money of our payment in the end.
type truth struct {
	charged bool
	cents   int64
}

// pos is the terminal's memory.
type pos struct {
	kind  kind
	tid   string
	now   time.Time
	stan  int
	saved []byte // nil: nothing, or never told
	slip  string // reference on the last receipt; "": none was printed on it
	ever  bool   // there is a receipt
	total int64
	sold  int64 // amount of the last sale that still stands, 0 none
	mine  bool  // it was ours
	truth truth

	behind    bool   // G tells the last result but one
	newest    []byte // then: the last one
	uncounted bool   // the total leaves our sales out
}

func newPOS(k kind, at time.Time) *pos {
	p := &pos{kind: k, tid: ourTID, now: at.Add(-time.Hour), stan: 100, total: k.start, sold: ourCents, ever: true}
	if k.copies == "printed" {
		p.slip = previousReference
	}
	switch {
	case k.saves != "works":
	case k.again:
		p.save(p.result(ecr17.ResultRefused, 0, false))
	default:
		p.save(p.result(ecr17.ResultOK, 500, true))
	}
	p.now = at
	return p
}

func (p *pos) save(result []byte) {
	switch {
	case p.kind.saves == "refused":
	case p.behind:
		p.saved, p.newest = p.newest, result
	default:
		p.saved = result
	}
}

// way makes the terminal one of those that ways names.
func (p *pos) way(name string) {
	if name == "counts ours elsewhere" {
		p.uncounted = true
		return
	}
	if p.kind.saves != "works" {
		return
	}
	now := p.now
	p.now, p.behind = now.Add(-time.Minute), true
	switch name {
	case "tells the approval before":
		p.newest = p.result(ecr17.ResultOK, ourCents, true)
	case "tells the refusal before":
		p.newest = p.result(ecr17.ResultRefused, 0, true)
	default:
		p.newest = p.result(ecr17.ResultRefused, 0, false)
	}
	p.now = now
}

// result is a payment's result; one that reached no host has no number.
func (p *pos) result(code ecr17.ResultCode, cents int64, reached bool) []byte {
	r := ecr17.Result{
		Class: ecr17.ClassExtended, TID: p.tid, Code: code, CardType: ecr17.CardCredit, Acquirer: "00000000001",
		STAN: "000000", OnlineID: "000000", AmountCents: cents, HasAmount: true,
	}
	if p.kind.plain {
		r.Class, r.HasAmount = ecr17.ClassPayment, false
	}
	if reached {
		p.stan++
		r.STAN, r.OnlineID = fmt.Sprintf("%06d", p.stan), "000777"
	}
	if code == ecr17.ResultOK {
		r.PAN, r.Entry, r.AuthCode = ecr17.NewPAN("************1234"), ecr17.EntryChip, "A1B2C3"
		r.HostTime = ecr17.HostTimeOf(p.now)
		if !p.kind.plain {
			r.ActionCode = "000"
		}
	} else {
		r.Reason = "OPERAZIONE NEGATA"
	}
	return encode(r)
}

func (p *pos) receipt(reference string) {
	p.ever, p.slip = true, ""
	if p.kind.copies == "printed" {
		p.slip = reference
	}
}

// pay carries our command out as far as the terminal lives, and gives the result it would send; nil: none.
func (p *pos) pay(host, fate string) (said []byte) {
	code, cents := ecr17.ResultOK, int64(ourCents)
	switch host {
	case "never":
		return nil
	case "declined", "stopped":
		code, cents = ecr17.ResultRefused, 0
	case "partial":
		cents = theirCents
	case "odd", "odd and nothing":
		code = "09"
	}
	took := host == "approved" || host == "tipped" || host == "cancelled" || host == "partial" || host == "odd"
	if took {
		p.truth = truth{host != "cancelled", cents}
	}
	switch fate {
	case "running, noted as failed": // corrected when it ends, which nobody has seen yet
		p.save(p.result(ecr17.ResultRefused, 0, !p.kind.again))
		return nil
	case "died at once", "running":
		return nil
	}
	said = p.result(code, cents, host != "stopped")
	prints := code == ecr17.ResultOK || p.kind.refusals || host == "odd"
	if fate == "died after the receipt" { // it prints first
		if prints {
			p.receipt(ourReference)
		}
		return said
	}
	if took {
		p.sold, p.mine = cents, true
		if host == "tipped" {
			p.sold += tipCents
		}
		if p.uncounted {
			p.sold = 0
		}
		p.total += p.sold
	}
	if fate == "died after the total" {
		return said
	}
	if fate != "died before saving" {
		p.save(said)
	}
	if prints && fate != "died before the receipt" {
		p.receipt(ourReference)
	}
	return said
}

// others does what somebody else does. hand: at the terminal's keys; till: another cash register.
func (p *pos) others(deeds string) {
	for deed := range strings.SplitSeq(deeds, ", ") {
		who, what, _ := strings.Cut(deed, " ")
		told, reference := who == "till" || p.kind.manual, ""
		if who == "till" {
			reference = theirReference
		}
		keep := func(result []byte) {
			if told {
				p.save(result)
			}
		}
		switch {
		case deed == "close":
			p.total, p.sold = 0, 0
		case deed == "STAN restarts":
			p.stan = 0
		case deed == "memory falls back to a cancel":
			if p.kind.saves == "works" {
				p.saved = p.result(ecr17.ResultRefused, 0, false)
			}
		case deed == "memory falls back":
			if p.kind.saves == "works" {
				p.saved = encode(ecr17.Result{Class: ecr17.ClassExtended, TID: p.tid, Code: ecr17.ResultRefused, Reason: "OPERAZIONE NEGATA",
					CardType: ecr17.CardCredit, STAN: olderSTAN, OnlineID: "000777", ActionCode: "116", HasAmount: true})
			}
		case deed == "replaced", deed == "memory lost":
			p.saved, p.slip, p.ever, p.total, p.stan, p.sold = nil, "", false, 0, 0, 0
			p.kind.saves = "fresh"
			if deed == "replaced" {
				p.tid = "87654321"
			}
		case what == "sells ours", what == "sells other":
			cents := int64(ourCents)
			if what == "sells other" {
				cents = theirCents
			}
			keep(p.result(ecr17.ResultOK, cents, true))
			p.total, p.sold, p.mine = p.total+cents, cents, false
			p.receipt(reference)
		case what == "refused":
			keep(p.result(ecr17.ResultRefused, 0, true))
			if p.kind.refusals {
				p.receipt(reference)
			}
		case what == "undoes" && p.sold > 0 && p.total >= p.sold: // the last sale only (ECR17 2.5)
			p.stan++
			keep(encode(ecr17.Result{Class: ecr17.ClassReversal, TID: p.tid, Code: ecr17.ResultOK, STAN: fmt.Sprintf("%06d", p.stan),
				PAN: ecr17.NewPAN("************1234"), Entry: ecr17.EntryChip, HostTime: ecr17.HostTimeOf(p.now), CardType: "2", OnlineID: "000001", ActionCode: "400"}))
			p.total -= p.sold
			if p.mine {
				p.truth = truth{}
			}
			p.sold, p.mine = 0, false
			p.receipt("")
		}
	}
}

// paper is the copy of the last receipt as the terminal sends it.
func (p *pos) paper() *driver.Slip {
	var copied ticket
	if p.ever {
		text := "ACQUISTO}IMPORTO 12,34}" + p.slip + "}\x1b"
		copied.add(encode(ecr17.TicketPart{TID: p.tid, Text: text}), true)
	}
	slip := slipOf(&copied, 0)
	return &slip
}

var (
	worldAt   = time.Date(2026, 3, 10, 10, 0, 20, 0, ecr17.Rome())
	worldWait = 300 * time.Second
)

// live runs the world and gives what Resolve holds at its end, and the truth.
func (w world) live() (look, truth) {
	p := newPOS(w.kind, worldAt)
	base := driver.Baseline{TerminalID: ourTID, Software: "REL00001"}
	if p.saved != nil {
		base.Last = readResult(p.saved, ourTID, worldAt).Raw
		if !w.kind.again {
			base.LastSTAN = "000101"
		}
	}
	if w.kind.copies == "printed" {
		base.Previous = previousReference
	}
	if w.kind.total != "none" {
		base.Total = &driver.Total{Cents: p.total, Measured: w.kind.total == "measured"}
	}
	switch w.kind.total {
	case "over":
		base.Total.Cents += ourCents
	case "under":
		base.Total.Cents = max(base.Total.Cents-ourCents, 0)
	}
	var heard [][]byte
	if slices.Contains(ways, w.before) {
		if p.way(w.before); p.behind {
			heard = append(heard, readResult(p.newest, ourTID, worldAt).Raw)
		}
	} else {
		p.others(w.before)
	}
	p.now = worldAt.Add(20 * time.Second)
	said := p.pay(w.host, w.fate)
	p.now = worldAt.Add(35 * time.Second)
	if w.host == "cancelled" && w.fate == "died before the receipt" { // one that takes it off its total again
		p.total, p.sold = max(p.total-ourCents, 0), 0
	}
	p.others(w.after)

	ended := worldAt.Add(30 * time.Second)
	l := look{
		attempt: driver.Attempt{
			Payment: driver.Payment{Reference: ourReference, AmountCents: ourCents,
				KnownResult: func(raw []byte, stan string) bool {
					return stan == olderSTAN || slices.ContainsFunc(heard, func(h []byte) bool { return string(h) == string(raw) })
				}},
			Baseline: base, SentAt: worldAt, Exclusivity: w.claim,
			Knows: func(r string) bool { return strings.HasPrefix(r, "RIFA1") },
		},
		sent: worldAt, ended: ended, silence: ended, quiet: worldWait, asked: ended.Add(10 * time.Second),
		prints: w.kind.copies == "printed",
	}
	if w.quiet {
		l.asked = ended.Add(worldWait)
	}
	switch w.line {
	case "nothing":
		l.line.NothingSent = true
		return l, p.truth
	case "cut short":
		l.line.CutShort = true
		return l, p.truth
	case "NAK":
		l.line.RefusedIdle = true
		return l, p.truth
	case "result":
		direct := readResult(said, ourTID, l.asked)
		l.line.Acked, l.line.Direct = true, &direct
	case "ACK":
		l.line.Acked = true
	case "progress":
		l.line.Acked, l.line.Progress = true, true
	}
	p.show(&l)
	return l, p.truth
}

// show is the look itself: s, G, R and T. Resolve asks R and T later than this; Judge must not rely on it.
func (p *pos) show(l *look) {
	if p.tid != ourTID {
		l.seen.identity = IdentityOther
		return
	}
	l.seen.identity = IdentitySame
	var reading Reading
	switch {
	case p.kind.saves == "refused":
	case p.saved == nil:
		reading = readResult(encode(ecr17.Result{Class: ecr17.ClassExtended, TID: p.tid, Code: ecr17.ResultRefused}), ourTID, l.asked)
	default:
		reading = readResult(p.saved, ourTID, l.asked)
	}
	l.seen.saw(reading, p.kind.saves != "refused", l.attempt.Baseline)
	if p.kind.copies != "no" {
		l.seen.slip = p.paper()
	}
	if p.kind.total != "none" {
		total := readTotals(encode(ecr17.TotalsAnswer{TID: p.tid, Code: ecr17.ResultOK, TotalCents: p.total, HasTotal: true}), ourTID)
		l.seen.total = &total.Cents
	}
}
