package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// tableFile is the table of all applets, relative to the module's root.
const tableFile = "applets/all.go"

// profile is a set of applets, by the names of their folders under applets/.
type profile struct {
	name    string
	from    string   // the name of the file that it was read from
	applets []string // sorted
	all     bool     // exactly the table: no overlay is needed
	small   bool     // compiled for size, see target.args
	floats  bool     // prints numbers with a floating point
	// What it has in place of files of the tree, by their paths there: paths relative to
	// the module's root.
	files map[string]string
}

// folders are where the profile has its files: those of all that is pasted, and its own.
// The go command takes no notice of folders whose names begin with an underscore.
func (p profile) folders() []string {
	own := filepath.Join("build", "profiles", "_"+p.from)
	if p.small {
		return []string{filepath.Join("build", "profiles", "_pasted"), own}
	}
	return []string{own}
}

// profiles are those that are shipped: "full", and those that are pasted.
var profiles = []string{"full", "kit", "disks"}

// readProfile reads build/profiles/NAME: an applet a line, '#' comments, '*' for all,
// "+floats" where one of them prints numbers with a floating point.
func readProfile(name string) (profile, error) {
	data, err := os.ReadFile(filepath.Join("build", "profiles", name))
	if err != nil {
		return profile{}, fmt.Errorf("profile %s: %w", name, err)
	}
	known, err := tableApplets()
	if err != nil {
		return profile{}, err
	}
	p := profile{name: name, from: name, small: name != "full"}
	p.files = map[string]string{}
	for _, dir := range p.folders() {
		list, err := filesBelow(dir)
		if err != nil {
			return profile{}, err
		}
		for _, file := range list {
			p.files[file] = filepath.Join(dir, file)
		}
	}
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		switch line = strings.TrimSpace(line); {
		case line == "":
		case line == "*":
			p.applets, p.all, p.floats = known, true, true
		case line == "+floats":
			p.floats = true
		case !slices.Contains(known, line):
			return profile{}, fmt.Errorf("profile %s: %s is not in %s", name, line, tableFile)
		default:
			p.applets = append(p.applets, line)
		}
	}
	slices.Sort(p.applets)
	return p, nil
}

// filesBelow lists the files below a folder by their paths in it. A folder that does
// not exist has none. Each must have a file of the tree to stand for, so that none is
// left over when that goes.
func filesBelow(dir string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		switch {
		case errors.Is(err, os.ErrNotExist) && path == dir:
			return nil
		case err != nil || e.IsDir():
			return err
		}
		inTree, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if _, err := os.Stat(inTree); err != nil {
			return fmt.Errorf("%s stands for nothing: %w", path, err)
		}
		list = append(list, inTree)
		return nil
	})
	return list, err
}

// without returns the profile less one applet.
func (p profile) without(applet string) profile {
	q := p
	q.name, q.all = p.name+"-without-"+applet, false
	q.applets = slices.DeleteFunc(slices.Clone(p.applets), func(a string) bool { return a == applet })
	return q
}

// tableApplets returns the folders of the applets in the table, in its order.
func tableApplets() ([]string, error) {
	t, err := parseTable()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range t.entries.Elts {
		names = append(names, t.folder(e))
	}
	return names, nil
}

// table is the parsed applets/all.go.
type table struct {
	fset    *token.FileSet
	file    *ast.File
	imports map[string]*ast.ImportSpec // by the name the file uses
	entries *ast.CompositeLit          // []*applet.Applet{&cat.Applet, ...}
}

func parseTable() (*table, error) {
	t := &table{fset: token.NewFileSet(), imports: map[string]*ast.ImportSpec{}}
	var err error
	if t.file, err = parser.ParseFile(t.fset, tableFile, nil, 0); err != nil {
		return nil, err
	}
	for _, spec := range t.file.Imports {
		name := path.Base(importPath(spec))
		if spec.Name != nil {
			name = spec.Name.Name
		}
		t.imports[name] = spec
	}
	ast.Inspect(t.file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok && t.entries == nil {
			t.entries = lit
		}
		return t.entries == nil
	})
	if t.entries == nil {
		return nil, errors.New(tableFile + " has no table")
	}
	for _, e := range t.entries.Elts {
		if t.imports[t.packageOf(e)] == nil {
			return nil, fmt.Errorf("%s: entry is not &PACKAGE.Applet", t.fset.Position(e.Pos()))
		}
	}
	return t, nil
}

// packageOf returns the package of an entry &PACKAGE.Applet, "" for another shape.
func (t *table) packageOf(e ast.Expr) string {
	if addr, ok := e.(*ast.UnaryExpr); ok {
		if sel, ok := addr.X.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				return id.Name
			}
		}
	}
	return ""
}

// folder returns the last element of the import path of an entry's package.
func (t *table) folder(e ast.Expr) string {
	return path.Base(importPath(t.imports[t.packageOf(e)]))
}

func importPath(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value)
	return p
}

// source returns applets/all.go with the entries and imports of p alone.
func (p profile) source() ([]byte, error) {
	t, err := parseTable()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("package applets\n\nimport (\n\"rescuebox/internal/applet\"\n")
	var entries []string
	for _, e := range t.entries.Elts {
		folder := t.folder(e)
		if !slices.Contains(p.applets, folder) {
			continue
		}
		name := t.packageOf(e)
		fmt.Fprintf(&b, "%s %s\n", name, t.imports[name].Path.Value)
		entries = append(entries, "&"+name+".Applet,\n")
	}
	b.WriteString(")\n\nvar All = []*applet.Applet{\n" + strings.Join(entries, "") + "}\n")
	return format.Source(b.Bytes())
}
