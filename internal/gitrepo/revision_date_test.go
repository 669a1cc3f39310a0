package gitrepo

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// dates are understood as git understands them.
var dates = []string{
	"1700000000", "@1700000000", "100000000", "4000000000",
	"2026-01-02", "2026/01/02", "2026.01.02", "2026-1-2", "Jan 2 2026", "2 Jan 2026", "january 2 2026", "1970-02-01", "2099-12-30", "2026-06-05", "2027-01-01",
	"2026-01-02 1:02", "2026-01-02 01:02", "2026-01-02 01:02:03", "2026-01-02 01:02:03.5", "2026-01-02T01:02:03", "2026-01-02T01:02", "2024-02-29", "  2026-01-02   01:02:03 ",
	"2026-01-02T01:02Z", "2026-01-02T01:02:03Z", "2026-01-02T01:02:03.000Z", "2026-01-02 01:02:03 UTC", "2026-01-02 01:02:03 GMT", "2026-01-02 01:02:03 +0530", "2026-01-02T01:02:03+05:30", "2026-07-02 01:02:03-0800", "2026-01-02 01:02:03 -08:00", "Jan 2 2026 10:00", "2 Jan 2026 10:00:01 +0100",
	"Thu, 07 Apr 2005 22:13:13 +0200", "Thu Apr 7 15:13:13 2005 -0700", "Thu Apr 7 15:13:13 2005", "Sun Jul 17 15:13:13 2005",
	"now", "yesterday", "Yesterday", "midnight", "noon",
	"2 weeks ago", "2.weeks.ago", "2 weeks", "2.weeks", "1 week ago", "2_weeks_ago", "2-weeks-ago", "2 WEEKS AGO", "2weeks ago", "-2.days", "10 minutes ago", "90 seconds ago", "5.hours", "0 days ago", "zero days ago", "one day ago", "ten days ago", "30 days ago",
	"1 month ago", "3 months ago", "8 months ago", "18 months ago", "1 year ago", "10 years ago", "1 year 6 months ago", "1.year,6.months.ago", "2 weeks 1 month ago", "1 month 2 weeks ago", "1 month 2 weeks 3 days 1 hour 1 second ago", "200 days ago",
	"last week", "last month", "last year", "last day", "last sunday", "last monday", "last tuesday", "last wednesday", "last thursday", "last friday", "last saturday", "last fri",
}

// notDates are what git takes for another date than was meant, for now, or for
// different dates in its different versions.
var notDates = []string{
	"", "today", "foo", "2w", "2 w ago", "2 mins ago", "eleven days ago", "ago", "days", "2 days 3", "a week ago", "an hour ago", "1.5 weeks ago", "1 2 days ago", "friday", "2 friday", "3 fortnights ago", "-", "@", "@5", "5", "99999999", "@-1700000000",
	"2026-02-31", "2026-13-01", "2026-01", "2026", "20260102", "01/02/2026", "02.01.2026", "1960-01-01", "2100-01-01", "2026-01-02 25:00", "2026-01-02 10:60", "2026-01-02Z", "60 years ago", "2147483647 years ago", "2147483647 weeks ago", "99999999999 seconds ago", "1 day ago; rm", "+2 days", "2 days hence", "Jan 2", "10:00",
	"2026-01-02T01:02:03 +05:30 x", "never", "2026-01-02 3pm",
}

// TestDatesAgainstGit asks git, at several times of several places, what it makes
// of dates.
func TestDatesAgainstGit(t *testing.T) {
	j := newJudge(t)
	j.git(j.top, "init", "-q")
	for _, zone := range []string{"UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"} {
		place, err := time.LoadLocation(zone)
		if err != nil {
			t.Skip(err)
		}
		t.Setenv("TZ", zone)
		// The last days of months, and hours before and after noon.
		for _, moment := range []int64{1_780_000_000, 1_774_960_000, 1_709_200_000, 1_785_495_600} {
			t.Setenv("GIT_TEST_DATE_NOW", fmt.Sprint(moment))
			args := []string{"rev-parse"}
			for _, date := range dates {
				args = append(args, "--since="+date)
			}
			said := strings.Fields(j.git(j.top, args...))
			for i, date := range dates {
				got, err := parseDate(date, time.Unix(moment, 0).In(place))
				if want := strings.TrimPrefix(said[i], "--max-age="); err != nil || fmt.Sprint(got.Unix()) != want {
					t.Errorf("%s, at %d: parseDate(%q) = %d (%v), %v; git says %s", zone, moment, date, got.Unix(), got, err, want)
				}
			}
		}
	}
	for _, date := range notDates {
		if got, err := parseDate(date, time.Unix(1_780_000_000, 0).UTC()); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("parseDate(%q) = %v, %v; want an error of one line", date, got, err)
		}
	}
}

// FuzzDate states that what is no error is a date that git too can have.
func FuzzDate(f *testing.F) {
	for _, date := range append(dates, notDates...) {
		f.Add(date)
	}
	f.Fuzz(func(t *testing.T, text string) {
		date, err := parseDate(text, time.Unix(1_780_000_000, 0).UTC())
		if err == nil && (date.Year() < 1970 || date.UTC().Year() > 2099) {
			t.Errorf("parseDate(%q) = %v, %v", text, date, err)
		}
	})
}
