package elfdep

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"rescuebox/internal/elftest"
)

// Each object knows who answers its requests, wherever the load order puts them.
func TestAnswers(t *testing.T) {
	root := system{objects: map[string]elftest.Object{
		"/bin/p":            {Interp: "/lib/ld-test.so.1", Soname: "p.so", RunPath: "/r", Needed: []string{"a.so", "$ORIGIN/b.so", "gone.so", "a.so"}},
		"/bin/b.so":         {Soname: "b.so", Needed: []string{"a.so", "f.so", "p.so", "ld-test.so.1"}, RunPath: "/r"},
		"/r/a.so":           {Filters: []string{"f.so"}, Needed: []string{"b.so", "gone.so"}, RunPath: "/r"},
		"/r/f.so":           {},
		"/lib/ld-test.so.1": {Soname: "ld-test.so.1"},
	}}.write(t, 2, binary.LittleEndian, 62)
	c, err := New(Config{Root: root}).Closure(context.Background(), "/bin/p")
	if err != nil {
		t.Fatal(err)
	}
	object := func(i int) *Object {
		if i < 0 {
			return &c.Program
		}
		return &c.Objects[i]
	}
	var got []string
	for i := -1; i < len(c.Objects); i++ {
		o := object(i)
		line := o.Name + ":"
		for _, j := range o.Answers {
			line += " " + object(j).Name
		}
		got = append(got, line)
	}
	want := "/bin/p: a.so /bin/b.so gone.so a.so\n" + "f.so:\n" + "a.so: /bin/b.so gone.so\n" +
		"/bin/b.so: a.so f.so /bin/p /lib/ld-test.so.1\n" + "/lib/ld-test.so.1:\n" + "gone.so:\n" + "gone.so:"
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got:\n%s\nwant:\n%s", s, want)
	}
}
