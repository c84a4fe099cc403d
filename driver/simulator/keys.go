package simulator

import (
	"context"
	"time"
)

// What the terminal waits for at its keys.
const (
	waitsForCard = "card"
	waitsForPIN  = "pin"
)

// patience is how long a terminal under Options.ManualKeys waits for a customer.
const patience = 60 * time.Second

// PressRed is the customer pressing the red key. It counts when the terminal waits
// for the card or the PIN; before that it is forgotten.
func (t *Terminal) PressRed() { press(t.red) }

// PresentCard is the customer holding out a card, under Options.ManualKeys. It counts
// when the terminal waits for it.
func (t *Terminal) PresentCard() { press(t.card) }

// EnterPIN is the customer having typed the PIN, likewise.
func (t *Terminal) EnterPIN() { press(t.pin) }

func press(key chan struct{}) {
	select {
	case key <- struct{}{}:
	default:
	}
}

func released(key chan struct{}) {
	select {
	case <-key:
	default:
	}
}

// customerActs waits until the customer has done what the terminal asks: after d, or
// under ManualKeys when somebody presses the key. False when the customer left, or the
// power went.
func (s *session) customerActs(ctx context.Context, what string, d time.Duration) bool {
	key := s.t.card
	if what == waitsForPIN {
		key = s.t.pin
	}
	released(key) // before anybody sees that it waits: what is pressed from then on counts
	s.t.wait(what)
	defer s.t.wait("")
	if !s.t.opt.ManualKeys {
		return s.pause(ctx, d, true)
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case <-key:
			return true
		case <-s.t.red:
			return false
		case <-limit.C:
			return false
		case <-ctx.Done():
			return false
		case b, ok := <-s.in:
			s.absorb(b, ok)
		}
	}
}

// show and wait keep what a passer-by sees on the terminal.
func (t *Terminal) show(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.screen = text
}

func (t *Terminal) wait(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waits = what
}
