package main

import (
	"bytes"
	"encoding/binary"
	"os"
)

// The table of powers of ten (internal/strconv/pow10tab.go) serves to print and parse
// floating-point numbers alone. The runtime has it linked for traces that nobody asks
// the kit for; eleven kilobytes that look like noise are a fiftieth of it.
const (
	firstPower      = 0xfa8fd5a0081c0288 // high half of the first entry
	firstPowerLow   = 0x1732c869cd60e453
	powers          = 696
	bytesOfOnePower = 16
)

// dropPowers empties the table in a linked program; one that does not have it stays
// as it is. The caller makes sure that nothing else needs it (checkFloats).
func dropPowers(file string, order binary.ByteOrder) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var first [bytesOfOnePower]byte
	order.PutUint64(first[:], firstPower)
	order.PutUint64(first[8:], firstPowerLow)
	at := bytes.Index(data, first[:])
	if at < 0 || at+powers*bytesOfOnePower > len(data) {
		return nil
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(make([]byte, powers*bytesOfOnePower), int64(at)); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
