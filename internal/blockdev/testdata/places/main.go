// Command places is the part of blockdev's tests that runs in a virtual machine.
//
//	places write DEVICE FROM COUNT   writes each sector's name into it
//	places show DEVICE FROM COUNT    says where some of them are on disks
//	places log /dev/kmsg             says what of the kernel's log are places
//
// A line of show is: device sector disk disk's-sector, or: device sector ? why.
// Disks are numbers, by the links /dev/disk0 and so on.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/kernellog"
	"rescuebox/internal/onsector"
)

func main() {
	if os.Args[1] == "log" {
		log(os.Args[2])
		return
	}
	from, err1 := strconv.ParseInt(os.Args[3], 10, 64)
	count, err2 := strconv.ParseInt(os.Args[4], 10, 64)
	check(err1)
	check(err2)
	device, err := onsector.DeviceAt(blockdev.System{}, os.Args[2])
	check(err)
	if count == 0 {
		count = device.Sectors - from
	}
	switch os.Args[1] {
	case "write":
		write(os.Args[2], from, count)
	case "show":
		show(device, filepath.Base(os.Args[2]), from, count)
	}
}

func check(err error) {
	if err != nil {
		fmt.Println("places:", err)
		os.Exit(1)
	}
}

func write(path string, from, count int64) {
	data := make([]byte, count*blockdev.SectorSize)
	for i := range count {
		copy(data[i*blockdev.SectorSize:], fmt.Sprintf("%s %d\n", filepath.Base(path), from+i))
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	check(err)
	_, err = f.WriteAt(data, from*blockdev.SectorSize)
	check(err)
	check(f.Sync())
	check(f.Close())
}

func show(device blockdev.Device, name string, from, count int64) {
	stack := blockdev.System{}.Stack()
	disks := disks()
	for sector := from; sector < from+count; sector++ {
		if (sector-from)%97 != 0 && sector != from+count-1 {
			continue
		}
		for _, p := range stack.Below(device, sector, 1) {
			if p.Why != "" {
				fmt.Println(name, sector, "?", p.Why)
				continue
			}
			disk, ok := disks[p.Device.Major<<20|p.Device.Minor]
			if !ok || p.Count != 1 || p.From != sector {
				fmt.Printf("%s %d is at %+v\n", name, sector, p)
				continue
			}
			fmt.Println(name, sector, disk, p.Sector)
			back(stack, device, sector, p)
		}
	}
}

// back complains when the sector of the disk is not found to be that of the device.
func back(stack *blockdev.Stack, device blockdev.Device, sector int64, p blockdev.Place) {
	places := stack.Above(p.Device, p.Sector, 1)
	for _, q := range places {
		if q.Device == device && q.Sector == sector && q.Count == 1 && q.From == p.Sector {
			return
		}
	}
	fmt.Printf("%s %d is at %+v, and above that are %+v\n", device.Name, sector, p, places)
}

func log(path string) {
	var l kernellog.Log
	check(l.ReadKernel(path))
	disks := disks()
	for _, e := range l.Events {
		t, ok := onsector.FromEvent(blockdev.System{}, e)
		disk, known := disks[t.Device.Major<<20|t.Device.Minor]
		if !ok || !known {
			fmt.Printf("of the log: %+v is at %+v\n", e, t)
			continue
		}
		fmt.Printf("log disk%d %s %d %d\n", disk, e.Kind, t.Sector, t.Count)
	}
}

func disks() map[uint32]int {
	list := map[uint32]int{}
	for i := range 10 {
		if d, err := onsector.DeviceAt(blockdev.System{}, "/dev/disk"+strconv.Itoa(i)); err == nil {
			list[d.Major<<20|d.Minor] = i
		}
	}
	return list
}
