package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"rescuebox/scripts/faultlab"
	"rescuebox/scripts/faultlab/hostroot"
)

const (
	pageSize  = 4096
	imageSize = "192M"
)

// programs of the small system: what an admin would try. Those that this machine
// lacks are left out.
var programs = []string{
	"bash", "ls", "cat", "id", "su", "login", "mount", "cp", "dd", "sleep", "uname",
	"chmod", "sha256sum", "base64", "openssl", "perl", "sshd",
}

// system is the small root file system and what is to break in it.
type system struct {
	root    *hostroot.Root
	python  string // "" where there is none
	library string // its path in the root, without symbolic links
	offset  int64  // of the bad sector in the library, bytes
	sector  int64  // on the device; -1 where there is none
}

func buildSystem(dir string) (*system, error) {
	s := &system{root: hostroot.New(dir), sector: -1}
	for _, name := range programs {
		for _, d := range []string{"/bin/", "/usr/bin/", "/usr/sbin/"} {
			if _, err := os.Stat(d + name); err == nil {
				if err := s.root.AddProgram(d + name); err != nil {
					return nil, err
				}
				break
			}
		}
	}
	if err := s.addInterpreters(); err != nil {
		return nil, err
	}
	for _, d := range []string{"/proc", "/sys", "/dev", "/tmp", "/root"} {
		if err := s.root.Mkdir(d, 0o755); err != nil {
			return nil, err
		}
	}
	return s, s.root.Write("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n", 0o644)
}

// addInterpreters adds the system's python3 with the modules of its start, and the
// modules of perl that the receiver uses.
func (s *system) addInterpreters() error {
	perl, _ := filepath.Glob("/usr/lib/*/perl-base")
	for _, dir := range perl {
		if err := s.root.AddTree(dir, nil); err != nil {
			return err
		}
	}
	if _, err := os.Stat("/usr/bin/python3"); err != nil {
		return nil
	}
	if err := s.root.AddProgram("/usr/bin/python3"); err != nil {
		return err
	}
	s.python = "/usr/bin/python3"
	libs, _ := filepath.Glob("/usr/lib/python3.[0-9]*")
	for _, dir := range libs {
		err := s.root.AddTree(dir, func(path string) bool {
			rest := strings.TrimPrefix(path, dir)
			return strings.HasPrefix(rest, "/test") || strings.HasPrefix(rest, "/config-") ||
				strings.HasSuffix(rest, "/__pycache__") || slices.Contains([]string{"/idlelib", "/tkinter", "/lib2to3", "/ensurepip", "/distutils", "/pydoc_data", "/dist-packages", "/sitecustomize.py"}, rest)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// closure returns the libraries of a program in the root.
func (s *system) closure(names ...string) (map[string]bool, error) {
	set := map[string]bool{}
	for _, name := range names {
		// A second root that is thrown away says what was needed.
		dir, err := os.MkdirTemp("", "luna-closure-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		r := hostroot.New(dir)
		if err := r.AddProgram(name); err != nil {
			return nil, err
		}
		for _, path := range r.Objects() {
			set[path] = true
		}
	}
	return set, nil
}

// choose picks the library and the sector. Libraries are those that ls needs while
// bash and the receiver do not; sectors are those of pages which the loader reads
// at every start (relocations and the dynamic section), so that ls surely dies. The
// first page is left out: an error there is one that the loader reports.
func (s *system) choose(random *rand.Rand, receiver string) error {
	ls, err := s.closure("/bin/ls")
	if err != nil {
		return err
	}
	healthy, err := s.closure("/bin/bash", receiver, "/usr/bin/sha256sum")
	if err != nil {
		return err
	}
	var libraries []string
	for path := range ls {
		if !healthy[path] && filepath.Base(path) != "ls" {
			libraries = append(libraries, path)
		}
	}
	if len(libraries) == 0 {
		return fmt.Errorf("ls needs no library that bash and %s do not", receiver)
	}
	slices.Sort(libraries)
	s.library = libraries[random.IntN(len(libraries))]
	sectors, err := startSectors(s.root.Path(s.library))
	if err != nil {
		return err
	}
	s.offset = sectors[random.IntN(len(sectors))]
	return nil
}

// startSectors returns the offsets of the sectors in pages read at every start.
func startSectors(path string) ([]int64, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var sectors []int64
	for _, name := range []string{".rela.dyn", ".rel.dyn", ".dynamic"} {
		section := f.Section(name)
		if section == nil {
			continue
		}
		first := max(pageSize, int64(section.Offset)&^(pageSize-1))
		for at := first; at < int64(section.Offset+section.Size); at += faultlab.SectorSize {
			sectors = append(sectors, at)
		}
	}
	sectors = slices.DeleteFunc(sectors, func(at int64) bool { return at+faultlab.SectorSize > info.Size() })
	if len(sectors) == 0 {
		return nil, fmt.Errorf("%s: nothing is read at every start", path)
	}
	return sectors, nil
}

// makeDisk makes an ext4 image of the root and finds the sector of the damage by
// its content, which asks no file system and no kernel.
func (s *system) makeDisk(image string) error {
	out, err := exec.Command("mkfs.ext4", "-q", "-b", fmt.Sprint(pageSize), "-d", s.root.Dir, image, imageSize).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mkfs.ext4 (apt-get install e2fsprogs): %w: %s", err, out)
	}
	library, err := os.ReadFile(s.root.Path(s.library))
	if err != nil {
		return err
	}
	disk, err := os.ReadFile(image)
	if err != nil {
		return err
	}
	start := s.offset &^ (pageSize - 1)
	page := make([]byte, pageSize)
	copy(page, library[start:])
	for at := int64(0); at < int64(len(disk)); at += pageSize {
		if bytes.Equal(disk[at:at+pageSize], page) {
			if s.sector >= 0 {
				return errors.New("the page is on the disk twice; take another seed")
			}
			s.sector = (at + s.offset - start) / faultlab.SectorSize
		}
	}
	if s.sector < 0 {
		return errors.New("the page is not on the disk")
	}
	return nil
}
