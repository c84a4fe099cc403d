package ecr17

import (
	"time"

	"sportello/driver"
)

// Waits that no source makes depend on the terminal (ECR17 1.4, 1.6).
const (
	bareControlWait = 300 * time.Millisecond // a lone 06 or 15 is a suspected ACK or NAK
	unfinishedWait  = 2 * time.Second        // an unfinished frame is dropped
	lineEndWait     = 300 * time.Millisecond // for what answers the end of a line, and is no terminal
	writeWait       = 5 * time.Second        // the terminal hangs and takes no bytes (Z12)
)

// profile is what distinguishes the terminals of one provider: times and switches, as data. What an
// installer may need to change is also in driver.Config and driver.Timing; override puts it here.
type profile struct {
	ackWait     time.Duration // acknowledgement of a command that moves no money
	laterWait   time.Duration // the same while the LRC scope is found, once the first one met silence
	resendWait  time.Duration // pause before such a command is sent again
	sends       int           // times it is sent in all
	statusWait  time.Duration // answer to s
	lastWait    time.Duration // answer to G
	totalsWait  time.Duration // answer to T
	totalBefore time.Duration // answer to T in the pre-flight: a citizen is waiting
	closeWait   time.Duration // answer to C

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
	afterClose    []time.Duration // pauses before the totals are asked when the answer to C was lost
	sendNAKs      int             // how often a damaged frame is refused
	sendData      int             // how often U is sent, after NAKs only

	loose bool // an unknown terminal status allows a payment
}

// profiles of the two providers, over one protocol.
//
//   - nexi follows Nexi's public documentation. It gives no times (ECR17 1.6): these are the recommended ones.
//   - numera is assumed, for Numera publishes nothing: the protocol as Nexi has it, X for payments, the
//     notices in the additional data, a provider that settles with the creditor by itself. A longer wait for
//     the status leaves room for a terminal that first wakes its processor's line. Whatever a terminal
//     shows otherwise is set in the configuration; docs say how to report it.
var profiles = map[string]profile{
	"nexi":   baseProfile,
	"numera": with(baseProfile, func(p *profile) { p.statusWait = 15 * time.Second }),
}

var baseProfile = profile{
	ackWait: 3 * time.Second, laterWait: time.Second, resendWait: 300 * time.Millisecond, sends: 3,
	statusWait: 10 * time.Second, lastWait: 30 * time.Second, totalsWait: 60 * time.Second,
	totalBefore: 3 * time.Second, closeWait: 180 * time.Second,
	result: 180 * time.Second, hardStop: 600 * time.Second, quiet: 300 * time.Second, giveUp: 15 * time.Minute,
	afterSwitch: 50 * time.Millisecond, afterOdd: 15 * time.Second, recheck: 5 * time.Second,
	ticketSilence: 4 * time.Second, linger: 500 * time.Millisecond,
	retry:      []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second},
	afterClose: []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second},
	sendNAKs:   3, sendData: 3,
}

func with(p profile, change func(*profile)) profile {
	change(&p)
	return p
}

// override puts what the installer has set into the profile, and the profile's defaults into what is left
// unset of the four times that the rest of the driver reads in the configuration.
func (p *profile) override(cfg *driver.Config) {
	t := &cfg.Timing
	for _, d := range []struct{ set, own *time.Duration }{
		{&t.ACK, &p.ackWait}, {&t.Pause, &p.resendWait}, {&t.Status, &p.statusWait}, {&t.Last, &p.lastWait},
		{&t.Totals, &p.totalsWait}, {&t.TotalBefore, &p.totalBefore}, {&t.Closing, &p.closeWait},
		{&t.Switch, &p.afterSwitch}, {&t.Odd, &p.afterOdd}, {&t.Recheck, &p.recheck},
		{&t.Slip, &p.ticketSilence}, {&t.Linger, &p.linger},
		{&t.Result, &p.result}, {&t.HardStop, &p.hardStop}, {&t.Quiet, &p.quiet}, {&t.GiveUp, &p.giveUp},
	} {
		if *d.set != 0 {
			*d.own = *d.set
		}
		*d.set = *d.own
	}
	p.laterWait = min(p.laterWait, p.ackWait)
	if cfg.Sends != 0 {
		p.sends = cfg.Sends
	}
	p.loose = p.loose || cfg.AnyState
}
