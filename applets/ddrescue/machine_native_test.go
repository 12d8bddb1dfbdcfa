//go:build amd64

package ddrescue

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rescuebox/scripts/vmlab"
)

// Places of the machine's disks.
const (
	machineDisk   = 16 << 20 // bytes of each
	advanced      = "0"      // physical sectors of 4096 bytes, some of them bad
	pulled        = "1"      // SCSI: goes and comes back
	pulledUSB     = "2"
	memberDisk    = "3" // of an array
	mappedDisk    = "4" // under the device mapper
	mountedDisk   = "5"
	badPhysical   = 12
	machineScript = `
advanced=$(readlink /dev/disk` + advanced + `)
reads() {
	set -- $(cat /sys/block/$advanced/stat)
	echo $1
}
# count NAME COMMAND...: how many reads the disk has seen for a copy
count() {
	name=$1 before=$(reads)
	shift
	"$@" /dev/$advanced /tmp/$name /tmp/$name.map >/tmp/out 2>&1 || cat /tmp/out
	echo "reads $name $(($(reads) - before)) bad $(rescuebox ddrescuelog -l- -b4096 /tmp/$name.map | wc -l)"
	rm /tmp/$name
}
echo "sectors $(cat /sys/block/$advanced/queue/logical_block_size) $(cat /sys/block/$advanced/queue/physical_block_size)"
count ours rescuebox ddrescue --log-reads=/tmp/ours.reads
count gnu ddrescue -b4096
count direct ddrescue -d -b4096 --log-reads=/tmp/direct.reads
for name in ours direct; do echo "errors $name $(grep '^0x.*	[1-9][0-9]*$' /tmp/$name.reads | wc -l)"; done

# pull NUMBER: a disk goes while it is read, and comes back by another name.
pull() {
	was=$(readlink /dev/disk$1)
	rescuebox ddrescue -Z 8M /dev/$was /tmp/copy /tmp/map >/tmp/out 2>/tmp/err &
	until [ "$(stat -c %s /tmp/copy 2>/dev/null || echo 0)" -gt 1000000 ]; do usleep 50000; done
	host=$(readlink -f /sys/block/$was/device)
	host=${host%/target*}
	echo 1 >/sys/block/$was/device/delete
	for try in $(seq 100); do grep -q 'Waiting till it is back' /tmp/err && break; usleep 100000; done
	echo '- - -' >/sys/class/scsi_host/${host##*/}/scan
	wait $!
	echo "pulled $1 status $?"
	sed "s/\b$was\b/DISK/" /tmp/err
	for now in /sys/block/sd*; do
		now=${now##*/}
		[ $now != $was ] && cmp -s /tmp/copy /dev/$now && echo "pulled $1 is whole, by another name"
	done
	rm -f /tmp/copy
	grep -v '^#' /tmp/map
	rm /tmp/map
}
pull ` + pulled + `
pull ` + pulledUSB + `

# refused NUMBER: a disk that is in use is no target, and stays as it is.
refused() {
	was=$(md5sum </dev/disk$1)
	rescuebox ddrescue -f /tmp/source /dev/disk$1 /tmp/map.$1 2>&1
	echo "refused $1 status $?"
	[ "$was" = "$(md5sum </dev/disk$1)" ] || echo "disk $1 was written to"
	[ ! -e /tmp/map.$1 ] || echo "there is a map"
}
head -c 100000 /dev/urandom >/tmp/source
/var/cache/vmlab/sbin/mdadm --create /dev/md0 --run --assume-clean --metadata=1.2 --level=1 --raid-devices=2 --force /dev/disk` + memberDisk + ` missing >/tmp/out 2>&1 || cat /tmp/out
echo "0 2048 linear /dev/disk` + mappedDisk + ` 0" | dmsetup create mapped
mkdir -p /mnt
mount -t ext4 /dev/disk` + mountedDisk + ` /mnt || echo not mounted
refused ` + memberDisk + `
refused ` + mappedDisk + `
refused ` + mountedDisk + `
umount /mnt
rescuebox ddrescue -q -f /tmp/source /dev/disk` + mountedDisk + ` && cmp -n 100000 /tmp/source /dev/disk` + mountedDisk + ` && echo written
echo end
`
)

// In a machine with disks of its own: physical sectors of 4096 bytes cost no more reads
// than GNU ddrescue needs when it is told of them; a disk that is pulled out is waited
// for, by its serial number; what is in use is no target.
func TestMachine(t *testing.T) {
	t.Parallel() // it waits most of the time
	dir := t.TempDir()
	binary := filepath.Join(dir, "rescuebox")
	build := exec.Command("go", "build", "-o", binary, "../../cmd/rescuebox")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var disks []vmlab.Disk
	for i, bus := range []vmlab.Bus{vmlab.SCSI, vmlab.SCSI, vmlab.USB, vmlab.Virtio, vmlab.Virtio, vmlab.Virtio} {
		content := make([]byte, machineDisk)
		rand.NewChaCha8([32]byte{byte(i), 5}).Read(content)
		path := filepath.Join(dir, "disk"+string(rune('0'+i)))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		disks = append(disks, vmlab.Disk{Path: path, Bus: bus})
	}
	disks[0].Physical = 4096
	for i := range int64(badPhysical) {
		first := (100 + i*i*25) * 8 // of a physical sector
		for s := range int64(8) {
			disks[0].Bad = append(disks[0].Bad, first+s)
		}
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", disks[5].Path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s (apt-get install e2fsprogs)", err, out)
	}
	start := time.Now()
	output, err := vmlab.Run(t.Context(), vmlab.Config{Disks: disks, Files: map[string]string{"/bin/rescuebox": binary},
		Programs: []string{"/usr/bin/ddrescue", "/usr/sbin/dmsetup", vmlab.KernelDir + "/sbin/mdadm"},
		Modules:  []string{"raid1", "dm_mod", "ext4"}, Script: strings.Replace(machineScript, "\n", "\nPATH=$PATH:/bin\n", 1), Timeout: 4 * time.Minute})
	t.Logf("%v\n%s", time.Since(start), output)
	if err != nil || !strings.HasSuffix(output, "end\n") {
		t.Fatalf("%v (scripts/packages installs what it takes)", err)
	}
	n := map[string]int{}
	var rest strings.Builder
	for line := range strings.Lines(output) {
		var what, name string
		var count, bad int
		if k, _ := fmt.Sscanf(line, "%s %s %d bad %d", &what, &name, &count, &bad); k < 3 || what != "reads" && what != "errors" {
			rest.WriteString(line)
			continue
		}
		if n[what+" "+name] = count; what == "reads" && bad != badPhysical {
			t.Errorf("not %d: %s", badPhysical, line)
		}
	}
	// An error more is one that two reads on their way met.
	if n["reads ours"] == 0 || n["reads ours"] > n["reads gnu"] || n["errors ours"] > n["errors direct"]+4 {
		t.Errorf("%v", n)
	}
	if rest.String() != machineSays {
		t.Errorf("%s\nwant:\n%s", rest.String(), machineSays)
	}
}

// pulledSays is what is said of a disk that was pulled out.
func pulledSays(nr string) string {
	return "pulled " + nr + ` status 0
ddrescue: /dev/DISK: it has disappeared. Waiting till it is back: QEMU HARDDISK, serial VMLAB0` + nr + `, 16777216 bytes
ddrescue: /dev/DISK: it is back, and goes on
pulled ` + nr + ` is whole, by another name
0x00000000     +               1
0x00000000  0x01000000  +
`
}

// machineSays is what the machine's script says beside counts.
var machineSays = "sectors 512 4096\n" + pulledSays(pulled) + pulledSays(pulledUSB) + `ddrescue: /dev/disk3: not used as a target: vda is part of md0 (--override=in-use)
refused 3 status 1
ddrescue: /dev/disk4: not used as a target: vdb is part of dm-0 (--override=in-use)
refused 4 status 1
ddrescue: /dev/disk5: not used as a target: vdc is mounted at /mnt (--override=in-use)
refused 5 status 1
written
end
`
