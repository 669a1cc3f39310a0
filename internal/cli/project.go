package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/inspecto/insplint/internal/config"
	"github.com/inspecto/insplint/rules"
	"github.com/inspecto/insplint/scanner"
)

// A job is one scan: what it reads, and which project's settings hold for it.
type job struct {
	options scanner.Options
	project func(scanner.Options) (*scanner.Project, error)
	scan    func(context.Context, scanner.Options) (*scanner.Result, error)
}

// accepted is what a project says of the findings of a scan.
type accepted struct {
	config   *config.Config
	baseline *rules.Baseline // nil: none
}

// maxBaseline is how many bytes of a baseline are read.
const maxBaseline = 64 << 20

// settle reads a job's project, and tells the scan which files it names.
func (c *Command) settle(s *settings, j *job) (*accepted, error) {
	project, err := j.project(j.options)
	if err != nil {
		return nil, err
	}
	defer project.Close()
	tell := c.verbosely(s)
	if project.Base() != "" {
		tell("settings are read from commit %s", project.Base())
	}
	a := &accepted{}
	if a.config, err = c.readConfig(project, s.config); err != nil {
		return nil, err
	}
	if a.baseline, err = c.readBaseline(project, s, a.config.Baseline()); err != nil {
		return nil, err
	}
	if why := project.Away(); why != nil {
		c.say("%v: it is not used, and that of the working tree could switch off the change's own scan", why)
	}
	for _, name := range a.config.Files() {
		tell("%s holds", name)
	}
	if a.config.SkipUnreadableArchives() {
		j.options.SkipUnreadable = true
	}
	j.options.Own = scanner.OwnFiles{Env: a.config.EnvFile, Client: a.config.ClientFile, Enter: a.config.Enter}
	return a, nil
}

// readConfig reads the configuration that is named, or else the project's, and
// its list of ignored paths.
func (c *Command) readConfig(project *scanner.Project, named string) (*config.Config, error) {
	var file *scanner.ProjectFile
	var err error
	if named == "" {
		file, err = project.File(config.FileName, config.MaxSize+1)
	} else if file, err = project.Named(named, config.MaxSize+1); err == nil && file == nil {
		c.notInBase(project, named)
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	cfg := new(config.Config)
	if file != nil {
		if cfg, err = config.Parse(file.Name, file.Data, file.Place); err != nil {
			return nil, err
		}
	}
	file, err = project.File(config.IgnoreName, config.MaxSize+1)
	if err != nil {
		return nil, fmt.Errorf("ignored paths: %w", err)
	}
	if file == nil {
		return cfg, nil
	}
	return cfg, cfg.ParseIgnore(file.Name, file.Data, file.Place)
}

// notInBase says that a file is not used, which the scan would otherwise pass
// over in silence.
func (c *Command) notInBase(project *scanner.Project, name string) {
	if project.LostBase() != nil {
		c.say("%q is not used, since the base commit, from which it would be read, is not here: a change cannot switch off its own scan", name)
		return
	}
	c.say("%q is not in the base commit %s: it is not used, so that a change cannot switch off its own scan", name, project.Base())
}

// readBaseline reads the baseline that is named, or else the one that the
// configuration names, from where the project has it.
func (c *Command) readBaseline(project *scanner.Project, s *settings, configured string) (*rules.Baseline, error) {
	find := func(path string) (*scanner.ProjectFile, error) { return project.Named(path, maxBaseline) }
	name := s.baseline
	if name == "" {
		name = configured
		find = func(path string) (*scanner.ProjectFile, error) {
			file, err := project.File(path, maxBaseline)
			if file == nil && err == nil && project.Base() == "" && project.LostBase() == nil && s.writeBaseline == "" {
				err = fmt.Errorf("%s names %q: %w", config.FileName, path, fs.ErrNotExist)
			}
			return file, err
		}
	}
	return c.loadBaseline(name, func(path string) ([]byte, error) {
		file, err := find(path)
		if file == nil {
			if err == nil && (project.Base() != "" || project.LostBase() != nil) {
				c.notInBase(project, path)
			}
			return nil, err
		}
		return file.Data, nil
	})
}

// loadBaseline reads a baseline; nil if none is named, or if read gives nil.
func (c *Command) loadBaseline(path string, read func(string) ([]byte, error)) (*rules.Baseline, error) {
	if path == "" {
		return nil, nil
	}
	data, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read baseline: %w; \"--write-baseline %s\" makes one", err, path)
	case err != nil:
		return nil, fmt.Errorf("read baseline: %w", err)
	case data == nil:
		return nil, nil
	}
	b, err := rules.DecodeBaseline(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read baseline %q: %w", path, err)
	}
	return b, nil
}

// judge marks what the project accepts. A baseline accepts what nothing else
// does.
func (a *accepted) judge(findings []rules.Finding) []rules.Finding {
	return rules.Suppress(a.config.Apply(findings), a.baseline)
}
