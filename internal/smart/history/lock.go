package history

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// ErrBusy is a history that another run has locked for too long.
var ErrBusy = errors.New("another run holds it")

// patience is how long a lock is waited for: it is held for milliseconds.
const patience = 2 * time.Second

// Lock lets one run at a time read the history at path and replace it, by a file beside
// it whose name ends in ".lock"; monitors ask several disks at once, each by a run of its
// own. It makes the folder where there is none.
func Lock(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
		if time.Now().After(end) {
			return nil, errors.Join(ErrBusy, f.Close())
		}
	}
}
