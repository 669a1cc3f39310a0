package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// colored decides for one writer whether it gets colours: the flag, then
// NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR, then whether it is a terminal.
func (c *Command) colored(w io.Writer, choice string) bool {
	force := func(name string) bool { return c.Getenv(name) != "" && c.Getenv(name) != "0" }
	switch {
	case choice == "always":
		return true
	case choice == "never", c.Getenv("NO_COLOR") != "":
		return false
	case force("CLICOLOR_FORCE"), force("FORCE_COLOR"):
		return true
	case c.Getenv("TERM") == "dumb", c.Getenv("CLICOLOR") == "0":
		return false
	}
	return isTerminal(w)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is the number of columns, or 0 if w is no terminal.
func terminalWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return width
		}
	}
	return 0
}
