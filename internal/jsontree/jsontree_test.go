package jsontree

import (
	"encoding/json"
	"testing"
)

func sample() *Node {
	var n Node
	n.At("a", "b").Int(-1)
	n.At("list").Item(1).At("x").String("q\"\xff")
	n.At("a", "c").Bool(true)
	n.At("big").Number("1180591620717411303424")
	n.At("digits").Number("36893488147419103232")
	n.At("none").Empty()
	n.At("list").Append().Uint(1 << 63)
	return &n
}

func TestBytes(t *testing.T) {
	const flat = `{"a":{"b":-1,"c":true},"list":[null,{"x":"q\"�"},9223372036854775808],"big":1180591620717411303424,"digits":36893488147419103232,"none":[]}` + "\n"
	if got := string(sample().Bytes("")); got != flat {
		t.Errorf("%s", got)
	}
	const lines = `{
  "a": {
    "b": -1,
    "c": true
  },
  "list": [
    null,
    {
      "x": "q\"�"
    },
    9223372036854775808
  ],
  "big": 1180591620717411303424,
  "digits": 36893488147419103232,
  "none": []
}
`
	got := sample().Bytes("  ")
	if string(got) != lines || !json.Valid(got) {
		t.Errorf("%s", got)
	}
}

func TestTwoKinds(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an array became an object")
		}
	}()
	n := sample()
	n.At("list", "x").Int(1)
}

func TestSort(t *testing.T) {
	n := sample()
	n.Sort()
	const want = `{"a":{"b":-1,"c":true},"big":1180591620717411303424,"digits":36893488147419103232,"list":[null,{"x":"q\"�"},9223372036854775808],"none":[]}` + "\n"
	if got := string(n.Bytes("")); got != want {
		t.Errorf("%s", got)
	}
}

func TestForms(t *testing.T) {
	const lines = `json = {};
json.a = {};
json.a.b = -1;
json.a.c = true;
json.list = [];
json.list[0] = null;
json.list[1] = {};
json.list[1].x = "q\"�";
json.list[2] = 9223372036854775808;
json.big = 1180591620717411303424;
json.digits = 36893488147419103232;
json.none = [];
`
	if got := string(sample().Lines(false)); got != lines {
		t.Errorf("%s", got)
	}
	const yaml = `---
a:
  b: -1
  c: true
list:
  - null
  - x: "q\"�"
  - 9223372036854775808
big: 1180591620717411303424
digits: 36893488147419103232
none: []
`
	if got := string(sample().YAML()); got != yaml {
		t.Errorf("%s", got)
	}
	var n Node
	n.At("a").Item(0).Item(0).At("b").Int(1)
	n.At("a").Item(0).Item(0).At("c").Int(2)
	n.At("a").Item(0).Item(1).Int(3)
	const nested = "---\na:\n  - - b: 1\n      c: 2\n    - 3\n"
	if got := string(n.YAML()); got != nested {
		t.Errorf("%q", got)
	}
}
