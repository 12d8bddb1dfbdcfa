package selfcheck

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/iotest"
)

// sealed returns n bytes and a seal.
func sealed(t *testing.T, n int) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "f")
	data := bytes.Repeat([]byte("0123456789"), n/10+1)[:n]
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Seal(file); err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != n+SealSize || !bytes.HasPrefix(all, data) {
		t.Fatalf("sealing %d bytes gave %d", n, len(all))
	}
	return all
}

func TestCheck(t *testing.T) {
	for _, n := range []int{0, 1, SealSize, 64 << 10, 64<<10 + 1, 200001} {
		all := sealed(t, n)
		for name, r := range map[string]io.Reader{
			"at once": bytes.NewReader(all), "in halves": iotest.HalfReader(bytes.NewReader(all)),
			"with its end": iotest.DataErrReader(bytes.NewReader(all)),
		} {
			report, err := Check(r)
			sum := sha256.Sum256(all)
			if err != nil || report.Size != int64(len(all)) || report.Sum != hex.EncodeToString(sum[:]) {
				t.Errorf("%d bytes, %s: %+v, %v", n, name, report, err)
			}
		}
	}
}

// Any one changed byte is found, and any cut.
func TestDamage(t *testing.T) {
	all := sealed(t, 300)
	for i := range all {
		damaged := bytes.Clone(all)
		damaged[i] ^= 0x20
		_, err := Check(bytes.NewReader(damaged))
		var damage *DamageError
		inMagic := i >= 300 && i < 300+len(magic)
		if inMagic && !errors.Is(err, ErrNoSeal) || !inMagic && !errors.As(err, &damage) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := Check(bytes.NewReader(all[:i])); err == nil {
			t.Errorf("cut at %d: taken for whole", i)
		}
	}
}

func TestReadError(t *testing.T) {
	r := io.MultiReader(bytes.NewReader(make([]byte, 512)), iotest.ErrReader(syscall.EIO))
	_, err := Check(r)
	var read *ReadError
	if !errors.As(err, &read) || read.Offset != 512 || !errors.Is(err, syscall.EIO) {
		t.Errorf("%v", err)
	}
}
