// Package ata has the commands that ask an ATA disk about itself, and decodes the pages
// that come back: functions of bytes that do nothing else.
//
// Sources: ACS-3 (T13/2161-D revision 5) unless another is named; ATA8-ACS (T13/1699-D
// revision 6a) and ATA/ATAPI-7 (T13/1532D) for what ACS-3 has made obsolete; SFF-8035i
// revision 2.0 for the attributes, which no ATA standard describes; ACS-4 (T13/BSR INCITS
// 529) for pending defects; SATA 3.2 for the counters of the link. Numbers in pages are
// little-endian (ACS-3, 3.3.10).
package ata

import (
	"encoding/binary"
	"errors"
	"strconv"
)

// Sector is the size of a page in bytes.
const Sector = 512

var le = binary.LittleEndian

// whole returns the first sector of a page.
func whole(b []byte) ([]byte, error) {
	if len(b) < Sector {
		return nil, errors.New("a page of " + strconv.Itoa(len(b)) + " bytes, where 512 are needed")
	}
	return b[:Sector], nil
}

// Sum reports whether the bytes of a page add up to zero modulo 256, as those do that
// have a checksum in their last byte.
func Sum(page []byte) bool {
	var sum byte
	for _, c := range page {
		sum += c
	}
	return sum == 0
}

// number is the little-endian number that up to eight bytes are.
func number(b []byte) (v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}
