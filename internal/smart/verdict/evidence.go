package verdict

import "time"

// Evidence is all that is known of a disk. What was not asked for or did not come stays
// as it is in the zero Evidence.
type Evidence struct {
	Device  string // that can be copied, as "/dev/sdb"; "": none, as behind a controller
	Ask     string // the path by which it is asked, as "/dev/nvme0"; "": a recording
	Option  string // the argument of -d for that; "": it is found
	Size    int64  // bytes
	Block   int64  // bytes of a logical block; 0 is 512
	Solid   bool   // it has no platters
	Volume  string // of a RAID controller: the argument of -d for its disks; "": none
	Virtual bool   // it is a virtual machine's

	Identified bool
	Unopened   string        // why it could not be opened
	Silent     time.Duration // it never answered in this time
	Stopped    string        // it had said what it is, and then why no more
	Empty      bool          // a drive without a medium
	Asleep     bool          // and was left so
	Disabled   bool          // its SMART is turned off
	Distrusted bool          // its attributes had a wrong checksum, or are no attributes
	// Unanswered are pages and logs that it must have, and were asked for in vain: without
	// them no disk is OK. Lacking are others.
	Unanswered, Lacking []string

	Passed     *bool // the SMART status of ATA and SCSI
	Hours      int64 // since it was made, powered; 0: unknown
	Attributes []Attribute
	Errors     []LoggedError // of the error logs, the latest first
	ErrorCount int64         // of all since it was made
	Tests      []Test        // self-tests, the latest first
	Pending    int64         // entries of the pending defects log
	Statistics Statistics
	NVMe       *NVMe
	SCSI       *SCSI
	Phy        Phy
	Kernel     Kernel
}

// Attribute is one of ATA's.
type Attribute struct {
	ID        uint8
	Name      string
	Value     uint8 // normalised; the smaller the worse
	Worst     uint8
	Threshold uint8 // 0: none
	Prefail   bool  // at its threshold it foretells failure, else wear
	Raw       uint64
}

// LoggedError is an entry of an error log of ATA.
type LoggedError struct {
	Hours         int64  // power-on hours when it happened
	LBA           uint64 // of the sector, where Uncorrectable
	Uncorrectable bool
	Interface     bool // a checksum of the link
}

// Test is an entry of a self-test log.
type Test struct {
	Kind   string // as "extended"
	Hours  int64
	Failed bool // by the disk, and not aborted
	Read   bool // it was a sector that could not be read
	LBA    uint64
	HasLBA bool
}

// Statistics are those of the device statistics log of ATA (ACS-3, 9.5), of SCSI or of
// NVMe that need no interpretation. -1 is unknown, 0 none.
type Statistics struct {
	Known         bool
	Reallocated   int64
	Pending       int64
	Uncorrectable int64
	Used          int64 // percent of the life that was planned, of a solid-state disk
}

// NVMe is what the log page 02h holds.
type NVMe struct {
	Critical    uint8 // bits: spare, temperature, reliability, read only, backup, persistent memory
	Spare       int64 // percent
	Threshold   int64
	Used        int64 // percent; more than 100 is possible
	MediaErrors uint64
}

// SCSI is what its log pages hold.
type SCSI struct {
	Answered    bool  // any log page came
	ASC, ASCQ   uint8 // of the informational exceptions page
	Uncorrected int64 // errors of reading, writing and verifying
	Grown       int64 // defects since it was made; -1: unknown
}

// Phy counts errors of the link, since it was last reset or in all.
type Phy struct {
	CRC   int64 // attribute 199 or the counters of the link; only its rise tells of today
	Since int64 // the same when the state was last saved; -1: not saved
}

// Kernel is what the system saw.
type Kernel struct {
	Medium    int // reads or writes that failed in the medium
	Transport int // that failed on the way, resets of the link among them
	Sectors   []uint64
	Failed    int64    // commands that the driver counts as failed (ioerr_cnt)
	Faulty    string   // an array that has thrown the disk out, as "md0"
	Offline   string   // its state where the kernel sends it nothing more, as "offline"
	Unread    []string // what of the system could not be read
}
