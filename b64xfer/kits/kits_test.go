package kits

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"rescuebox/internal/selfcheck"
)

func TestKits(t *testing.T) {
	file := filepath.Join(t.TempDir(), "binary")
	packed := []Packed{{"amd64", []byte("first kit"), 100}, {"armv7", []byte("second"), 2000000}}
	for _, carries := range [][]Packed{packed, nil} {
		content := []byte("the binary itself, long enough for a seal to be sought in it: 0123456789")
		if carries != nil {
			content = append(content, Append(carries)...)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := selfcheck.Seal(file); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		all, err := List(f)
		if err != nil || len(all) != len(carries) {
			t.Fatalf("%v, %v", all, err)
		}
		for i, k := range all {
			got, err := k.Read(f)
			if err != nil || k.Arch != carries[i].Arch || k.Unpacked != carries[i].Unpacked || !bytes.Equal(got, carries[i].Content) {
				t.Errorf("%+v, %q, %v", k, got, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzList(f *testing.F) {
	seal := make([]byte, selfcheck.SealSize)
	f.Add(append(append([]byte("x"), Append([]Packed{{"amd64", []byte("kit"), 3}})...), seal...))
	f.Add(append(append([]byte("x"), Append(nil)...), seal...))
	f.Fuzz(func(t *testing.T, content []byte) {
		all, err := list(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return
		}
		for _, k := range all {
			if k.Size > int64(len(content)) {
				t.Errorf("%+v of %d bytes", k, len(content))
				continue
			}
			if _, err := k.Read(bytes.NewReader(content)); err != nil {
				t.Errorf("%+v: %v", k, err)
			}
		}
	})
}
