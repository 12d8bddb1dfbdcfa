package b64xfer

import (
	"encoding/hex"
	"path"
	"strconv"
	"strings"

	"rescuebox/internal/deflate"
	"rescuebox/internal/sha1"
)

// base85 is the alphabet of binary patches, base85.c of git.
const base85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"

// gitPatch encodes as a binary patch that creates the file, git-diff(1) --binary: a
// zlib stream in lines of at most 52 bytes, each with its length as a letter. git
// apply sets the x bit.
func gitPatch(program []byte, file string) []string {
	name := path.Base(file)
	lines := []string{
		"diff --git a/" + name + " b/" + name,
		"new file mode 100755",
		"index " + strings.Repeat("0", 40) + ".." + blob(program),
		"GIT binary patch",
		"literal " + strconv.Itoa(len(program)),
	}
	for data := deflate.AppendZlib(nil, program); len(data) > 0; {
		n := min(len(data), 52)
		lines, data = append(lines, patchLine(data[:n])), data[n:]
	}
	return append(lines, "", "literal 0", "HcmV?d00001", "")
}

// blob is the name of git's object with this content, which git apply compares.
func blob(content []byte) string {
	h := sha1.New()
	h.Write([]byte("blob " + strconv.Itoa(len(content)) + "\x00"))
	h.Write(content)
	sum := h.Sum()
	return hex.EncodeToString(sum[:])
}

func patchLine(data []byte) string {
	line := []byte{byte('A' + len(data) - 1)}
	if len(data) > 26 {
		line[0] = byte('a' + len(data) - 27)
	}
	for i := 0; i < len(data); i += 4 {
		var v uint32
		for k := range 4 {
			v <<= 8
			if i+k < len(data) {
				v |= uint32(data[i+k])
			}
		}
		var group [5]byte
		for k := range group {
			group[4-k] = base85[v%85]
			v /= 85
		}
		line = append(line, group[:]...)
	}
	return string(line)
}
