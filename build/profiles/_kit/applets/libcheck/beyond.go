package libcheck

import (
	"context"

	"rescuebox/internal/applet"
	"rescuebox/internal/libcheck"
	"rescuebox/internal/pkgdb"
	"rescuebox/internal/pkgdb/dpkg"
	"rescuebox/internal/rootfs"
)

// packages opens what dpkg has recorded. The kit leaves out the others' databases.
func packages(root rootfs.Root) ([]pkgdb.Database, error) {
	db, err := dpkg.Open(root)
	if db == nil {
		return nil, err
	}
	return []pkgdb.Database{db}, err
}

// locate is left out.
func locate(context.Context, applet.Streams, settings, *libcheck.Plan, *applet.Reporter) error {
	return applet.Usage(statusBlind, "--kernel-log, --sector and --map are not in this small build: take the full one")
}
