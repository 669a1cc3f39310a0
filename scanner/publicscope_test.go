package scanner

import (
	"testing"

	"github.com/inspecto/insplint/rules"
)

func TestPublicScope(t *testing.T) {
	for _, test := range []struct{ file, text, want string }{
		{"nuxt.config.ts", "export default defineNuxtConfig({ runtimeConfig: { secret: 'x', public: { token: 'KEY' } } })", "Nuxt (runtimeConfig.public)"},
		{"web/next.config.mjs", "module.exports = {\n  env: {\n    TOKEN: \"KEY\",\n  },\n}", "Next.js (env of its configuration)"},
		{"vite.config.ts", "export default defineConfig(() => ({ define: { __TOKEN__: JSON.stringify('KEY') } }))", "Vite (define)"},
		{"webpack.prod.js", "plugins: [new webpack.DefinePlugin({ 'process.env.TOKEN': JSON.stringify('KEY') })]", "webpack (DefinePlugin)"},
		{"webpack.config.js", "plugins: [new EnvironmentPlugin({ TOKEN: 'KEY' })]", "webpack (EnvironmentPlugin)"},
		{"app/app.config.ts", "export default defineAppConfig({ inspecto: { token: 'KEY' } })", "Nuxt (app.config)"},

		{"nuxt.config.ts", "export default defineNuxtConfig({ appConfig: { token: 'KEY' } })", "Nuxt (appConfig)"},
		{"nuxt.config.ts", "export default defineNuxtConfig({ app: { head: { script: [{ innerHTML: 'KEY' }] } } })", "Nuxt (app.head)"},
		{"nuxt.config.ts", "export default defineNuxtConfig({ vite: { define: { TOKEN: '\"KEY\"' } } })", "Vite (define)"},
		{"app.config.ts", "export default defineConfig({ vite: { define: { TOKEN: '\"KEY\"' } } })", "Vite (define)"},
		{"angular.json", `{"options": {"define": {"TOKEN": "'KEY'"}}}`, "Angular (define)"},
		{"project.json", `{"options": {"defines": {"TOKEN": "'KEY'"}}}`, ""},

		{"nuxt.config.ts", "export default defineNuxtConfig({ nitro: { define: { a: 'KEY' } } })", ""},
		{"nuxt.config.ts", "export default defineNuxtConfig({ runtimeConfig: { public: { a: 'x' }, token: 'KEY' } })", ""},
		{"Makefile", "run:\n\tflutter run --dart-define=TOKEN=KEY --dart-define=A=1\n", "Flutter (--dart-define)"},
		{"a.yml", "run: >\n  flutter build web --dart-define \"TOKEN=KEY\"\n", "Flutter (--dart-define)"},
		{"launch.json", `{"args": ["--dart-define", "TOKEN=KEY"]}`, "Flutter (--dart-define)"},
		{"Makefile", "run:\n\tflutter run --dart-define=A=1 TOKEN=KEY\n", ""},
		{"vite.config.ts", "export default { define: { a: 1 }, server: { proxy: { headers: { t: 'KEY' } } } }", ""},
		{"server.js", "module.exports = { env: { TOKEN: 'KEY' } }", ""},
		{"webpack.config.js", "new DefinePlugin({ A: 'x' }); const t = 'KEY'", ""},
	} {
		if got := factsOf(t, test.file, test.text).Prefix.Framework; got != test.want {
			t.Errorf("%s: %s\n got %q\nwant %q", test.file, test.text, got, test.want)
		}
	}
}

func TestPublicByOthers(t *testing.T) {
	const variable = "INSPECTO_TOKEN"
	for _, test := range []struct {
		name, file string
		files      []string
		want       rules.PublicPrefix
	}{
		{"flutter_dotenv", "app/.env", []string{"app/pubspec.yaml", "flutter:\n  assets:\n    - .env\n"}, rules.PublicPrefix{Framework: "Flutter (assets in pubspec.yaml)"}},
		{"a directory of assets", "assets/conf/prod.env", []string{"pubspec.yaml", "flutter:\n  assets:\n    - assets/conf/\n"}, rules.PublicPrefix{Framework: "Flutter (assets in pubspec.yaml)"}},
		{"no asset", ".env", []string{"pubspec.yaml", "dependencies:\n  dio: any\n"}, rules.PublicPrefix{}},
		{"react-native-config", ".env.production", []string{"package.json", `{"dependencies": {"react-native-config": "1"}}`}, rules.PublicPrefix{Framework: "react-native-config"}},
		{"a server below", "server/.env", []string{"package.json", `{"dependencies": {"react-native-config": "1"}}`}, rules.PublicPrefix{}},
		{"Parcel uses it", ".env", []string{"package.json", `{"devDependencies": {"parcel": "2"}}`, "src/js/a.ts", "send(process.env.INSPECTO_TOKEN)"}, rules.PublicPrefix{Framework: "Parcel"}},
		{"Parcel uses another", ".env", []string{"package.json", `{"devDependencies": {"parcel": "2"}}`, "src/a.js", "send(process.env.INSPECTO_TOKEN_2)"}, rules.PublicPrefix{}},
		{"Parcel beside a server", ".env", []string{"package.json", `{"devDependencies": {"parcel": "2"}}`, "src/a.js", "const x = require('express'); process.env.INSPECTO_TOKEN"}, rules.PublicPrefix{}},
		{"dotenv-webpack", ".env", []string{"package.json", `{"devDependencies": {"dotenv-webpack": "8"}}`, "src/a.js", "send(process.env.INSPECTO_TOKEN)"}, rules.PublicPrefix{Framework: "dotenv-webpack"}},
		{"dotenv-webpack, unused", ".env", []string{"package.json", `{"devDependencies": {"dotenv-webpack": "8"}}`, "src/a.js", "send(1)"}, rules.PublicPrefix{}},
		{"publicPrefix", ".env", []string{"package.json", "{}", "svelte.config.js", "export default { kit: { env: { publicPrefix: 'INSPECTO_' } } }"}, rules.PublicPrefix{Prefix: "INSPECTO_", Framework: "SvelteKit (publicPrefix)"}},
		{"no Parcel", ".env", []string{"package.json", `{}`, "src/a.js", "process.env.INSPECTO_TOKEN"}, rules.PublicPrefix{}},
		{"define", ".env", []string{"package.json", "{}", "vite.config.ts", "export default { define: { T: JSON.stringify(env.INSPECTO_TOKEN) } }"}, rules.PublicPrefix{Framework: "Vite (define)"}},
		{"runtimeConfig.public", ".env", []string{"package.json", "{}", "nuxt.config.ts", "x({ runtimeConfig: { public: { t: process.env.INSPECTO_TOKEN } } })"}, rules.PublicPrefix{Framework: "Nuxt (runtimeConfig.public)"}},
		{"runtimeConfig", ".env", []string{"package.json", "{}", "nuxt.config.ts", "x({ runtimeConfig: { t: process.env.INSPECTO_TOKEN } })"}, rules.PublicPrefix{}},
		{"EnvironmentPlugin", ".env", []string{"package.json", "{}", "webpack.config.js", "new webpack.EnvironmentPlugin(['NODE_ENV', 'INSPECTO_TOKEN'])"}, rules.PublicPrefix{Framework: "webpack (EnvironmentPlugin)"}},
		{"envPrefix", ".env", []string{"package.json", "{}", "vite.config.js", "export default { envPrefix: ['VITE_', 'INSPECTO_'] }"}, rules.PublicPrefix{Prefix: "INSPECTO_", Framework: "Vite (envPrefix)"}},
		{"astro:env, client", ".env", []string{"package.json", "{}", "astro.config.mjs", "env: { schema: { INSPECTO_TOKEN: envField.string({ context: \"client\", access: \"public\" }) } }"}, rules.PublicPrefix{Framework: "Astro (astro:env, context client)"}},
		{"astro:env, server", ".env", []string{"package.json", "{}", "astro.config.mjs", "env: { schema: { INSPECTO_TOKEN: envField.string({ context: \"server\" }), X: envField.string({ context: \"client\" }) } }"}, rules.PublicPrefix{}},
		{"another package's", "api/.env", []string{"package.json", "{}", "vite.config.ts", "define: { T: env.INSPECTO_TOKEN }", "api/package.json", "{}"}, rules.PublicPrefix{}},
	} {
		if got := manifestsOf(t, test.files...).public(test.file, variable); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// TestDartDefines holds which files a command that builds a Flutter app gives it.
func TestDartDefines(t *testing.T) {
	for _, test := range []struct {
		file  string
		files []string
		want  bool
	}{
		{".env", []string{"pubspec.yaml", "", "Makefile", "run:\n\tflutter run --dart-define-from-file=.env\n"}, true},
		{"conf/prod.json", []string{"pubspec.yaml", "", ".vscode/launch.json", `{"args": ["--dart-define-from-file", "conf/prod.json"]}`}, true},
		{"app/conf/prod.json", []string{"app/pubspec.yaml", "", ".github/workflows/a.yml", "run: flutter build apk --dart-define-from-file ./conf/prod.json\n"}, true},
		{"app/conf/prod.json", []string{"app/pubspec.yaml", "", "build.sh", "cd app && flutter build apk --dart-define-from-file='app/conf/prod.json'\n"}, true},
		{"conf/dev.json", []string{"pubspec.yaml", "", "Makefile", "run:\n\tflutter run --dart-define-from-file=conf/prod.json\n"}, false},
		{".env", []string{"Makefile", "run:\n\tflutter run --dart-define-from-file=.env\n"}, false},
	} {
		if got := manifestsOf(t, test.files...).definesDart(test.file); got != test.want {
			t.Errorf("%s beside %q: %v", test.file, test.files, got)
		}
	}
}

// TestPrefixedVariables holds that a variable is told wherever people set one.
func TestPrefixedVariables(t *testing.T) {
	for _, test := range []struct{ file, text string }{
		{".env", "NEXT_PUBLIC_X=KEY"},
		{"compose.yaml", "services:\n  web:\n    environment:\n      - NEXT_PUBLIC_X=KEY\n"},
		{"compose.yaml", "services:\n  web:\n    build:\n      args:\n        NEXT_PUBLIC_X: KEY\n"},
		{"Dockerfile", "FROM node\nENV NEXT_PUBLIC_X=KEY\n"},
		{"Dockerfile", "FROM node\nENV NEXT_PUBLIC_X KEY\n"},
		{"Dockerfile", "FROM node\nARG NEXT_PUBLIC_X=KEY\n"},
		{"Dockerfile", "FROM node\nENV A=1 \\\n    NEXT_PUBLIC_X=KEY\n"},
		{".github/workflows/a.yml", "jobs:\n  a:\n    env:\n      NEXT_PUBLIC_X: KEY\n"},
		{".github/workflows/a.yml", "    - run: NEXT_PUBLIC_X=KEY npm run build\n"},
		{".gitlab-ci.yml", "  script:\n    - docker build --build-arg NEXT_PUBLIC_X=KEY .\n"},
		{"vercel.json", `{"build": {"env": {"NEXT_PUBLIC_X": "KEY"}}}`},
		{"netlify.toml", "[build.environment]\n  NEXT_PUBLIC_X = \"KEY\"\n"},
		{"wrangler.toml", "[vars]\nNEXT_PUBLIC_X = \"KEY\"\n"},
		{"wrangler.jsonc", "{ \"vars\": { \"NEXT_PUBLIC_X\": \"KEY\" } }"},
	} {
		if got := factsOf(t, test.file, test.text).Prefix.Prefix; got != "NEXT_PUBLIC_" {
			t.Errorf("%s: %q\ngot %q", test.file, test.text, got)
		}
	}
}
