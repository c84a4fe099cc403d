package ui

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"sportello/protocol/local"
)

// doors are Host and Origin as a browser, a script or an attack sends them. P is the server's port; "-" is
// no header at all. Everything but the first few is refused, on every kind of request.
var doors = []struct {
	host, origin string
	want         local.Code // "" lets in
}{
	{"127.0.0.1:P", "-", ""},
	{"localhost:P", "-", ""},
	{"127.0.0.1:P", "http://127.0.0.1:P", ""},
	{"localhost:P", "http://localhost:P", ""},
	{"cassa.comune.example:P", "-", ""},
	{"cassa.comune.example:P", "http://cassa.comune.example:P", ""},
	{"proxy.comune.example:8080", "http://proxy.comune.example:8080", ""},
	{"127.0.0.1:P", "https://gestionale.comune.example", ""},

	// Hosts that are not ours.
	{"", "-", local.CodeForbiddenHost},
	{"127.0.0.1", "-", local.CodeForbiddenHost},
	{"localhost", "-", local.CodeForbiddenHost},
	{"127.0.0.1:1", "-", local.CodeForbiddenHost},
	{"localhost:80", "-", local.CodeForbiddenHost},
	{"127.0.0.1:P0", "-", local.CodeForbiddenHost},
	{"127.0.0.1:0P", "-", local.CodeForbiddenHost},
	{"127.1:P", "-", local.CodeForbiddenHost},
	{"127.0.1:P", "-", local.CodeForbiddenHost},
	{"127.0.0.2:P", "-", local.CodeForbiddenHost},
	{"127.000.000.001:P", "-", local.CodeForbiddenHost},
	{"0177.0.0.1:P", "-", local.CodeForbiddenHost},
	{"0x7f.0.0.1:P", "-", local.CodeForbiddenHost},
	{"2130706433:P", "-", local.CodeForbiddenHost},
	{"0.0.0.0:P", "-", local.CodeForbiddenHost},
	{"0:P", "-", local.CodeForbiddenHost},
	{"[::1]:P", "-", local.CodeForbiddenHost},
	{"[::]:P", "-", local.CodeForbiddenHost},
	{"[::ffff:127.0.0.1]:P", "-", local.CodeForbiddenHost},
	{"[0:0:0:0:0:0:0:1]:P", "-", local.CodeForbiddenHost},
	{"LOCALHOST:P", "-", local.CodeForbiddenHost},
	{"Localhost:P", "-", local.CodeForbiddenHost},
	{"localhost.:P", "-", local.CodeForbiddenHost},
	{"127.0.0.1.:P", "-", local.CodeForbiddenHost},
	{"localhost.localdomain:P", "-", local.CodeForbiddenHost},
	{"localhost.evil.example:P", "-", local.CodeForbiddenHost},
	{"127.0.0.1.evil.example:P", "-", local.CodeForbiddenHost},
	{"127.0.0.1.nip.io:P", "-", local.CodeForbiddenHost},
	{"localtest.me:P", "-", local.CodeForbiddenHost},
	{"evil.example:P", "-", local.CodeForbiddenHost},
	{"evil.example:P", "http://evil.example:P", local.CodeForbiddenHost}, // rebinding: origin fits its own host
	{"rebind.network:P", "http://rebind.network:P", local.CodeForbiddenHost},
	{"cassa.comune.example", "-", local.CodeForbiddenHost},
	{"CASSA.comune.example:P", "-", local.CodeForbiddenHost},
	{"xcassa.comune.example:P", "-", local.CodeForbiddenHost},
	{"cassa.comune.example.evil.example:P", "-", local.CodeForbiddenHost},
	{"proxy.comune.example:P", "-", local.CodeForbiddenHost},
	{"user@127.0.0.1:P", "-", local.CodeForbiddenHost},
	{"127.0.0.1:P@evil.example", "-", local.CodeForbiddenHost},
	{"xn--lcalhost-0ya:P", "-", local.CodeForbiddenHost},
	{"127.0.0.1:P,evil.example", "-", local.CodeForbiddenHost},

	// Origins that are not ours.
	{"127.0.0.1:P", "null", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://127.0.0.1", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://127.0.0.1:80", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://127.0.0.1:P0", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "https://127.0.0.1:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "ws://127.0.0.1:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "file://", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "chrome-extension://abcdefghijklmnop", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://localhost:P", local.CodeForbiddenOrigin}, // ours, but not this page's
	{"localhost:P", "http://127.0.0.1:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://127.0.0.1:P/", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "HTTP://127.0.0.1:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://127.0.0.1.:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://127.1:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://0.0.0.0:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://[::1]:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://user@127.0.0.1:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://127.0.0.1:P@evil.example", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://127.0.0.1:P.evil.example", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://evil.example", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://evil.example:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://localhost.evil.example:P", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://gestionale.comune.example", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "https://gestionale.comune.example:8443", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "https://gestionale.comune.example.evil.example", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "https://xgestionale.comune.example", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "https://GESTIONALE.comune.example", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "https://gestionale.comune.example null", local.CodeForbiddenOrigin},
	{"127.0.0.1:P", "http://127.0.0.1:P http://evil.example", local.CodeForbiddenOrigin},
}

func guarded(t testing.TB) *desk {
	return open(t, func(o *Options) {
		o.Hosts = []string{"cassa.comune.example", "proxy.comune.example:8080"}
		o.Origins = []string{"https://gestionale.comune.example"}
	})
}

func TestDoors(t *testing.T) {
	d := guarded(t)
	_, port, _ := net.SplitHostPort(d.host)
	kinds := []struct {
		name, line, extra string
		let               int
	}{
		{"page", "GET / HTTP/1.1", "", http.StatusOK},
		{"health", "GET /healthz HTTP/1.1", "", http.StatusOK},
		{"read", "GET /api/v1/queue HTTP/1.1", "Authorization: Bearer " + clerkToken + "\r\n", http.StatusOK},
		{"sign-in", "POST /api/v1/session HTTP/1.1", jsonBody(`{"operator":"anna","pin":"1111"}`), http.StatusCreated},
		{"write", "POST /api/v1/notices/lookup HTTP/1.1", "Authorization: Bearer " + clerkToken + "\r\n" + jsonBody(`{"code":"1"}`), http.StatusOK},
		{"upgrade", "GET /api/v1/events HTTP/1.1", upgrade, http.StatusSwitchingProtocols},
		{"unknown", "GET /nothing HTTP/1.1", "", http.StatusNotFound},
	}
	refusals := 0
	for _, door := range doors {
		host, origin := strings.ReplaceAll(door.host, "P", port), door.origin
		if strings.Contains(door.host, "CASSA") || strings.Contains(door.host, "LOCALHOST") {
			host = strings.TrimSuffix(door.host, "P") + port
		}
		if i := strings.LastIndex(origin, ":P"); i >= 0 {
			origin = strings.ReplaceAll(origin, ":P", ":"+port)
		}
		if door.want != "" {
			refusals++
		}
		for _, kind := range kinds {
			head, body, _ := strings.Cut(kind.extra, "\r\n\r\n")
			if kind.extra != "" && !strings.HasSuffix(head, "\r\n") {
				head += "\r\n"
			}
			request := kind.line + "\r\nHost: " + host + "\r\n" + head
			if origin != "-" {
				request += "Origin: " + origin + "\r\n"
			}
			if kind.name != "upgrade" {
				request += "Connection: close\r\n"
			}
			got := d.raw(request + "\r\n" + body)
			where := fmt.Sprintf("%s, Host %q, Origin %q", kind.name, host, origin)
			if door.want == "" {
				if got.status != kind.let {
					t.Errorf("%s: %d %s, want %d", where, got.status, got.body, kind.let)
				}
				continue
			}
			// net/http itself answers some malformed hosts, with a 400 of its own.
			if door.want == local.CodeForbiddenHost && got.status == http.StatusBadRequest && strings.HasPrefix(string(got.body), "400 Bad Request") {
				continue
			}
			if got.status != local.HTTPStatus(door.want) || got.code(t) != door.want {
				t.Errorf("%s: %d %s, want %s", where, got.status, got.body, door.want)
			}
		}
	}
	if len(doors) < 40 || refusals < len(doors)*3/4 {
		t.Errorf("%d doors, %d of them refusals: the table has shrunk", len(doors), refusals)
	}
	if n := len(d.till.payments) + len(d.till.actions); n != 0 {
		t.Errorf("%d things happened", n)
	}
}

const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

func jsonBody(text string) string {
	return fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
}

// What browsers say about a request's source counts too, and two Origins are none.
func TestCrossSiteAndOddRequests(t *testing.T) {
	d := guarded(t)
	post := "POST /api/v1/notices/lookup HTTP/1.1\r\nHost: " + d.host + "\r\nConnection: close\r\nAuthorization: Bearer " + clerkToken + "\r\n"
	for name, c := range map[string]struct {
		request string
		want    int
	}{
		"same origin":         {post + "Sec-Fetch-Site: same-origin\r\nOrigin: http://" + d.host + "\r\n" + jsonBody(`{"code":"1"}`), http.StatusOK},
		"cross-site":          {post + "Sec-Fetch-Site: cross-site\r\n" + jsonBody(`{"code":"1"}`), http.StatusForbidden},
		"same-site":           {post + "Sec-Fetch-Site: same-site\r\n" + jsonBody(`{"code":"1"}`), http.StatusForbidden},
		"two origins":         {post + "Origin: http://" + d.host + "\r\nOrigin: http://evil.example\r\n" + jsonBody(`{"code":"1"}`), http.StatusForbidden},
		"own origin twice":    {post + "Origin: http://" + d.host + "\r\nOrigin: http://" + d.host + "\r\n" + jsonBody(`{"code":"1"}`), http.StatusForbidden},
		"two hosts":           {"GET /healthz HTTP/1.1\r\nHost: " + d.host + "\r\nHost: evil.example\r\nConnection: close\r\n\r\n", http.StatusBadRequest},
		"no host":             {"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", http.StatusBadRequest},
		"no host, 1.0":        {"GET /healthz HTTP/1.0\r\n\r\n", http.StatusMisdirectedRequest},
		"absolute, foreign":   {"GET http://evil.example/healthz HTTP/1.1\r\nHost: " + d.host + "\r\nConnection: close\r\n\r\n", http.StatusMisdirectedRequest},
		"forwarded host":      {"GET /healthz HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: " + d.host + "\r\nConnection: close\r\n\r\n", http.StatusMisdirectedRequest},
		"connect":             {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n", http.StatusMisdirectedRequest},
		"text/plain":          {post + strings.Replace(jsonBody(`{"code":"1"}`), "application/json", "text/plain", 1), http.StatusBadRequest},
		"form":                {post + strings.Replace(jsonBody(`code=1`), "application/json", "application/x-www-form-urlencoded", 1), http.StatusBadRequest},
		"cookie is no token":  {"GET /api/v1/queue HTTP/1.1\r\nHost: " + d.host + "\r\nCookie: token=" + clerkToken + "\r\nConnection: close\r\n\r\n", http.StatusUnauthorized},
		"token in the URL":    {"GET /api/v1/queue?token=" + clerkToken + " HTTP/1.1\r\nHost: " + d.host + "\r\nConnection: close\r\n\r\n", http.StatusUnauthorized},
		"basic authorization": {"GET /api/v1/queue HTTP/1.1\r\nHost: " + d.host + "\r\nAuthorization: Basic " + clerkToken + "\r\nConnection: close\r\n\r\n", http.StatusUnauthorized},
	} {
		if got := d.raw(c.request); got.status != c.want {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.body, c.want)
		}
	}
}

// Which names an address stands for.
func TestHostsOfAddresses(t *testing.T) {
	address := func(text string) net.Addr {
		a, err := net.ResolveTCPAddr("tcp", text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, c := range []struct {
		listen string
		secure bool
		hosts  []string
		want   string
	}{
		{"127.0.0.1:8417", false, nil, "127.0.0.1:8417 localhost:8417"},
		{"127.0.0.1:80", false, nil, "127.0.0.1:80 127.0.0.1 localhost:80 localhost"},
		{"127.0.0.1:443", false, nil, "127.0.0.1:443 localhost:443"},
		{"127.0.0.1:443", true, nil, "127.0.0.1:443 127.0.0.1 localhost:443 localhost"},
		{"[::1]:8417", false, nil, "[::1]:8417 localhost:8417"},
		{"[::1]:80", false, nil, "[::1]:80 [::1] localhost:80 localhost"},
		{"192.0.2.7:8417", true, []string{"cassa"}, "cassa:8417 192.0.2.7:8417"},
		{"0.0.0.0:8417", true, []string{"cassa:9000", "[2001:db8::1]"}, "cassa:9000 [2001:db8::1]:8417 127.0.0.1:8417 [::1]:8417 localhost:8417"},
	} {
		g, err := newGuard(address(c.listen), c.hosts, nil, c.secure)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(g.hosts, " "); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.listen, c.hosts, got, c.want)
		}
	}
	for _, bad := range []string{"gestionale.comune.example", "https://gestionale.comune.example/", "null", "https://a b"} {
		if _, err := newGuard(address("127.0.0.1:8417"), nil, []string{bad}, false); err == nil {
			t.Errorf("origin %q was taken", bad)
		}
	}
}

func TestHeaders(t *testing.T) {
	d := open(t, nil)
	for _, path := range []string{"/", "/healthz", "/api/v1/queue", "/nothing", "/api/v1/nothing"} {
		got := d.ask("GET", path, "", "")
		for name, value := range securityHeaders {
			if have := got.header.Get(name); have != value {
				t.Errorf("%s: %s is %q", path, name, have)
			}
		}
		if policy := got.header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s sets a cookie", path)
		}
		for name := range got.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s lets other pages read answers", path, name)
			}
		}
	}
}
