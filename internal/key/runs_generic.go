//go:build !amd64 || purego

package key

// passTables are of other processors.
type passTables struct{}

func newPassTables() passTables { return passTables{} }

// passRuns passes over nothing: lastOutside alone finds runs on this processor.
func passRuns(_ []byte, at int, _ *passTables) (stop, end int) { return at, 0 }

func passRun(_ []byte, at int) int { return at }

func passProbes(_ []byte, at, _ int) int { return at }
