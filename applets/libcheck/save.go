package libcheck

import (
	"context"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/jsonw"
	"rescuebox/internal/libcheck"
	"rescuebox/internal/medium"
	"rescuebox/internal/rootfs"
)

// keeper saves damaged files; nil when that was not asked for.
type keeper struct{}

func newKeeper(ctx context.Context, s applet.Streams, o settings, plan *libcheck.Plan, root rootfs.Root) *keeper {
	return nil
}

func (k *keeper) damaged(*libcheck.File, *medium.File) {}
func (k *keeper) changed()                             {}

func (k *keeper) write(b *strings.Builder, f *libcheck.File) {}

// state says where a copy is, in a line.
func (k *keeper) state(f *libcheck.File) string { return "not saved yet" }

// best returns a file that was saved whole, or nil.
func (k *keeper) best(damaged []*libcheck.File) *libcheck.File { return nil }

func (k *keeper) path(f *libcheck.File) string { return "" }

func (k *keeper) json(w *jsonw.Writer, f *libcheck.File) {}
