// Package cable is a serial line for tests: what one terminal gets comes out of
// another, at the rate of the line, in both directions.
package cable

import (
	"os"
	"sync"
	"time"
)

// Cable joins two terminals.
type Cable struct {
	ends  [2]*os.File
	pumps sync.WaitGroup
	once  sync.Once
}

// Join carries what each file gives to the other, at most rate bytes per second each
// way. Each piece goes through change, which returns what arrives; out says that it
// goes from the second file to the first.
func Join(a, b *os.File, rate int, change func(piece []byte, out bool) []byte) *Cable {
	c := &Cable{ends: [2]*os.File{a, b}}
	c.pumps.Add(2)
	go c.pump(a, b, rate, func(p []byte) []byte { return change(p, true) })
	go c.pump(b, a, rate, func(p []byte) []byte { return change(p, false) })
	return c
}

// Whole changes nothing.
func Whole(piece []byte, _ bool) []byte { return piece }

func (c *Cable) pump(to, from *os.File, rate int, change func([]byte) []byte) {
	defer c.pumps.Done()
	// 10 ms of line at a time.
	b, free := make([]byte, max(1, rate/100)), time.Now()
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if free.Before(time.Now()) {
			free = time.Now()
		}
		free = free.Add(time.Duration(n) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(free))
		if _, err := to.Write(change(b[:n])); err != nil {
			return
		}
	}
}

// Cut hangs up: both files are closed.
func (c *Cable) Cut() {
	c.once.Do(func() {
		for _, f := range c.ends {
			f.Close()
		}
	})
}

// Wait returns when nothing passes any more.
func (c *Cable) Wait() { c.pumps.Wait() }
