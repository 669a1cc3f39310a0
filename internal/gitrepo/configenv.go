package gitrepo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxEnvironmentPairs bounds GIT_CONFIG_COUNT, which needs no variables behind
// it to be a large number.
const maxEnvironmentPairs = 10000

// environment takes what variables set: GIT_CONFIG_COUNT with its keys and
// values, and GIT_CONFIG_PARAMETERS, which is how `git -c` reaches a hook.
func (l *configLoader) environment() {
	if err := l.countedPairs(); err != nil {
		l.report(fmt.Errorf("config from the environment: %w", err))
	}
	if err := l.parameters(l.env.getenv("GIT_CONFIG_PARAMETERS")); err != nil {
		l.report(fmt.Errorf("config from the environment: %w", err))
	}
}

func (l *configLoader) countedPairs() error {
	text := l.env.getenv("GIT_CONFIG_COUNT")
	if text == "" {
		return nil
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 0 || count > maxEnvironmentPairs {
		return fmt.Errorf("GIT_CONFIG_COUNT is no number of pairs from 0 to %d", maxEnvironmentPairs)
	}
	for i := range count {
		key := l.env.getenv("GIT_CONFIG_KEY_" + strconv.Itoa(i))
		if err := l.pair(key, l.env.getenv("GIT_CONFIG_VALUE_"+strconv.Itoa(i)), false); err != nil {
			return fmt.Errorf("GIT_CONFIG_KEY_%d: %w", i, err)
		}
	}
	return nil
}

func (l *configLoader) pair(key, value string, bare bool) error {
	if first := strings.IndexByte(key, '.'); first <= 0 || strings.HasSuffix(key, ".") {
		return errors.New("not a config key")
	}
	l.take(configEntry{key: canonicalKey(key), value: value, bare: bare}, 0)
	return nil
}

// parameters reads 'KEY'='VALUE' ... and the older 'KEY=VALUE' ..., each
// quoted for a shell.
func (l *configLoader) parameters(list string) error {
	for list = strings.TrimLeft(list, asciiSpace); list != ""; list = strings.TrimLeft(list, asciiSpace) {
		key, rest, ok := unquoteShell(list)
		if !ok {
			return errors.New("GIT_CONFIG_PARAMETERS is not quoted as git quotes it")
		}
		value, bare := "", false
		if after, separate := strings.CutPrefix(rest, "="); separate {
			bare = after == "" || isSpace(after[0])
			if !bare {
				if value, after, ok = unquoteShell(after); !ok {
					return errors.New("GIT_CONFIG_PARAMETERS is not quoted as git quotes it")
				}
			}
			rest = after
		} else {
			var given bool
			key, value, given = strings.Cut(key, "=")
			bare = !given
		}
		if err := l.pair(key, value, bare); err != nil {
			return fmt.Errorf("GIT_CONFIG_PARAMETERS: %w", err)
		}
		list = rest
	}
	return nil
}

// unquoteShell reads a word in single quotes. Git ends the quotes before a quote
// or an exclamation mark, writes that with a backslash, and begins them again.
func unquoteShell(s string) (word, rest string, ok bool) {
	if !strings.HasPrefix(s, "'") {
		return "", s, false
	}
	var out strings.Builder
	for s = s[1:]; ; {
		end := strings.IndexByte(s, '\'')
		if end < 0 {
			return "", s, false
		}
		out.WriteString(s[:end])
		s = s[end+1:]
		if len(s) < 3 || s[0] != '\\' || s[1] != '\'' && s[1] != '!' || s[2] != '\'' {
			return out.String(), s, true
		}
		out.WriteByte(s[1])
		s = s[3:]
	}
}
