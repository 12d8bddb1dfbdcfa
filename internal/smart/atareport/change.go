package atareport

func (r *run) change() bool   { return true }
func (r *run) test()          {}
func (r *run) reorder()       {}
func (r *run) sctWriteCache() {}
