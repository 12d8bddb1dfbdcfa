// Package order sorts. It exists because slices.SortFunc compiles to 12 KB for each
// type of element, of which the kit has several: here all share one merge sort of
// indexes.
package order

// Stable sorts list so that no element stands before one that is less, and leaves
// equal ones as they are. It takes memory for a copy of list.
func Stable[T any](list []T, less func(a, b *T) bool) {
	sorted := make([]T, len(list))
	for to, from := range indexes(len(list), func(i, j int) bool { return less(&list[i], &list[j]) }) {
		sorted[to] = list[from]
	}
	copy(list, sorted)
}

// Strings sorts strings by their bytes.
func Strings(list []string) {
	Stable(list, func(a, b *string) bool { return *a < *b })
}

// indexes returns the order in which n elements are sorted.
func indexes(n int, less func(i, j int) bool) []int {
	list, spare := make([]int, n), make([]int, n)
	for i := range list {
		list[i] = i
	}
	// Runs of width elements are sorted; two by two they become one.
	for width := 1; width < n; width *= 2 {
		for at := 0; at < n; at += 2 * width {
			middle, end := min(at+width, n), min(at+2*width, n)
			merge(spare[at:end], list[at:middle], list[middle:end], less)
		}
		list, spare = spare, list
	}
	return list
}

// merge writes the elements of two sorted lists to out, left ones before equal
// right ones.
func merge(out, left, right []int, less func(i, j int) bool) {
	for i := range out {
		if len(right) == 0 || len(left) > 0 && !less(right[0], left[0]) {
			out[i], left = left[0], left[1:]
		} else {
			out[i], right = right[0], right[1:]
		}
	}
}
