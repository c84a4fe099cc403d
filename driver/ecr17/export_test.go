package ecr17

import (
	"time"

	"sportello/driver"
)

// OpenScaled is Open with waits that a test over a real line can afford.
func OpenScaled(cfg driver.Config) (driver.Terminal, error) {
	return OpenWith(cfg, func(t *terminal) {
		p := &t.profile
		p.ackWait, p.laterWait, p.resendWait = 700*time.Millisecond, 400*time.Millisecond, 10*time.Millisecond
		p.afterSwitch, p.afterOdd, p.recheck = 10*time.Millisecond, 500*time.Millisecond, 200*time.Millisecond
		p.ticketSilence, p.linger = 400*time.Millisecond, 20*time.Millisecond
		p.retry = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond}
		p.lastWait = time.Second
		p.statusWait, p.totalBefore, p.totalsWait, p.closeWait = time.Second, 500*time.Millisecond, time.Second, time.Second
		p.afterClose = []time.Duration{20 * time.Millisecond, 100 * time.Millisecond}
	})
}
