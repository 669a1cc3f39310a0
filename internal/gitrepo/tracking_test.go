package gitrepo

import (
	"slices"
	"strings"
	"testing"
)

// TestTracking has two commits: one that only the private remote has, and one
// that the public one has too.
func TestTracking(t *testing.T) {
	const fetchPriv, fetchPub = "+refs/heads/*:refs/remotes/priv/*", "+refs/heads/*:refs/remotes/pub/*"
	base := []string{
		"remote.priv.url", "../priv.git", "remote.priv.fetch", fetchPriv,
		"remote.pub.url", "https://example.com/a/pub.git", "remote.pub.fetch", fetchPub,
	}
	tests := map[string]struct {
		config      []string
		remote, url string
		priv, pub   bool
	}{
		"by name":                 {nil, "priv", "../priv.git", true, false},
		"by URL":                  {nil, "../priv.git", "../priv.git", true, false},
		"no remote's URL":         {nil, "../other.git", "../other.git", false, false},
		"no remote":               {nil, "other", "", false, false},
		"a rewritten URL":         {[]string{"url.ssh://git@alias/.insteadOf", "https://example.com/"}, "pub", "ssh://git@alias/a/pub", false, true},
		"rewritten for a push":    {[]string{"url.ssh://git@alias/.pushInsteadOf", "https://example.com/"}, "pub", "ssh://git@alias/a/pub.git", false, false},
		"rewritten, not told":     {[]string{"url.ssh://git@alias/.pushInsteadOf", "https://example.com/"}, "pub", "", false, false},
		"rewritten to one place":  {[]string{"url.git@example.com:.pushInsteadOf", "https://example.com/"}, "pub", "git@example.com:a/pub.git", false, true},
		"one place, not told":     {[]string{"url.git@example.com:.pushInsteadOf", "https://example.com/"}, "pub", "", false, true},
		"rewritten by its path":   {[]string{"url.../pub.git.pushInsteadOf", "../priv.git"}, "priv", "../pub.git", false, false},
		"by the longest":          {[]string{"url.../priv.git.pushInsteadOf", "../priv.git", "url.../pub.git.pushInsteadOf", "../priv"}, "priv", "", true, false},
		"a pushurl, rewritten":    {[]string{"remote.priv.pushurl", "x:priv.git", "url.../.insteadOf", "x:"}, "priv", "", true, false},
		"no rule for a pushurl":   {[]string{"remote.priv.pushurl", "../priv.git", "url.../pub.pushInsteadOf", "../priv"}, "priv", "", true, false},
		"one URL of two":          {[]string{"remote.more.url", "../priv.git"}, "../priv.git", "", false, false},
		"not fetched":             {[]string{"remote.new.url", "../new.git"}, "new", "../new.git", false, false},
		"a name within a name":    {[]string{"remote.priv/x.url", "u", "remote.priv/x.fetch", "+refs/heads/*:refs/remotes/priv/x/*"}, "priv", "", true, false},
		"refs of two remotes":     {[]string{"remote.more.url", "u", "remote.more.fetch", fetchPriv}, "priv", "", false, false},
		"a mirror":                {[]string{"remote.m.url", "u", "remote.m.fetch", "+refs/*:refs/*"}, "m", "u", false, false},
		"pushed elsewhere":        {[]string{"remote.priv.pushurl", "../pub.git"}, "priv", "../pub.git", false, false},
		"pushed to two":           {[]string{"remote.priv.pushurl", "../pub.git", "remote.priv.pushurl", "../priv.git"}, "priv", "../priv.git", true, false},
		"pushed to two, not told": {[]string{"remote.priv.pushurl", "../pub.git", "remote.priv.pushurl", "../priv.git"}, "priv", "", false, false},
		"a second URL":            {[]string{"remote.priv.url", "../pub.git"}, "priv", "../pub.git", false, false},
		"another way to it":       {[]string{"remote.pub.pushurl", "git@example.com:a/pub"}, "pub", "git@example.com:a/pub", false, true},
		"another host":            {[]string{"remote.pub.pushurl", "git@example.org:a/pub"}, "pub", "git@example.org:a/pub", false, false},
	}
	j := newJudge(t)
	dir := j.repo("r")
	priv, pub := j.git(dir, "rev-parse", "main"), j.git(dir, "rev-parse", "main~1")
	j.git(dir, "update-ref", "refs/remotes/priv/main", priv)
	j.git(dir, "update-ref", "refs/remotes/priv/x/main", pub)
	j.git(dir, "update-ref", "refs/remotes/pub/main", pub)
	plain := j.read(dir + "/.git/config")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := plain
			for pair := range slices.Chunk(append(slices.Clone(base), test.config...), 2) {
				section, name, _ := strings.Cut(pair[0], ".")
				dot := strings.LastIndexByte(name, '.')
				text += "[" + section + " \"" + name[:dot] + "\"]\n\t" + name[dot+1:] + " = " + pair[1] + "\n"
			}
			j.write(dir+"/.git/config", text)
			ids, err := j.open(dir).Tracking(test.remote, test.url)
			if err != nil {
				t.Fatal(err)
			}
			has := map[string]bool{}
			for _, id := range ids {
				has[id.String()] = true
			}
			// The ref of priv/x counts for priv, but where that is a remote too.
			hasPub := test.pub || test.priv && name != "a name within a name"
			if has[priv] != test.priv || has[pub] != hasPub {
				t.Errorf("knows priv's commit: %v, pub's: %v", has[priv], has[pub])
			}
		})
	}
}
