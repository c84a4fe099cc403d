package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// filled makes a ledger with a bit of everything in dir and closes it. unclean leaves it as a kill
// does: without a free list and with entries that are not folded.
func filled(t testing.TB, dir string, unclean bool) string {
	t.Helper()
	l := open(t, dir)
	for i := range 40 {
		in := intent(i)
		in.Terminal = fmt.Sprint("cassa", i%3)
		p := must(l.Intend(in))(t)
		switch i % 4 {
		case 3:
			must(l.Conclude(p.ID, verdict(driver.NotCharged, "declined")))(t)
			continue
		}
		must(l.Conclude(p.ID, charged(fmt.Sprintf("%06d", i))))(t)
		must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip}))(t)
		if i%4 == 1 {
			must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, RawReceipt: []byte(`{"token":1}`)}))(t)
		}
	}
	path := filepath.Join(dir, FileName)
	if !unclean {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	torn := filepath.Join(t.TempDir(), FileName)
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(torn, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return torn
}

// used is how many bytes of a file bbolt has ever used: it grows the file in steps.
func used(b []byte) int {
	pages := uint64(0)
	for _, meta := range [][]byte{b[:pageSize], b[pageSize : 2*pageSize]} {
		if m, err := readMeta(meta); err == nil {
			pages = max(pages, m.pages)
		}
	}
	return int(pages) * pageSize
}

// TestTornFiles opens damaged files in a child process, which must end with a message that says what
// to do: never with a crash, and never with an empty ledger in place of the damaged one.
func TestTornFiles(t *testing.T) {
	const page = pageSize
	zero := func(from, to int) func([]byte) []byte {
		return func(b []byte) []byte { clear(b[from:min(to, len(b))]); return b }
	}
	cut := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:n] } }
	tears := map[string]func([]byte) []byte{
		"empty": cut(0), "100 bytes": cut(100), "4 KiB": cut(4 << 10), "8 KiB": cut(8 << 10), "12 KiB": cut(12 << 10),
		"16 KiB": cut(16 << 10), "not a whole page": cut(20<<10 + 1),
		"half":             func(b []byte) []byte { return b[:used(b)/2/page*page] },
		"both metas":       zero(0, 2*page),
		"pages 2 and 3":    zero(2*page, 4*page),
		"zeroed tail":      func(b []byte) []byte { return zero(len(b)/8/page*page, len(b))(b) },
		"all but metas":    func(b []byte) []byte { return zero(2*page, len(b))(b) },
		"zeros":            func(b []byte) []byte { return zero(0, len(b))(b) },
		"not a ledger":     func([]byte) []byte { return bytes.Repeat([]byte("# configuration\n"), page) },
		"meta flipped":     func(b []byte) []byte { b[16+20] ^= 1; b[page+16+20] ^= 1; return b },
		"every page shift": func(b []byte) []byte { copy(b[2*page:], b[3*page:]); return b },
	}
	for _, unclean := range []bool{false, true} {
		whole, err := os.ReadFile(filled(t, t.TempDir(), unclean))
		if err != nil {
			t.Fatal(err)
		}
		for name, tear := range tears {
			t.Run(fmt.Sprintf("%s/unclean=%t", name, unclean), func(t *testing.T) {
				dir := t.TempDir()
				torn := tear(bytes.Clone(whole))
				path := filepath.Join(dir, FileName)
				if err := os.WriteFile(path, torn, 0o600); err != nil {
					t.Fatal(err)
				}
				out, code := runChild(t, "open", dir)
				if code != 1 || !strings.Contains(out, "is damaged") || !strings.Contains(out, "ledger restore") {
					t.Errorf("exit %d: %s", code, out)
				}
				r, err := CheckFile(path)
				if err != nil || len(r.Problems) == 0 {
					t.Errorf("CheckFile: %v, %+v", err, r)
				}
				if after, _ := os.ReadFile(path); !bytes.Equal(after, torn) {
					t.Error("the damaged file was changed")
				}
			})
		}
	}
	t.Run("one meta lost", func(t *testing.T) { // that is what two are for
		dir := t.TempDir()
		path := filled(t, dir, false)
		b, _ := os.ReadFile(path)
		a, _ := readMeta(b[:page])
		c, _ := readMeta(b[page:])
		old := 0
		if a.txid > c.txid {
			old = page
		}
		clear(b[old : old+page])
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		wantSound(t, path)
		l, err := Open(dir, Options{Installation: "A1", BallastBytes: -1})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestEveryPageLost zeroes each page in turn: Open or the reads that follow must say so, or the page
// was not in use and everything is still right.
func TestEveryPageLost(t *testing.T) {
	whole, err := os.ReadFile(filled(t, t.TempDir(), false))
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for at := 2 * pageSize; at < len(whole); at += pageSize {
		torn := bytes.Clone(whole)
		clear(torn[at : at+pageSize])
		if bytes.Equal(torn, whole) {
			continue
		}
		path := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := CheckFile(path)
		if err != nil {
			t.Fatalf("page %d: %v", at/pageSize, err)
		}
		if len(r.Problems) > 0 {
			lost++
		} else if r.Entries == 0 {
			t.Errorf("page %d: an empty ledger is said to be sound", at/pageSize)
		}
	}
	if lost < 10 {
		t.Errorf("only %d lost pages were noticed", lost)
	}
}

// TestCheckSaysWhatIsWrongWhere corrupts each part of a ledger behind its back.
func TestCheckSaysWhatIsWrongWhere(t *testing.T) {
	edit := func(seq uint64, change func(e *entry)) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketEntries)
			value := b.Get(seqKey(seq))
			hash, e, err := decodeEntry(value)
			if err != nil {
				return err
			}
			change(e)
			body, err := json.Marshal(e)
			if err != nil {
				return err
			}
			return b.Put(seqKey(seq), append(bytes.Clone(hash), body...))
		}
	}
	put := func(bucket []byte, key string, value string) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { return tx.Bucket(bucket).Put([]byte(key), []byte(value)) }
	}
	del := func(bucket []byte, key string) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			b := tx.Bucket(bucket)
			if b.Get([]byte(key)) == nil {
				return fmt.Errorf("no %q", key)
			}
			return b.Delete([]byte(key))
		}
	}
	// rechain changes an entry and makes the chain right again, as somebody with the source could.
	rechain := func(change func(seq uint64, e *entry)) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketEntries)
			at := genesis()
			for seq := uint64(1); ; seq++ {
				value := b.Get(seqKey(seq))
				if value == nil {
					return tx.Bucket(bucketState).Put([]byte(keyFolded), foldedValue(at))
				}
				_, e, err := decodeEntry(value)
				if err != nil {
					return err
				}
				change(seq, e)
				body, _ := json.Marshal(e)
				at = head{seq: seq, hash: chainHash(at.hash, seq, body)}
				if err := b.Put(seqKey(seq), append(bytes.Clone(at.hash), body...)); err != nil {
					return err
				}
			}
		}
	}
	whole, err := os.ReadFile(filled(t, t.TempDir(), false))
	if err != nil {
		t.Fatal(err)
	}
	id := "A1-00000003"
	for _, c := range []struct {
		name        string
		do          func(*bolt.Tx) error
		where, what string
	}{
		{"time in an entry", edit(5, func(e *entry) { e.At = e.At.Add(time.Hour) }), "entry 5", "hash"},
		{"entry taken out", del(bucketEntries, string(seqKey(7))), "entry 8", "1 missing"},
		{"entry that is no JSON", put(bucketEntries, string(seqKey(9)), strings.Repeat("x", 60)), "entry 9", "decode"},
		{"entry put in", put(bucketEntries, string(seqKey(900)), strings.Repeat("x", 60)), "entry 900", "missing"},
		{"key of another length", put(bucketEntries, "zz", "zz"), "entry 7a7a", "key of 2 bytes"},
		{"blob changed", put(bucketBlobs, string(seqKey(1)), strings.Repeat("x", 60)), "entry 1", "was changed"},
		{"blob taken out", del(bucketBlobs, string(seqKey(1))), "entry 1", "no entry says that it was erased"},
		{"blob put in", put(bucketBlobs, string(seqKey(900)), "x"), "blob 0000000000000384", "no entry"},
		{"payment", put(bucketState, tablePayments+id, `{"ID":"A1-00000003","State":"charged"}`), "state p/" + id, "Notices"},
		{"payment lost", del(bucketState, tablePayments+id), "state p/" + id, "missing"},
		{"request index", del(bucketState, tableRequests+"request-2"), "state r/request-2", "missing"},
		{"lock lost", del(bucketState, tableLocks+"n/"+creditor+"/"+number(2)), "state l/n/", "missing"},
		{"lock of nothing", put(bucketState, tableLocks+"n/x/y", id), "state l/n/x/y", "does not follow"},
		{"history", del(bucketState, historyKey(creditor, number(2))+id), "state n/", "missing"},
		{"day index", put(bucketState, tableDays+"2026-01-01/"+id, ""), "state d/2026-01-01/", "does not follow"},
		{"outbox", del(bucketState, tableOutbox+outboxKey(id, 0)), "state o/", "missing"},
		{"unfinished", put(bucketState, tableOpen+id, ""), "state u/" + id, "does not follow"},
		{"terminal", put(bucketState, tableTerminals+"cassa1", `{"Lock":"A1-00000099"}`), "state t/cassa1", "Lock"},
		{"receipt counter", put(bucketState, tableReceipts+"2026", "12345678"), "state y/2026", "differs"},
		{"folded head", put(bucketState, keyFolded, string(foldedValue(head{seq: 900, hash: make([]byte, hashSize)}))), "state", "900"},
		{"bucket lost", func(tx *bolt.Tx) error { return tx.DeleteBucket(bucketBlobs) }, "file", `"blobs" is missing`},
		{"receipt number skipped", rechain(func(seq uint64, e *entry) {
			if e.ReceiptNumber != "" && seq > 50 {
				y, n, _ := splitReceipt(e.ReceiptNumber)
				e.ReceiptNumber = receiptNumber(y, n+1)
			}
		}), "entry", "was due"},
		{"step outside the table", rechain(func(seq uint64, e *entry) {
			if seq == 2 {
				e.Outcome.From = Charged
			}
		}), "entry 2", `from "sent"`},
		{"unknown kind", rechain(func(seq uint64, e *entry) {
			if seq == 3 {
				e.Kind = "odd"
			}
		}), "entry 3", `unknown kind "odd"`},
		{"another version", rechain(func(seq uint64, e *entry) {
			if seq == 3 {
				e.V = 2
			}
		}), "entry 3", "version 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), FileName)
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := bolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(db.Update(c.do), db.Close()); err != nil {
				t.Fatal(err)
			}
			r, err := CheckFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range r.Problems {
				if strings.HasPrefix(p.Where, c.where) && strings.Contains(p.What, c.what) {
					return
				}
			}
			t.Errorf("not said that %q: %q; but %v", c.where, c.what, r.Problems)
		})
	}
}

// TestStateIsRebuilt takes the state bucket's content away, or makes it another version's: the next
// start makes it again from the entries.
func TestStateIsRebuilt(t *testing.T) {
	for name, do := range map[string]func(*bolt.Tx) error{
		"emptied": func(tx *bolt.Tx) error {
			if err := tx.DeleteBucket(bucketState); err != nil {
				return err
			}
			_, err := tx.CreateBucket(bucketState)
			return err
		},
		"another version": func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketState)
			value := bytes.Clone(b.Get([]byte(keyFolded)))
			value[len(value)-1]++
			return errors.Join(b.Put([]byte(keyFolded), value), b.Put([]byte(tableOpen+"A1-00000001"), nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filled(t, dir, false)
			db, err := bolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(db.Update(do), db.Close()); err != nil {
				t.Fatal(err)
			}
			l := open(t, dir)
			if got := must(l.Payments(Query{State: Charged}))(t); len(got) != 30 {
				t.Errorf("%d charged", len(got))
			}
			if open := must(l.Unfinished())(t); len(open) != 0 {
				t.Errorf("%d unfinished", len(open))
			}
			if p := must(l.Refuse(Payment{RequestID: "next", Terminal: "cassa1"}, driver.Reason{Code: "terminal_silent"}))(t); p.ID != "A1-00000041" {
				t.Error(p.ID)
			}
		})
	}
}

func TestSecondInstance(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	start := time.Now()
	if _, err := Open(dir, l.opt); !errors.Is(err, ErrInUse) {
		t.Errorf("in this process: %v", err)
	}
	if d := time.Since(start); d > time.Minute { // it does not wait for the other
		t.Errorf("it took %v to say so", d)
	}
	if out, code := runChild(t, "open", dir); code != 1 || !strings.Contains(out, ErrInUse.Error()) {
		t.Errorf("in another process: exit %d, %s", code, out)
	}
	if _, err := CheckFile(filepath.Join(dir, FileName)); !errors.Is(err, ErrInUse) {
		t.Errorf("CheckFile: %v", err)
	}
	must(l.Intend(intent(1)))(t) // and it goes on
}

func TestCheckFileOfAReadOnlyCopy(t *testing.T) {
	path := filled(t, t.TempDir(), true)
	before, _ := os.ReadFile(path)
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if r := wantSound(t, path); r.Payments != 40 || r.Entries == 0 || len(r.Head) != 64 {
		t.Errorf("%+v", r)
	}
	after, _ := os.ReadFile(path)
	if !bytes.Equal(before, after) {
		t.Error("CheckFile has written")
	}
	if names, _ := filepath.Glob(filepath.Dir(path) + "/*"); len(names) != 1 {
		t.Errorf("CheckFile has made %v", names)
	}
}

func TestFirstBootLeavesNothingHalf(t *testing.T) {
	dir := t.TempDir()
	// What a power cut in the middle of the first boot, or of an erasing, leaves.
	for _, ending := range []string{newEnding, compactEnding} {
		if err := os.WriteFile(filepath.Join(dir, FileName+ending), make([]byte, 8192), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := open(t, dir)
	must(l.Intend(intent(1)))(t)
	for _, ending := range []string{newEnding, compactEnding} {
		if _, err := os.Stat(filepath.Join(dir, FileName+ending)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", ending, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "new"), Options{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("no installation: %v", err)
	}
}

// FuzzInspect feeds damaged copies of a ledger to the reader of pages: it may find them sound or
// not, but never fault.
func FuzzInspect(f *testing.F) {
	whole, err := os.ReadFile(filled(f, f.TempDir(), true))
	if err != nil {
		f.Fatal(err)
	}
	whole = whole[:64*pageSize]
	seeds := 0
	for at := 0; at < len(whole); at += 3 * pageSize {
		f.Add(uint32(at+8), uint64(0xffff))
		f.Add(uint32(at+17), uint64(1)<<40)
		seeds++
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, at uint32, flip uint64) {
		torn := bytes.Clone(whole)
		i := int(at) % (len(torn) - 8)
		binary.LittleEndian.PutUint64(torn[i:], binary.LittleEndian.Uint64(torn[i:])^flip)
		w := &pageWalk{f: bytes.NewReader(torn), pages: 64, seen: make([]uint64, 2), problem: func(uint64, string) {}}
		for id := uint64(0); id < 64; id++ {
			_ = w.tree(id, maxDepth)
			clear(w.seen)
		}
		_, _ = readMeta(torn[:pageSize])
	})
}

// runChild runs this test binary as another process.
func runChild(t testing.TB, what string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+what)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
