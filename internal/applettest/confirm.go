package applettest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applet"
)

// Case is one command line that is run with the applet and with every peer in
// the same folder. Standard output, exit status, whether anything was said on
// stderr and, where Confirmation.Mutates is set, the tree left behind must agree.
type Case struct {
	Line  string   // split at spaces into arguments; ignored when Args is set
	Args  []string // arguments, when they hold spaces
	Name  string   // what the applet is called as; empty means its name
	Stdin string
	Env   []string // added to LC_ALL=C and TZ=UTC

	// Differs gives, by peer, the reason for which the applet intends to
	// differ. A reason for a peer that agrees fails too: it is out of date.
	Differs map[string]string
}

func (c Case) args() []string {
	if c.Args != nil {
		return c.Args
	}
	return strings.Fields(c.Line)
}

// Confirmation is a table of cases beside the real tools.
type Confirmation struct {
	Applet  *applet.Applet
	Fixture func(t testing.TB, dir string) // fills the working folder
	Mutates bool                           // fill it anew for each run and compare what is left
	Peers   []Peer                         // DefaultPeers of the applet's name when nil
	Cases   []Case
	// Normalize, when set, is applied to each side's output before comparing.
	Normalize func(stdout string) string
}

// Peer is a real tool: its name in Case.Differs, and how to call it as an applet.
type Peer struct {
	Name string
	Argv func(applet string) []string
}

// The peers of most applets.
var (
	Coreutils = Peer{"coreutils", func(name string) []string { return []string{name} }}
	Busybox   = Peer{"busybox", func(name string) []string { return []string{"busybox", name} }}
	Toybox    = Peer{"toybox", func(name string) []string { return []string{"toybox", name} }}
)

// DefaultPeers are coreutils, busybox and toybox.
func DefaultPeers() []Peer { return []Peer{Coreutils, Busybox, Toybox} }

// Run runs every case. It fails, with the command that helps, where a peer is
// not installed.
func (c Confirmation) Run(t *testing.T) {
	if c.Peers == nil {
		c.Peers = DefaultPeers()
	}
	for _, p := range c.Peers {
		argv := p.Argv(c.Applet.Name)
		if _, err := lookPath(argv[0]); err != nil {
			t.Fatalf("%s is not installed: apt-get install busybox-static toybox coreutils", argv[0])
		}
	}
	dir := filepath.Join(t.TempDir(), "w")
	c.fill(t, dir)
	for _, one := range c.Cases {
		c.one(t, dir, one)
	}
}

func (c Confirmation) fill(t testing.TB, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if c.Fixture != nil {
		c.Fixture(t, dir)
	}
}

// outcome is all that is compared.
type outcome struct {
	stdout string
	status int
	said   bool
	tree   string
}

func (c Confirmation) one(t *testing.T, dir string, one Case) {
	t.Helper()
	name := one.Name
	if name == "" {
		name = c.Applet.Name
	}
	line := name + " " + strings.Join(one.args(), " ")
	env := append([]string{"LC_ALL=C", "TZ=UTC"}, one.Env...)

	ours, said := c.observe(t, dir, func() Result {
		return Call(c.Applet, Command{Name: name, Args: one.args(), Stdin: one.Stdin, Dir: dir, Env: env})
	})
	for _, p := range c.Peers {
		theirs, saidTheirs := c.observe(t, dir, func() Result {
			argv := append(p.Argv(name), one.args()...)
			return execute(t, argv, dir, one.Stdin, append(env, "PATH="+systemPath()))
		})
		reason, differs := one.Differs[p.Name]
		switch {
		case differs && strings.TrimSpace(reason) == "":
			t.Errorf("%s: differs from %s without a reason", line, p.Name)
		case differs && ours == theirs:
			t.Errorf("%s: agrees with %s, yet a difference is claimed: %s", line, p.Name, reason)
		case !differs && ours != theirs:
			t.Errorf("%s: differs from %s\nours:   %s%s%s\ntheirs: %s%s%s", line, p.Name,
				show(ours), said, ours.tree, show(theirs), saidTheirs, theirs.tree)
		}
	}
}

func (c Confirmation) observe(t testing.TB, dir string, run func() Result) (outcome, string) {
	if c.Mutates {
		c.fill(t, dir)
	}
	r := run()
	o := outcome{stdout: r.Stdout, status: r.Status, said: r.Stderr != ""}
	if c.Normalize != nil {
		o.stdout = c.Normalize(o.stdout)
	}
	if c.Mutates {
		o.tree = Tree(t, dir)
	}
	return o, r.Stderr
}

func show(o outcome) string {
	b := []byte("status ")
	b = append(b, byte('0'+o.status/100), byte('0'+o.status/10%10), byte('0'+o.status%10))
	return string(b) + "\n" + o.stdout
}

func execute(t testing.TB, argv []string, dir, stdin string, env []string) Result {
	t.Helper()
	path, err := lookPath(argv[0])
	if err != nil {
		t.Fatalf("%s: %v", argv[0], err)
	}
	cmd := exec.Command(path, argv[1:]...)
	cmd.Args[0] = argv[0]
	cmd.Dir, cmd.Env, cmd.Stdin = dir, env, strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", argv[0], err)
	}
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Status: cmd.ProcessState.ExitCode()}
}

// Tree describes every file below dir: path, type and mode, link count, and
// content's digest or link's target; no times.
func Tree(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		b.WriteString(info.Mode().String() + " " + rel)
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			b.WriteString(" -> " + target)
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(data)
			b.WriteString(" " + hex.EncodeToString(sum[:6]))
		}
		b.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
