package bundle

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/elffile"
	"rescuebox/internal/elftest"
	"rescuebox/internal/rootfs"
)

// machines are those that there is a runner for.
var machines = []struct {
	machine elffile.Machine
	class   byte
}{{elffile.MachineX86_64, 2}, {elffile.Machine386, 1}, {elffile.MachineARM64, 2}}

// system makes a root with a program, its loader and two libraries.
func system(t testing.TB, machine elffile.Machine, class byte) (dir string, program []byte) {
	t.Helper()
	dir = t.TempDir()
	object := func(o elftest.Object) []byte {
		o.Machine, o.Class = uint16(machine), class
		return elftest.Image(o)
	}
	program = object(elftest.Object{Interp: "/lib/ld.so", Needed: []string{"libb.so", "liba.so"}, RunPath: "/lib"})
	for name, data := range map[string][]byte{
		"bin/p":       program,
		"lib/ld.so":   append(object(elftest.Object{Soname: "ld.so"}), "\x00--argv0\x00/etc/ld.so.preload\x00"...),
		"lib/liba.so": append(object(elftest.Object{Soname: "liba.so"}), bytes.Repeat([]byte("a"), 5000)...),
		"lib/libb.so": object(elftest.Object{Soname: "libb.so", Needed: []string{"liba.so", "ld.so"}, RunPath: "/lib"}),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir, program
}

func text(payload []byte, at uint32) string {
	s, _, _ := strings.Cut(string(payload[at:]), "\x00")
	return s
}

// What is written is what the runner expects, for every machine and wherever it is
// packed.
func TestWrite(t *testing.T) {
	for _, m := range machines {
		for _, level := range []int{0, 1, 9} {
			dir, program := system(t, m.machine, m.class)
			plan, err := NewPlan(t.Context(), Input{Root: rootfs.New(dir), Program: "/bin/p", Called: "out", Env: []string{"A=b", "C="}})
			if err != nil {
				t.Fatal(err)
			}
			if !plan.Argv0 || plan.Preload {
				t.Errorf("%v: loader's options: %v %v", m, plan.Argv0, plan.Preload)
			}
			f, err := os.Create(filepath.Join(t.TempDir(), "out"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			size, err := plan.Write(t.Context(), f, level)
			if err != nil {
				t.Fatal(err)
			}
			packed, err := os.ReadFile(f.Name())
			if err != nil || int64(len(packed)) != size {
				t.Fatalf("%v: %d bytes, said %d", err, len(packed), size)
			}
			object, err := elffile.Read(bytes.NewReader(packed))
			if err != nil || object.Machine != m.machine || object.Interp != "" || len(object.Loads) != 2 {
				t.Fatalf("%v: %+v", err, object)
			}
			load := object.Loads[1]
			if load.Offset+load.Size != uint64(size) || load.Writable || load.Executable {
				t.Fatalf("%+v", load)
			}
			checkPayload(t, packed[load.Offset:], program)
		}
	}
}

func checkPayload(t *testing.T, p, program []byte) {
	t.Helper()
	end := le.Uint32(p[40:])
	if sum := sha256.Sum256(p[40:end]); string(p[:8]) != magic || !bytes.Equal(sum[:], p[8:40]) {
		t.Fatal("digest of the index")
	}
	env := p[le.Uint32(p[60:]):]
	if text(p, le.Uint32(p[52:])) != "p" || text(p, le.Uint32(p[56:])) != "out" || le.Uint32(p[64:]) != 2 ||
		text(p, le.Uint32(env)) != "A=b" || text(p, le.Uint32(env[4:])) != "C=" {
		t.Error("names or variables")
	}
	var names []string
	for i := range le.Uint32(p[44:]) {
		e := p[headerSize+i*entrySize:]
		stored := p[le.Uint32(e[4:]):][:le.Uint32(e[8:])]
		if sum := sha256.Sum256(stored); !bytes.Equal(sum[:], e[20:52]) {
			t.Errorf("digest of entry %d", i)
		}
		data := stored
		if le.Uint32(e[16:]) == 1 {
			var err error
			if data, err = io.ReadAll(flate.NewReader(bytes.NewReader(stored))); err != nil {
				t.Error(err)
			}
		}
		if len(data) != int(le.Uint32(e[12:])) || i == 1 && !bytes.Equal(data, program) {
			t.Errorf("entry %d: %d bytes", i, len(data))
		}
		if i == 0 && bytes.Contains(data, []byte("/etc/ld.so.preload")) {
			t.Error("the loader would preload")
		}
		names = append(names, text(p, le.Uint32(e)))
	}
	if got := strings.Join(names, " "); got != "ld.so p libb.so liba.so statify" {
		t.Errorf("order: %s", got)
	}
}

// No program, however damaged, does more than fail.
func FuzzProgram(f *testing.F) {
	dirs := map[byte]string{}
	for _, m := range machines[:2] {
		dir, program := system(f, m.machine, m.class)
		dirs[m.class] = dir
		f.Add(program, m.class)
		f.Add(program[:len(program)/2], m.class)
	}
	f.Add([]byte("#!/bin/sh"), byte(2))
	f.Fuzz(func(t *testing.T, program []byte, class byte) {
		dir, ok := dirs[class]
		if !ok {
			return
		}
		if err := os.WriteFile(filepath.Join(dir, "bin/p"), program, 0o755); err != nil {
			t.Fatal(err)
		}
		plan, err := NewPlan(t.Context(), Input{Root: rootfs.New(dir), Program: "/bin/p", Called: "out"})
		if err == nil && (len(plan.Files) < 3 || plan.Files[0].Role != Loader || plan.Files[1].Role != Program) {
			t.Errorf("%+v", plan.Files)
		}
	})
}
