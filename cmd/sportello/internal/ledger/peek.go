package ledger

import (
	"errors"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Summary is what the assistance may know of a ledger. Nothing personal: no notice, no payment, no text that people typed.
type Summary struct {
	Copy      // without SHA256
	Terminals []TerminalState
	Cases     map[string]int // open ones, by cause
	Outbox    int
	Gate      Gate
}

// Summary describes the running ledger.
func (l *Ledger) Summary() (Summary, error) {
	var s Summary
	err := l.snapshot(func(tx *bolt.Tx, v *view) error { return s.read(tx, v) })
	if err == nil {
		s.Gate, err = l.Gate()
	}
	return s, err
}

// Peek describes a ledger that no service has open, and writes nothing. What another version has folded is left out.
func Peek(path string) (Summary, error) {
	var s Summary
	err := viewFile(path, func(tx *bolt.Tx) error {
		v := &view{bucket: tx.Bucket(bucketState), pending: layer{}}
		folded, err := foldedHead(tx)
		if errors.Is(err, errOtherState) {
			return s.describe(tx)
		}
		if err == nil {
			_, _, err = replay(tx, v, folded, 0)
		}
		if err != nil {
			return err
		}
		return s.read(tx, v)
	})
	return s, err
}

func (s *Summary) read(tx *bolt.Tx, v *view) (err error) {
	if err = s.describe(tx); err != nil {
		return err
	}
	s.Bytes, s.Cases = tx.Size(), map[string]int{}
	v.scan(tableTerminals, false, func(key string, _ cell) bool {
		var t *terminalRecord
		if t, err = loadTerminal(v, strings.TrimPrefix(key, tableTerminals)); err != nil {
			return false
		}
		state := t.TerminalState
		state.Passport, state.Channels = copied(t.Passport), slices.Clone(t.Channels)
		s.Terminals = append(s.Terminals, state)
		return true
	})
	if err != nil {
		return err
	}
	v.scan(tableOutbox, false, func(string, cell) bool { s.Outbox++; return true })
	return v.eachCase(func(k *caseRecord) {
		if k.Ended.IsZero() {
			s.Cases[k.Cause.Code]++
		}
	})
}
