package kernellog

import "strings"

// maxLinks bounds how many names a Log counts complaints of.
const maxLinks = 256

// linkWords are what the drivers of ATA (drivers/ata/libata-eh.c), USB
// (drivers/usb/core/hub.c), NVMe (drivers/nvme/host/pci.c) say when the way to a disk
// fails, and not its medium.
var linkWords = []string{
	"hard resetting link", "soft resetting link", "COMRESET failed", "limiting SATA link speed", "link is slow to respond",
	"SError: {", "ICRC", // in "error: { ICRC ABRT }"
	"reset low-speed USB device", "reset full-speed USB device", "reset high-speed USB device", "reset SuperSpeed",
	"device descriptor read", "device not accepting address", "USB disconnect",
	"timeout, reset controller", "timeout, disable controller", "timeout, completion polled", "timeout, aborting", "controller is down",
}

// ParseLink finds which port or controller a line of the log complains of when it says
// that the way to a disk fails: "ata2", "usb 1-4", "nvme0".
func ParseLink(text string) (port string, ok bool) {
	for _, word := range linkWords {
		if before, _, found := cut(text, word); found {
			return linkPort(before)
		}
	}
	return "", false
}

// linkPort finds the name in what stands before the complaint: "ata2.00: ", "ata2: ",
// "usb 1-4: ", "nvme nvme0: I/O 12 QID 3 ".
func linkPort(before string) (port string, ok bool) {
	fields := strings.Fields(before)
	for i := len(fields) - 1; i >= 0; i-- {
		name, colon := strings.CutSuffix(fields[i], ":")
		if !colon {
			continue
		}
		name, _, _ = cut(name, ".")
		digits := strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz")
		n, rest, number := decimal(digits)
		switch kind := name[:len(name)-len(digits)]; {
		case !number || n < 0:
		case rest == "" && (kind == "ata" || kind == "nvme"):
			return name, true
		case kind == "" && i > 0 && fields[i-1] == "usb" && plainDevice(name):
			return "usb " + strings.TrimSuffix(fields[i], ":"), true
		}
	}
	return "", false
}

// link counts complaints about the ways to disks.
func (l *Log) link(text string) {
	port, ok := ParseLink(text)
	if !ok || len(l.Links) >= maxLinks && l.Links[port] == 0 {
		return
	}
	if l.Links == nil {
		l.Links = map[string]int{}
	}
	l.Links[strings.Clone(port)]++
}
