package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/inspecto/insplint/internal/key"
)

// TestRules gives each rule places that it fits and places that it does not.
// fits are texts that message and fix together must hold; none means that the
// rule must stay quiet.
func TestRules(t *testing.T) {
	removed := Past{
		Object: strings.Repeat("e", 40), Kind: "blob", Reachable: true, Refs: []string{"refs/heads/main", "refs/tags/v1"},
		Introduced: commit("a", 40), Removed: commit("b", 30),
	}
	with := func(change func(*Past)) func(*Occurrence) {
		p := removed
		change(&p)
		return past(p)
	}
	both := []key.Environment{key.Production, key.Sandbox}
	tests := []struct {
		rule, name string
		o          Occurrence
		fits       []string
	}{
		{"INSP001", "ignored bundle", at(".next/static/a.js", Ignored, client("Next.js client bundle")),
			[]string{"production key in client code (Next.js client bundle)", "build again", "rotate"}},
		{"INSP001", "source", at("app/page.tsx", Tracked, client("a \"use client\" module")),
			[]string{`(a "use client" module)`, "take the key out of this file", "server route"}},
		{"INSP001", "with a source map", at("dist/a.js", Ignored, client("Vite build output"), func(o *Occurrence) {
			o.Origin, o.Route = &Origin{"src/a.ts", 7}, "api/inspecto.js, which reads process.env.INSPECTO_API_KEY"
		}), []string{"(Vite build output, built from src/a.ts:7)", "out of what src/a.ts:7 uses, call Inspecto from api/inspecto.js, which", "build again"}},
		{"INSP001", "public variable", at("src/a.ts", Ignored, client("Vite app source"), func(o *Occurrence) {
			o.Source, o.Variable, o.Prefix = true, "VITE_KEY", PublicPrefix{"VITE_", "Vite"}
		}), []string{"rename VITE_KEY to KEY, which no bundler inlines, call Inspecto"}},
		{"INSP001", "ignored source", at("src/a.ts", Ignored, client("Vite app source"), func(o *Occurrence) { o.Source, o.Variable = true, "key" }),
			[]string{"delete key from this file, call Inspecto"}},
		{"INSP001", "shipped env file", at("dist/.env", Ignored, env, client("file of the build")), []string{"take this env file out of what is shipped"}},
		{"INSP001", "hostile source", at("dist/a.js", Ignored, client("x"), func(o *Occurrence) { o.Origin = &Origin{"a\n::error::", 1} }), []string{`a\n`}},
		{"INSP001", "history", at("dist/a.js", History, client("Vite build output")), nil},
		{"INSP001", "standard input", at("", Stdin, client("Vite build output")), nil},
		{"INSP001", "server", at("server.js", Tracked), nil},

		{"INSP002", "env file", at("api/.env", Tracked, env),
			[]string{"production key in the env file, which git tracks", "`git rm --cached -- api/.env`", "the line `/api/.env` to .gitignore"}},
		{"INSP002", "env file of a repository below", at("a b/n/sub/.env", Tracked, env, home("sub/.env")),
			[]string{"`git -C 'a b/n' rm --cached -- sub/.env`", "the line `/sub/.env` to \"a b/n/.gitignore\""}},
		{"INSP002", "env file that is included again", at("sub/.env", Tracked, env, included("sub/.gitignore", "!.env")),
			[]string{"`git rm --cached -- sub/.env`, add the line `/.env` at the end of sub/.gitignore, since `!.env` (sub/.gitignore:3) brings the file back"}},
		{"INSP002", "taken out of the index, ignored", at("n/.env", Tracked, env, home(".env"), unstaged, func(o *Occurrence) { o.Pattern = Pattern{".env", ".gitignore", 2, false} }),
			[]string{"out of the index, but not of the last commit", "commit that (`git -C n commit`): the pattern `.env` (n/.gitignore:2) holds"}},
		{"INSP002", "taken out of the index", at("k.py", Tracked, unstaged), []string{"add the line `/k.py` to .gitignore", "takes the file back, and commit both (`git commit`)"}},
		{"INSP002", "source", at("main.go", Tracked), []string{"in a file, which git tracks", "INSPECTO_API_KEY", "if a commit with it was ever pushed"}},
		{"INSP002", "with its past", at("main.go", Tracked, past(removed)),
			[]string{"in history since commit aaaaaaaaaa (2026-06-22)", "commit, then rotate the key in the admin panel or with the rotation endpoint"}},
		{"INSP002", "template", at(".env.example", Tracked, env), []string{"the env file template", "insp_your_api_key_here"}},
		{"INSP002", "archive", at("backup.zip", Tracked, env, member("srv/.env")),
			[]string{"an env file inside the archive", "pack backup.zip again without the key in srv/.env"}},
		{"INSP002", "ignored", at(".env", Ignored, env), nil},
		{"INSP002", "untracked", at("main.go", Untracked), nil},

		{"INSP003", "env file", at("web app/.env.local", Untracked, env),
			[]string{"the env file, which git neither tracks nor ignores", "`git add .`", "the line `/web app/.env.local` to .gitignore"}},
		{"INSP003", "included again", at("sub/.env", Untracked, env, included(".gitignore", "!*.env")),
			[]string{"the line `/sub/.env` at the end of .gitignore at the top of the repository, since `!*.env` (.gitignore:3)"}},
		{"INSP003", "included again, from below", at(".env", Untracked, env, home("sub/.env"), included("sub/.gitignore", "!.env")),
			[]string{"the line `/.env` at the end of sub/.gitignore, told from the top of the repository, since"}},
		{"INSP003", "included by a rule outside", at("sub/.env", Untracked, env, included("/x/exclude", "!.env"), func(o *Occurrence) { o.Included.Outside = true }),
			[]string{"the line `/sub/.env` to .gitignore at the top"}},
		{"INSP003", "template", at("example.env", Untracked, env), []string{"template", "insp_your_api_key_here"}},
		{"INSP003", "no env file", at("main.go", Untracked), nil},
		{"INSP003", "ignored", at(".env", Ignored, env), nil},
		{"INSP003", "outside", at(".env", Outside, env), nil},

		{"INSP004", "removed", at("old/.env", History, env, past(removed)), []string{
			"in history, in old/.env, brought in by commit aaaaaaaaaa (2026-06-22), taken out by commit bbbbbbbbbb (2026-07-02)",
			"still reachable by refs/heads/main and 1 more", "--replace-text", "rotate",
		}},
		{"INSP004", "on a side branch", at("x", History, with(func(p *Past) { p.Removed, p.Refs = nil, p.Refs[:1] })),
			[]string{"taken out by no commit", "still reachable by refs/heads/main"}},
		{"INSP004", "unreachable", at("x", History, with(func(p *Past) { p.Reachable, p.Refs = false, nil })),
			[]string{"reachable by no ref and no reflog", "ever pushed; `git gc --prune=now` drops"}},
		{"INSP004", "in a reflog", at("x", History, with(func(p *Past) { p.Reachable, p.Refs = false, []string{"a;b@{2}", "HEAD@{3}", "HEAD@{1}", "ORIG_HEAD"} })),
			[]string{"by no ref, but by the reflog entry a;b@{2} and 3 more", "`git reflog expire --expire-unreachable=now 'a;b' HEAD` and then `git gc --prune=now`"}},
		{"INSP004", "in an older stash", at("x", History, with(func(p *Past) { p.Reachable, p.Refs = false, []string{"stash@{2}"} })),
			[]string{"by no ref, but by the stash entry stash@{2}", "`git stash drop 'stash@{2}'` and then `git gc --prune=now`"}},
		{"INSP004", "in the newest stash", at("x", History, with(func(p *Past) { p.Refs = []string{"refs/stash"} })),
			[]string{"still reachable by refs/stash", "`git stash drop 'stash@{0}'` and then `git gc --prune=now`"}},
		{"INSP004", "in two stashes", at("x", History, with(func(p *Past) { p.Refs = []string{"refs/stash", "stash@{2}"} })),
			[]string{"still reachable by refs/stash and 1 more", "; `git stash drop 'stash@{2}'` and then `git stash drop 'stash@{0}'` and then"}},
		{"INSP004", "in a stash without a log", at("x", History, with(func(p *Past) { p.Refs, p.StashLost = []string{"refs/stash"}, true })),
			[]string{"`git update-ref -d refs/stash` and then"}},
		{"INSP004", "in another worktree's HEAD", at("x", History, with(func(p *Past) { p.Refs = []string{"worktrees/w/HEAD", "worktrees/w/refs/worktree/x"} })),
			[]string{"still reachable by worktrees/w/HEAD and 1 more", "check out another commit in the worktree w and then `git reflog expire --expire-unreachable=now worktrees/w/HEAD`", "`git update-ref -d refs/worktree/x` in the worktree w and then"}},
		{"INSP004", "replaced", at("x", History, with(func(p *Past) { p.Refs = []string{"refs/replace/eeee"} })), []string{"`git replace -d eeee` and then"}},
		{"INSP004", "in another worktree's index", at("x", History, past(Past{Object: "12345678901234567890", Kind: "blob", Refs: []string{"main-worktree/index"}})),
			[]string{"but by the index of the main worktree", "take the file out of the index in the main worktree (`git rm --cached` there) and then"}},
		{"INSP004", "kept", at("x", History, with(func(p *Past) { p.Reachable, p.Refs, p.Keep = false, nil, ".git/objects/pack/a.keep" })),
			[]string{"no ref and no reflog, but in a pack that git keeps because of .git/objects/pack/a.keep", "delete .git/objects/pack/a.keep, if nothing needs it and then"}},
		{"INSP004", "borrowed", at("x", History, with(func(p *Past) { p.Reachable, p.Refs, p.Borrowed = false, nil, "/other/objects" })),
			[]string{"no ref and no reflog here, but in the object database that this repository borrows from, /other/objects", "which `git gc` here leaves alone"}},
		{"INSP004", "of many refs", at("x", History, with(func(p *Past) { p.RefCount = 32 })), []string{"still reachable by refs/heads/main and 31 more"}},
		{"INSP004", "on another branch still", at("x", History, with(func(p *Past) { p.Branches, p.BranchCount = []string{"refs/heads/old"}, 3 })),
			[]string{"taken out by commit bbbbbbbbbb (2026-07-02), still in the tree of refs/heads/old and 2 more"}},
		{"INSP004", "after a reset", at("x", History, with(func(p *Past) { p.Reachable, p.Refs = false, []string{"ORIG_HEAD"} })),
			[]string{"by no ref, but by ORIG_HEAD", "ever pushed; `git gc --prune=now` drops"}},
		{"INSP004", "a ref's name", at("", History, with(func(p *Past) { p.Of, p.Kind = "ref", "commit" })),
			[]string{"in the name of a ref to eeeeeeeeee, ", "still reachable by refs/heads/main", "rename or delete the ref"}},
		{"INSP004", "a reflog's message", at("", History, with(func(p *Past) { p.Of, p.Kind, p.Reachable, p.Refs = "reflog", "commit", false, []string{"main@{1}"} })),
			[]string{"in the log of a ref, where it names eeeeeeeeee", "in the reflog entry main@{1}", "`git reflog delete --rewrite 'main@{1}'`"}},
		{"INSP004", "an author", at("", History, with(func(p *Past) { p.Kind, p.Of = "commit", "person" })),
			[]string{"in the author or the committer of commit eeeeeeeeee", "`git filter-repo --name-callback CODE --email-callback CODE`"}},
		{"INSP004", "a tagger", at("", History, with(func(p *Past) { p.Kind, p.Of = "tag", "person" })), []string{"in the tagger of tag object eeeeeeeeee", "--email-callback"}},
		{"INSP004", "a submodule's message", at("", History, with(func(p *Past) { p.Kind, p.Within = "commit", "vendor/lib" })),
			[]string{"of commit eeeeeeeeee of the repository vendor/lib"}},
		{"INSP004", "dangling", at("", History, past(Past{Object: "12345678901234567890", Kind: "blob"})),
			[]string{"in object 1234567890, for which no path is known", "reachable by no ref"}},
		{"INSP004", "commit message", at("", History, with(func(p *Past) { p.Kind = "commit" })),
			[]string{"the message of commit eeeeeeeeee", "--replace-message"}},
		{"INSP004", "tag", at("", History, with(func(p *Past) { p.Kind = "tag" })), []string{"tag object eeeeeeeeee", "--replace-message"}},
		{"INSP004", "bytes of a tree", at("x", History, with(func(p *Past) { p.Kind, p.Malformed = "tree", true })), []string{"the bytes of the malformed tree eeeeeeeeee", "drop the commits and tags that lead to it"}},
		{"INSP004", "file name", at("x", History, with(func(p *Past) { p.Kind = "tree" })), []string{"a file name in tree eeeeeeeeee", "--path-rename"}},
		{"INSP004", "nothing known", at("x", History), []string{"in history, in x", "--replace-text"}},
		{"INSP004", "archive", at("b.zip", History, member("m"), past(removed)), []string{"in b.zip (member m)"}},
		{"INSP004", "tracked, with a past", at("x", Tracked, past(removed)), nil},

		{"INSP005", "untracked", at("notes.txt", Untracked), []string{"that git does not ignore", "the line `/notes.txt` to .gitignore"}},
		{"INSP005", "outside", at("it's.txt", Outside), []string{"outside any repository", `chmod 600 -- 'it'\''s.txt'`}},
		{"INSP005", "env file outside", at(".env", Outside, env), []string{"the env file, outside any repository"}},
		{"INSP005", "standard input", at("", Stdin), []string{"on standard input", "if others can read that"}},
		{"INSP005", "ignored", at("notes.txt", Ignored), nil},
		{"INSP005", "untracked env file", at(".env", Untracked, env), nil},

		{"INSP101", "ignored env file", at(".env", Ignored, env, variable("VITE_INSPECTO_KEY", "VITE_", "Vite")), []string{
			"VITE_INSPECTO_KEY holds a production key in the env file, and Vite inlines every VITE_ variable into client code",
			"rename VITE_INSPECTO_KEY to INSPECTO_KEY",
		}},
		{"INSP101", "nothing is left of the name", at(".env", Tracked, env, variable("VITE_", "VITE_", "Vite")), []string{"such as INSPECTO_API_KEY"}},
		{"INSP101", "no name is left", at(".env", Tracked, env, variable("VITE_2", "VITE_", "Vite")), []string{"such as INSPECTO_API_KEY"}},
		{"INSP101", "public without a prefix", at(".env", Ignored, env, variable("KEY", "", "react-native-config")),
			[]string{"KEY holds a production key", "react-native-config inlines it into client code", "not public"}},
		{"INSP101", "unknown name", at(".env", Ignored, env, variable("", "VITE_", "Vite")), []string{"a variable holds", "every VITE_ variable"}},
		{"INSP101", "private", at(".env", Ignored, env, func(o *Occurrence) { o.Variable = "INSPECTO_KEY" }), nil},
		{"INSP101", "history", at(".env", History, env, variable("VITE_K", "VITE_", "Vite")), nil},

		{"INSP102", "sandbox host", at(".env", Ignored, env, hostSet(key.Sandbox)), []string{
			"production key beside the sandbox host sandbox.inspecto.com in the env file",
			"put a sandbox key here, or call the production host api.inspecto.com",
		}},
		{"INSP102", "own host", at(".env", Ignored, env, hostSet(key.Production)), nil},
		{"INSP102", "both hosts", at(".env", Ignored, env, hostSet(both...)), nil},
		{"INSP102", "no host", at(".env", Ignored, env), nil},
		{"INSP102", "its own variable names the other host", at(".env", Ignored, env, hostSet(both...), func(o *Occurrence) {
			o.Variable, o.Pair = "INSPECTO_KEY", HostVariable{"INSPECTO_URL", EnvironmentSet(0).With(key.Sandbox)}
		}), []string{
			"INSPECTO_KEY holds a production key in the env file, but INSPECTO_URL beside it names the sandbox host sandbox.inspecto.com",
			"put a sandbox key into INSPECTO_KEY, or set INSPECTO_URL to the production address https://api.inspecto.com/api/third-party/v1",
		}},
		{"INSP102", "its own variable names its host", at(".env", Ignored, env, hostSet(key.Sandbox), func(o *Occurrence) {
			o.Variable, o.Pair = "INSPECTO_KEY", HostVariable{"INSPECTO_URL", EnvironmentSet(0).With(key.Production)}
		}), nil},

		{"INSP105", "image", at("api/.env", Ignored, env, ships(copied)), []string{
			`the env file, which git ignores, but ` + "`docker build`" + ` puts it into the image: "COPY . ." in api/Dockerfile, line 7`,
			"create api/.dockerignore with the line `.env`", "rotate",
		}},
		{"INSP105", "package and image", at("api/.env", Ignored, env, ships(copied, Shipment{
			By: "npm publish", Into: "the package", Reason: `what "files" names in %s holds it`, File: "package.json", Ignore: "package.json", List: "files", Line: `"!.env"`, Exists: true,
		})), []string{`, and ` + "`npm publish`" + ` puts it into the package: what "files" names in package.json holds it`, "add `\"!.env\"` to \"files\" in package.json"}},
		{"INSP105", "a list that is there", at(".env", Ignored, env, ships(Shipment{Reason: "%s does not name it", File: ".npmignore", Ignore: ".npmignore", Line: "/.env", Exists: true})),
			[]string{"add the line `/.env` at the end of .npmignore"}},
		{"INSP105", "named by itself", at(".env", Ignored, env, ships(Shipment{Reason: "%s", File: "a", Ignore: "package.json", Line: `".env"`, List: "files", Drop: true})),
			[]string{"take `\".env\"` out of \"files\" in package.json"}},
		{"INSP105", "taken in by a line", at(".env", Ignored, env, ships(Shipment{Reason: "%s takes it in", File: ".vscodeignore", Ignore: ".vscodeignore", Line: "!.env", Exists: true, Drop: true})),
			[]string{".vscodeignore takes it in", "take the line `!.env` out of .vscodeignore"}},
		{"INSP105", "named with others", at("out/.env", Ignored, env, ships(Shipment{Reason: "%s", File: "a", Ignore: "package.json", Line: `"out"`, List: "files", Exists: true, Narrow: true})),
			[]string{"narrow `\"out\"` in \"files\" in package.json so that it leaves the env file out"}},
		{"INSP105", "tracked", at(".env", Tracked, env, ships(copied)), nil},
		{"INSP105", "client code", at("dist/a.js", Ignored, client("Vite build output"), ships(copied)), nil},
		{"INSP105", "nobody ships it", at(".env", Ignored, env), nil},

		{"INSP106", "query", at("a.sh", Tracked, func(o *Occurrence) { o.URL = URLPlace{URLQuery, "api_key", "curl"} }), []string{
			"production key in the query of a URL in a file", "take the parameter api_key out of the URL",
			"add `-H \"Authorization: Bearer $INSPECTO_API_KEY\"` to the curl command", "if it was ever requested, rotate",
		}},
		{"INSP106", "user-info", at("a.py", Tracked, func(o *Occurrence) { o.URL = URLPlace{Part: URLUserInfo} }), []string{
			"before the host of a URL", "take the key and its `@` out of the URL and send the header `Authorization: Bearer`",
		}},
		{"INSP106", "path", at("a.py", Tracked, func(o *Occurrence) { o.URL = URLPlace{Part: URLPath} }), []string{"in the path of a URL"}},
		{"INSP106", "history", at("a.py", History, func(o *Occurrence) { o.URL = URLPlace{Part: URLPath} }), nil},
		{"INSP106", "none", at("a.py", Tracked), nil},

		{"INSP107", "no scheme", at("a.py", Tracked, sent("", false)), []string{"sent in an Authorization header without a scheme: Inspecto answers that with 401", "write `Bearer` and one space right before the key"}},
		{"INSP107", "another scheme", at("a.py", Tracked, sent("Token", false)), []string{"with the scheme Token", "write `Bearer` in place of Token"}},
		{"INSP107", "Basic", at("a.sh", Tracked, sent("Basic", false)), []string{"as Basic credentials", "instead of a user name and password"}},
		{"INSP107", "no space", at("a.sh", Tracked, sent("Bearer", true)), []string{"after Bearer without the one space"}},
		{"INSP107", "a colon", at("a.sh", Tracked, sent("Bearer:", false)), []string{"write `Bearer` and one space in place of Bearer:"}},
		{"INSP107", "right", at("a.sh", Tracked, sent("bearer", false)), nil},
		{"INSP107", "no header", at("a.sh", Tracked), nil},
		{"INSP107", "history", at("a.sh", History, sent("", false)), nil},
		{"INSP102", "history", at(".env", History, env, hostSet(key.Sandbox)), nil},
	}
	for _, test := range tests {
		t.Run(test.rule+" "+test.name, func(t *testing.T) {
			expect(t, findingsOf(testKey(key.Production, test.o), test.rule), test.fits)
		})
	}
}

func ships(all ...Shipment) func(*Occurrence) { return func(o *Occurrence) { o.Shipped = all } }

func sent(scheme string, joined bool) func(*Occurrence) {
	return func(o *Occurrence) { o.Header = AuthHeader{true, "", scheme, joined} }
}

// findingsOf are the findings of one rule.
func findingsOf(k *Key, rule string) []Finding {
	var of []Finding
	for _, f := range Check([]*Key{k}, now) {
		if f.Rule.ID == rule {
			of = append(of, f)
		}
	}
	return of
}

func expect(t *testing.T, findings []Finding, fits []string) {
	t.Helper()
	if fits == nil {
		if len(findings) != 0 {
			t.Errorf("should stay quiet, says %q", findings[0].Message)
		}
		return
	}
	if len(findings) != 1 {
		t.Fatalf("%d findings, want 1", len(findings))
	}
	text := findings[0].Message + "\n" + findings[0].Fix
	for _, want := range fits {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestMismatchOfASandboxKey(t *testing.T) {
	k := testKey(key.Sandbox, at("c.yml", Tracked, hostSet(key.Production)))
	expect(t, findingsOf(k, "INSP102"), []string{
		"sandbox key beside the production host api.inspecto.com", "put a production key here, or call the sandbox host sandbox.inspecto.com",
	})
}

func TestWhatAKeyIsCalled(t *testing.T) {
	tests := []struct {
		status     Status
		confidence key.Confidence
		want       string
	}{
		{"", key.High, "sandbox key in"},
		{Active, key.High, "live sandbox key in"},
		{Inactive, key.Medium, "inactive sandbox key in"},
		{Unknown, key.High, "sandbox key in"},
		{Active, key.Low, "possible live sandbox key in"},
	}
	for _, test := range tests {
		k := testKey(key.Sandbox, at("x", Tracked))
		confidence(k, test.confidence)
		if test.status != "" {
			k.Verification = &Verification{Status: test.status}
		}
		if got := Check([]*Key{k}, now)[0].Message; !strings.HasPrefix(got, test.want) {
			t.Errorf("%s, %s: %q, want %q…", test.status, test.confidence, got, test.want)
		}
	}
}

func TestStaleKey(t *testing.T) {
	limit := 90 * 24 * time.Hour
	tests := []struct {
		name  string
		first time.Time
		o     Occurrence
		fits  []string
	}{
		{"old", now.Add(-123 * 24 * time.Hour), at("x", Tracked), []string{"first seen in history 123 days ago (2026-03-31)", "every 90 days", "rotate"}},
		{"old, in an ignored env file", now.Add(-200 * 24 * time.Hour), at(".env", Ignored, env), []string{"200 days", "the env file"}},
		{"a second past the limit", now.Add(-limit - time.Second), at("x", Tracked), []string{"90 days ago"}},
		{"at the limit", now.Add(-limit), at("x", Tracked), nil},
		{"young", now.Add(-time.Hour), at("x", Tracked), nil},
		{"a clock that was wrong", now.Add(time.Hour), at("x", Tracked), nil},
		{"unknown", time.Time{}, at("x", Tracked), nil},
		{"old, only in history", now.Add(-2 * limit), at("x", History), nil},
		{"old, on standard input", now.Add(-2 * limit), at("", Stdin), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k := testKey(key.Production, test.o)
			k.FirstSeen = test.first
			expect(t, findingsOf(k, "INSP103"), test.fits)
		})
	}
}

func TestMaxAge(t *testing.T) {
	k := testKey(key.Production, at("x", Tracked))
	k.FirstSeen = now.Add(-40 * time.Hour)
	for _, test := range []struct {
		text string
		want int
	}{{"1", 1}, {"2d", 0}, {"36h", 1}, {"41h", 0}} {
		limit, err := ParseMaxAge(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
		}
		stale := 0
		for _, f := range Check([]*Key{k}, now, MaxAge(limit)) {
			if f.Rule.ID == "INSP103" {
				stale++
			}
		}
		if stale != test.want {
			t.Errorf("%s: %d findings, want %d", test.text, stale, test.want)
		}
	}
	for _, text := range []string{"", "0", "-1", "d", "1w", "1.5d", "90 d", "36501", "999999999999d", "4000000000h", "+1"} {
		if limit, err := ParseMaxAge(text); err == nil {
			t.Errorf("%q is taken for %v", text, limit)
		}
	}
}

func TestServicesAsTheScannerTellsThem(t *testing.T) {
	in := func(service string) func(*Occurrence) { return func(o *Occurrence) { o.Service = service } }
	one := testKey(key.Production, at("api/.env", Ignored, env, in("api")), at("api/config/.env", Ignored, env, in("api")))
	if got := findingsOf(one, "INSP104"); len(got) != 0 {
		t.Errorf("one service: %q", got[0].Message)
	}
	two := testKey(key.Production, at("env/api.env", Ignored, env, in("api")), at("env/web.env", Ignored, env, in("web")))
	if got := findingsOf(two, "INSP104"); len(got) != 2 || !strings.Contains(got[0].Fix, "create a key for api alone") {
		t.Errorf("two services: %v", got)
	}
}

func TestSharedKey(t *testing.T) {
	tests := []struct {
		name   string
		places []Occurrence
		want   int
	}{
		{"two services", []Occurrence{at("a/.env", Ignored, env), at("b/.env", Ignored, env)}, 2},
		{"a service and the top", []Occurrence{at(".env", Ignored, env), at("b/.env", Tracked, env)}, 2},
		{"three services, one with two files", []Occurrence{at("a/.env", Ignored, env), at("a/.env.local", Ignored, env), at("b/.env", Ignored, env), at("c/.env", Ignored, env)}, 4},
		{"one service, two files", []Occurrence{at("a/.env", Ignored, env), at("a/.env.local", Ignored, env)}, 0},
		{"one file, two places", []Occurrence{at("a/.env", Ignored, env), at("a/.env", Ignored, env)}, 0},
		{"the other is no env file", []Occurrence{at("a/.env", Ignored, env), at("b/main.go", Tracked)}, 0},
		{"the other is history", []Occurrence{at("a/.env", Ignored, env), at("b/.env", History, env)}, 0},
		{"the other is in a backup", []Occurrence{at("a/.env", Ignored, env), at("b/backup.zip", Ignored, env, member("a/.env"))}, 0},
	}
	for _, test := range tests {
		if got := findingsOf(testKey(key.Production, test.places...), "INSP104"); len(got) != test.want {
			t.Errorf("%s: %d findings, want %d", test.name, len(got), test.want)
		}
	}
	got := findingsOf(testKey(key.Production, tests[2].places...), "INSP104")
	if want := "in the env file of a is also in the env files of b and 1 more"; !strings.Contains(got[0].Message, want) {
		t.Errorf("%q lacks %q", got[0].Message, want)
	}
	got = findingsOf(testKey(key.Production, tests[1].places...), "INSP104")
	if want := "in the env file of b is also in the env files of the top directory"; !strings.Contains(got[1].Message, want) {
		t.Errorf("%q lacks %q", got[1].Message, want)
	}
}

// TestTemplates tells env files that exist to be committed from all others.
func TestTemplates(t *testing.T) {
	for name, want := range map[string]bool{
		".env.example": true, ".env.sample": true, ".env.template": true, ".env.dist": true, ".env.defaults": true,
		".env.schema": true, ".env-example": true, "example.env": true, ".env.EXAMPLE": true, ".env.local.tpl": true,
		"terraform.tfvars.example": true, "local.defaults.properties": true, ".dev.vars.example": true,
		".env": false, ".env.local": false, ".env.production": false, "examples.env": false, ".env.keys": false,
	} {
		for _, env := range []bool{true, false} {
			o := Occurrence{Path: "dir/" + name, EnvFile: env}
			if got := o.template(); got != (want && env) {
				t.Errorf("%s, an env file %v: %v", name, env, got)
			}
		}
	}
}
