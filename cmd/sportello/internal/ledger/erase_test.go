package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

func TestErase(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	l := open(t, dir, func(o *Options) { o.Now, o.archiveEvery = c.now, 1 })
	path := filepath.Join(dir, FileName)
	const word = "Filomena" // stands for everything personal
	code := func(i int) string { return fmt.Sprintf("VRDFLM%02dA41H501X", i) }
	var ids []string
	for i := range 30 {
		if i == 20 {
			c.set(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
		}
		in := intent(i)
		in.Descriptions = []string{word + " Verdi"}
		in.Debtors = []Debtor{{Name: word + " Verdi", TaxCode: code(i)}}
		in.Terminal = "cassa" + string(rune('A'+i))
		p := must(l.Intend(in))(t)
		ids = append(ids, p.ID)
		con := charged("000042")
		con.RawResult = []byte(word + " raw")
		switch i {
		case 5:
			con = verdict(driver.Unknown, "no_answer") // unfinished
		case 6:
			continue // still sent
		}
		must(l.Conclude(p.ID, con))(t)
		must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: word, RawTicket: []byte(word)}))(t)
		if i == 7 {
			continue // its receipt is awaited
		}
		if i != 5 {
			must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, RawReceipt: []byte(word)}))(t)
		}
		if i == 8 {
			must(l.OpenCase(Case{PaymentID: p.ID}))(t)
		}
	}
	kept := map[int]bool{5: true, 6: true, 7: true, 8: true}
	before := must(l.Check())(t)
	if n, err := l.Erase(t.Context(), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil || n != 0 || l.Stats().Entries != before.Entries {
		t.Fatalf("nothing to erase: %d, %v", n, err)
	}
	follow(t, l)
	if found := inFiles(t, dir, code(0), code(5), strings.ToUpper(word)); len(found) != 5 {
		t.Fatalf("the archive's index has nobody: the test shows nothing: %q", found)
	}
	for day, want := range map[int]bool{1: false, 30: true} {
		if due := must(l.Erasable(time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC)))(t); due != want {
			t.Errorf("erasable before %d March: %t", day, due)
		}
	}
	n := must(l.Erase(t.Context(), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))(t)
	if n != 16*4 {
		t.Errorf("%d blobs erased", n)
	}
	check := func() {
		t.Helper()
		for i, id := range ids {
			erased := i < 20 && !kept[i]
			d := must(l.Descriptions(id))(t)
			_, err := l.Ticket(id)
			p := must(l.Payment(id))(t)
			owed := must(l.Debtors(id))(t)
			found := must(l.Search(ArchiveQuery{Debtor: code(i)}))(t)
			if erased != (owed == nil) || erased != (len(found.Payments) == 0) || erased != (len(inFiles(t, dir, code(i))) == 0) {
				t.Errorf("payment %d: erased %t, debtors %d, found %d, in %q", i, erased, len(owed), len(found.Payments), inFiles(t, dir, code(i)))
			}
			if erased != (d == nil) || erased != (i != 6 && errors.Is(err, ErrNotFound)) || p.HasTicket != (!erased && i != 6) {
				t.Errorf("payment %d: erased %t, descriptions %q, ticket %v, has %t", i, erased, d, err, p.HasTicket)
			}
			if _, err := l.Baseline(id); erased != errors.Is(err, ErrNotFound) {
				t.Errorf("payment %d: baseline %v", i, err)
			}
		}
		r := must(l.Check())(t)
		if len(r.Problems) > 0 || r.Entries != before.Entries+1 {
			t.Errorf("%+v", r)
		}
	}
	check()
	if must(l.Erasable(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))(t) {
		t.Error("what stays would go")
	}
	follow(t, l)
	check()
	l = reopen(t, l)
	check()
	// Everything else goes too, when its time has come; then no byte of it is left in the file.
	for _, id := range ids {
		p := must(l.Payment(id))(t)
		if p.State != Charged {
			con := charged("000099")
			must(l.Conclude(id, con))(t)
		}
		if p.Notices[0].Registration != RegDone {
			must(l.Register(RegistrationChange{PaymentID: id, To: RegDone}))(t)
		}
	}
	for _, k := range must(l.Cases(false))(t) {
		endCase(t, l, k.ID, EndingClosed, "done")
	}
	if data, _ := os.ReadFile(path); !bytes.Contains(data, []byte(word)) {
		t.Fatal("the word is not in the file before: the test shows nothing")
	}
	must(l.Erase(t.Context(), c.now()))(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if found := inFiles(t, dir, word, strings.ToUpper(word), code(0)[:6]); len(found) > 0 {
		t.Errorf("left: %q", found)
	}
}

// inFiles says which words are in which files of a folder.
func inFiles(t *testing.T, dir string, words ...string) (found []string) {
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data := must(os.ReadFile(name))(t)
		for _, word := range words {
			if bytes.Contains(data, []byte(word)) {
				found = append(found, word+" in "+filepath.Base(name))
			}
		}
	}
	return found
}

// TestBlobBesideItsErasingIsFound puts an erased blob back.
func TestBlobBesideItsErasingIsFound(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	p := must(l.Intend(intent(1)))(t)
	must(l.Conclude(p.ID, verdict(driver.NotSent, "terminal_unreachable")))(t)
	path := filepath.Join(dir, FileName)
	old := blobsOf(t, l.db)
	must(l.Erase(t.Context(), newClock().now().AddDate(1, 0, 0)))(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	again := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(again, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(again, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketBlobs).Put(seqKey(1), old[string(seqKey(1))]) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := CheckFile(again)
	if err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].What, "says that it was erased") {
		t.Errorf("%v %+v", err, r)
	}
}

func blobsOf(t *testing.T, db *bolt.DB) map[string][]byte {
	all := map[string][]byte{}
	err := db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketBlobs).ForEach(func(k, v []byte) error { all[string(k)] = bytes.Clone(v); return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
