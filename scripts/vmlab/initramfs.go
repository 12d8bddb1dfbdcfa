package vmlab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rescuebox/scripts/faultlab/hostroot"
)

// busybox is Debian's busybox-static.
const busybox = "/bin/busybox"

// initScript is the machine's first program. It ends by switching the machine off.
const initScript = `#!/vmlab/busybox sh
/vmlab/busybox mkdir -p /vmlab/bin /proc /sys /dev /tmp /run /etc
/vmlab/busybox --install -s /vmlab/bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:/vmlab/bin HOME=/ MDADM_NO_UDEV=1 DM_DISABLE_UDEV=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
while read -r module; do
	insmod "/vmlab/modules/$module" || echo "vmlab: $module is not loaded"
done </vmlab/order
# Disks appear when their drivers have found them. Each bus says its disks' serial
# numbers in a place of its own; that of USB is above its bridge's SCSI host.
n=0
while read -r serial; do
	for try in $(seq 60); do
		for disk in /sys/block/*; do
			if grep -qs "$serial" $disk/serial $disk/device/serial $disk/device/vpd_pg80 $disk/device/wwid $disk/device/../../../../serial; then
				ln -s "${disk##*/}" /dev/disk$n
				break 2
			fi
		done
		usleep 500000
	done
	[ -e /dev/disk$n ] || echo "vmlab: disk $n is not there"
	n=$((n + 1))
done </vmlab/serials
stty -F /dev/ttyS1 raw -echo
sh /vmlab/script </dev/null >/dev/ttyS1 2>&1
status=$?
sync
echo "` + statusMark + `$status" >/dev/ttyS1
poweroff -f
`

// makeInitramfs writes the machine's root to path.
func makeInitramfs(path string, k *kernel, c Config) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	buffered := bufio.NewWriterSize(out, 1<<20)
	a := &archive{out: buffered, folders: map[string]bool{}}

	names := slices.Clone(c.Modules)
	var serials, order strings.Builder
	for i, d := range c.Disks {
		if d.Bus == "" {
			d.Bus = Virtio
		}
		modules, ok := busModules[d.Bus]
		if !ok {
			return fmt.Errorf("vmlab: no bus %q", d.Bus)
		}
		names = append(names, modules...)
		fmt.Fprintln(&serials, serial(i))
	}
	modules, err := k.load(names)
	if err != nil {
		return err
	}
	for _, m := range modules {
		a.file("vmlab/modules/"+m.name, 0o644, m.content)
		fmt.Fprintln(&order, m.name)
	}
	a.file("init", 0o755, []byte(initScript))
	a.file("vmlab/order", 0o644, []byte(order.String()))
	a.file("vmlab/serials", 0o644, []byte(serials.String()))
	a.file("vmlab/script", 0o644, []byte(c.Script))
	// The kernel opens the console before the script has mounted /dev.
	a.folder("dev")
	a.node("dev/console", 5, 1)
	a.copy("vmlab/busybox", busybox)
	if err := a.programs(c.Programs); err != nil {
		return err
	}
	for to, from := range c.Files {
		a.copy(strings.TrimPrefix(to, "/"), from)
	}
	a.end()
	return errors.Join(a.err, buffered.Flush())
}

// programs adds those of this machine with their libraries.
func (a *archive) programs(list []string) error {
	dir, err := os.MkdirTemp("", "vmlab-root")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	root := hostroot.New(dir)
	for _, p := range list {
		if err := root.AddProgram(p); err != nil {
			return err
		}
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			a.link(name, target)
			return err
		}
		a.copy(name, path)
		return nil
	})
}

// archive writes the "newc" form of cpio
// (Documentation/driver-api/early-userspace/buffer-format.rst). The first error
// stays.
type archive struct {
	out     io.Writer
	inode   int
	at      int64
	folders map[string]bool
	err     error
}

// Kinds of entries, with the permissions of those that have no others (stat.h).
const (
	kindFile   = 0o100000
	kindFolder = 0o040755
	kindLink   = 0o120777
	kindNode   = 0o020600
)

func (a *archive) entry(name string, mode uint32, major, minor int, content []byte) {
	if parent := filepath.Dir(name); parent != "." {
		a.folder(parent)
	}
	a.inode++
	a.write([]byte(fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		a.inode, mode, 0, 0, 1, 0, len(content), 0, 0, major, minor, len(name)+1, 0)))
	a.write(append([]byte(name), 0))
	a.pad()
	a.write(content)
	a.pad()
}

func (a *archive) file(name string, permissions uint32, content []byte) {
	a.entry(name, kindFile|permissions, 0, 0, content)
}

func (a *archive) folder(name string) {
	if !a.folders[name] {
		a.folders[name] = true
		a.entry(name, kindFolder, 0, 0, nil)
	}
}

func (a *archive) link(name, target string) { a.entry(name, kindLink, 0, 0, []byte(target)) }

func (a *archive) node(name string, major, minor int) { a.entry(name, kindNode, major, minor, nil) }

// copy adds a file of this machine, as a program.
func (a *archive) copy(name, path string) {
	content, err := os.ReadFile(path)
	if err != nil && a.err == nil {
		a.err = err
		if path == busybox {
			a.err = fmt.Errorf("%w (apt-get install busybox-static)", err)
		}
	}
	a.file(name, 0o755, content)
}

func (a *archive) end() { a.entry("TRAILER!!!", 0, 0, 0, nil) }

func (a *archive) write(b []byte) {
	if a.err == nil {
		_, a.err = a.out.Write(b)
	}
	a.at += int64(len(b))
}

// pad fills up to a multiple of 4.
func (a *archive) pad() { a.write(make([]byte, -a.at&3)) }
