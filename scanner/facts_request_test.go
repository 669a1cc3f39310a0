package scanner

import (
	"strings"
	"testing"

	"github.com/inspecto/insplint/rules"
)

// factsOf are the facts of the one key in a text, which stands at KEY.
func factsOf(t *testing.T, path, text string) rules.Occurrence {
	t.Helper()
	found, _ := search{path: path}.buffer([]byte(strings.Replace(text, "KEY", requestKey, 1)))
	if len(found) != 1 {
		t.Fatalf("%d keys in %q", len(found), text)
	}
	return found[0].place
}

// requestKey is made when the test runs, so that no file holds a key.
var requestKey = "insp_" + strings.Repeat("0f1e2d3c4b5a6978", 3) + "8877665544332211"

func TestURLPlace(t *testing.T) {
	for _, test := range []struct {
		text string
		want rules.URLPlace
	}{
		{`curl "https://api.inspecto.com/api/third-party/v1/vehicles?token=KEY"`, rules.URLPlace{Part: rules.URLQuery, Parameter: "token", Command: "curl"}},
		{"curl -s \\\n  --retry 2 \\\n  'https://h/v?a=1&api_key=KEY&b=2'", rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key", Command: "curl"}},
		{`  wget -q https://h/v?k=KEY`, rules.URLPlace{Part: rules.URLQuery, Parameter: "k", Command: "wget"}},
		{`http GET https://h/v?k=KEY`, rules.URLPlace{Part: rules.URLQuery, Parameter: "k", Command: "http"}},
		{"fetch(`${BASE}/vehicles?api_key=KEY`)", rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{`"url": "https:\/\/h\/v?api_key=KEY"`, rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{`href="https://h/v?a=1&amp;key=KEY"`, rules.URLPlace{Part: rules.URLQuery, Parameter: "key"}},
		{`redirect=https%3A%2F%2Fh%2Fv%3Ftoken%3DKEY`, rules.URLPlace{Part: rules.URLQuery, Parameter: "token"}},
		{`GET /vehicles?key=KEY HTTP/1.1`, rules.URLPlace{Part: rules.URLQuery, Parameter: "key"}},
		{`url.searchParams.set("token", "KEY")`, rules.URLPlace{Part: rules.URLQuery, Parameter: "token"}},
		{`const query = new URLSearchParams({ page: "1", api_key: "KEY" })`, rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{`fetch(base + "?" + new URLSearchParams({ "token": "KEY" }))`, rules.URLPlace{Part: rules.URLQuery, Parameter: "token"}},
		{`q.Add("api_key", "KEY")`, rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{`url.newBuilder().addQueryParameter("k", "KEY")`, rules.URLPlace{Part: rules.URLQuery, Parameter: "k"}},
		{`URLQueryItem(name: "k", value: "KEY")`, rules.URLPlace{Part: rules.URLQuery, Parameter: "k"}},
		{`u = base + "/vehicles?key=" + "KEY"`, rules.URLPlace{Part: rules.URLQuery, Parameter: "key"}},
		{`curl -G https://h/v --data-urlencode "api_key=KEY"`, rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key", Command: "curl"}},
		{"curl --get \\\n -d api_key=KEY \\\n https://h/v", rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key", Command: "curl"}},
		{`curl -d api_key=KEY https://h/v`, rules.URLPlace{}},
		{`form.Add("api_key", "KEY")`, rules.URLPlace{}},
		{`body: new URLSearchParams({ token: "KEY" })`, rules.URLPlace{}},
		{`requests.get(URL, params={"page": 1, "api_key": "KEY"})`, rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{"axios.get('/vehicles', {\n  params: { apiKey: 'KEY' }", rules.URLPlace{Part: rules.URLQuery, Parameter: "apiKey"}},
		{`https://KEY@api.inspecto.com/vehicles`, rules.URLPlace{Part: rules.URLUserInfo}},
		{`https://user:KEY@api.inspecto.com/vehicles`, rules.URLPlace{Part: rules.URLUserInfo}},
		{`https://KEY:x@api.inspecto.com/vehicles`, rules.URLPlace{Part: rules.URLUserInfo}},
		{`https://api.inspecto.com/keys/KEY/vehicles`, rules.URLPlace{Part: rules.URLPath}},

		{`INSPECTO_API_KEY=KEY`, rules.URLPlace{}},
		{`curl -H "Authorization: Bearer KEY" https://api.inspecto.com/v?page=1`, rules.URLPlace{}},
		{`curl https://api.inspecto.com/v?page=1 -H "Authorization: Bearer KEY"`, rules.URLPlace{}},
		{`const k = ok ? "KEY" : ""`, rules.URLPlace{}},
		{`grant=x&api_key=KEY`, rules.URLPlace{}}, // a form's body
		{`run & KEY=1`, rules.URLPlace{}},
		{`mailto KEY@example.com`, rules.URLPlace{}},
		{`{"base": "https://api.inspecto.com/v1", "key": "KEY"}`, rules.URLPlace{}},
		{`URL=https://api.inspecto.com/v1;KEY`, rules.URLPlace{}},
		{"r = session.get(\n    URL,\n    params=dict(api_key=\"KEY\"),\n)", rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{`$client->get('/v', ['query' => ['api_key' => 'KEY']]);`, rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{`$client->post('/v', ['json' => ['api_key' => 'KEY']]);`, rules.URLPlace{}},
		{`v := url.Values{"api_key": {"KEY"}}`, rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{`uri.query = URI.encode_www_form(api_key: "KEY")`, rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{`req.body = URI.encode_www_form(api_key: "KEY")`, rules.URLPlace{}},
		{`{"url":{"host":["api"],"query":[{"key":"api_key","value":"KEY"}]}}`, rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{"parameters:\n  - name: api_key\n    value: KEY\n", rules.URLPlace{Part: rules.URLQuery, Parameter: "api_key"}},
		{"variables:\n  - name: api_key\n    value: KEY\n", rules.URLPlace{}},
		{`params = {"api_key": "KEY"}`, rules.URLPlace{}}, // of what, nobody knows
	} {
		if got := factsOf(t, "x", test.text).URL; got != test.want {
			t.Errorf("%s\n got %+v\nwant %+v", test.text, got, test.want)
		}
	}
}

func TestAuthHeader(t *testing.T) {
	none, bare := rules.AuthHeader{}, rules.AuthHeader{Sent: true}
	with := func(scheme string) rules.AuthHeader { return rules.AuthHeader{Sent: true, Scheme: scheme} }
	joined := func(scheme string) rules.AuthHeader {
		return rules.AuthHeader{Sent: true, Scheme: scheme, Joined: true}
	}
	for _, test := range []struct {
		text string
		want rules.AuthHeader
	}{
		{`curl -H "Authorization: KEY" https://h`, bare},
		{`request.setValue("KEY", forHTTPHeaderField: "Authorization")`, bare},
		{`request.setValue("Token KEY", forHTTPHeaderField: "Authorization")`, with("Token")},
		{`request.setValue("KEY", forHTTPHeaderField: "X-Key")`, none},
		{`new AuthenticationHeaderValue("Basic", "KEY")`, none},
		{`h.Authorization = new AuthenticationHeaderValue("Basic", "KEY")`, with("Basic")},
		{`h.Authorization = new AuthenticationHeaderValue("Bearer", "KEY")`, with("Bearer")},
		{`proxy_set_header Authorization "KEY";`, bare},
		{`RequestHeader set Authorization "Bearer KEY"`, with("Bearer")},
		{`curl -H 'authorization:KEY' https://h`, bare},
		{"GET /v HTTP/1.1\nHost: h\nAuthorization: KEY\n", bare},
		{"GET https://h/v\nAuthorization: Token KEY\n", with("Token")},
		{`fetch(u, { headers: { Authorization: "KEY" } })`, bare},
		{"fetch(u, { headers: { 'Authorization': `KEY` } })", bare},
		{`headers: { "Authorization": "ApiKey KEY" }`, with("ApiKey")},
		{`axios.defaults.headers.common["Authorization"] = "KEY";`, bare},
		{`axios.defaults.headers.Authorization = 'KEY'`, bare},
		{`req.Header.Set("Authorization", "KEY")`, bare},
		{`req.Header.Set("Authorization", "Bearer"+"KEY")`, joined("Bearer")},
		{`req.Header.Set("Authorization", "BearerKEY")`, joined("Bearer")},
		{`req.Header.Set("Authorization", "Bearer: KEY")`, with("Bearer:")},
		{`requests.get(u, headers={"Authorization": "KEY"})`, bare},
		{`requests.get(u, headers={"Authorization": f"KEY"})`, bare},
		{`requests.get(u, auth=("KEY", ""))`, with("Basic")},
		{`curl -u KEY: https://h`, with("Basic")},
		{"curl -s \\\n  --user 'KEY:' https://h", with("Basic")},
		{`.header("Authorization", "Token KEY")`, with("Token")},
		{`request['Authorization'] = 'KEY'`, bare},
		{`'Authorization' => 'KEY',`, bare},
		{`array('Authorization: KEY')`, bare},
		{`-Headers @{Authorization = "KEY"}`, bare},
		{`{"key": "Authorization", "value": "KEY", "type": "text"}`, bare},
		{`{"name": "Authorization", "value": "Token KEY"}`, with("Token")},
		{"- name: Authorization\n  in: header\n  schema:\n    type: string\n  example: KEY\n", bare},
		{`"{\"Authorization\": \"KEY\"}"`, bare},

		{`curl -H "Authorization: Bearer KEY" https://h`, with("Bearer")},
		{`headers: { Authorization: "bearer KEY" }`, with("bearer")},
		{`req.Header.Set("Authorization", "Bearer " + "KEY")`, with("Bearer")},
		{`req.Header.Set("Authorization", "Bearer" + " KEY")`, with("Bearer")},
		{`'Authorization' => 'Bearer ' . 'KEY'`, with("Bearer")},
		{`{"key": "Authorization", "value": "Bearer KEY"}`, with("Bearer")},

		{`Proxy-Authorization: KEY`, none},
		{`"X-Authorization": "KEY"`, none},
		{`AUTHORIZATION=KEY`, none},
		{`const authorization = "KEY"`, none},
		{`authorization_key: KEY`, none},
		{`X-Api-Key: KEY`, rules.AuthHeader{Sent: true, Name: "X-Api-Key"}},
		{`curl -H "X-API-Key: KEY" u`, rules.AuthHeader{Sent: true, Name: "X-API-Key"}},
		{`headers: { 'x-api-key': 'KEY' }`, rules.AuthHeader{Sent: true, Name: "x-api-key"}},
		{`req.Header.Set("X-Auth-Token", "KEY")`, rules.AuthHeader{Sent: true, Name: "X-Auth-Token"}},
		{`x-api-key: Bearer KEY`, rules.AuthHeader{Sent: true, Name: "x-api-key", Scheme: "Bearer"}},
		{`.header(reqwest::header::AUTHORIZATION, "KEY")`, bare},
		{`headers: {HttpHeaders.authorizationHeader: 'KEY'}`, bare},
		{`headers: {HttpHeaders.authorizationHeader: 'Bearer KEY'}`, with("Bearer")},
		{`headers.set(HttpHeaders.AUTHORIZATION, "Token KEY")`, with("Token")},
		{`axios.get(u, { auth: { username: "KEY", password: "" } })`, with("Basic")},
		{`auth: { username: "x", password: "KEY" }`, with("Basic")},
		{`requests.get(u, auth=HTTPBasicAuth("KEY", ""))`, with("Basic")},
		{`req.SetBasicAuth("KEY", "")`, with("Basic")},
		{`{"auth":{"type":"basic","basic":[{"key":"username","value":"KEY"}]}}`, with("Basic")},
		{`{"auth":{"type":"bearer","bearer":[{"key":"token","value":"KEY"}]}}`, none},
		{`{"auth":{"type":"apikey","apikey":[{"key":"value","value":"KEY","type":"string"},{"key":"key","value":"Authorization"}]}}`, bare},
		{`{"auth":{"type":"apikey","apikey":[{"key":"key","value":"X-API-Key","type":"string"},{"key":"value","value":"KEY"}]}}`, rules.AuthHeader{Sent: true, Name: "X-API-Key"}},
		{"authentication:\n  type: basic\n  username: KEY\n", with("Basic")},
		{"authentication:\n  type: bearer\n  token: KEY\n", none},
		{`http -a KEY: https://api.inspecto.com/v`, with("Basic")},
		{`http -A bearer -a KEY https://api.inspecto.com/v`, none},
		{`{"user": {"username": "KEY"}}`, none},
		{`X-Request-Id: KEY`, none},
		{`apikey: KEY`, none},
		{`req.Header.Set("Authorization", fmt.Sprintf("Bearer %s", "KEY"))`, none},
		{"# Authorization is needed.\nKEY", none},
		{`{"name": "Authorization", "value": "x"}, {"name": "y", "value": "KEY"}`, none},
		{`headers = {"Authorization": token, "x": "KEY"}`, none},
		{`mysql -u KEY`, none},
	} {
		if got := factsOf(t, "x", test.text).Header; got != test.want {
			t.Errorf("%s\n got %+v\nwant %+v", test.text, got, test.want)
		}
	}
}

func TestHostVariable(t *testing.T) {
	const live, sandbox = "https://api.inspecto.com/api/third-party/v1", "https://sandbox.inspecto.com/api/third-party/v1"
	for _, test := range []struct{ name, text, want string }{
		{"pair", "INSPECTO_TOKEN=KEY\nINSPECTO_URL=" + live, "INSPECTO_URL"},
		{"pair of several", "INSPECTO_URL=" + live + "\nINSPECTO_SANDBOX_BASE_URL=" + sandbox + "\nINSPECTO_SANDBOX_TOKEN=KEY\n", "INSPECTO_SANDBOX_BASE_URL"},
		{"comment", "INSPECTO_URL=" + live + "\n# INSPECTO_URL=" + sandbox + "\nexport INSPECTO_SECRET=KEY\n", "INSPECTO_URL"},
		{"section", "[live]\nurl = " + live + "\n[sandbox]\nurl = " + sandbox + "\nkey = KEY\n", "url"},
		{"other section", "[live]\nurl = " + live + "\n[sandbox]\nkey = KEY\n", ""},
		{"other name", "SHOP_URL=" + live + "\nINSPECTO_SECRET=KEY\n", ""},
		{"they disagree", "INSPECTO_URL=" + live + "\nINSPECTO_HOST=" + sandbox + "\nINSPECTO_SECRET=KEY\n", ""},
	} {
		if got := factsOf(t, ".env", test.text).Pair.Name; got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	if got := factsOf(t, ".env", "# not "+sandbox+"\nK=KEY\n").Hosts; got != 0 {
		t.Errorf("a comment's host counts: %v", got)
	}
}

// BenchmarkRequestFacts measures what a match costs where every form is tried.
func BenchmarkRequestFacts(b *testing.B) {
	text := []byte(strings.Repeat("x: 1, ", 150) + `curl -H "authorization, params auth ` + requestKey)
	found, _ := search{path: "x"}.buffer(text)
	around := newSurroundings(text, nil)
	for b.Loop() {
		around.requests = 0
		o := found[0].place
		around.requestFacts(&o, found[0].match)
	}
}
