package scanner

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"

	"github.com/inspecto/insplint/internal/gitrepo"
	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// A directory is one that a walk has still to list, with what tells how git
// sees the files in it.
type directory struct {
	abs      string          // as the system opens it
	shown    string          // from the scanned root, with "/"; "" for the root itself
	home     string          // from the top of its checkout; shown where there is none
	above    string          // the scanned directory's own name where home does not have it: a build may be known by that
	checkout *checkout       // nil outside
	around   []outerCheckout // the checkouts around that, the outermost first
	files    *existence      // by paths like home
	tracked  trackedSet
	ignore   *gitrepo.Ignore // nil in an ignored directory and outside
	ignored  bool
	by       gitrepo.Verdict // what makes an ignored directory one
	within   string          // the outermost ignored directory, by a path that files answers
	older    bool            // rules are read as git before 2.52 did
	all      bool            // named on the command line: its files are read though git ignores them
	alias    string          // how the one file that a scan names is shown; else empty
}

// An outerCheckout is a checkout around another, whose top it has at home.
type outerCheckout struct {
	checkout *checkout
	home     string
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
	if d.checkout != nil {
		d.around = append(slices.Clip(d.around), outerCheckout{d.checkout, d.home})
	}
	d.checkout, d.files, d.home, d.above = k, k.files, "", ""
	d.ignore, d.ignored, d.by, d.within = k.ignore, false, gitrepo.Verdict{}, ""
	if d.older {
		d.ignore = k.older()
	}
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
		around:   d.around,
		files:    d.files,
		tracked:  d.tracked.dir(name),
		ignored:  d.ignored,
		by:       d.by,
		within:   d.within,
		all:      d.all,
		older:    d.older,
	}
}

// sub is the directory of that name in d, whose own rules are read.
func (d *directory) sub(name string) *directory {
	sub := d.step(name)
	if d.ignore == nil {
		return sub
	}
	if v := d.ignore.Match(name, true); v.Ignored {
		sub.ignored, sub.by, sub.within = true, v, sub.place("")
	} else {
		sub.ignore = d.ignore.Dir(name, nil)
	}
	return sub
}

// patterns is the lines of ignore files that decide about a file: the one by
// which git would ignore it, or else the one that keeps git from it.
type patterns struct{ ignoring, including, older rules.Pattern }

func (d *directory) patterns(name string) patterns {
	v := d.verdict(name)
	line := rules.Pattern{Text: key.Mask(v.Pattern), Source: key.Mask(filepath.ToSlash(v.Source)), Line: v.Line, Outside: v.Outside}
	if v.Ignored {
		return patterns{ignoring: line}
	}
	return patterns{including: line}
}

// noteOlder notes the line by which only older versions of git ignore a file.
func (d *directory) noteOlder(decided *patterns, name string, c *collector) {
	if d.ignore != nil && d.ignore.Torn() && decided.ignoring == (rules.Pattern{}) {
		decided.older = d.checkout.olderPattern(joinPath(d.home, name), c)
	}
}

// owners lists the repositories that track a file in d, the innermost last, and
// whether only the last commit of that one does, and its index no more.
func (d *directory) owners(name string) (owners []owner, unstaged bool) {
	owners = d.tracked.owners(name)
	if d.checkout == nil || len(owners) > 0 && owners[len(owners)-1].repo == d.checkout.name {
		return owners, false
	}
	home := joinPath(d.home, name)
	if entry, ok := d.checkout.otherwise(home); ok {
		return append(owners, owner{d.checkout.name, entry}), false
	}
	committed, ok := d.committed(name)
	if !ok || len(owners) > 0 && committed.repo != d.checkout.name {
		return owners, false
	}
	return append(owners, committed), len(owners) == 0
}

// committed is the innermost repository whose last commit has a file in d: a directory
// that was taken out of an index may have become a repository since, and still be in
// the commits of the one around it.
func (d *directory) committed(name string) (o owner, ok bool) {
	if d.checkout == nil {
		return owner{}, false
	}
	home := joinPath(d.home, name)
	if d.checkout.inHead(home) {
		return owner{d.checkout.name, home}, true
	}
	for _, around := range slices.Backward(d.around) {
		home = joinPath(around.home, home)
		if around.checkout.inHead(home) {
			return owner{around.checkout.name, home}, true
		}
	}
	return owner{}, false
}

// shared reports whether the indexes of several repositories have a file in d.
func (d *directory) shared(name string) bool {
	return len(d.tracked) > 1 && len(d.tracked.owners(name)) > 1
}

// tracks reports whether some index has a file in d.
func (d *directory) tracks(name string) bool {
	if d.tracked.has(name) {
		return true
	}
	_, ok := d.checkout.otherwise(joinPath(d.home, name))
	return ok
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
	from := gitrepo.IgnoreSource{Name: joinPath(d.home, ".gitignore"), Fold: d.checkout.fold, Older: d.older}
	path := filepath.Join(d.abs, ".gitignore")
	data, err := readSmall(path, d.ignore.Room())
	if err != nil && d.checkout.index.leavesOut() && !isDir(path) {
		if unlaid, wrong := d.checkout.unlaid(d.own().all(".gitignore"), d.ignore.Room()); !errors.Is(wrong, fs.ErrNotExist) {
			data, err = unlaid, wrong
		}
	}
	if list := parseIgnoreList(data, err, joinPath(d.shown, ".gitignore"), c, from); list != nil {
		d.ignore = d.ignore.With(list)
	}
}

// own is what the index of d's own checkout holds below d.
func (d *directory) own() indexRange { return d.tracked.of(d.checkout.index.source) }

// enterCheckout makes d, which holds a ".git", the top of a checkout of its
// own: a nested repository or a submodule is judged by its own index and rules.
// It returns the repository, nil if that is none, or the one that the walk
// began in. A ".git" that leads nowhere makes nothing of d, but where databases
// are read one is missing.
func (d *directory) enterCheckout(c *collector, databases bool) *gitrepo.Repo {
	if d.checkout != nil && d.checkout.top == d.abs {
		return nil
	}
	repo, err := gitrepo.Open(d.abs)
	var stray *gitrepo.StrayError
	switch {
	case errors.Is(err, gitrepo.ErrNotRepository):
		// Without a database it is nothing, to git too.
		if dir := filepath.Join(d.abs, ".git"); exists(filepath.Join(dir, "objects")) {
			c.problem(dir, "", brokenRepo)
		}
	case errors.As(err, &stray) && !databases:
		c.note(fmt.Sprintf("%q leads to no git directory: as for git, it is as if it were not there", joinPath(d.shown, ".git")))
	case errors.As(err, &stray) && d.checkout != nil:
		c.problem(filepath.Join(d.abs, ".git"), "", err.Error()+": its history was not read")
	case err != nil:
		c.problem(filepath.Join(d.abs, ".git"), "", unopened(err))
	case repo.WorkTree == d.abs:
		d.enter(openCheckout(repo, c))
	}
	return repo
}

// brokenRepo is the problem of what should be a repository.
const brokenRepo = "this git directory is broken (git needs a valid HEAD, objects and refs in it): its history was not read"

// unopened is the problem of a repository that is there and cannot be read: its
// files are there all the same.
func unopened(err error) string {
	return err.Error() + ": its history was not read, and its files are taken for files outside of any repository"
}

// worthEntering decides whether a rule can fit anything in a directory: in one
// that git ignores, other people's code is left alone.
func (d *directory) worthEntering(opts Options) bool {
	switch {
	case !d.ignored, d.all, opts.Ignored, len(d.tracked) > 0, d.checkout.holdsOtherwise(d.home), isBuildOutputDir(d.place("")), opts.Own.entered(d.shown):
		return true
	}
	return !isDependencyDir(filepath.Base(d.abs))
}

// verdict is what git's rules say of a file in d.
func (d *directory) verdict(name string) gitrepo.Verdict {
	if d.ignore == nil {
		return d.by
	}
	return d.ignore.Match(name, false)
}

// judge tells how git sees a file in d, and whether a rule can fit it, or somebody else's
// git see it otherwise.
func (d *directory) judge(name string, opts Options) (standing rules.Standing, read bool) {
	if d.checkout == nil {
		return rules.Outside, true
	}
	if d.tracks(name) {
		return rules.Tracked, true
	}
	by := d.verdict(name)
	switch {
	case !by.Ignored:
		return rules.Untracked, true
	case by.Outside, d.all, opts.Ignored, isEnvFile(name), opts.Own.isEnv(joinPath(d.shown, name)), opts.Own.isClient(joinPath(d.shown, name)):
		return rules.Ignored, true
	}
	if what, _ := judgeOutput(d.place(name), d.files.has); what != "" || mayBeSource(name) && (!d.ignored || d.hasPages()) {
		return rules.Ignored, true // the content may still decide
	}
	_, read = d.committed(name)
	return rules.Ignored, read
}

// hasPages reports whether an ignored directory is a site by an index.html in it
// or above, whatever its name is.
func (d *directory) hasPages() bool {
	for dir := d.place(""); ; dir = path.Dir(dir) {
		if d.files.has(path.Join(dir, "index.html")) {
			return true
		}
		if dir == d.within || dir == "." || dir == "/" {
			return false
		}
	}
}

// place is the path of a file in d that tells what kind of file it is; of d
// itself if the name is empty. It is of the kind that d.files answers.
func (d *directory) place(name string) string {
	return joinPath(joinPath(d.above, d.home), name)
}

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
