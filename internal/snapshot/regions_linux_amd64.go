package snapshot

import (
	"errors"
	"os"
	"strconv"
	"strings"
)

// region is a mapping of the tracee: a line of /proc/PID/maps (proc(5)).
type region struct {
	start, end        uint64
	read, write, exec bool
	shared            bool
	name              string
}

// kernels says that the kernel put the mapping there and will again.
func (r region) kernels() bool {
	switch r.name {
	case "[vdso]", "[vvar]", "[vvar_vclock]", "[vsyscall]":
		return true
	}
	return false
}

func (t *tracee) regions() ([]region, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(t.pid) + "/maps")
	if err != nil {
		return nil, err
	}
	var all []region
	for line := range strings.Lines(string(data)) {
		r, ok := parseRegion(line)
		if !ok {
			return nil, errors.New("/proc/PID/maps: bad line: " + line)
		}
		all = append(all, r)
	}
	return all, nil
}

func parseRegion(line string) (region, bool) {
	fields := strings.Fields(line)
	if len(fields) < 5 || len(fields[1]) != 4 {
		return region{}, false
	}
	low, high, _ := strings.Cut(fields[0], "-")
	start, err1 := strconv.ParseUint(low, 16, 64)
	end, err2 := strconv.ParseUint(high, 16, 64)
	mode := fields[1]
	r := region{start: start, end: end, read: mode[0] == 'r', write: mode[1] == 'w', exec: mode[2] == 'x', shared: mode[3] == 's'}
	if len(fields) > 5 {
		r.name = fields[5]
	}
	return r, err1 == nil && err2 == nil && start < end
}
