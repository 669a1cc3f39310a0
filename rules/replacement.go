package rules

import (
	"path"
	"slices"
	"strings"
)

// A replacement says what to write in the place of a key in files of a kind that
// belong into git, where the general advice to ignore the file would be wrong, and
// where that kind takes the key from.
type replacement struct {
	names []string // path.Match patterns of the file's last names, in lower case
	fix   string
}

const (
	ciVariable = "read $INSPECTO_API_KEY in its place, and store the key as a secret variable of the CI"
	imageFix   = "take the key out of the image: hand it over when the container starts (`docker run --env-file .env`), or to a build as a secret (`RUN --mount=type=secret`)"
)

var replacements = []replacement{
	{[]string{".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml"},
		"write `${{ secrets.INSPECTO_API_KEY }}` in its place, and store the key as a secret of GitHub Actions"},
	{[]string{".gitlab-ci.yml", "*.gitlab-ci.yml"}, "write `$INSPECTO_API_KEY` in its place, and store the key as a masked CI/CD variable"},
	{[]string{".circleci/config.yml", ".travis.yml", "bitbucket-pipelines.yml", "azure-pipelines.yml", "jenkinsfile", ".drone.yml", "appveyor.yml", "cloudbuild.yaml"}, ciVariable},
	{[]string{"docker-compose*.yml", "docker-compose*.yaml", "compose*.yml", "compose*.yaml"},
		"write `${INSPECTO_API_KEY:?}` in its place, which compose takes from the environment, or from an .env file beside it that git ignores"},
	{[]string{"dockerfile", "dockerfile.*", "*.dockerfile", "containerfile", "containerfile.*"}, imageFix},
	{[]string{"vercel.json"}, "take it out, and set it for the project: `vercel env add INSPECTO_API_KEY`"},
	{[]string{"netlify.toml"}, "take it out, and set INSPECTO_API_KEY among the site's environment variables"},
	{[]string{"wrangler.toml", "wrangler.json", "wrangler.jsonc"}, "take it out, and store it as a secret of the Worker: `wrangler secret put INSPECTO_API_KEY`"},
	{[]string{"fly.toml"}, "take it out, and store it as a secret of the app: `fly secrets import`, which reads it from standard input"},
	{[]string{"render.yaml"}, "write `sync: false` in the value's place, and set it in the dashboard"},
	{[]string{"*.md", "*.mdx", "*.rst", "*.adoc"}, usePlaceholder},
}

// replacement is what to do in a file that belongs into git; empty for others.
func (o *Occurrence) replacement() string {
	if o.Member != "" || o.EnvFile {
		return ""
	}
	file := strings.ToLower(homeOf(o))
	for _, r := range replacements {
		if slices.ContainsFunc(r.names, func(name string) bool { return endsLike(file, name) }) {
			return r.fix
		}
	}
	return ""
}

// endsLike reports whether the last names of a path fit a pattern.
func endsLike(file, pattern string) bool {
	names := strings.Split(file, "/")
	n := strings.Count(pattern, "/") + 1
	if len(names) < n {
		return false
	}
	ok, _ := path.Match(pattern, strings.Join(names[len(names)-n:], "/"))
	return ok
}
