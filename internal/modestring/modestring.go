// Package modestring shows a file's mode as ls -l does.
package modestring

// letters are the file types by the upper four bits of st_mode, see inode(7).
// '?' is a type that Linux does not have.
const letters = "?pc?d?b?-?l?s???"

// Letter returns the letter of a file type: one of unix.DT_DIR and its like, or
// st_mode >> 12.
func Letter(t uint8) byte { return letters[t&15] }

// String returns the type and the permissions of st_mode, as "-rwsr-xr-t".
func String(mode uint32) string {
	b := []byte("?rwxrwxrwx")
	b[0] = Letter(uint8(mode >> 12))
	for i := range 9 {
		if mode>>(8-i)&1 == 0 {
			b[1+i] = '-'
		}
	}
	special(b, 3, mode&0o4000 != 0, 's')
	special(b, 6, mode&0o2000 != 0, 's')
	special(b, 9, mode&0o1000 != 0, 't')
	return string(b)
}

// special shows set-user-ID, set-group-ID and sticky in place of the execute
// permission at b[i]: in upper case where the file is not executable.
func special(b []byte, i int, set bool, letter byte) {
	switch {
	case set && b[i] == '-':
		b[i] = letter - 'a' + 'A'
	case set:
		b[i] = letter
	}
}
