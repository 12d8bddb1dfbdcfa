package kernellog

// ext understands messages of ext2 to ext4 (fs/ext4/super.c, page-io.c) that name
// an inode or a block:
//
//	EXT4-fs error (device sda2): __ext4_find_entry:1612: inode #187700: comm x: reading directory lblock 0
//	EXT4-fs error (device sda1): ext4_get_inode_loc: unable to read inode block - inode=2, block=1057
//	EXT4-fs warning (device dm-1): ext4_end_bio:316: I/O error -19 writing to inode 10223621 (offset 50331648 size 6148096 starting block 14409150)
func ext(text string) (Event, bool) {
	name, rest, ok := inParentheses(text, "EXT", "-fs ", " (device ")
	if !ok {
		return Event{}, false
	}
	e := none(FileSystem, name, text)
	for _, mark := range [...]string{"inode #", "inode=", "to inode ", "for inode ", "(ino "} {
		if n, found := decimalAfter(rest, mark); found {
			e.Inode = uint64(n)
			break
		}
	}
	// A logical block, "lblock", and that of a directory in "(ino 2, block 0)", are
	// counted in the file.
	if _, _, directory := cut(rest, "(ino "); !directory {
		for _, mark := range [...]string{"starting block ", ": block ", ", block=", " block="} {
			if n, found := decimalAfter(rest, mark); found {
				e.Block, e.Unit = n, BufferBlock
				break
			}
		}
	}
	_, _, e.Write = cut(rest, " writing to inode ")
	if n, found := decimalAfter(rest, "(offset "); found {
		e.Offset = n
	}
	return e, e.Inode != 0 || e.Block >= 0
}

// xfs understands xfs_buf_ioerror_alert and the verifiers (fs/xfs), whose disk
// addresses are sectors:
//
//	XFS (vda4): metadata I/O error in "xfs_trans_read_buf_map+0x1" at daddr 0x1478 len 8 error 5
//	XFS (dm-7): metadata I/O error: block 0x280000010 ("xlog_bread_noalign") error 5 numblks 8
//	XFS (vda4): Metadata CRC error detected at xfs_dquot_buf_verify_crc+0xe6/0x120 [xfs], xfs_dquot block 0x1478
func xfs(text string) (Event, bool) {
	name, rest, ok := inParentheses(text, "XFS", " (", "")
	if !ok {
		return Event{}, false
	}
	e := none(FileSystem, name, text)
	for _, mark := range [...]string{" daddr ", " block "} {
		if n, found := hexAfter(rest, mark); found {
			e.Sector = n
			break
		}
	}
	for _, mark := range [...]string{" len ", " numblks "} {
		if n, found := decimalAfter(rest, mark); found && n > 0 {
			e.Count = n
		}
	}
	return e, e.Sector >= 0
}

// btrfs understands checksum errors, with a file, and what a scrub says, with a
// place in bytes on one device (fs/btrfs/inode.c, scrub.c):
//
//	BTRFS warning (device sda2): csum failed root 258 ino 9276991 off 8192 csum 0xf70240b1 expected csum 0x0c62ca5b mirror 1
//	BTRFS warning (device sda7): i/o error at logical 1393655808 on dev /dev/sda7, physical 1393655808, root 5, inode 257, offset 0, ...
//	BTRFS error (device dm-0): unable to fixup (regular) error at logical 192613056512 on dev /dev/dm-1 physical 193796243456
//	BTRFS error (device dm-15): fixed up error at logical 124463056945152 on dev /dev/dm-10 physical 408018681856
//	BTRFS info (device dm-2): read error corrected: ino 0 off 363982848 (dev /dev/mapper/storage2 sector 671992)
func btrfs(text string) (Event, bool) {
	name, rest, ok := inParentheses(text, "BTRFS", " ", " (device ")
	if !ok {
		return Event{}, false
	}
	e := none(FileSystem, name, text)
	if _, tail, found := cut(rest, "csum failed "); found {
		return btrfsFile(e, tail, "root ", "ino ", "off ")
	}
	if _, tail, found := cut(rest, "read error corrected: ino "); found {
		_, tail, ok := cut(tail, "(dev ")
		path, tail, ok2 := cut(tail, " sector ")
		e.Kind, e.Device = Corrected, deviceOf(path)
		sector, _, ok3 := decimal(tail)
		e.Sector = sector
		return e, ok && ok2 && ok3
	}
	_, tail, ok := cut(rest, "error at logical ")
	_, tail, ok2 := cut(tail, " on dev ")
	path, _, _ := cutAny(tail, ", ")
	e.Device = deviceOf(path)
	if n, found := decimalAfter(tail, " physical "); found {
		e.Sector = n / 512
	} else if n, found := decimalAfter(tail, ", sector "); found { // before Linux 4.4
		e.Sector = n
	}
	if !ok || !ok2 || e.Sector < 0 {
		return Event{}, false
	}
	if _, _, fixed := cut(rest, "fixed up error"); fixed {
		e.Kind = Corrected
	}
	e, _ = btrfsFile(e, tail, "root ", "inode ", "offset ")
	return e, true
}

func btrfsFile(e Event, tail, root, inode, offset string) (Event, bool) {
	if n, found := decimalAfter(tail, root); found {
		e.Root = n
	}
	if n, found := decimalAfter(tail, offset); found {
		e.Offset = n
	}
	n, found := decimalAfter(tail, inode)
	if found {
		e.Inode = uint64(n)
	}
	return e, found && n > 0
}

// deviceOf makes a kernel's name of a path: that below /dev.
func deviceOf(path string) string {
	rest, _, _ := skipWord(path, "/dev/")
	return rest
}

// inParentheses finds the device in "EXT4-fs error (device sda1): ..." and
// "XFS (sda1): ...": mark and, somewhat behind it, middle and open. rest is what
// follows.
func inParentheses(text, mark, middle, open string) (name, rest string, ok bool) {
	_, rest, ok = cut(text, mark)
	if !ok {
		return "", "", false
	}
	for i := 0; i <= len(rest) && i <= 2; i++ { // a digit may follow, as in EXT4
		after, _, found := skipWord(rest[i:], middle)
		if !found {
			continue
		}
		if open != "" {
			before, tail, found := cut(after, open)
			if !found || len(before) > 10 { // "error", "warning", "critical"
				return "", "", false
			}
			after = tail
		}
		return cut(after, "): ")
	}
	return "", "", false
}
