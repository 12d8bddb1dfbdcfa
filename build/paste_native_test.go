//go:build amd64

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rescuebox/b64xfer"
	"rescuebox/b64xfer/kits"
	"rescuebox/b64xfer/pack"
	"rescuebox/internal/selfcheck"
)

// maxPaste is what a paste of the kit may take, in characters for each byte of the
// kit as xz packs it.
const maxPaste = 1.36

// maxStage0 is what may have to be typed into a bare shell, in characters.
const maxStage0 = 1700

// The workstation's binary carries kits that unpack to what the build gives for each
// processor, and is whole with them. What a person pastes of one, everything counted,
// stays near the kit's own compressed size.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "full")
	// As a program of its own: packing takes minutes with the race detector.
	if out, err := exec.Command("go", "run", "./build", "full", "-o", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := selfcheck.Check(f); err != nil {
		t.Error(err)
	}
	all, err := kits.List(f)
	if err != nil || len(all) != len(pack.Arches()) {
		t.Fatalf("%v, %v", all, err)
	}
	for i, arch := range pack.Arches() {
		plain := filepath.Join(dir, arch)
		if err := buildKit(arch, plain); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(plain)
		if err != nil {
			t.Fatal(err)
		}
		content, err := all[i].Read(f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pack.Unpack(content)
		if err != nil || all[i].Arch != arch || all[i].Unpacked != int64(len(want)) || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of %d, %v", arch, len(got), len(want), err)
		}
		if arch == "amd64" {
			pasteSize(t, plain, content)
		}
	}
	out, err := exec.Command(file, "b64xfer", "list").CombinedOutput()
	if err != nil || bytes.Count(out, []byte("\n")) != len(all)+1 {
		t.Errorf("%v\n%s", err, out)
	}
}

func pasteSize(t *testing.T, kit string, packed []byte) {
	xz, err := exec.Command("xz", "--x86", "--lzma2=preset=9e", "-c", kit).Output()
	if err != nil {
		t.Fatalf("apt-get install xz-utils: %v", err)
	}
	t.Logf("xz --x86 -9e %d, packed %d", len(xz), len(packed))
	for _, name := range b64xfer.Receivers() {
		tr, err := b64xfer.New(name, packed, b64xfer.Options{Dest: "/tmp/rb"})
		if err != nil {
			t.Fatal(err)
		}
		all := int64(len(tr.Command)) + 1 + tr.Characters
		ratio := float64(all) / float64(len(xz))
		t.Logf("%-12s %d characters, %.4f", name, all, ratio)
		if ratio > maxPaste {
			t.Errorf("%s: %d characters, %.4f of xz's bytes, more than %.2f", name, all, ratio, maxPaste)
		}
		if name == "stage0" && len(tr.Command) > maxStage0 {
			t.Errorf("stage-0 is %d characters, more than %d", len(tr.Command), maxStage0)
		}
	}
}
