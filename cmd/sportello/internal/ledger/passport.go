package ledger

import (
	"fmt"
	"strings"

	"sportello/driver"
)

// Commission puts a passport in force and tells which fields differ from the one before, by their wire
// names; clock, total and time are no difference. Another id, software or LRC scope, and a capability
// that is lost, open a case: somebody has touched the terminal (ECR17 Z10, Z16). A terminal with another
// id is another terminal: it is unproven again.
func (l *Ledger) Commission(name, operator string, p driver.Passport) (changed []string, err error) {
	err = l.submit(&op{reserve: true, do: func(b *batch) error {
		changed = nil
		t, err := b.knownTerminal(name)
		if err != nil {
			return err
		}
		if p.TerminalID == "" || p.Scope == "" {
			return fmt.Errorf("%w: passport of terminal %q without id or scope", ErrInvalid, name)
		}
		if err := b.append(&entry{Kind: KindTerminalCommissioned, Operator: operator, Terminal: &terminalBody{Name: name}, Passport: &p}, nil); err != nil {
			return err
		}
		if t.Passport == nil {
			return nil
		}
		grave := false
		var told []string
		for _, f := range passportFields {
			if before, now := f.of(t.Passport), f.of(&p); before != now {
				changed = append(changed, f.name)
				told = append(told, fmt.Sprintf("%s «%s», prima «%s»", f.name, now, before))
				grave = grave || f.lost(before, now)
			}
		}
		if !grave {
			return nil
		}
		_, err = b.openCase(Case{Terminal: name, Cause: driver.Reason{Code: reasonPassport, Text: strings.Join(changed, ", ")},
			Evidence: "terminale " + name + ": " + strings.Join(told, "; ")})
		return err
	}})
	return changed, err
}

// PassportChanges names the fields that differ between two passports, as Commission would.
func PassportChanges(was, is *driver.Passport) (changed []string) {
	for _, f := range passportFields {
		if f.of(was) != f.of(is) {
			changed = append(changed, f.name)
		}
	}
	return changed
}

// passportField is one field that makes a difference.
type passportField struct {
	name string // on the wire
	of   func(*driver.Passport) string
	lost func(before, now string) bool // the change is somebody's case
}

var passportFields = []passportField{
	{"terminal_id", func(p *driver.Passport) string { return p.TerminalID }, always},
	{"software", func(p *driver.Passport) string { return p.Software }, always},
	{"scope", func(p *driver.Passport) string { return p.Scope }, always},
	{"ack_form", func(p *driver.Passport) string { return p.AckForm }, never},
	{"supports", func(p *driver.Passport) string { return p.Supports }, lostLetter},
	{"refuses", func(p *driver.Passport) string { return p.Refuses }, never}, // what was lost is missing from supports
	{"one_client", func(p *driver.Passport) string { return string(p.OneClient) }, never},
	{"prints", func(p *driver.Passport) string { return string(p.Prints) }, lostAnswer},
	{"reprints", func(p *driver.Passport) string { return string(p.Reprints) }, lostAnswer},
	{"totals_before", func(p *driver.Passport) string { return fmt.Sprint(p.TotalsBefore) }, func(_, now string) bool { return now == "false" }},
}

func always(string, string) bool { return true }

func never(string, string) bool { return false }

// lostLetter: a command that was answered is not any more.
func lostLetter(before, now string) bool {
	return strings.ContainsFunc(before, func(c rune) bool { return !strings.ContainsRune(now, c) })
}

func lostAnswer(before, now string) bool {
	return before == string(driver.AnswerYes) && now == string(driver.AnswerNo)
}

func (t *terminalRecord) applyPassport(e *entry) error {
	if e.Passport == nil {
		return missing(e, "passport")
	}
	if t.TerminalID != "" && t.TerminalID != e.Passport.TerminalID {
		t.Proven, t.Previous, t.Channels = false, "", nil
		t.loseTotal()
	}
	t.TerminalID, t.Passport = e.Passport.TerminalID, e.Passport
	return nil
}
