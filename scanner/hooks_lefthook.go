package scanner

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/lazy"
)

// maxHookNodes bounds the values of a configuration that are looked at: its aliases may
// make it larger than its file.
const maxHookNodes = 10_000

// lineComment matches a line of JSON that is a comment.
var lineComment = lazy.Regexp(`(?m)^[ \t]*//.*$`)

// A LefthookHook is what a configuration of lefthook's says of one hook.
type LefthookHook struct {
	Runs []string // the commands that it runs whatever changes
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
	w := lefthookWalk{hook: hook, left: maxHookNodes}
	w.collect(node, nil)
	h.Runs = w.runs
	if _, ok := members["exclude_tags"]; ok {
		h.Runs = nil // which tags a command has is not looked at
	}
	return h, nil
}

// lefthookConditions are what leaves a command out, or those below it, unless a value is
// as if it were not there. "files" is one too: see runsAlways.
var lefthookConditions = []lefthookCondition{
	{"skip", false}, {"only", true}, {"glob", nil}, {"exclude", nil}, {"file_types", nil}, {"root", ""},
}

type lefthookCondition struct {
	name string
	none any
}

func isConditional(node map[string]any) bool {
	return slices.ContainsFunc(lefthookConditions, func(c lefthookCondition) bool {
		value, ok := node[c.name]
		return ok && value != c.none
	})
}

// runsAlways reports whether lefthook runs a command whatever files change: before a push
// none for which it names no file, if the branch that is checked out has the files that
// its upstream has, whatever else is pushed.
func runsAlways(run string, files any, hook string) bool {
	list, _ := files.(string)
	switch {
	case files != nil:
		return strings.HasPrefix(list, "echo ") && strings.Contains(run, "{files}")
	case hook == "pre-push":
		return strings.Contains(run, "{all_files}")
	}
	return !strings.Contains(run, "{push_files}")
}

// A lefthookWalk goes through what a configuration has for a hook.
type lefthookWalk struct {
	hook string
	left int // how many values are still looked at
	runs []string
}

// collect adds the commands in a value and in what it holds; files is what lists the files
// of those that say nothing of that.
func (w *lefthookWalk) collect(node, files any) {
	if w.left--; w.left < 0 {
		return
	}
	switch node := node.(type) {
	case map[string]any:
		if isConditional(node) {
			return
		}
		if own, ok := node["files"]; ok {
			files = own
		}
		if run, ok := node["run"].(string); ok && runsAlways(run, files, w.hook) {
			w.runs = append(w.runs, run)
		}
		for _, member := range node {
			w.collect(member, files)
		}
	case []any:
		for _, member := range node {
			w.collect(member, files)
		}
	}
}
