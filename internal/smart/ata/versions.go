package ata

import "strings"

// minors are the names of minor version numbers in word 81 (ACS-3, table 55; ACS-4 and
// ACS-5 for the later ones).
var minors = map[uint16]string{
	0x0001: "ATA-1 X3T9.2/781D prior to revision 4",
	0x0002: "ATA-1 published, ANSI X3.221-1994",
	0x0003: "ATA-1 X3T9.2/781D revision 4",
	0x0004: "ATA-2 published, ANSI X3.279-1996",
	0x0005: "ATA-2 X3T10/948D prior to revision 2k",
	0x0006: "ATA-3 X3T10/2008D revision 1",
	0x0007: "ATA-2 X3T10/948D revision 2k",
	0x0008: "ATA-3 X3T10/2008D revision 0",
	0x0009: "ATA-2 X3T10/948D revision 3",
	0x000a: "ATA-3 published, ANSI X3.298-1997",
	0x000b: "ATA-3 X3T10/2008D revision 6",
	0x000c: "ATA-3 X3T13/2008D revision 7 and 7a",
	0x000d: "ATA/ATAPI-4 X3T13/1153D revision 6",
	0x000e: "ATA/ATAPI-4 T13/1153D revision 13",
	0x000f: "ATA/ATAPI-4 X3T13/1153D revision 7",
	0x0010: "ATA/ATAPI-4 T13/1153D revision 18",
	0x0011: "ATA/ATAPI-4 T13/1153D revision 15",
	0x0012: "ATA/ATAPI-4 published, ANSI NCITS 317-1998",
	0x0013: "ATA/ATAPI-5 T13/1321D revision 3",
	0x0014: "ATA/ATAPI-4 T13/1153D revision 14",
	0x0015: "ATA/ATAPI-5 T13/1321D revision 1",
	0x0016: "ATA/ATAPI-5 published, ANSI NCITS 340-2000",
	0x0017: "ATA/ATAPI-4 T13/1153D revision 17",
	0x0018: "ATA/ATAPI-6 T13/1410D revision 0",
	0x0019: "ATA/ATAPI-6 T13/1410D revision 3a",
	0x001a: "ATA/ATAPI-7 T13/1532D revision 1",
	0x001b: "ATA/ATAPI-6 T13/1410D revision 2",
	0x001c: "ATA/ATAPI-6 T13/1410D revision 1",
	0x001d: "ATA/ATAPI-7 published, ANSI INCITS 397-2005",
	0x001e: "ATA/ATAPI-7 T13/1532D revision 0",
	0x001f: "ACS-3 T13/2161-D revision 3b",
	0x0021: "ATA/ATAPI-7 T13/1532D revision 4a",
	0x0022: "ATA/ATAPI-6 published, ANSI INCITS 361-2002",
	0x0027: "ATA8-ACS T13/1699-D revision 3c",
	0x0028: "ATA8-ACS T13/1699-D revision 6",
	0x0029: "ATA8-ACS T13/1699-D revision 4",
	0x0031: "ACS-2 T13/2015-D revision 2",
	0x0033: "ATA8-ACS T13/1699-D revision 3e",
	0x0039: "ATA8-ACS T13/1699-D revision 4c",
	0x0042: "ATA8-ACS T13/1699-D revision 3f",
	0x0052: "ATA8-ACS T13/1699-D revision 3b",
	0x005e: "ACS-4 T13/BSR INCITS 529 revision 5",
	0x006d: "ACS-3 T13/2161-D revision 5",
	0x0082: "ACS-2 published, ANSI INCITS 482-2012",
	0x009c: "ACS-4 published, ANSI INCITS 529-2018",
	0x0107: "ATA8-ACS T13/1699-D revision 2d",
	0x010a: "ACS-3 published, ANSI INCITS 522-2014",
	0x0110: "ACS-2 T13/2015-D revision 3",
	0x011b: "ACS-3 T13/2161-D revision 4",
}

// majors are the names of the bits of word 80 from 1 on (ACS-3, 7.12.7.36).
var majors = [16]string{
	1: "ATA-1", "ATA-2", "ATA-3", "ATA/ATAPI-4", "ATA/ATAPI-5", "ATA/ATAPI-6", "ATA/ATAPI-7",
	"ATA8-ACS", "ACS-2", "ACS-3", "ACS-4", "ACS-5", "ACS-6", "ACS >6 (14)", "ACS >6 (15)",
}

// Version is the ATA standard that the disk follows: words 80 and 81, and a name, which
// is empty where neither says anything.
func (d *Identity) Version() (major, minor uint16, name string) {
	return d.words[80], d.words[81], versionName(d.words[80], d.words[81])
}

func versionName(major, minor uint16) string {
	name := ""
	for bit, n := range majors {
		if major>>bit&1 != 0 && n != "" {
			name = n
		}
	}
	if major == 0xffff && (minor == 0 || minor == 0xffff) {
		return ""
	}
	told := minor != 0 && minor != 0xffff
	if name == "" {
		if major == 0 && !told {
			return ""
		}
		name = "Unknown(0x" + hex(uint64(major), 4) + ")"
	}
	switch full := minors[minor]; {
	case full != "" && strings.HasPrefix(full, name):
		return full
	case full != "":
		return name + ", " + full
	case !told:
		return name + " (minor revision not indicated)"
	}
	return name + " (unknown minor revision code: 0x" + hex(uint64(minor), 4) + ")"
}

// revisions are the names of the bits of word 222 (ACS-3, 7.12.7.88; ACS-4).
var (
	parallel  = [12]string{"ATA8-APT"}
	revisions = [12]string{
		"ATA8-AST", "SATA 1.0a", "SATA II Ext", "SATA 2.5", "SATA 2.6", "SATA 3.0", "SATA 3.1",
		"SATA 3.2", "SATA 3.3", "SATA 3.4", "SATA 3.5", "SATA >3.5 (11)",
	}
)

// Transport is the newest revision of the transport that the disk follows: word 222 and
// a name, with parallel and serial ATA told apart. No name: it is not told.
func (d *Identity) Transport() (value uint16, name string, serial bool) {
	value = d.words[222]
	if value == 0 || value == 0xffff {
		return value, "", false
	}
	names := parallel
	switch value >> 12 {
	case 0:
	case 1:
		names, serial = revisions, true
	case 14:
		return value, "PCIe (0x" + hex(uint64(value&0xfff), 3) + ")", false
	default:
		return value, "Unknown (0x" + hex(uint64(value), 4) + ")", false
	}
	for bit := len(names) - 1; bit >= 0; bit-- {
		if value>>bit&1 != 0 {
			name = names[bit]
			if name == "" {
				name = "Unknown (0x" + hex(uint64(value&0xfff), 3) + ")"
			}
			break
		}
	}
	return value, name, serial
}

// speeds are those of the SATA generations in 100 Mb/s (ACS-3, 7.12.7.31).
var speeds = [4]int{0, 15, 30, 60}

// Speed is the number of a SATA generation, 0 where it is not told.
type Speed uint8

// Hundreds is the speed in 100 Mb/s, 0 for generations that have none yet.
func (s Speed) Hundreds() int {
	if int(s) < len(speeds) {
		return speeds[s]
	}
	return 0
}

// Speeds are the greatest and the current speed of the link, with the field of all that
// are supported.
func (d *Identity) Speeds() (greatest, current Speed, supported uint16) {
	if w := d.words[76]; w != 0 && w != 0xffff && w&1 == 0 {
		supported = w & 0xfe
		for bit := 7; bit > 0 && greatest == 0; bit-- {
			if w>>bit&1 != 0 {
				greatest = Speed(bit)
			}
		}
	}
	if w := d.words[77]; w&1 == 0 {
		current = Speed(w >> 1 & 7)
	}
	return greatest, current, supported
}

func hex(v uint64, digits int) string {
	const table = "0123456789abcdef"
	out := make([]byte, 0, 16)
	for shift := 60; shift >= 0; shift -= 4 {
		if c := v >> shift & 15; c != 0 || len(out) > 0 || shift < 4*digits {
			out = append(out, table[c])
		}
	}
	return string(out)
}
