package libcheck

import (
	"context"

	"rescuebox/internal/applet"
	"rescuebox/internal/libcheck"
	"rescuebox/internal/pkgdb"
	"rescuebox/internal/pkgdb/all"
	"rescuebox/internal/rootfs"
)

// What is in this file the kit has less of: a person waits for each of its bytes, and
// the file of the same name below build/profiles stands for this one there.

// packages opens what package managers have recorded.
func packages(root rootfs.Root) ([]pkgdb.Database, error) { return all.Open(root) }

// locate says which files of the plan lie on bad sectors.
func locate(ctx context.Context, s applet.Streams, o settings, plan *libcheck.Plan, report *applet.Reporter) error {
	return onSectors(ctx, s, o, plan, report)
}
