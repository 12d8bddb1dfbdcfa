package nvmereport_test

import (
	"encoding/binary"
	"math/rand/v2"

	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/replay"
)

// disk is the pages of an NVMe device, made by the specification.
type disk struct {
	nsid                                          int // -1: the controller
	controller, namespace, health, errors, testes []byte
	refuses                                       map[string]bool // the name of a page
}

var le = binary.LittleEndian

func text(b []byte, s string) {
	for i := range b {
		b[i] = ' '
	}
	copy(b, s)
}

func count(b []byte, hi, lo uint64) {
	le.PutUint64(b, lo)
	le.PutUint64(b[8:], hi)
}

// newDisk is a healthy one.
func newDisk() *disk {
	d := &disk{
		nsid:       1,
		controller: make([]byte, nvme.IdentifySize), namespace: make([]byte, nvme.IdentifySize),
		health: make([]byte, nvme.HealthSize), errors: make([]byte, 256*nvme.ErrorSize),
		testes: make([]byte, nvme.SelfTestSize), refuses: map[string]bool{},
	}
	c := d.controller
	le.PutUint16(c, 0x144d)
	le.PutUint16(c[2:], 0x144d)
	text(c[4:24], "S4EWNX0M123456")
	text(c[24:64], "Example SSD 1TB")
	text(c[64:72], "2B2QEXM7")
	copy(c[73:], []byte{0x38, 0x25, 0})
	c[77] = 9
	le.PutUint16(c[78:], 4)
	le.PutUint32(c[80:], 0x10300)
	le.PutUint16(c[256:], 0x17)
	c[260], c[261], c[262], c[263] = 0x16, 0x03, 63, 4
	le.PutUint16(c[266:], 358)
	le.PutUint16(c[268:], 360)
	count(c[280:], 0, 1000204886016)
	le.PutUint32(c[516:], 1)
	le.PutUint16(c[520:], 0x5f)
	for i, power := range []uint16{780, 600, 340, 700, 50} {
		p := c[2048+32*i:]
		le.PutUint16(p, power)
		copy(p[12:16], []byte{byte(i), byte(i), byte(i), byte(i)})
		if i >= 3 {
			p[3] = 2 | byte(4-i)
			le.PutUint32(p[4:], uint32(i*1000))
			le.PutUint32(p[8:], uint32(i*5000))
		}
	}
	n := d.namespace
	le.PutUint64(n, 1953525168)
	le.PutUint64(n[8:], 1953525168)
	le.PutUint64(n[16:], 1000000)
	n[24], n[25] = 4, 1
	copy(n[120:], []byte{0, 0x25, 0x38, 0xb1, 0x11, 0x11, 0x11, 0x11})
	le.PutUint32(n[128:], 9<<16)
	le.PutUint32(n[132:], 12<<16|1<<24|8)

	h := d.health
	le.PutUint16(h[1:], 310)
	h[3], h[4], h[5] = 100, 10, 3
	for i, v := range []uint64{123456789, 987654321, 55555, 4444, 1234, 77, 20000, 33, 0, 12} {
		count(h[32+16*i:], 0, v)
	}
	le.PutUint16(h[200:], 310)
	le.PutUint16(h[202:], 320)
	return d
}

// logError writes an entry of the error log.
func (d *disk) logError(place int, number uint64, status command.NVMeError, lba uint64) {
	e := d.errors[nvme.ErrorSize*place:]
	le.PutUint64(e, number)
	le.PutUint16(e[8:], 1)
	le.PutUint16(e[10:], 0x11)
	le.PutUint16(e[12:], uint16(status)<<1)
	le.PutUint16(e[14:], 0xffff)
	le.PutUint64(e[16:], lba)
	le.PutUint32(e[24:], 1)
}

// logTest writes an entry of the self-test log.
func (d *disk) logTest(place int, code nvme.TestCode, outcome nvme.Outcome, valid byte, hours, lba uint64) {
	e := d.testes[4+28*place:]
	e[0], e[1], e[2] = byte(code)<<4|byte(outcome), 3, valid
	le.PutUint64(e[4:], hours)
	le.PutUint32(e[12:], 1)
	le.PutUint64(e[16:], lba)
	e[24], e[25] = 2, 0x81
}

// exchanges are all that a smartctl may ask.
func (d *disk) exchanges() []byte {
	var out []byte
	add := func(name string, c *command.NVMe, data []byte) {
		status := command.NVMeError(0)
		if d.refuses[name] {
			status = 0x4109
		}
		out = replay.AppendNVMe(out, c, status, data)
	}
	add("controller", nvme.IdentifyController(), d.controller)
	add("namespace", nvme.IdentifyNamespace(1), d.namespace)
	for _, nsid := range []uint32{1, nvme.Broadcast} {
		add("health", nvme.GetLog(nvme.LogHealth, nsid, nvme.HealthSize), d.health)
		add("dump", nvme.GetLog(0xc0, nsid, 256), d.errors)
		for _, n := range []int{int(d.controller[262]) + 1, 16, 1, 3} {
			add("errors", nvme.GetLog(nvme.LogErrors, nsid, n*nvme.ErrorSize), d.errors[:n*nvme.ErrorSize])
		}
		add("tests", nvme.GetLog(nvme.LogSelfTest, nsid, nvme.SelfTestSize), d.testes)
		for _, c := range []nvme.TestCode{nvme.ShortTest, nvme.ExtendedTest, nvme.AbortTest} {
			add("start", nvme.SelfTest(nsid, c), nil)
		}
	}
	return out
}

// variants are disks with what goes wrong, or is rare.
func variants() map[string]*disk {
	v := map[string]*disk{"healthy": newDisk()}
	vary := func(name string, f func(*disk)) {
		d := newDisk()
		f(d)
		v[name] = d
	}
	vary("every warning", func(d *disk) { d.health[0] = 0xff })
	for i := range 8 {
		vary("warning "+string(rune('0'+i)), func(d *disk) { d.health[0] = 1 << i })
	}
	vary("large counters", func(d *disk) {
		for i, v := range [][2]uint64{{0, 0}, {0, 1}, {1<<64 - 1, 1<<64 - 1}, {1 << 63, 0}, {1, 0}, {0, 1<<64 - 1}, {0, 1 << 53}, {0, 1<<53 - 1}, {1 << 32, 0}, {0, 1000}} {
			count(d.health[32+16*i:], v[0], v[1])
		}
		d.health[3], d.health[5] = 5, 255
	})
	vary("garbage temperatures", func(d *disk) {
		for i, v := range []uint16{0xffff, 0, 1, 60000, 272, 273, 0, 0xffff} {
			le.PutUint16(d.health[200+2*i:], v)
		}
		le.PutUint16(d.health[1:], 0)
		copy(d.health[192:200], "\xff\xff\xff\x7f\x01\x00\x00\x00")
		copy(d.health[216:232], "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00")
	})
	vary("errors", func(d *disk) {
		for i, s := range []command.NVMeError{0x281, 0x4002, 0x2, 0x280, 0x10b, 0x7ff, 0x371} {
			d.logError(i, uint64(100-i), s, uint64(1)<<(9*i))
		}
		le.PutUint64(d.errors[16:], 1<<64-1)
		le.PutUint32(d.errors[24:], nvme.Broadcast)
		d.errors[28] = 0x80
		d.errors[64+12] |= 1
		le.PutUint16(d.errors[128+14:], 0x128)
		le.PutUint16(d.errors[192+8:], 0xffff)
		le.PutUint16(d.errors[192+10:], 0xffff)
		count(d.health[160:], 0, 2)
	})
	vary("full error log", func(d *disk) {
		for i := range 256 {
			d.logError(i, uint64(1000-i), 0x281, uint64(i))
		}
	})
	vary("holes in a log of one", func(d *disk) { d.controller[262] = 0; d.logError(0, 1, 1, 1) })
	vary("self-tests", func(d *disk) {
		for i := range 16 {
			d.logTest(i, nvme.TestCode(i%3+1), nvme.Outcome(i), byte(i), uint64(1000-i), uint64(i)<<33)
		}
		d.testes[4+28*3] |= 0xe0
	})
	vary("self-test running", func(d *disk) {
		d.testes[0], d.testes[1] = 2, 42
		d.logTest(0, nvme.ExtendedTest, nvme.TestFailed, 15, 99, 12345)
	})
	vary("no self-tests", func(d *disk) { d.controller[256] = 7 })
	vary("old and small", func(d *disk) {
		c := d.controller
		copy(c[80:84], "\x00\x00\x00\x00")
		copy(c[280:312], make([]byte, 32))
		copy(c[73:76], "\x00\x00\x00")
		copy(c[256:270], make([]byte, 14))
		copy(c[520:522], "\x00\x00")
		c[77], d.namespace[24] = 0, 0
		copy(d.namespace[104:128], make([]byte, 24))
		text(c[4:24], "a\xff\x01b\x00c")
	})
	vary("every capability", func(d *disk) {
		copy(d.controller[256:262], "\xff\xff\xff\xff\xff\xff")
		copy(d.controller[520:522], "\xff\xff")
		d.controller[77], d.namespace[24] = 31, 0xff
		count(d.controller[280:], 1<<36, 5)
		count(d.controller[296:], 0, 12345678901)
		le.PutUint64(d.namespace[8:], 5)
		d.namespace[26] = 1
		le.PutUint16(d.controller[2:], 9)
		le.PutUint32(d.controller[80:], 0x10401)
	})
	vary("controller of several", func(d *disk) { d.nsid = -1; le.PutUint32(d.controller[516:], 3) })
	vary("controller of one", func(d *disk) { d.nsid = -1 })
	vary("inactive namespace", func(d *disk) { clear(d.namespace) })
	vary("no identity", func(d *disk) { d.refuses["controller"] = true })
	vary("no namespace", func(d *disk) { d.refuses["namespace"] = true })
	vary("no errors", func(d *disk) { d.refuses["errors"] = true })
	vary("no test log", func(d *disk) { d.refuses["tests"] = true })
	return v
}

// random is a disk with bytes that are as good as any.
func random(r *rand.Rand) *disk {
	d := newDisk()
	for range 1 + r.IntN(12) {
		page := [][]byte{d.controller[:600], d.controller[2048:2208], d.namespace[:200], d.health[:232], d.errors[:512], d.testes}[r.IntN(6)]
		at := r.IntN(len(page))
		for i := at; i < min(at+1+r.IntN(8), len(page)); i++ {
			page[i] = byte(r.IntN(256))
		}
	}
	// smartctl is not what to go by in what follows: it shifts by more bits than there
	// are, takes formats that there are not, no more than 16 and reserved bits for performance, and knows none to
	// be formatted where metadata follows the data (bit 4).
	d.controller[77] &= 31
	d.namespace[25] &= 15
	for i := range 64 {
		d.namespace[130+4*i] &= 31
		d.namespace[131+4*i] &= 3
	}
	if d.namespace[26] &= 15; d.namespace[26] > d.namespace[25] {
		d.namespace[26] = 0
	}
	if at := 130 + 4*int(d.namespace[26]&15); d.namespace[at] == 0 {
		d.namespace[at] = 9 // of blocks of no size they take 2^64 + 1 bytes
	}
	return d
}
