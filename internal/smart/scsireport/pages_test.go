package scsireport_test

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"rescuebox/internal/smart/replay"
)

// disk is the exchanges of a SCSI device, made by the specification.
type disk struct {
	cdbs      []string // in order
	exchanges map[string][3][]byte
}

var be = binary.BigEndian

func bytesOf(digits string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		panic(err)
	}
	return b
}

// answer sets what a command is answered.
func (d *disk) answer(cdb string, status byte, data, sense []byte) {
	cdb = strings.Join(strings.Fields(cdb), "")
	if _, ok := d.exchanges[cdb]; !ok {
		d.cdbs = append(d.cdbs, cdb)
	}
	d.exchanges[cdb] = [3][]byte{{status}, data, sense}
}

// refuse forgets all commands that start so.
func (d *disk) refuse(prefix string) {
	for cdb := range d.exchanges {
		if strings.HasPrefix(cdb, prefix) {
			delete(d.exchanges, cdb)
		}
	}
	d.cdbs = slices.DeleteFunc(d.cdbs, func(c string) bool { return strings.HasPrefix(c, prefix) })
}

func (d *disk) lines() []byte {
	var out []byte
	for _, cdb := range d.cdbs {
		e := d.exchanges[cdb]
		out = replay.AppendSCSI(out, bytesOf(cdb), e[0][0], e[1], e[2])
	}
	return out
}

func (d *disk) vpd(page byte, body []byte) {
	data := append([]byte{0, page, byte(len(body) >> 8), byte(len(body))}, body...)
	for _, size := range []int{0xfc, 8, 64} {
		d.answer(hex.EncodeToString([]byte{0x12, 1, page, byte(size >> 8), byte(size), 0}), 0, data[:min(len(data), size)], nil)
	}
}

// log sets a log page of parameters.
func (d *disk) log(page, sub byte, parameters ...[]byte) {
	first := page
	if sub != 0 {
		first |= 0x40
	}
	body := slices.Concat(parameters...)
	data := append([]byte{first, sub, byte(len(body) >> 8), byte(len(body))}, body...)
	d.refuse(hex.EncodeToString([]byte{0x4d, 0, 0x40 | page, sub}))
	for _, size := range []int{4, len(data), len(data) + len(data)%2, 252, 0x3efc} {
		cdb := []byte{0x4d, 0, 0x40 | page, sub, 0, 0, 0, byte(size >> 8), byte(size), 0}
		d.answer(hex.EncodeToString(cdb), 0, data[:min(len(data), size)], nil)
	}
}

// parameter is one of a log page.
func parameter(code uint16, control byte, value ...byte) []byte {
	return append([]byte{byte(code >> 8), byte(code), control, byte(len(value))}, value...)
}

func counter(code uint16, v uint64) []byte {
	return parameter(code, 2, be.AppendUint64(nil, v)...)
}

// mode sets a mode page for the current and changeable values.
func (d *disk) mode(page string) {
	body := bytesOf(page)
	for _, control := range []byte{0, 0x40} {
		data := append([]byte{byte(3 + len(body)), 0, 0x10, 0}, body...)
		d.answer(hex.EncodeToString([]byte{0x1a, 0, control | body[0]&0x3f, 0, 64, 0}), 0, data, nil)
	}
}

func (d *disk) inquiry(digits string, vendor, product, revision string) {
	b := bytesOf(digits)
	pad := func(s string, n int) []byte { return []byte((s + strings.Repeat(" ", n))[:n]) }
	b = slices.Concat(b, pad(vendor, 8), pad(product, 16), pad(revision, 4))
	d.answer("12 00 00 00 24 00", 0, b, nil)
	d.answer("12 00 00 00 40 00", 0, b, nil)
}

func (d *disk) capacity(last uint64, block uint32, flags string) {
	b := be.AppendUint32(be.AppendUint64(nil, last), block)
	b = append(b, bytesOf(flags)...)
	d.answer("9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00", 0, append(b, make([]byte, 32-len(b))...), nil)
	d.answer("25 00 00 00 00 00 00 00 00 00", 0, be.AppendUint32(be.AppendUint32(nil, uint32(min(last, 1<<32-1))), block), nil)
}

// errorCounters are the parameters of a page of them.
func errorCounters(v ...uint64) (out [][]byte) {
	for i, n := range v {
		out = append(out, counter(uint16(i), n))
	}
	return out
}

// selfTest is a parameter of the page 10h.
func selfTest(number uint16, code, result, segment byte, hours uint16, lba uint64, sense string) []byte {
	b := []byte{code<<5 | result, segment, byte(hours >> 8), byte(hours)}
	b = be.AppendUint64(b, lba)
	return parameter(number, 3, append(b, bytesOf(sense+"00")...)...)
}

func noTest(number uint16) []byte { return parameter(number, 3, make([]byte, 16)...) }

func (d *disk) selfTests(tests ...[]byte) {
	for i := len(tests); i < 20; i++ {
		tests = append(tests, noTest(uint16(i+1)))
	}
	d.log(0x10, 0, tests...)
}

// scanStatus is the first parameter of the page 15h.
func scanStatus(minutes uint32, status byte, scans, progress, medium uint16) []byte {
	b := be.AppendUint32(nil, minutes)
	b = append(b, 0, status, byte(scans>>8), byte(scans), byte(progress>>8), byte(progress), byte(medium>>8), byte(medium))
	return parameter(0, 3, b...)
}

func scanEntry(number uint16, minutes uint32, reassign, key, asc, ascq byte, lba uint64) []byte {
	b := be.AppendUint32(nil, minutes)
	b = append(b, reassign<<4|key, asc, ascq, 0, 0, 0, 0, 0)
	return parameter(number, 3, be.AppendUint64(b, lba)...)
}

// phy is a descriptor of the page 18h.
func phy(id, reason, attached, rate byte, address, other uint64, counts ...uint32) []byte {
	b := []byte{0, id, 0, 48 - 4, attached<<4 | reason, rate, 0x0e, 0}
	b = be.AppendUint64(be.AppendUint64(b, address), other)
	b = append(b, 3, 0, 0, 0, 0, 0, 0, 0)
	for _, c := range counts {
		b = be.AppendUint32(b, c)
	}
	return b
}

func port(id uint16, phys ...[]byte) []byte {
	b := []byte{6, 0, 2, byte(len(phys))}
	return parameter(id, 3, append(b, slices.Concat(phys...)...)...)
}

// newDisk is a healthy SAS disk.
func newDisk() *disk {
	d := &disk{exchanges: map[string][3][]byte{}}
	d.inquiry("00 00 06 12 8b 01 10 02", "SEAGATE", "ST4000NM0034", "E005")
	d.vpd(0, bytesOf("00 80 83 86 87 88 8a 90 b0 b1 b2"))
	d.vpd(0x80, []byte("Z4F00000ABCDEFGH"))
	d.vpd(0x83, bytesOf("01 03 00 08 50 00 c5 00 62 01 02 03  61 93 00 08 50 00 c5 00 62 01 02 01  61 94 00 04 00 00 00 01  61 a3 00 08 50 00 c5 00 62 01 02 00"))
	d.vpd(0xb0, append(bytesOf("00 01 00 00"), make([]byte, 56)...))
	d.vpd(0xb1, append(bytesOf("1c 20 00 02"), make([]byte, 56)...))
	d.vpd(0xb2, bytesOf("00 00 00 00"))
	d.capacity(7814037167, 512, "00 03")
	d.mode("9c 0a 10 00 00 00 00 00 00 00 00 01")
	d.mode("88 12 14 00 ff ff 00 00 ff ff ff ff 80 20 00 00 00 00 00 00")
	d.mode("8a 0a 02 00 00 80 00 00 00 00 2c 40")
	d.mode("99 06 06 00 00 00 00 00")
	d.answer("00 00 00 00 00 00", 0, nil, nil)
	d.log(0, 0, bytesOf("00 02 03 05 06 0d 0e 0f 10 11 15 18 19 1a 2f 37 38 3e"))
	d.log(2, 0, errorCounters(0, 0, 0, 0, 0, 12345678901234, 0)...)
	d.log(3, 0, errorCounters(2848143967, 3, 4, 2848143974, 7, 68674396000000, 0)...)
	d.log(5, 0, errorCounters(10, 0, 0, 10, 0, 99000000000, 0)...)
	d.log(6, 0, counter(0, 5))
	d.log(0x0d, 0, parameter(0, 1, 0, 34), parameter(1, 1, 0, 60))
	d.log(0x0e, 0, parameter(1, 1, []byte("201512")...), parameter(2, 1, []byte("      ")...),
		parameter(3, 3, 0, 0, 0x27, 0x10), parameter(4, 3, 0, 0, 0, 0x5a), parameter(5, 3, 0, 4, 0x93, 0xe0), parameter(6, 3, 0, 0, 0x0b, 0xb8))
	d.log(0x0f, 0, parameter(0, 3, make([]byte, 252)...))
	d.selfTests(selfTest(1, 1, 0, 0, 31000, 1<<64-1, "000000"), selfTest(2, 2, 0, 0, 30000, 1<<64-1, "000000"))
	d.log(0x11, 0, parameter(1, 3, 0, 0, 0, 7))
	d.log(0x15, 0, scanStatus(1890123, 8, 120, 0x8000, 120))
	d.log(0x18, 0, port(1, phy(0, 0, 2, 0x0b, 0x5000c50062010201, 0x500304801f1f1f1f, 0, 0, 0, 0)),
		port(2, phy(1, 0, 0, 0, 0x5000c50062010202, 0, 1, 2, 3, 4)))
	d.log(0x19, 0, parameter(1, 3, make([]byte, 64)...))
	d.log(0x2f, 0, parameter(0, 3, 0, 0, 34, 60, 0, 0, 0, 0))
	d.answer("b7 0c 00 00 00 00 00 00 00 08 00 00", 0, bytesOf("00 0c 00 00 00 00 00 00"), nil)
	d.answer("37 00 0c 00 00 00 00 00 04 00", 0, bytesOf("00 0c 00 00"), nil)
	d.answer("03 00 00 00 12 00", 0, bytesOf("70 00 00 00 00 00 00 0a 00 00 00 00 00 00 00 00 00 00"), nil)
	return d
}

// willing lets all be set and tested.
func (d *disk) willing() {
	for page, bits := range map[string]string{"08": "88 12 05", "0a": "8a 0a 02", "1c": "9c 0a 98"} {
		b := bytesOf(bits)
		b = append(b, make([]byte, int(b[1])-1)...)
		d.answer("1a 00 "+hex.EncodeToString([]byte{0x40 | bytesOf(page)[0]})+" 00 40 00", 0, append([]byte{byte(len(b) + 3), 0, 0x10, 0}, b...), nil)
		for _, save := range []string{"10", "11"} {
			d.answer("15 "+save+" 00 00 "+hex.EncodeToString([]byte{byte(len(b) + 4)})+" 00", 0, nil, nil)
		}
	}
	for _, code := range []string{"20", "40", "04", "a0", "c0", "80"} {
		d.answer("1d "+code+" 00 00 00 00", 0, nil, nil)
	}
}
