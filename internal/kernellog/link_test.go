package kernellog

import "testing"

func TestParseLink(t *testing.T) {
	for _, c := range []struct{ text, port string }{
		{"[  120.1] ata2: hard resetting link", "ata2"},
		{"ata10.00: error: { ICRC ABRT }", "ata10"},
		{"May  1 10:00:00 host kernel: [ 3.5] ata2: SError: { Handshk BadCRC }", "ata2"},
		{"ata2: limiting SATA link speed to 1.5 Gbps", "ata2"},
		{"[9.9] usb 1-4.2: reset SuperSpeed USB device number 3 using xhci_hcd", "usb 1-4.2"},
		{"usb 2-1: device descriptor read/64, error -71", "usb 2-1"},
		{"usb 2-1: USB disconnect, device number 4", "usb 2-1"},
		{"nvme nvme0: I/O 12 QID 3 timeout, aborting", "nvme0"},
		{"nvme nvme1: I/O tag 5 (1005) QID 3 timeout, reset controller", "nvme1"},
		{"ata1.00: error: { UNC }", ""},
		{"ata1: SATA link up 6.0 Gbps (SStatus 133 SControl 300)", ""},
		{"hard resetting link", ""},
		{"usb usb1: x", ""},
		{"ata: hard resetting link", ""},
		{"atax1.5: hard resetting link", ""},
	} {
		if port, ok := ParseLink(c.text); port != c.port || ok != (c.port != "") {
			t.Errorf("%q: %q, %v", c.text, port, ok)
		}
	}
	var l Log
	for range 3 {
		l.Add("ata2: hard resetting link", -1)
	}
	l.Add("I/O error, dev sda, sector 5 op 0x0:(READ)", -1)
	if l.Links["ata2"] != 3 || len(l.Links) != 1 || len(l.Events) != 1 {
		t.Errorf("%+v", l)
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add("usb 1-4: reset SuperSpeed USB device number 2")
	f.Add("ata2.00: error: { ICRC ABRT }")
	f.Fuzz(func(t *testing.T, text string) {
		if port, ok := ParseLink(text); ok && (port == "" || len(port) > len(text)) {
			t.Errorf("%q", port)
		}
	})
}
