package jsonw

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestNesting(t *testing.T) {
	var w Writer
	w.Object()
	w.Key("n").Int(-9223372036854775808)
	w.Key("list").Array()
	w.Array()
	w.EndArray()
	w.Object()
	w.Key("b").Bool(true)
	w.Key("s").String("x")
	w.EndObject()
	w.Bool(false)
	w.EndArray()
	w.Key("last").String("")
	w.EndObject()
	want := `{"n":-9223372036854775808,"list":[[],{"b":true,"s":"x"},false],"last":""}`
	if got := string(w.Bytes()); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// Any string, a file name of any bytes included, reads back as encoding/json
// would have written it.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "a\"b\\c/", "\x00\x1f\x7f\n\t", "caf\u00e9 \u2028 \U0001f600", "bad \xff\xc3(\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var w Writer
		w.String(s)
		var got string
		if err := json.Unmarshal(w.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v", w.Bytes(), err)
		}
		if want := strings.ToValidUTF8(s, ""); strings.ReplaceAll(got, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			t.Fatalf("%q came back as %q", s, got)
		}
		for _, c := range w.Bytes() {
			if c < 0x20 || c == 0x7f {
				t.Fatalf("control byte in %q", w.Bytes())
			}
		}
	})
}
