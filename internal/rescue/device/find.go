package device

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"rescuebox/internal/rescue"
)

// Find looks for a block device that has the model, the serial number, the partition
// and the size of another one, which may have had another name. A device without a
// serial number cannot be told from others, and is not found.
func Find(id Identity) (path string, found bool) {
	if id.Serial == "" {
		return "", false
	}
	devices, err := filepath.Glob("/sys/class/block/*")
	if err != nil {
		return "", false
	}
	for _, dir := range devices {
		sectors, err := strconv.ParseInt(word(dir+"/size"), 10, 64)
		number, known := parsePair(word(dir + "/dev"))
		if err != nil || !known || sectors*512 != id.Size {
			continue
		}
		if identify(number, id.Size).Same(id) {
			// Slashes in names are exclamation marks there (cciss!c0d0).
			return "/dev/" + strings.ReplaceAll(filepath.Base(dir), "!", "/"), true
		}
	}
	return "", false
}

// Same reports whether both are one disk, or one partition of it.
func (id Identity) Same(other Identity) bool { return id.String() == other.String() }

// gone is an error of a device that is no more.
type gone struct{ error }

func (g gone) Unwrap() error { return g.error }

// Is makes it rescue.ErrGone, too.
func (g gone) Is(target error) bool { return target == rescue.ErrGone }

// check tells an error of a place from one of a device that was pulled out: some
// drivers say EIO for that, too.
func (s *Source) check(err error) error {
	if err == nil || !s.Gone() {
		return err
	}
	return gone{err}
}

// Gone reports whether it is a device that is no more. A device that is pulled out may
// fail before it is.
func (s *Source) Gone() bool {
	if !s.IsDevice() {
		return false
	}
	_, err := os.Stat(sysfs(uint64(s.Stat().Rdev)))
	return errors.Is(err, fs.ErrNotExist) && sysfsThere()
}

// sysfsThere reports whether /sys says anything at all.
func sysfsThere() bool {
	_, err := os.Stat("/sys/dev/block")
	return err == nil
}
