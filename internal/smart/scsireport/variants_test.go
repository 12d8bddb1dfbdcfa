package scsireport_test

import "slices"

// variants are disks with what goes wrong, or is rare.
func variants() map[string]*disk {
	v := map[string]*disk{"healthy": newDisk()}
	vary := func(name string, f func(*disk)) {
		d := newDisk()
		f(d)
		v[name] = d
	}
	for name, code := range map[string]string{
		"failing": "5d 10", "too hot": "0b 01", "self-test": "0b 03", "false": "5d ff", "endurance": "5d 73", "firmware": "5d 62", "other": "11 00",
	} {
		vary("exception "+name, func(d *disk) { d.log(0x2f, 0, parameter(0, 3, bytesOf(code+" 22 3c")...)) })
	}
	vary("exception by sense", func(d *disk) {
		d.answer("03 00 00 00 12 00", 0, bytesOf("70 00 01 00 00 00 00 0a 00 00 00 00 5d 14 00 00 00 00"), nil)
	})
	vary("no exceptions log", func(d *disk) { d.refuse("4d006f") })
	vary("no exceptions page", func(d *disk) { d.refuse("1a001c"); d.refuse("1a005c") })
	vary("exceptions off", func(d *disk) { d.mode("9c 0a 08 00 00 00 00 00 00 00 00 01") })
	vary("uncorrected errors", func(d *disk) {
		d.log(3, 0, errorCounters(1, 2, 3, 6, 9, 1<<50, 17)...)
		d.log(2, 0, errorCounters(1<<64-1, 1<<64-1, 1<<64-1, 1<<64-1, 1<<64-1, 1<<63, 1<<64-1)...)
		d.log(5, 0, errorCounters(0, 0, 0, 0, 0, 0, 0)...)
		d.log(6, 0, counter(0, 1<<40), counter(1, 3))
	})
	vary("short counters", func(d *disk) {
		d.log(3, 0, parameter(0, 2, 1, 2, 3, 4), parameter(3, 2, 0, 9), parameter(6, 2, 7), parameter(0x8001, 2, 1, 1))
		d.log(2, 0)
		d.log(6, 0)
	})
	vary("no counters", func(d *disk) {
		d.refuse("4d0042")
		d.refuse("4d0043")
		d.refuse("4d0045")
	})
	vary("grown defects", func(d *disk) {
		d.answer("b7 0c 00 00 00 00 00 00 00 08 00 00", 0, bytesOf("00 0d 00 00 00 00 08 20"), nil)
	})
	vary("grown defects of ten", func(d *disk) {
		d.refuse("b7")
		d.answer("37 00 0c 00 00 00 00 00 04 00", 0, bytesOf("00 08 00 18"), nil)
	})
	vary("defects of another kind", func(d *disk) {
		d.answer("b7 0c 00 00 00 00 00 00 00 08 00 00", 0, bytesOf("00 0e 00 00 00 00 00 18"), nil)
	})
	vary("defects not grown", func(d *disk) {
		d.answer("b7 0c 00 00 00 00 00 00 00 08 00 00", 0, bytesOf("00 05 00 00 00 00 00 18"), nil)
	})
	vary("no defects", func(d *disk) { d.refuse("b7"); d.refuse("37") })
	vary("failed self-tests", func(d *disk) {
		var tests [][]byte
		for i := range uint16(16) {
			tests = append(tests, selfTest(i+1, byte(i), byte(i), byte(i), 32000-i*100, uint64(i)<<34|1, "03 11 14"))
		}
		tests[1] = selfTest(2, 1, 7, 3, 31900, 1<<64-1, "04 44 44")
		d.selfTests(tests...)
	})
	for i := range byte(11) {
		vary("self-test outcome, scan "+string('0'+i), func(d *disk) {
			d.selfTests(selfTest(1, 2, i, 0, 100, 5, "000000"))
			d.log(0x15, 0, scanStatus(uint32(i)*7, i, 0, uint16(i)*6000, 0))
		})
	}
	vary("self-test running", func(d *disk) {
		d.selfTests(selfTest(1, 2, 15, 0, 0, 1<<64-1, "000000"))
		d.answer("03 00 00 00 12 00", 0, bytesOf("70 00 02 00 00 00 00 0a 00 00 00 00 04 09 00 80 40 00"), nil)
	})
	vary("no self-tests", func(d *disk) { d.selfTests() })
	vary("endless self-test", func(d *disk) { d.mode("8a 0a 00 00 00 80 00 00 00 00 ff ff") })
	vary("background scan", func(d *disk) {
		list := [][]byte{scanStatus(1890123, 3, 65535, 65535, 12)}
		for i := range byte(16) {
			list = append(list, scanEntry(uint16(i)+1, 1000*uint32(i), i, 3, 0x11, i, 1<<(4*i)))
		}
		d.log(0x15, 0, list...)
	})
	vary("no scan log", func(d *disk) { d.refuse("4d0055") })
	vary("temperature unknown", func(d *disk) { d.log(0x0d, 0, parameter(0, 1, 0, 255), parameter(1, 1, 0, 255)) })
	vary("temperature not limited", func(d *disk) { d.log(0x0d, 0, parameter(0, 1, 0, 70)) })
	vary("no temperature", func(d *disk) { d.refuse("4d004d") })
	vary("temperature by exceptions", func(d *disk) { d.log(0, 0, bytesOf("00 02 03 05 06 0e 0f 10 15 18 19 2f")) })
	vary("start and stop", func(d *disk) {
		d.log(0x0e, 0, parameter(1, 1, []byte("199952")...), parameter(3, 3, 255, 255, 255, 255), parameter(4, 3, 255, 255, 255, 254), parameter(5, 3, 0, 0, 0, 0))
	})
	vary("undated", func(d *disk) { d.log(0x0e, 0, parameter(1, 1, make([]byte, 6)...), parameter(4, 3, 0, 0, 0, 1)) })
	vary("worn out", func(d *disk) { d.log(0x11, 0, parameter(1, 3, 0, 0, 0, 255)) })
	vary("environment", func(d *disk) {
		d.log(0, 0xff, bytesOf("0000 0200 0300 0500 0600 0d00 0d01 0e00 1000 1100 1500 1800 1900 2f00"))
		d.log(0x0d, 1, parameter(0, 3, 0, 34, 55, 0xf2, 32, 16, 0, 0), parameter(1, 3, 0, 128, 128, 128, 128, 128, 0, 0), parameter(0x100, 3, 0, 50, 80, 20, 70, 10, 0, 0))
	})
	vary("pending defects", func(d *disk) {
		d.log(0, 0xff, bytesOf("0000 0200 0300 0d00 1500 1501 2f00"))
		d.log(0x15, 1, parameter(0, 3, 0, 0, 0, 3), parameter(1, 3, bytesOf("00000064 0000000000001234")...),
			parameter(2, 3, bytesOf("ffffffff 0000000000005678")...), parameter(3, 3, bytesOf("00000001 000000ffffffffff")...))
	})
	vary("no pending defects", func(d *disk) {
		d.log(0, 0xff, bytesOf("0000 0200 0300 0d00 1500 1501 2f00"))
		d.log(0x15, 1, parameter(0, 3, 0, 0, 0, 0))
	})
	vary("statistics", func(d *disk) {
		var b []byte
		for i := range 8 {
			b = be.AppendUint64(b, uint64(i)*1_000_003+7)
		}
		d.log(0x19, 0, parameter(1, 3, b...), parameter(2, 3, b[:8]...), parameter(3, 3, b[8:16]...), parameter(4, 3, b...))
	})
	vary("ports", func(d *disk) {
		var ports [][]byte
		for i := range byte(16) {
			p := phy(i, i, i&7, i, uint64(i), 1<<63, uint32(i), 1<<32-1, 3, 4)
			p[5], p[6], p[7] = i<<4|i, i, ^i
			ports = append(ports, port(uint16(i), p, phy(i+1, 2, 1, 9, 1, 2, 3, 4, 5, 6)))
		}
		d.log(0x18, 0, ports...)
	})
	for name, sources := range map[string]string{"": "01 05 06 20 21 22 23 24 25 26 d0 2b 2c 2d 2e", "frame ": "40 41 42 43 44 45 50 51 52 60 61 63"} {
		vary(name+"phy events", func(d *disk) {
			p := append(phy(1, 0, 1, 10, 5, 6, 1, 2, 3, 4), 0, 0, 0, 0)
			for _, source := range bytesOf(sources) {
				p = append(p, 0, 0, 0, source, 0, 0, 1, source, 0, 0, 0, 5)
				p[51]++
			}
			p[3] = byte(len(p) - 4)
			d.log(0x18, 0, port(1, p))
		})
	}
	vary("not SAS", func(d *disk) { d.log(0x18, 0, parameter(1, 3, 5, 0, 0, 1)) })
	vary("no logs", func(d *disk) { d.refuse("4d") })
	vary("solid", func(d *disk) {
		d.vpd(0xb1, append(bytesOf("00 01 00 03"), make([]byte, 56)...))
		d.vpd(0xb2, bytesOf("00 e4 02 00"))
		d.capacity(1<<33, 4096, "00 00 80 00")
	})
	vary("protected", func(d *disk) { d.capacity(1<<40, 512, "03 03") })
	vary("larger than counted", func(d *disk) { d.refuse("9e"); d.capacity(1<<32-1, 512, "00 00"); d.refuse("9e") })
	vary("no capacity", func(d *disk) { d.refuse("9e"); d.refuse("25") })
	vary("reserved rotation", func(d *disk) { d.vpd(0xb1, append(bytesOf("04 00 00 0f"), make([]byte, 56)...)) })
	vary("zoned", func(d *disk) { d.vpd(0xb1, append(bytesOf("1c 20 00 02 10"), make([]byte, 55)...)) })
	vary("no vital product data", func(d *disk) { d.refuse("1201") })
	vary("long name", func(d *disk) {
		d.vpd(0x83, bytesOf("01 03 00 10 60 01 40 5a 1b 2c 3d 4e 5f 60 71 82 93 a4 b5 c6"))
		d.vpd(0x80, slices.Concat([]byte("  A B"), make([]byte, 3)))
	})
	vary("not printable", func(d *disk) {
		d.inquiry("00 00 06 12 8b 01 10 02", "\xffA\x01B", "S\xc3\xa9 \"x\\", "\x7f")
		d.vpd(0x80, bytesOf("41 01 1f 20 7f 80 ff 5c 22 43"))
	})
	vary("only EUI", func(d *disk) { d.vpd(0x83, bytesOf("01 02 00 08 00 25 38 5b 11 22 33 44")) })
	vary("only a name", func(d *disk) { d.vpd(0x83, append(bytesOf("03 08 00 14"), "naa.5000C5006201\x00\x00\x00\x00"...)) })
	for i := range byte(21) {
		vary("type, protocol "+string('A'+i), func(d *disk) {
			d.refuse("120183")
			d.mode("99 06 0" + string("0123456789abcdef"[i&15]) + " 00 00 00 00 00")
			// Those of tapes have other pages, and smartctl asks for them.
			if i == 1 || i == 8 {
				return
			}
			d.inquiry(string([]byte{'0' + i>>4, "0123456789abcdef"[i&15]})+"00 05 12 8b 01 10 02", "VENDOR", "a product", "1")
		})
	}
	vary("old", func(d *disk) { d.inquiry("00 00 03 02 1f 00 00 02", " old", "disk", "") })
	vary("caches off", func(d *disk) { d.mode("88 12 01 00 ff ff 00 00 ff ff ff ff 80 20 00 00 00 00 00 00") })
	vary("block descriptor", func(d *disk) {
		d.answer("1a 00 1c 00 40 00", 0, bytesOf("17 00 10 08 00 00 00 00 00 00 02 00 9c 0a 00 00 00 00 00 00 00 00 00 01"), nil)
	})
	return v
}

// ten is a disk that knows MODE SENSE of 10 bytes only. smartctl does not read its pages.
func ten() *disk {
	d := newDisk()
	d.refuse("1a")
	d.answer("5a 00 08 00 00 00 00 00 40 00", 0, bytesOf("00 1a 00 00 00 00 00 00 88 12 04 00 ff ff 00 00 ff ff ff ff 80 20 00 00 00 00 00 00"), nil)
	d.answer("5a 00 1c 00 00 00 00 00 40 00", 0, bytesOf("00 12 00 00 00 00 00 00 9c 0a 10 00 00 00 00 00 00 00 00 01"), nil)
	d.answer("5a 00 5c 00 00 00 00 00 40 00", 0, bytesOf("00 12 00 00 00 00 00 00 9c 0a 9f 0f ff ff ff ff ff ff ff ff"), nil)
	d.answer("5a 00 0a 00 00 00 00 00 40 00", 0, bytesOf("00 12 00 00 00 00 00 00 8a 0a 00 00 00 80 00 00 00 00 2c 40"), nil)
	return d
}
