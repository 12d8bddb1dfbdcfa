package kernellog

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// Lines as kernels from 2.6.29 to 6.18 wrote them, out of bug reports and our own
// log.
func TestParseText(t *testing.T) {
	for _, c := range []struct {
		text string
		want Event // Text and what none sets are filled in
	}{
		{"I/O error, dev loop0, sector 28674 op 0x0:(READ) flags 0xc800 phys_seg 123 prio class 2",
			Event{Device: "loop0", Sector: 28674, Reason: "I/O"}},
		{"[202118.117543] print_req_error: I/O error, dev sda, sector 836148808",
			Event{Device: "sda", Sector: 836148808, Reason: "I/O"}},
		{"May 21 18:07:14 host kernel: [   40.991192] blk_update_request: I/O error, dev nvme0n1, sector 500118016 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 0",
			Event{Device: "nvme0n1", Sector: 500118016, Reason: "I/O"}},
		{"[4248459.855286] blk_update_request: critical medium error, dev nvme0n7, sector 222053776 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0",
			Event{Device: "nvme0n7", Sector: 222053776, Reason: "critical medium"}},
		{"May 24 14:08:32 node51 kernel: [51887.853836] end_request: critical medium error, dev sdi, sector 14381056",
			Event{Device: "sdi", Sector: 14381056, Reason: "critical medium"}},
		{"end_request: I/O error, dev cciss/c0d0, sector 29367344", Event{Device: "cciss/c0d0", Sector: 29367344, Reason: "I/O"}},
		{"[19732.858812] I/O error, dev sdb, sector 14008336 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2",
			Event{Device: "sdb", Sector: 14008336, Reason: "I/O", Write: true}},
		{"<3>[   12.000001] I/O error, dev vda, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
			Event{Device: "vda", Sector: 8, Reason: "I/O"}},

		{"Buffer I/O error on dev nvme0n1, logical block 62514752, async page read",
			Event{Kind: Buffer, Device: "nvme0n1", Block: 62514752, Unit: BufferBlock}},
		{"May 24 14:08:32 node51 kernel: [51887.853849] Buffer I/O error on device sdi, logical block 1797632",
			Event{Kind: Buffer, Device: "sdi", Block: 1797632, Unit: BufferBlock}},
		{"Buffer I/O error on dev sdb, logical block 640, lost async page write",
			Event{Kind: Buffer, Device: "sdb", Block: 640, Unit: BufferBlock, Write: true}},
		{"Buffer I/O error on dev dm-0, logical block 5, async page read", Event{Kind: Buffer, Device: "dm-0", Block: 5, Unit: BufferBlock}},

		{"[  +0.002206] nvme0n1: I/O Cmd(0x2) @ LBA 0, 8 blocks, I/O Error (sct 0x2 / sc 0x86) DNR ",
			Event{Kind: Controller, Device: "nvme0n1", Block: 0, Unit: LogicalBlock, Count: 8, Reason: "I/O Error"}},
		{"nvme1n1: Read(0x2) @ LBA 1234, 256 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81) DNR",
			Event{Kind: Controller, Device: "nvme1n1", Block: 1234, Unit: LogicalBlock, Count: 256, Reason: "Unrecovered Read Error"}},

		{"Oct 18 07:30:28 x kernel: [467502.192792] md/raid1:md1: sdb3: rescheduling sector 1849689328",
			Event{Kind: Array, Device: "md1", Sector: 1849689328}},
		{"md/raid1:md0: redirecting sector 29365336 to other mirror: sdc1", Event{Kind: Array, Device: "md0", Sector: 29365336}},
		{"md/raid1:md0: read error corrected (8 sectors at 2056 on sdb1)", Event{Kind: Corrected, Device: "sdb1", Sector: 2056, Count: 8}},
		{"raid1:md2: read error corrected (8 sectors at 517847 on sda2)", Event{Kind: Corrected, Device: "sda2", Sector: 517847, Count: 8}},
		{"md/raid:md2: read error not correctable (sector 2208 on sdb6).", Event{Kind: Array, Device: "sdb6", Sector: 2208}},

		{"EXT4-fs error (device sda2): __ext4_find_entry:1612: inode #187700: comm cleanup: reading directory lblock 0",
			Event{Kind: FileSystem, Device: "sda2", Inode: 187700}},
		{"[19473.766613] EXT4-fs error (device mmcblk0p2): htree_dirblock_to_tree:892: inode #1339: block 10332: comm dpkg: bad entry in directory: rec_len",
			Event{Kind: FileSystem, Device: "mmcblk0p2", Inode: 1339, Block: 10332, Unit: BufferBlock}},
		{"EXT4-fs warning (device vdb): __ext4_read_dirblock:902: error reading directory block (ino 27787265, block 0)",
			Event{Kind: FileSystem, Device: "vdb", Inode: 27787265}},
		{"EXT4-fs warning (device dm-1): ext4_end_bio:316: I/O error -19 writing to inode 10223621 (offset 50331648 size 6148096 starting block 14409150)",
			Event{Kind: FileSystem, Device: "dm-1", Inode: 10223621, Offset: 50331648, Block: 14409150, Unit: BufferBlock, Write: true}},
		{"EXT3-fs error (device sda1): ext3_get_inode_loc: unable to read inode block - inode=2, block=1057",
			Event{Kind: FileSystem, Device: "sda1", Inode: 2, Block: 1057, Unit: BufferBlock}},

		{`[    9.433533] XFS (vda4): metadata I/O error in "xfs_dquot_disk_read+0x14a/0x220 [xfs]" at daddr 0x1478 len 8 error 74`,
			Event{Kind: FileSystem, Device: "vda4", Sector: 0x1478, Count: 8}},
		{`XFS (dm-7): metadata I/O error: block 0x280000010 ("xlog_bread_noalign") error 5 numblks 8`,
			Event{Kind: FileSystem, Device: "dm-7", Sector: 0x280000010, Count: 8}},
		{"XFS (vda4): Metadata corruption detected at xfs_buf_ioend+0x162/0x570 [xfs], xfs_inode block 0x2f88e0 xfs_inode_buf_verify",
			Event{Kind: FileSystem, Device: "vda4", Sector: 0x2f88e0}},

		{"[   39.030795] BTRFS warning (device sda2): csum failed root 258 ino 9276991 off 8192 csum 0xf70240b1 expected csum 0x0c62ca5b mirror 1",
			Event{Kind: FileSystem, Device: "sda2", Root: 258, Inode: 9276991, Offset: 8192}},
		{"BTRFS warning (device dm-1): csum failed ino 252784 off 62910578688 csum 802263983 expected csum 4110970844",
			Event{Kind: FileSystem, Device: "dm-1", Inode: 252784, Offset: 62910578688}},
		{"BTRFS warning (device sda7): checksum/header error at logical 1393655808 on dev /dev/sda7, physical 1393655808: metadata leaf (level 0) in tree 5",
			Event{Kind: FileSystem, Device: "sda7", Sector: 1393655808 / 512}},
		{"BTRFS warning (device dm-0): i/o error at logical 5242880 on dev /dev/mapper/a, physical 6291456, root 5, inode 257, offset 4096, length 4096, links 1 (path: f)",
			Event{Kind: FileSystem, Device: "mapper/a", Sector: 12288, Root: 5, Inode: 257, Offset: 4096}},
		{"BTRFS error (device dm-0): unable to fixup (regular) error at logical 192613056512 on dev /dev/mapper/root physical 193796243456",
			Event{Kind: FileSystem, Device: "mapper/root", Sector: 193796243456 / 512}},
		{"BTRFS error (device dm-15): fixed up error at logical 124463056945152 on dev /dev/dm-10 physical 408018681856",
			Event{Kind: Corrected, Device: "dm-10", Sector: 408018681856 / 512}},
		{"[  735.425274] BTRFS info (device dm-2): read error corrected: ino 0 off 363982848 (dev /dev/mapper/storage2 sector 671992)",
			Event{Kind: Corrected, Device: "mapper/storage2", Sector: 671992}},
	} {
		want := c.want
		want.Text, want.Time, want.Times, want.Count = c.text, -1, 1, max(want.Count, 1)
		if want.Sector == 0 {
			want.Sector = -1
		}
		if want.Unit == NoUnit {
			want.Block = -1
		}
		if want.Offset == 0 {
			want.Offset = -1
		}
		if got, ok := ParseText(c.text); !ok || got != want {
			t.Errorf("%s\n got %+v, %v\nwant %+v", c.text, got, ok, want)
		}
	}
}

func TestOtherLines(t *testing.T) {
	for _, text := range []string{
		"", "x", "I/O error", " error, dev ", " error, dev sda, sector ", " error, dev sda, sector x",
		"I/O error, dev , sector 5", "I/O error, dev ?, sector 5", "I/O error, dev ../x, sector 5", "I/O error, dev a\x1bb, sector 5",
		"I/O error, dev sda, sector 99999999999999999999", "I/O error, dev sda, sector 18446744073709551615",
		"blk_update_request: operation not supported error, dev nvme0n1, sector 0 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0",
		"blk_update_request: I/O error, dev fd0, sector 0 op 0x2:(FLUSH) flags 0x800",
		"critical target error, dev sda, sector 4096 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 2",
		"reservation conflict error, dev sda, sector 5", "critical space allocation error, dev dm-3, sector 5",
		"Buffer I/O error on dev sda1", "Buffer I/O error on device , logical block 3",
		"nvme nvme0: I/O 778 QID 8 timeout, aborting", "nvme0n1: I/O Cmd(0x9) @ LBA 5, 8 blocks, I/O Error (sct 0x0 / sc 0x0)",
		"EXT4-fs (vdb): error count since last fsck: 26", "EXT4-fs (sda2): I/O error while writing superblock",
		"EXT4-fs (loop0): mounted filesystem d6be1e6b-1f29-477b-a396-350caf02a43b ro with ordered data mode. Quota mode: none.",
		"XFS (dm-7): Ending clean mount", "XFS (dm-7): log mount/recovery failed: error -5",
		"BTRFS error (device sdc): tree first key mismatch detected", "BTRFS error (device sda7): bdev /dev/sda7 errs: wr 0, rd 0, flush 0, corrupt 13391, gen 0",
		"raid1: sda1: rescheduling sector 5", "md/raid1:md1: Disk failure on sdb6, disabling device.",
		"sd 3:0:0:0: [sda] tag#14 Add. Sense: Unrecovered read error - auto reallocate failed",
	} {
		if e, ok := ParseText(text); ok {
			t.Errorf("%q: %+v", text, e)
		}
	}
}

func TestRecords(t *testing.T) {
	var records Records
	var got []Record
	take := func(r Record, ok bool) {
		if ok {
			got = append(got, r)
		}
	}
	for _, data := range []string{
		"3,1862,8172914054,-;I/O error, dev loop0, sector 10816 op 0x0:(READ)\n SUBSYSTEM=block\n DEVICE=b7:0\n",
		"nonsense", "4,1,x,-;time", "4;short",
		`30,1863,8172914055,-,caller=T1;a program \x5c\xc3\xa4 \x1b\x0a\x7f \x zz`,
		"6,7,8,c;first, ", "6,8,8,+;second\n", "6,9,9;bare",
	} {
		take(records.Add(data))
	}
	take(records.End())
	take(records.End())
	want := []Record{
		{true, 8172914054, "I/O error, dev loop0, sector 10816 op 0x0:(READ)"},
		{false, 8172914055, `a program \ä \x1b\x0a\x7f \x zz`},
		{true, 8, "first, second"}, {true, 9, "bare"},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}

func TestReadText(t *testing.T) {
	text := `[    1.000001] loop: module loaded
[ 8172.914054] I/O error, dev loop0, sector 10816 op 0x0:(READ) flags 0xc800 phys_seg 123 prio class 2
[ 8172.919855] I/O error, dev loop0, sector 10816 op 0x0:(READ) flags 0x8800 phys_seg 16 prio class 2
[ 8177.632961] blk_print_req_error: 38 callbacks suppressed
[ 8177.632968] I/O error, dev loop0, sector 16536 op 0x0:(READ) flags 0xc800 phys_seg 128 prio class 2
` + strings.Repeat("long ", 10_000) + `
[ 8177.632999] I/O error, dev loop0, sector 10816 op 0x1:(WRITE) flags 0xc800 phys_seg 128 prio class 2`
	var l Log
	if err := l.ReadText(strings.NewReader(text)); err != nil || len(l.Events) != 3 || l.Missed != 1 {
		t.Fatalf("%v, missed %d, %+v", err, l.Missed, l.Events)
	}
	if e := l.Events[0]; e.Times != 2 || e.Time != 8172919855 || e.Sector != 10816 || !strings.Contains(e.Text, "phys_seg 123") {
		t.Errorf("%+v", e)
	}
	if e := l.Events[1]; e.Times != 1 || e.Sector != 16536 {
		t.Errorf("%+v", e)
	}
	if e := l.Events[2]; !e.Write {
		t.Errorf("%+v", e)
	}
	broken := errors.New("broken")
	if err := l.ReadText(iotest.ErrReader(broken)); err != broken {
		t.Errorf("error %v", err)
	}
}

func TestTimeOf(t *testing.T) {
	for text, want := range map[string]int64{
		"[    1.000001] x": 1_000_001, "<3>[12345.678901] x": 12345678901, "Oct 1 host kernel: [ 5.000000] x": 5_000_000,
		"[Tue Dec  8 13:04:24 2020] x": -1, "[  +0.002206] x": -1, "x": -1, "[": -1, "[1.5]": -1, "[sda] [99999999999999999.000000]": -1,
	} {
		if got := timeOf(text); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// What is kept is bounded, and what is not is counted.
func TestMany(t *testing.T) {
	var l Log
	for i := range maxEvents + 10 {
		l.Add("I/O error, dev sda, sector "+strconv.Itoa(i), -1)
	}
	if len(l.Events) != maxEvents || l.Missed != 10 {
		t.Errorf("%d events, %d missed", len(l.Events), l.Missed)
	}
}

func FuzzParseText(f *testing.F) {
	for _, text := range []string{
		"blk_update_request: I/O error, dev sda, sector 5 op 0x0:(READ) flags", "Buffer I/O error on dev dm-0, logical block 5, async page read",
		"nvme0n1: I/O Cmd(0x2) @ LBA 0, 8 blocks, I/O Error (sct 0x2 / sc 0x86)", "md/raid1:md1: sdb3: rescheduling sector 18",
		"md/raid1:md0: read error corrected (8 sectors at 2056 on sdb1)", "EXT4-fs error (device sda2): f:1: inode #1: block 2: comm x",
		"XFS (a): metadata I/O error in \"f\" at daddr 0x14 len 8 error 5", "BTRFS warning (device a): csum failed root 2 ino 9 off 8",
		"BTRFS warning (device a): i/o error at logical 5 on dev /dev/a, physical 6, root 5, inode 2, offset 4",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, ok := ParseText(text)
		if !ok {
			return
		}
		if !plainDevice(e.Device) || e.Sector < -1 || e.Block < -1 || e.Count < 1 || e.Offset < -1 || e.Sector > maxNumber || e.Block > maxNumber || e.Count > maxNumber ||
			e.Sector < 0 && e.Block < 0 && e.Inode == 0 || (e.Block >= 0) != (e.Unit != NoUnit) {
			t.Fatalf("%+v", e)
		}
		_ = e.Kind.String()
	})
}

func FuzzRecords(f *testing.F) {
	f.Add("3,1862,8172914054,-;I/O error, dev loop0\n SUBSYSTEM=block\n", "6,8,8,+;second\\x0a")
	f.Fuzz(func(t *testing.T, one, two string) {
		var r Records
		r.Add(one)
		r.Add(two)
		if e, ok := r.End(); ok && (e.Time < 0 || strings.Contains(e.Text, "\n")) {
			t.Fatalf("%+v", e)
		}
	})
}
