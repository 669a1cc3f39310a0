package gitrepo

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// A witness is one `git cat-file --batch` that answers many questions about a
// repository: to start a git for each would take longer than all the answers.
// It sees changes of refs and objects, but not of the configuration.
type witness struct {
	j   *judge
	dir string

	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers *bufio.Reader
}

func (j *judge) witness(dir string) *witness {
	w := &witness{j: j, dir: dir}
	j.t.Cleanup(w.stop)
	return w
}

func (w *witness) start() {
	w.j.t.Helper()
	w.cmd = exec.Command(w.j.binary, "cat-file", "--batch")
	w.cmd.Dir = w.dir
	stdin, err := w.cmd.StdinPipe()
	if err != nil {
		w.j.t.Fatal(err)
	}
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		w.j.t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		w.j.t.Fatal(err)
	}
	w.stdin, w.answers = stdin, bufio.NewReader(stdout)
}

func (w *witness) stop() {
	if w.cmd != nil {
		_ = w.stdin.Close()
		_ = w.cmd.Wait() // a git that gave up on a question fails
		w.cmd = nil
	}
}

// ask gives the object that a name stands for, of kind "" where it stands for
// none. Some names, as "@{99}" of a short reflog, are fatal to git: it says
// nothing, and the next question gets a git of its own.
func (w *witness) ask(name string) (id, kind string, data []byte) {
	w.j.t.Helper()
	if w.cmd == nil {
		w.start()
	}
	_, _ = fmt.Fprintln(w.stdin, name) // a git that is gone does not answer, which shows below
	line, err := w.answers.ReadString('\n')
	if err != nil {
		if w.stop(); line != "" || err != io.EOF {
			w.j.t.Fatalf("git cat-file on %q: %q, %v", name, line, err)
		}
		return "", "", nil
	}
	line = strings.TrimSuffix(line, "\n")
	if line == name+" missing" || line == name+" ambiguous" {
		return "", "", nil
	}
	fields := strings.Fields(line)
	size, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil || len(fields) != 3 {
		w.j.t.Fatalf("git cat-file on %q: %q", name, line)
	}
	data = make([]byte, size+1) // with a line's end
	if _, err := io.ReadFull(w.answers, data); err != nil {
		w.j.t.Fatalf("git cat-file on %q: %v", name, err)
	}
	return fields[0], fields[1], data[:size]
}

func (w *witness) resolve(name string) string {
	w.j.t.Helper()
	id, _, _ := w.ask(name)
	return id
}
