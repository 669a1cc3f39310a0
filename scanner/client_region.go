package scanner

import (
	"bytes"
	"slices"
	"strings"
)

// A region is a part of a file, by offsets.
type region struct{ start, end int }

func (r region) holds(at int) bool { return r.start <= at && at < r.end }

func anyHolds(regions []region, at int) bool {
	return slices.ContainsFunc(regions, func(r region) bool { return r.holds(at) })
}

// serverFunctions find the beginning of what a framework takes out of a page
// before it ships the rest, by the documentation of each.
var serverFunctions = []wordExpression{
	// Next.js, Gatsby
	newWordExpression(`\bexport\s+(?:async\s+)?(?:function\s+|const\s+)(?:getServerSideProps|getStaticProps|getStaticPaths|getServerData)\b`),
	// Gatsby; what Next.js calls so is no function, and stays in the page
	newWordExpression(`\bexport\s+async\s+function\s+config\b`),
	// Qwik
	newWordExpression(`\bexport\s+(?:async\s+)?(?:function\s+|const\s+)on(?:Request|Get|Post|Put|Patch|Delete|Head|Options|StaticGenerate)\b`),
	// Qwik, TanStack Start
	newWordExpression(`\b(?:routeLoader|routeAction|globalAction|server)\$\(`),
}

// handlerCall finds the part of a TanStack server function that stays on the
// server.
var handlerCall = newWordExpression(`\.handler\(`)

// routeFunctions are taken out of the routes of Remix and of React Router as a
// framework.
var routeFunctions = newWordExpression(`\bexport\s+(?:async\s+)?(?:function\s+|const\s+)(?:loader|action|headers|middleware|unstable_middleware)\b`)

// Such routes are told from those of React Router as a library, whose loaders
// run in the browser, by what their project uses or what they import. A route
// may lie anywhere: the types that are made for it mark it.
var (
	frameworkRoute  = newWordExpression(`["'](?:@remix-run/(?:node|cloudflare|deno|server-runtime|react)|@react-router/(?:node|cloudflare)|react-router)["']`)
	routeTypes      = newWordExpression(`["'](?:\./|\.\./)+\+types/[^"']*["']`)
	routeFrameworks = []string{"@remix-run/dev", "@remix-run/react", "@react-router/dev"}
)

// isRoute reports whether a script is one of a framework that takes the server's
// functions out of it.
func (s *source) isRoute(l lexed) bool {
	if routeTypes.match(l.code) {
		return true
	}
	return inRoutes(s.file) && (frameworkRoute.match(l.code) || s.near.projectOf(s.file).uses(routeFrameworks...))
}

var serverDirective = newWordExpression(`(?:^|[{;\n])[ \t\r\n]*["']use server["']`)

// serverRegions lists the parts of a script that no client gets.
func (s *source) serverRegions() []region {
	var found []region
	l := s.script()
	for _, begin := range serverFunctions {
		found = append(found, functionsAt(l.bare, begin)...)
	}
	if bytes.Contains(l.bare, []byte("createServerFn")) {
		found = append(found, functionsAt(l.bare, handlerCall)...)
	}
	if s.isRoute(l) {
		found = append(found, functionsAt(l.bare, routeFunctions)...)
	}
	for _, m := range serverDirective.all(l.code) {
		if r, ok := enclosing(l.bare, m[1]-1); ok {
			found = append(found, r)
		}
	}
	return found
}

// inRoutes reports whether the file is a route, or the root of all.
func inRoutes(file string) bool {
	p := splitPlace(file)
	return slices.Contains(p.dirs, "routes") || len(p.dirs) > 0 && p.dirs[len(p.dirs)-1] == "app" && baseStem(p.base) == "root"
}

func baseStem(base string) string {
	stem, _, _ := strings.Cut(base, ".")
	return stem
}

func functionsAt(bare []byte, begin wordExpression) []region {
	var found []region
	for _, m := range begin.all(bare) {
		end := m[1]
		if bare[end-1] == '(' {
			end--
		}
		found = append(found, region{m[0], declarationEnd(bare, end)})
	}
	return found
}

// declarationEnd is where a declaration or call ends that goes on at from: at a
// semicolon outside of brackets, or behind the closing bracket that nothing
// follows which would go on.
func declarationEnd(bare []byte, from int) int {
	depth := 0
	for i := from; i < len(bare); i++ {
		switch bare[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
			if depth <= 0 && !goesOn(bare[i+1:], bare[i]) {
				return i + 1
			}
		case ';':
			if depth == 0 {
				return i
			}
		}
	}
	return len(bare)
}

func goesOn(rest []byte, closed byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if len(rest) == 0 {
		return false
	}
	if closed == '}' {
		return bytes.IndexByte([]byte(">|&{.,"), rest[0]) >= 0
	}
	return bytes.IndexByte([]byte("{:=>.|&[("), rest[0]) >= 0
}

// enclosing is the innermost block around an offset; ok is false outside all.
func enclosing(bare []byte, at int) (r region, ok bool) {
	depth, start := 0, -1
	for i := at; i >= 0 && start < 0; i-- {
		switch bare[i] {
		case '}':
			depth++
		case '{':
			if depth == 0 {
				start = i
			}
			depth--
		}
	}
	if start < 0 {
		return region{}, false
	}
	depth = 0
	for i := start; i < len(bare); i++ {
		switch bare[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return region{start, i + 1}, true
			}
		}
	}
	return region{start, len(bare)}, true
}

// usedOnlyIn reports whether all uses of a name, the one at its declaration
// before at apart, lie in the regions: what only server code uses is taken out
// with it.
func usedOnlyIn(bare []byte, name string, at int, regions []region) bool {
	if name == "" || len(regions) == 0 {
		return false
	}
	declared, uses := -1, []int{}
	for i := 0; ; {
		n := bytes.Index(bare[i:], []byte(name))
		if n < 0 {
			break
		}
		i += n
		if !wordAt(bare, i, len(name)) {
			i += len(name)
			continue
		}
		if i < at {
			declared = i
		}
		uses = append(uses, i)
		i += len(name)
	}
	others := slices.DeleteFunc(uses, func(use int) bool { return use == declared })
	return declared >= 0 && len(others) > 0 && !exported(bare, declared) &&
		!slices.ContainsFunc(others, func(use int) bool { return !anyHolds(regions, use) })
}

// wordAt reports whether bare[at:at+n] is a whole word.
func wordAt(bare []byte, at, n int) bool {
	isWord := func(i int) bool {
		return i >= 0 && i < len(bare) && (isHostByte(bare[i]) && bare[i] != '-' || bare[i] == '$')
	}
	return !isWord(at-1) && !isWord(at+n)
}

// exported reports whether the declaration of a name begins with "export".
func exported(bare []byte, at int) bool {
	line := bare[bytes.LastIndexByte(bare[:at], '\n')+1 : at]
	return bytes.Contains(line, []byte("export"))
}
