package scanner

import (
	"errors"
	"path"
	"path/filepath"

	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/rules"
)

// A directory is one that a walk has still to list, with what tells how git
// sees the files in it.
type directory struct {
	abs      string     // as the system opens it
	shown    string     // from the scanned root, with "/"; "" for the root itself
	home     string     // from the top of its checkout; shown where there is none
	above    string     // the scanned directory's own name where home does not have it: a build may be known by that
	checkout *checkout  // nil outside
	files    *existence // by paths like home
	tracked  trackedSet
	ignore   *gitrepo.Ignore // nil in an ignored directory and outside
	ignored  bool
	by       gitrepo.Verdict // what makes an ignored directory one
	all      bool            // named on the command line: its files are read though git ignores them
	alias    string          // how the one file that a scan names is shown; else empty
}

// shownFile is how a file in d is shown. A symbolic link that a user names is
// shown as that, and not as the file that it leads to.
func (d *directory) shownFile(name string) string {
	if d.alias != "" {
		return d.alias
	}
	return joinPath(d.shown, name)
}

// enter makes d the top of a checkout.
func (d *directory) enter(k *checkout) {
	d.checkout, d.files, d.home, d.above = k, k.files, "", ""
	d.ignore, d.ignored, d.by = k.ignore, false, gitrepo.Verdict{}
	d.tracked = d.tracked.with(k.index)
}

// step is the directory of that name in d, before any rule was asked.
func (d *directory) step(name string) *directory {
	return &directory{
		abs:      filepath.Join(d.abs, name),
		shown:    joinPath(d.shown, name),
		home:     joinPath(d.home, name),
		above:    d.above,
		checkout: d.checkout,
		files:    d.files,
		tracked:  d.tracked.dir(name),
		ignored:  d.ignored,
		by:       d.by,
		all:      d.all,
	}
}

// sub is the directory of that name in d, whose own rules are read.
func (d *directory) sub(name string) *directory {
	sub := d.step(name)
	if d.ignore == nil {
		return sub
	}
	if v := d.ignore.Match(name, true); v.Ignored {
		sub.ignored, sub.by = true, v
	} else {
		sub.ignore = d.ignore.Dir(name, nil)
	}
	return sub
}

// pattern is the line of an ignore file by which git would ignore a file in d.
func (d *directory) pattern(name string) rules.Pattern {
	v := d.by
	if d.ignore != nil {
		v = d.ignore.Match(name, false)
	}
	if !v.Ignored {
		return rules.Pattern{}
	}
	return rules.Pattern{Text: v.Pattern, Source: filepath.ToSlash(v.Source), Line: v.Line, Outside: v.Outside}
}

// below goes down one directory on the way to a target.
func (d *directory) below(name string, c *collector) *directory {
	d.readRules(c)
	return d.sub(name)
}

// readRules adds the .gitignore of a directory to its rules, if it has one.
func (d *directory) readRules(c *collector) {
	if d.ignore == nil {
		return
	}
	from := gitrepo.IgnoreSource{Name: joinPath(d.home, ".gitignore"), Fold: d.checkout.fold}
	path, shown := filepath.Join(d.abs, ".gitignore"), joinPath(d.shown, ".gitignore")
	if list := readIgnoreList(path, shown, c, from, d.ignore.Room()); list != nil {
		d.ignore = d.ignore.With(list)
	}
}

// enterCheckout makes d, which holds a ".git", the top of a checkout of its
// own: a nested repository or a submodule is judged by its own index and rules.
// It returns the repository, nil if that is none, or the one that the walk
// began in.
func (d *directory) enterCheckout(c *collector) *gitrepo.Repo {
	if d.checkout != nil && d.checkout.top == d.abs {
		return nil
	}
	repo, err := gitrepo.Open(d.abs)
	switch {
	case errors.Is(err, gitrepo.ErrNotRepository):
		// Without a database it is nothing, to git too.
		if dir := filepath.Join(d.abs, ".git"); exists(filepath.Join(dir, "objects")) {
			c.problem(dir, "", brokenRepo)
		}
	case err != nil:
		c.problem(shownDir(d.shown), "", err.Error())
	case repo.WorkTree == d.abs:
		d.enter(openCheckout(repo, c))
	}
	return repo
}

// brokenRepo is the problem of what should be a repository.
const brokenRepo = "this git directory is broken (git needs a valid HEAD, objects and refs in it): its history was not read"

// worthEntering decides whether a rule can fit anything in a directory: in one
// that git ignores, other people's code is left alone.
func (d *directory) worthEntering(opts Options) bool {
	switch {
	case !d.ignored, d.all, opts.Ignored, len(d.tracked) > 0, isBuildOutputDir(d.place("")), opts.Own.entered(d.shown):
		return true
	}
	return !isDependencyDir(filepath.Base(d.abs))
}

// judge tells how git sees a file in d, and whether a rule can fit it.
func (d *directory) judge(name string, opts Options) (standing rules.Standing, read bool) {
	switch {
	case d.checkout == nil:
		return rules.Outside, true
	case d.tracked.has(name):
		return rules.Tracked, true
	case d.ignore != nil && !d.ignore.Match(name, false).Ignored:
		return rules.Untracked, true
	case d.all, opts.Ignored, isEnvFile(name), opts.Own.isEnv(joinPath(d.shown, name)), opts.Own.isClient(joinPath(d.shown, name)):
		return rules.Ignored, true
	}
	what, _ := judgeOutput(d.place(name), d.files.has) // the content may still decide
	return rules.Ignored, what != "" || !d.ignored && mayBeSource(name) || d.checkout.inHead(joinPath(d.home, name))
}

// place is the path of a file in d that tells what kind of file it is; of d
// itself if the name is empty. It is of the kind that d.files answers.
func (d *directory) place(name string) string { return path.Join(d.above, d.home, name) }

// joinPath joins "/"-separated paths, each of which may be empty.
func joinPath(dir, name string) string {
	switch {
	case dir == "":
		return name
	case name == "":
		return dir
	}
	return dir + "/" + name
}

// shownDir names a directory in a problem, where no path means no file.
func shownDir(shown string) string {
	if shown == "" {
		return "."
	}
	return shown
}
