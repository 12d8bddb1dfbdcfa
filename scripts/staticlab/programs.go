package staticlab

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Program is a program of the system with a command line that makes it work.
type Program struct {
	Name    string   // tells the command lines of one program apart
	Path    string   // where it is installed
	Package string   // of Debian
	Args    []string // paths are relative to the folder of Data
	// LibraryPath is the value of LD_LIBRARY_PATH with which the installed program
	// starts, and under which its libraries are found: for unpacked packages only.
	LibraryPath string

	// Dev says that it wants /dev/null and the like, Data that no packed file can
	// do it: it reads files of its own, or starts another program.
	Dev, Data bool

	// Env is what it needs so that it looks for no folder of the system's.
	Env []string
	// Loose says that its messages on stderr depend on the host.
	Loose bool

	slice bool // among the few that every run of the tests tries
}

// Base is the name of the program's file.
func (p Program) Base() string { return filepath.Base(p.Path) }

// Plain returns the program's path, or where it is setuid that of a copy without the
// bit in the folder dir: such a program is not to be packed.
func (p Program) Plain(dir string) (string, error) {
	info, err := os.Stat(p.Path)
	if err != nil || info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) == 0 {
		return p.Path, err
	}
	data, err := os.ReadFile(p.Path)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, p.Base())
	return path, os.WriteFile(path, data, 0o755)
}

// Differs says how what a packed program did differs from what the installed one
// did, and is empty when it does not.
func (p Program) Differs(got, want Result) string {
	if p.Loose {
		got.Stderr, want.Stderr = "", ""
	}
	return Differs(got, want)
}

const (
	bashScript = `a=(3 1 2) s=0; for i in "${a[@]}"; do s=$((s + i)); done; echo $s; read -r l <text; echo "$0 $l"`
	perlScript = `my %h; while (<>) { $h{lc $_}++ for /\w+/g } print map { "$_ $h{$_}\n" } sort keys %h`
	pythonCode = `import json, zlib; print(json.dumps([zlib.crc32(b"rescue")]))`
)

// table are the programs that a rescue asks for: shells, disks, file systems,
// network, packages; small and large, with 1 to 58 libraries, in C and C++, with
// threads and with plugins.
var table = []Program{
	{Name: "bash", Package: "bash", slice: true, Args: []string{"-c", bashScript}},
	{Name: "less", Package: "less", Args: []string{"text"}},
	{Name: "smartctl", Package: "smartmontools", Args: []string{"-V"}},
	{Name: "lvm", Package: "lvm2", Args: []string{"segtypes"}, Env: []string{"LVM_SYSTEM_DIR="}, Loose: true},
	{Name: "mdadm", Package: "mdadm", Args: []string{"-E", "fs.img"}},
	{Name: "xfs_repair", Package: "xfsprogs", slice: true, Args: []string{"-V"}},
	{Name: "e2fsck", Package: "e2fsprogs", slice: true, Args: []string{"-fn", "fs.img"}, Loose: true},
	{Name: "parted", Package: "parted", Args: []string{"--version"}, Data: true}, // starts dmidecode
	{Name: "python3 -c", Package: "python3", Args: []string{"-c", pythonCode}, Data: true},
	{Name: "python3 -V", Package: "python3", slice: true, Args: []string{"-V"}},
	{Name: "gdb", Package: "gdb", Args: []string{"--version"}, Data: true}, // python's library
	{Name: "ls", Package: "coreutils", slice: true, Args: []string{"-ln", "--time-style=+%s", "."}},
	{Name: "id", Package: "coreutils", Args: []string{"-u"}},
	{Name: "tar", Package: "tar", slice: true, Args: []string{"--numeric-owner", "--utc", "-tvf", "a.tar"}},
	{Name: "curl", Package: "curl", Args: []string{"-V"}},
	{Name: "ssh", Package: "openssh-client", Args: []string{"-V"}, Data: true}, // /etc/passwd
	{Name: "openssl", Package: "openssl", slice: true, Args: []string{"dgst", "-sha256", "text"}},
	{Name: "perl", Package: "perl-base", slice: true, Args: []string{"-e", perlScript, "text"}, Dev: true},
	{Name: "git", Package: "git", Args: []string{"hash-object", "--no-filters", "text"}, Dev: true},
	{Name: "systemctl", Package: "systemd", Args: []string{"--version"}},
	{Name: "btrfs", Package: "btrfs-progs", Args: []string{"--version"}},
	{Name: "mount", Package: "mount", Args: []string{"--version"}},
	{Name: "debugfs", Package: "e2fsprogs", Args: []string{"-R", "ls -l", "fs.img"}},
	{Name: "strace", Package: "strace", Args: []string{"-V"}},
	{Name: "rpm", Package: "rpm", Args: []string{"--version"}},
	{Name: "dpkg", Package: "dpkg", Args: []string{"--version"}},
	{Name: "find", Package: "findutils", Args: []string{".", "-type", "f", "-size", "+1k", "-printf", "%p %s\\n"}},
	{Name: "mawk", Package: "mawk", Args: []string{"{ n += NF } END { print n, NR }", "text"}},
}

// Programs returns the few programs that every run of the tests tries, or all.
// They are looked for where the system has them and then below extra (unless it is
// empty), a folder into which packages were unpacked with dpkg -x: installing some
// of them changes how a machine boots. The error names the commands that help.
func Programs(all bool, extra string) ([]Program, error) {
	var found []Program
	var missing []string
	for _, p := range table {
		if !all && !p.slice {
			continue
		}
		name, _, _ := strings.Cut(p.Name, " ")
		if !p.find(name, "/") && (extra == "" || !p.find(name, extra)) {
			missing = append(missing, p.Package)
		}
		found = append(found, p)
	}
	if len(missing) > 0 {
		return nil, lacking(slices.Compact(missing), extra)
	}
	return found, nil
}

func (p *Program) find(name, root string) bool {
	for _, dir := range []string{"usr/bin", "usr/sbin", "bin", "sbin"} {
		path := filepath.Join(root, dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			p.Path = path
			if root != "/" {
				p.LibraryPath = filepath.Join(root, "lib/x86_64-linux-gnu") + ":" + filepath.Join(root, "usr/lib/x86_64-linux-gnu")
			}
			return true
		}
	}
	return false
}

// unpacked are packages whose installation does more than put files in place, with
// the libraries that they need besides.
var unpacked = map[string]string{
	"lvm2":          "lvm2 libdevmapper-event1.02.1 libaio1",
	"mdadm":         "mdadm",
	"parted":        "parted libparted2",
	"smartmontools": "smartmontools",
}

func lacking(packages []string, extra string) error {
	var install, unpack []string
	for _, name := range packages {
		if with, ok := unpacked[name]; ok {
			unpack = append(unpack, with)
		} else {
			install = append(install, name)
		}
	}
	var help []string
	if len(install) > 0 {
		help = append(help, "apt-get install --no-install-recommends "+strings.Join(install, " "))
	}
	if len(unpack) > 0 {
		if extra == "" {
			extra = "EXTRA"
		}
		help = append(help, "mkdir -p "+extra+" && cd "+extra+" && apt-get download "+strings.Join(unpack, " ")+
			" && for p in *.deb; do dpkg -x $p .; done; and name that folder to the test")
	}
	return fmt.Errorf("programs are missing:\n%s", strings.Join(help, "\n"))
}
