//go:build unix

package main

import (
	"testing"
	"time"

	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestKillWhileRegistering kills the real service with SIGKILL at each durable step between the charge and the
// registration with settlement platform, starts it again, and counts at the platform: no charge is lost, none is
// told twice.
func TestKillWhileRegistering(t *testing.T) {
	t.Parallel()
	once := func(do string) []govpaytest.Rule {
		return []govpaytest.Rule{{On: "pagamenti", Do: do, Notice: debtAt(1).Notice, Times: 1}}
	}
	for _, row := range []struct {
		failpoint string
		rules     []govpaytest.Rule
		calls     int // of POST /pagamenti for the debt, at most
	}{
		{"ledger.conclude.after", nil, 1},   // the terminal was not told that we have its result
		{"ledger.aftermath.before", nil, 1}, // it was, and we do not know it
		{"ledger.aftermath.after", nil, 1},
		{"ledger.submit.before", nil, 1},
		{"ledger.submit.after", nil, 1}, // submitting is durable, the call has not left
		{"ledger.submitted.before", nil, 1},
		{"ledger.submitted.after", nil, 1},
		{"ledger.submitted.before", once("lost"), 1}, // the answer never came
		{"ledger.submitted.after", once("lost"), 1},
		{"ledger.submitted.before", once("down"), 2}, // the call never came
		{"ledger.submitted.after", once("down"), 2},
		{"ledger.submit.after:2", once("down"), 2}, // about to repeat
		{"ledger.submitted.before:2", once("down"), 2},
		{"ledger.register.before", nil, 1},
		{"ledger.register.after", nil, 1},
	} {
		name := row.failpoint
		if len(row.rules) > 0 {
			name += " " + row.rules[0].Do
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegistering(t, "platform", 2, row.rules...)
			r.begin()
			r.charges(0)
			r.ends()
			r.kill()
			r.begin("SPORTELLO_FAILPOINT=" + row.failpoint)
			abandon := r.payAndLeave(debtAt(1).QR(), "r1")
			r.until("the service to die at "+row.failpoint, r.dead)
			abandon()

			r.begin()
			r.until("the charge to be decided", func() bool {
				list := r.book()
				return len(list) == 2 && list[0].State == local.StateCharged
			})
			r.ends()
			r.settledOnce(2)
			if n := r.asked("pagamenti") - 1; n > row.calls {
				t.Errorf("POST /pagamenti was called %d times for the debt, want %d at most", n, row.calls)
			}
		})
	}
}

// TestKillDuringTheCall: the service dies while the platform is at work on its call, which it finishes almost as late
// as it may. A look before that proves nothing.
func TestKillDuringTheCall(t *testing.T) {
	t.Parallel()
	const window = 10 * time.Second // a start must fit into it
	r := newRegistering(t, "platform", 2, govpaytest.Rule{On: "pagamenti", Do: "late", DelayMS: int((window - 2*time.Second).Milliseconds()), Notice: debtAt(1).Notice, Times: 1})
	r.env = []string{"SPORTELLO_SUBMIT_WINDOW=" + window.String()}
	r.begin()
	r.charges(0)
	r.ends()
	r.charges(1)
	r.until("the call to be under way", func() bool {
		list := r.book()
		return len(list) == 2 && list[0].Notices[0].Registration == local.RegistrationSubmitting
	})
	r.kill()
	r.begin()
	r.ends()
	r.until("the platform to be done with the call", func() bool { return r.spoilt("pagamenti") == 1 })
	r.settledOnce(2)
	if n := r.asked("pagamenti"); n != 2 {
		t.Errorf("POST /pagamenti was called %d times for two debts", n)
	}
}
