// Package rpmtest writes databases of rpm for tests.
package rpmtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// Tag is an entry of a header; Data is what the store holds of it.
type Tag struct {
	Tag, Type, Count uint32
	Data             []byte
}

// Types of tags.
const (
	Char        = 1
	Int16       = 3
	Int32       = 4
	Int64       = 5
	String      = 6
	StringArray = 8
)

// Text is a tag of one string.
func Text(tag uint32, s string) Tag { return Tag{tag, String, 1, []byte(s + "\x00")} }

// Texts is a tag of several strings.
func Texts(tag uint32, list ...string) Tag {
	return Tag{tag, StringArray, uint32(len(list)), []byte(strings.Join(list, "\x00") + "\x00")}
}

// Numbers is a tag of numbers.
func Numbers(tag, kind uint32, list ...uint64) Tag {
	t := Tag{tag, kind, uint32(len(list)), nil}
	for _, n := range list {
		b := binary.BigEndian.AppendUint64(nil, n)
		t.Data = append(t.Data, b[8-map[uint32]int{Char: 1, Int16: 2, Int32: 4, Int64: 8}[kind]:]...)
	}
	return t
}

// Header returns a header in the form that databases hold.
func Header(tags ...Tag) []byte {
	var index, store []byte
	for _, t := range tags {
		for t.Type <= Int64 && len(store)%8 != 0 {
			store = append(store, 0)
		}
		for _, n := range [...]uint32{t.Tag, t.Type, uint32(len(store)), t.Count} {
			index = binary.BigEndian.AppendUint32(index, n)
		}
		store = append(store, t.Data...)
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	head = binary.BigEndian.AppendUint32(head, uint32(len(store)))
	return append(append(head, index...), store...)
}

// Slots returns a database of the format ndb. Free slots and room between values
// are in it, as after packages were removed.
func Slots(values ...[]byte) []byte {
	le := binary.LittleEndian
	pages := (2+2*len(values))/256 + 1
	table := make([]byte, pages*4096)
	for at := 0; at < len(table); at += 16 {
		copy(table[at:], "Slot")
	}
	copy(table, "RpmP\x00\x00\x00\x00")
	le.PutUint32(table[8:], 7)
	le.PutUint32(table[12:], uint32(pages))
	le.PutUint32(table[16:], uint32(len(values)+1))
	clear(table[20:32])
	var room []byte
	for i, v := range values {
		room = append(room, make([]byte, 16*(i%3))...)
		begin := len(room)
		room = append(room, "BlbS"...)
		for _, n := range [...]int{i + 1, 1700000000, len(v)} {
			room = le.AppendUint32(room, uint32(n))
		}
		room = append(room, v...)
		for (len(room)+12)%16 != 0 {
			room = append(room, 0)
		}
		room = le.AppendUint32(room, adler32.Checksum(room[begin:]))
		room = le.AppendUint32(room, uint32(len(v)))
		room = append(room, "BlbE"...)
		slot := table[32+32*i:]
		le.PutUint32(slot[4:], uint32(i+1))
		le.PutUint32(slot[8:], uint32((len(table)+begin)/16))
		le.PutUint32(slot[12:], uint32((len(room)-begin)/16))
	}
	return append(table, room...)
}

// Hash makes a file of the format bdb with db5.3_load, of either byte order. It has
// the counter that rpm keeps under key 0.
func Hash(t testing.TB, path string, pageSize int, order binary.ByteOrder, values ...[]byte) {
	t.Helper()
	var text bytes.Buffer
	number := 1234
	if order == binary.BigEndian {
		number = 4321
	}
	fmt.Fprintf(&text, "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=%d\ndb_lorder=%d\nHEADER=END\n", pageSize, number)
	pair := func(key int, value []byte) {
		k := make([]byte, 4)
		order.PutUint32(k, uint32(key))
		fmt.Fprintf(&text, " %x\n %x\n", k, value)
	}
	pair(0, []byte{9, 0, 0, 0})
	for i, v := range values {
		pair(i+1, v)
	}
	text.WriteString("DATA=END\n")
	cmd := exec.Command("db5.3_load", path)
	cmd.Stdin = &text
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("db5.3_load (apt-get install db5.3-util): %v %s", err, out)
	}
}

// Values returns n values of up to longest bytes, the same each time.
func Values(n, longest int) [][]byte {
	random := rand.New(rand.NewPCG(uint64(n), uint64(longest)))
	list := make([][]byte, n)
	for i := range list {
		list[i] = make([]byte, 1+random.IntN(longest))
		for j := range list[i] {
			list[i][j] = byte(i + j/7)
		}
		copy(list[i], fmt.Sprint("value ", i, " "))
	}
	return list
}

// Faulty is a file in memory, of which a range gives EIO.
type Faulty struct {
	Data      []byte
	Bad, Size int64 // the range, in bytes
}

// ReadAt implements io.ReaderAt: what lies before the range is read.
func (f Faulty) ReadAt(p []byte, at int64) (int, error) {
	end := at + int64(len(p))
	if f.Size > 0 && at < f.Bad+f.Size && f.Bad < end {
		n := 0
		if at < f.Bad {
			n = copy(p[:f.Bad-at], f.Data[at:])
		}
		return n, syscall.EIO
	}
	return bytes.NewReader(f.Data).ReadAt(p, at)
}

// Bounded fails t when run takes more memory than is fit for a hostile file of size
// bytes: its contents some times over, as buffers that grow are copied.
func Bounded(t testing.TB, size int, run func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	if took, most := after.TotalAlloc-before.TotalAlloc, uint64(16*size+4<<20); took > most {
		t.Fatalf("%d bytes of memory for a file of %d", took, size)
	}
}
