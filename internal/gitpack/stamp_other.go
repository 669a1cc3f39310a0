//go:build !linux && !darwin

package gitpack

import "os"

// stampOf leaves out what these systems do not tell alike; without it a stamp
// never is settled.
func stampOf(info os.FileInfo) Stamp {
	return Stamp{Size: info.Size(), Modified: info.ModTime().UnixNano()}
}
