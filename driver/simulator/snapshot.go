package simulator

import (
	"time"

	"sportello/protocol/ecr17"
)

// Snapshot is what a passer-by sees of the terminal and what its menus would tell. It
// holds no card number and no name.
type Snapshot struct {
	TerminalID   string `json:"terminal_id"`
	Release      string `json:"release"`
	State        int    `json:"state"` // 0 to 9 (ECR17 3.4)
	StateText    string `json:"state_text"`
	Clock        string `json:"clock"` // the terminal's own, RFC 3339
	ClockSeconds int64  `json:"clock_seconds"`
	Busy         bool   `json:"busy"` // a procedure or a manual operation holds it
	Lines        int    `json:"lines"`
	Screen       string `json:"screen"` // last progress of the procedure under way, "" when idle
	Waits        string `json:"waits"`  // card, pin or ""
	ManualKeys   bool   `json:"manual_keys"`
	DeafSeconds  int64  `json:"deaf_seconds"` // of a download still to come
	RebootAt     string `json:"reboot_at"`    // armed moment, "" when none
	PrintToECR   bool   `json:"print_to_ecr"`

	STAN           string `json:"stan"`  // of the last contact with the host
	Saved          string `json:"saved"` // what G would repeat: class of the result, "" when nothing
	Sales          int    `json:"sales"` // decisions that charged, ever
	POSTotalCents  int64  `json:"pos_total_cents"`
	HostTotalCents int64  `json:"host_total_cents"`
}

// Snapshot reads the terminal as it is now.
func (t *Terminal) Snapshot() Snapshot {
	t.mu.Lock()
	now := time.Now()
	s := Snapshot{
		TerminalID: t.opt.TerminalID, Release: t.opt.Release, State: int(t.digit), StateText: t.digit.Label(),
		Clock: now.Add(t.ahead).In(ecr17.Rome()).Format(time.RFC3339), ClockSeconds: int64(t.ahead / time.Second),
		Busy: len(t.procedure) > 0, Lines: t.connected, Screen: t.screen, Waits: t.waits, ManualKeys: t.opt.ManualKeys,
		RebootAt: string(t.dieAt), PrintToECR: t.toECR,
	}
	if left := t.deafUntil.Sub(now); left > 0 {
		s.DeafSeconds = int64((left + time.Second - 1) / time.Second)
	}
	t.mu.Unlock()

	memory := t.bank.memory(s.TerminalID)
	s.STAN = sixDigits(memory.stan)
	s.POSTotalCents, s.HostTotalCents, s.Sales = memory.total, memory.host, memory.sales
	if memory.last != "" {
		s.Saved = ecr17.ClassifyLast([]byte(memory.last)).String()
	}
	return s
}
