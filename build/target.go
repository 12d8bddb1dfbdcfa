package main

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"rescuebox/b64xfer/kits"
	"rescuebox/internal/selfcheck"
	"rescuebox/internal/start"
)

// target is one file to build.
type target struct {
	profile  profile
	platform platform
	symbols  bool   // keep the symbol table, to weigh packages by it
	root     string // the module's root; empty means the working directory
	cache    string // build cache; empty means the usual one

	carries []kits.Packed // kits behind it, none for most
}

// write builds the binary and puts it at output in one step.
func (b target) write(output string) error {
	tmp, err := os.MkdirTemp("", "rescuebox-build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	file := filepath.Join(tmp, "rescuebox")
	args, err := b.args(tmp, file)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = b.root, b.env()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s for %s: %w\n%s", b.profile.name, b.platform.name, err, out)
	}
	if err := finish(file, b); err != nil {
		return fmt.Errorf("%s for %s: %w", b.profile.name, b.platform.name, err)
	}
	return place(file, output)
}

// finish turns the linker's output into what is shipped.
func finish(file string, b target) error {
	if err := checkStatic(file); err != nil || b.symbols {
		return err
	}
	if b.profile.small {
		if err := dropLines(file); err != nil {
			return err
		}
	}
	if !b.profile.floats {
		if err := dropPowers(file, b.platform.order()); err != nil {
			return err
		}
	}
	if b.carries != nil {
		if err := appendTo(file, kits.Append(b.carries)); err != nil {
			return err
		}
	}
	return selfcheck.Seal(file)
}

func appendTo(file string, content []byte) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// env is the same on every machine: what the caller has set must not end up in
// the bytes.
func (b target) env() []string {
	keep := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return strings.HasPrefix(name, "GO") && !slices.Contains([]string{
			"GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GOFLAGS", "GOTMPDIR",
		}, name)
	})
	keep = append(keep, "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+b.platform.goarch, "GOTOOLCHAIN=local", "GOFLAGS=", "GOWORK=off")
	if b.profile.small {
		// The collector that Go had before 1.26 takes less code, and marks small
		// heaps as fast.
		keep = append(keep, "GOEXPERIMENT=nogreenteagc")
	}
	if b.cache != "" {
		keep = append(keep, "GOCACHE="+b.cache)
	}
	return append(keep, b.platform.env...)
}

// args is go build's command line.
func (b target) args(tmp, file string) ([]string, error) {
	args := []string{"build", "-trimpath", "-buildvcs=false", "-o", file}
	link := "-buildid= " + entry(b.platform.goarch) + "-X main.profile=" + b.profile.name + " -X main.commit=" + commit()
	if !b.symbols {
		link = "-s -w " + link
	}
	args = append(args, "-ldflags="+link)
	if b.profile.small {
		// Inlining costs the kit a tenth of its compressed size; a second way to make
		// each slice of variable length, on the stack when it is short, a hundredth.
		// Loops that are not turned round are shorter, and a little slower.
		args = append(args, "-gcflags=all=-l -d=variablemakethreshold=0,ssa/loop_rotate/off")
	}
	if !b.profile.all {
		overlay, err := b.profile.overlay(b.root, tmp)
		if err != nil {
			return nil, err
		}
		args = append(args, "-overlay="+overlay)
	}
	return append(args, "./cmd/rescuebox"), nil
}

// entry is the linker flag for the entry point that runs before the Go runtime.
func entry(goarch string) string {
	if symbol := start.EntrySymbol(goarch); symbol != "" {
		return "-E=" + symbol + " "
	}
	return ""
}

// overlay writes the profile's table and the file that tells the compiler to read
// it instead of applets/all.go below root, and the profile's own files instead of
// those that they stand for; it returns the latter's path.
func (p profile) overlay(root, tmp string) (string, error) {
	source, err := p.source()
	if err != nil {
		return "", err
	}
	table := filepath.Join(tmp, "all.go")
	if err := os.WriteFile(table, source, 0o644); err != nil {
		return "", err
	}
	if root, err = filepath.Abs(root); err != nil {
		return "", err
	}
	replace := map[string]string{filepath.Join(root, tableFile): table}
	for inTree, file := range p.files {
		replace[filepath.Join(root, inTree)] = filepath.Join(root, file)
	}
	data, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(tmp, "overlay.json")
	return overlay, os.WriteFile(overlay, data, 0o644)
}

// commit is the abbreviated commit of the checkout, with a '+' where files differ
// from it, or "unknown" outside of one.
func commit() string {
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"-c", "safe.directory=*"}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	hash, err := git("rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changed, err := git("status", "--porcelain", "--untracked-files=no"); err != nil || changed != "" {
		hash += "+"
	}
	return hash
}

// checkStatic fails on a file that needs a loader.
func checkStatic(file string) error {
	f, err := elf.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			return fmt.Errorf("not static: it has a %v segment", p.Type)
		}
	}
	return nil
}

// place moves file to output, which may be on another file system.
func place(file, output string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
		return err
	}
	tmp := output + ".new"
	if err := os.WriteFile(tmp, data, 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, output)
}
