package libcheck

import (
	"context"

	"rescuebox/internal/pkgdb"
)

// Digests asks a package manager's database for the files of the plan, which Read
// then compares. The error is that of the database; what it found counts.
func (p *Plan) Digests(ctx context.Context, db pkgdb.Database) error {
	if p.wanted == nil {
		var paths []string
		for _, f := range p.Files {
			at := f.Path
			if f.via != "" {
				at = "" // another file has its path now
			}
			paths = append(paths, at)
		}
		p.wanted = pkgdb.Want(p.root, paths)
	}
	return db.Lookup(ctx, p.wanted, func(i int, r pkgdb.Record) {
		// A digest that cannot be computed here says nothing of the file.
		if r.Digest.Sum != "" && pkgdb.NewHash(r.Digest.Algorithm) == nil {
			r.Digest = pkgdb.Digest{}
		}
		p.Files[i].Records = append(p.Files[i].Records, r)
	})
}
