package simulator

import (
	"fmt"
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// maxCents is the largest amount of the protocol.
const maxCents = 99_999_999

// EmptyLast is what the terminal answers to G when it has saved nothing (ECR17 2.10:
// not documented).
type EmptyLast string

// The three ways.
const (
	EmptyNAK     EmptyLast = "nak"
	EmptyRefusal EmptyLast = "refusal" // result 01 with blanks (G08)
	EmptySilent  EmptyLast = "silent"
)

// Closing is when the terminal closes the connection by itself.
type Closing string

// The ways.
const (
	CloseAfterTransaction Closing = "transaction" // when a payment or reversal, ticket included, has ended
	CloseAfterEach        Closing = "each"        // after every request
	CloseNever            Closing = "never"
	// CloseAfterACK: as CloseAfterTransaction, and after a request whose whole answer is
	// the ACK (ECR17 5.1).
	CloseAfterACK Closing = "ack"
)

// Options make a Terminal. The zero value is a usable one.
type Options struct {
	TerminalID string            // 8 digits; "" is 12345678
	Scope      ecr17.Scope       // LRC scope it speaks and demands
	Form       ecr17.ControlForm // of its ACK and NAK; 0 is the scope's usual one
	State      string            // status digit it reports; "" is 2, operative (ECR17 3.4)
	Release    string            // software release, 8 characters; "" is SIM17001
	ClockShift time.Duration     // terminal's clock minus ours

	AnyTID      bool   // take requests for any terminal id
	Unsupported string // request letters answered with NAK
	EmptyLast   EmptyLast
	Closing     Closing // "" is CloseAfterTransaction; a pseudo terminal cannot be closed
	Clients     int     // served at a time; 0 is 1. Procedures run one after another all the same
	ManualSaved bool    // manual operations replace the result saved for G

	LaxConfirm   bool       // an ACK with any LRC, or a bare one, confirms a message
	ConfirmExact bool       // only an ACK of the form in Form does
	Busy         BusyPolicy // "" is BusyQueue
	WhileBusy    string     // letters, of s and G, answered while another line's procedure runs; needs Clients of 2
	DropRepeats  bool       // a copy of the transaction just carried out on a line is acknowledged and dropped
	ForgetSwitch bool       // the print switch is forgotten with the line (ECR17 S12)

	SaveAfterSend bool // the result is saved for G when it was sent, not before
	NotesFirst    bool // a payment or reversal is saved as failed when it begins, and corrected when it ends
	CountsFirst   bool // a charge is in the totals with the bank's decision, also when its result is saved later or never
	NoUndo        bool // a sale approved and not saved when the power went is not reversed: the terminal has forgotten it
	AutoCancel    bool // a charge whose result the ECR does not confirm is reversed (ECR17 D13)

	TicketFirst      bool // the ticket goes before the result
	DataAfterTicket  bool // the answer U goes after the ticket
	FullLines        bool // lines of 24 characters with a new line after them, which the terminal's printer swallows (ECR17 S06)
	ExtendedUnderDCC bool // X is answered with E (92) also under DCC, not with V

	PAN     PANStyle // "" is PANStars
	VASGap  string   // bytes 19-22 of a VAS answer; "" is four zeros
	VASPart int      // bytes of XML in one part, at most; 0 is 1024

	ManualKeys bool // card and PIN wait for PresentCard and EnterPIN, not for the timers

	NoReference       bool   // the contract text is not printed
	NoReferenceInCopy bool   // nor in a reprint (ECR17 S14)
	NoRefusalTicket   bool   // refusals print nothing
	NoAmountDeclines  bool   // amounts ending in 91nn are approved like any other, and those in 92nn offer no currency
	Merchant          string // first line of tickets, at most 23 characters

	Timing Timing
	Bank   *Bank  // nil is a NewBank
	Faults []Rule // as LoadFaults gives them

	// Trace hears of every frame, without its content; nil for nobody. It is called
	// from the sessions' goroutines and must not block.
	Trace func(line string)
}

// Timing is how long things take. Zero is at once, except where said.
type Timing struct {
	ACK      time.Duration // before the acknowledgement of a request
	Answer   time.Duration // before the answer to a request that asks no customer
	Card     time.Duration // until the customer presents the card
	PIN      time.Duration // until the customer has typed it
	Currency time.Duration // until a customer with a foreign card has chosen the currency
	Host     time.Duration // until the bank has answered
	Manual   time.Duration // that an operation typed on the terminal holds it
	Data     time.Duration // for the additional data to come; 0 is 10 s
	Confirm  time.Duration // for a confirmation to come, then the message goes again; 0 is 3 s
}

// Human is a payment of about four seconds, as people see it at a counter.
var Human = Timing{
	ACK: 20 * time.Millisecond, Answer: 100 * time.Millisecond,
	Card: 1500 * time.Millisecond, PIN: 1200 * time.Millisecond, Host: 1200 * time.Millisecond,
	Currency: 3 * time.Second,
}

// resends is how often an unconfirmed message goes again (ECR17 1.6).
const resends = 3

const maxVASPart = 1024

func checkTerminalID(id string) error {
	if len(id) != 8 || !digits(id) || id == ecr17.AnyTerminal {
		return badOption("terminal id is not 8 digits:", id)
	}
	return nil
}

func badOption(what string, value any) error { return fmt.Errorf("%w: %s %v", ErrOptions, what, value) }

func (o Options) withDefaults() (Options, error) {
	bad := func(what string, value any) (Options, error) {
		return o, badOption(what, value)
	}
	if o.TerminalID == "" {
		o.TerminalID = "12345678"
	}
	if err := checkTerminalID(o.TerminalID); err != nil {
		return o, err
	}
	if o.Form == ecr17.FormUnknown {
		o.Form = ecr17.DefaultForm(o.Scope)
	}
	if o.State == "" {
		o.State = "2"
	}
	if len(o.State) != 1 || !digits(o.State) {
		return bad("status is not a digit:", o.State)
	}
	if o.Release == "" {
		o.Release = "SIM17001"
	}
	if o.Merchant == "" {
		o.Merchant = "TERMINALE SIMULATO"
	}
	if len(o.Merchant) > ticketWidth || strings.ContainsFunc(o.Merchant, func(r rune) bool { return r < ' ' || r > 'Z' }) {
		return bad("merchant must be at most 23 capitals and digits:", o.Merchant)
	}
	switch o.EmptyLast {
	case "":
		o.EmptyLast = EmptyNAK
	case EmptyNAK, EmptyRefusal, EmptySilent:
	default:
		return bad("empty last result:", o.EmptyLast)
	}
	switch o.Closing {
	case "":
		o.Closing = CloseAfterTransaction
	case CloseAfterTransaction, CloseAfterEach, CloseNever, CloseAfterACK:
	default:
		return bad("closing:", o.Closing)
	}
	if o.Clients < 0 {
		return bad("clients:", o.Clients)
	}
	o.Clients = max(o.Clients, 1)
	switch o.Busy {
	case "":
		o.Busy = BusyQueue
	case BusyQueue, BusyNAK, BusySilent:
	default:
		return bad("busy:", o.Busy)
	}
	if strings.Trim(o.WhileBusy, "sG") != "" {
		return bad("answered while busy, not of s and G:", o.WhileBusy)
	}
	switch o.PAN {
	case "":
		o.PAN = PANStars
	case PANStars, PANZeros:
	default:
		return bad("card number:", o.PAN)
	}
	if o.VASGap == "" {
		o.VASGap = "0000"
	}
	if len(o.VASGap) != 4 || strings.ContainsFunc(o.VASGap, func(r rune) bool { return r < ' ' || r > '~' }) {
		return bad("gap of VAS is not 4 characters:", o.VASGap)
	}
	if o.VASPart == 0 {
		o.VASPart = maxVASPart
	}
	if o.VASPart < 1 || o.VASPart > maxVASPart {
		return bad("bytes of a VAS part:", o.VASPart)
	}
	if o.Timing.Data == 0 {
		o.Timing.Data = 10 * time.Second
	}
	if o.Timing.Confirm == 0 {
		o.Timing.Confirm = 3 * time.Second
	}
	if o.Bank == nil {
		o.Bank = NewBank()
	}
	for i, r := range o.Faults {
		if err := r.check(); err != nil {
			return o, fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	return o, nil
}
