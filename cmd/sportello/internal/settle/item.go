package settle

import (
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// work is what is to be done about an item.
type work uint8

const (
	workAwait  work = iota // a charged notice waits for its receipt
	workWatch              // an attempt that ended not charged, or unknown, is on receipt watch
	workSubmit             // a charge is to be submitted, all its notices at once: settlement "platform"
	workSecond             // a registered notice may be paid a second time
	workOther              // a notice is paid elsewhere, or by a receipt that does not name its provider: our own may still come
)

type noticeKey struct{ creditor, number string }

// item is something to look after, with its turn. Times carry the monotonic clock.
type item struct {
	ledger.OutboxItem // of a submission that of its first notice
	key               string
	work              work
	notices           []noticeKey // that no other look may have in hand meanwhile
	open              []int       // of the payment's notices those that it is about
	since             time.Time   // the charge, or the attempt's end
	plan              []time.Duration
	step              int       // into plan: the pause after the next look
	due               time.Time // its turn
	lateAt, redAt     time.Time // when its clocks ring; zero: they have, or never will
	late, red         bool
	memo              memo
	told              causes // of its cases
	tries             int    // looks so far
	strikes           int    // looks in a row that failed on our side
	failure           govpay.Outcome
	fell              uint64    // the platform's answers when it last failed to answer this item; 0: it did not
	falls             int       // times in a row
	drain             int       // the drain that it is part of
	barred            bool      // a submission that waits for people to mend the set-up
	found             bool      // its payment was there at the start: a lost ledger may know more of it
	seen              time.Time // when this process saw it first

	running bool
	gone    bool // left the outbox during its look
	urged   bool // people have decided something during its look: the next follows at once
	turned  bool // became another kind of work during its look
	place   [places]int
}

// memo is what only this process knows of a submission: times that must not be
// taken from a clock that people can set.
type memo struct {
	window    time.Time // until then the platform may be at work on the last call
	repeat    time.Time // no repeat before
	calls     int       // since the start
	sendError time.Time // when a submission was first found of which nobody knows whether pagoPA got it
	blocked   time.Time // when somebody else's attempt was first found in the way
	debt      int       // times that the debt itself was looked at, for want of its receipt
	// unwritten is the end of a call that the ledger would not take: it is written
	// before anything is asked, or submitted.
	unwritten *ledger.SubmissionEnd
}

const poison = 3 // so many failures on our side in a row put an item aside

func (it *item) poisoned() bool { return it.strikes >= poison }

// charged says that the citizen's money is behind it.
func (it *item) charged() bool { return it.work == workAwait || it.work == workSubmit }

// causes is a set of the cases that have been opened about an item, so that none is opened twice.
type causes uint16

const (
	toldMissing causes = 1 << iota
	toldPoison
	toldRefused
	toldBlocked
	toldUnsure
	toldConfirm
	toldProvider
	toldWithdrawn
	toldLate // no case: the reason that counts against the terminal
)

var causeOf = map[string]causes{
	string(local.CodeReceiptMissing):       toldMissing,
	string(local.CodeRegistrationPoisoned): toldPoison,
	string(local.CodeSubmissionRefused):    toldRefused,
	string(local.CodeSubmissionBlocked):    toldBlocked,
	string(local.CodeSubmissionUnsure):     toldUnsure,
	string(local.CodeAwaitingConfirmation): toldConfirm,
	string(local.CodeProviderMissing):      toldProvider,
	string(local.CodeNoticeWithdrawn):      toldWithdrawn,
}

// opens is the case that a finding opens: nil when it has been opened before.
func (l *look) opens(code local.Code, text, evidence string) *ledger.Case {
	c := causeOf[string(code)]
	if l.told&c != 0 {
		return nil
	}
	l.told |= c
	return &ledger.Case{PaymentID: l.PaymentID, Cause: driver.Reason{Code: string(code), Text: text}, Evidence: evidence}
}
