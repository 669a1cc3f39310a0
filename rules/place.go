package rules

import (
	"fmt"
	"path"
	"strings"
)

// This file says how a fix names a file to git, and where a line of an ignore
// file has to stand. What it says is meant to be pasted at the scanned root.

// homeOf is Home, or Path where the scanner knew no repository.
func homeOf(o *Occurrence) string {
	if o.Home == "" {
		return o.Path
	}
	return o.Home
}

// top is the way from the scanned root to the top of the file's repository;
// empty where that is the root, or lies above it.
func (o *Occurrence) top() string {
	top, below := strings.CutSuffix(o.Path, "/"+o.Home)
	if !below || o.Home == "" {
		return ""
	}
	return top
}

// pathspec is the shell word by which git finds exactly the occurrence's file, or
// all whose name differs in a masked key alone, or goes on behind it.
// Where the scan started below the repository's top, or a character of the
// name would be a pattern to git, it names the file from the top, literally.
func pathspec(o *Occurrence) string {
	if named := keyPathspec(o); named != "" {
		return named
	}
	magic := strings.ContainsAny(o.Home, `*?[\`) || strings.HasPrefix(o.Home, ":")
	if (o.Home == o.Path || o.top() != "") && !magic {
		return shellQuote(homeOf(o))
	}
	return shellQuote(":(top,literal)" + homeOf(o))
}

// gitCommand is a command for the repository that the file is in.
func gitCommand(o *Occurrence, arguments string) string {
	if dir := path.Join(o.Root, o.top()); dir != "" {
		return code("git -C " + shellQuote(dir) + " " + arguments)
	}
	return code("git " + arguments)
}

// untrack is the command that takes the file, and no other, out of the index.
func untrack(o *Occurrence) string { return gitCommand(o, "rm --cached -- "+pathspec(o)) }

// ignoring tells to add the line by which git ignores the file. The last line
// that matches a file decides, and those of an ignore file nearer to it come
// after those of one above, so a line that includes the file again has to be
// outdone where it stands.
func ignoring(o *Occurrence) string {
	home, dir := homeOf(o), ""
	included := o.Included != (Pattern{}) && !o.Included.Outside
	if included {
		if dir = strings.TrimSuffix(o.Included.Source, ".gitignore"); !strings.HasPrefix(home, dir) {
			dir = ""
		}
	}
	line := ignoreLine(home[len(dir):])
	if included {
		return fmt.Sprintf("add the line `%s` at the end of %s, since %s brings the file back", line, ignoreFile(o, dir), o.cite(o.Included))
	}
	return fmt.Sprintf("add the line `%s` to %s", line, ignoreFile(o, dir))
}

// addsIt tells what becomes of a file that git neither tracks nor ignores.
func addsIt(o *Occurrence) string {
	if o.Older == (Pattern{}) {
		return "the next `git add .` takes it"
	}
	return "the next `git add .` of git 2.52 or newer takes it, while older ones ignore it by " + o.cite(o.Older)
}

// cite tells where a line that decides about the file stands: "`*.env`
// (.gitignore:3)".
func (o *Occurrence) cite(p Pattern) string {
	source := p.Source
	if !p.Outside {
		source = path.Join(o.top(), source)
	}
	return fmt.Sprintf("`%s` (%s:%d)", printable(p.Text), printable(source), p.Line)
}

// ignoreFile names the .gitignore of a directory of the file's repository, dir
// with a "/" behind, or "" for the top.
func ignoreFile(o *Occurrence, dir string) string {
	switch top := o.top(); {
	case top != "":
		return printable(path.Join(top, dir+".gitignore"))
	case dir == "":
		return ".gitignore at the top of the repository"
	case o.Path != homeOf(o):
		return printable(dir+".gitignore") + ", told from the top of the repository"
	}
	return printable(dir + ".gitignore")
}
