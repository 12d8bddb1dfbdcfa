package apk

import (
	"path"
	"strings"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
)

// protectedDir holds rules about files that are expected to be edited
// (apk-protected_paths(5)).
const protectedDir = "/etc/apk/protected_paths.d"

// builtin are the rules that come before those of files (src/database.c,
// apk_db_open).
var builtin = [...]string{"+etc", "@etc/init.d", "!etc/apk"}

// rule says of paths that match a pattern whether edits of them are expected.
type rule struct {
	parts   []string // patterns of the components
	protect bool     // not so for "-", nor for "@", which is about symbolic links only
}

// The limits keep a folder of rubbish from taking memory and time.
const (
	maxRules = 1000
	maxFile  = 1 << 20 // bytes
)

func readProtected(root rootfs.Root, problems *pkgdb.Problems) []rule {
	var rules []rule
	for _, line := range builtin {
		rules = addRule(rules, line)
	}
	list, err := root.ReadDir(protectedDir)
	if err != nil && !pkgdb.Missing(err) {
		problems.Add(err)
	}
	for _, entry := range list {
		if !strings.HasSuffix(entry.Name(), ".list") {
			continue
		}
		data, err := root.ReadFile(protectedDir+"/"+entry.Name(), maxFile)
		if err != nil {
			problems.Add(err)
		}
		for line := range strings.SplitSeq(string(data), "\n") {
			rules = addRule(rules, line)
		}
	}
	return rules
}

func addRule(rules []rule, line string) []rule {
	if line == "" || line[0] == '#' || len(rules) == maxRules {
		return rules
	}
	protect := line[0] != '-' && line[0] != '@'
	if strings.IndexByte("-+@!", line[0]) >= 0 {
		line = line[1:]
	}
	return append(rules, rule{strings.Split(strings.Trim(line, "/"), "/"), protect})
}

// isProtected reports what the rules say of a path, or else of the folder nearest to
// it that they name; the last rule about it counts.
func isProtected(rules []rule, file string) bool {
	parts := strings.Split(file, "/")
	protect := false
	for depth := 1; depth <= len(parts); depth++ {
		for _, r := range rules {
			if len(r.parts) == depth && matches(r.parts, parts) {
				protect = r.protect
			}
		}
	}
	return protect
}

func matches(patterns, parts []string) bool {
	for i, p := range patterns {
		if ok, err := path.Match(p, parts[i]); !ok || err != nil {
			return false
		}
	}
	return true
}
