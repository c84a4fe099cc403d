package ecr17

import "sportello/driver"

// Heard reports whether the terminal's own word about a payment that was given up, or that evidence judged not
// charged, has come after all (L13, D26), or an approval right behind its refusal: Resolve, asked again for the same attempt, will begin with it. It sends nothing and does not wait;
// while another procedure has the terminal only a word that came before counts.
func (t *terminal) Heard(reference string) bool { return t.hears(attemptKey{reference, false}) }

// HeardReversal is Heard of the reversal of that payment, whose word ResolveReversal takes.
func (t *terminal) HeardReversal(reference string) bool { return t.hears(attemptKey{reference, true}) }

func (t *terminal) hears(k attemptKey) bool {
	leave, err := t.enter()
	if err != nil {
		return false
	}
	defer leave()
	if t.kept(k) {
		return true
	}
	for _, right := range []*token{t.money, t.turn} {
		free, err := t.seize(right, holdsResolve, k.reference)
		if err != nil {
			return false
		}
		defer free()
	}
	t.mu.Lock()
	e := t.late
	t.mu.Unlock()
	if e == nil || e.key() != k {
		return t.kept(k)
	}
	e.show = func(driver.Progress) {} // nobody looks any more
	return e.heard()
}

// kept: the word came, and its line was closed since.
func (t *terminal) kept(k attemptKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.words[k] != nil
}
