package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// FileName is the ledger's file in the data directory.
const FileName = "ledger.db"

// The two ways in which pagoPA learns of a charge (design 4).
const (
	SettlementTerminal = "terminal"
	SettlementPlatform = "platform"
)

// Options of Open. The zero value of every field but Installation is usable.
type Options struct {
	Installation string               // two characters; the head of every payment's id
	Now          func() time.Time     // nil: time.Now
	Uptime       func() time.Duration // of this process, whatever the wall clock does; nil: since Open
	Log          zerolog.Logger
	BallastBytes int64             // reserve for outcomes on a full disk; 0: 4 MiB, negative: none
	Failpoint    func(name string) // nil in production; called at each durable step
	FailCommit   func() error      // nil in production; an error takes the place of a commit

	archiveEvery uint64 // entries that the archive's index may be behind; 0: 128
}

// Ledger is one open ledger. Its methods may be called from several goroutines; a method that writes
// returns when its entry is on the disk. It owns two goroutines, which Close ends.
type Ledger struct {
	path string
	opt  Options
	lock *fileLock
	ops  chan *op

	undone     sync.Map                   // payment id -> Uptime when this process found it reversed
	offlineEnd atomic.Pointer[offlineEnd] // of the newest period that this process has seen open
	verified   verifiedTable
	archive    *archive

	closing   chan struct{} // closed by Close
	closeOnce sync.Once
	closeErr  error
	writer    sync.WaitGroup

	mu   sync.RWMutex // guards db, tail and broken: readers share it, a commit takes it
	db   *bolt.DB
	tail layer // committed state that is not yet in the state bucket
	// broken is why nothing can be read or written. The writer tries again, for readers too, unless it is damage.
	broken error
	// interruptErase stops the copying of an Erase, which must not hold a payment up.
	interruptErase context.CancelFunc

	// The writer's own.
	head     head
	lastID   uint64 // number of the newest payment
	unfolded int    // entries in tail
	ballast  ballast

	long sync.Mutex // one Erase or Check at a time: replacing the file waits for long readers

	outboxChanged chan struct{}
	ends          ends         // stats.go
	committing    atomic.Int64 // when the commit under way began, by the wall clock; 0: none is
	commits       atomic.Uint64
	entries       atomic.Uint64
}

const (
	lockWait        = time.Second // for another instance to go
	defaultBallast  = 4 << 20
	maxOpsPerCommit = 64
	// Entries that may wait to be folded into the state bucket: until a commit that is no money step,
	// and until any.
	foldFrom   = 64
	foldAlways = 512
)

// Open opens the ledger in dir, and makes it when there is none. It returns an error that wraps
// ErrInUse, ErrDamaged or ErrDiskFull, and never a half-open ledger.
func Open(dir string, o Options) (*Ledger, error) {
	if o.Installation == "" || strings.ContainsAny(o.Installation, "/- ") {
		return nil, fmt.Errorf("%w: installation %q", ErrInvalid, o.Installation)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if opened := time.Now(); o.Uptime == nil {
		o.Uptime = func() time.Duration { return time.Since(opened) }
	}
	if o.BallastBytes == 0 {
		o.BallastBytes = defaultBallast
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the ledger's folder: %w", err)
	}
	path := filepath.Join(dir, FileName)
	lock, err := lockFile(path+lockEnding, lockWait)
	if err != nil {
		return nil, fmt.Errorf("open ledger %q: %w", path, err)
	}
	l := &Ledger{
		path: path, opt: o, lock: lock,
		ops: make(chan *op), closing: make(chan struct{}),
		outboxChanged: make(chan struct{}, 1), interruptErase: func() {},
		ballast:  ballast{path: filepath.Join(dir, "ballast.bin"), size: o.BallastBytes},
		verified: verifiedTable{path: filepath.Join(dir, "verified.jsonl"), limit: maxVerified},
		archive:  newArchive(filepath.Join(dir, ArchiveName), o.archiveEvery),
	}
	if err := l.start(); err != nil {
		_ = lock.release()
		return nil, err
	}
	l.writer.Add(1)
	go l.write()
	l.archive.follower.Add(1)
	go l.followArchive()
	return l, nil
}

func (l *Ledger) start() error {
	removeLeftovers(l.path)
	if _, err := os.Stat(l.path); errors.Is(err, os.ErrNotExist) {
		if err := create(l.path); err != nil {
			return diskFull(fmt.Errorf("make ledger %q: %w", l.path, err))
		}
	}
	problems, err := inspect(l.path, false)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return &DamagedError{Path: l.path, What: problems[0].String()}
	}
	if err := l.load(); err != nil {
		return err
	}
	if l.unfolded >= foldAlways {
		if err := guard(l.path, l.foldTail); err != nil {
			l.opt.Log.Warn().Err(err).Msg("the ledger's state stays in memory for now")
		}
	}
	if err := l.ballast.restore(); err != nil {
		l.opt.Log.Warn().Err(err).Msg("no space for the ledger's reserve: no payment can start until there is")
	}
	l.verified.load(l.opt.Now())
	if err := l.armOffline(); err != nil {
		return err
	}
	return guard(l.path, func() error {
		prefix := tablePayments + l.opt.Installation + "-"
		return l.read(func(_ *bolt.Tx, v *view) (err error) {
			v.scan(prefix, true, func(key string, _ cell) bool {
				l.lastID, err = strconv.ParseUint(key[len(prefix):], 10, 64)
				return false
			})
			return err
		})
	})
}

// boltOptions: FreelistMap and no freelist on disk while running, because a purge would otherwise
// make every later commit write it whole; Close writes it once, so that the next start need not scan.
func boltOptions() *bolt.Options {
	return &bolt.Options{
		Timeout:        lockWait,
		PageSize:       pageSize,
		FreelistType:   bolt.FreelistMapType,
		NoFreelistSync: true,
	}
}

// load opens the file and reads what the journal holds beyond the folded state. The caller holds mu
// or is alone.
func (l *Ledger) load() error {
	return guard(l.path, func() error {
		db, err := bolt.Open(l.path, 0o600, boltOptions())
		if errors.Is(err, bolterrors.ErrTimeout) {
			return fmt.Errorf("open ledger %q: %w", l.path, ErrInUse)
		}
		for _, damage := range []error{bolterrors.ErrInvalid, bolterrors.ErrVersionMismatch, bolterrors.ErrChecksum} {
			if errors.Is(err, damage) {
				return &DamagedError{Path: l.path, What: err.Error()}
			}
		}
		if err != nil {
			return fmt.Errorf("open ledger %q: %w", l.path, err)
		}
		l.db, l.tail = db, layer{}
		if err := l.take(db); err != nil {
			return errors.Join(err, db.Close())
		}
		return nil
	})
}

// take reads from an opened file where the journal ends, and folds what is not folded into tail.
func (l *Ledger) take(db *bolt.DB) error {
	if err := renewState(db); err != nil {
		return diskFull(fmt.Errorf("open ledger %q: %w", l.path, err))
	}
	for more := true; more; {
		var err error
		if more, err = foldFar(db); errors.Is(err, errContradiction) {
			return &DamagedError{Path: l.path, What: err.Error()}
		} else if err != nil {
			return diskFull(fmt.Errorf("open ledger %q: %w", l.path, err))
		}
	}
	return db.View(func(tx *bolt.Tx) error {
		folded, err := foldedHead(tx)
		if err == nil {
			v := &view{bucket: tx.Bucket(bucketState), pending: l.tail}
			l.head, l.unfolded, err = replay(tx, v, folded, 0)
		}
		if err != nil {
			return &DamagedError{Path: l.path, What: err.Error()}
		}
		l.entries.Store(l.head.seq)
		return nil
	})
}

// renewState empties the state bucket that another version has folded.
func renewState(db *bolt.DB) error {
	err := db.View(func(tx *bolt.Tx) error {
		if _, err := foldedHead(tx); errors.Is(err, errOtherState) {
			return err
		}
		return nil
	})
	if err == nil {
		return nil
	}
	return db.Update(func(tx *bolt.Tx) error {
		if err := tx.DeleteBucket(bucketState); err != nil {
			return err
		}
		_, err := tx.CreateBucket(bucketState)
		return err
	})
}

// foldStep is how many entries are folded at once where the state is far behind: what follows from them is in memory meanwhile.
const foldStep = 20_000

// foldFar folds foldStep entries into the state bucket, if as many wait, and says whether more may.
func foldFar(db *bolt.DB) (more bool, err error) {
	far := func(tx *bolt.Tx) (head, bool) {
		folded, err := foldedHead(tx)
		key, _ := tx.Bucket(bucketEntries).Cursor().Last()
		return folded, err == nil && len(key) == 8 && seqOf(key) >= folded.seq+foldStep
	}
	if err := db.View(func(tx *bolt.Tx) error {
		if _, err := foldedHead(tx); err == nil { // or the caller tells what is wrong
			_, more = far(tx)
		}
		return nil
	}); err != nil || !more {
		return false, err
	}
	return true, db.Update(func(tx *bolt.Tx) error {
		folded, _ := far(tx)
		v := &view{bucket: tx.Bucket(bucketState), pending: layer{}}
		to, _, err := replay(tx, v, folded, foldStep)
		if err != nil {
			return fmt.Errorf("%w: %w", errContradiction, err)
		}
		return fold(tx, v.pending, nil, to)
	})
}

// errContradiction: the journal contradicts itself, or its state.
var errContradiction = errors.New("the journal cannot be followed")

// Close waits for the writes in hand, folds the state, writes the free list and closes the file.
// Nothing that was answered depends on it.
func (l *Ledger) Close() error {
	l.closeOnce.Do(func() {
		close(l.closing)
		l.writer.Wait()
		l.archive.follower.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.interruptErase()
		l.verified.close()
		l.closeErr = guard(l.path, l.shut)
		if err := l.lock.release(); l.closeErr == nil {
			l.closeErr = err
		}
		l.broken = ErrClosed
	})
	return l.closeErr
}

// shut makes the last commit. A ledger that broke is left as it is.
func (l *Ledger) shut() error {
	if l.broken != nil {
		return nil
	}
	l.db.NoFreelistSync = false
	if err := l.foldTail(); err != nil {
		// As after a kill: the next start folds what is left, and takes longer.
		l.opt.Log.Warn().Err(err).Msg("the ledger's last commit failed; nothing is lost")
	}
	if err := l.db.Close(); err != nil {
		return fmt.Errorf("close ledger: %w", err)
	}
	return nil
}

// foldTail makes a commit that folds what waits, if anything.
func (l *Ledger) foldTail() error {
	tx, err := l.db.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if l.unfolded > 0 {
		if err := fold(tx, l.tail, nil, l.head); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	l.tail, l.unfolded = layer{}, 0
	return nil
}

// ready has the writer open the file again when that failed before, so that readers go on as soon as
// the cause is gone and not only with the next write.
func (l *Ledger) ready() error {
	l.mu.RLock()
	err := l.broken
	l.mu.RUnlock()
	if err == nil || errors.Is(err, ErrDamaged) || errors.Is(err, ErrClosed) {
		return err
	}
	return l.submit(&op{do: func(*batch) error { return nil }})
}

// read runs fn on the committed state. What fn keeps of values it must copy.
func (l *Ledger) read(fn func(*bolt.Tx, *view) error) error {
	if err := l.ready(); err != nil {
		return err
	}
	return guard(l.path, func() error {
		l.mu.RLock()
		defer l.mu.RUnlock()
		if l.broken != nil {
			return l.broken
		}
		return l.db.View(func(tx *bolt.Tx) error {
			return fn(tx, &view{bucket: tx.Bucket(bucketState), tail: l.tail})
		})
	})
}

// guard turns a fault or panic of bbolt on a damaged file into ErrDamaged.
func guard(path string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &DamagedError{Path: path, What: fmt.Sprint(r)}
		}
	}()
	return fn()
}

// OutboxChanged is signalled after a commit that changed the outbox.
func (l *Ledger) OutboxChanged() <-chan struct{} { return l.outboxChanged }

func (l *Ledger) failpoint(name string) {
	if l.opt.Failpoint != nil {
		l.opt.Failpoint(name)
	}
}
