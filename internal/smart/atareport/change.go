package atareport

import "rescuebox/internal/smart/report"

// change refuses what would change the disk's settings, and what only an SCT command
// tells: it must not look done.
func (r *run) change() bool {
	what := ""
	switch {
	case len(r.o.Changes) > 0:
		what = "changing settings"
	case r.o.Get&(GetReorder|GetSCTWriteCache) != 0:
		what = "-g wcreorder and -g wcache-sct"
	default:
		return true
	}
	r.out.Message("error", what+": not here for ATA disks")
	r.out.Status |= report.CommandLine
	return false
}
