package vmlab

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// KernelDir is where scripts/packages unpacks Debian's linux-image package, which
// is not installed: that would make this machine boot it.
const KernelDir = "/var/cache/vmlab"

// kernel is an unpacked kernel.
type kernel struct {
	image   string
	modules map[string]string // paths by name, as lsmod has it
	builtin map[string]bool
}

func findKernel(dir string) (*kernel, error) {
	images, err := filepath.Glob(filepath.Join(dir, "boot", "vmlinuz-*"))
	if err != nil || len(images) == 0 {
		return nil, fmt.Errorf("no kernel in %s (scripts/packages unpacks one)", dir)
	}
	image := images[len(images)-1]
	version := strings.TrimPrefix(filepath.Base(image), "vmlinuz-")
	k := &kernel{image: image, modules: map[string]string{}, builtin: map[string]bool{}}
	root := filepath.Join(dir, "lib", "modules", version)
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && (strings.HasSuffix(path, ".ko") || strings.HasSuffix(path, ".ko.xz")) {
			k.modules[moduleName(path)] = path
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(root, "modules.builtin"))
	if err != nil {
		return nil, err
	}
	for _, path := range strings.Fields(string(list)) {
		k.builtin[moduleName(path)] = true
	}
	return k, nil
}

func moduleName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".ko")
	return strings.ReplaceAll(name, "-", "_")
}

// module is one that is loaded.
type module struct {
	name    string
	content []byte
}

// load returns modules with those that they depend on, in the order of loading.
func (k *kernel) load(names []string) ([]module, error) {
	var list []module
	seen := map[string]bool{}
	var visit func(name string, must bool) error
	visit = func(name string, must bool) error {
		name = strings.ReplaceAll(name, "-", "_")
		if seen[name] || k.builtin[name] {
			return nil
		}
		path, ok := k.modules[name]
		if !ok && must {
			return fmt.Errorf("no module %s in %s", name, KernelDir)
		}
		if !ok {
			return nil
		}
		seen[name] = true
		content, err := readModule(path)
		if err != nil {
			return err
		}
		needs, wants, err := dependencies(content)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, n := range needs {
			if err := visit(n, true); err != nil {
				return err
			}
		}
		for _, n := range wants {
			if err := visit(n, false); err != nil {
				return err
			}
		}
		list = append(list, module{name, content})
		return nil
	}
	for _, n := range names {
		if err := visit(n, true); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func readModule(path string) ([]byte, error) {
	if strings.HasSuffix(path, ".xz") {
		out, err := exec.Command("xz", "-dc", path).Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w (apt-get install xz-utils)", path, err)
		}
		return out, nil
	}
	return os.ReadFile(path)
}

// dependencies are what a module's .modinfo section says it needs, and wants to be
// loaded before it. Algorithms of the kernel's crypto interface are wanted by what
// they do, and are in the module of that name, or with _generic behind it.
func dependencies(content []byte) (needs, wants []string, err error) {
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	section := f.Section(".modinfo")
	if section == nil {
		return nil, nil, nil
	}
	data, err := section.Data()
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range strings.Split(string(data), "\x00") {
		if list, ok := strings.CutPrefix(entry, "depends="); ok && list != "" {
			needs = append(needs, strings.Split(list, ",")...)
		}
		if list, ok := strings.CutPrefix(entry, "softdep=pre: "); ok {
			for _, name := range strings.Fields(list) {
				name = strings.TrimPrefix(name, "crypto-")
				wants = append(wants, name, name+"_generic")
			}
		}
	}
	return needs, wants, nil
}
