package main

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// platform is what a binary runs on.
type platform struct {
	name   string // as file names have it: rescuebox-armv7
	goarch string
	env    []string // the level of the processor, the lowest that Go knows
}

// platforms are all that are built. Each has the lowest processor level: a rescue
// binary must start on whatever machine is broken.
var platforms = []platform{
	{"amd64", "amd64", []string{"GOAMD64=v1"}},
	{"386", "386", []string{"GO386=sse2"}},
	{"arm64", "arm64", nil},
	{"armv7", "arm", []string{"GOARM=7"}},
	{"armv5", "arm", []string{"GOARM=5"}},
	{"mipsle", "mipsle", []string{"GOMIPS=softfloat"}},
	{"ppc64le", "ppc64le", []string{"GOPPC64=power8"}},
	{"s390x", "s390x", nil},
	{"riscv64", "riscv64", nil},
}

func findPlatform(name string) (platform, error) {
	for _, p := range platforms {
		if p.name == name {
			return p, nil
		}
	}
	return platform{}, fmt.Errorf("unknown platform %q: one of %s", name, platformNames())
}

func platformNames() string {
	var names []string
	for _, p := range platforms {
		names = append(names, p.name)
	}
	return strings.Join(names, " ")
}

// order is the byte order of the platform.
func (p platform) order() binary.ByteOrder {
	if p.goarch == "s390x" || p.goarch == "mips" || p.goarch == "ppc64" {
		return binary.BigEndian
	}
	return binary.LittleEndian
}
