package settle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/govpay/govpaytest"
)

// victimEnv makes the test's binary a worker that is killed: "POINT SKIP DIR ADDRESS PASSWORDFILE".
const victimEnv = "SETTLE_VICTIM"

// victim works on a ledger until it comes to the point for the SKIP+1st time, and kills itself there.
func victim(where string) {
	var point, dir, addr, password string
	var skip int
	if _, err := fmt.Sscanf(where, "%s %d %s %s %s", &point, &skip, &dir, &addr, &password); err != nil {
		panic(err)
	}
	die := func(name string) {
		if name != point {
			return
		}
		if skip--; skip >= 0 {
			return
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		if err != nil {
			panic(err)
		}
		select {} // the kill is on its way
	}
	l, err := ledger.Open(dir, ledger.Options{Installation: "A1", BallastBytes: -1, Failpoint: die})
	if err != nil {
		panic(err)
	}
	client, err := govpay.New(confOf(addr, password))
	if err != nil {
		panic(err)
	}
	w, err := New(quick(&mortal{client, die}, l, silence{}))
	if err != nil {
		panic(err)
	}
	w.Start()
	time.AfterFunc(longest, func() { os.Exit(3) })
	select {}
}

type silence struct{}

func (silence) Changed(string) {}

// mortal dies before a call, and after its answer.
type mortal struct {
	*govpay.Client
	die func(string)
}

func (m *mortal) Submit(ctx context.Context, s govpay.Submission) (govpay.Submitted, error) {
	m.die("call.before")
	v, err := m.Client.Submit(ctx, s)
	m.die("call.after")
	return v, err
}

func (m *mortal) PaymentsBySession(ctx context.Context, session string) ([]govpay.Payment, error) {
	v, err := m.Client.PaymentsBySession(ctx, session)
	m.die("looked")
	return v, err
}

// TestKilledAtEveryStep: the process is killed at each step of a submission; another one takes over. The
// platform's own book says that each notice was paid once, and the ledger that it is registered.
func TestKilledAtEveryStep(t *testing.T) {
	lost := []govpaytest.Rule{{On: "pagamenti", Do: "lost", Times: 1}}
	for _, x := range []struct {
		point string
		skip  int
		rules []govpaytest.Rule
	}{
		{"submit.before", 0, nil}, {"submit.after", 0, nil},
		{"call.before", 0, nil}, {"call.after", 0, nil}, {"call.after", 0, lost},
		{"submitted.before", 0, nil}, {"submitted.after", 0, nil}, {"submitted.after", 0, lost},
		{"looked", 0, lost},           // the look that finds the record
		{"register.before", 0, nil},   // the receipt of the first notice
		{"register.after", 0, nil},    //
		{"register.before", 1, nil},   // and of the second
		{"submitted.before", 1, lost}, // what the look found
		{"pdf.before", 0, nil},
	} {
		t.Run(fmt.Sprintf("%s %d %d", x.point, x.skip, len(x.rules)), func(t *testing.T) {
			t.Parallel()
			c := newPlatform(t, x.rules)
			dir := t.TempDir()
			open := func() *ledger.Ledger {
				l, err := ledger.Open(dir, ledger.Options{Installation: "A1", BallastBytes: -1})
				if err != nil {
					t.Fatal(err)
				}
				return l
			}
			l := open()
			id := chargeAt(t, l, 1, true, 0, 1)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(exe)
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s %s %s", victimEnv, x.point, x.skip, dir, c.platform.Addr(), c.password))
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			var exit *exec.ExitError
			if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() == 3 || exit.ExitCode() == 2 {
				t.Fatalf("the victim lives: %v\n%s", err, out.String())
			}
			c.take(open())
			for _, i := range []int{0, 1} {
				c.untilNotice(id, i, is(ledger.RegDone))
				if n := paid(c.platform, i); n != 1 {
					t.Errorf("debt %d was paid %d times", i, n)
				}
			}
			if causes := c.cases(id); len(causes) > 0 {
				t.Errorf("cases %q", causes)
			}
		})
	}
}

// newPlatform is a counter without its ledger and worker yet.
func newPlatform(t *testing.T, rules []govpaytest.Rule) *counter {
	t.Helper()
	c := &counter{t: t, told: make(chan string, 1000), bank: filepath.Join(t.TempDir(), "bank.jsonl")}
	c.open()
	if err := c.platform.SetRules(rules...); err != nil {
		t.Fatal(err)
	}
	return c
}
