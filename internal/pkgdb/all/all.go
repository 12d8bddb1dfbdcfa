// Package all lists the databases of all package managers that are known here.
package all

import (
	"errors"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/pkgdb/apk"
	"rescuebox/internal/pkgdb/dpkg"
	"rescuebox/internal/pkgdb/pacman"
	"rescuebox/internal/pkgdb/rpm"
	"rescuebox/internal/rootfs"
)

// Open returns the databases that exist inside root, most often one. The error joins
// why it cannot be told of others whether they do.
func Open(root rootfs.Root) ([]pkgdb.Database, error) {
	var list []pkgdb.Database
	var problems []error
	for _, open := range [...]func(rootfs.Root) (pkgdb.Database, error){
		dpkg.Open, rpm.Open, pacman.Open, apk.Open,
	} {
		db, err := open(root)
		if db != nil {
			list = append(list, db)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	return list, errors.Join(problems...)
}
