package govpay

import "time"

// Seen is what the newest answers have shown beside what was asked for.
type Seen struct {
	Clock   time.Duration // the platform's minus ours, to the second
	ClockAt time.Time     // when it was seen; zero: it never was
	Expires time.Time     // the certificate that the platform shows; zero: it shows none
}

// Seen costs nothing and asks nobody.
func (c *Client) Seen() Seen {
	if s := c.seen.Load(); s != nil {
		return *s
	}
	return Seen{}
}

// observe keeps what an answer shows, whatever it says.
func (c *Client) observe(r reply) {
	s := c.Seen()
	if skew, ok := skewOf(r); ok {
		s.Clock, s.ClockAt = skew, time.Now()
	}
	if r.tls != nil && len(r.tls.PeerCertificates) > 0 {
		s.Expires = r.tls.PeerCertificates[0].NotAfter
	}
	c.seen.Store(&s)
}

// skewOf is the server's clock minus ours. The answer was written somewhere within the call; a Date has whole seconds.
func skewOf(r reply) (time.Duration, bool) {
	if r.date.IsZero() {
		return 0, false
	}
	return r.date.Add(500 * time.Millisecond).Sub(time.Now().Add(-r.took / 2)).Round(time.Second), true
}
