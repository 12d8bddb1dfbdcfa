// Cold waits for its standard input to end and only then runs much code for the
// first time. The argument lock makes it lock itself in memory before.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"text/template"
	"time"

	"rescuebox/internal/start"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "lock" {
		if err := start.LockSelf(); err != nil {
			os.Exit(2)
		}
	}
	_, _ = os.Stdout.WriteString("ready\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := cold(); err != nil {
		os.Exit(3)
	}
	_, _ = os.Stdout.WriteString("done\n")
}

// cold touches pages all over the binary: packages, the unwinder, the collector.
func cold() (err error) {
	defer func() { _ = recover() }()
	runtime.GC()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := template.Must(template.New("t").Parse(`{{range .}}{{printf "%q" .}}{{end}}`))
	if err := t.Execute(z, regexp.MustCompile(`(\w+)-(\d*)`).FindStringSubmatch(time.Now().String())); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	text, err := json.Marshal(map[string]any{"sum": sha512.Sum512(b.Bytes()), "text": fmt.Sprint(b.Len())})
	if err != nil {
		return err
	}
	panic(string(text))
}
