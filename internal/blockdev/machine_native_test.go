//go:build amd64

package blockdev_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rescuebox/scripts/vmlab"
)

// Partitions of the machine's first four disks, in sectors.
const (
	firstStart    = 2048
	partitionSize = 8192
)

// badSector is one of the sixth disk, a SCSI one, that cannot be read.
const badSector = 4052

// arrays makes md arrays on partitions of four disks, on four buses, and on pieces
// of a fifth that the device mapper cuts out; then mapped devices, on disks and on
// an array. What is written through each is then looked for on the disks.
const arrays = `
set -e
mdadm=/var/cache/vmlab/sbin/mdadm
part() {
	disk=$(readlink /dev/disk$1)
	case $disk in
	*[0-9]) echo /dev/${disk}p$2 ;;
	*) echo /dev/$disk$2 ;;
	esac
}
md() {
	name=$1
	shift
	$mdadm --create /dev/$name --run --assume-clean --metadata=1.2 "$@" >/tmp/out 2>&1 || cat /tmp/out
}
map() {
	name=$1
	shift
	printf "$*\n" | dmsetup create $name || echo "no $name"
}
check() {
	places write "$@"
	echo "$@" >>/tmp/checks
}
mkdir -p /dev/mapper
md md0 --level=1 --raid-devices=2 $(part 0 1) $(part 1 1)
md md1 --level=10 --layout=n2 --raid-devices=3 $(part 0 2) $(part 1 2) $(part 2 1)
md md2 --level=0 --raid-devices=2 $(part 2 2) $(part 3 1)
md md3 --level=linear --raid-devices=2 $(part 2 3) $(part 3 2)
md md4 --level=4 --raid-devices=3 $(part 1 3) $(part 0 3) $(part 3 3)
for i in 2 3; do check /dev/md$i 0 0; done
for i in 1 4; do check /dev/md$i 0 3000; done
check /dev/md0 0 2500

n=4
for level in 5 6; do
	for layout in la ra ls rs; do
		slices=
		for i in 0 1 2 3; do
			map slice$n 0 8192 linear /dev/disk4 $(((n - 4) * 8192 + 100))
			slices="$slices /dev/mapper/slice$n"
			n=$((n + 1))
		done
		md md$n --level=$level --layout=$layout --chunk=32 --raid-devices=4 $slices
		check /dev/md$n 0 3000
	done
done

map swapped "0 1000 linear /dev/md0 2500\n1000 500 linear /dev/md0 4000"
map nested "0 700 linear /dev/mapper/swapped 800"
check /dev/mapper/nested 0 0
check /dev/mapper/swapped 0 800
map striped "0 2976 striped 3 16 $(part 3 4) 100 $(part 2 4) 0 $(part 1 4) 7"
check /dev/mapper/striped 0 0
map mirror "0 4000 mirror core 2 1024 nosync 2 $(part 1 4) 4096 $(part 2 4) 4096"
check /dev/mapper/mirror 0 0
map crypt "0 2000 crypt cipher_null-ecb - 0 $(part 0 4) 64"
check /dev/mapper/crypt 0 0
map origin "0 2000 snapshot-origin $(part 3 4)"
check $(part 0 4) 4000 100

# One disk of a mirror is thrown out: what is then written is on the other one.
$mdadm /dev/md0 --fail $(part 0 1) >/dev/null 2>&1
places write /dev/md0 0 2000
# The disk with the bad sector, read through its buffers: blocks of 4 KiB.
dd if=/dev/disk5 of=/dev/null bs=4096 count=600 2>/dev/null || true
places log /dev/kmsg
map error "0 100 error"
places show /dev/mapper/error 0 1
sync
while read -r line; do places show $line; done </tmp/checks
echo end
`

// The kernel's own arrays and mapped devices, and what was written through them.
func TestMachine(t *testing.T) {
	places := filepath.Join(t.TempDir(), "places")
	build := exec.Command("go", "build", "-o", places, "./testdata/places")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var disks []vmlab.Disk
	for i, bus := range []vmlab.Bus{vmlab.Virtio, vmlab.AHCI, vmlab.SCSI, vmlab.NVMe, vmlab.Virtio, vmlab.SCSI} {
		path := filepath.Join(t.TempDir(), fmt.Sprint("disk", i))
		var table []byte
		if i < 4 {
			table = partitionTable()
		}
		if err := os.WriteFile(path, table, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 160<<20); err != nil {
			t.Fatal(err)
		}
		disks = append(disks, vmlab.Disk{Path: path, Bus: bus})
	}
	disks[5].Bad = []int64{badSector}
	output, err := vmlab.Run(context.Background(), vmlab.Config{
		Disks:    disks,
		Files:    map[string]string{"/bin/places": places},
		Programs: []string{"/usr/sbin/dmsetup", vmlab.KernelDir + "/sbin/mdadm"},
		Modules: []string{"raid0", "raid1", "raid10", "raid456", "linear", "dm_mod", "dm_mirror", "dm_snapshot",
			"dm_crypt", "crypto_null", "ecb"},
		Script:  arrays,
		Timeout: 8 * time.Minute,
	})
	if err != nil || !strings.HasSuffix(output, "end\n") {
		t.Fatalf("%v (scripts/packages installs what it takes)\n%s", err, output)
	}
	compare(t, strings.TrimSuffix(output, "end\n"), disks)
}

// compare looks on the disks for what each line says is there.
func compare(t *testing.T, output string, disks []vmlab.Disk) {
	t.Helper()
	seen := map[string]int{}
	for line := range strings.Lines(output) {
		var name, want string
		var sector, at int64
		var disk int
		if text, ok := strings.CutPrefix(line, "log disk5 disk "); ok { // the first sector of a request
			if n, _ := fmt.Sscan(text, &at); n != 1 || at > badSector || at < badSector-2048 {
				t.Errorf("%s", line)
			}
			seen["log disk5 disk"]++
			continue
		}
		if strings.HasPrefix(line, "log ") {
			seen[strings.TrimSpace(line)]++
			continue
		}
		if strings.HasPrefix(line, "error 0 ? target error") {
			seen["error"]++
			continue
		}
		if n, err := fmt.Sscanf(line, "%s %d %d %d\n", &name, &sector, &disk, &at); n != 4 || err != nil || disk >= len(disks) {
			t.Errorf("%s", line)
			continue
		}
		want = fmt.Sprintf("%s %d\n", name, sector)
		if got := readSector(t, disks[disk].Path, at); !bytes.HasPrefix(got, []byte(want)) {
			t.Errorf("%s on disk %d, sector %d: %.30q", strings.TrimSpace(want), disk, at, got)
		}
		seen[name]++
	}
	for _, name := range []string{"md0", "md1", "md2", "md3", "md4", "md8", "md12", "md16", "md20", "md24", "md28", "md32", "md36",
		"swapped", "nested", "striped", "mirror", "crypt", "vda4", "error",
		"log disk5 buffer 4048 8", "log disk5 disk"} {
		if seen[name] == 0 {
			t.Errorf("nothing of %s", name)
		}
	}
	if t.Failed() {
		t.Log(seen)
	}
}

func readSector(t *testing.T, path string, sector int64) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data := make([]byte, 512)
	if _, err := f.ReadAt(data, sector*512); err != nil {
		t.Fatal(err)
	}
	return data
}

// partitionTable is that of a PC with four partitions.
func partitionTable() []byte {
	table := make([]byte, 512)
	for i := range uint32(4) {
		entry := table[446+16*i:]
		entry[4] = 0x83
		binary.LittleEndian.PutUint32(entry[8:], firstStart+i*partitionSize)
		binary.LittleEndian.PutUint32(entry[12:], partitionSize)
	}
	table[510], table[511] = 0x55, 0xaa
	return table
}
