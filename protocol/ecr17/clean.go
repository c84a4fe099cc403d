package ecr17

import "encoding/binary"

// clean is the short way through an approval whose every byte is of its
// field's kind, which is nearly every result of a day: one look at all bytes,
// then the fields are cut where the table says. Whatever is odd (a blank or
// damaged field, a card number in clear, a refusal, another length) is left to
// the general reading, and what this one reads, that one reads the same
// (FuzzResult). It serves Lenient only.
type clean struct {
	width  int
	words  []word
	at     [firstNumber]span
	amount span
	dcc    span
}

// word holds the least and the greatest value of each of eight bytes.
type word struct {
	at          int
	least, most uint64
}

// span is a place in a message; the empty one gives "".
type span struct{ lo, hi int }

// cleanTables hold one for the approvals of each class.
var cleanTables = func() (all [len(classTables)]clean) {
	for c := ClassPayment; int(c) < len(classTables); c++ {
		all[c] = newClean(classTables[c].done)
	}
	return all
}()

func newClean(l *layout) clean {
	q := clean{width: l.width}
	least, most := make([]byte, l.width), make([]byte, l.width)
	fill(most, 0x7F) // reserved: any byte of seven bits
	for _, f := range l.steps {
		lo, hi := byte('0'), byte('9')
		switch f.kind {
		case kindText:
			lo, hi = ' ', '~'
		case kindPAN:
			lo = '*' // and what lies between, see cleanPAN
		}
		fill(least[f.lo:f.hi], lo)
		fill(most[f.lo:f.hi], hi)
		switch {
		case f.id < firstNumber:
			q.at[f.id] = span{f.lo, f.hi}
		case f.id == fAmount:
			q.amount = span{f.lo, f.hi}
		case f.id == fDCC:
			q.dcc = span{f.lo, f.hi}
		}
	}
	for at := 0; at < l.width; at += 8 {
		at := min(at, l.width-8) // the last one overlaps
		q.words = append(q.words, word{at, binary.LittleEndian.Uint64(least[at:]), binary.LittleEndian.Uint64(most[at:])})
	}
	return q
}

// readClean fills r, or leaves it alone and says false.
func readClean(r *Result, payload []byte) bool {
	if len(payload) < bodyAt || payload[10] != '0' || payload[11] != '0' {
		return false
	}
	letter := payload[headerLen-1]
	class := classify(letter, len(payload))
	q := &cleanTables[class]
	if class == ClassUnknown || len(payload) != q.width || !q.holds(payload) {
		return false
	}
	s := string(payload)
	pan, masked := cleanPAN(s[bodyAt : bodyAt+panWidth])
	action := ActionCode(q.cut(s, fAction))
	if !masked || action.Unsettled() {
		return false
	}
	r.Letter, r.Class = letter, class
	r.TID, r.Code = s[:8], ResultOK
	r.PAN = pan
	r.Entry = EntryMode(trimBlank(q.cut(s, fEntry)))
	r.AuthCode = trimBlank(q.cut(s, fAuth))
	r.HostTime = HostTime(q.cut(s, fHostTime))
	r.CardType = CardType(q.cut(s, fCardType))
	r.Acquirer = q.cut(s, fAcquirer)
	r.STAN = q.cut(s, fSTAN)
	r.OnlineID = q.cut(s, fOnline)
	r.ActionCode = action
	r.PreauthCode = q.cut(s, fPreauth)
	if q.amount.hi > 0 {
		cents := int64(0)
		for _, b := range payload[q.amount.lo:q.amount.hi] {
			cents = cents*10 + int64(b-'0')
		}
		r.AmountCents, r.HasAmount = cents, true
	}
	if q.dcc.hi > 0 {
		r.DCC = DCC{
			Applied: s[q.dcc.lo] == '1', Rate: q.cut(s, fRate), Currency: trimBlank(q.cut(s, fCurrency)),
			Amount: q.cut(s, fForeign), Decimals: q.cut(s, fDecimals),
		}
	}
	r.Raw = Raw(s)
	return true
}

// holds compares eight bytes at a time. With both sides below 0x80 the
// difference keeps the high bit that was added to the greater, and no byte
// borrows from the next.
func (q *clean) holds(p []byte) bool {
	const high = 0x8080808080808080
	wrong := uint64(0)
	for i := range q.words {
		w := &q.words[i]
		x := binary.LittleEndian.Uint64(p[w.at:])
		wrong |= x | ^((x | high) - w.least) | ^((w.most | high) - x)
	}
	return wrong&high == 0
}

func (q *clean) cut(s string, id fieldID) string {
	at := &q.at[id]
	return s[at.lo:at.hi]
}

// cleanPAN takes a card number that the terminal truncated; zeros throughout
// mean that no card was read.
func cleanPAN(s string) (pan PAN, ok bool) {
	start := 0
	for start < len(s) && s[start] == '0' {
		start++
	}
	if start == len(s) {
		return PAN{}, true
	}
	lead := start
	for lead < len(s) && isDigit(s[lead]) {
		lead++
	}
	end := lead
	for end < len(s) && s[end] == '*' {
		end++
	}
	for i := end; i < len(s); i++ {
		if !isDigit(s[i]) {
			return PAN{}, false
		}
	}
	few := lead == end && len(s)-start <= 4
	return PAN{wire: s}, few || lead-start <= 6 && len(s)-end <= 4 && end-lead >= 3
}

func trimBlank(s string) string {
	for len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}
