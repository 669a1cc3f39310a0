package gitpack

import "math/bits"

// buffers is one worker's store of byte slices, by powers of two. It keeps no
// more than keepBytes of what it gets back; the rest goes to the collector.
type buffers struct {
	free [keepClass + 1][][]byte
	kept int
}

const (
	keepClass = 22 // 4 MiB; larger slices are rare and made to measure
	keepBytes = 16 << 20
)

// get returns n bytes of any content; never nil.
func (b *buffers) get(n int) []byte {
	class := bits.Len(uint(max(n, 1) - 1))
	if class > keepClass {
		return make([]byte, n)
	}
	if free := b.free[class]; len(free) > 0 {
		buf := free[len(free)-1]
		b.free[class] = free[:len(free)-1]
		b.kept -= cap(buf)
		return buf[:n]
	}
	return make([]byte, n, 1<<class)
}

// put gives a slice back. Nothing may use it any more.
func (b *buffers) put(buf []byte) {
	class := bits.Len(uint(max(cap(buf), 1) - 1))
	if class > keepClass || cap(buf) != 1<<class || b.kept+cap(buf) > keepBytes {
		return
	}
	b.free[class] = append(b.free[class], buf)
	b.kept += cap(buf)
}

// inflateRoom is how much room there should be behind what a stream is inflated to.
const inflateRoom = 64

// scratch returns n bytes of any content in buf, or in a new slice if they do
// not fit, or if so few of buf's are needed that a large one is better let go.
func scratch(buf []byte, n int) []byte {
	if n <= cap(buf) && (cap(buf) <= 1<<keepClass || n > cap(buf)/4) {
		return buf[:n]
	}
	return make([]byte, n, n+n/4+inflateRoom)
}
