package ls

import (
	"errors"
	"strconv"
	"strings"

	"rescuebox/internal/humansize"
	"rescuebox/internal/quoting"
)

// The words of options, in the order of their constants; a word that has several
// constants in the order of words stands in a table of its own below.
var (
	quotings   = []string{"literal", "shell", "shell-always", "shell-escape", "shell-escape-always", "c", "escape"}
	indicators = []string{"none", "slash", "file-type", "classify"}
	sorts      = []string{"name", "none", "size", "time", "version", "extension"}
	formats    = []string{"long", "verbose", "single-column", "vertical", "across", "horizontal", "commas"}
	formatOf   = [...]format{long, long, single, vertical, across, across, commas}
	times      = []string{"mtime", "modification", "atime", "access", "use", "ctime", "status"}
	timeOf     = [...]stamp{modified, modified, accessed, accessed, accessed, changed, changed}
	whens      = []string{"always", "yes", "force", "never", "no", "none", "auto", "tty", "if-tty"}
)

// valued sets an option that may have a value.
func (p *parser) valued(c rune, name, value string, given bool, s screen) {
	switch c {
	case optColor, 'F':
		on := true
		if given {
			on = p.when(name, value, s)
		}
		if c == optColor {
			p.color = on
		} else if on {
			p.indicator = classify
		} else {
			p.indicator = noIndicator
		}
	case optFileType:
		p.indicator = fileType
	case optFormat:
		p.format = formatOf[p.word(name, value, formats)]
	case optFullTime:
		p.format, p.style = long, "full-iso"
	case optDirsFirst:
		p.dirsFirst = true
	case optHide:
		p.hide = append(p.hide, value)
	case 'I':
		p.ignore = append(p.ignore, value)
	case optIndicator:
		p.indicator = indicator(p.word(name, value, indicators))
	case optQuoting:
		p.quote.Style = quoting.Style(p.word(name, value, quotings))
	case optSI:
		p.human = humansize.SI
	case optShow:
		p.quote.Hide = false
	case optSort:
		p.order = byName + order(p.word(name, value, sorts))
	case optTime:
		p.time, p.timeGiven = timeOf[p.word(name, value, times)], true
	case optTimeStyle:
		p.style = value
	case 'T':
		p.tab = p.columns(name, value)
	case 'w':
		p.width = p.columns(name, value)
	}
}

// find returns the index of the word that value is or alone abbreviates, or -1.
func find(value string, words []string) int {
	found := -1
	for i, w := range words {
		if w == value {
			return i
		}
		if value != "" && strings.HasPrefix(w, value) {
			if found >= 0 {
				found = len(words) // ambiguous
			} else {
				found = i
			}
		}
	}
	if found == len(words) {
		return -1
	}
	return found
}

// word is find for the value of an option: a mistake is an error.
func (p *parser) word(name, value string, words []string) int {
	i := find(value, words)
	if i < 0 {
		p.err = errors.New("invalid argument '" + value + "' for '" + name + "': must be " + strings.Join(words, ", "))
		return 0
	}
	return i
}

// when decides always, never or auto.
func (p *parser) when(name, value string, s screen) bool {
	switch p.word(name, value, whens) / 3 {
	case 0:
		return true
	case 1:
		return false
	}
	if name != "--color" {
		return s.is
	}
	return s.is && s.color
}

func (p *parser) columns(name, value string) int {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		p.err = errors.New("invalid number of columns '" + value + "' for '" + name + "'")
	}
	return int(n)
}
