package ecr17

import (
	"context"
	"errors"
	"slices"
	"time"

	"sportello/driver"
	"sportello/protocol/local"
)

// lateGrace: when the saved result alone sends the case to people and the attempt's line still lives, the
// terminal's own word is waited for a little longer than it repeats an unconfirmed result (ECR17 1.6).
const lateGrace = 15 * time.Second

// Resolve implements driver.Terminal: the ladder of ECR17 6.4. It asks s and G, and R and T where the
// passport and the baseline make them evidence.
func (t *terminal) Resolve(ctx context.Context, a driver.Attempt, r driver.Recorder) (*driver.Aftermath, error) {
	return t.resolve(ctx, false, Judge, a, r)
}

// resolve is Resolve with the judgement of the operation: a payment's or a reversal's.
func (t *terminal) resolve(ctx context.Context, reversal bool, judge func(Facts) driver.Outcome, a driver.Attempt, r driver.Recorder) (*driver.Aftermath, error) {
	leave, err := t.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	release, err := t.hold(ctx, t.money, holdsResolve, a.Reference)
	if err != nil {
		return nil, err
	}
	defer release()
	if t.overtook(attemptKey{a.Reference, reversal}) {
		a.Exclusivity = driver.Shared
	}
	e, late := t.resume(a, reversal, r)
	e.show(driver.Progress{Phase: driver.PhaseVerifying})

	if t.serial {
		free, err := t.hold(ctx, t.turn, holdsResolve, a.Reference)
		if err != nil {
			t.keepLate(e)
			return nil, err
		}
		defer free()
	}
	defer func() {
		if !e.concluded { // whoever ended this: what the line still brings is heard, and keeps nobody waiting
			t.keepLate(e)
		}
	}()
	ladder := ladder{t: t, e: e, attempt: a, record: r.Outcome, late: late && e.heard(), begun: time.Now(), judge: judge}
	o, err := ladder.climb(ctx)
	switch {
	case errors.Is(err, errRecorded):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if err := r.Outcome(e.withEvidence(o)); err != nil {
		return nil, err
	}
	e.evidence = nil
	if o.Verdict == driver.Unknown || !e.pending && t.keepsEar(o.Verdict) {
		return nil, nil // the line is kept
	}
	e.concluded = true
	var after *driver.Aftermath
	if e.pending {
		e.pending = false
		a := e.aftermath()
		after = &a
	}
	if e.second != nil {
		t.keepSecond(e)
	}
	t.dropOpen(nil)
	return after, nil
}

// resume takes up the attempt's own exchange if this process still has it. After a restart nobody knows
// what was acknowledged or seen: that counts as "work had begun", and every time starts from now. late: it had
// been set aside.
func (t *terminal) resume(a driver.Attempt, reversal bool, r driver.Recorder) (e *exchange, late bool) {
	k := attemptKey{a.Reference, reversal}
	other := t.openExchange()
	if other != nil && other.key() == k && a.SameProcess {
		other.show = r.Progress
		return other, false
	}
	if a.SameProcess {
		e = t.takeLate(k)
	}
	if other != nil {
		t.keepLate(other)
	}
	if e != nil {
		e.show = r.Progress
		return e, true
	}
	e = &exchange{
		t: t, payment: a.Payment, reversal: reversal, baseline: a.Baseline, show: r.Progress, phase: driver.PhaseVerifying,
		activity: time.Now(), acked: true, lineEnd: local.CodeRestarted,
	}
	e.recall(a.Said)
	return e, false
}

// ladder is one Resolve at work.
type ladder struct {
	t       *terminal
	e       *exchange
	attempt driver.Attempt
	record  func(driver.Outcome) error
	late    bool // it had been given up, and only its word is taken
	begun   time.Time
	noted   string // last evidence text, to write a change only once
	judge   func(Facts) driver.Outcome

	asked struct { // of R and T
		key           string // the state of the terminal that the answers are about
		slip          *driver.Slip
		total         *int64
		slips, totals int // how often
	}
}

func (l *ladder) climb(ctx context.Context) (driver.Outcome, error) {
	giveUp := l.begun.Add(l.t.cfg.Timing.GiveUp)
	var settled time.Time // since when the evidence sends the case to people
	for round := 0; ; round++ {
		l.e.hear()
		asked, barred := time.Now(), l.e.beside.approved
		seen, err := l.look(ctx, asked)
		if err != nil {
			return driver.Outcome{}, err
		}
		facts := l.at(seen, asked, giveUp).facts()
		o := l.judge(facts)
		l.note(seen)
		if o.Verdict != driver.Unknown {
			return o, nil
		}
		if l.e.beside.approved != barred && !o.Final { // it was acknowledged where it came
			if err := l.record(l.e.withEvidence(wait(facts))); err != nil {
				return driver.Outcome{}, err
			}
			l.e.evidence = nil
		}
		if l.e.pending {
			if err := l.undecided(o.Preset); err != nil {
				return driver.Outcome{}, err
			}
		}
		wake := l.wake(round, giveUp)
		if o.Final {
			if settled.IsZero() {
				settled = time.Now()
			}
			until := settled.Add(lateGrace)
			if quiet := l.e.activity.Add(l.t.cfg.Timing.Quiet); quiet.Before(until) {
				until = quiet
			}
			if !l.e.alive() || !time.Now().Before(until) {
				return o, nil
			}
			wake = until
		}
		if err := l.listen(ctx, wake); err != nil {
			return driver.Outcome{}, err
		}
	}
}

// undecided takes a word that is no verdict (71 bytes, 09): recorded first, then acknowledged, as every other. Of
// an attempt that had been given up nothing more is asked: errRecorded.
func (l *ladder) undecided(preset driver.Verdict) error {
	o := driver.Outcome{Verdict: driver.Unknown, Preset: preset, Reason: driver.Reason{Code: string(local.CodeOddAnswer), Text: l.e.direct.Text}}
	if l.late {
		o.Final, o.Reason.Code = true, string(local.CodeAwaitingPeople)
		if l.e.direct.Class != ClassForeign && l.e.direct.Sense == SenseApproved {
			o.Preset = driver.Charged
		}
	}
	if err := l.record(l.e.withEvidence(o)); err != nil {
		return err
	}
	l.e.evidence, l.e.pending = nil, false
	l.e.conn.ack()
	if l.late {
		return errRecorded
	}
	return nil
}

// look takes the terminal's turn for one look, so that between two of them others may ask its status. On
// a serial line the attempt's connection is the only one: Resolve has the turn throughout.
func (l *ladder) look(ctx context.Context, asked time.Time) (sight, error) {
	if !l.t.serial {
		free, err := l.t.hold(ctx, l.t.turn, holdsResolve, l.attempt.Reference)
		if err != nil {
			return sight{}, err
		}
		defer free()
	}
	seen := l.t.lookAnd(ctx, l.e, func(s *session, seen *sight) {
		l.gather(s, seen, l.at(*seen, asked, asked.Add(l.t.cfg.Timing.GiveUp)).settled())
	})
	return seen, l.ended(ctx)
}

// wake is when to ask again: 2, 5, 10, then every 30 s, but also right when the quiet time or the limit
// has passed.
func (l *ladder) wake(round int, giveUp time.Time) time.Time {
	pauses := l.t.profile.retry
	now := time.Now()
	at := now.Add(pauses[min(round, len(pauses)-1)])
	for _, t := range []time.Time{l.e.activity.Add(l.t.cfg.Timing.Quiet), giveUp} {
		if t.After(now) && t.Before(at) {
			at = t
		}
	}
	return at
}

// listen reads the attempt's line until then. A result that decides ends the wait.
func (l *ladder) listen(ctx context.Context, until time.Time) error {
	for {
		if !l.e.alive() || l.e.pending {
			if l.e.pending {
				return nil
			}
			if err := l.t.pause(ctx, time.Until(until)); err != nil {
				return l.ended(ctx)
			}
			return nil
		}
		f, err := l.e.conn.await(func() time.Time { return until }, ctx.Done())
		switch {
		case errors.Is(err, errTimeout):
			return nil
		case errors.Is(err, errLost):
			continue
		case err != nil:
			return l.ended(ctx)
		}
		if l.e.handle(f) {
			l.e.pending = true
		}
	}
}

func (l *ladder) ended(ctx context.Context) error {
	if l.t.life.Err() != nil {
		return refusal(driver.ErrClosed, "terminal %q", l.t.cfg.Name)
	}
	return ctx.Err()
}

// at is what was seen, with the attempt's own times.
func (l *ladder) at(seen sight, asked, giveUp time.Time) look {
	sent, ended := l.e.sent, l.e.activity
	if sent.IsZero() { // after a restart: the exchange cannot have outlasted the hard stop
		sent = l.attempt.SentAt
		ended = sent.Add(l.t.cfg.Timing.HardStop)
	}
	attempt := l.attempt
	attempt.KnownResult = l.e.payment.KnownResult
	before := l.e.strays
	if l.e.previous != nil {
		before = append(slices.Clip(before), l.e.previous)
	}
	return look{
		line: l.e.facts(l.attempt.Exclusivity), attempt: attempt, seen: seen,
		sent: sent, ended: ended, silence: l.e.activity, asked: asked, quiet: l.t.cfg.Timing.Quiet,
		givenUp: !time.Now().Before(giveUp), prints: l.t.prints(), reversal: l.e.reversal, before: before,
	}
}

// note keeps what was seen as evidence, each thing once.
func (l *ladder) note(seen sight) {
	if seen.text == l.noted || seen.text == "" {
		return
	}
	l.noted = seen.text
	kind := driver.EvidenceStatus
	if seen.last == LastNew || seen.last == LastSame || seen.last == LastUnsupported {
		kind = driver.EvidenceLast
	}
	l.e.note(kind, seen.text, seen.reading.Raw)
}

// look asks s and G: on a new connection, or on the attempt's own where that is the only one (a serial
// line, a terminal that serves one client at a time: that is learned once). It holds no turn.
func (t *terminal) look(ctx context.Context, e *exchange) sight {
	return t.lookAnd(ctx, e, func(*session, *sight) {})
}

// lookAnd is look, and on the same session what more asks then.
func (t *terminal) lookAnd(ctx context.Context, e *exchange, more func(*session, *sight)) sight {
	if e.pending {
		return sight{last: LastNotAsked}
	}
	own := e.alive()
	var seen sight
	if !own || !t.servesOne() {
		if t.serial {
			t.release(e.conn) // the port must be free to be opened again
		}
		s := &session{t: t, ctx: ctx, link: t.linkNow(), once: own}
		seen = t.lookWith(s, e, more)
		s.close()
		e.overhear(s.strays)
	}
	if seen.identity == IdentityUnknown && e.alive() && ctx.Err() == nil && t.life.Err() == nil {
		seen = t.lookWith(&session{t: t, ctx: ctx, link: t.linkNow(), conn: e.conn, attempt: e}, e, more)
		if seen.identity == IdentitySame {
			t.learnServesOne()
		}
	}
	return seen
}

func (t *terminal) lookWith(s *session, e *exchange, more func(*session, *sight)) sight {
	s.verifying = true
	st, err := t.status(s)
	switch {
	case errors.Is(err, driver.ErrWrongTerminal):
		return sight{identity: IdentityOther, text: trouble(err)}
	case err != nil:
		return sight{text: "stato: " + trouble(err)}
	case st.Software != "" && e.baseline.Software != "" && st.Software != e.baseline.Software:
		return sight{identity: IdentityOther, text: "altro software rispetto a prima del pagamento: " + st.Software}
	case st.TerminalID != e.baseline.TerminalID:
		return sight{identity: IdentityOther, text: "un altro terminale rispetto a prima del pagamento: " + st.TerminalID}
	}
	seen := sight{identity: IdentitySame}
	reading, present, err := t.lastResult(s)
	if err != nil {
		seen.last, seen.text = LastNoAnswer, "ultimo risultato: "+trouble(err)
		return seen
	}
	seen.saw(reading, present, e.baseline)
	more(s, &seen)
	return seen
}

// troubles are the words for a question that had no answer.
var troubles = []struct {
	kind error
	text string
}{
	{driver.ErrUnreachable, "il terminale non si raggiunge"}, {driver.ErrSilent, "il terminale è collegato ma non risponde"},
	{driver.ErrNotATerminal, "risponde qualcosa che non è un terminale"}, {driver.ErrWrongTerminal, "risponde un altro terminale"},
	{driver.ErrWrongScope, "il terminale calcola il controllo (LRC) in un altro modo"}, {driver.ErrNotReady, "il terminale non è pronto"},
	{driver.ErrBusy, "il terminale è occupato"}, {driver.ErrRefused, "il terminale ha rifiutato la domanda"},
	{driver.ErrUnsupported, "il terminale non conosce la domanda"}, {driver.ErrPassport, "il terminale non è più quello messo in servizio"},
}

// trouble tells people why a question had no answer.
func trouble(err error) string {
	for _, t := range troubles {
		if errors.Is(err, t.kind) {
			return t.text
		}
	}
	return "nessuna risposta che si legga"
}

// alive reports whether the attempt's line can still bring something.
func (e *exchange) alive() bool {
	return e.conn != nil && (e.conn.alive() || len(e.conn.ready) > 0)
}
