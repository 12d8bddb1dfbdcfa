package argbatch

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"testing"
)

func all(r *Reader) (items []Item, err error) {
	for {
		item, err := r.Next()
		if err == io.EOF {
			return items, nil
		}
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
}

func TestItems(t *testing.T) {
	type list = []Item
	for _, c := range []struct {
		mode Mode
		eof  string
		in   string
		want list
		err  error
	}{
		{Words, "", "a b\n c\n", list{{"a", false}, {"b", true}, {"c", true}}, nil},
		{Words, "", "a \nb", list{{"a", false}, {"b", true}}, nil},
		{Words, "", `'a b' "c'd" e\ f ''`, list{{"a b", false}, {"c'd", false}, {"e f", false}, {"", true}}, nil},
		{Words, "", "a\\\nb\n", list{{"a\nb", true}}, nil},
		{Words, "", "a'b\n", nil, ErrSingleQuote},
		{Words, "", `x "b`, list{{"x", false}}, ErrDoubleQuote},
		{Words, "", "a\x00b", nil, ErrNul},
		{Words, "END", "a END b", list{{"a", false}}, nil},
		{Words, "", " \n\t\n", nil, nil},
		{Lines, "", "  a b \n\nc\n", list{{"a b ", true}, {"c", true}}, nil},
		{Delimited, "", "a b\x00\x00c'", list{{"a b", true}, {"", true}, {"c'", true}}, nil},
		{Words, "", strings.Repeat("x", 100), nil, ErrLong},
	} {
		got, err := all(&Reader{In: bufio.NewReader(strings.NewReader(c.in)), Mode: c.mode, EOF: c.eof, Max: 50})
		if !slices.Equal(got, c.want) || err != c.err {
			t.Errorf("%q: %v, %v", c.in, got, err)
		}
	}
}

func TestBatch(t *testing.T) {
	b := Batch{Fixed: []string{"echo"}, MaxArgs: 2, MaxBytes: 12}
	if b.Add(Item{"a", false}) || !b.Add(Item{"b", false}) {
		t.Error("not full after two")
	}
	if got := b.Take(); !slices.Equal(got, []string{"echo", "a", "b"}) || !b.Empty() {
		t.Errorf("%q", got)
	}
	if !b.Fits(Item{"123456", false}) || b.Fits(Item{"1234567", false}) {
		t.Error("the limit of bytes is off")
	}
	if argv, ok := Replace([]string{"{}", "x{}{}"}, "{}", "y", 10); !ok || !slices.Equal(argv, []string{"{}", "xyy"}) {
		t.Errorf("%q, %v", argv, ok)
	}
	if _, ok := Replace([]string{"e", strings.Repeat("{}", 1000)}, "{}", strings.Repeat("y", 1000), 5000); ok {
		t.Error("a million bytes are taken for 5000")
	}
}

// FuzzItems: nothing is longer than the limit, and quoting each item gives the
// same items again.
func FuzzItems(f *testing.F) {
	f.Add("a 'b c' \"d\" e\\ f\n", 0)
	f.Add("x\x00y", 2)
	f.Fuzz(func(t *testing.T, in string, mode int) {
		m := Mode(uint(mode) % 3)
		items, err := all(&Reader{In: bufio.NewReader(strings.NewReader(in)), Mode: m, Max: 1000})
		if err != nil || m == Delimited {
			return
		}
		quoted := ""
		for _, i := range items {
			var b strings.Builder
			for _, c := range []byte(i.Text) {
				b.Write([]byte{'\\', c})
			}
			if b.Len() == 0 {
				b.WriteString("''")
			}
			quoted += b.String() + "\n"
		}
		again, err := all(&Reader{In: bufio.NewReader(strings.NewReader(quoted)), Mode: m, Max: 1000})
		if err != nil || len(again) != len(items) {
			t.Fatalf("%q: %v, then %v, %v", in, items, again, err)
		}
		for i := range again {
			if again[i].Text != items[i].Text {
				t.Fatalf("%q: %v, then %v", in, items, again)
			}
		}
	})
}
