package onsector

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/kernellog"
)

// mirror makes a folder like /sys with an array md0 on sda and sdb, where it begins
// at sectors 256 and 512.
func mirror(t *testing.T) blockdev.System {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, "devices", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	link := func(name, to string) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.Symlink(filepath.Join(dir, "devices", to), path)); err != nil {
			t.Fatal(err)
		}
	}
	for name, minor := range map[string]string{"sda": "0", "sdb": "16", "md0": "99", "nvme0n1": "50"} {
		write(name+"/uevent", "MAJOR=8\nMINOR="+minor+"\nDEVNAME="+name+"\nDEVTYPE=disk\n")
		write(name+"/dev", "8:"+minor+"\n")
		write(name+"/size", "100000\n")
		link("dev/block/8:"+minor, name)
		link("class/block/"+name, name)
	}
	write("nvme0n1/queue/logical_block_size", "4096\n")
	for name, text := range map[string]string{"level": "raid1", "array_state": "clean", "raid_disks": "2"} {
		write("md0/md/"+name, text+"\n")
	}
	for i, disk := range []string{"sda", "sdb"} {
		for name, text := range map[string]string{"slot": []string{"0", "1"}[i], "offset": []string{"256", "512"}[i], "size": "40000", "state": "in_sync"} {
			write("md0/md/dev-"+disk+"/"+name, text+"\n")
		}
		link("devices/md0/md/dev-"+disk+"/block", disk)
		link("devices/"+disk+"/holders/md0", "md0")
	}
	return blockdev.System{Sys: dir, Dev: dir + "/dev", Mountinfo: dir + "/none"}
}

func TestElsewhere(t *testing.T) {
	system := mirror(t)
	sda, ok1 := system.Named("sda")
	md0, ok2 := system.Named("md0")
	if !ok1 || !ok2 {
		t.Fatal("no devices")
	}
	for _, c := range []struct {
		device blockdev.Device
		sector int64
		change string
		want   bool
	}{
		{sda, 263, "", true},
		{md0, 7, "", false}, // bad on all its disks
		{sda, 263, "dev-sda", true},
		{sda, 263, "dev-sdb", false},
	} {
		if c.change != "" {
			path := filepath.Join(system.Sys, "devices/md0/md", c.change, "state")
			if err := os.WriteFile(path, []byte("faulty\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			defer os.WriteFile(path, []byte("in_sync\n"), 0o644)
		}
		f := finder{system: system, stack: system.Stack(), targets: []Target{{Device: c.device, Sector: c.sector, Count: 1}}}
		if got := f.elsewhere(Hit{Device: md0, Sector: 7, TargetSector: c.sector}); got != c.want {
			t.Errorf("%s %d, faulty %q: %v", c.device.Name, c.sector, c.change, got)
		}
	}
}

func TestFromEvent(t *testing.T) {
	system := mirror(t)
	for _, c := range []struct {
		text          string
		device        string
		sector, count int64
		inode         uint64
	}{
		{"I/O error, dev sda, sector 1234", "sda", 1234, 1, 0},
		{"Buffer I/O error on dev sdb, logical block 5, async page read", "sdb", 40, 8, 0}, // no node: a page
		{"nvme0n1: I/O Cmd(0x2) @ LBA 3, 2 blocks, I/O Error (sct 0x2 / sc 0x86)", "nvme0n1", 24, 16, 0},
		{"md/raid1:md0: sda: rescheduling sector 77", "md0", 77, 1, 0},
		{"EXT4-fs error (device md0): f:1: inode #12: comm x: reading directory lblock 0", "md0", 0, 0, 12},
		{"I/O error, dev sdz, sector 1234", "", 0, 0, 0},
		{"Buffer I/O error on dev sda, logical block 18014398509481984, async page read", "", 0, 0, 0},
	} {
		e, ok := kernellog.ParseText(c.text)
		if !ok {
			t.Fatal(c.text)
		}
		got, ok := FromEvent(system, e)
		if !ok {
			if c.device != "" {
				t.Errorf("%s: nothing", c.text)
			}
			continue
		}
		if got.Sector != c.sector || got.Count != c.count || got.Inode != c.inode || filepath.Base(got.Device.Name) != c.device {
			t.Errorf("%s: %+v", c.text, got)
		}
	}
}

// Spans that an extent touches are found as by looking at each.
func TestSpans(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		d := device{}
		var targets []Target
		for i := range random.IntN(30) {
			from := random.Int64N(200) * 512
			length := (random.Int64N(20) + 1) * 512
			if i%7 == 0 {
				length *= 20
			}
			d.spans = append(d.spans, span{from: from, to: from + length, target: i, sector: 1000 + from/512})
			targets = append(targets, Target{Sector: 1000 + from/512, Count: length / 512})
		}
		d.sort()
		e := blockdev.Extent{Offset: 8192, Physical: random.Int64N(200) * 512, Length: random.Int64N(50)*512 + 512, Mapped: true}
		f := finder{stack: blockdev.System{Sys: "/nonexistent"}.Stack(), targets: targets, result: &Result{}}
		f.extent(0, blockdev.Device{}, d.spans, e)
		got := map[int]Hit{}
		for _, h := range f.result.Hits {
			got[h.Target] = h
		}
		for _, s := range d.spans {
			first, last := max(s.from, e.Physical), min(s.to, e.Physical+e.Length)
			h, found := got[s.target]
			want := Hit{Target: s.target, Offset: 8192 + first - e.Physical, Length: last - first, Sector: first / 512, TargetSector: 1000 + first/512}
			if h.Elsewhere = false; found != (first < last) || found && h != want {
				t.Fatalf("span %+v, extent %+v: %+v (%v), want %+v", s, e, h, found, want)
			}
		}
		if len(got) != len(f.result.Hits) {
			t.Fatalf("twice: %+v", f.result.Hits)
		}
	}
}

// What cannot be opened is told of, and a cancelled search ends.
func TestFindErrors(t *testing.T) {
	system := mirror(t)
	sda, _ := system.Named("sda")
	targets := []Target{{Device: sda, Sector: 1, Count: 1}}
	r, err := Find(context.Background(), system, targets, 2, func(i int) (*os.File, error) {
		if i == 0 {
			return nil, syscall.EIO
		}
		return os.Open("/dev/null") // no file: nowhere on a disk
	})
	if err != nil || len(r.Hits) != 0 || len(r.Unsure) != 1 || r.Unsure[0] != (Unsure{0, syscall.EIO}) || len(r.Places) != 1 || len(r.Places[0]) != 1 {
		t.Errorf("%v %+v", err, r)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Find(ctx, system, targets, 1, nil); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := DeviceAt(system, "/dev/null"); !errors.Is(err, syscall.ENOTBLK) {
		t.Errorf("/dev/null: %v", err)
	}
	if _, err := DeviceAt(system, t.TempDir()+"/none"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("no node: %v", err)
	}
}
