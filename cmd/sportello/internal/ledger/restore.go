package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	bolt "go.etcd.io/bbolt"

	"sportello/driver"
	"sportello/protocol/local"
)

// Causes of the cases that keep a ledger from charging (design 5.7). They are cases like any other, so that a version
// that does not know them reads the ledger all the same.
const (
	// ReasonRestored: this ledger is a copy, and what has happened since is not in it. Text: the codes that are retired.
	ReasonRestored = string(local.CodeLedgerRestored)
	// ReasonGap: a terminal remembers what this copy does not know. Its ending needs two people.
	ReasonGap = string(local.CodeRestoreGap)
	// ReasonMoved: another PC goes on with this ledger. Its ending needs two people.
	ReasonMoved = string(local.CodeInstallationMoved)
)

// restoring is the folder beside the ledger in which a restored one is made ready; what a stop leaves in it is worth nothing.
const restoring = ".restore"

// RestoreOptions say how a copy becomes the ledger of a folder.
type RestoreOptions struct {
	Installation string           // a new code: the old ones are retired
	SetAside     bool             // a ledger that is there is kept under another name; otherwise it is refused
	Now          func() time.Time // nil: time.Now
	Failpoint    func(string)     // nil in production
}

// Restored is a copy that has become the ledger.
type Restored struct {
	Copy
	Retired []string `json:"retired"`         // the codes of before
	Case    string   `json:"case"`            // that keeps it from charging
	Aside   string   `json:"aside,omitempty"` // where the ledger that was there is now
}

// Restore makes the copy at source the ledger in dir. The source is verified whole and stays as it is. In the new
// ledger stands, from its first moment on, that it is a copy: nothing is charged with it before terminals and
// platform were read (Gate). Power that goes leaves dir as it was, or with the new ledger whole; with SetAside it may
// also leave it without one, and the old one under its new name. ErrExists, ErrInUse, ErrRetired, ErrDamaged,
// ErrDiskFull: nothing has changed.
func Restore(source, dir string, o RestoreOptions) (Restored, error) {
	r, err := restore(source, dir, o)
	if err != nil {
		return Restored{}, diskFull(fmt.Errorf("restore the ledger: %w", err))
	}
	return r, nil
}

func restore(source, dir string, o RestoreOptions) (r Restored, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Failpoint == nil {
		o.Failpoint = func(string) {}
	}
	path := filepath.Join(dir, FileName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, err
	}
	lock, err := lockFile(path+lockEnding, lockWait)
	if err != nil {
		return r, err
	}
	defer func() { _ = lock.release() }()
	_, err = os.Stat(path)
	there := err == nil
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return r, err
	case there && !o.SetAside:
		return r, fmt.Errorf("%w: %q", ErrExists, path)
	}
	work := filepath.Join(dir, restoring)
	if err := os.RemoveAll(work); err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if r, err = prepare(source, work, o); err != nil {
		return r, err
	}
	o.Failpoint("restore.ready")
	if there {
		at := fmt.Sprintf("%s.%s", path, o.Now().UTC().Format("20060102T150405Z"))
		r.Aside = at
		for i := 1; ; i++ { // one that was put aside in the same second keeps its place
			if _, err := os.Lstat(r.Aside); errors.Is(err, os.ErrNotExist) {
				break
			} else if err != nil {
				return r, err
			}
			r.Aside = fmt.Sprintf("%s-%02d", at, i)
		}
		if err := os.Rename(path, r.Aside); err != nil {
			return r, err
		}
	}
	o.Failpoint("restore.aside")
	// What the old ledger's neighbours say is not of this one: an index, and what was verified before the gap.
	for _, name := range []string{ArchiveName, "verified.jsonl"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return r, err
		}
	}
	if err := putInPlace(filepath.Join(work, FileName), path); err != nil {
		return r, err
	}
	o.Failpoint("restore.placed")
	return r, nil
}

// prepare makes a ledger of a copy, with the case that says so.
func prepare(source, work string, o RestoreOptions) (r Restored, err error) {
	if err := os.MkdirAll(work, 0o700); err != nil {
		return r, err
	}
	path := filepath.Join(work, FileName)
	if err := copyFile(source, path); err != nil {
		return r, err
	}
	rep, err := CheckFile(path)
	if err != nil {
		return r, err
	}
	if len(rep.Problems) > 0 {
		return r, &DamagedError{Path: source, What: rep.Problems[0].String()}
	}
	if r.Copy, err = DescribeFile(path); err != nil {
		return r, err
	}
	l, err := Open(work, Options{Installation: o.Installation, Now: o.Now, Log: zerolog.Nop(), BallastBytes: -1})
	if err != nil {
		return r, err
	}
	err = func() error {
		if r.Retired, err = l.Installations(); err != nil {
			return err
		}
		// Ids stand in the order of their codes, and the newest payments are those with the last ids.
		for _, old := range r.Retired {
			if o.Installation <= old {
				return fmt.Errorf("%w: %q after %q", ErrRetired, o.Installation, old)
			}
		}
		if err := l.arrive(o.Installation); err != nil {
			return err
		}
		c, err := l.OpenCase(Case{Cause: driver.Reason{Code: ReasonRestored, Text: strings.Join(r.Retired, ", ")},
			Evidence: fmt.Sprintf("Copia di %d voci, impronta %s, file SHA-256 %s.", r.Entries, r.Head, r.SHA256)})
		r.Case = c.ID
		return err
	}()
	return r, errors.Join(err, l.Close())
}

// Claim sees that this ledger is the installation's own. One that another code has written last was carried here by hand:
// it is a copy like any other, and says so from now on. ErrRetired: the code was used before the newest one.
func (l *Ledger) Claim() error {
	codes, err := l.Installations()
	if err != nil || len(codes) == 0 || codes[len(codes)-1] == l.opt.Installation {
		return err
	}
	if l.opt.Installation < codes[len(codes)-1] {
		return fmt.Errorf("%w: %q after %q", ErrRetired, l.opt.Installation, codes[len(codes)-1])
	}
	if err := l.arrive(l.opt.Installation); err != nil {
		return err
	}
	_, err = l.OpenCase(Case{Cause: driver.Reason{Code: ReasonRestored, Text: strings.Join(codes, ", ")},
		Evidence: "Il registro è di un'altra installazione, e non è arrivato con sportello restore."})
	return err
}

// arrive ends a move: this is the ledger that goes on.
func (l *Ledger) arrive(installation string) error {
	g, err := l.Gate()
	if err != nil || g.Moved.ID == "" {
		return err
	}
	return l.submit(&op{reserve: true, do: func(b *batch) error {
		c, err := b.caseOf(g.Moved.ID, b.notes)
		if err != nil {
			return err
		}
		return b.endCase(&c, EndingClosed, "Il registro continua come installazione "+installation+".", nil)
	}})
}

// Retire writes into the ledger of a folder that another PC goes on with it; nothing is charged with it any more. A
// copy made afterwards is whole for ever. Twice is once. ErrInUse: a service has it open.
func Retire(dir string, o Options) error {
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		return fmt.Errorf("retire the ledger: %w", err)
	}
	l, err := Open(dir, o)
	if err != nil {
		return err
	}
	g, err := l.Gate()
	if err == nil && g.Moved.ID == "" {
		_, err = l.OpenCase(Case{Cause: driver.Reason{Code: ReasonMoved}, Evidence: "Il registro passa a un altro PC; qui non si incassa più."})
	}
	return errors.Join(err, l.Close())
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// Installations are the codes under which this ledger was written, in their order.
func (l *Ledger) Installations() ([]string, error) {
	var out []string
	err := l.read(func(tx *bolt.Tx, v *view) error {
		add := func(code string) {
			if code != "" && !slices.Contains(out, code) {
				out = append(out, code)
			}
		}
		for from := tablePayments; from != ""; { // one look a code
			next := ""
			v.from(from, tablePayments, func(key string) {
				code, _, _ := strings.Cut(key[len(tablePayments):], "-")
				add(code)
				next = tablePayments + code + "."
			})
			from = next
		}
		c := tx.Bucket(bucketEntries).Cursor()
		for _, at := range []func() (key, value []byte){c.First, c.Last} {
			if key, value := at(); key != nil {
				_, e, err := decodeEntry(value)
				if err != nil {
					return err
				}
				add(e.Installation)
			}
		}
		slices.Sort(out)
		return nil
	})
	return out, err
}

// from calls fn with the first key of a table at or after from, if there is one.
func (v *view) from(from, table string, fn func(key string)) {
	found := ""
	if v.bucket != nil {
		if key, _ := v.bucket.Cursor().Seek([]byte(from)); strings.HasPrefix(string(key), table) {
			found = string(key)
		}
	}
	for key := range v.tail {
		if key >= from && strings.HasPrefix(key, table) && (found == "" || key < found) {
			found = key
		}
	}
	if found != "" {
		fn(found)
	}
}

// Gate is what keeps this ledger from charging. The zero value: nothing does.
type Gate struct {
	Restored Case      // open: this is a copy, and what has happened since was not read yet
	Since    time.Time // when the newest entry of that copy was written
	Retired  []string  // the codes that it had until then
	Gaps     []Case    // of terminals, since then; ended ones too
	Moved    Case      // open: another PC goes on with it
}

// Closed says that nothing may be charged.
func (g Gate) Closed() bool { return g.Restored.ID != "" || g.Moved.ID != "" }

// Gate reads what keeps this ledger from charging.
func (l *Ledger) Gate() (Gate, error) {
	var g Gate
	err := l.read(func(tx *bolt.Tx, v *view) error {
		err := v.eachCase(func(k *caseRecord) {
			switch {
			case k.Cause.Code == ReasonMoved && k.Ended.IsZero():
				g.Moved = k.Case
			case k.Cause.Code == ReasonRestored: // the newest counts; before it only a gap that is open still
				g.Gaps = slices.DeleteFunc(g.Gaps, func(c Case) bool { return !c.Ended.IsZero() })
				g.Restored = Case{}
				if k.Cause.Text != "" {
					g.Retired = strings.Split(k.Cause.Text, ", ")
				}
				if k.Ended.IsZero() {
					g.Restored = k.Case
				}
			case k.Cause.Code == ReasonGap:
				g.Gaps = append(g.Gaps, k.Case)
			}
		})
		if err != nil || g.Restored.ID == "" {
			return err
		}
		seq, err := seqOfCase(g.Restored.ID)
		if err != nil {
			return err
		}
		if value := tx.Bucket(bucketEntries).Get(seqKey(seq - 1)); value != nil {
			_, e, err := decodeEntry(value)
			if err != nil {
				return err
			}
			g.Since = e.At
		}
		return nil
	})
	return g, err
}

// seqOfCase is the entry that opened a case.
func seqOfCase(id string) (uint64, error) {
	_, n, _ := strings.Cut(id, "-C")
	var seq uint64
	_, err := fmt.Sscanf(n, "%d", &seq)
	if err != nil || seq == 0 {
		return 0, fmt.Errorf("%w: case %q", ErrDamaged, id)
	}
	return seq, nil
}

// EndRestore writes that terminals and platform were read after a restore, what was found stands in note, and opens
// the gate. ErrStale: a gap is not closed yet, or the case is not open. Where the platform cannot be read two people end
// the case as any other (ProposeEnding); the caller has seen to it that it cannot.
func (l *Ledger) EndRestore(id, note string) error {
	l.failpoint("restored.before")
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		c, err := b.caseOf(id, b.notes)
		switch {
		case err != nil:
			return err
		case !c.Ended.IsZero() || c.Cause.Code != ReasonRestored:
			return fmt.Errorf("%w: case %q has ended", ErrStale, id)
		}
		return b.endRestores(c, note, nil)
	}})
	if err == nil {
		l.failpoint("restored.after")
	}
	return err
}

// endRestores ends the case of a restore, and those before it: a copy may be of a ledger that was closed itself.
func (b *batch) endRestores(c Case, note string, by []string) error {
	if err := b.noGap(c.ID); err != nil {
		return err
	}
	before := []Case{c}
	if err := b.eachCase(func(k *caseRecord) {
		if k.Cause.Code == ReasonRestored && k.Ended.IsZero() && k.ID != c.ID {
			before = append(before, k.Case)
		}
	}); err != nil {
		return err
	}
	for i := range before {
		if err := b.endCase(&before[i], EndingClosed, note, by); err != nil {
			return err
		}
	}
	return nil
}

// noGap is ErrStale while a gap is open.
func (v *view) noGap(id string) error {
	open := false
	err := v.eachCase(func(k *caseRecord) { open = open || k.Cause.Code == ReasonGap && k.Ended.IsZero() })
	if err == nil && open {
		err = fmt.Errorf("%w: case %q: a gap is open", ErrStale, id)
	}
	return err
}

// RemembersResult is KnowsResult by the whole message alone: after a restore a number that has come round again proves nothing.
func (l *Ledger) RemembersResult(name string, raw []byte) (bool, error) {
	known := false
	err := l.read(func(_ *bolt.Tx, v *view) error {
		t, err := loadTerminal(v, name)
		if err == nil && raw != nil {
			known = resultHash(raw) == t.LastResult || v.has(tableResults+name+"/"+resultHash(raw))
		}
		return err
	})
	return known, err
}

// Zone is the time zone of the counter: of accounting days, and of what people read.
func Zone() *time.Location { return rome }
