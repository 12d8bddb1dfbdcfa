// Smartgo asks a disk by the library smart.go, to compare.
package main

import (
	"fmt"
	"os"

	"github.com/anatol/smart.go"
)

func main() {
	path := os.Args[2]
	switch os.Args[1] {
	case "capacity":
		d, err := smart.OpenScsi(path)
		if err != nil {
			fmt.Println(err)
			return
		}
		c, err := d.Capacity()
		fmt.Println(c, err)
	case "serial":
		d, err := smart.OpenScsi(path)
		if err != nil {
			fmt.Println(err)
			return
		}
		s, err := d.SerialNumber()
		fmt.Println(s, err)
	case "nvme":
		d, err := smart.OpenNVMe(path)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, list, err := d.Identify()
		fmt.Println(len(list), err)
	}
}
