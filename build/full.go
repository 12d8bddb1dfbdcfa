package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"rescuebox/b64xfer/kits"
	"rescuebox/b64xfer/pack"
)

// full builds the workstation's binary: every applet, and the packed kits of all
// processors that have a stub, for b64xfer to send.
func full(args []string) error {
	flags := flag.NewFlagSet("full", flag.ContinueOnError)
	arch := flags.String("arch", "amd64", "platform: "+platformNames())
	output := flags.String("o", "", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *output == "" || flags.NArg() > 0 {
		return fmt.Errorf("usage: go run ./build full [-arch NAME] -o FILE")
	}
	p, err := findPlatform(*arch)
	if err != nil {
		return err
	}
	profile, err := readProfile("full")
	if err != nil {
		return err
	}
	packed, err := packedKits(context.Background())
	if err != nil {
		return err
	}
	return target{profile: profile, platform: p, carries: packed}.write(*output)
}

// packedKits builds the kit for each processor, and packs it.
func packedKits(ctx context.Context) ([]kits.Packed, error) {
	tmp, err := os.MkdirTemp("", "rescuebox-kits-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	all := make([]kits.Packed, len(pack.Arches()))
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, arch := range pack.Arches() {
		file := filepath.Join(tmp, arch)
		if err := buildKit(arch, file); err != nil {
			return nil, err
		}
		wait.Go(func() { all[i], errs[i] = packKit(ctx, arch, file) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func buildKit(arch, file string) error {
	p, err := findPlatform(arch)
	if err != nil {
		return err
	}
	profile, err := readProfile("kit")
	if err != nil {
		return err
	}
	return target{profile: profile, platform: p}.write(file)
}

func packKit(ctx context.Context, arch, file string) (kits.Packed, error) {
	kit, err := os.ReadFile(file)
	if err != nil {
		return kits.Packed{}, err
	}
	content, err := pack.Pack(ctx, kit)
	if err != nil {
		return kits.Packed{}, fmt.Errorf("packing the kit of %s: %w", arch, err)
	}
	return kits.Packed{Arch: arch, Content: content, Unpacked: int64(len(kit))}, nil
}
