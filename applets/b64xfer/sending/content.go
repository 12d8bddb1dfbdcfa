package sending

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"

	"rescuebox/b64xfer"
	"rescuebox/b64xfer/kits"
	"rescuebox/b64xfer/pack"
	"rescuebox/internal/applet"
)

// content returns what is sent: the file that is named, or the toolbox: a packed kit
// that this binary carries, else this binary itself. Executables that are not packed
// yet are, unless that is not wanted.
func (o *order) content(ctx context.Context, s applet.Streams) ([]byte, error) {
	if o.file == "" {
		self, err := s.Self()
		if err != nil {
			return nil, err
		}
		kit, err := carried(self, o.Arch)
		if err != nil || kit != nil {
			return kit, err
		}
		program, err := whole(self)
		if err != nil {
			return nil, err
		}
		s.Reporter().Note("this file carries no kits, so it sends itself; what \"make full\" builds carries smaller ones")
		return o.packed(ctx, s, program)
	}
	data, err := whole(s.Path(o.file))
	var path *os.PathError
	if errors.As(err, &path) {
		path.Path = o.file
	}
	if err != nil {
		return nil, err
	}
	return o.packed(ctx, s, data)
}

// carried returns the packed kit of an architecture, or nothing where this binary
// carries none at all.
func carried(self, arch string) ([]byte, error) {
	f, err := os.Open(self)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := kits.List(f)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	for _, k := range all {
		if k.Arch == arch {
			return k.Read(f)
		}
	}
	return nil, errors.New("this file carries no kit for '" + arch + "': see b64xfer list")
}

// packed packs an executable of a processor that has a stub, and returns anything
// else as it is.
func (o *order) packed(ctx context.Context, s applet.Streams, data []byte) ([]byte, error) {
	if _, err := pack.Arch(data); err != nil || o.noPack || !pack.Executable(data) {
		return data, nil
	}
	if _, err := pack.Inspect(data); err == nil {
		return data, nil
	}
	s.Reporter().Note("packing " + strconv.Itoa(len(data)) + " bytes: this takes some " + seconds(int64(len(data))/200000) + " (--no-pack sends them as they are)")
	return pack.Pack(ctx, data)
}

// whole reads a file that may turn out to be endless.
func whole(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, b64xfer.MaxSize+1))
}
