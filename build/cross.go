package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// cross builds all profiles for every platform into one folder, as
// rescuebox-PLATFORM, rescuebox-kit-PLATFORM and so on.
func cross(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: go run ./build cross DIR")
	}
	for _, name := range profiles {
		prof, err := readProfile(name)
		if err != nil {
			return err
		}
		for _, p := range platforms {
			file := filepath.Join(args[0], fileName(name, p))
			if err := (target{profile: prof, platform: p}).write(file); err != nil {
				return err
			}
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			fmt.Printf("%9d %s\n", info.Size(), file)
		}
	}
	return nil
}

// fileName is what a platform's binary is called in a folder of all of them.
func fileName(profile string, p platform) string {
	if profile == "full" {
		return "rescuebox-" + p.name
	}
	return "rescuebox-" + profile + "-" + p.name
}
