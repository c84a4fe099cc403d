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

// The three ways.
const (
	CloseAfterTransaction Closing = "transaction" // when a payment or reversal, ticket included, has ended
	CloseAfterEach        Closing = "each"        // after every request
	CloseNever            Closing = "never"
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
	Unsupported string // request letters answered with NAK, beside p i c H K
	EmptyLast   EmptyLast
	Closing     Closing // "" is CloseAfterTransaction; a pseudo terminal cannot be closed
	Clients     int     // served at a time; 0 is 1. Procedures run one after another all the same
	ManualSaved bool    // manual sales replace the result saved for G

	NoReference      bool   // the contract text is not printed
	NoRefusalTicket  bool   // refusals print nothing
	NoAmountDeclines bool   // amounts ending in 91nn are approved like any other
	Merchant         string // first line of tickets, at most 23 characters

	Timing Timing
	Bank   *Bank  // nil is a NewBank
	Faults []Rule // as LoadFaults gives them

	// Trace hears of every frame, without its content; nil for nobody. It is called
	// from the sessions' goroutines and must not block.
	Trace func(line string)
}

// Timing is how long things take. Zero is at once, except where said.
type Timing struct {
	ACK     time.Duration // before the acknowledgement of a request
	Answer  time.Duration // before the answer to a request that asks no customer
	Card    time.Duration // until the customer presents the card
	PIN     time.Duration // until the customer has typed it
	Host    time.Duration // until the bank has answered
	Data    time.Duration // for the additional data to come; 0 is 10 s
	Confirm time.Duration // for a confirmation to come, then the message goes again; 0 is 3 s
}

// Human is a payment of about four seconds, as people see it at a counter.
var Human = Timing{
	ACK: 20 * time.Millisecond, Answer: 100 * time.Millisecond,
	Card: 1500 * time.Millisecond, PIN: 1200 * time.Millisecond, Host: 1200 * time.Millisecond,
}

// resends is how often an unconfirmed message goes again (ECR17 1.6).
const resends = 3

// letters that no simulator of this size understands.
const neverSupported = "picHK"

func (o Options) withDefaults() (Options, error) {
	bad := func(what string, value any) (Options, error) {
		return o, fmt.Errorf("%w: %s %v", ErrOptions, what, value)
	}
	if o.TerminalID == "" {
		o.TerminalID = "12345678"
	}
	if len(o.TerminalID) != 8 || !digits(o.TerminalID) || o.TerminalID == ecr17.AnyTerminal {
		return bad("terminal id is not 8 digits:", o.TerminalID)
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
	case CloseAfterTransaction, CloseAfterEach, CloseNever:
	default:
		return bad("closing:", o.Closing)
	}
	if o.Clients < 0 {
		return bad("clients:", o.Clients)
	}
	o.Clients = max(o.Clients, 1)
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

// state is the digit as the codec has it.
func (o *Options) state() ecr17.TerminalState { return ecr17.TerminalState(o.State[0] - '0') }
