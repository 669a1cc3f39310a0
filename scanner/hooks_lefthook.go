package scanner

import (
	"path/filepath"

	"github.com/inspecto/insplint/internal/lazy"
)

// maxHookNodes bounds the values of a configuration that are looked at: its aliases may
// make it larger than its file.
const maxHookNodes = 10_000

// lineComment matches a line of JSON that is a comment.
var lineComment = lazy.Regexp(`(?m)^[ \t]*//.*$`)

// A LefthookHook is what a configuration of lefthook's says of one hook.
type LefthookHook struct {
	Runs []string // the commands that it runs, but for those that are skipped
	Has  bool     // the configuration has the hook
	Jobs bool     // it has its commands as a list of jobs
}

// ParseLefthook reads a hook from the text of a configuration of lefthook's, in TOML if its
// file's name ends so, else in YAML or JSON. What it says elsewhere ("extends", "remotes")
// is not followed.
func ParseLefthook(name string, text []byte, hook string) (h LefthookHook, err error) {
	var config map[string]any
	switch filepath.Ext(name) {
	case ".toml":
		config, err = decodeTOML(text)
	case ".jsonc":
		err = decodeYAML(lineComment.Get().ReplaceAll(text, nil), &config)
	default:
		err = decodeYAML(text, &config)
	}
	if err != nil {
		return h, err
	}
	node, ok := config[hook]
	members, _ := node.(map[string]any)
	_, jobs := members["jobs"]
	h.Has, h.Jobs = ok, jobs
	left := maxHookNodes
	h.collect(node, &left)
	return h, nil
}

// collect adds the commands in a value and in what it holds.
func (h *LefthookHook) collect(node any, left *int) {
	if *left--; *left < 0 {
		return
	}
	switch node := node.(type) {
	case map[string]any:
		if node["skip"] == true || node["only"] == false {
			return
		}
		if run, ok := node["run"].(string); ok {
			h.Runs = append(h.Runs, run)
		}
		for _, member := range node {
			h.collect(member, left)
		}
	case []any:
		for _, member := range node {
			h.collect(member, left)
		}
	}
}
