//go:build amd64

package libcheck

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"flag"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rescuebox/internal/salvage"
	"rescuebox/scripts/faultlab/fsimage"
)

var (
	seeds     = flag.Int("libcheck.seeds", 12, "damaged systems to look at")
	firstSeed = flag.Int("libcheck.first", 1, "the first of them")
)

// part is a place in a file that a bad sector is put at.
type part struct {
	name string
	at   func(r *rand.Rand, f *elf.File, size int64) (offset int64, ok bool)
}

// inside returns a place in a section.
func inside(name string) part {
	return part{name, func(r *rand.Rand, f *elf.File, _ int64) (int64, bool) {
		s := f.Section(name)
		if s == nil || s.Size == 0 {
			return 0, false
		}
		return int64(s.Offset) + r.Int64N(int64(s.Size)), true
	}}
}

var parts = []part{
	{"header", func(r *rand.Rand, _ *elf.File, _ int64) (int64, bool) { return r.Int64N(512), true }},
	inside(".text"), inside(".dynsym"), inside(".rodata"), inside(".dynstr"), inside(".data.rel.ro"),
	{"end", func(_ *rand.Rand, _ *elf.File, size int64) (int64, bool) { return size - 1, true }},
}

// TestSeeds puts bad sectors into places of libraries, the loader and a program on
// real file systems, and holds libcheck to exactly those: file, bytes, sector, and the
// section that a parser of section headers finds there. Every other system has its
// pages in the cache, and --save must bring the files back whole.
func TestSeeds(t *testing.T) {
	dir, _ := system(t)
	files := elfFiles(t, dir)
	images := map[string]string{}
	for _, kind := range fsimage.Kinds {
		images[kind] = makeFS(t, kind, dir)
	}
	logged := 0
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			logged += oneSeed(t, uint64(seed), dir, files, images)
		})
	}
	t.Logf("%d systems; %d sectors compared with the kernel's log", *seeds, logged)
}

// elfFiles lists the ELF files of a system, as paths inside it.
func elfFiles(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if f, err := elf.Open(path); err == nil {
			f.Close()
			list = append(list, strings.TrimPrefix(path, dir))
		}
		return nil
	})
	if err != nil || len(list) < 5 {
		t.Fatal(list, err)
	}
	return list
}

// truth is what libcheck must find, by path.
type truth map[string]*damage

type damage struct {
	spots   map[int64]spot // by offset of the sector in the file
	headers int64          // where the section headers begin
}

// noNames reports whether section headers, or the ELF header that says where they are,
// are lost, so that nothing names sections.
func (d *damage) noNames() bool {
	for off := range d.spots {
		if off == 0 || off+512 > d.headers {
			return true
		}
	}
	return false
}

type spot struct {
	sector  int64 // on the device; -1 where the file system does not tell
	section string
}

func oneSeed(t *testing.T, seed uint64, dir string, files []string, images map[string]string) (logged int) {
	r := rand.New(rand.NewPCG(seed, 0))
	kinds := slices.Sorted(maps.Keys(images))
	kind := kinds[seed%uint64(len(kinds))]
	warm := r.IntN(2) == 0
	image := filepath.Join(t.TempDir(), "image")
	copyFile(t, images[kind], image, 0o600)
	l := attachLab(t, kind, image)
	places := 1
	if r.IntN(3) == 0 {
		places = 2 + r.IntN(5)
	}
	want := truth{}
	var sectors []int64
	for range places {
		path := files[r.IntN(len(files))]
		p := parts[r.IntN(len(parts))]
		sectors = append(sectors, want.add(t, r, l, kind, dir, path, p)...)
	}
	if warm {
		for path := range want {
			if _, err := os.ReadFile(filepath.Join(l.dir, path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := l.FailAlways(sectors...); err != nil {
		t.Fatal(err)
	}
	kernel := openKernelLog(t)
	saved := t.TempDir()
	got, raw := check(t, l, "--save", saved, "-a", "/")
	want.compare(t, got, l.device, kind)
	if t.Failed() {
		t.Logf("seed %d on %s, warm %v, want %v: %s%s", seed, kind, warm, want, raw.Stdout, raw.Stderr)
	}
	for path := range want {
		compareSaved(t, dir, saved, path, warm)
	}
	if t.Failed() {
		t.Logf("%s", raw.Stdout)
	}
	return kernel.compare(t, l.device, sectors)
}

// add chooses a place and returns its sectors on the image.
func (w truth) add(t *testing.T, r *rand.Rand, l *lab, kind, dir, path string, p part) []int64 {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	at, ok := p.at(r, f, int64(len(data)))
	if !ok {
		return nil
	}
	unit := int64(512)
	if kind == "btrfs" {
		unit = 4096 // it checks sums of such blocks
	}
	at -= at % unit
	block := data[at:min(at+unit, int64(len(data)))]
	if bytes.Equal(block, make([]byte, len(block))) {
		return nil // it may be a hole, or be found in the wrong place
	}
	if w[path] == nil {
		w[path] = &damage{map[int64]spot{}, sectionHeaders(data)}
	}
	if kind == "btrfs" {
		for off := at; off < at+int64(len(block)); off += 512 {
			w[path].spots[off] = spot{-1, sectionAt(f, off)}
		}
		return []int64{blockOf(t, l, block)}
	}
	sector := sectorOf(t, l, path, at)
	w[path].spots[at] = spot{sector, sectionAt(f, at)}
	return []int64{sector}
}

// sectionHeaders is e_shoff of a 64-bit object of this machine.
func sectionHeaders(data []byte) int64 { return int64(binary.LittleEndian.Uint64(data[40:])) }

// blockOf finds a block on the image by what it holds.
func blockOf(t *testing.T, l *lab, block []byte) int64 {
	t.Helper()
	disk, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at+len(block) <= len(disk); at += 4096 {
		if bytes.Equal(disk[at:at+len(block)], block) {
			return int64(at) / 512
		}
	}
	t.Fatal("the block is not on the image")
	return 0
}

// sectionAt names the section that holds a byte, or that begins in its sector.
func sectionAt(f *elf.File, off int64) string {
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && s.Type != elf.SHT_NULL && off >= int64(s.Offset) && off < int64(s.Offset+s.FileSize) {
			return s.Name
		}
	}
	return ""
}

// compare holds the report to the truth, sector by sector.
func (w truth) compare(t *testing.T, got report, device, kind string) {
	t.Helper()
	if len(got.Damaged) != len(w) {
		t.Errorf("%d damaged files, want %d", len(got.Damaged), len(w))
	}
	for _, d := range got.Damaged {
		if w[d.Path] == nil {
			t.Errorf("%s is said to be damaged", d.Path)
			continue
		}
		spots := maps.Clone(w[d.Path].spots)
		if d.Verdict != "unreadable" {
			t.Errorf("%s is %s", d.Path, d.Verdict)
		}
		for _, rng := range d.Ranges {
			for off := rng.Offset; off < rng.Offset+rng.Length; off += 512 {
				want, ok := spots[off]
				if !ok {
					t.Errorf("%s: byte %d is said to be bad", d.Path, off)
					continue
				}
				delete(spots, off)
				switch {
				case want.sector < 0 && rng.Sector != nil:
					t.Errorf("%s: byte %d: a sector is claimed on %s", d.Path, off, kind)
				case want.sector >= 0 && (rng.Sector == nil || *rng.Sector+(off-rng.Offset)/512 != want.sector || rng.Device != device):
					t.Errorf("%s: byte %d: sector %v of %s, want %d of %s", d.Path, off, rng.Sector, rng.Device, want.sector, device)
				case off == rng.Offset && want.section != "" && rng.Section != want.section && !w[d.Path].noNames():
					t.Errorf("%s: byte %d is in %q, want %q", d.Path, off, rng.Section, want.section)
				}
			}
		}
		for off := range spots {
			t.Errorf("%s: byte %d is not said to be bad", d.Path, off)
		}
	}
}

// compareSaved holds a saved file to the original: whole, where the pages were in the
// cache. Where they were not, another copy on this machine may have served; a file
// with missing parts has another name, and what is not missing must be right.
func compareSaved(t *testing.T, dir, saved, path string, warm bool) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(saved, path))
	if err != nil && !warm {
		got, err = os.ReadFile(filepath.Join(saved, path) + salvage.Incomplete)
		for i := range min(len(got), len(want)) {
			if got[i] == 0 {
				got[i] = want[i]
			}
		}
	}
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %v; %d bytes of %d are saved, and they are others", path, err, len(got), len(want))
	}
}

// kmsg is /dev/kmsg from some moment on.
type kmsg struct{ fd int }

func openKernelLog(t *testing.T) *kmsg {
	t.Helper()
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if _, err := unix.Seek(fd, 0, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	return &kmsg{fd}
}

// compare holds the kernel's sectors of I/O errors to those that were broken. The
// kernel holds back messages that come too fast, so that not all are there.
func (k *kmsg) compare(t *testing.T, device string, sectors []int64) (logged int) {
	t.Helper()
	mark := "I/O error, dev " + filepath.Base(device) + ", sector "
	buf := make([]byte, 8192)
	for {
		n, err := unix.Read(k.fd, buf)
		if err == unix.EPIPE {
			continue // overwritten meanwhile
		}
		if err != nil || n <= 0 {
			return logged
		}
		_, rest, ok := strings.Cut(string(buf[:n]), mark)
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(rest, " ")
		sector, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		// A request of several sectors is logged by its first.
		if slices.Contains(sectors, sector) {
			logged++
		}
	}
}
