package gitrepo

import (
	"cmp"
	"fmt"
	"strings"
)

// upstream is the full name of the ref that holds what a branch follows
// ("@{upstream}"): branch.NAME.merge of branch.NAME.remote, as that remote's
// fetch lines store it.
func (s *resolver) upstream(branch string) (string, error) {
	config, err := s.repo.Config()
	if err != nil {
		return "", err
	}
	remote, hasRemote := config.Get("branch." + branch + ".remote")
	merge, hasMerge := config.first("branch." + branch + ".merge")
	switch {
	case !hasRemote || !hasMerge:
		return "", fmt.Errorf("branch %q has no upstream: %w", branch, errUnknown)
	case remote == ".":
		return merge, nil
	}
	return s.tracking(config, remote, merge)
}

// tracking is the ref in which a fetch keeps a remote's ref.
func (s *resolver) tracking(config *Config, remote, ref string) (string, error) {
	if to, ok := mapRef(config.values("remote."+remote+".fetch"), ref); ok {
		return to, nil
	}
	return "", fmt.Errorf("%q of remote %q is stored in no ref here: %w", ref, remote, errUnknown)
}

// push is the ref that holds what a push of the branch would update ("@{push}").
func (s *resolver) push(branch string) (string, error) {
	config, err := s.repo.Config()
	if err != nil {
		return "", err
	}
	remote := "origin"
	for _, key := range []string{"branch." + branch + ".pushRemote", "remote.pushDefault", "branch." + branch + ".remote"} {
		if name, ok := config.Get(key); ok {
			remote = name
			break
		}
	}
	ref := "refs/heads/" + branch
	if lines := config.values("remote." + remote + ".push"); len(lines) > 0 {
		to, ok := mapRef(lines, ref)
		if !ok {
			return "", fmt.Errorf("remote %q has no push line for branch %q: %w", remote, branch, errUnknown)
		}
		return s.tracking(config, remote, to)
	}
	if mirror, _, err := config.Bool("remote." + remote + ".mirror"); err == nil && mirror {
		return s.tracking(config, remote, ref)
	}
	setting, _ := config.Get("push.default")
	to, ok := pushDefaults[cmp.Or(strings.ToLower(setting), "simple")]
	if !ok {
		return "", fmt.Errorf("push.default %q gives a push no destination: %w", setting, errUnknown)
	}
	return to(s, config, remote, branch)
}

// pushDefaults are the values of push.default that say where a push goes
// (git-config(1)); "nothing" does not.
var pushDefaults = map[string]func(s *resolver, config *Config, remote, branch string) (string, error){
	"matching": pushSameName,
	"current":  pushSameName,
	"upstream": pushUpstream,
	"tracking": pushUpstream,
	"simple": func(s *resolver, config *Config, remote, branch string) (string, error) {
		up, err := s.upstream(branch)
		if err != nil {
			return "", err
		}
		same, err := pushSameName(s, config, remote, branch)
		if err == nil && same != up {
			return "", fmt.Errorf("branch %q pushes to another ref than it follows, which push.default \"simple\" forbids: %w", branch, errUnknown)
		}
		return same, err
	},
}

func pushSameName(s *resolver, config *Config, remote, branch string) (string, error) {
	return s.tracking(config, remote, "refs/heads/"+branch)
}

func pushUpstream(s *resolver, _ *Config, _, branch string) (string, error) {
	return s.upstream(branch)
}

// mapRef applies the first refspec ("+refs/heads/*:refs/remotes/origin/*") that
// fits a ref. A negative one ("^refs/heads/x") says what a fetch leaves out; a
// ref that it once stored is there all the same.
func mapRef(refspecs []string, ref string) (to string, ok bool) {
	for _, spec := range refspecs {
		from, into, _ := strings.Cut(strings.TrimPrefix(spec, "+"), ":")
		if star, fits := matchRefspec(from, ref); fits && into != "" {
			return strings.Replace(into, "*", star, 1), true
		}
	}
	return "", false
}

// matchRefspec matches a ref against a side of a refspec, and gives what its
// asterisk stands for.
func matchRefspec(pattern, ref string) (star string, ok bool) {
	before, after, glob := strings.Cut(pattern, "*")
	if !glob {
		return "", pattern == ref
	}
	if len(ref) < len(before)+len(after) || !strings.HasPrefix(ref, before) || !strings.HasSuffix(ref, after) {
		return "", false
	}
	return ref[len(before) : len(ref)-len(after)], true
}

// values lists what a key was set to, in the order of reading.
func (c *Config) values(key string) (values []string) {
	for _, position := range c.byKey[canonicalKey(key)] {
		values = append(values, c.entries[position].value)
	}
	return values
}

// first is the first value of a key. A branch that merges several refs follows
// the first of them.
func (c *Config) first(key string) (string, bool) {
	values := c.values(key)
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}
