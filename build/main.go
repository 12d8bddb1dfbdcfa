package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// run carries out one command line.
func run(args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "cross":
			return cross(args[1:])
		case "size":
			return size(args[1:])
		case "full":
			return full(args[1:])
		case "check":
			return check(args[1:])
		}
	}
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	profile := flags.String("profile", "full", "list of applets under build/profiles")
	arch := flags.String("arch", "amd64", "platform: "+platformNames())
	output := flags.String("o", "", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *output == "" || flags.NArg() > 0 {
		return fmt.Errorf("usage: go run ./build [-profile NAME] [-arch NAME] -o FILE | full -o FILE | cross DIR | size | check")
	}
	p, err := findPlatform(*arch)
	if err != nil {
		return err
	}
	prof, err := readProfile(*profile)
	if err != nil {
		return err
	}
	return target{profile: prof, platform: p}.write(*output)
}
