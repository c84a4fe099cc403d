package ecr17

import "sportello/driver"

// Heard reports whether the terminal's own word about an attempt that was given up has come after all (L13,
// D26): Resolve, asked again for the same attempt, will begin with it. It sends nothing and does not wait;
// while another procedure has the terminal only a word that came before counts.
func (t *terminal) Heard(reference string) bool {
	leave, err := t.enter()
	if err != nil {
		return false
	}
	defer leave()
	if t.kept(reference) {
		return true
	}
	for _, k := range []*token{t.money, t.turn} {
		free, err := t.seize(k, holdsResolve, reference)
		if err != nil {
			return false
		}
		defer free()
	}
	t.mu.Lock()
	e := t.late
	t.mu.Unlock()
	if e == nil || e.payment.Reference != reference {
		return t.kept(reference)
	}
	e.show = func(driver.Progress) {} // nobody looks any more
	e.hear()
	return e.pending
}

// kept: the word came, and its line was closed since.
func (t *terminal) kept(reference string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.words[reference] != nil
}
