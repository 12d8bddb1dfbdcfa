package inflate

import "io"

// The flags of a member (RFC 1952, 2.3.1).
const (
	hasHeaderSum = 1 << 1
	hasExtra     = 1 << 2
	hasName      = 1 << 3
	hasComment   = 1 << 4
	reserved     = 0xe0
)

const deflated = 8

// member reads the header of a member. Behind the first one anything but another is
// the end.
func (z *Reader) member() error {
	first := z.source.offset == 0
	if z.zlib {
		return z.stream()
	}
	if err := z.need(16); err != nil {
		if !first && err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		return err
	}
	if z.bits&0xffff != 0x8b1f {
		if !first {
			return io.EOF
		}
		return z.fail(ErrFormat)
	}
	z.drop(16)
	method, err := z.take(8)
	if err != nil {
		return err
	}
	flags, err := z.take(8)
	if err != nil {
		return err
	}
	if method != deflated || flags&reserved != 0 {
		return z.fail(ErrMethod)
	}
	if err := z.header(flags); err != nil {
		return err
	}
	z.state, z.last, z.sum, z.length = atBlock, false, 0, 0
	z.head = len(z.out)
	return nil
}

// stream reads the two bytes in front of a zlib stream: method 8, no dictionary, and
// a multiple of 31 (RFC 1950, 2.2).
func (z *Reader) stream() error {
	method, err := z.take(8)
	if err != nil {
		return err
	}
	flags, err := z.take(8)
	if err != nil {
		return err
	}
	if method&15 != deflated || flags&32 != 0 || (method<<8|flags)%31 != 0 {
		return z.fail(ErrFormat)
	}
	z.state, z.last = atBlock, false
	return nil
}

// header skips the rest of it.
func (z *Reader) header(flags uint32) error {
	if err := z.skip(6); err != nil { // time, level, system
		return err
	}
	if flags&hasExtra != 0 {
		n, err := z.take(16)
		if err != nil {
			return err
		}
		if err := z.skip(n); err != nil {
			return err
		}
	}
	for _, text := range [...]uint32{hasName, hasComment} {
		for more := flags&text != 0; more; {
			b, err := z.take(8)
			if err != nil {
				return err
			}
			more = b != 0
		}
	}
	if flags&hasHeaderSum != 0 {
		return z.skip(2)
	}
	return nil
}

// skip drops n bytes.
func (z *Reader) skip(n uint32) error {
	for range n {
		if _, err := z.take(8); err != nil {
			return err
		}
	}
	return nil
}

// trailer checks the sum and length of a member.
func (z *Reader) trailer() error {
	if z.zlib {
		return io.EOF
	}
	z.digest()
	z.drop(z.count % 8)
	sum, err := z.take(32)
	if err != nil {
		return err
	}
	length, err := z.take(32)
	if err != nil {
		return err
	}
	if sum != z.sum || length != z.length {
		return z.fail(ErrChecksum)
	}
	z.state = atMember
	return nil
}

// digest takes what was unpacked since the last time into the sum (RFC 1952, 8).
func (z *Reader) digest() {
	fresh := z.out[z.seen:]
	c := ^z.sum
	for _, b := range fresh {
		c = z.table[byte(c)^b] ^ c>>8
	}
	z.sum = ^c
	z.length += uint32(len(fresh))
	z.seen = len(z.out)
}

// newTable returns the table of CRC-32.
func newTable() (t [256]uint32) {
	const polynomial = 0xedb88320
	for i := range t {
		c := uint32(i)
		for range 8 {
			c = c>>1 ^ polynomial&-(c&1)
		}
		t[i] = c
	}
	return t
}
