//go:build amd64

package onsector

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/kernellog"
	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// The second partition of the test's disk, in sectors.
const (
	partitionStart = 2048
	megabyte       = 2048
)

// disk makes a disk of a file system, made by a command to which the image's name
// is added, that holds files, each one block after the other of its own content, in
// a partition that does not begin at the disk's start.
func disk(t *testing.T, size int64, fstype string, mkfs ...string) (img *faultlab.Image, image, root string) {
	t.Helper()
	image = filepath.Join(t.TempDir(), "image")
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, (partitionStart+size)*512))
	partition := filepath.Join(t.TempDir(), "partition")
	must(t, os.WriteFile(partition, nil, 0o600))
	must(t, os.Truncate(partition, size*512))
	run(t, append(mkfs, partition)...)
	run(t, "dd", "if="+partition, "of="+image, "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none")
	img, err := faultlab.NewImage(image)
	must(t, err)
	t.Cleanup(func() { must(t, img.Close()) })
	must(t, img.AddPartition(2, partitionStart, size))
	root, err = img.MountPartition(2, fstype)
	must(t, err)
	return img, image, root
}

func run(t *testing.T, argv ...string) {
	t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v (apt-get install e2fsprogs xfsprogs btrfs-progs)\n%s", argv, err, out)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// source fills a folder with files whose blocks say what they are of.
func source(t *testing.T) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	must(t, os.Mkdir(dir+"/folder", 0o755))
	for i, size := range []int64{1, 4096, 5000, 300_000, 2_000_000} {
		name := fmt.Sprintf("folder/file%d", i)
		var content []byte
		for block := 0; int64(len(content)) < size; block++ {
			content = append(content, bytes.Repeat([]byte(fmt.Sprintf("%s block %8d\n", name, block)), 200)[:4096]...)
		}
		must(t, os.WriteFile(filepath.Join(dir, name), content[:size], 0o644))
		names = append(names, name)
	}
	return dir, names
}

func opener(root string, names []string) func(int) (*os.File, error) {
	return func(i int) (*os.File, error) {
		return os.OpenFile(filepath.Join(root, names[i]), os.O_RDONLY|unix.O_NONBLOCK, 0)
	}
}

func diskOf(t *testing.T, img *faultlab.Image) blockdev.Device {
	t.Helper()
	path, err := img.Attach()
	must(t, err)
	d, err := DeviceAt(blockdev.System{}, path)
	must(t, err)
	return d
}

// Where the bytes of a block stand in the image is where the block's file is found,
// with the whole disk's sector asked for, as with the partition's.
func TestFind(t *testing.T) {
	dir, names := source(t)
	for _, c := range []struct {
		fstype string
		size   int64
		mkfs   []string
	}{
		{"ext4", 32 * megabyte, []string{"mkfs.ext4", "-q", "-b", "4096", "-d", dir}},
		{"ext4", 32 * megabyte, []string{"mkfs.ext4", "-q", "-b", "1024", "-O", "^extents,^64bit", "-d", dir}},
		{"xfs", 320 * megabyte, []string{"mkfs.xfs", "-q", "-p", protofile(t, dir, names)}},
	} {
		t.Run(c.fstype, func(t *testing.T) {
			img, image, root := disk(t, c.size, c.fstype, c.mkfs...)
			content, err := os.ReadFile(image)
			must(t, err)
			whole := diskOf(t, img)
			random := rand.New(rand.NewPCG(1, 2))
			var targets []Target
			var want []string
			for i, name := range names {
				file, err := os.ReadFile(filepath.Join(dir, name))
				must(t, err)
				block := random.Int64N((int64(len(file)) + 4095) / 4096)
				at := bytes.Index(content, file[block*4096 : min(block*4096+4096, int64(len(file)))][:min(1024, len(file))])
				if len(file) < 1024 { // one byte is anywhere
					continue
				}
				if at < 0 || at%512 != 0 {
					t.Fatalf("%s block %d is not in the image", name, block)
				}
				sector := int64(at)/512 + random.Int64N(2)
				offset := block*4096 + (sector-int64(at)/512)*512
				targets = append(targets, Target{Device: whole, Sector: sector, Count: 1})
				want = append(want, fmt.Sprintf("%d %d+512 at %d of %d", i, offset, sector-partitionStart, sector))
			}
			result, err := Find(context.Background(), blockdev.System{}, targets, len(names), opener(root, names))
			must(t, err)
			if got := hits(result); got != strings.Join(want, "\n") || len(result.Unsure) != 0 || result.More {
				t.Errorf("got\n%s\nwant\n%s\nunsure %v", got, strings.Join(want, "\n"), result.Unsure)
			}
			for i, places := range result.Places {
				if len(places) != 2 || places[1].Device.Partition != 2 || places[1].Device.Start != partitionStart || places[1].Sector != targets[i].Sector-partitionStart {
					t.Errorf("target %d: %+v", i, places)
				}
			}
			// The same as sectors of the partition, and all at once.
			partition := result.Places[0][1].Device
			result, err = Find(context.Background(), blockdev.System{}, []Target{{Device: partition, Sector: 0, Count: c.size}}, len(names), opener(root, names))
			must(t, err)
			covered := map[int]int64{}
			for _, h := range result.Hits {
				covered[h.File] += h.Length
			}
			for i, name := range names {
				info, err := os.Stat(filepath.Join(dir, name))
				must(t, err)
				if covered[i] < info.Size() || covered[i] >= info.Size()+4096 {
					t.Errorf("%s: %d of %d bytes", name, covered[i], info.Size())
				}
			}
			byInode(t, root, partition, names)
		})
	}
}

// hits are lines in the order of files.
func hits(r *Result) string {
	var lines []string
	for _, h := range r.Hits {
		lines = append(lines, fmt.Sprintf("%d %d+%d at %d of %d", h.File, h.Offset, h.Length, h.Sector, h.TargetSector))
	}
	return strings.Join(lines, "\n")
}

func byInode(t *testing.T, root string, d blockdev.Device, names []string) {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Stat(filepath.Join(root, names[3]), &st))
	r, err := Find(context.Background(), blockdev.System{}, []Target{{Device: d, Inode: st.Ino}}, len(names), opener(root, names))
	must(t, err)
	if got := hits(r); got != "3 0+0 at -1 of -1" || len(r.Unsure) != 0 {
		t.Errorf("by inode: %s, unsure %v", got, r.Unsure)
	}
}

// protofile describes a folder to mkfs.xfs.
func protofile(t *testing.T, dir string, names []string) string {
	t.Helper()
	text := "boot\n0 0\nd--755 0 0\nfolder d--755 0 0\n"
	for _, name := range names {
		text += fmt.Sprintf("%s ---644 0 0 %s\n", filepath.Base(name), filepath.Join(dir, name))
	}
	path := filepath.Join(t.TempDir(), "proto")
	must(t, os.WriteFile(path, []byte(text+"$\n$\n"), 0o644))
	return path
}

// On btrfs no sector is claimed, but an inode is found, and only in its subvolume.
func TestBtrfs(t *testing.T) {
	dir, names := source(t)
	img, _, root := disk(t, 128*megabyte, "btrfs", "mkfs.btrfs", "-q", "-r", dir)
	whole := diskOf(t, img)
	look := func(target Target) *Result {
		r, err := Find(context.Background(), blockdev.System{}, []Target{target}, len(names), opener(root, names))
		must(t, err)
		return r
	}
	r := look(Target{Device: whole, Sector: 0, Count: 1 << 20})
	if len(r.Hits) != 0 || len(r.Unsure) != len(names) || r.Unsure[0].Err != ErrLogical {
		t.Errorf("%+v, unsure %v", r.Hits, r.Unsure)
	}
	// What is not on its disk does not make it unsure.
	if r := look(Target{Device: whole, Sector: 0, Count: 1}); len(r.Unsure) != 0 {
		t.Errorf("before the partition: unsure %v", r.Unsure)
	}
	partition := look(Target{Device: whole, Sector: partitionStart, Count: 1}).Places[0][1].Device
	var st unix.Stat_t
	must(t, unix.Stat(filepath.Join(root, names[1]), &st))
	log := kernellog.Log{}
	log.Add(fmt.Sprintf("BTRFS warning (device %s): csum failed root 5 ino %d off 8192 csum 0x1 expected csum 0x2 mirror 1", filepath.Base(partition.Name), st.Ino), -1)
	target, ok := FromEvent(blockdev.System{}, log.Events[0])
	if r := look(target); !ok || hits(r) != "1 0+0 at -1 of -1" || len(r.Unsure) != 0 {
		t.Errorf("by inode: %v %s, unsure %v", ok, hits(r), r.Unsure)
	}
	target.Root = 256
	if r := look(target); len(r.Hits) != 0 {
		t.Errorf("of another subvolume: %s", hits(r))
	}
}

// From the error to the file: a sector of a file goes bad, the file is read, the
// kernel logs it, and what it logged leads back to the file.
func TestFromLog(t *testing.T) {
	dir, names := source(t)
	img, image, root := disk(t, 32*megabyte, "ext4", "mkfs.ext4", "-q", "-b", "4096", "-d", dir)
	content, err := os.ReadFile(image)
	must(t, err)
	at := bytes.Index(content, []byte(fmt.Sprintf("%s block %8d\n", names[3], 20)))
	bad := int64(at)/512 + 5
	must(t, img.FailAlways(bad))
	whole := diskOf(t, img)
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		readDirect(t, filepath.Join(root, names[3]), 20*4096+5*512)
		var log kernellog.Log
		must(t, log.ReadKernel("/dev/kmsg"))
		var targets []Target
		for _, e := range log.Events {
			if e.Device == filepath.Base(whole.Name) && e.Sector == bad {
				target, ok := FromEvent(blockdev.System{}, e)
				if !ok {
					t.Fatalf("no target of %+v", e)
				}
				targets = append(targets, target)
			}
		}
		if len(targets) == 0 && time.Now().Before(deadline) { // the log takes ten in five seconds
			continue
		}
		r, err := Find(context.Background(), blockdev.System{}, targets, len(names), opener(root, names))
		must(t, err)
		want := fmt.Sprintf("3 %d+512 at %d of %d", 20*4096+5*512, bad-partitionStart, bad)
		if got := hits(r); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		return
	}
}

func readDirect(t *testing.T, path string, offset int64) {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	buffer, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	must(t, err)
	defer unix.Munmap(buffer)
	if _, err := unix.Pread(fd, buffer[:512], offset); err != unix.EIO {
		t.Fatalf("read: %v", err)
	}
}

// FSBlock says what debugfs says.
func TestFSBlock(t *testing.T) {
	dir, names := source(t)
	_, image, root := disk(t, 32*megabyte, "ext4", "mkfs.ext4", "-q", "-b", "1024", "-d", dir)
	f, err := os.Open(filepath.Join(root, names[4]))
	must(t, err)
	defer f.Close()
	extents, err := blockdev.Extents(int(f.Fd()), 100*1024, 1)
	must(t, err)
	block, err := blockdev.FSBlock(int(f.Fd()), extents[0].Physical)
	must(t, err)
	out, err := exec.Command("debugfs", "-R", "bmap /"+names[4]+" 100", image+"?offset="+fmt.Sprint(partitionStart*512)).CombinedOutput()
	must(t, err)
	if !strings.HasSuffix(strings.TrimSpace(string(out)), fmt.Sprint(block)) {
		t.Errorf("block %d, debugfs: %s", block, out)
	}
	size, err := blockdev.BlockSize(int(f.Fd()))
	if err != nil || size != 1024 {
		t.Errorf("block size %d, %v", size, err)
	}
}

// Thousands of files take a moment.
func BenchmarkFind(b *testing.B) {
	var names []string
	filepath.WalkDir("/usr", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			names = append(names, path)
		}
		if len(names) == 5000 {
			return fs.SkipAll
		}
		return nil
	})
	var st unix.Stat_t
	if err := unix.Stat("/usr", &st); err != nil {
		b.Fatal(err)
	}
	d := blockdev.System{}.Lookup(uint64(st.Dev))
	for b.Loop() {
		r, err := Find(context.Background(), blockdev.System{}, []Target{{Device: d, Sector: 1 << 20, Count: 8}}, len(names), opener("/", names))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(r.Hits)), "hits")
	}
	b.ReportMetric(float64(len(names)), "files")
}
