package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"sportello/protocol/local"
)

// Operators are the people who may sign in, as their file says now. It is safe for concurrent use;
// sign-ins run one after another, so that memory for hashes is taken once.
type Operators struct {
	path string

	mu      sync.Mutex // guards everything below, and the memory of one hash
	read    stamp
	entries map[string]operator
	decoy   pinHash // what an unknown id is compared with: the same work as a known one
}

type operator struct {
	local.Operator
	hash pinHash
}

// stamp tells whether a file is still the one that was read.
type stamp struct {
	changed time.Time
	size    int64
}

// OpenOperators reads the file at path. The error of a file with mistakes is an *InvalidError.
func OpenOperators(path string) (*Operators, error) {
	o := &Operators{path: path}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.refresh(); err != nil {
		return nil, err
	}
	return o, nil
}

// Check signs an operator in. The file is read again when it has changed since the last time; nothing
// watches it in between. The error is a *local.Error: bad_credentials (ErrCredentials), or internal
// when the file has become unusable (ErrOperators).
func (o *Operators) Check(id, pin string) (local.Operator, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.refresh(); err != nil {
		return local.Operator{}, &local.Error{Code: local.CodeInternal, Detail: "operators file", Err: fmt.Errorf("%w: %w", ErrOperators, err)}
	}
	entry, known := o.entries[id]
	hash := o.decoy
	if known {
		hash = entry.hash
	}
	if n := utf8.RuneCountInString(pin); n > MaxPIN {
		pin, known = "", false
	}
	matches := hash.matches(pin)
	// The pages of one hash are more than all else the service holds: give them back at once.
	debug.FreeOSMemory()
	if !known || !matches {
		return local.Operator{}, &local.Error{Code: local.CodeBadCredentials, Err: ErrCredentials}
	}
	return entry.Operator, nil
}

// Find tells who an operator is now, without a PIN: for a session that is still open.
func (o *Operators) Find(id string) (local.Operator, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.refresh(); err != nil {
		return local.Operator{}, false
	}
	entry, ok := o.entries[id]
	return entry.Operator, ok
}

// All are those who may sign in now, by id; none when the file has become unusable.
func (o *Operators) All() []local.Operator {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.refresh(); err != nil {
		return nil
	}
	all := make([]local.Operator, 0, len(o.entries))
	for _, id := range slices.Sorted(maps.Keys(o.entries)) {
		all = append(all, o.entries[id].Operator)
	}
	return all
}

// refresh reads the file again when it has changed. A file that has become wrong lets nobody in: its
// former content may hold somebody who was just removed.
func (o *Operators) refresh() error {
	info, err := os.Stat(o.path)
	if err == nil && o.entries != nil && o.read == (stamp{info.ModTime(), info.Size()}) {
		return nil
	}
	o.entries = nil
	entries, problems := readOperators(o.path)
	if len(problems) > 0 {
		return &InvalidError{Path: o.path, Problems: problems}
	}
	if err != nil {
		return fmt.Errorf("operators file: %w", err)
	}
	o.entries, o.read = entries, stamp{info.ModTime(), info.Size()}
	for _, e := range entries {
		o.decoy = e.hash
		o.decoy.key = make([]byte, len(e.hash.key)) // matches no PIN
		break
	}
	return nil
}

var operatorShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)

func readOperators(path string) (map[string]operator, []Problem) {
	r := &reader{file: path}
	all := map[string]operator{}
	if root := r.open(); root != nil {
		lines := map[string]int{}
		for _, e := range root.sections("operators", "un operatore") {
			var op operator
			op.ID, op.Name = e.must("id", "rossi"), e.must("name", "Maria Rossi")
			if op.ID != "" && !operatorShape.MatchString(op.ID) {
				e.bad("id", fmt.Sprintf("%q non va bene come nome utente", op.ID), "usare lettere senza accento, cifre, punto, - e _ (al massimo 32)")
			} else if op.ID != "" {
				e.unique("id", op.ID, lines, "un altro operatore ha lo stesso nome utente", "dare a ognuno il suo")
			}
			op.Role = local.Role(e.oneOf("role", "clerk", "clerk", "supervisor"))
			if hash := e.must("hash", `"$argon2id$v=19$…"`); hash != "" {
				var err error
				if op.hash, err = parseHash(hash); err != nil {
					e.bad("hash", "non è un'impronta di PIN utilizzabile", "crearla con «sportello operator hash» e copiarla fra virgolette")
				}
			}
			e.close()
			all[op.ID] = op
		}
		root.close()
	}
	r.sort()
	return all, r.problems
}

// readOperatorsFile checks the operators' file as part of the configuration.
func readOperatorsFile(s *section, path string) {
	if path == "" || !s.absolute("operators_file", path) {
		return
	}
	if _, err := readFile(path, 1); err != nil {
		remedy := fileRemedy(err)
		if errors.Is(err, os.ErrNotExist) {
			remedy = "crearlo: un gruppo «operators:» con id, name, role e hash (da «sportello operator hash»)"
		}
		s.bad("operators_file", path+": "+openReason(err), remedy)
		return
	}
	if open, err := worldReadable(path); err == nil && open {
		s.bad("operators_file", "il file "+path+" è leggibile da tutti gli utenti del PC: dai dati si ricavano i PIN", "togliere il permesso: chmod o-rwx "+path)
	}
	_, problems := readOperators(path)
	s.r.problems = append(s.r.problems, problems...)
}
