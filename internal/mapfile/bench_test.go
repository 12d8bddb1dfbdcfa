package mapfile

import (
	"bytes"
	"io"
	"testing"
)

// bigMap is a map of a million blocks.
func bigMap() *Map {
	m := New(0)
	for i := range int64(1_000_000) {
		m.push(i*512, (i+1)*512, Status("-+"[i%2]))
	}
	return m
}

func BenchmarkWrite(b *testing.B) {
	m := bigMap()
	for b.Loop() {
		if err := m.Write(io.Discard, Since130); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	var text bytes.Buffer
	if err := bigMap().Write(&text, Since130); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(bytes.NewReader(text.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSet retries bad sectors of a big map one after the other.
func BenchmarkSet(b *testing.B) {
	m, pos := bigMap(), int64(0)
	for b.Loop() {
		bad, ok := m.Next(pos, "-")
		if !ok {
			b.StopTimer()
			m = bigMap()
			b.StartTimer()
			pos = 0
			continue
		}
		pos = bad.Pos + bad.Size
		m.Set(bad.Pos, 128, NonScraped)
	}
}
