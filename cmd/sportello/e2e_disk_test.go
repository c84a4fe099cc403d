//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sportello/driver/simulator"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// ownMountsEnv says that this process has mounts of its own and may make more.
const ownMountsEnv = "SPORTELLO_TEST_OWN_MOUNTS"

// withOwnMounts runs the test in a process that may mount a small disk: nothing of it is left on the
// machine, whatever happens. It returns true in that process.
func withOwnMounts(t *testing.T) bool {
	t.Helper()
	if os.Getenv(ownMountsEnv) != "" {
		return true
	}
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), ownMountsEnv+"=1", binaryEnv+"="+bin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		t.Skipf("no process with mounts of its own here (%v): a full disk is only played in package ledger", err)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("in a process with mounts of its own:\n%s", out)
	case err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Fatalf("in a process with mounts of its own: %v\n%s", err, out)
	}
	return false
}

// disk is a small one, for the data directory alone.
type disk struct {
	c    *counter
	dir  string
	fill *os.File
}

// newDisk mounts it. Room for the ledger's reserve of 4 MiB and some more.
func newDisk(c *counter) *disk {
	c.t.Helper()
	d := &disk{c: c, dir: filepath.Join(c.dir, "data")}
	if err := os.Mkdir(d.dir, 0o750); err != nil {
		c.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, "size=6m"); err != nil {
		c.t.Skipf("cannot mount a small disk here (%v): a full disk is only played in package ledger", err)
	}
	var err error
	if d.fill, err = os.Create(filepath.Join(d.dir, "somebody's")); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		c.kill()
		_ = d.fill.Close()
		if err := syscall.Unmount(d.dir, syscall.MNT_DETACH); err != nil {
			c.t.Errorf("unmount: %v", err)
		}
	})
	return d
}

// full leaves no byte free.
func (d *disk) full() {
	d.c.t.Helper()
	if _, err := d.fill.Seek(0, 2); err != nil {
		d.c.t.Fatal(err)
	}
	var err error
	for size := 64 << 10; size > 0; size /= 8 {
		for err = nil; err == nil; {
			_, err = d.fill.Write(make([]byte, size))
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		d.c.t.Fatal(err)
	}
}

// free gives room back; all of it when bytes is negative.
func (d *disk) free(bytes int64) {
	d.c.t.Helper()
	size := int64(0)
	if fi, err := d.fill.Stat(); err == nil && bytes >= 0 {
		size = max(0, fi.Size()-bytes)
	}
	if err := d.fill.Truncate(size); err != nil {
		d.c.t.Fatal(err)
	}
}

// customer presents the card and types the PIN, if the terminal waits for them.
func (d *disk) customer() {
	d.c.terminal.PresentCard()
	d.c.terminal.EnterPIN()
}

// pays has the customer do so until the payment has ended.
func (d *disk) pays(ended <-chan aside) (e aside) {
	d.c.t.Helper()
	d.c.until("the payment to end", func() bool {
		select {
		case e = <-ended:
			return true
		default:
			d.customer()
			return false
		}
	})
	return e
}

// reserve says whether the ledger's reserve is there.
func (d *disk) reserve() bool {
	_, err := os.Stat(filepath.Join(d.dir, "ballast.bin"))
	return err == nil
}

// manyDebts are small ones, enough to fill pages.
func manyDebts() govpaytest.Seed {
	seed := govpaytest.Demo(time.Now())
	one := seed.Debts[0]
	seed.Debts = nil
	for i := range 60 {
		base := fmt.Sprintf("30200010%08d", 1000+i)
		rest := 0
		for _, r := range base {
			rest = (rest*10 + int(r-'0')) % 93
		}
		one.Notice, one.ID, one.Cents = fmt.Sprintf("%s%02d", base, rest), fmt.Sprintf("D-%d", i), int64(100+i)
		seed.Debts = append(seed.Debts, one)
	}
	return seed
}

var diskFull = told{3, local.CodeDiskFull, 507, []string{"Il disco del PC è pieno", "Liberare spazio"}}

// TestDiskFullBeforeTheCharge: no room for the reserve, so nothing is sent; with room it works at once.
func TestDiskFullBeforeTheCharge(t *testing.T) {
	t.Parallel()
	if !withOwnMounts(t) {
		return
	}
	c := newCounter(t, setup{})
	d := newDisk(c)
	d.full()
	c.refusesToRun(c.config, exitFailed, "Il disco del PC è pieno", "Liberare spazio")
	d.free(1 << 20) // for the ledger, not for its reserve
	c.start()
	d.full()
	c.refusesToPay(debt(0), diskFull)
	c.refuses(http.MethodPost, "payments", requestFor(debt(0), 0), diskFull)
	d.free(256 << 10)
	c.untouched()
	c.start()
	c.refusesToPay(debt(0), diskFull)
	d.free(-1)
	c.takes(debt(0))
	if !d.reserve() {
		t.Error("a payment without the reserve")
	}
	c.registered()
	c.soundLedger()
}

// TestDiskFullAfterTheCharge fills the disk while the customer looks for the card, payment after payment,
// until one needs the reserve. Every charge is in the ledger; the next one waits for room.
func TestDiskFullAfterTheCharge(t *testing.T) {
	t.Parallel()
	if !withOwnMounts(t) {
		return
	}
	seed := manyDebts()
	c := newCounter(t, setup{platform: govpaytest.Options{Seed: seed},
		terminal: simulator.Options{ManualKeys: true}})
	d := newDisk(c)
	c.start()
	notices := seed.QR()
	if e := d.pays(c.payAside(notices[0])); e.code != exitDone { // proves the terminal, or nothing is charged at the end
		t.Fatalf("the first payment ended with %d: %s", e.code, e.errs)
	}
	used := 1
	for i, qr := range notices[1:] {
		if used = i + 2; used == len(notices) {
			t.Fatal("no payment needed the reserve: the test shows nothing")
		}
		c.proven()
		d.free(512 << 10)
		ended := c.payAside(qr)
		c.until("the card to be asked for", func() bool { return c.terminal.Received('X') == used })
		if i > 0 { // the first one's receipt proves the terminal, and needs room, too
			d.full()
		}
		if e := d.pays(ended); e.code != exitDone {
			t.Fatalf("payment %d ended with %d: %s\nservice log:\n%s", i, e.code, e.errs, c.stderr)
		}
		if !d.reserve() {
			break
		}
	}
	d.full() // somebody takes the room of the reserve, too
	c.refusesToPay(notices[used], diskFull)
	if n := c.terminal.Received('X'); n != used {
		t.Errorf("%d requests for money after %d payments", n, used)
	}
	list := c.payments()
	charged := 0
	for _, p := range list {
		if p.State == local.StateCharged {
			charged++
		}
	}
	if charged != used || len(c.charges()) != used {
		t.Errorf("the ledger knows %d charges, the bank %d, there were %d", charged, len(c.charges()), used)
	}
	c.soundLedger()
	c.kill()
	c.start() // on a full disk: nothing is lost
	if again := c.payments(); len(again) != len(list) {
		t.Errorf("%d payments before, %d after a start", len(list), len(again))
	}
	d.free(-1)
	c.customers()
	c.takes(notices[used])
	if !d.reserve() {
		t.Error("a payment without the reserve")
	}
	c.registered()
	c.soundLedger()
}

// TestDiskFullWithoutReserve: the room of the reserve is taken as well while the customer pays. The
// outcome is kept trying, what to write on paper is shown, and it is written when there is room.
func TestDiskFullWithoutReserve(t *testing.T) {
	t.Parallel()
	if !withOwnMounts(t) {
		return
	}
	seed := manyDebts()
	c := newCounter(t, setup{platform: govpaytest.Options{Seed: seed},
		terminal: simulator.Options{ManualKeys: true, Timing: simulator.Timing{Confirm: longest}}})
	d := newDisk(c)
	c.start()
	const trying = "the outcome could not be written"
	for i, qr := range seed.QR() {
		d.free(-1)
		c.proven()
		ended := c.payAside(qr)
		c.until("the card to be asked for", func() bool { return c.terminal.Received('X') == i+1 })
		if err := os.Remove(filepath.Join(d.dir, "ballast.bin")); err != nil {
			t.Fatal(err)
		}
		d.full()
		var e aside
		over := false
		c.until("the end, or a try that failed", func() bool {
			select {
			case e = <-ended:
				over = true
			default:
				d.customer()
			}
			return over || strings.Contains(c.stderr.String(), trying)
		})
		if !over {
			list := c.payments()
			if p := list[0]; p.State != local.StateSent || p.ReceiptNumber != "" {
				t.Errorf("before it is written: %+v", p)
			}
			d.free(-1)
			e = <-ended
			for _, want := range []string{"non riesce a salvarlo", "Scrivere su carta", "STAN ", "autorizzazione "} {
				if !strings.Contains(e.errs, want) {
					t.Errorf("what to write on paper lacks %q:\n%s", want, e.errs)
				}
			}
		}
		if e.code != exitDone {
			t.Fatalf("payment %d ended with %d: %s\nservice log:\n%s", i, e.code, e.errs, c.stderr)
		}
		if !over {
			if n := c.charges()[onTheWire(qr)]; n != 1 {
				t.Errorf("the bank charged %d times", n)
			}
			c.registered()
			c.soundLedger()
			return
		}
	}
	t.Fatal("every outcome found room: the test shows nothing")
}
