package ecr17

import (
	"time"

	"sportello/driver"
)

// OpenScaled is Open with waits that a test over a real line can afford.
func OpenScaled(cfg driver.Config) (driver.Terminal, error) {
	return OpenWith(cfg, func(t *terminal) {
		p := &t.profile
		// What a terminal does at once may take a busy machine long; what it never does, the test waits for.
		p.ackWait, p.laterWait, p.resendWait = 2*time.Second, time.Second, 10*time.Millisecond
		p.afterSwitch, p.afterOdd, p.recheck = 10*time.Millisecond, time.Second, 200*time.Millisecond
		p.ticketSilence, p.linger = time.Second, 150*time.Millisecond
		p.retry = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond}
		p.lastWait, p.statusWait, p.totalBefore = 2500*time.Millisecond, 2500*time.Millisecond, 2500*time.Millisecond
		p.totalsWait, p.closeWait = 2500*time.Millisecond, 2500*time.Millisecond
		p.afterClose = []time.Duration{20 * time.Millisecond, 100 * time.Millisecond}
	})
}
