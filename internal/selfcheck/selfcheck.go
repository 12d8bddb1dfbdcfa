// Package selfcheck lets the binary prove that it is whole: the build appends a
// seal, the SHA-256 of all before it, and a received binary compares it with what
// it reads of its own file. A seal is proof against damage, not against a forger.
package selfcheck

import (
	"errors"
	"io"
	"os"
	"strconv"

	"rescuebox/internal/errno"
	"rescuebox/internal/sha256"
)

// magic begins a seal; the digest of the bytes before it follows.
const magic = "rescuebox-seal1\n"

// SealSize is the length of a seal, in bytes.
const SealSize = len(magic) + sha256.Size

// ErrNoSeal says that a file does not end in a seal. Damage can do that too.
var ErrNoSeal = errors.New("no seal at its end: not a released binary, or cut off")

// DamageError says that a file is not what its seal was made of.
type DamageError struct {
	Sealed, Found string // digests in hexadecimal
}

func (e *DamageError) Error() string {
	return "damaged: sha256 " + e.Found + ", sealed as " + e.Sealed
}

// ReadError is a read that failed, with its offset in the file.
type ReadError struct {
	Offset int64
	Err    error
}

func (e *ReadError) Error() string {
	return errno.Reason(e.Err) + " at byte " + strconv.FormatInt(e.Offset, 10)
}

func (e *ReadError) Unwrap() error { return e.Err }

// Report is what was found of a file. Size is in bytes and Sum is the SHA-256 in
// hexadecimal, both of the whole file with its seal.
type Report struct {
	Size int64
	Sum  string
}

// Seal appends a seal to the file, which must have none.
func Seal(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	sum := h.Sum()
	if _, err := f.Write(append([]byte(magic), sum[:]...)); err != nil {
		return err
	}
	return f.Close()
}

// AppendSeal appends the seal to content that has none.
func AppendSeal(content []byte) []byte {
	sum := sha256.Sum256(content)
	return append(append(content, magic...), sum[:]...)
}

// Check reads the file to its end and compares it with its seal. The report is
// complete also where the error is ErrNoSeal or a *DamageError.
func Check(f io.Reader) (Report, error) {
	whole, sealed := sha256.New(), sha256.New()
	// The last SealSize bytes seen are held back from the sealed digest.
	held := make([]byte, 0, 64<<10+SealSize)
	var size int64
	for {
		n, err := f.Read(held[len(held):cap(held)])
		whole.Write(held[len(held) : len(held)+n])
		size += int64(n)
		held = held[:len(held)+n]
		if spare := len(held) - SealSize; spare > 0 {
			sealed.Write(held[:spare])
			held = held[:copy(held, held[spare:])]
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return Report{}, &ReadError{size, err}
		}
	}
	report := Report{Size: size, Sum: sha256.Hex(whole.Sum())}
	if len(held) < SealSize || string(held[:len(magic)]) != magic {
		return report, ErrNoSeal
	}
	want := [sha256.Size]byte(held[len(magic):])
	if got := sealed.Sum(); got != want {
		return report, &DamageError{Sealed: sha256.Hex(want), Found: sha256.Hex(got)}
	}
	return report, nil
}
