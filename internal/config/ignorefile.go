package config

import (
	"fmt"
	"strings"
)

// ParseIgnore reads the text of an .insplintignore. The name is for errors and
// reasons; an error begins with "NAME:LINE: ".
func (c *Config) ParseIgnore(name string, text []byte, place Place) error {
	if len(text) > MaxSize {
		return fmt.Errorf("%s: larger than %d bytes", name, MaxSize)
	}
	c.ignoreName, c.ignorePlace = name, place
	body := strings.TrimPrefix(string(text), "\ufeff")
	number := 0
	for line := range strings.SplitSeq(body, "\n") {
		number++
		line = strings.TrimRight(strings.TrimSuffix(line, "\r"), " ")
		if line == "" || line[0] == '#' {
			continue
		}
		if err := c.ignoreFile.add(line, number); err != nil {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
	}
	return nil
}
