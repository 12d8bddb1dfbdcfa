package smartctl

import (
	"strconv"
	"strings"
	"sync"

	"rescuebox/internal/errno"
	"rescuebox/internal/smart/scan"
)

// listed is a line of --scan.
type listed struct {
	path, info, protocol string
	kind, option         string
	failed               error // to open, or to answer
}

// scan lists the disks. All are opened at the same time, so that one that does not answer
// holds none of the others.
func (r *run) scan() {
	found := r.found()
	lines := make([]listed, len(found))
	var wait sync.WaitGroup
	for i, f := range found {
		wait.Go(func() { lines[i] = r.look(f) })
	}
	wait.Wait()
	for _, l := range lines {
		if !r.wanted(l.option) {
			continue
		}
		line := l.path + " -d " + l.option + " # " + l.info + ", " + l.protocol + " device"
		if l.failed != nil {
			line = "# " + line + " open failed: " + errno.Reason(l.failed)
		}
		r.out.Print(line, "\n")
		j := r.out.JSON.At("devices").Append()
		j.At("name").String(l.path)
		j.At("info_name").String(l.info)
		j.At("type").String(l.kind)
		j.At("protocol").String(l.protocol)
		if l.failed != nil {
			j.At("open_error").String(errno.Reason(l.failed))
		}
	}
}

// found are the disks of the system, those of controllers among them.
func (r *run) found() (all []scan.Found) {
	for _, f := range r.system.List() {
		if f.Path != "" {
			all = append(all, f)
			continue
		}
		disks, err := r.system.Disks(r.ctx, f.Controller, r.o.limits)
		if err != nil {
			r.warn("RAID controller of host " + strconv.Itoa(f.Controller) + ": " + errno.Reason(err))
		}
		all = append(all, disks...)
	}
	return all
}

// warn tells something beside the list, in which it is a comment.
func (r *run) warn(text string) {
	r.out.Print("# ", text, "\n")
	m := r.out.JSON.At("smartctl", "messages").Append()
	m.At("string").String(text)
	m.At("severity").String("warning")
}

// look says how a disk is listed, and opens it where that is asked for.
func (r *run) look(f scan.Found) listed {
	l := listed{path: f.Path, option: f.Spec.String()}
	l.info, l.kind, l.protocol = f.Spec.Shown(f.Path)
	if !r.o.scanOpen {
		return l
	}
	d, err := r.system.Open(r.ctx, f.Path, f.Spec, r.o.limits)
	if err != nil {
		l.failed = err
		return l
	}
	defer func() { _ = d.Close() }()
	l.info, l.kind, l.protocol, l.option = d.Info, d.Type, d.Protocol(), d.Option
	l.failed = d.Answers(r.ctx)
	return l
}

// wanted reports whether -d asks for such disks.
func (r *run) wanted(kind string) bool {
	if r.o.spec == nil {
		return true
	}
	want := r.o.spec.String()
	return kind == want || strings.HasPrefix(kind, want+",") || strings.HasPrefix(kind, want+"+")
}
