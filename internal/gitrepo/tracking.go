package gitrepo

import (
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/gitpack"
)

// Tracking lists what this repository knows one remote to have: the ids of the
// refs in which a fetch from that remote, and from no other, is kept.
//
// A remote goes by the name that it has in the configuration. One that is not
// configured, as where git pushes to a URL, goes by its URL, and is the remote
// that has this URL if exactly one does; url, where it is known, is the place
// that is pushed to. If the remote is configured to be fetched from one
// repository and pushed to another, by a URL of its own or a rule that rewrites one, its refs tell nothing of the second, and the
// list is empty: what is not known to be there must be taken for new, and so is
// what a ref that cannot be read would tell. The error tells of a configuration that
// could not be read; the list stands.
func (r *Repo) Tracking(remote, url string) ([]gitpack.ID, error) {
	config, err := r.Config()
	if !config.isRemote(remote) {
		remote = config.remoteAt(remote)
	}
	if remote == "" || config.pushesElsewhere(remote, url) {
		return nil, err
	}
	own := slices.DeleteFunc(config.fetchedInto(remote), func(pattern string) bool { return !strings.HasPrefix(pattern, trackingDir) })
	var others []string
	for _, name := range config.remotes() {
		if name != remote {
			others = append(others, config.fetchedInto(name)...)
		}
	}
	refs, _ := r.Refs()
	var ids []gitpack.ID
	for _, ref := range refs {
		if matchesAny(own, ref.Name) && !matchesAny(others, ref.Name) {
			ids = append(ids, ref.ID)
		}
	}
	return ids, err
}

func matchesAny(patterns []string, ref string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		_, ok := matchRefspec(pattern, ref)
		return ok
	})
}

// remotes lists the names of the remotes that are configured.
func (c *Config) remotes() []string {
	var names []string
	for key := range c.byKey {
		rest, ok := strings.CutPrefix(key, "remote.")
		if end := strings.LastIndexByte(rest, '.'); ok && end > 0 && !slices.Contains(names, rest[:end]) {
			names = append(names, rest[:end])
		}
	}
	slices.Sort(names)
	return names
}

func (c *Config) isRemote(name string) bool {
	return len(c.values("remote."+name+".url")) > 0 || len(c.values("remote."+name+".pushurl")) > 0
}

// remoteAt is the name of the one remote with a URL; empty if there is none, or
// more than one.
func (c *Config) remoteAt(url string) string {
	found := ""
	for _, name := range c.remotes() {
		if !slices.Contains(c.values("remote."+name+".url"), url) && !slices.Contains(c.values("remote."+name+".pushurl"), url) {
			continue
		}
		if found != "" {
			return ""
		}
		found = name
	}
	return found
}

// pushesElsewhere reports whether what is pushed to is another repository than
// the one that a remote is fetched from, which is the first of its URLs. The same
// repository may be reached by two ways, "https://host/a.git" and "git@host:a".
func (c *Config) pushesElsewhere(remote, url string) bool {
	fetch := c.values("remote." + remote + ".url")
	if len(fetch) == 0 {
		return true
	}
	from := repositoryAt(c.rewritten(fetch[0], insteadOf))
	to := []string{url}
	if url == "" {
		to = c.pushURLs(remote)
	}
	return slices.ContainsFunc(to, func(p string) bool { return repositoryAt(p) != from })
}

// The rules that have git take another URL than the one that is configured, and to push
// to another one, where there is no pushurl.
const (
	insteadOf     = "insteadof"
	pushInsteadOf = "pushinsteadof"
)

// pushURLs lists where a push to a remote goes.
func (c *Config) pushURLs(remote string) (urls []string) {
	for _, url := range c.values("remote." + remote + ".pushurl") {
		urls = append(urls, c.rewritten(url, insteadOf))
	}
	if len(urls) > 0 {
		return urls
	}
	for _, url := range c.values("remote." + remote + ".url") {
		to := c.rewritten(url, pushInsteadOf)
		if to == url {
			to = c.rewritten(url, insteadOf)
		}
		urls = append(urls, to)
	}
	return urls
}

// rewritten is what a rule makes of a URL: the base that it has for the longest of the
// beginnings that the URL has.
func (c *Config) rewritten(url, rule string) string {
	to, longest := url, -1
	for key, value := range c.All() {
		rest, ok := strings.CutPrefix(key, "url.")
		base, is := strings.CutSuffix(rest, "."+rule)
		if ok && is && len(value) > longest && strings.HasPrefix(url, value) {
			to, longest = base+url[len(value):], len(value)
		}
	}
	return to
}

// repositoryAt is what remains of a URL without the way by which its host is
// asked: scheme, user, and the ".git" that most hosts add by themselves. A path on
// this machine stays as it is.
func repositoryAt(url string) string {
	host, path, ok := strings.Cut(url, ":")
	if !ok || strings.Contains(host, "/") {
		return url
	}
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		host, path, _ = strings.Cut(rest, "/")
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	return host[strings.LastIndexByte(host, '@')+1:] + "/" + path
}

// trackingDir is where the refs are that nobody but a fetch or a push writes. A
// mirror's fetch writes refs/heads/ too, where people commit.
const trackingDir = "refs/remotes/"

// fetchedInto lists the refs, or patterns of refs, that a fetch from a remote
// writes.
func (c *Config) fetchedInto(remote string) []string {
	var into []string
	for _, spec := range c.values("remote." + remote + ".fetch") {
		if _, to, ok := strings.Cut(spec, ":"); ok && to != "" {
			into = append(into, to)
		}
	}
	return into
}
