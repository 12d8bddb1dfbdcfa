package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// budgetFile holds the most bytes that each kit for amd64 may take after xz -9e: at
// 11 kB/s on a serial console a person waits for each of them.
const budgetFile = "build/budget"

// unwanted are packages that a kit cannot afford, with what they cost on top of
// a program that imports os. Reflection over methods keeps every method alive.
var unwanted = []string{
	"compress/flate", "crypto/sha256", "debug/elf", "encoding/json", "flag", "fmt", "log",
	"math/big", "net", "os/exec", "os/user", "regexp", "text/tabwriter", "text/template",
}

// budgets reads budgetFile: a profile and its bytes a line.
func budgets() (map[string]int64, error) {
	data, err := os.ReadFile(budgetFile)
	if err != nil {
		return nil, err
	}
	all := map[string]int64{}
	for line := range strings.Lines(string(data)) {
		name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		if all[name], err = strconv.ParseInt(number, 10, 64); err != nil {
			return nil, fmt.Errorf("%s: %w", budgetFile, err)
		}
	}
	return all, nil
}

// check fails when a kit is over its budget, when it links a package that it
// cannot afford, or when two builds of it differ.
func check(args []string) error {
	if len(args) != 0 {
		return errors.New("usage: go run ./build check")
	}
	all, err := budgets()
	if err != nil {
		return err
	}
	var failed error
	for _, name := range profiles {
		if prof, err := readProfile(name); err != nil {
			return err
		} else if prof.small {
			failed = errors.Join(failed, checkKit(prof, all[name]))
		}
	}
	return failed
}

// checkKit is check for one kit, which may take so many bytes.
func checkKit(prof profile, budget int64) error {
	p, err := findPlatform("amd64")
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "rescuebox-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	kit := target{profile: prof, platform: p}
	return errors.Join(checkBudget(kit, budget, tmp), checkImports(prof, tmp), checkFloats(kit, tmp), checkReproducible(kit, tmp))
}

func checkBudget(kit target, budget int64, tmp string) error {
	file := filepath.Join(tmp, "kit")
	if err := kit.write(file); err != nil {
		return err
	}
	w, err := weighFile(file)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s bytes, %s after xz -9e, budget %s\n", kit.profile.name, digits(w.bytes), digits(w.xz), digits(budget))
	if w.xz > budget {
		return fmt.Errorf("%s is %d bytes over its budget; make size tells what each part costs", kit.profile.name, w.xz-budget)
	}
	return nil
}

// checkImports looks at the packages that the kit's table leads to.
func checkImports(prof profile, tmp string) error {
	overlay, err := prof.overlay("", tmp)
	if err != nil {
		return err
	}
	list := exec.Command("go", "list", "-deps", "-overlay="+overlay, "./cmd/rescuebox")
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	var found []string
	for line := range bytes.Lines(out) {
		if name := strings.TrimSpace(string(line)); slices.Contains(unwanted, name) {
			found = append(found, name)
		}
	}
	if len(found) > 0 {
		return fmt.Errorf("%s cannot afford %s", prof.name, strings.Join(found, ", "))
	}
	return nil
}

// floats are the ways from the kit's own code to the table that dropPowers empties.
var floats = []string{"strconv.FormatFloat", "strconv.AppendFloat", "strconv.ParseFloat"}

// checkFloats makes sure that nothing but the runtime prints or parses floating-point
// numbers: they would come out wrong.
func checkFloats(kit target, tmp string) error {
	if kit.profile.floats {
		return nil
	}
	kit.symbols = true
	file := filepath.Join(tmp, "symbols")
	if err := kit.write(file); err != nil {
		return err
	}
	f, err := elf.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return err
	}
	for _, s := range symbols {
		if slices.Contains(floats, s.Name) {
			return fmt.Errorf("%s links %s, and has no table of powers of ten: see +floats", kit.profile.name, s.Name)
		}
	}
	return nil
}

// checkReproducible builds the kit once more: from a copy of the sources in another
// folder, with an empty build cache. The bytes must be the same.
func checkReproducible(kit target, tmp string) error {
	again := kit
	again.root, again.cache = filepath.Join(tmp, "elsewhere"), filepath.Join(tmp, "cache")
	if err := copySources(again.root); err != nil {
		return err
	}
	first, second := filepath.Join(tmp, "first"), filepath.Join(tmp, "second")
	if err := errors.Join(kit.write(first), again.write(second)); err != nil {
		return err
	}
	a, err := os.ReadFile(first)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(second)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return fmt.Errorf("two builds of %s differ", kit.profile.name)
	}
	fmt.Printf("%s: the same bytes from another folder with an empty cache\n", kit.profile.name)
	return nil
}

// copySources copies the module's Go and assembly files and go.mod to dir.
func copySources(dir string) error {
	for _, part := range []string{"cmd", "applets", "internal", "b64xfer", "build/profiles", "go.mod", "go.sum"} {
		target := filepath.Join(dir, part)
		info, err := os.Stat(part)
		if err != nil {
			return err
		}
		if info.IsDir() {
			err = os.CopyFS(target, os.DirFS(part))
		} else {
			err = copyFile(part, target)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}
