package sqlite

// varint returns a number of 1 to 9 bytes and how many it takes, 0 when b ends
// before it does.
func varint(b []byte) (v uint64, n int) {
	for n < len(b) && n < 8 {
		v = v<<7 | uint64(b[n]&0x7f)
		n++
		if b[n-1] < 0x80 {
			return v, n
		}
	}
	if n < len(b) && n == 8 {
		return v<<8 | uint64(b[8]), 9
	}
	return 0, 0
}

// Column returns the bytes of column i of a record, in the form that they have in
// the file: of a text or blob its own. It is nil for NULL, for the constants 0 and
// 1, and when the record has no such column. Of a record that is not whole it is as
// much as is there. The format is 2.1 of fileformat2.
func Column(record []byte, i int) []byte {
	size, n := varint(record)
	if n == 0 || size < uint64(n) || size > uint64(len(record)) {
		return nil
	}
	types, body := record[n:size], record[size:]
	for ; len(types) > 0; i-- {
		kind, n := varint(types)
		if n == 0 {
			return nil
		}
		types = types[n:]
		length := length(kind)
		length = min(length, uint64(len(body)))
		if i == 0 {
			return body[:length:length]
		}
		body = body[length:]
	}
	return nil
}

// length returns how many bytes a value of a serial type takes.
func length(kind uint64) uint64 {
	if kind >= 12 {
		return (kind - 12) / 2
	}
	return uint64([12]byte{0, 1, 2, 3, 4, 6, 8, 8}[kind])
}
