package ledger

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/driver"
)

// TestKilled kills a process that pays, at random moments, and asks the ledger for everything that
// it had been told is durable.
func TestKilled(t *testing.T) { killed(t, "pay") }

// TestKilledWhileErasing is the same beside an Erase that is always under way: killed at any of its steps it leaves the
// old ledger or the new one, and nothing beside it.
func TestKilledWhileErasing(t *testing.T) { killed(t, "forget") }

func killed(t *testing.T, doing string) {
	dir := t.TempDir()
	told := map[string]string{}
	rank := map[string]int{"sent": 0, "charged": 1, "not_charged": 1, "reversing": 2, "submitting": 2, "awaiting_receipt": 3, "registered": 4, "reversed": 4}
	rounds, erased := 8, 0
	for round := range rounds {
		cmd := exec.Command(os.Args[0], dir)
		cmd.Env = append(os.Environ(), childEnv+"="+doing)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := 1 + rand.IntN(90)
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			id, state, ok := strings.Cut(scanner.Text(), " ")
			if _, known := rank[state]; !ok || !known {
				t.Fatalf("round %d: the child says %q", round, scanner.Text())
			}
			told[id] = state
			if lines--; lines == 0 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		path := filepath.Join(dir, FileName)
		wantSound(t, path)
		l, err := Open(dir, Options{Installation: "A1", BallastBytes: testBallast, archiveEvery: 1})
		if err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(path + compactEnding + "*"); len(left) > 0 {
			t.Errorf("round %d: %q", round, left)
		}
		for id, state := range told {
			p, err := l.Payment(id)
			if err != nil {
				t.Fatalf("round %d: %s was told %s: %v", round, id, state, err)
			}
			now := string(p.State)
			if reg := p.Notices[0].Registration; reg == RegDone || p.Submission != nil {
				now = string(reg)
			}
			if rank[now] < rank[state] || rank[state] == 1 && rank[now] == 1 && now != state {
				t.Errorf("round %d: %s was told %s and is %s", round, id, state, now)
			}
		}
		if open := must(l.Unfinished())(t); len(open) > 1 {
			t.Errorf("round %d: %d unfinished", round, len(open))
		}
		var journal strings.Builder
		if err := errors.Join(l.Dump(&journal), l.Close()); err != nil {
			t.Fatal(err)
		}
		erased = strings.Count(journal.String(), `"kind":"`+string(KindBlobsErased)+`"`)
	}
	if doing == "forget" && erased == 0 {
		t.Error("nothing was ever erased")
	}
	if len(told) < rounds {
		t.Errorf("only %d payments", len(told))
	}
}

// TestManyAtOnce lets counters pay, ask and check at the same time; their commits are shared.
func TestManyAtOnce(t *testing.T) {
	l := open(t, t.TempDir(), func(o *Options) { o.Now = time.Now })
	const counters, each = 8, 25
	var wg sync.WaitGroup
	for c := range counters {
		wg.Go(func() {
			for i := range each {
				in := intent(c*1000 + i)
				in.Terminal = fmt.Sprint("cassa", c)
				p, err := l.Intend(in)
				if err == nil {
					_, err = l.Conclude(p.ID, charged("000042"))
				}
				if err == nil {
					_, err = l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip})
				}
				if err == nil {
					_, err = l.Payments(Query{Limit: 5})
				}
				if err != nil {
					t.Error(err)
				}
				if i == 12 && c < 2 {
					if r, err := l.Check(); err != nil || len(r.Problems) > 0 {
						t.Error(err, r)
					}
				}
				if i == 20 && c == 3 {
					if _, err := l.Erase(t.Context(), time.Now()); err != nil && !errors.Is(err, ErrInterrupted) {
						t.Error(err)
					}
				}
			}
		})
	}
	// Nine fight for one notice: one gets it.
	var won sync.Map
	for c := range 9 {
		wg.Go(func() {
			in := intent(999999)
			in.RequestID, in.Terminal = fmt.Sprint("fight", c), fmt.Sprint("altra", c)
			p, err := l.Intend(in)
			if err == nil {
				won.Store(p.ID, true)
			} else if !errors.Is(err, ErrNoticeLocked) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	winners := 0
	won.Range(func(any, any) bool { winners++; return true })
	if winners != 1 {
		t.Errorf("%d have the notice", winners)
	}
	s := l.Stats()
	if s.Entries < counters*each*3+1 {
		t.Errorf("%+v", s)
	}
	if runtime.NumCPU() > 1 && s.Commits >= s.Entries {
		t.Errorf("%d commits for %d entries: none was shared", s.Commits, s.Entries)
	}
}
