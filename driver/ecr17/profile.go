package ecr17

import "time"

// Waits that no source makes depend on the terminal (ECR17 1.4, 1.6).
const (
	bareControlWait = 300 * time.Millisecond // a lone 06 or 15 is a suspected ACK or NAK
	unfinishedWait  = 2 * time.Second        // an unfinished frame is dropped
	lineEndWait     = 300 * time.Millisecond // for what answers the end of a line, and is no terminal
	writeWait       = 5 * time.Second        // the terminal hangs and takes no bytes (Z12)
)

// profile is what distinguishes the terminals of one provider: times and commands, as data. Every
// field that an installer may need to change is also in the configuration.
type profile struct {
	ackWait    time.Duration // acknowledgement of a command that moves no money
	laterWait  time.Duration // the same while the LRC scope is found, once the first one met silence
	resendWait time.Duration // pause before such a command is sent again
	sends      int           // times it is sent in all
	statusWait time.Duration // answer to s
	lastWait   time.Duration // answer to G
	totalsWait time.Duration // answer to T

	result   time.Duration // defaults of driver.Timing
	hardStop time.Duration
	quiet    time.Duration
	giveUp   time.Duration

	afterSwitch   time.Duration   // a terminal that hangs up after the print switch has done so by then
	afterOdd      time.Duration   // silence after a result that cannot count: there will be no better one
	recheck       time.Duration   // between the two looks after a NAK (design 3.2)
	ticketSilence time.Duration   // end of a ticket without an end mark
	linger        time.Duration   // kept open after the end, for repeats and an orderly close
	retry         []time.Duration // pauses between the rounds of Resolve; the last one repeats
	sendNAKs      int             // how often a damaged frame is refused
	sendData      int             // how often U is sent, after NAKs only

	loose bool // an unknown terminal status allows a payment
}

// profiles of the two providers. Their terminals speak the same protocol; what differs is how long
// the processor behind them may take.
var profiles = map[string]profile{
	"nexi":   baseProfile,
	"numera": with(baseProfile, func(p *profile) { p.statusWait = 15 * time.Second }),
}

var baseProfile = profile{
	ackWait: 3 * time.Second, laterWait: time.Second, resendWait: 300 * time.Millisecond, sends: 3,
	statusWait: 10 * time.Second, lastWait: 30 * time.Second, totalsWait: 60 * time.Second,
	result: 180 * time.Second, hardStop: 600 * time.Second, quiet: 300 * time.Second, giveUp: 15 * time.Minute,
	afterSwitch: 50 * time.Millisecond, afterOdd: 15 * time.Second, recheck: 5 * time.Second,
	ticketSilence: 4 * time.Second, linger: 500 * time.Millisecond,
	retry:    []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second},
	sendNAKs: 3, sendData: 3,
}

func with(p profile, change func(*profile)) profile {
	change(&p)
	return p
}
