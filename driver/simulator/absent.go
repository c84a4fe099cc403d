package simulator

import (
	"context"
	"time"
)

// offAtConnect: nobody is there, the line is closed at once or not even read.
func (s *session) offAtConnect(ctx context.Context, on faultSet) bool {
	switch {
	case s.t.isOff(), on.has(HangUp):
		return true
	case on.has(NeverReads):
		s.pause(ctx, on.wait(NeverReads, unreadWait), false)
		return true
	}
	return false
}

// notATerminal is some other device on this port (ECR17 C15), or one that is deaf.
func (s *session) notATerminal(ctx context.Context, faults faultSet) {
	for {
		select {
		case _, ok := <-s.in:
			if !ok {
				return
			}
			if faults.has(HTTPBanner) {
				s.write([]byte("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// unanswered deals with a request that is not carried out: silence, a download, the
// power gone. False when it is.
func (s *session) unanswered(ctx context.Context) bool {
	switch {
	case s.t.isOff():
		s.cut()
	case s.faults.has(Silent):
		s.staleResults(ctx)
	case s.faults.has(Deaf):
		s.t.Download(s.faults.wait(Deaf, deafWait))
	case s.faults.has(Off):
		s.acknowledge(ctx)
		s.switchOff(s.faults.wait(Off, offWait))
	default:
		return false
	}
	return true
}

// switchOff cuts the line, and for d closes every one that is opened. A line that
// cannot be closed is deaf that long.
func (s *session) switchOff(d time.Duration) {
	s.flush()
	s.cut()
	if s.permanent {
		s.t.Download(d)
		return
	}
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.t.offUntil = time.Now().Add(d)
}

func (t *Terminal) isOff() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Before(t.offUntil)
}

// beforeHost is what happens between the customer and the bank. False when the bank
// is not asked.
func (s *session) beforeHost(ctx context.Context) bool {
	if !s.showProgress(ctx) {
		return false
	}
	switch {
	case s.faults.has(CutBeforeAuth):
		s.flush()
		s.cut()
		return false
	case s.faults.has(Reboot):
		s.t.setPrinting(false)
		s.switchOff(s.faults.wait(Reboot, bootWait))
		return false
	case s.faults.has(CutAndRun):
		return s.runOn(ctx, s.faults.wait(CutAndRun, runWait))
	}
	return true
}

// runOn loses the line and goes on with the customer for d; others are answered
// meanwhile. False when the terminal was switched off.
func (s *session) runOn(ctx context.Context, d time.Duration) bool {
	s.flush()
	s.cut()
	if !s.permanent {
		s.leave()
	}
	s.t.end()
	alive := s.pause(ctx, d, false)
	s.outside = !s.t.hold(ctx)
	return alive && !s.outside
}

// showProgress shows what the faults want, before the bank is asked.
func (s *session) showProgress(ctx context.Context) bool {
	if n := s.faults.times(ProgressMany, 200); n > 0 {
		each := s.faults.wait(ProgressMany, 5*time.Minute) / time.Duration(n)
		for range n {
			s.progress("ATTENDERE PREGO")
			if !s.pause(ctx, each, false) {
				return false
			}
		}
	}
	if s.faults.has(ProgressOdd) {
		for _, text := range []string{"ATTENDERE PREGO    ", "ATTENDERE PREGO......", "ATTENDERE PREGO, COLLEGAMENTO IN CORSO.."} {
			s.rawProgress(text)
		}
	}
	if r, ok := s.faults[ProgressText]; ok {
		s.rawProgress(r.Text)
	}
	return true
}
