package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/inspecto/insplint/internal/lazy"
	"github.com/inspecto/insplint/report"
	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/cobra"
)

// A push is what a CI says of the change that it runs for. The zero value
// stands for everything.
type push struct {
	base, head string // ids; the change is what head has and base lacks; an empty base is not known
	against    string // a branch of the remote: the change is what it lacks, where base is not known
	ref        string // the full name of the branch or tag that the change makes; empty if it is not new
	deleted    bool   // there is nothing to search
}

// A ci is a system that runs commands for changes.
type ci struct {
	name    string
	sign    string // the variable that it sets to "true"
	read    func(*Command) (push, error)
	outputs func(*Command) []string // as of --output
	// finish runs the scan, and tells the CI of what it wrote; it may be nil.
	finish func(c *Command, s *settings, run func() error) error
}

func cis() []ci {
	return []ci{
		{"GitHub", "GITHUB_ACTIONS", (*Command).githubPush, (*Command).githubOutputs, (*Command).githubFinish},
		{"GitLab", "GITLAB_CI", (*Command).gitlabPush, func(*Command) []string {
			return []string{"text=-", "gitlab=gl-secret-detection-report.json"}
		}, nil},
	}
}

func (c *Command) ciCommand(called func(string) bool) *cobra.Command {
	f := &reportFlags{}
	cmd := &cobra.Command{
		Use:   "ci",
		Short: "Search the change that a CI job runs for",
		Long: `Search the change that a CI job runs for, in the current directory's repository,
and report where that CI looks.

On GitHub the event says which commits those are: a pull request's, a push's or a
merge group's; for any other event everything is searched. The report goes to the log,
as annotations too, to the job summary, and as SARIF to insplint.sarif in
$RUNNER_TEMP, which the output "sarif-file" names.

On GitLab the pipeline's variables say so. The report goes to the log and to
gl-secret-detection-report.json, an artifact of the kind secret_detection.

Where the commit that the change builds on is not there, as in a shallow clone,
everything that is there is searched; of a shallow clone that is not all, and the
status says so. --output writes other reports instead.

Exit status: 0 if nothing at or above --fail-on was found and everything was
read; 1 with findings; 2 for wrong usage, or if something could not be read.`,
		Example: `  insplint ci
  insplint ci --fail-on error
  insplint ci --output text=- --output sarif=insplint.sarif`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runCI(cmd.Context(), f) },
	}
	if called(cmd.Name()) {
		flags := cmd.Flags()
		flags.SortFlags = false
		f.add(flags)
	}
	return cmd
}

func (c *Command) runCI(ctx context.Context, f *reportFlags) error {
	var system *ci
	for _, s := range cis() {
		if c.Getenv(s.sign) == "true" {
			system = &s
			break
		}
	}
	if system == nil {
		return errors.New("ci: neither GITHUB_ACTIONS nor GITLAB_CI is \"true\"; \"insplint scan --range A..B\" searches a range anywhere")
	}
	change, err := system.read(c)
	if err != nil {
		return fmt.Errorf("ci: read the event of %s: %w", system.name, err)
	}
	if len(f.outputs) == 0 && f.format == "text" {
		f.outputs = system.outputs(c)
	}
	s, err := f.check()
	if err != nil {
		return err
	}
	if change.deleted {
		_, err := fmt.Fprintln(c.Stdout, "insplint: the event deletes a branch or tag; there is nothing to search")
		return err
	}
	if system.finish != nil {
		return system.finish(c, s, func() error { return c.run(ctx, s, c.changeJob(change)) })
	}
	return c.run(ctx, s, c.changeJob(change))
}

// changeJob searches a change, or everything where its commits cannot be told.
// Its settings are those of the commit that it builds on; where that is not
// here, none hold, since the change could have written them.
func (c *Command) changeJob(p push) job {
	ranges := p.ranges()
	j := job{scanner.Options{}, scanner.ScanProject, scanEverything}
	if len(ranges) == 0 {
		return j
	}
	scan := scanEverything
	j.project = func(o scanner.Options) (*scanner.Project, error) {
		var why error
		for _, commits := range ranges {
			project, err := scanner.RangeProject(commits, o)
			if err == nil {
				err = project.LostBase()
			}
			if err == nil {
				scan = commitsJob(commits, o).scan
				return project, nil
			}
			c.say("%v", err)
			why = err
		}
		c.say("the commits of the change cannot be told from others: searching everything that is here, without the settings of this tree")
		return scanner.LostProject(why, o)
	}
	// The project is read first, and chooses the scan.
	j.scan = func(ctx context.Context, o scanner.Options) (*scanner.Result, error) { return scan(ctx, o) }
	return j
}

func scanEverything(ctx context.Context, o scanner.Options) (*scanner.Result, error) {
	o.History = scanner.HistoryAlways
	return scanner.Scan(ctx, o)
}

// ranges lists the ways to name the commits of a change, the best first; none
// for everything.
func (p push) ranges() []scanner.Commits {
	var ranges []scanner.Commits
	refs := []scanner.NewRef{{Name: p.ref, ID: p.head}}
	if p.head != "" && p.base != "" {
		ranges = append(ranges, scanner.Commits{Revisions: []string{p.base + ".." + p.head}, Refs: refs})
	}
	if p.head != "" && p.against != "" {
		ranges = append(ranges, scanner.Commits{Revisions: []string{p.head, "^refs/remotes/origin/" + p.against}, Refs: refs})
	}
	return ranges
}

// A githubEvent is what of an event tells the commits; see "Webhook events and
// payloads" in GitHub's documentation.
type githubEvent struct {
	Before      string `json:"before"`
	After       string `json:"after"`
	Ref         string `json:"ref"`
	PullRequest *struct {
		Base struct {
			SHA string `json:"sha"`
			Ref string `json:"ref"`
		} `json:"base"`
		Head struct {
			SHA string `json:"sha"`
			Ref string `json:"ref"`
		} `json:"head"`
	} `json:"pull_request"`
	MergeGroup *struct {
		BaseSHA string `json:"base_sha"`
		HeadSHA string `json:"head_sha"`
	} `json:"merge_group"`
	Repository struct {
		DefaultBranch string `json:"default_branch"`
	} `json:"repository"`
}

// maxEvent bounds the event, of which GitHub's own limit is 25 MB.
const maxEvent = 32 << 20

func (c *Command) githubPush() (push, error) {
	path := c.Getenv("GITHUB_EVENT_PATH")
	if path == "" {
		return push{}, errors.New("GITHUB_EVENT_PATH is not set")
	}
	text, err := readUpTo(path, maxEvent)
	if err != nil {
		return push{}, err
	}
	var e githubEvent
	if err := json.Unmarshal(text, &e); err != nil {
		return push{}, fmt.Errorf("%q: %w", path, err)
	}
	var p push
	switch name := c.Getenv("GITHUB_EVENT_NAME"); {
	case e.PullRequest != nil && strings.HasPrefix(name, "pull_request"):
		p = push{base: e.PullRequest.Base.SHA, head: e.PullRequest.Head.SHA, against: e.PullRequest.Base.Ref, ref: "refs/heads/" + e.PullRequest.Head.Ref}
	case e.MergeGroup != nil && name == "merge_group":
		p = push{base: e.MergeGroup.BaseSHA, head: e.MergeGroup.HeadSHA}
	case name == "push":
		p = push{base: e.Before, head: e.After}
		if nullID.Get().MatchString(e.Before) {
			p.ref = e.Ref
		}
		if e.Ref != "refs/heads/"+e.Repository.DefaultBranch {
			p.against = e.Repository.DefaultBranch
		}
	}
	return p.checked()
}

// gitlabPush reads GitLab's predefined variables.
func (c *Command) gitlabPush() (push, error) {
	p := push{head: c.Getenv("CI_COMMIT_SHA")}
	switch c.Getenv("CI_PIPELINE_SOURCE") {
	case "merge_request_event":
		p.base = c.Getenv("CI_MERGE_REQUEST_DIFF_BASE_SHA")
		p.ref = fullRef("refs/heads/", c.Getenv("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"))
	case "push":
		if p.base = c.Getenv("CI_COMMIT_BEFORE_SHA"); p.base == "" || nullID.Get().MatchString(p.base) {
			p.ref = cmp.Or(fullRef("refs/tags/", c.Getenv("CI_COMMIT_TAG")), fullRef("refs/heads/", c.Getenv("CI_COMMIT_BRANCH")))
		}
	default:
		return push{}, nil
	}
	if branch := c.Getenv("CI_DEFAULT_BRANCH"); branch != c.Getenv("CI_COMMIT_BRANCH") {
		p.against = branch
	}
	return p.checked()
}

// fullRef is a ref by its name in a directory; empty if it has none.
func fullRef(dir, name string) string {
	if name == "" {
		return ""
	}
	return dir + name
}

var (
	nullID     = lazy.Regexp(`^0+$`)
	plainRef   = lazy.Regexp(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)
	errNoEvent = errors.New("it names no commits")
)

// checked tells null ids, which stand for what is not there, from commits, and
// lets nothing through that could be more than a name.
func (p push) checked() (push, error) {
	for _, id := range []string{p.base, p.head} {
		if id != "" && !isID(id) {
			return p, fmt.Errorf("%.70q is no commit's id", id)
		}
	}
	if p.head == "" && p.base != "" {
		return p, errNoEvent
	}
	if nullID.Get().MatchString(p.head) {
		p.deleted = true
	}
	if nullID.Get().MatchString(p.base) {
		p.base = ""
	}
	if !plainRef.Get().MatchString(p.against) || strings.Contains(p.against, "..") {
		p.against = ""
	}
	return p, nil
}

// githubOutputs lists where GitHub looks.
func (c *Command) githubOutputs() []string {
	outputs := []string{"text=-", "github=-"}
	if dir := c.Getenv("RUNNER_TEMP"); dir != "" {
		outputs = append(outputs, "sarif="+filepath.Join(dir, "insplint.sarif"))
	}
	return outputs
}

// githubFinish adds the job summary to what is written, and names the SARIF
// file among the step's outputs once it is there.
func (c *Command) githubFinish(s *settings, run func() error) error {
	if summary := c.Getenv("GITHUB_STEP_SUMMARY"); summary != "" {
		markdown, _ := report.Lookup("markdown")
		s.outputs = append(s.outputs, output{format: markdown, path: summary, add: true})
	}
	err := run()
	if err != nil && !errors.Is(err, errFindings) && !errors.Is(err, errIncomplete) {
		return err
	}
	outputs := c.Getenv("GITHUB_OUTPUT")
	for _, out := range s.outputs {
		if out.format.Name != "sarif" || out.path == "" || outputs == "" || strings.ContainsAny(out.path, "\r\n") {
			continue
		}
		if failed := appendFile(outputs, []byte("sarif-file="+out.path+"\n")); failed != nil {
			return fmt.Errorf("ci: name the SARIF file among the outputs: %w", failed)
		}
	}
	return err
}
