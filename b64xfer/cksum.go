package b64xfer

// cksum returns the checksum that cksum(1) of POSIX prints: a CRC of 32 bits, the
// highest first, over the data and then its length, the lowest byte first.
func cksum(data []byte) uint32 {
	const polynomial = 0x04c11db7
	var table [256]uint32
	for i := range table {
		c := uint32(i) << 24
		for range 8 {
			carry := c >> 31
			c = c<<1 ^ polynomial*carry
		}
		table[i] = c
	}
	c := uint32(0)
	for _, b := range data {
		c = c<<8 ^ table[byte(c>>24)^b]
	}
	for n := len(data); n > 0; n >>= 8 {
		c = c<<8 ^ table[byte(c>>24)^byte(n)]
	}
	return ^c
}
