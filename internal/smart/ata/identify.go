package ata

import "bytes"

// Identity is the IDENTIFY DEVICE data (ACS-3, 7.12.7).
type Identity struct{ words [256]uint16 }

// ParseIdentity reads IDENTIFY DEVICE data. Strings are as they came: two characters in a
// word, the first in the high byte.
func ParseIdentity(b []byte) (*Identity, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	d := &Identity{}
	for i := range d.words {
		d.words[i] = le.Uint16(b[2*i:])
	}
	return d, nil
}

// Word is a word of the data.
func (d *Identity) Word(n int) uint16 { return d.words[n] }

// Bit is a bit of a word.
func (d *Identity) Bit(word, bit int) bool { return d.words[word]>>bit&1 != 0 }

// Sum reports whether the checksum holds, which is only there where the low byte of the
// last word is A5h.
func (d *Identity) Sum() bool {
	if d.words[255]&0xff != 0xa5 {
		return true
	}
	var sum byte
	for _, w := range d.words {
		sum += byte(w) + byte(w>>8)
	}
	return sum == 0
}

// Swap exchanges the two characters in each word of the serial number, the firmware
// revision and the model, for a driver that has already done so.
func (d *Identity) Swap() {
	for _, r := range [][2]int{{10, 20}, {23, 27}, {27, 47}} {
		for i := r[0]; i < r[1]; i++ {
			d.words[i] = d.words[i]<<8 | d.words[i]>>8
		}
	}
}

func (d *Identity) text(from, to int) []byte {
	out := make([]byte, 0, 2*(to-from))
	for _, w := range d.words[from:to] {
		out = append(out, byte(w>>8), byte(w))
	}
	return bytes.TrimSpace(out)
}

// Serial, Firmware, Model and Product (an additional product identifier) are text without
// the spaces around it, of any bytes.
func (d *Identity) Serial() []byte   { return d.text(10, 20) }
func (d *Identity) Firmware() []byte { return d.text(23, 27) }
func (d *Identity) Model() []byte    { return d.text(27, 47) }
func (d *Identity) Product() []byte  { return d.text(170, 174) }

// ATAPI reports whether the data is of a packet device, or of none.
func (d *Identity) ATAPI() bool { return d.words[0]&0x8000 != 0 }

// CFA reports whether it is a CompactFlash card.
func (d *Identity) CFA() bool { return d.words[0] == 0x848a || d.words[0] == 0x044a }

// known reports whether word n has the two bits that mean that it is filled in.
func (d *Identity) known(n int) bool { return d.words[n]>>14 == 1 }

// NAA, OUI and unique ID of the world wide name; false where there is none.
func (d *Identity) WWN() (naa, oui uint32, id uint64, ok bool) {
	if !d.known(87) || !d.Bit(87, 8) {
		return 0, 0, 0, false
	}
	w := d.words[108:112]
	naa = uint32(w[0] >> 12)
	oui = uint32(w[0]&0xfff)<<12 | uint32(w[1]>>4)
	id = uint64(w[1]&15)<<32 | uint64(w[2])<<16 | uint64(w[3])
	return naa, oui, id, true
}

func (d *Identity) long(n, words int) (v uint64) {
	for i := words - 1; i >= 0; i-- {
		v = v<<16 | uint64(d.words[n+i])
	}
	return v
}

// Capacity is the number of logical sectors; zero: unknown.
func (d *Identity) Capacity() (sectors uint64) {
	if d.words[49]&0x0200 == 0 { // LBA; else by cylinders, heads and sectors
		return d.geometry()
	}
	sectors = d.long(60, 2)
	if d.known(83) && d.Bit(83, 10) {
		if long := d.long(100, 4); long >= sectors || d.Bit(86, 10) {
			sectors = long
		}
		if d.words[69]&8 != 0 { // extended number of sectors (ACS-3, 7.12.7.51)
			sectors = d.long(230, 4)
		}
	}
	return sectors
}

// geometry is the capacity by cylinders, heads and sectors (ATA/ATAPI-5, 8.12).
func (d *Identity) geometry() uint64 {
	w := [3]uint16{d.words[1], d.words[3], d.words[6]}
	if current := [3]uint16{d.words[54], d.words[55], d.words[56]}; d.Bit(53, 0) && current[0] != 0 && current[1] != 0 && current[2] != 0 {
		w = current
	}
	return uint64(w[0]) * uint64(w[1]) * uint64(w[2])
}

// SectorSizes are those of logical and physical sectors in bytes, and where in a physical
// one the first logical one lies (ACS-3, 7.12.7.54 and 7.12.7.93).
func (d *Identity) SectorSizes() (logical, physical, offset uint32) {
	logical = 512
	if !d.known(106) {
		return logical, logical, 0
	}
	if d.Bit(106, 12) {
		logical = 2 * uint32(d.long(117, 2))
		if logical == 0 {
			logical = 512
		}
	}
	physical = logical
	if d.Bit(106, 13) {
		physical = logical << (d.words[106] & 15)
		if d.known(209) {
			offset = logical * uint32(d.words[209]&0x3fff)
		}
	}
	return logical, physical, offset
}
