package key

import "strings"

// Mask returns text with every key in it masked, for names and subjects that
// are shown: a file, a branch or a commit can be named after a key.
func Mask(text string) string {
	var masked strings.Builder
	done := 0
	for m := range Find([]byte(text)) {
		if m.Placeholder {
			continue
		}
		masked.WriteString(text[done:max(done, m.Start)]) // keys in one encoded run may overlap
		masked.WriteString(m.Secret.Masked())
		done = max(done, m.End)
	}
	if done == 0 {
		return text
	}
	return masked.String() + text[done:]
}
