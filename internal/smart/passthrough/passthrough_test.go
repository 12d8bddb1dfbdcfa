package passthrough

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"rescuebox/internal/smart/command"
)

// fake is a node whose ioctls a test answers.
func fake(answer func(request uintptr, a area) (int, error)) *node { return &node{test: answer} }

func TestLayouts(t *testing.T) {
	word := unsafe.Sizeof(uintptr(0))
	if got, want := unsafe.Sizeof(sgHeader{}), map[uintptr]uintptr{4: 64, 8: 88}[word]; got != want {
		t.Errorf("sg_io_hdr has %d bytes, want %d", got, want)
	}
	if got := unsafe.Sizeof(nvmeCommand{}); got != 72 {
		t.Errorf("nvme_passthru_cmd has %d bytes, want 72", got)
	}
	for name, c := range map[string]struct{ got, want uintptr }{
		"megasas_iocpacket":    {packetSize, map[uintptr]uintptr{4: 276, 8: 404}[word]},
		"IOCTL_Command_struct": {cissStruct, map[uintptr]uintptr{4: 84, 8: 88}[word]},
		"MEGASAS_IOC_FIRMWARE": {megaIoctl, map[uintptr]uintptr{4: 0xc1144d01, 8: 0xc1944d01}[word]},
		"CCISS_PASSTHRU":       {cissIoctl, map[uintptr]uintptr{4: 0xc054420b, 8: 0xc058420b}[word]},
	} {
		if c.got != c.want {
			t.Errorf("%s: %#x, want %#x", name, c.got, c.want)
		}
	}
}

func TestSCSI(t *testing.T) {
	cdb := []byte{0x12, 0, 0, 0, 36, 0}
	for name, c := range map[string]struct {
		set    func(h *sgHeader, a area)
		want   command.Reply
		failed string
	}{
		"good":     {func(h *sgHeader, a area) { copy(a[areaData:], "DATA") }, command.Reply{Got: 36}, ""},
		"short":    {func(h *sgHeader, a area) { h.missing = 6 }, command.Reply{Got: 30}, ""},
		"nonsense": {func(h *sgHeader, a area) { h.missing = -5 }, command.Reply{Got: 36}, ""},
		"sense": {func(h *sgHeader, a area) {
			h.status, h.driver, h.got = 2, 8, 3
			copy(a[senseAt:], "\x70\x00\x05\xff")
		}, command.Reply{Status: 2, Sense: []byte{0x70, 0, 5}, Got: 36}, ""},
		"sense without a status": {func(h *sgHeader, a area) {
			h.driver, h.got = 8, 3
			copy(a[senseAt:], "\x70\x00\x05")
		}, command.Reply{Status: 2, Sense: []byte{0x70, 0, 5}, Got: 36}, ""},
		"more sense than there is room": {func(h *sgHeader, a area) { h.status, h.driver, h.got = 2, 8, 255 },
			command.Reply{Status: 2, Sense: make([]byte, maxSense), Got: 36}, ""},
		"busy":    {func(h *sgHeader, a area) { h.status = 8 }, command.Reply{Status: 8, Got: 36}, ""},
		"timeout": {func(h *sgHeader, a area) { h.host = 3 }, command.Reply{}, "the command timed out"},
		"gone":    {func(h *sgHeader, a area) { h.host = 1 }, command.Reply{}, "no connection to the device"},
		"unknown": {func(h *sgHeader, a area) { h.host, h.driver = 77, 4 }, command.Reply{}, "host adapter status 77, driver status 4"},
	} {
		d := &SCSI{fake(func(request uintptr, a area) (int, error) {
			h := (*sgHeader)(unsafe.Pointer(&a[areaStruct]))
			if request != sgIO || h.interfaceID != 'S' || h.direction != sgIn || h.size != 36 || h.data != a.address(areaData) ||
				h.sense != a.address(senseAt) || h.timeout != 60_000 || !bytes.Equal(a[cdbAt:cdbAt+int(h.cdbSize)], cdb) {
				t.Errorf("%s: %#x %+v", name, request, h)
			}
			c.set(h, a)
			return 0, nil
		})}
		data := make([]byte, 36)
		got, err := d.SCSI(context.Background(), &command.SCSI{CDB: cdb, Data: data, Direction: command.In})
		if (err != nil) != (c.failed != "") || err != nil && err.Error() != c.failed {
			t.Errorf("%s: %v, want %q", name, err, c.failed)
			continue
		}
		if err == nil && (got.Status != c.want.Status || got.Got != c.want.Got || !bytes.Equal(got.Sense, c.want.Sense)) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if name == "good" && string(data[:5]) != "DATA\x00" {
			t.Errorf("data %q", data)
		}
	}
	if _, err := (&SCSI{fake(nil)}).SCSI(context.Background(), &command.SCSI{}); err == nil {
		t.Error("a command without a CDB was carried")
	}
}

func TestSCSIOut(t *testing.T) {
	d := &SCSI{fake(func(_ uintptr, a area) (int, error) {
		h := (*sgHeader)(unsafe.Pointer(&a[areaStruct]))
		if h.direction != sgOut || string(a[areaData:]) != "page" || h.timeout != 7_200_000 {
			t.Errorf("%+v %q", h, a[areaData:])
		}
		return 0, unix.EPERM
	})}
	_, err := d.SCSI(context.Background(), &command.SCSI{CDB: []byte{0x15, 0, 0, 0, 4, 0}, Data: []byte("page"), Direction: command.Out, Timeout: 2 * time.Hour})
	if err != unix.EPERM {
		t.Error(err)
	}
}

// A status is an error: smart.go drops it, and takes what was in the buffer before for
// the page.
func TestNVMe(t *testing.T) {
	for status, want := range map[int]error{0: nil, 0x4002: command.NVMeError(0x4002), 0x2109: command.NVMeError(0x2109)} {
		d := &NVMe{fake(func(request uintptr, a area) (int, error) {
			p := (*nvmeCommand)(unsafe.Pointer(&a[areaStruct]))
			if request != nvmeAdmin || p.opcode != 2 || p.nsid != 0xffffffff || p.cdw != [6]uint32{1, 2, 3, 4, 5, 6} ||
				p.address != uint64(a.address(areaData)) || p.dataLength != 512 || p.timeout != 60_000 {
				t.Errorf("%#x %+v", request, p)
			}
			copy(a[areaData:], "page")
			p.result = 7
			return status, nil
		})}
		data := make([]byte, 512)
		r, err := d.NVMe(context.Background(), &command.NVMe{Opcode: 2, NSID: 0xffffffff, CDW: [6]uint32{1, 2, 3, 4, 5, 6}, Data: data, Direction: command.In})
		if err != want || r != 7 || (data[0] == 'p') != (want == nil) {
			t.Errorf("status %#x: %v, %d, %q", status, err, r, data[:4])
		}
	}
}

func TestMegaRAID(t *testing.T) {
	cdb := []byte{0x12, 0, 0, 0, 36, 0}
	status, scsi := byte(0), byte(0)
	d := &MegaRAID{host: 13, disk: 9, node: fake(func(request uintptr, a area) (int, error) {
		p := a[areaStruct:]
		f := p[packetFrame:]
		if request != megaIoctl || binary.NativeEndian.Uint16(p) != 13 || binary.NativeEndian.Uint32(p[4:]) != 0x30 ||
			binary.NativeEndian.Uint32(p[8:]) != 1 || binary.NativeEndian.Uint32(p[12:]) != 0x18 || f[0] != 4 || f[4] != 9 ||
			f[6] != 6 || f[7] != 1 || f[0x10] != 0x10 || f[0x12] != 60 || f[0x14] != 36 || !bytes.Equal(f[0x20:0x26], cdb) {
			t.Errorf("%x", p[:packetSize])
		}
		copy(a[areaData:], "DATA")
		copy(a[senseAt:], "\x70\x00\x05\x00\x00\x00\x00\x0a")
		f[2], f[3] = status, scsi
		return 0, nil
	})}
	ask := func() (command.Reply, error) {
		return d.SCSI(context.Background(), &command.SCSI{CDB: cdb, Data: make([]byte, 36), Direction: command.In})
	}
	if r, err := ask(); err != nil || r.Status != 0 || r.Got != 36 || r.Sense != nil {
		t.Errorf("%+v, %v", r, err)
	}
	status, scsi = 0x2d, 2
	if r, err := ask(); err != nil || r.Status != 2 || len(r.Sense) != 18 {
		t.Errorf("%+v, %v", r, err)
	}
	status = 0x0c
	if _, err := ask(); err == nil || err.Error() != "the controller has no such disk" {
		t.Error(err)
	}
}

func TestDisks(t *testing.T) {
	list := make([]byte, 8+4*diskEntry)
	list[4] = 200 // more than there is room for
	for i, id := range []uint16{3, 0x12, 0x300, 7} {
		binary.LittleEndian.PutUint16(list[8+i*diskEntry:], id)
	}
	list[8+diskEntry+6] = 0x0d // an enclosure
	if got := parseDisks(list); !slices.Equal(got, []uint8{3, 7}) {
		t.Error(got)
	}
	for n := range list {
		parseDisks(list[:n])
	}
}

func TestCCISS(t *testing.T) {
	d := &CCISS{node: fake(func(request uintptr, a area) (int, error) {
		b := a[areaStruct:]
		r := b[8:]
		switch {
		case request != cissIoctl || binary.NativeEndian.Uint16(b[76:]) != uint16(len(a)-areaData):
			t.Errorf("%#x %x", request, b[:cissStruct])
		case r[4] == 0xc3:
			copy(a[areaData:], "\x00\x00\x00\x10\x00\x00\x00\x00AAAAAAAABBBBBBBBCCCCCCCC")
		case string(b[:8]) != "BBBBBBBB" || r[0] != 6 || r[1] != 0x20 && r[1] != 0xa0:
			t.Errorf("%x", b[:cissStruct])
		default: // less data than was asked for
			binary.NativeEndian.PutUint16(b[30:], 2)
			binary.NativeEndian.PutUint32(b[32:], 6)
		}
		return 0, nil
	})}
	disks, err := d.disks(context.Background())
	if err != nil || len(disks) != 2 || string(disks[1][:]) != "BBBBBBBB" {
		t.Fatalf("%q, %v", disks, err)
	}
	d.address = disks[1]
	r, err := d.SCSI(context.Background(), &command.SCSI{CDB: []byte{0x12, 0, 0, 0, 36, 0}, Data: make([]byte, 36), Direction: command.In})
	if err != nil || r.Got != 30 {
		t.Errorf("%+v, %v", r, err)
	}
	for what, want := range map[byte]string{1: "", 4: "the controller could not carry the command (status 4)"} {
		info := make([]byte, 48)
		info[0], info[1] = 2, 200
		binary.NativeEndian.PutUint16(info[2:], uint16(what))
		r, err := cissReply(info, make(area, areaData), &command.SCSI{})
		if want != "" && (err == nil || err.Error() != want) || want == "" && (err != nil || r.Status != 2 || len(r.Sense) != 32) {
			t.Errorf("%d: %+v, %v", what, r, err)
		}
	}
}

// refused reports whether a device has no such ioctl. User-mode emulators say it otherwise.
func refused(err error) bool { return err == unix.ENOTTY || err == unix.ENOSYS }

// What is behind a call is the kernel's own: a disk that is none says so, and one that
// does not exist.
func TestOpen(t *testing.T) {
	ctx := context.Background()
	d, err := OpenSCSI(ctx, os.DevNull, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	flags, err := unix.FcntlInt(uintptr(d.fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDONLY || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("flags %#x, %v", flags, err)
	}
	if flags, _ := unix.FcntlInt(uintptr(d.fd), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
		t.Error("stays open in programs that are started")
	}
	if _, err := d.SCSI(ctx, &command.SCSI{CDB: make([]byte, 6)}); !refused(err) {
		t.Error(err)
	}
	n, err := OpenNVMe(ctx, os.DevNull, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if _, err := n.NVMe(ctx, &command.NVMe{}); !refused(err) {
		t.Error(err)
	}
	missing := filepath.Join(t.TempDir(), "none")
	if _, err := OpenSCSI(ctx, missing, DefaultLimits); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Error(err)
	}
	if _, err := OpenCCISS(ctx, os.DevNull, 0, DefaultLimits); !refused(err) {
		t.Error(err)
	}
}

// A disk that was late once is not asked again, and slow ones only until their time is up.
func TestLimits(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	a, err := newArea(1)
	if err != nil {
		t.Fatal(err)
	}
	defer a.free()
	start := time.Now()
	read := call{unix.SYS_READ, r.Fd(), a.data(), 1}
	_, err = apart(context.Background(), read, a, 200*time.Millisecond)
	late, ok := err.(*NoAnswerError)
	if !ok || late.Stuck || time.Since(start) > 2*time.Second || err.Error() != "no answer in 0.2 s" {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := apart(ctx, read, a, time.Minute); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := apart(context.Background(), read, a, time.Minute); n != 1 || err != nil || a[areaData] != 'x' {
		t.Errorf("%d, %v, %q", n, err, a[areaData])
	}
	n := &node{fd: int(r.Fd()), limits: Limits{time.Second, 2 * time.Second}, used: 2 * time.Second}
	for range 2 {
		if _, err := n.ioctl(context.Background(), sgIO, a, 0); err == nil || err.Error() != "the disk has used up its 2 s" {
			t.Error(err)
		}
	}
	if _, err := here(context.Background(), read, 50*time.Millisecond); err == nil {
		t.Error("a call that does not come back came back")
	}
}

func TestCharacterMajor(t *testing.T) {
	const text = "Character devices:\n  1 mem\n244 megaraid_sas_ioctl\n\nBlock devices:\n  8 sd\n"
	if n, ok := characterMajor(text, "megaraid_sas_ioctl"); n != 244 || !ok {
		t.Error(n, ok)
	}
	if n, ok := characterMajor(text, "sd"); ok {
		t.Error(n)
	}
}
