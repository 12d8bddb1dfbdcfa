package faultlab

import (
	"sync"
	"syscall"
	"time"
)

// SectorSize is the unit of sector numbers: 512 bytes, as the kernel counts them
// whatever the device's block size is.
const SectorSize = 512

// Always as Fault.Times means that a place never recovers.
const Always = -1

// Fault is a byte range that does not read as it should.
type Fault struct {
	Name           string        // file in a Tree, relative to its root; "" in an Image
	Offset, Length int64         // bytes
	Times          int           // how many reads that touch the range still fail; Always
	Delay          time.Duration // how much longer each read that touches the range takes
	Errno          syscall.Errno // what they fail with; 0 is EIO, which all are behind a loop device
}

// Read is one read as the kernel asked for it.
type Read struct {
	Name   string // file in a Tree, relative to its root; "" in an Image
	Offset int64  // bytes
	Length int    // bytes, as asked: it may reach past the end
	Err    syscall.Errno
	At     time.Time // of its end
}

// faults decides about reads, and remembers them.
type faults struct {
	head  *head
	mu    sync.Mutex
	list  []Fault
	reads []Read
}

func (f *faults) add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fault)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// read waits as long as a read of the range takes and returns what it ends with: 0
// or an error. A range with a failing byte fails as a whole, for a disk does not say how
// far it got, and a short answer would be taken for the end of the file.
func (f *faults) read(name string, offset int64, length int) syscall.Errno {
	var err syscall.Errno
	var delay time.Duration
	var nr int
	f.head.take(offset, int64(length), func() bool {
		err, delay, nr = f.judge(name, offset, length)
		return err != 0
	})
	time.Sleep(delay)
	f.mu.Lock()
	f.reads[nr].At = time.Now()
	f.mu.Unlock()
	return err
}

func (f *faults) judge(name string, offset int64, length int) (err syscall.Errno, delay time.Duration, nr int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		fault := &f.list[i]
		if fault.Name != name || offset+int64(length) <= fault.Offset || offset >= fault.Offset+fault.Length {
			continue
		}
		delay += fault.Delay
		if fault.Times != 0 {
			if err = fault.Errno; err == 0 {
				err = syscall.EIO
			}
		}
		if fault.Times > 0 {
			fault.Times--
		}
	}
	f.reads = append(f.reads, Read{Name: name, Offset: offset, Length: length, Err: err})
	return err, delay, len(f.reads) - 1
}

// since returns the reads from the n-th on.
func (f *faults) since(n int) []Read {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n > len(f.reads) {
		return nil
	}
	return append([]Read(nil), f.reads[n:]...)
}
