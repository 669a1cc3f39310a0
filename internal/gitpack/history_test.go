package gitpack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A history is a random history of a few files, as a stream for git
// fast-import, with needles that stand where its edits met.
type history struct {
	*rand.Rand
	stream  bytes.Buffer
	needles []string
	blocks  int // bytes of the longest block
}

// newHistory makes a history of n commits. Its edits insert, delete, move and
// repeat blocks, so that deltas of it are copies of all sizes with seams
// between, and of each edit the bytes around one seam become a needle.
func newHistory(seed uint64, n int) *history {
	h := &history{Rand: rand.New(rand.NewPCG(seed, 1))}
	h.blocks = []int{20, 150, 700, 4000}[h.IntN(4)]
	files := make([][]byte, 1+h.IntN(4))
	for i := range files {
		for range h.IntN(12) {
			files[i] = append(files[i], h.block()...)
		}
	}
	for commit := range n {
		i := h.IntN(len(files))
		for range 1 + h.IntN(3) {
			files[i] = h.edit(files[i])
		}
		h.commit(commit, i, files[i])
	}
	fmt.Fprintf(&h.stream, "tag v1\nfrom :1\ntagger A <a@example.com> 1 +0000\ndata 3\ntag\n")
	return h
}

// block makes a block of one of the kinds of data that a file has.
func (h *history) block() []byte {
	b := make([]byte, 1+h.IntN(h.blocks))
	alphabet := []string{"ab\n", "abcdefghijklmnopqrstuvwxyz0123456789 \n", "\x00\xff\n"}[h.IntN(3)]
	for i := range b {
		b[i] = alphabet[h.IntN(len(alphabet))]
	}
	return b
}

func (h *history) edit(file []byte) []byte {
	at := h.IntN(len(file) + 1)
	end := min(len(file), at+h.IntN(h.blocks))
	cut := append(bytes.Clone(file[:at]), file[end:]...)
	to := h.IntN(len(cut) + 1)
	switch h.IntN(5) {
	case 0: // delete
		file = cut
	case 1: // move
		file = insert(cut, to, file[at:end])
		at = to
	case 2: // repeat
		at = h.IntN(len(file) + 1)
		file = insert(file, at, file[min(at, end):end])
	case 3: // overwrite
		file = insert(cut, at, h.block())
	default:
		file = insert(file, at, h.block())
	}
	h.plant(file, at)
	return file
}

func insert(file []byte, at int, b []byte) []byte {
	return append(append(bytes.Clone(file[:at]), b...), file[at:]...)
}

// plant makes a needle of the bytes around a place.
func (h *history) plant(file []byte, at int) {
	from := max(0, at-h.IntN(testReach))
	if to := min(len(file), from+1+h.IntN(testReach)); to-from > 3 {
		h.needles = append(h.needles, string(file[from:to]))
	}
}

func (h *history) commit(n, file int, data []byte) {
	fmt.Fprintf(&h.stream, "commit refs/heads/b%d\n", h.IntN(2))
	if n == 0 {
		h.stream.WriteString("mark :1\n")
	}
	message := strings.Repeat("message ", h.IntN(20))
	fmt.Fprintf(&h.stream, "author A <a@example.com> %d +0000\ncommitter A <a@example.com> %d +0000\ndata %d\n%s\n", n, n, len(message), message)
	fmt.Fprintf(&h.stream, "M 100644 inline dir%d/file%d\ndata %d\n%s\n", file%2, file, len(data), data)
}

// some picks up to n needles.
func (h *history) some(n int) []string {
	h.Shuffle(len(h.needles), func(i, j int) { h.needles[i], h.needles[j] = h.needles[j], h.needles[i] })
	return h.needles[:min(n, len(h.needles))]
}
