package gitrepo

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inspecto/insplint/internal/lazy"
)

// A date as users of git write it, of the many forms that git takes only those
// that it documents and that it understands alike in every version. What git does
// not understand it takes for now, and "2w" for the second of May: here that is
// an error. `git rev-parse --since=DATE` says what git makes of a date.

// errDate says which dates are understood.
var errDate = errors.New(`not a date that is understood here; these are: "2026-01-31", "2026-01-31 18:30", "2026-01-31T18:30:00Z", "2 weeks ago", "2.weeks.ago", "last friday", "yesterday", "midnight", "noon", "now", and seconds since 1970, "@1700000000"`)

// parseDate reads a date; what it leaves open is as in now, the time of day too,
// and so is the time zone.
func parseDate(text string, now time.Time) (time.Time, error) {
	text = strings.Join(strings.Fields(text), " ")
	for _, form := range []func(string, time.Time) (time.Time, bool){unixDate, calendarDate, namedDate, agoDate} {
		if date, ok := form(text, now); ok {
			if date.Unix() < 0 || date.UTC().Year() > 2099 { // git knows no others
				return time.Time{}, fmt.Errorf("%.60q is not between the years 1970 and 2099", text)
			}
			return date, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.60q: %w", text, errDate)
}

// unixDate reads seconds since 1970: nine digits or more, as fewer may be part of
// another form.
func unixDate(text string, now time.Time) (time.Time, bool) {
	digits := strings.TrimPrefix(text, "@")
	seconds, err := strconv.ParseUint(digits, 10, 40)
	return time.Unix(int64(seconds), 0).In(now.Location()), err == nil && seconds >= 100_000_000
}

// Layouts of a date, a time and a zone, of which the later may be missing, and
// layouts of all at once.
var (
	dayLayouts   = []string{"2006-1-2", "2006/1/2", "2006.1.2", "Jan 2 2006", "2 Jan 2006", "January 2 2006", "2 January 2006"}
	timeLayouts  = []string{"15:04", "15:04:05"}
	zoneLayouts  = []string{"", "Z07:00", "Z0700", " Z07:00", " Z0700"}
	wholeLayouts = []string{"Mon, 2 Jan 2006 15:04:05 -0700", "Mon Jan 2 15:04:05 2006 -0700", "Mon Jan 2 15:04:05 2006"}
)

// calendarDate reads a day, perhaps with a time, and perhaps with a zone.
func calendarDate(text string, now time.Time) (time.Time, bool) {
	for _, zone := range []string{"UTC", "GMT"} {
		if rest, ok := strings.CutSuffix(text, " "+zone); ok {
			text = rest + "Z"
		}
	}
	for _, day := range dayLayouts {
		if date, err := time.ParseInLocation(day, text, now.Location()); err == nil {
			return inSeason(atTime(date, now.Hour(), now.Minute(), now.Second()), now), true
		}
		for _, clock := range timeLayouts {
			for _, zone := range zoneLayouts {
				for _, between := range []string{" ", "T"} {
					if date, err := time.ParseInLocation(day+between+clock+zone, text, now.Location()); err == nil {
						return date, true
					}
				}
			}
		}
	}
	for _, layout := range wholeLayouts {
		if date, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return date, true
		}
	}
	return time.Time{}, false
}

// atTime is a day at some time.
func atTime(day time.Time, hour, minute, second int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, 0, day.Location())
}

// inSeason is a time on the clock that hung there at another time, which may be an
// hour before or behind: so git counts where it takes the time of day from now.
func inSeason(t, clock time.Time) time.Time {
	switch {
	case t.IsDST() && !clock.IsDST():
		return t.Add(time.Hour)
	case clock.IsDST() && !t.IsDST():
		return t.Add(-time.Hour)
	}
	return t
}

// namedDate reads a word. "today" is none: it means now to old versions of git, and
// midnight to new ones.
func namedDate(text string, now time.Time) (time.Time, bool) {
	switch strings.ToLower(text) {
	case "now":
		return now, true
	case "yesterday":
		return goBack["day"](now, 1), true
	case "midnight":
		return atTime(now, 0, 0, 0), true
	case "noon":
		if now.Hour() < 12 {
			now = now.AddDate(0, 0, -1)
		}
		return atTime(now, 12, 0, 0), true
	}
	return time.Time{}, false
}

// goBack goes back by n of some unit of time, which is named in the singular.
var goBack = map[string]func(t time.Time, n int) time.Time{
	"second": func(t time.Time, n int) time.Time { return secondsBefore(t, n, 1) },
	"minute": func(t time.Time, n int) time.Time { return secondsBefore(t, n, 60) },
	"hour":   func(t time.Time, n int) time.Time { return secondsBefore(t, n, 60*60) },
	"day":    func(t time.Time, n int) time.Time { return secondsBefore(t, n, 24*60*60) },
	"week":   func(t time.Time, n int) time.Time { return secondsBefore(t, n, 7*24*60*60) },
	"month":  func(t time.Time, n int) time.Time { return inSeason(t.AddDate(0, -n, 0), t) },
	"year":   func(t time.Time, n int) time.Time { return inSeason(t.AddDate(-n, 0, 0), t) },
}

// secondsBefore is not Add, whose durations end after 292 years.
func secondsBefore(t time.Time, n int, unit int64) time.Time {
	return time.Unix(t.Unix()-int64(n)*unit, 0).In(t.Location())
}

// countWords are the numbers that may be written as words.
var countWords = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}

// dateWords are numbers and words, whatever stands between them.
var dateWords = lazy.Regexp(`[0-9]+|[a-z]+`)

// agoDate reads "2 weeks 1 day ago", with or without the last word, "last week"
// and "last friday".
func agoDate(text string, now time.Time) (time.Time, bool) {
	text = strings.ToLower(text)
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789 .,_-") != "" {
		return time.Time{}, false
	}
	words := dateWords.Get().FindAllString(text, -1)
	if len(words) > 2 && words[len(words)-1] == "ago" {
		words = words[:len(words)-1]
	}
	date := now
	for pair := range slices.Chunk(words, 2) {
		if len(pair) < 2 {
			return time.Time{}, false
		}
		back, unit := goBack[strings.TrimSuffix(pair[1], "s")]
		n, counted := dateCount(pair[0])
		switch days, weekday := sinceWeekday(date, pair[1]); {
		case unit && counted:
			date = back(date, n)
		case weekday && pair[0] == "last":
			date = goBack["day"](date, days)
		default:
			return time.Time{}, false
		}
	}
	return date, len(words) > 0
}

// dateCount is how many of a unit are meant.
func dateCount(word string) (n int, ok bool) {
	if word == "last" {
		return 1, true
	}
	if n = slices.Index(countWords, word); n >= 0 {
		return n, true
	}
	wide, err := strconv.ParseUint(word, 10, 31)
	return int(wide), err == nil
}

// sinceWeekday is how many days ago the last such day was, which today is not.
func sinceWeekday(now time.Time, name string) (days int, ok bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if full := strings.ToLower(day.String()); name == full || name == full[:3] {
			return int(now.Weekday()-day+6)%7 + 1, true
		}
	}
	return 0, false
}
