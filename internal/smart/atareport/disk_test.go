package atareport_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"strings"

	"rescuebox/internal/smart/command"
)

var le = binary.LittleEndian

// disk is made up. Logs are whole; those that are nil are aborted.
type disk struct {
	identify, values, thresholds []byte
	registers                    command.Registers // of RETURN STATUS
	smart, gp                    map[byte][]byte
	erc                          uint16
	history                      []byte // what log E1h has
	power                        byte
}

func (d *disk) ATA(_ context.Context, c *command.ATA) (command.Registers, error) {
	failed := &command.ATAError{Registers: command.Registers{Status: 0x51, Error: 4}}
	give := func(b []byte) (command.Registers, error) {
		if len(b) < len(c.Data) {
			return failed.Registers, failed
		}
		copy(c.Data, b)
		return command.Registers{Status: 0x50}, nil
	}
	address := byte(c.LBA)
	switch {
	case c.Command == 0xec:
		return give(d.identify)
	case c.Command == 0x2f:
		page := int(c.LBA>>8&255 | c.LBA>>24&0xff00)
		log := d.gp[address]
		return give(log[min(page*512, len(log)):])
	case c.Command == 0xe5:
		return command.Registers{Status: 0x50, Count: uint16(d.power)}, nil
	case c.Command != 0xb0:
	case c.Feature == 0xd0:
		return give(d.values)
	case c.Feature == 0xd1:
		return give(d.thresholds)
	case c.Feature == 0xd5 && address == 0xe1:
		return give(d.history)
	case c.Feature == 0xd5:
		return give(d.smart[address])
	case c.Feature == 0xd6 && address == 0xe0:
		return command.Registers{Status: 0x50, Count: d.erc & 255, LBA: 0xc24f00 | uint64(d.erc>>8)}, nil
	case c.Feature == 0xd6, c.Feature == 0xd2, c.Feature == 0xd4, c.Feature == 0xd8, c.Feature == 0xd9, c.Feature == 0xdb:
		return command.Registers{Status: 0x50}, nil
	case c.Feature == 0xda:
		return d.registers, nil
	}
	return failed.Registers, failed
}

// descriptor is sense data with the registers of a command (SAT-3, 12.2.6).
func descriptor(r command.Registers, extended bool) []byte {
	l := func(shift int) byte { return byte(r.LBA >> shift) }
	e := byte(0)
	if extended {
		e = 1
	}
	return []byte{
		0x72, 1, 0, 0x1d, 0, 0, 0, 14, 9, 12, e, r.Error, byte(r.Count >> 8), byte(r.Count),
		l(24), l(0), l(32), l(8), l(40), l(16), r.Device, r.Status,
	}
}

// put sets words of a page.
func put(page []byte, words map[int]uint16) {
	for n, v := range words {
		le.PutUint16(page[2*n:], v)
	}
}

// characters puts text into words, two characters in each.
func characters(page []byte, first, words int, text string) {
	text += strings.Repeat(" ", max(0, 2*words-len(text)))
	for i := range words {
		page[2*(first+i)], page[2*(first+i)+1] = text[2*i+1], text[2*i]
	}
}

// newDisk is a disk with all logs, which has seen nothing.
func newDisk() *disk {
	d := &disk{
		identify: make([]byte, 512), values: make([]byte, 512), thresholds: make([]byte, 512),
		registers: command.Registers{Status: 0x50, LBA: 0xc24f00},
		smart:     map[byte][]byte{}, gp: map[byte][]byte{}, power: 0xff, erc: 70,
	}
	characters(d.identify, 10, 10, "SERIAL 1")
	characters(d.identify, 23, 4, "FW 1.0")
	characters(d.identify, 27, 20, "MADE UP DISK")
	put(d.identify, map[int]uint16{
		0: 0x40, 49: 0x2f00, 60: 0xffff, 61: 0x0fff, 76: 0x850e, 77: 0x0006, 80: 0x07f0, 81: 0x006d, 82: 0x346b, 83: 0x7d09, 84: 0x4163,
		85: 0x3469, 86: 0xbc49, 87: 0x4163, 91: 0x80fe, 94: 0x80c0, 102: 1, 106: 0x6003, 108: 0x5000, 109: 0xc500, 110: 0x1234, 111: 0x5678,
		128: 0x0021, 168: 2, 206: 0x003d, 217: 7200, 222: 0x10ff,
	})
	d.values[0] = 10
	for i, id := range []byte{1, 3, 4, 5, 7, 9, 10, 12, 187, 188, 190, 194, 197, 198, 199} {
		a := d.values[2+12*i:]
		a[0], a[1], a[3], a[4], a[5] = id, 0x33, 100, 100, byte(i)
		d.thresholds[2+12*i], d.thresholds[3+12*i] = id, 10
	}
	for offset, v := range map[int]byte{362: 0x82, 363: 0, 364: 0x5a, 367: 0x7b, 368: 3, 370: 1, 372: 1, 373: 200, 374: 2} {
		d.values[offset] = v
	}
	seal(d.values)
	seal(d.thresholds)
	d.logs()
	return d
}

// logs adds empty logs.
func (d *disk) logs() {
	page := func(sectors int, first ...byte) []byte {
		b := make([]byte, 512*sectors)
		copy(b, first)
		for i := range sectors {
			seal(b[512*i : 512*i+512])
		}
		return b
	}
	d.smart[1], d.smart[6], d.smart[9] = page(1, 1), page(1, 1), page(1, 1)
	d.gp[3], d.gp[7], d.gp[0x0c], d.gp[0x11] = page(4, 1), page(1, 1), page(2), page(1)
	d.gp[4] = make([]byte, 8*512)
	copy(d.gp[4][8:], []byte{7, 0, 1, 2, 3, 4, 5, 6, 7})
	for i := range 8 {
		le.PutUint16(d.gp[4][512*i:], 1)
		d.gp[4][512*i+2] = byte(i)
	}
	d.smart[4] = d.gp[4]
	status := make([]byte, 512)
	put(status, map[int]uint16{0: 3, 1: 522, 2: 1, 8: 5, 9: 1})
	copy(status[200:], []byte{35, 20, 40, 10, 60, 70})
	d.smart[0xe0] = status
	d.history = make([]byte, 512)
	put(d.history, map[int]uint16{0: 2, 1: 1, 2: 10, 15: 128, 16: 5})
	copy(d.history[6:], []byte{60, 70, 5, 0xfb})
	for i := range 128 {
		d.history[34+i] = byte(30 + i/10)
	}
	d.directories()
}

// directories lists the logs.
func (d *disk) directories() {
	s, g := make([]byte, 512), make([]byte, 512)
	s[0], g[0] = 1, 1
	for address, log := range d.smart {
		if address != 0 {
			le.PutUint16(s[2*int(address):], uint16(len(log)/512))
		}
	}
	for address, log := range d.gp {
		if address != 0 {
			le.PutUint16(g[2*int(address):], uint16(len(log)/512))
		}
	}
	s[2*0xe1], g[2*0xe1], g[2*0xe0] = 1, 1, 1
	d.smart[0], d.gp[0] = s, g
}

// noise fills bytes, with many zeros and small numbers.
func noise(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = randomByte(r)
	}
}

// random is a disk of which all pages are any bytes where that makes sense.
func random(r *rand.Rand) *disk {
	d := newDisk()
	d.randomIdentity(r)
	noise(r, d.values)
	d.values[370] &= 1
	for i := range 30 {
		d.values[2+12*i] = byte(i + r.IntN(220))
		d.thresholds[2+12*i] = d.values[2+12*i]
		d.thresholds[3+12*i] = randomByte(r)
	}
	seal(d.values)
	seal(d.thresholds)
	if r.IntN(4) == 0 {
		d.registers.LBA = 0x2cf400
	}
	d.randomErrors(r)
	d.randomTests(r)
	d.randomOthers(r)
	d.directories()
	for _, directory := range [][]byte{d.smart[0], d.gp[0]} {
		for range r.IntN(8) {
			address := []int{2, 5, 8, 0x0a, 0x0d, 0x10, 0x13, 0x15, 0x18, 0x22, 0x24, 0x30, 0x40, 0x53, 0x80, 0x81, 0x90, 0xa0, 0xa1, 0xc0, 0xdf, 0xe5, 0xff}[r.IntN(23)]
			for range 1 + r.IntN(4) {
				if address < 256 {
					le.PutUint16(directory[2*address:], uint16(1+r.IntN(2)))
					address++
				}
			}
		}
		directory[0] = byte(1)
	}
	return d
}

func (d *disk) randomIdentity(r *rand.Rand) {
	word := func(n int, list ...uint16) {
		le.PutUint16(d.identify[2*n:], list[r.IntN(len(list))])
	}
	any16 := uint16(r.Uint32())
	word(76, 0, 0xffff, 2, 4, 6, 14, 0x850e, any16)
	word(77, 0, 2, 4, 6, 8, any16)
	word(80, 0xffff, 0x1fe, 0x3f0, 0x7f0, 0xff0, 0x1ff0, 0xfff0, any16|0xc0)
	word(81, 0, 0xffff, 0x1a, 0x6d, 0x5e, 0x110, 0x9c, any16, uint16(r.IntN(0x120)))
	word(168, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, any16)
	word(217, 0, 1, 5400, 7200, 15000, 2, 0xffff, any16)
	word(222, 0, 0xffff, 1, 0x1001, 0x101f, 0x107f, 0x11ff, 0x13ff, 0x17ff, 0x1fff, any16, uint16(0x1000|r.IntN(0x1000)))
	word(69, 0, 0x4020, 0x4000, 1, 2, 3, any16&^8)
	word(169, 0, 1, any16)
	put(d.identify, map[int]uint16{117: 256})
	word(106, 0, 0x4000, 0x6003, 0x5000, 0x7001)
	word(117, 256, 2048)
	word(209, 0, 0x4000, 0x4001, 0x4007)
	word(82, 0x346b, 0x346b, any16|1)
	word(85, 0x3469, 0x3469, any16|1)
	word(86, 0xbc49, any16&^0x8000|0x400)
	word(84, 0x4163, 0x4163, 0x4123, 0x4000)
	word(87, 0x4163, 0x4163, 0x4123, 0x4000)
	word(91, 0, 1, 127, 128, 200, 254, 255, any16)
	word(94, 0, 0x80c0, 0x80fe, 0xfe80, any16)
	word(119, 0, 0x4200, any16)
	word(120, 0, 0x4200, any16)
	word(128, 0, 1, 0x21, 3, 7, 9, 0x0b, 0x0f, 0x103, 0x107, any16)
	word(206, 0x3d, 0x3d, 1, 0x25, 0)
	if r.IntN(4) == 0 {
		characters(d.identify, 170, 4, "PRODUCT")
	}
}

func (d *disk) randomErrors(r *rand.Rand) {
	b := d.smart[1]
	noise(r, b)
	commands := []byte{0xc8, 0xca, 0x25, 0x35, 0x60, 0x61, 0xec, 0xb0, 0xef, 0x42, 0xea, 0x2f, 0x20, 0x30, 0xef, 0xa0, 0xe5}
	for i := range 5 {
		for j := range 5 {
			b[2+90*i+12*j+7] = commands[r.IntN(len(commands))]
		}
		b[2+90*i+60+7] |= 1
		for j := range 6 {
			b[2+90*i+12*j+6] &= 0xf0
		}
	}
	b[0], b[1] = 1, byte(r.IntN(6))
	le.PutUint16(b[452:], uint16(r.IntN(12)))
	if b[452] == 0 { // that is not taken for no errors by all versions of smartctl
		b[1] = 0
	}
	seal(b)
	x := d.gp[3]
	noise(r, x)
	for s := range len(x) / 512 {
		for i := range 4 {
			for j := range 5 {
				x[512*s+4+124*i+18*j+12] = commands[r.IntN(len(commands))]
				x[512*s+4+124*i+18*j+11] &= 0xf0
			}
			x[512*s+4+124*i+90+10] &= 0xf0
			x[512*s+4+124*i+90+11] |= 1
		}
		seal(x[512*s : 512*s+512])
	}
	x[0] = 1
	le.PutUint16(x[2:], uint16(r.IntN(len(x)/512*4+1)))
	le.PutUint16(x[500:], uint16(r.IntN(30)))
	seal(x[:512])
}

func (d *disk) randomTests(r *rand.Rand) {
	types := []byte{0, 1, 2, 3, 4, 0x7f, 0x81, 0x82, 0x83, 0x84, 0x40, 0x90, 0xff, 2, 1, 1, 2}
	b := d.smart[6]
	clear(b)
	le.PutUint16(b, 1)
	n := r.IntN(22)
	for i := range n {
		e := b[2+24*i : 26+24*i]
		noise(r, e)
		e[0], e[1] = types[r.IntN(len(types))], randomByte(r)&0x7f
		if r.IntN(3) == 0 {
			e[1] = 0
		}
		if r.IntN(3) == 0 {
			copy(e[5:], "\xff\xff\xff\xff")
		}
	}
	b[508] = byte(n)
	seal(b)
	x := d.gp[7]
	clear(x)
	x[0] = 1
	n = r.IntN(20)
	for i := range n {
		e := x[4+26*i : 30+26*i]
		noise(r, e)
		e[0], e[1] = types[r.IntN(len(types))], randomByte(r)&0x7f
		if r.IntN(3) == 0 {
			e[1] = 0
		}
	}
	le.PutUint16(x[2:], uint16(n))
	seal(x)
	s := d.smart[9]
	noise(r, s)
	le.PutUint16(s, uint16(r.IntN(3)))
	le.PutUint16(s[500:], uint16(r.IntN(7)))
	le.PutUint16(s[502:], uint16(r.IntN(32)))
	for i := range 5 {
		for j := 5; j < 8; j++ {
			s[2+16*i+j], s[10+16*i+j] = 0, 0
		}
	}
	copy(s[497:500], "\x00\x00\x00")
	seal(s)
}

func (d *disk) randomOthers(r *rand.Rand) {
	for page := 1; page < 8; page++ {
		b := d.gp[4][512*page : 512*page+512]
		for i := 8; i < 8*(2+r.IntN(14)); i += 8 {
			noise(r, b[i:i+8])
			b[i+7] = randomByte(r) | byte(0x80*r.IntN(2))
		}
	}
	defects := d.gp[0x0c]
	noise(r, defects)
	le.PutUint32(defects, uint32([]int{0, 1, 5, 31, 40, 63, 100}[r.IntN(7)]))
	phy := d.gp[0x11]
	clear(phy)
	at := 4
	for id := 1; id < 20; id++ {
		if r.IntN(3) == 0 {
			continue
		}
		words := 1 + r.IntN(4)
		le.PutUint16(phy[at:], uint16(id|words<<12|0x8000*(r.IntN(10)/9)))
		noise(r, phy[at+2:at+2+2*words])
		if r.IntN(4) == 0 {
			copy(phy[at+2:at+2+2*words], bytes.Repeat([]byte{255}, 8))
		}
		at += 2 + 2*words
	}
	seal(phy)
	s := d.smart[0xe0]
	s[10] = byte(r.IntN(8))
	if r.IntN(2) == 0 {
		put(s, map[int]uint16{8: 3, 9: 2})
	}
	noise(r, s[200:206])
	noise(r, s[206:214])
	if r.IntN(3) == 0 {
		noise(r, s[480:])
	}
	le.PutUint16(s[214:], []uint16{0, uint16(d.registers.LBA >> 8), 0x1234}[r.IntN(3)])
	d.erc = []uint16{0, 1, 70, 255, 1000}[r.IntN(5)]
	for i := range 128 {
		d.history[34+i] = randomByte(r)
		if i > 0 && r.IntN(2) == 0 {
			d.history[34+i] = d.history[33+i]
		}
	}
	d.history[32] = byte(r.IntN(128))
	noise(r, d.history[6:10])
}

// nearby are bytes of which raw values have many.
var nearby = []byte{0, 0, 0, 0, 1, 20, 29, 30, 31, 38, 39, 40, 41, 45, 60, 120, 121, 127, 128, 196, 240, 254, 255, 255}

func randomByte(r *rand.Rand) byte {
	if r.IntN(4) == 0 {
		return byte(r.Uint32())
	}
	return nearby[r.IntN(len(nearby))]
}

// seal sets the checksum of a page.
func seal(page []byte) []byte {
	page[511] = 0
	var sum byte
	for _, c := range page {
		sum += c
	}
	page[511] = -sum
	return page
}
