package scanner

import "testing"

// TestTypeImports has what stands behind an import of A and B, and whether nothing
// but types uses them.
func TestTypeImports(t *testing.T) {
	for text, want := range map[string]bool{
		"interface P {\n  toc: A\n}\n":                           true,
		"type P = {\n  toc: A\n  b?: B[]\n}\n":                   true,
		"export type U =\n  | A\n  | B;\n":                       true,
		"type F = (a: A) => B\nconst a = 1\n":                    true,
		"function f(a: A, b?: B): void {}":                       true,
		"const f = (a: A): B => g(a)":                            true,
		"export default function F({ a, b }: { a: A, b: B }) {}": true,
		"const F = ({ a }: A) => a":                              true,
		"const x: A = g()":                                       true,
		"let y: Map<string, A> = new Map<string, B>()":           true,
		"const [s] = useState<A | null>(null)":                   true,
		"const m: string | A = ''":                               true,
		"g(x as A)":                                              true,
		"class C implements A {\n  private b: B;\n}":             true,
		"class C { constructor(private readonly a: A) {} }":      true,
		"function f(): Promise<A> {}":                            true,
		"g(<C a={A} />)":                                         false,
		"return <A />":                                           false,
		"const o = { a: A }":                                     false,
		"const o = { b, a: A }":                                  false,
		"g({ a: A })":                                            false,
		"const x = y ? z : A":                                    false,
		"const x = y ? (z) : A":                                  false,
		"g(y ? z : A)":                                           false,
		"g(h, y ? z : A)":                                        false,
		"class C extends A {}":                                   false,
		"const x: A = A.parse(y)":                                false,
		"const x = a | A":                                        false,
		"const x = a < A":                                        false,
		"const x = a || A":                                       false,
		"type X = A\nconst y = A":                                false,
		"type X = z.infer<A>\ng(A)":                              false,
		"type X = A\nA()":                                        false,
		"switch (x) { case y: A() }":                             false,
		"export { A }":                                           false,
		"":                                                       false,
		"const o = { f(x: string) { return A } }":                false,
		"const o = y ? { a: 1 } : { a: A }":                      false,
		"const t: typeof A = 1":                                  false, // a type as well, and not told
		"function f({ a = A }: B) {}":                            false,
		"const o = y ? f(x) : { a: A }":                          false,
		"const o = g(y, z ? f(x) : [A])":                         false,
		"enum E { a = A }":                                       false,
		"const f = async (a: A) => {\n  const { b } = a\n  return b ? [B] : []\n}": false,
	} {
		const statement = "import { A, B } from './a'\n"
		l := typeReader{lexed: lexScript([]byte(statement + text))}
		// What a line does not use at all says nothing of the other.
		got := true
		for _, name := range []string{"A", "B"} {
			if n := len(mentionsOf(text, name)); n > 0 || text == "" {
				got = got && l.gives("x.ts", " { "+name+" } ", len(statement))
			}
		}
		if got != want {
			t.Errorf("%q: only types: %v", text, got)
		}
	}
	if l := (&typeReader{lexed: lexScript([]byte("f()"))}); !l.gives("x.ts", "{ type A, type B as C }", 0) || l.gives("x.ts", "", 0) || l.gives("x.ts", "{ type }", 0) {
		t.Error("the clause alone was misread")
	}
	if (&typeReader{lexed: lexScript([]byte("/** @type {A} */ const a = 1"))}).gives("x.js", "{ A }", 0) {
		t.Error("JavaScript keeps its imports")
	}
}

// mentionsOf lists where a text has a name as a word.
func mentionsOf(text, name string) (found []int) {
	for at := range text {
		if at+len(name) <= len(text) && text[at:at+len(name)] == name && wordAt([]byte(text), at, len(name)) {
			found = append(found, at)
		}
	}
	return found
}

// FuzzTypeImports: no text makes the reading of types panic or hang.
func FuzzTypeImports(f *testing.F) {
	for _, text := range []string{"type A = ", "interface A {", "x: A", "({ a }: {A", "Map<A,", "| A", ") : A"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		(&typeReader{lexed: lexScript([]byte(text))}).gives("x.ts", "{ A }", 0)
	})
}
