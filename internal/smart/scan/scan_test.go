package scan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/passthrough"
	"rescuebox/internal/smart/replay"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"sat": "/dev/x [SAT] sat ATA", "sat,12": "/dev/x [SAT] sat ATA", "sat,auto,12": "/dev/x [SCSI/SAT] sat,auto,12 SCSI",
		"scsi": "/dev/x scsi SCSI", "ata": "/dev/x ata ATA", "nvme": "/dev/x nvme NVMe", "nvme,0x2": "/dev/x nvme NVMe",
		"usbcypress,0x24": "/dev/x [USB Cypress] usbcypress ATA", "usbjmicron,p,x,1": "/dev/x [USB JMicron] usbjmicron ATA",
		"usbprolific": "/dev/x [USB Prolific] usbprolific ATA", "usbsunplus": "/dev/x [USB Sunplus] usbsunplus ATA",
		"sntasmedia/sat": "/dev/x [USB NVMe ASMedia] sntasmedia NVMe", "sntjmicron,1/sat": "/dev/x [USB NVMe JMicron] sntjmicron NVMe",
		"sntrealtek": "/dev/x [USB NVMe Realtek] sntrealtek NVMe", "megaraid,8": "/dev/x [megaraid_disk_08] megaraid,8 SCSI",
		"sat+megaraid,12": "/dev/x [megaraid_disk_12] [SAT] sat+megaraid,12 ATA", "cciss,0": "/dev/x [cciss_disk_00] cciss,0 SCSI",
	} {
		s, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		info, name, protocol := s.Shown("/dev/x")
		if got := info + " " + name + " " + protocol; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "foo", "sat,13", "sat,12,auto", "nvme,0", "nvme,1,2", "megaraid", "megaraid,x", "megaraid,999", "megaraid,1,2",
		"usbjmicron,2", "usbcypress,300", "sat+nvme", "sat+sat", "nvme+megaraid,0", "scsi,1", "sat/sat", "sat+sat+megaraid,1", "+", "sat+", ","} {
		if _, err := Parse(text); err != ErrUnknown {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"areca,1", "3ware,0", "jmb39x,1", "sat+hpt,1/1/1"} {
		var lacking *LackingError
		if _, err := Parse(text); !errors.As(err, &lacking) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("sat,auto,12+megaraid,3")
	f.Add("usbjmicron,p,x,0")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := Parse(text); err == nil && s.String() != text {
			t.Fatalf("%q", s.String())
		}
	})
}

// tree makes folders like sysfs; a value that starts with -> is a link.
func tree(t *testing.T, files map[string]string) System {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, isLink := strings.CutPrefix(text, "->"); isLink {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text+"\n"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return System{Sys: dir, Dev: "/dev"}
}

// disk adds a SCSI disk of a vendor, below a folder.
func disk(files map[string]string, below, name, vendor string) {
	device := "devices/" + below + "/" + name + "/dev"
	block := device + "/block/" + name
	files[block+"/removable"] = "0"
	files[block+"/subsystem"] = "->/sys/class/block"
	files[block+"/device"] = "->../.."
	files[device+"/vendor"] = vendor
	files[device+"/subsystem"] = "->/sys/bus/scsi"
	files["block/"+name] = "->../" + block
}

func usbDisk(files map[string]string, name, vendor, product, removable string) {
	disk(files, "usb"+name, name, "Generic")
	files["devices/usb"+name+"/idVendor"] = vendor
	files["devices/usb"+name+"/idProduct"] = product
	files["devices/usb"+name+"/bcdDevice"] = "0100"
	files["devices/usb"+name+"/"+name+"/dev/block/"+name+"/removable"] = removable
}

func TestList(t *testing.T) {
	files := map[string]string{
		"class/scsi_host/host3/proc_name":           "megaraid_sas",
		"class/scsi_host/host0/proc_name":           "ahci",
		"devices/nvme0/subsystem":                   "->/sys/class/nvme",
		"devices/nvme0/nvme0n1/subsystem":           "->/sys/class/block",
		"devices/nvme0/nvme0n1/nsid":                "2",
		"devices/nvme0/nvme0n1/device":              "->..",
		"devices/nvme0/nvme0n1/nvme0n1p1/partition": "1",
		"class/nvme/nvme10":                         "->../../devices/nvme0",
		"class/nvme/nvme9":                          "->../../devices/nvme0",
		"block/nvme0n1":                             "->../devices/nvme0/nvme0n1",
		"block/md0/slaves/sda1/x":                   "",
		"block/md0/subsystem":                       "->/sys/class/block",
		"block/vda/subsystem":                       "->/sys/class/block",
		"block/vda/device/subsystem":                "->/sys/bus/virtio",
		"block/loop0/subsystem":                     "->/sys/class/block",
		"devices/sg/scsi_generic/sg0/subsystem":     "->/sys/class/scsi_generic",
		"devices/sg/scsi_generic/sg0/device":        "->../..",
		"devices/sg/vendor":                         "ATA",
		"devices/sg/subsystem":                      "->/sys/bus/scsi",
	}
	disk(files, "a", "sda", "ATA")
	disk(files, "b", "sdaa", "SEAGATE")
	usbDisk(files, "sdb", "152d", "0583", "0")
	usbDisk(files, "sdc", "ffff", "0001", "0")
	usbDisk(files, "sdd", "ffff", "0001", "1")
	usbDisk(files, "sde", "1234", "5678", "0")
	s := tree(t, files)
	s.DB = &drivedb.DB{Entries: []drivedb.Entry{
		{Family: "USB: Foo; Bar", Model: "0x1234:0x5678", Firmware: "0x01..", Presets: "-d sat,12#please_report"},
		{Family: "USB: Foo; Unsupported", Model: "0xffff:0x0001"},
	}}
	var got []string
	for _, f := range s.List() {
		if f.Path == "" {
			got = append(got, "controller")
			continue
		}
		got = append(got, f.Path+" "+f.Spec.String())
	}
	want := "/dev/sda sat, /dev/sdb sntjmicron, /dev/sdc sat,auto, /dev/sdd scsi, /dev/sde sat,12, /dev/sdaa scsi, controller, /dev/nvme9 nvme, /dev/nvme10 nvme"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	for dir, want := range map[string]string{
		"devices/nvme0/nvme0n1": "nvme,2", "devices/nvme0/nvme0n1/nvme0n1p1": "nvme,2", "devices/nvme0": "nvme",
		"devices/sg/scsi_generic/sg0": "sat",
		"block/md0":                   "!/dev/x: made of sda1: ask those",
		"block/vda":                   "!/dev/x: a virtual disk, which has no SMART",
		"block/loop0":                 "!/dev/x: Unable to detect device type",
	} {
		spec, err := s.detect("/dev/x", s.sys(dir))
		if text, isError := strings.CutPrefix(want, "!"); isError {
			if err == nil || err.Error() != text {
				t.Errorf("%s: %v, want %s", dir, err, text)
			}
		} else if err != nil || spec.String() != want {
			t.Errorf("%s: %v, %v, want %s", dir, spec, err, want)
		}
	}
}

// A path is of the machine, so that is asked for none.
func TestVolume(t *testing.T) {
	if got := (System{}).Volume(os.DevNull); got != "" {
		t.Error(got)
	}
}

func TestTable(t *testing.T) {
	for i, row := range usbTable {
		if _, err := Parse(row.spec); err != nil {
			t.Errorf("%v: %v", row, err)
		}
		for _, before := range usbTable[:i] {
			if before.vendor == row.vendor && (before.product == row.product || before.product == "") {
				t.Errorf("%v is hidden by %v", row, before)
			}
		}
	}
}

// What is no disk is refused before anything is sent to it.
func TestNotDisks(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{file: "not a device", os.DevNull: "Unable to detect device type", file + "x": "no such file"} {
		if _, err := (System{}).Open(ctx, path, nil, passthrough.DefaultLimits); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	spec, _ := Parse("sat+scsi")
	d, err := (System{}).Open(ctx, os.DevNull, spec, passthrough.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if d.Protocol() != "ATA" || d.SCSI != nil || d.Info != os.DevNull+" [SAT]" {
		t.Errorf("%+v", d)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// A disk behind a controller is an ATA one if it says so, and one behind a bridge if it
// answers as one.
func TestWrap(t *testing.T) {
	ctx := context.Background()
	isATADisk, refusing := &replay.SCSI{}, &replay.SCSI{}
	inquiry := append(make([]byte, 8), "ATA     TESTDISK        1.0 "...)
	isATADisk.Add([]byte{0x12, 0, 0, 0, 36, 0}, 0, inquiry, nil)
	identify := make([]byte, 512)
	copy(identify[54:], "ETTSD SI                                K")
	isATADisk.Add([]byte{0xa1, 8, 0x0e, 0, 1, 0, 0, 0, 0, 0xec, 0, 0}, 0, identify, nil)
	for text, want := range map[string][2]string{
		"megaraid,3": {"sat+megaraid,3 /dev/x [megaraid_disk_03] [SAT] ATA", "megaraid,3 /dev/x [megaraid_disk_03] SCSI"},
		"scsi":       {"scsi /dev/x SCSI", "scsi /dev/x SCSI"},
		"sat":        {"sat /dev/x [SAT] ATA", "sat /dev/x [SAT] ATA"},
		"sat,auto":   {"sat /dev/x [SAT] ATA", "scsi /dev/x SCSI"},
		"sntasmedia": {"sntasmedia /dev/x [USB NVMe ASMedia] NVMe", "sntasmedia /dev/x [USB NVMe ASMedia] NVMe"},
	} {
		for i, carrier := range []command.SCSIDevice{isATADisk, refusing} {
			spec, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			d := &Device{Name: "/dev/x"}
			d.wrap(ctx, carrier, spec)
			if text == "sat,auto" && d.Option != []string{"sat,12", "scsi"}[i] {
				t.Errorf("%s: -d %s", text, d.Option)
			}
			if got := d.Type + " " + d.Info + " " + d.Protocol(); got != want[i] {
				t.Errorf("%s: got %s, want %s", text, got, want[i])
			}
		}
	}
}
