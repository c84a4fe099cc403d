package ecr17

import "sportello/driver"

// An attempt that was given up may still get the terminal's word: its line stays open, and what it brings is
// kept, until the next procedure opens a line of its own (D26). So does one whose gathering was ended by people.
// The next Resolve of the same attempt in this process takes it up; nothing is acknowledged before it is recorded
// there, and a word that is no verdict is recorded as just that.
//
// The same is for one that was judged not charged, or its reversal refused, without its word (a NAK, rows 12 and 17 to
// 19), or by a word that it had said before (again.go): the risk that stays there is a terminal that is at work all the
// same, and then its word tells (design 3.9).

// keepLate sets the attempt in hand aside; nothing is waited for any more. What the ledger knows from now on may
// be of this attempt itself: the next one's baseline, or what people write.
func (t *terminal) keepLate(e *exchange) {
	e.payment.KnownResult = nil
	if e.conn != nil {
		t.endLate()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == e {
		t.open = nil
	}
	if e.conn != nil {
		t.late = e
	}
}

// keepsEar says whether the line of an attempt stays open behind such a verdict. It does not where that would keep
// another cash register from a terminal that serves one client.
func (t *terminal) keepsEar(v driver.Verdict) bool {
	negative := v == driver.NotCharged || v == driver.NotReversed
	return negative && (t.serial || !t.servesOne() || t.cfg.Exclusivity == driver.Exclusive)
}

// keepSecond keeps an approval that came behind a refusal: that one was an earlier payment's, or the terminal contradicts
// itself. The outcome is recorded, and a later fact may overturn it (design 3.9): Heard tells of it.
func (t *terminal) keepSecond(e *exchange) {
	e.past = append(e.past, e.direct.Raw)
	e.direct, e.second = e.second, nil
	e.concluded, e.told, e.pending = false, false, true
	e.note(driver.EvidenceResult, "dopo un rifiuto: "+e.direct.Text, e.direct.Raw)
	t.remember(e.direct.Raw, false)
	t.keepLate(e)
}

// keepDoubted keeps the line of an attempt whose refusal the terminal may yet contradict: by a NAK, and it was found idle;
// or by the bytes of an earlier one (again.go). Whatever else comes is its word.
func (t *terminal) keepDoubted(e *exchange) {
	if e.direct != nil {
		e.past = append(e.past, e.direct.Raw)
	}
	e.direct, e.told, e.concluded = nil, false, false
	e.refusedIdle, e.refused, e.checked, e.acked, e.again = false, true, true, true, nil
	t.keepLate(e)
}

// setAside is keepLate for an attempt that nobody asks about any more.
func (t *terminal) setAside() {
	if e := t.openExchange(); e != nil {
		t.keepLate(e)
	}
}

// attemptKey names an attempt: a payment and its reversal have one reference.
type attemptKey struct {
	reference string
	reversal  bool
}

func (e *exchange) key() attemptKey { return attemptKey{e.payment.Reference, e.reversal} }

// takeLate gives an attempt back, if it was set aside.
func (t *terminal) takeLate(k attemptKey) *exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.words[k]
	if e == nil && t.late != nil && t.late.key() == k {
		e, t.late = t.late, nil
	}
	delete(t.words, k)
	if e != nil {
		t.open = e
	}
	return e
}

// endLate closes the line of the attempt set aside, and forgets it unless its word has come.
func (t *terminal) endLate() {
	t.mu.Lock()
	e := t.late
	t.late = nil
	t.mu.Unlock()
	if e == nil || e.conn == nil {
		return
	}
	e.hear()
	t.release(e.conn)
	if !e.pending {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.words == nil {
		t.words = map[attemptKey]*exchange{}
	}
	t.words[e.key()] = e
}

// heard reports whether the line has brought its word.
func (e *exchange) heard() bool {
	e.hear()
	return e.pending
}

// hear takes what the line has brought, up to a result that decides: that one is pending.
func (e *exchange) hear() {
	for e.conn != nil && !e.pending {
		f, ok := e.conn.poll()
		if !ok {
			return
		}
		e.pending = e.handle(f)
	}
}

// commands notes a financial command that goes out.
func (t *terminal) commands(k attemptKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = k
}

// overtook says that this process has sent another command since that attempt: what the terminal shows may be of that
// one, as on a terminal that others use, too.
func (t *terminal) overtook(k attemptKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent != attemptKey{} && t.sent != k
}
