package pack

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// header is an ELF header that says what it is told.
func header(class, data byte, kind, machine uint16) []byte {
	b := make([]byte, 64)
	copy(b, "\x7fELF")
	b[4], b[5] = class, data
	binary.LittleEndian.PutUint16(b[16:], kind)
	binary.LittleEndian.PutUint16(b[18:], machine)
	b[24] = 1
	return b
}

func TestArch(t *testing.T) {
	for _, test := range []struct {
		program []byte
		want    string
	}{
		{header(2, 1, 2, 62), "amd64"},
		{header(1, 1, 3, 3), "386"},
		{header(2, 1, 3, 183), "arm64"},
		{header(1, 1, 2, 40), "armv7"},
		{nil, "error: not an ELF file"},
		{[]byte("#!/bin/sh\n" + strings.Repeat(" ", 60)), "error: not an ELF file"},
		{header(2, 1, 1, 62), "error: not an executable"},
		{header(2, 2, 2, 22), "error: of a big-endian processor"},
		{header(2, 1, 2, 243), "error: of a processor that has no stub"},
		{header(1, 1, 2, 62), "error: of a processor that has no stub"},
	} {
		got, err := Arch(test.program)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != test.want {
			t.Errorf("%q: %s, want %s", test.program, got, test.want)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Pack(ctx, append(header(2, 1, 2, 62), make([]byte, 1<<20)...)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzUnpack(f *testing.F) {
	for _, arch := range []uint16{62, 183} {
		packed, err := Pack(context.Background(), append(header(2, 1, 2, arch), "some content, some content"...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		info, err := Inspect(packed)
		if err == nil && info.Size > 1<<20 {
			return // a large size is honest work
		}
		program, err := Unpack(packed)
		if err == nil && int64(len(program)) != info.Size {
			t.Errorf("%d bytes, not %d", len(program), info.Size)
		}
	})
}
