package kernellog

import (
	"strconv"
	"strings"
)

// cut is strings.Cut.
func cut(s, separator string) (before, after string, ok bool) {
	return strings.Cut(s, separator)
}

// cutAny cuts at the first of some bytes.
func cutAny(s, bytes string) (before, after string, ok bool) {
	if i := strings.IndexAny(s, bytes); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func lastIndex(s, sub string) int { return strings.LastIndex(s, sub) }

// skipWord returns what follows word at the beginning of s, or s.
func skipWord(s, word string) (rest, skipped string, ok bool) {
	if strings.HasPrefix(s, word) {
		return s[len(word):], word, true
	}
	return s, "", false
}

// decimal reads a number from the beginning of s.
func decimal(s string) (n int64, rest string, ok bool) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	n, err := strconv.ParseInt(s[:i], 10, 64)
	return n, s[i:], err == nil && n <= maxNumber
}

func decimalAfter(s, mark string) (int64, bool) {
	_, rest, ok := cut(s, mark)
	n, _, ok2 := decimal(rest)
	return n, ok && ok2
}

// hexAfter reads "0x1f" behind mark.
func hexAfter(s, mark string) (int64, bool) {
	_, rest, ok := cut(s, mark+"0x")
	i := 0
	for i < len(rest) && (rest[i]|0x20 >= 'a' && rest[i]|0x20 <= 'f' || '0' <= rest[i] && rest[i] <= '9') {
		i++
	}
	n, err := strconv.ParseInt(rest[:i], 16, 64)
	return n, ok && err == nil && n <= maxNumber
}
