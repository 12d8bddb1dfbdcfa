package ls

import (
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/accounts"
	"rescuebox/internal/humansize"
	"rescuebox/internal/listing"
	"rescuebox/internal/modestring"
	"rescuebox/internal/strftime"
)

// longWidths are the widths in cells of the columns of -l.
type longWidths struct {
	links, owner, group, size int
	major, minor              int
	access                    bool // some file has an access control list or a context
}

// measureLong widens the columns for f, whose inode is known.
func (p *page) measureLong(f *file) {
	w := &p.long
	w.links = max(w.links, len(decimal(f.more.Nlink)))
	if p.owner {
		text, _ := p.ownerText(f)
		w.owner = max(w.owner, len(text))
	}
	if p.group {
		text, _ := p.groupText(f)
		w.group = max(w.group, len(text))
	}
	if f.isDevice() {
		w.major = max(w.major, len(decimal(uint64(unix.Major(f.more.Rdev)))))
		w.minor = max(w.minor, len(decimal(uint64(unix.Minor(f.more.Rdev)))))
		w.size = max(w.size, w.major+2+w.minor)
	} else {
		w.size = max(w.size, len(p.sizeText(f)))
	}
	if f.more.access != ' ' {
		w.access = true
	}
}

func (p *page) printLong() {
	for i := range p.files {
		f := &p.files[i]
		at := p.fields(f)
		at += p.name(f.name, p.colour(f), at, true)
		switch {
		case f.kind != unix.DT_LNK:
			if c := p.indicatorOf(f); c != 0 {
				p.out.WriteByte(c)
			}
		case f.more != nil && f.more.target != "":
			mode := f.more.targetMode
			p.out.WriteString(" -> ")
			color := ""
			if p.color && mode != 0 {
				color = sgr(listing.TypeOf(mode), mode)
			}
			p.name(f.more.target, color, at+4, false)
			if c := p.indicate(listing.TypeOf(mode), mode); mode != 0 && c != 0 {
				p.out.WriteByte(c)
			}
		}
		p.out.WriteByte('\n')
	}
}

// fields prints what is before the name, and returns the cells that it took.
func (p *page) fields(f *file) int {
	n := p.prefix(f)
	mode := string(modestring.Letter(f.kind)) + "?????????"
	links, access := "?", byte('?')
	if f.known() {
		mode, links, access = modestring.String(f.more.Mode), decimal(f.more.Nlink), f.more.access
	}
	if p.long.access {
		mode += string(access)
	}
	n += p.left(mode, 0) + p.right(links, p.long.links)
	if p.owner {
		n += p.account(p.long.owner, f, p.ownerText)
	}
	if p.group {
		n += p.account(p.long.group, f, p.groupText)
	}
	if p.lister.context {
		n += p.left(contextText(f), p.context)
	}
	if f.known() && f.isDevice() {
		major := decimal(uint64(unix.Major(f.more.Rdev)))
		minor := decimal(uint64(unix.Minor(f.more.Rdev)))
		n += p.right(major+",", p.long.size-p.long.minor-1)
		n += p.right(minor, p.long.minor)
	} else {
		n += p.right(p.sizeText(f), p.long.size)
	}
	return n + p.when(f)
}

// account prints an owner: names at the left, numbers at the right.
func (p *page) account(width int, f *file, text func(*file) (string, bool)) int {
	if !f.known() {
		return p.left("?", width)
	}
	shown, named := text(f)
	if named {
		return p.left(shown, width)
	}
	return p.right(shown, width)
}

func (p *page) ownerText(f *file) (text string, named bool) {
	return p.label(f.more.UID, func(a *accounts.Accounts) accounts.Table { return a.Users })
}

func (p *page) groupText(f *file) (text string, named bool) {
	return p.label(f.more.GID, func(a *accounts.Accounts) accounts.Table { return a.Groups })
}

// label returns the name of a number and true, or the number and false.
func (l *lister) label(id uint32, table func(*accounts.Accounts) accounts.Table) (string, bool) {
	if l.numeric {
		return decimal(uint64(id)), false
	}
	if l.names == nil {
		// What cannot be read costs names, which -n can do without too.
		l.names, _ = accounts.Load("/")
	}
	if name, ok := table(l.names).Name(id); ok {
		return name, true
	}
	return decimal(uint64(id)), false
}

func (p *page) sizeText(f *file) string {
	switch {
	case !f.known():
		return "?"
	case p.human != 0:
		return humansize.Ceil(f.more.Size, p.human)
	}
	return decimal(f.more.Size)
}

func (f *file) isDevice() bool { return f.kind == unix.DT_BLK || f.kind == unix.DT_CHR }

// halfYear is half a Gregorian year on average: files younger than that show the
// time of day instead of the year.
const halfYear = 31556952 / 2

// when prints the file's time.
func (p *page) when(f *file) int {
	if !f.known() {
		epoch := strftime.Append(nil, p.formats[0], time.Unix(0, 0).In(p.zone))
		return p.right("?", len(epoch))
	}
	t := p.timeOf(f.more)
	now := listing.Time{Sec: p.now.Unix(), Nsec: int64(p.now.Nanosecond())}
	if t.Compare(now) > 0 {
		// It may have been changed since.
		p.now = time.Now()
		now = listing.Time{Sec: p.now.Unix(), Nsec: int64(p.now.Nanosecond())}
	}
	ago := listing.Time{Sec: now.Sec - halfYear, Nsec: now.Nsec}
	form := p.formats[0]
	if ago.Compare(t) < 0 && t.Compare(now) < 0 {
		form = p.formats[1]
	}
	text := strftime.Append(nil, form, time.Unix(t.Sec, t.Nsec).In(p.zone))
	return p.left(string(text), 0)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
