package scanner

import (
	"bytes"
	"slices"
	"strings"

	"github.com/inspecto/insplint/internal/key"
	"github.com/inspecto/insplint/rules"
)

// How a key is sent: in a URL, or in a header. Both are told
// from the text right before the key, by forms that nothing else has: a header
// set in a way that is not known here is no finding.

// requestReach is how many bytes before a key are read for the URL or the
// header that it is in.
const requestReach = 1 << 9

// maxRequests bounds the matches of one file, or of one window of a large one,
// that are read for how they are sent: a file made to hold a hundred thousand
// would take minutes.
const maxRequests = 1 << 11

// requestFacts records how a match is sent.
func (s *surroundings) requestFacts(o *rules.Occurrence, m key.Match) {
	if s.requests++; s.requests > maxRequests {
		return
	}
	start := valueStart(s.buf, m)
	text := s.buf[max(0, start-requestReach):start]
	if bytes.IndexByte(text, 0) >= 0 {
		text = bytes.ReplaceAll(text, []byte{0}, nil) // UTF-16
	}
	after := s.buf[m.End:min(len(s.buf), m.End+requestReach)]
	o.URL = urlPlace(text, after)
	if o.Header = authHeader(text); !o.Header.Sent {
		if m := postmanKey.Get().FindSubmatch(after); m != nil && postmanValue.Get().Match(text) {
			o.Header = headerOf(m[1], "", "")
		}
		if m := nameBehind.Get().FindSubmatch(after); m != nil {
			o.Header = valueFirst(m[1], text)
		}
	}
	if o.Header.Sent && !strings.EqualFold(o.Header.Scheme, "basic") && base64Layer(m.Encoding) {
		o.Header = rules.AuthHeader{} // whose meaning nobody knows but the program
	}
}

func base64Layer(layers []string) bool {
	for _, l := range layers {
		if strings.HasPrefix(l, "base64") {
			return true
		}
	}
	return false
}

var (
	// urlStart is where an absolute URL begins, plain, in a string of JSON, or
	// percent-encoded in another URL.
	urlStart = newExpression(`(?i)[a-z][a-z0-9+.-]{0,20}(?::(?:\\?/){2}|%3a%2f%2f)`)

	// parameterBefore is a query's parameter whose value comes next.
	parameterBefore = newExpression(`(?i)(?:[?&]|%3f|%26|\\u0026|&amp;)([a-z0-9_.\[\]-]{1,64})(?:=|%3d|\\u003d)$`)

	// What puts its last argument into a query: calls, by word; a literal behind
	// the URL; and data that curl is to send as one.
	queryCalls     = newExpression(`\b(?:(?:query|q)\.(?:Add|Set)|add(?:Encoded)?QueryParameter|appendQueryParameter|queryParam|AddQueryParameter)\(\s*"([\w.-]{1,64})"\s*,\s*"$`)
	queryItem      = newExpression(`\bURLQueryItem\(\s*name:\s*"([\w.-]{1,64})"\s*,\s*value:\s*"$`)
	joinedPart     = newExpression(`[?&]([\w.-]{1,64})=["'` + "`" + `]\s*[+.]\s*["'` + "`" + `]$`)
	curlQuery      = newExpression(`(?s)\bcurl\b.{0,400}\s(?:-G|--get)\b.{0,400}\s(?:-d|--data(?:-raw|-urlencode|-binary)?)[ =]?\s*["']?([\w.-]{1,64})=$`)
	searchParams   = newExpression(`\bsearchParams\.(?:set|append)\(\s*["'` + "`" + `]([\w.-]{1,64})["'` + "`" + `]\s*,\s*["'` + "`" + `]$`)
	newParams      = newExpression(`(\w*)\s*[:=]?\s*\bnew URLSearchParams\(\s*\{[^{}]{0,300}?["']?([\w.-]{1,64})["']?\s*:\s*["'` + "`" + `]$`)
	paramsArgument = newExpression(`\b(?:requests|httpx|axios|session|client)(?:\.\w+)?\([^()]{0,400}\bparams\s*[:=]\s*(?:\{[^{}]{0,300}?["']?|dict\([^()]{0,300}?)([\w.-]{1,64})["']?\s*[:=]\s*["'` + "`" + `]$`)

	// Tables that a library or a tool makes a query of.
	guzzleQuery = newExpression(`['"]query['"]\s*=>\s*\[[^\[\]]{0,300}?['"]([\w.-]{1,64})['"]\s*=>\s*['"]$`)
	goValues    = newExpression(`\burl\.Values\{[^}]{0,300}?"([\w.-]{1,64})":\s*(?:\[\]string)?\{"$`)
	rubyQuery   = newExpression(`\bquery\s*=\s*URI\.encode_www_form\([^()]{0,300}?["']?([\w-]{1,64})["']?(?::|\s*=>|,)\s*["']$`)
	postmanItem = newExpression(`"query"\s*:\s*\[[^\[\]]{0,400}"key"\s*:\s*"([\w.-]{1,64})"\s*,[^{}]{0,200}"value"\s*:\s*"$`)
	insomniaRow = newExpression(`(?:\n|^)\s*"?parameters"?\s*:[^\n]*\n(?:[^\n]*\n){0,12}?\s*-?\s*"?name"?\s*:\s*"?([\w.-]{1,64})"?,?\s*\n(?:[^\n]*\n){0,3}?\s*"?value"?\s*:\s*["']?$`)

	requestCommand = newExpression(`(?:^|[\s"'` + "`" + `$(|;&])(curl|wget|http)(?:\.exe)?\s`)
)

// urlPlace tells where in a URL a key stands, by the text before and after it.
func urlPlace(before, after []byte) rules.URLPlace {
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	run := line[bytes.LastIndexAny(line, " \t\r\"'`<>|")+1:]
	place := rules.URLPlace{}
	if at := urlStarts(run); len(at) > 0 {
		place = absolutePlace(string(run[at[len(at)-1][1]:]), after)
	} else if bytes.ContainsAny(run, "?&%") && bytes.ContainsAny(run, "?%") {
		place = queryPlace(string(run))
	}
	if place.Part == "" {
		return argumentPlace(before)
	}
	if words := requestCommand.Get().FindAllSubmatch(commandLine(before), -1); len(words) > 0 {
		place.Command = string(words[len(words)-1][1])
	}
	return place
}

// urlStarts finds where absolute URLs begin in a text without spaces.
func urlStarts(run []byte) [][]int {
	if bytes.IndexByte(run, '/') < 0 && bytes.IndexByte(run, '%') < 0 {
		return nil
	}
	return urlStart.Get().FindAllIndex(run, -1)
}

// absolutePlace reads what stands between "://" and a key.
func absolutePlace(rest string, after []byte) rules.URLPlace {
	if strings.ContainsAny(rest, "?") || parameterBefore.Get().MatchString(rest) {
		place := queryPlace(rest)
		place.Part = rules.URLQuery
		return place
	}
	if strings.ContainsAny(rest, `/\#`) {
		if strings.HasSuffix(rest, "/") {
			return rules.URLPlace{Part: rules.URLPath}
		}
		return rules.URLPlace{}
	}
	// "https://KEY@host" or "https://user:KEY@host", not "https://KEY.host".
	if host := bytes.IndexByte(after, '@'); host >= 0 && host <= 64 && !bytes.ContainsAny(after[:host], "/?# \t\r\n\"'`<>") {
		return rules.URLPlace{Part: rules.URLUserInfo}
	}
	return rules.URLPlace{}
}

// queryPlace reads a parameter before a key, as in "/vehicles?api_key=".
func queryPlace(text string) rules.URLPlace {
	if m := parameterBefore.Get().FindStringSubmatch(text); m != nil {
		return rules.URLPlace{Part: rules.URLQuery, Parameter: cleanName(m[1])}
	}
	return rules.URLPlace{}
}

// argumentPlace reads the calls that put an argument into a query.
func argumentPlace(before []byte) rules.URLPlace {
	for _, call := range []struct {
		word string
		form expression
	}{{"searchParams", searchParams}, {"params", paramsArgument}, {"URLQueryItem", queryItem}, {"=", joinedPart}, {"(", queryCalls},
		{"query", guzzleQuery}, {"Values", goValues}, {"encode_www_form", rubyQuery}, {"query", postmanItem}, {"parameters", insomniaRow}} {
		if !bytes.Contains(before, []byte(call.word)) {
			continue
		}
		if m := call.form.Get().FindSubmatch(before); m != nil {
			return rules.URLPlace{Part: rules.URLQuery, Parameter: cleanName(string(m[1]))}
		}
	}
	if bytes.Contains(before, []byte("curl")) {
		if m := curlQuery.Get().FindSubmatch(commandLine(before)); m != nil {
			return rules.URLPlace{Part: rules.URLQuery, Parameter: cleanName(string(m[1])), Command: "curl"}
		}
	}
	// The body of a request is no part of its URL, though it is written alike.
	if m := newParams.Get().FindSubmatch(before); m != nil && !slices.Contains([]string{"body", "data"}, string(m[1])) {
		return rules.URLPlace{Part: rules.URLQuery, Parameter: cleanName(string(m[2]))}
	}
	return rules.URLPlace{}
}

// commandLine is the end of a text that a shell reads as one line: lines that
// end in a backslash go on.
func commandLine(text []byte) []byte {
	for at := len(text); ; {
		at = bytes.LastIndexByte(text[:at], '\n')
		if at < 0 {
			return text
		}
		if above := bytes.TrimRight(text[:at], blanks); !bytes.HasSuffix(above, []byte(`\`)) {
			return text[at+1:]
		}
	}
}

const (
	quoteClass = "[\"'`]"
	escaped    = `\\{0,3}` // a string within a string
	// openedValue is what stands between the sign that introduces a header's
	// value and the value: a quote, with what languages write before it.
	openedValue = `\s*(?:[bfrBFR$@]{0,2}` + escaped + quoteClass + `)?\s*`
	// schemeWord is what stands between the value's beginning and the key: a
	// scheme, which may be a literal of its own.
	schemeWord = `([A-Za-z][A-Za-z0-9_-]{0,19}[:=]?)?(\s+|\s*` + escaped + quoteClass + `\s*(?:\+|\.|,|&)?\s*` + escaped + quoteClass + `\s*)?`
	// headerWord is the header that Inspecto reads, and those that people send keys
	// in to others.
	headerWord = `(authorization|x-(?:inspecto-)?api-key|x-(?:auth|access|api|inspecto)-token)`
)

// headerReach is how many bytes of a header stand before its key.
const headerReach = 128

// headerForms are the ways to write an Authorization header with its value.
// Each ends where the key begins; its last two groups are the scheme and what
// parts it from the key.
var headerForms = []expression{
	// Authorization: KEY, on a line, in a string or as a member of an object.
	newExpression(`(?i)(?:^|[^\w-])` + headerWord + escaped + quoteClass + `?\s*:` + openedValue + schemeWord + `$`),
	// "Authorization" => KEY; headers["Authorization"] = KEY; headers.Authorization = KEY; @{Authorization = KEY}
	newExpression(`(?i)(?:` + quoteClass + headerWord + quoteClass + `|:` + headerWord + `)\s*=>` + openedValue + schemeWord + `$`),
	newExpression(`(?i)\[\s*` + quoteClass + headerWord + quoteClass + `\s*\]\s*=` + openedValue + schemeWord + `$`),
	newExpression(`(?i)(?:headers\.|@\{\s*` + quoteClass + `?)` + headerWord + quoteClass + `?\s*=` + openedValue + schemeWord + `$`),
	// The classes of .NET, and the directives of nginx and Apache.
	newExpression(`\.header\(\s*(?:[\w:]{0,40}::)?(AUTHORIZATION)\s*,` + openedValue + schemeWord + `$`),                                    // Rust
	newExpression(`\b(?:HttpHeaders|HTTP_HEADERS|HeaderNames)\.(?:(?i)(authorization)(?:Header)?)\s*[,:]` + openedValue + schemeWord + `$`), // Dart, Spring, Guava
	newExpression(`(?i)\bAuthenticationHeaderValue\(\s*"([a-z][a-z0-9_-]{0,19})"(\s*,\s*)"$`),
	newExpression(`(?i)\b(?:proxy_set_header|add_header|RequestHeader\s+(?:set|add|append))\s+` + headerWord + `\s+` + openedValue + schemeWord + `$`),
	// Set("Authorization", KEY), in whatever language; ('Authorization', KEY) in a list.
	newExpression(`(?i)[(\[{]\s*` + quoteClass + headerWord + quoteClass + `\s*,` + openedValue + schemeWord + `$`),
}

// memberForms are those that have the header's name and its value in two
// members of an object, which others may stand between.
var memberForms = []expression{
	// {"key": "Authorization", "value": KEY} of Postman, Insomnia and HAR.
	newExpression(`(?i)"(?:key|name)"\s*:\s*"` + headerWord + `"[^{}]{0,300}"value"\s*:\s*"` + schemeWord + `$`),
	// What Postman calls an API key: its value, and behind that the header's name.
	newExpression(`(?i)"apikey"\s*:\s*\[\s*\{\s*"key"\s*:\s*"key"\s*,\s*"value"\s*:\s*"` + headerWord + `"[^\[\]]{0,100}\}\s*,\s*\{[^{}]{0,60}"value"\s*:\s*"` + schemeWord + `$`),
	// A header parameter of OpenAPI, with an example.
	newExpression(`(?i)\bname["']?\s*:\s*["']?` + headerWord + `["']?\s[^{}]{0,400}\b(?:example|default|value)["']?\s*:` + openedValue + schemeWord + `$`),
}

// headerBeginnings are what every such name begins with.
var headerBeginnings = [][]byte{[]byte("authorization"), []byte("x-")}

var (
	// basicOption hands credentials to curl or HTTPie, which send them as
	// Basic: a header of its own, with the key as the user name.
	basicOption = newExpression(`(?s)\bcurl\b.{0,600}\s(?:-u\s*|--user[ =])["']?(?:[\w.-]{1,40}:)?$`)
	basicPair   = newExpression(`\bauth\s*:\s*\{\s*username\s*:\s*["'` + "`" + `](?:[\w.-]{0,40}["'` + "`" + `]\s*,\s*password\s*:\s*["'` + "`" + `])?$`)
	basicCall   = newExpression(`\b(?:HTTPBasicAuth|BasicAuth|SetBasicAuth|basic_auth|basicAuth|setBasicAuth|Credentials\.basic)\(\s*["'](?:[\w.-]{0,40}["']\s*,\s*["'])?$`)
	basicMember = newExpression(`"basic"\s*:\s*\[\s*\{[^\[\]]{0,300}"value"\s*:\s*"$|(?:^|\n)\s*"?type"?\s*:\s*"?basic"?,?\s*\n(?:[^\n]*\n){0,3}?\s*"?(?:username|password)"?\s*:\s*["']?$`)
	httpieAuth  = newExpression(`(?:^|[\s"'$(|;&])https?\s.{0,400}(?:-a|--auth)[ =]["']?(?:[\w.-]{1,40}:)?$`)
	httpieType  = newExpression(`\s(?:-A|--auth-type)[ =]["']?bearer\b`)
	basicTuple  = newExpression(`\b(?:requests|httpx)\.\w+\([^()]{0,400}\bauth\s*=\s*\(\s*["'](?:[\w.-]{0,40}["']\s*,\s*["'])?$`)
)

// authHeader tells how a key is sent in a header, by the text before it.
func authHeader(text []byte) rules.AuthHeader {
	for _, known := range []struct {
		text  []byte
		forms []expression
	}{{text[max(0, len(text)-headerReach):], headerForms}, {text, memberForms}} {
		if !slices.ContainsFunc(headerBeginnings, func(word []byte) bool { return containsFold(known.text, word) }) {
			continue
		}
		for _, form := range known.forms {
			if m := form.Get().FindSubmatch(known.text); m != nil {
				last := len(m) - 2
				return headerOf(bytes.Join(m[1:last], nil), string(m[last]), string(m[last+1]))
			}
		}
	}
	if sendsBasic(text) {
		return rules.AuthHeader{Sent: true, Scheme: "Basic"}
	}
	return rules.AuthHeader{}
}

// sendsBasic reports whether a key behind a text is handed to what sends it as the
// credentials of Basic.
func sendsBasic(text []byte) bool {
	for _, known := range []struct {
		word string
		form expression
	}{{"auth", basicTuple}, {"auth", basicPair}, {"asic", basicCall}, {"basic", basicMember}} {
		if bytes.Contains(text, []byte(known.word)) && known.form.Get().Match(text) {
			return true
		}
	}
	if bytes.Contains(text, []byte("curl")) && basicOption.Get().Match(commandLine(text)) {
		return true
	}
	line := commandLine(text)
	return bytes.Contains(line, []byte("http")) && httpieAuth.Get().Match(line) && !httpieType.Get().Match(line)
}

// Swift names the header behind its value: setValue(KEY, forHTTPHeaderField:
// "Authorization").
var (
	valueBefore = newExpression(`\b(?:set|add)Value\(\s*"([A-Za-z][A-Za-z0-9_-]{0,19}[:=]?)?(\s*)$`)
	// So does Postman where it sorts what it calls an API key by that.
	postmanValue = newExpression(`"apikey"\s*:\s*\[[^\[\]]{0,200}"key"\s*:\s*"value"\s*,\s*"value"\s*:\s*"$`)
	postmanKey   = newExpression(`(?i)^"[^{}\[\]]{0,60}\}\s*,\s*\{\s*"key"\s*:\s*"key"\s*,\s*"value"\s*:\s*"` + headerWord + `"`)
	nameBehind   = newExpression(`(?i)^"\s*,\s*forHTTPHeaderField:\s*"` + headerWord + `"`)
)

func valueFirst(name, text []byte) rules.AuthHeader {
	m := valueBefore.Get().FindSubmatch(text[max(0, len(text)-headerReach):])
	if m == nil {
		return rules.AuthHeader{}
	}
	return headerOf(name, string(m[1]), string(m[2]))
}

// headerOf reads what stands between the beginning of a header's value and the
// key: a word, and what parts them. Where nothing does, only "Bearer" is known
// for a scheme; another word belongs to the value.
func headerOf(name []byte, scheme, gap string) rules.AuthHeader {
	h := rules.AuthHeader{Sent: true, Scheme: scheme}
	if len(name) > 0 && !bytes.EqualFold(name, headerBeginnings[0]) {
		h.Name = string(name)
	}
	if scheme == "" {
		return h
	}
	h.Joined = gap == ""
	if quote := strings.IndexAny(gap, quotes); quote >= 0 {
		// Two literals: a space between them is not sent, one inside them is.
		h.Joined = strings.Trim(gap[:quote], `\`) == "" && !strings.HasSuffix(gap, " ")
	}
	if h.Joined && !strings.EqualFold(strings.TrimRight(scheme, ":="), "bearer") {
		return rules.AuthHeader{}
	}
	return h
}

// containsFold reports whether a text holds a word that is in lower case,
// whatever the case in the text.
func containsFold(text, word []byte) bool {
	for at := 0; at+len(word) <= len(text); at++ {
		if text[at]|0x20 == word[0] && bytes.EqualFold(text[at:at+len(word)], word) {
			return true
		}
	}
	return false
}
