//go:build !race

package key

const raced = false
