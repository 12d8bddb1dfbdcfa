package blockcopy

import "sync/atomic"

// Stats is how far a copy is. It may be read while the copy goes on, or hangs.
type Stats struct {
	FullIn, PartialIn   atomic.Int64 // blocks
	FullOut, PartialOut atomic.Int64
	Bytes               atomic.Int64 // written
	Truncated           atomic.Int64 // lines that were longer than a record
	Missing             atomic.Int64 // bytes that could not be read, with zeros in their place
	Places              atomic.Int64 // where they are
}
