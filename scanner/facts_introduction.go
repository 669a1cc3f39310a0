package scanner

import (
	"slices"
	"strings"
	"unicode"
)

// An introduction is what stands between a name and its value, and how the name
// is read from what is before it.
type introduction struct {
	mark string
	name func(before string) string
}

// introductions lists every introduction; the first that fits is taken.
func introductions() []introduction {
	return []introduction{
		{"://", func(before string) string { return assigned(trimWord(before)) }}, // https://key@host
		{"=>", plainName},
		{"->", plainName},
		{">", elementName},
		{":=", plainName},
		{"=", equalName},
		{":-", shellDefault},
		{":", colonName},
		{",", argumentName},
	}
}

// plainName reads the name at text's end, or of the item that it belongs to.
func plainName(text string) string {
	name, before := cutName(text)
	return partnerOf(name, before)
}

// equalName reads the name before "=", which a type may follow: X: string =.
func equalName(text string) string {
	text = strings.TrimRight(text, ":=?+!|&~<>*") // "==", "?=", "||=", …
	trimmed := strings.TrimRight(text, blanks)
	if trimmed != text {
		if name := annotated(trimmed); name != "" {
			return name
		}
	}
	if name, before := cutName(trimmed); isParameter(before) {
		return outer(before, name)
	}
	return plainName(trimmed)
}

// isParameter reports whether what stands before a name makes it a parameter
// in a URL.
func isParameter(before string) bool {
	return strings.HasSuffix(before, "?") || strings.HasSuffix(before, "&")
}

// outer is the variable that holds the URL that ends text, if that one is
// public; else the parameter's own name.
func outer(text, parameter string) string {
	before := strings.TrimRightFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !strings.ContainsRune(quotes+"=<>(){}", r)
	})
	if name := assigned(before); publicPrefix(name).Prefix != "" {
		return name
	}
	return parameter
}

// annotated reads NAME: TYPE, or NAME TYPE where the type's name tells.
func annotated(text string) string {
	for _, goType := range []string{" string", " []byte"} {
		if before, ok := strings.CutSuffix(text, goType); ok {
			if name, _ := cutName(before); name != "" && !slices.Contains(notNames, name) {
				return name
			}
		}
	}
	line := strings.ReplaceAll(lastLine(text), "&'static ", "&")
	at := strings.LastIndex(line, ": ")
	if at < 0 || strings.ContainsAny(line[at:], quotes+"=;{}") {
		return ""
	}
	word := trimWord(strings.TrimRight(line[:at], "?!"))
	if isBlock(word) || strings.TrimRight(word, blanks+"(,{") == word && word != "" {
		return ""
	}
	name, _ := cutName(strings.TrimRight(line[:at], "?!"))
	return name
}

// isBlock reports whether a line opens a block of Python before its colon.
func isBlock(line string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return slices.Contains([]string{"if", "elif", "for", "while", "with", "case", "except"}, first)
}

// shellDefault reads ${NAME:-value}.
func shellDefault(text string) string {
	name, before := cutName(text)
	if strings.HasSuffix(before, "{") {
		return name
	}
	return ""
}

// colonName reads the name before ":".
func colonName(text string) string {
	name, before := cutName(text)
	if strings.HasSuffix(before, "://") { // https://user:key@host
		return assigned(trimWord(strings.TrimSuffix(before, "://")))
	}
	return partnerOf(name, before)
}

// argumentName reads a call whose argument before the value is a name in
// quotes: define('X', …), setHeader("X", …), buildConfigField("String", "X", …).
func argumentName(text string) string {
	text = strings.TrimRight(text, blanks+"\n")
	if text == "" || !strings.Contains(quotes, text[len(text)-1:]) {
		return ""
	}
	name, before := cutName(text)
	before = strings.TrimRight(before, blanks+"\n")
	if strings.HasSuffix(before, "(") || isGradleField(before) {
		return name
	}
	return ""
}

// isGradleField reports whether text ends in the type that Android's Gradle
// plugin wants before a field's name.
func isGradleField(text string) bool {
	text, ok := strings.CutSuffix(text, ",")
	if !ok {
		return false
	}
	_, before := cutName(text)
	before = strings.TrimRight(before, blanks+"(")
	return strings.HasSuffix(before, "buildConfigField") || strings.HasSuffix(before, "resValue")
}

// spaceForms lists the words that begin a line of the form WORD NAME VALUE.
var spaceForms = []string{
	"ENV",                     // Dockerfile
	"#define",                 // C
	"SetEnv", "RequestHeader", // Apache
	"fastcgi_param", "proxy_set_header", "add_header", "set", // nginx
	"setenv", "setx", // csh, Windows; fish's and nginx's set is above
}

// spaced reads forms with nothing but space between name and value.
func spaced(text string) string {
	line := lastLine(text)
	words := strings.Fields(line)
	if len(words) == 0 {
		return ""
	}
	last := words[len(words)-1]
	switch {
	case strings.HasPrefix(last, "--"):
		name, before := cutName(text)
		return partnerOf(name, before)
	case strings.HasPrefix(strings.TrimLeft(last, "({["), ":"): // Lisp
		return cleanName(strings.TrimLeft(last, "({["))
	case last == "password": // netrc
		return last
	case len(words) > 1 && slices.Contains(spaceForms, words[0]):
		return cleanName(last)
	}
	return ""
}

// markup lists elements that lay a text out and do not name it.
var markup = []string{
	"a", "b", "br", "body", "code", "dd", "div", "dt", "em", "h1", "h2", "h3", "h4", "i", "kbd", "li", "p", "pre", "q", "samp",
	"script", "small", "span", "strong", "style", "td", "textarea", "th", "title", "tt", "u",
}

// elementName reads the element whose text begins after ">": by its name
// attribute, by the <key> or <name> before it, or by its own name.
func elementName(text string) string {
	at := strings.LastIndexByte(lastLine(text), '<')
	if at < 0 {
		return ""
	}
	at += len(text) - len(lastLine(text))
	element, attributes, _ := strings.Cut(text[at+1:], " ")
	for attributes != "" {
		value, before := cutName(attributes)
		label, rest := cutName(strings.TrimSuffix(strings.TrimRight(before, blanks), "="))
		if slices.Contains(labels, label) {
			return value
		}
		attributes = shorter(rest, attributes)
	}
	if slices.Contains(markup, strings.ToLower(element)) {
		return ""
	}
	if !slices.Contains(values, element) {
		return cleanName(element)
	}
	before := strings.TrimRight(text[:at], blanks+"\n")
	for _, label := range labels {
		if inner, ok := strings.CutSuffix(before, "</"+label+">"); ok {
			return cleanName(inner[strings.LastIndexByte(inner, '>')+1:])
		}
	}
	return cleanName(element)
}

// shorter is rest, or nothing where reading it made no progress.
func shorter(rest, whole string) string {
	if len(rest) < len(whole) {
		return rest
	}
	return ""
}

// In lists of settings one field holds the name and another the value.
var (
	labels = []string{"name", "key", "Name", "Key", "ParameterKey", "variable", "option_name"}
	values = []string{
		"value", "Value", "content", "data", "default", "defaultValue", "ParameterValue", "string", "stringValue", "option_value",
	}
)

// partnerOf replaces the name of a field that holds any setting's value by the
// setting's own name, where that stands right before it.
func partnerOf(name, before string) string {
	if !slices.Contains(values, name) {
		return name
	}
	if namespace, ok := strings.CutSuffix(before, ":"); ok { // android:value
		before = trimWord(namespace)
	}
	before = strings.TrimRight(before, blanks+"\n-,{")
	if parent, ok := strings.CutSuffix(before, ":"); ok { // X:\n  value: …
		return firstOf(cleanLast(parent), name)
	}
	setting, rest := cutName(before)
	rest = strings.TrimRight(rest, blanks)
	if strings.HasSuffix(rest, "variable") { // Terraform: variable "X" {
		return firstOf(setting, name)
	}
	label, _ := cutName(strings.TrimRight(strings.TrimRight(rest, "=:"), blanks))
	if slices.Contains(labels, label) {
		return firstOf(setting, name)
	}
	return name
}

func cleanLast(text string) string {
	name, _ := cutName(text)
	return name
}

func firstOf(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}
