package nbd

import (
	"bufio"
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// Whatever a server says, the client ends, and never claims bytes that it has not.
func FuzzClient(f *testing.F) {
	f.Add(ready(), chunk(1, chunkData, dataAt(1024, 1024, 'a')))
	f.Add(ready(), says(chunk(0, chunkData, dataAt(1536, 512, 'a')), chunk(0, chunkHole, holeAt(1024, 512)), chunk(1, chunkNone, nil)))
	f.Add(ready(), says(chunk(0, chunkData, dataAt(1024, 512, 'a')), chunk(1, chunkErrorOffset, errorChunk(5, "no", 1536))))
	f.Add(ready(), chunk(1, chunkError, errorChunk(108, "bye", 0)[:9]))
	f.Add(says(greeting(flagFixed), replies(8, repErrUnsup, "what?"), replies(7, repErrUnsup, ""), make([]byte, 10+zeroes)), header{handle: 1}.append(nil))
	f.Add(says(be.AppendUint64(be.AppendUint64(nil, magicServer), magicOld), []byte{0, 0, 0, 0, 0, 0, 0x20, 0}, make([]byte, 4+zeroes)),
		says(header{handle: 1}.append(nil), make([]byte, 1024)))
	f.Fuzz(func(t *testing.T, negotiation, replies []byte) {
		// With too little said, playback would wait for the request for ever.
		dry := script(negotiation, nil)
		if _, err := negotiate(dry, bufio.NewReader(dry), "x", true); err != nil {
			return
		}
		c, err := NewClient(context.Background(), script(negotiation, replies), "x")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if b := c.BlockSizes(); b.Minimum < 1 || b.Minimum > maxMinimum || b.Preferred < b.Minimum || b.Maximum < b.Preferred || b.Maximum > MaxRequest || b.Maximum%b.Minimum != 0 || c.Size() < 0 {
			t.Fatalf("%+v", c.Info())
		}
		var wg sync.WaitGroup
		for _, r := range [][2]int64{{1024, 1024}, {1024, 1024}, {1500, 3}, {c.Size() - 5, 10}} {
			wg.Go(func() {
				p := make([]byte, r[1])
				n, err := c.ReadAt(p, r[0])
				if n < 0 || n > len(p) || err == nil && n != len(p) || err == io.EOF && r[0]+int64(n) < c.Size() {
					t.Errorf("%v: %d, %v", r, n, err)
				}
			})
		}
		wg.Wait()
	})
}

// Whatever a client says, the server ends.
func FuzzServer(f *testing.F) {
	flags := be.AppendUint32(nil, flagFixed|flagNoZeroes)
	read := func(off uint64, n uint32) []byte {
		return request{kind: cmdRead, handle: 1, offset: off, length: n}.append(nil)
	}
	goTo := option{optGo, goOption("", infoBlockSize, infoName)}.append(nil)
	f.Add(says(flags, option{optStructuredReply, nil}.append(nil), goTo, read(0, 512), read(700, 3), read(512*3, 512)))
	f.Add(says(flags, option{optList, nil}.append(nil), option{optInfo, goOption("sda")}.append(nil), option{optAbort, nil}.append(nil)))
	f.Add(says(flags, option{optExportName, []byte("sda")}.append(nil), read(512, 4096), request{kind: cmdWrite, length: 5}.append(nil), []byte("hello"), request{kind: cmdDisconnect}.append(nil)))
	f.Add(says(flags, goTo, request{kind: cmdTrim, length: 5}.append(nil), request{kind: 9, flags: 9}.append(nil)))
	f.Fuzz(func(t *testing.T, says []byte) {
		s := &Server{Device: newDisk(16<<10+7, 512, 3), Name: "sda", Description: "disk", Failed: func(_ net.Addr, e *ReadError) {
			if e.Offset > 3*512 || e.Offset+int64(e.Length) <= 3*512 {
				t.Errorf("%v", e)
			}
		}}
		s.ServeConn(context.Background(), script(says, nil))
		if s.opened != 0 || len(s.units) != 0 || len(s.reads) != 0 || len(s.turn) != 0 {
			t.Errorf("%d sessions, %d units and %d reads are left", s.opened, len(s.units), len(s.reads))
		}
	})
}
