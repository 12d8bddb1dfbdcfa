//go:build amd64

package libcheck

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rescuebox/internal/elfdep"
)

// This process finds itself, with what it has mapped.
func TestFindRunning(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		t.Fatal(err)
	}
	p, err := Find(context.Background(), Config{Running: "/proc", Closure: func(context.Context, string) (*elfdep.Closure, error) {
		t.Error("no closure was asked for")
		return nil, os.ErrInvalid
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Files {
		if f.Path != self {
			continue
		}
		users, _ := p.Needs(f)
		pids := p.Processes(f)
		if len(users) != 1 || users[0] != self || len(pids) == 0 {
			t.Errorf("used by %v, %v", users, pids)
		}
		return
	}
	t.Errorf("%s is not among %d files", self, len(p.Files))
}
