package kernellog

// Kind says who complains.
type Kind int

const (
	// Disk is an error of the block layer on a whole disk. Sector is the first of
	// what was left of the request: the bad one where the disk tells (SATA, SCSI),
	// else it may be any of those that follow.
	Disk Kind = iota
	// Controller is an error that a driver reports, of Count logical blocks.
	Controller
	// Buffer is an error on what the kernel buffers of a device: Block counts
	// blocks of the size of its file system's.
	Buffer
	// FileSystem is an error that a file system met with: Inode, Block (its own)
	// or Sector tell where, as far as it says.
	FileSystem
	// Array is an error that md met with on one of its members, or passed on. A
	// sector of the array is again the first of a request.
	Array
	// Corrected is an error that was made good from another copy, and the bad
	// place written anew.
	Corrected
)

// String returns a word for the kind.
func (k Kind) String() string {
	return [...]string{"disk", "controller", "buffer", "file system", "array", "corrected"}[k]
}

// Unit is what Block counts.
type Unit int

const (
	// NoUnit goes with Block -1.
	NoUnit Unit = iota
	// LogicalBlock is that of the device (its logical_block_size).
	LogicalBlock
	// BufferBlock is that of the file system on the device; without one, of the
	// page cache.
	BufferBlock
)

// Event is an error in the kernel's log.
type Event struct {
	Kind   Kind
	Device string // as the kernel calls it: "sda", "dm-0", "nvme0n1"
	Sector int64  // of 512 bytes on Device; -1 where the log does not say
	Block  int64  // in Unit, where it says that instead; else -1
	Unit   Unit
	Count  int64  // how many sectors, or blocks; 1 where it is not said
	Inode  uint64 // of the file system on Device; 0 where unknown
	Root   int64  // subvolume of a btrfs that Inode is of; 0 where unknown
	Offset int64  // in the file; -1 where unknown
	Write  bool   // a write failed, not a read
	Reason string // "critical medium", "I/O"; may be empty
	Text   string // the line as it was logged first
	Time   int64  // microseconds since the system started, the last time; -1 unknown
	Times  int    // how often it was logged
}

// none is an event that says nothing yet.
func none(kind Kind, device, text string) Event {
	return Event{Kind: kind, Device: device, Sector: -1, Block: -1, Count: 1, Offset: -1, Text: text, Time: -1, Times: 1}
}

// maxNumber bounds sectors and blocks, so that their bytes can be calculated with.
const maxNumber = 1 << 54

// ParseText finds what a line of the log, with or without time and host before it,
// says of unreadable places. ok is false for all other lines.
func ParseText(text string) (e Event, ok bool) {
	for _, parse := range [...]func(string) (Event, bool){
		blockLayer, buffer, nvme, md, ext, xfs, btrfs,
	} {
		if e, ok = parse(text); ok {
			return e, plainDevice(e.Device)
		}
	}
	return Event{}, false
}

// plainDevice reports whether a name can be that of a device: no bytes for which a
// terminal, or a path, would have a use.
func plainDevice(name string) bool {
	if name == "" || name == "?" || len(name) > 64 || name[0] == '.' || name[0] == '/' {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// blockLayer understands the lines of print_req_error (block/blk-mq.c, before
// blk-core.c):
//
//	blk_update_request: critical medium error, dev sdb, sector 5120 op 0x0:(READ) flags ...
//	end_request: I/O error, dev sdd, sector 657746444
func blockLayer(text string) (Event, bool) {
	before, rest, ok := cut(text, " error, dev ")
	name, rest, ok2 := cut(rest, ", sector ")
	sector, rest, ok3 := decimal(rest)
	if !ok || !ok2 || !ok3 {
		return Event{}, false
	}
	e := none(Disk, name, text)
	e.Sector, e.Reason = sector, lastWords(before)
	if !unreadable(e.Reason) {
		return Event{}, false
	}
	if op, found := hexAfter(rest, " op "); found {
		e.Write = op == 1
		if op > 1 { // neither read nor write: a flush or discard is no sign of a bad place
			return Event{}, false
		}
	}
	return e, true
}

// unreadable reports whether the block layer's word (blk_errors in
// block/blk-core.c) can mean that a place is bad: not so where a request was
// refused, or would be tried again.
func unreadable(reason string) bool {
	switch reason {
	case "I/O", "critical medium", "critical target", "protection", "timeout",
		"recoverable transport", "transport", "offline":
		return true
	}
	return false
}

// lastWords returns what stands before " error": "blk_update_request: critical
// medium" without the function.
func lastWords(s string) string {
	for i := len(s) - 1; i > 0; i-- {
		if s[i] == ' ' && (s[i-1] == ':' || s[i-1] == ']' || s[i-1] == '>') {
			return s[i+1:]
		}
		if s[i] == '>' || s[i] == ';' {
			return s[i+1:]
		}
	}
	return s
}

// buffer understands buffer_io_error (fs/buffer.c):
//
//	Buffer I/O error on dev dm-0, logical block 5, async page read
//	Buffer I/O error on device sda1, logical block 5
func buffer(text string) (Event, bool) {
	_, rest, ok := cut(text, "Buffer I/O error on dev")
	if !ok {
		return Event{}, false
	}
	if after, _, whole := skipWord(rest, "ice "); whole {
		rest = after
	} else if after, _, short := skipWord(rest, " "); short {
		rest = after
	}
	name, rest, ok := cut(rest, ", logical block ")
	block, rest, ok2 := decimal(rest)
	if !ok || !ok2 {
		return Event{}, false
	}
	e := none(Buffer, name, text)
	e.Block, e.Unit = block, BufferBlock
	_, _, e.Write = cut(rest, "page write")
	return e, true
}

// nvme understands nvme_log_error (drivers/nvme/host/core.c):
//
//	nvme0n1: I/O Cmd(0x2) @ LBA 0, 8 blocks, I/O Error (sct 0x2 / sc 0x86) DNR
//	nvme0n1: Read(0x2) @ LBA 16, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81)
func nvme(text string) (Event, bool) {
	before, rest, ok := cut(text, ") @ LBA ")
	block, rest, ok2 := decimal(rest)
	rest, _, ok3 := skipWord(rest, ", ")
	count, rest, ok4 := decimal(rest)
	rest, _, ok5 := skipWord(rest, " blocks, ")
	if !ok || !ok2 || !ok3 || !ok4 || !ok5 || count == 0 {
		return Event{}, false
	}
	i := lastIndex(before, ": ")
	if i < 0 {
		return Event{}, false
	}
	e := none(Controller, before[lastIndex(before[:i], " ")+1:i], text)
	e.Block, e.Unit, e.Count = block, LogicalBlock, count
	if op, found := hexAfter(before[i:], "("); found {
		e.Write = op == 1 // nvme_cmd_write
		if op != 1 && op != 2 && op != 5 {
			return Event{}, false
		}
	}
	e.Reason, _, _ = cut(rest, " (sct")
	return e, true
}

// md understands what raid1.c, raid10.c and raid5.c in drivers/md say. A sector
// that is rescheduled or redirected is one of the array, the others are of the
// member:
//
//	md/raid1:md1: sdb3: rescheduling sector 1849689328
//	md/raid1:md0: redirecting sector 29365296 to other mirror: sdc1
//	md/raid1:md0: read error corrected (8 sectors at 2056 on sdb1)
//	md/raid:md2: read error not correctable (sector 2208 on sdb6).
func md(text string) (Event, bool) {
	if _, tail, found := cut(text, ": read error corrected ("); found {
		count, tail, ok := decimal(tail)
		tail, _, ok2 := skipWord(tail, " sectors at ")
		e, ok3 := member(Corrected, text, tail)
		e.Count = max(count, 1)
		return e, ok && ok2 && ok3
	}
	for _, say := range [...]string{": read error not correctable (sector ", ": unrecoverable I/O read error for block "} {
		if _, tail, found := cut(text, say); found {
			return member(Array, text, tail)
		}
	}
	for _, say := range [...]string{": rescheduling sector ", ": redirecting sector "} {
		before, tail, found := cut(text, say)
		i := lastIndex(before, "raid")
		if !found || i < 0 {
			continue
		}
		// Now "raid1:md1: sdb3", or "raid1: sdb3" of old kernels, which do not say
		// of which array.
		_, before, _ = cut(before[i:], ":")
		array, _, _ := cut(before, ":")
		e := none(Array, array, text)
		sector, _, ok := decimal(tail)
		e.Sector = sector
		return e, ok
	}
	return Event{}, false
}

// member reads "2208 on sdb6)".
func member(kind Kind, text, tail string) (Event, bool) {
	sector, tail, ok := decimal(tail)
	tail, _, ok2 := skipWord(tail, " on ")
	name, _, _ := cut(tail, ")")
	e := none(kind, name, text)
	e.Sector = sector
	return e, ok && ok2
}
