//go:build !purego

package key

// passTables are what the passes for runs and by looks know of bytes. They are held where a search
// begins: most buffers are short, and asking for what is made once takes as long as passing over
// some blocks.
type passTables struct {
	runs  *runTable
	looks *lookTable
}

func newPassTables() passTables { return passTables{theRunTable(), theLookTable()} }
