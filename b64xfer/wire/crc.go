package wire

// update is CRC-32 of IEEE 802.3, lowest bit first, without the inversions at its
// start and end. hash/crc32 brings 6 KB of faster ways along.
func update(c uint32, data []byte) uint32 {
	for _, b := range data {
		c = c>>4 ^ nibbles[(c^uint32(b))&15]
		c = c>>4 ^ nibbles[(c^uint32(b>>4))&15]
	}
	return c
}

// nibbles has what four bits shifted out leave: the reversed polynomial 0xEDB88320.
var nibbles = [16]uint32{
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
}
