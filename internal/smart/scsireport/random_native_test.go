//go:build amd64

package scsireport_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"rescuebox/internal/smart/oracle"
)

// random is a disk with pages that are whole, and any values in them.
func random(r *rand.Rand) *disk {
	d := newDisk()
	bits := func() uint64 { return r.Uint64() >> r.IntN(64) }
	small := func(n int) byte { return byte(r.IntN(n)) }
	for _, page := range []byte{2, 3, 5} {
		d.log(page, 0, errorCounters(bits(), bits(), bits(), bits(), bits(), bits(), bits())...)
	}
	d.log(6, 0, counter(0, bits()))
	d.log(0x0d, 0, parameter(0, 1, 0, small(256)), parameter(1, 1, 0, small(256)))
	d.log(0x0e, 0, parameter(1, 1, []byte("202533")...), parameter(3, 3, be.AppendUint32(nil, uint32(bits()))...),
		parameter(4, 3, be.AppendUint32(nil, uint32(bits()))...), parameter(6, 3, be.AppendUint32(nil, uint32(bits()))...))
	var tests [][]byte
	for i := range uint16(r.IntN(21)) {
		sense := fmt.Sprintf("%02x%02x%02x", small(16), small(256), small(256))
		tests = append(tests, selfTest(i+1, small(7)+1, small(16), small(9), uint16(bits())|1, bits(), sense))
	}
	d.selfTests(tests...)
	d.log(0x11, 0, parameter(1, 3, 0, 0, 0, small(256)))
	minutes := func() uint32 { return uint32(bits()) >> 1 } // smartctl takes more for less than none
	scan := [][]byte{scanStatus(minutes(), small(12), uint16(bits()), uint16(bits()), uint16(bits()))}
	for i := range uint16(r.IntN(30)) {
		scan = append(scan, scanEntry(i+1, minutes(), small(16), small(16), small(256), small(256), bits()))
	}
	d.log(0x15, 0, scan...)
	var ports [][]byte
	for i := range 1 + r.IntN(3) {
		p := phy(small(256), small(10), small(8), small(12), bits(), bits(), uint32(bits()), uint32(bits()), uint32(bits()), uint32(bits()))
		p[5] = small(10)<<4 | p[5]
		p[6], p[7] = small(256), small(256)
		ports = append(ports, port(uint16(i+1), p))
	}
	d.log(0x18, 0, ports...)
	statistics := make([]byte, 64)
	for i := range statistics {
		statistics[i] = small(256)
	}
	d.log(0x19, 0, parameter(1, 3, statistics...), parameter(4, 3, statistics...))
	exception := [][2]byte{{0, small(255)}, {0x5d, 16*(1+small(6)) + small(13)}, {0x0b, small(0x15)}}[r.IntN(3)]
	d.log(0x2f, 0, parameter(0, 3, exception[0], exception[1], small(255), small(255), 0, 0, 0, 0))
	d.answer("b7 0c 00 00 00 00 00 00 00 08 00 00", 0, be.AppendUint32([]byte{0, 8 | small(8), 0, 0}, uint32(bits())), nil)
	d.capacity(bits()>>14, 512<<small(4), fmt.Sprintf("%02x%02x", small(2)*(1|small(4)<<1), small(5)))
	d.vpd(0xb1, append([]byte{small(64), small(256), 0, small(16)}, make([]byte, 56)...))
	d.vpd(0xb2, []byte{0, small(256), small(8), 0})
	d.mode(fmt.Sprintf("9c 0a %02x 00 00 00 00 00 00 00 00 01", small(64)))
	d.mode(fmt.Sprintf("8a 0a %02x 00 00 80 00 00 00 00 %02x %02x", small(4), small(256), small(256)))
	return d
}

func TestRandom(t *testing.T) {
	smartctl := oracle.New(t)
	seeds := 20
	if s := os.Getenv("SEEDS"); s != "" {
		seeds, _ = strconv.Atoi(s)
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			compare(t, smartctl, random(rand.New(rand.NewPCG(uint64(seed), 2))).lines(), nil)
		})
	}
}
