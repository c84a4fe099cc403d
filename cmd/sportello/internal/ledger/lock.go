package ledger

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// fileLock keeps a second instance out. It stands beside the ledger and not on it, so that it holds
// while the file is made, examined and replaced. The system drops it when the process ends.
type fileLock struct{ f *os.File }

// errLocked: somebody else holds the lock.
var errLocked = errors.New("locked")

// lockFile takes the lock at path, waiting at most wait for another holder.
func lockFile(path string, wait time.Duration) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock ledger: %w", err)
	}
	for deadline := time.Now().Add(wait); ; {
		err = tryLock(f)
		if err == nil {
			return &fileLock{f: f}, nil
		}
		if !errors.Is(err, errLocked) || time.Now().After(deadline) {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	_ = f.Close()
	if errors.Is(err, errLocked) {
		return nil, ErrInUse
	}
	return nil, fmt.Errorf("lock ledger: %w", err)
}

func (l *fileLock) release() error { return l.f.Close() }
