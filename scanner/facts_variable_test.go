package scanner

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestVariableAt(t *testing.T) {
	for _, test := range []struct{ text, want string }{ // the last KEY marks the place
		// env files and shells
		{"A=KEY", "A"},
		{"A = KEY", "A"},
		{"export INSPECTO_API_KEY=KEY", "INSPECTO_API_KEY"},
		{"export INSPECTO_API_KEY='KEY'", "INSPECTO_API_KEY"},
		{"# comment\nA=\"KEY\"", "A"},
		{"A=x\r\nNEXT_PUBLIC_KEY=KEY", "NEXT_PUBLIC_KEY"},
		{"A=b\nKEY", ""},
		{"#INSPECTO_KEY=KEY", "INSPECTO_KEY"},
		{"INSPECTO_KEY=KEY npm run build", "INSPECTO_KEY"},
		{"FOO=bar INSPECTO_KEY=KEY npm run build", "INSPECTO_KEY"},
		{"NEXT_PUBLIC_A=bar INSPECTO_KEY=KEY npm run build", "INSPECTO_KEY"},
		{"set INSPECTO_KEY=KEY", "INSPECTO_KEY"},
		{`set "INSPECTO_KEY=KEY"`, "INSPECTO_KEY"},
		{`setx INSPECTO_KEY "KEY"`, "INSPECTO_KEY"},
		{"setenv INSPECTO_KEY KEY", "INSPECTO_KEY"},
		{"set -gx INSPECTO_KEY KEY", "INSPECTO_KEY"},
		{`$env:INSPECTO_KEY = "KEY"`, "INSPECTO_KEY"},
		{`TOKEN="${INSPECTO_KEY:-KEY}"`, "INSPECTO_KEY"},
		{"X=$'KEY'", "X"},
		{"AUTH=Bearer KEY", "AUTH"},
		{`AUTH="Bearer KEY"`, "AUTH"},
		{"VITE_URL=https://api.inspecto.com/?token=KEY", "VITE_URL"},
		{"URL=https://api.inspecto.com/?a=b&token=KEY", "token"},
		{"VITE_URL=https://user:KEY@api.inspecto.com", "VITE_URL"},
		{"URL=https://user:KEY@api.inspecto.com", "URL"},
		{"URL=https://KEY@api.inspecto.com", "URL"},
		{"VITE_NOTE=my key is KEY", "VITE_NOTE"},
		{`VITE_NOTE="my key is KEY"`, "VITE_NOTE"},
		{"run --inspecto-key KEY", "inspecto-key"},
		{"run --inspecto-key=KEY", "inspecto-key"},
		{"run --inspecto-key 'KEY'", "inspecto-key"},
		{"java -DINSPECTO_KEY=KEY -jar x", "INSPECTO_KEY"},
		{"java -Dinspecto.key=KEY -jar x", "inspecto.key"},
		{"docker run -e INSPECTO_KEY=KEY x", "INSPECTO_KEY"},
		{"docker build --build-arg INSPECTO_KEY=KEY .", "INSPECTO_KEY"},
		{"aws ssm put-parameter --name INSPECTO_KEY --value KEY", "INSPECTO_KEY"},
		{"kubectl create secret generic s --from-literal=INSPECTO_KEY=KEY", "INSPECTO_KEY"},
		{`curl -H "Authorization: Bearer KEY" https://x`, "Authorization"},
		{`curl -H 'X-Api-Key: KEY'`, "X-Api-Key"},
		{`curl -H X-Api-Key:KEY`, "X-Api-Key"},
		{"curl 'https://api.inspecto.com/v1?api_key=KEY'", "api_key"},
		{"Authorization: Bearer KEY", "Authorization"},
		{"Authorization: token KEY", "Authorization"},
		{"machine api.inspecto.com login x password KEY", "password"},
		{"echo KEY", ""},
		{"KEY", ""},

		// JSON, YAML, TOML, INI, properties
		{`{"inspectoApiKey": "KEY"}`, "inspectoApiKey"},
		{`{"inspectoApiKey":"KEY"}`, "inspectoApiKey"},
		{`{"a": "{\"apiKey\": \"KEY\"}"}`, "apiKey"},
		{`{"headers": {"Authorization": "Bearer KEY"}}`, "Authorization"},
		{"{\n  \"x-api-key\":\n    \"KEY\"\n}", "x-api-key"},
		{`{"keys": ["KEY"]}`, "keys"},
		{`{"name": "INSPECTO_KEY", "value": "KEY"}`, "INSPECTO_KEY"},
		{"{\n \"name\": \"INSPECTO_KEY\",\n \"value\": \"KEY\"\n}", "INSPECTO_KEY"},
		{`{"key": "apiKey", "value": "KEY", "type": "text"}`, "apiKey"},
		{`{"ParameterKey": "InspectoKey", "ParameterValue": "KEY"}`, "InspectoKey"},
		{"\"inspectoKey\": {\n  \"value\": \"KEY\"", "inspectoKey"},
		{"{\"value\": \"KEY\"}", "value"},
		{"api_key: KEY", "api_key"},
		{"api_key: 'KEY'", "api_key"},
		{"  - api-key: KEY", "api-key"},
		{"api_key: |\n  KEY", "api_key"},
		{"api_key: >-\n  KEY", "api_key"},
		{"api_key:\n  KEY", "api_key"},
		{"    env:\n    - name: INSPECTO_KEY\n      value: KEY", "INSPECTO_KEY"},
		{"    - name: \"INSPECTO_KEY\"\n      value: \"KEY\"", "INSPECTO_KEY"},
		{"  - key: INSPECTO_KEY\n    value: KEY", "INSPECTO_KEY"},
		{"inspecto_key:\n  default: KEY", "inspecto_key"},
		{"    environment:\n      - INSPECTO_KEY=KEY", "INSPECTO_KEY"},
		{"    environment:\n      - \"NEXT_PUBLIC_KEY=KEY\"", "NEXT_PUBLIC_KEY"},
		{"    environment:\n      INSPECTO_KEY: KEY", "INSPECTO_KEY"},
		{"args: INSPECTO_KEY=KEY", "INSPECTO_KEY"},
		{"api_key = \"KEY\"", "api_key"},
		{"[inspecto]\nkey=KEY", "key"},
		{"inspecto.api.key=KEY", "inspecto.api.key"},
		{"inspecto.api.key: KEY", "inspecto.api.key"},
		{"variable \"inspecto_key\" {\n  default = \"KEY\"", "inspecto_key"},
		{"set {\n  name  = \"inspecto.key\"\n  value = \"KEY\"", "inspecto.key"},
		{"Environment=\"INSPECTO_KEY=KEY\"", "INSPECTO_KEY"},
		{"proxy_set_header Authorization \"Bearer KEY\";", "Authorization"},

		// Dockerfile and make
		{"ENV INSPECTO_KEY=KEY", "INSPECTO_KEY"},
		{"ENV INSPECTO_KEY KEY", "INSPECTO_KEY"},
		{"ENV INSPECTO_KEY=\"KEY\"", "INSPECTO_KEY"},
		{"ENV A=1 \\\n    VITE_KEY=KEY", "VITE_KEY"},
		{"ARG INSPECTO_KEY=KEY", "INSPECTO_KEY"},
		{"INSPECTO_KEY := KEY", "INSPECTO_KEY"},
		{"INSPECTO_KEY ?= KEY", "INSPECTO_KEY"},

		// JavaScript and TypeScript
		{`const apiKey = "KEY";`, "apiKey"},
		{"let apiKey='KEY'", "apiKey"},
		{"var a=1,apiKey=\"KEY\"", "apiKey"},
		{"const apiKey: string = `KEY`", "apiKey"},
		{"const apiKey: string | undefined = 'KEY'", "apiKey"},
		{"export const API_KEY = 'KEY' as const", "API_KEY"},
		{"{apiKey: 'KEY'}", "apiKey"},
		{"{ base: 'x', 'api-key': 'KEY' }", "api-key"},
		{"{[\"apiKey\"]: 'KEY'}", "apiKey"},
		{"process.env.INSPECTO_KEY = 'KEY'", "INSPECTO_KEY"},
		{"process.env['INSPECTO_KEY'] = 'KEY'", "INSPECTO_KEY"},
		{"process.env.INSPECTO_KEY ||= 'KEY'", "INSPECTO_KEY"},
		{"import.meta.env.VITE_KEY = 'KEY'", "VITE_KEY"},
		{"window.__KEY__ = 'KEY'", "__KEY__"},
		{"this.apiKey = 'KEY'", "apiKey"},
		{"  private readonly apiKey: string = 'KEY';", "apiKey"},
		{"  apiKey?: string = 'KEY';", "apiKey"},
		{"const k = process.env.INSPECTO_KEY || 'KEY'", "k"},
		{"const k = process.env['INSPECTO_KEY'] ?? 'KEY'", "k"},
		{"{apiKey: process.env.NEXT_PUBLIC_KEY || 'KEY'}", "apiKey"},
		{"const k = production ? 'KEY' : 'x'", "k"},
		{"const k = production ? 'x' : 'KEY'", "k"},
		{"const h = 'Bearer ' + 'KEY'", "h"},
		{"headers: { Authorization: `Bearer KEY` }", "Authorization"},
		{"headers.set('Authorization', 'Bearer KEY')", "Authorization"},
		{"req.setHeader(\n  'X-Api-Key',\n  'KEY'\n)", "X-Api-Key"},
		{"{'process.env.INSPECTO_KEY': JSON.stringify('KEY')}", "INSPECTO_KEY"},
		{"const c = new Client('KEY')", "c"},
		{"const apiKey =\n  'KEY';", "apiKey"},
		{"if (key === 'KEY') {", "key"},
		{"<Inspecto apiKey=\"KEY\" />", "apiKey"},
		{"<Inspecto apiKey={'KEY'} />", "apiKey"},
		{"fetch('https://api.inspecto.com/?k=KEY')", "k"},
		{"console.log('KEY')", ""},
		{"return 'KEY'", ""},
		{"foo('KEY')", ""},
		{"['a', 'KEY']", ""},

		// other languages
		{`API_KEY: str = "KEY"`, "API_KEY"},
		{`API_KEY: Optional[str] = "KEY"`, "API_KEY"},
		{`api_key = b"KEY"`, "api_key"},
		{`api_key = f'KEY'`, "api_key"},
		{`api_key = """KEY"""`, "api_key"},
		{`os.environ["INSPECTO_KEY"] = "KEY"`, "INSPECTO_KEY"},
		{`k = os.environ.get("INSPECTO_KEY", "KEY")`, "INSPECTO_KEY"},
		{`k = os.getenv("INSPECTO_KEY") or "KEY"`, "k"},
		{`client = Client(api_key="KEY")`, "api_key"},
		{`    if prod: key = "KEY"`, "key"},
		{`headers = {"Authorization": f"Bearer KEY"}`, "Authorization"},
		{`apiKey := "KEY"`, "apiKey"},
		{`var apiKey string = "KEY"`, "apiKey"},
		{`	apiKey = "KEY"`, "apiKey"},
		{`const apiKey = "KEY"`, "apiKey"},
		{"Config{APIKey: \"KEY\"}", "APIKey"},
		{`os.Setenv("INSPECTO_KEY", "KEY")`, "INSPECTO_KEY"},
		{`req.Header.Set("Authorization", "Bearer KEY")`, "Authorization"},
		{`private static final String API_KEY = "KEY";`, "API_KEY"},
		{`@Value("${inspecto.key:KEY}")`, "inspecto.key"},
		{`public const string ApiKey = "KEY";`, "ApiKey"},
		{`var key = @"KEY";`, "key"},
		{`request.Headers.Add("X-Api-Key", "KEY");`, "X-Api-Key"},
		{`$apiKey = 'KEY';`, "apiKey"},
		{`$config['api_key'] = 'KEY';`, "api_key"},
		{`'api_key' => 'KEY',`, "api_key"},
		{`'api_key' => env('INSPECTO_KEY', 'KEY'),`, "INSPECTO_KEY"},
		{`define('INSPECTO_KEY', 'KEY');`, "INSPECTO_KEY"},
		{`define("INSPECTO_KEY", "KEY");`, "INSPECTO_KEY"},
		{`$this->apiKey = 'KEY';`, "apiKey"},
		{`const API_KEY = 'KEY';`, "API_KEY"},
		{`curl_setopt($c, CURLOPT_HTTPHEADER, ['Authorization: Bearer KEY']);`, "Authorization"},
		{`ENV['INSPECTO_KEY'] = 'KEY'`, "INSPECTO_KEY"},
		{`ENV.fetch('INSPECTO_KEY', 'KEY')`, "INSPECTO_KEY"},
		{`@api_key = 'KEY'`, "api_key"},
		{`config.inspecto_key = 'KEY'`, "config.inspecto_key"},
		{`:api_key => 'KEY'`, "api_key"},
		{`api_key: "KEY"`, "api_key"},
		{`$ENV{INSPECTO_KEY} = 'KEY';`, "INSPECTO_KEY"},
		{`let api_key: &str = "KEY";`, "api_key"},
		{`pub const API_KEY: &'static str = "KEY";`, "API_KEY"},
		{`let k = String::from("KEY");`, "k"},
		{`std::env::set_var("INSPECTO_KEY", "KEY");`, "INSPECTO_KEY"},
		{`let apiKey: String = "KEY"`, "apiKey"},
		{`val apiKey: String = "KEY"`, "apiKey"},
		{`static const String apiKey = 'KEY';`, "apiKey"},
		{`#define API_KEY "KEY"`, "API_KEY"},
		{`const char *api_key = "KEY";`, "api_key"},
		{`static char key[] = "KEY";`, "key"},
		{`buildConfigField "String", "API_KEY", "\"KEY\""`, "API_KEY"},
		{`buildConfigField("String", "API_KEY", "\"KEY\"")`, "API_KEY"},
		{`resValue "string", "api_key", "KEY"`, "api_key"},
		{`manifestPlaceholders = [apiKey: "KEY"]`, "apiKey"},
		{`(def config {:api-key "KEY"})`, "api-key"},
		{`Sys.setenv(INSPECTO_KEY = "KEY")`, "INSPECTO_KEY"},
		{`config :app, api_key: "KEY"`, "api_key"},
		{`["api_key"] = "KEY",`, "api_key"},

		// markup
		{"<key>InspectoKey</key><string>KEY</string>", "InspectoKey"},
		{"<key>InspectoKey</key>\n\t<string>KEY</string>", "InspectoKey"},
		{"<name>inspecto.key</name>\n<value>KEY</value>", "inspecto.key"},
		{"<apiKey>KEY</apiKey>", "apiKey"},
		{`<string name="api_key">KEY</string>`, "api_key"},
		{`<string name="api_key" translatable="false">KEY</string>`, "api_key"},
		{`<entry key="inspecto.key">KEY</entry>`, "inspecto.key"},
		{`<add key="InspectoKey" value="KEY" />`, "InspectoKey"},
		{`<meta-data android:name="com.inspecto.KEY" android:value="KEY"/>`, "com.inspecto.KEY"},
		{"<meta-data\n  android:name=\"inspecto_key\"\n  android:value=\"KEY\"/>", "inspecto_key"},
		{`<meta name="inspecto-key" content="KEY">`, "inspecto-key"},
		{`<env name="INSPECTO_KEY" value="KEY"/>`, "INSPECTO_KEY"},
		{`<div data-api-key="KEY">`, "data-api-key"},
		{`<apiKey><![CDATA[KEY]]></apiKey>`, "apiKey"},
		{"<code>KEY</code>", ""},
		{"<td>KEY</td>", ""},

		// prose
		{"my key is KEY", ""},
		{"see https://x/KEY", ""},
		{"a `KEY` b", ""},
		{"don't use KEY", ""},
		{"- KEY", ""},
	} {
		at := strings.LastIndex(test.text, "KEY")
		if got := variableAt([]byte(test.text), at); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestVariableAtReadsUTF16(t *testing.T) {
	for _, bigEndian := range []bool{false, true} {
		buf := utf16Text("A=1\r\nNEXT_PUBLIC_KEY=\"", bigEndian)
		if got := variableAt(buf, len(buf)); got != "NEXT_PUBLIC_KEY" {
			t.Errorf("big endian %v: got %q", bigEndian, got)
		}
	}
}

func utf16Text(text string, bigEndian bool) []byte {
	var buf []byte
	for i := range len(text) {
		pair := []byte{text[i], 0}
		if bigEndian {
			pair = []byte{0, text[i]}
		}
		buf = append(buf, pair...)
	}
	return buf
}

func TestVariableAtLooksBackOnlySoFar(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{strings.Repeat("x", variableReach) + "=", ""}, // half a name is no name
		{"A=" + strings.Repeat("x ", variableReach), ""},
		{strings.Repeat("x ", variableReach) + "A=", "A"},
		{strings.Repeat("x", longestVariable) + "=", strings.Repeat("x", longestVariable)},
		{strings.Repeat("x", longestVariable+1) + "=", ""},
		{"A:\n\n\n\n  ", ""},
	} {
		if got := variableAt([]byte(test.text), len(test.text)); got != test.want {
			t.Errorf("%.40q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestVariableIsNeverAKey(t *testing.T) {
	secret := factsKey(1)
	for _, text := range []string{
		`{"` + secret + `": "`,
		secret + "=",
		secret[5:] + "=",
		"x_" + secret[5:25] + ": ",
		"insp_" + "test_q7b2x5e9f1z6g3h8 = ",
	} {
		if got := variableAt([]byte(text), len(text)); got != "" {
			t.Errorf("%q gives the name %q", text, got)
		}
	}
}

// FuzzVariableAt: a name is short, of the characters of names, stands in the
// text, and is no part of a key.
func FuzzVariableAt(f *testing.F) {
	for _, seed := range []string{"export A='", `{"name":"X","value":"`, "<a name=\"x\"><string>", "x[\"y\"] = f(\n\t'", "a ? \"b\" : '", "${X:-", "X: |\n  "} {
		f.Add([]byte(seed))
	}
	secret := factsKey(2)
	f.Fuzz(func(t *testing.T, text []byte) {
		text = append([]byte(secret+"\n"), text...)
		name := variableAt(text, len(text))
		if len(name) > longestVariable || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }) {
			t.Fatalf("%q: bad name %q", text, name)
		}
		if !strings.Contains(strings.ReplaceAll(string(text), "\x00", ""), name) {
			t.Fatalf("%q: name %q is not in it", text, name)
		}
		if piece := keyPiece(secret, name); piece != "" {
			t.Fatalf("%q: name %q holds %q of a key", text, name, piece)
		}
	})
}
