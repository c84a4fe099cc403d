package ui

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"sportello/protocol/local"
)

// guard decides by a request's Host and Origin whether it is looked at at all (design 9). Names are compared
// exactly, as browsers write them: no case folding, no trailing dot, no other spelling of an address.
type guard struct {
	hosts   []string // host[:port] as the Host header has it
	origins []string // configured foreign pages
	scheme  string   // http, or https behind TLS
	cross   *http.CrossOriginProtection
}

// newGuard builds the lists from the address that is listened on and what is configured. Listening on
// every address adds only the loopback names: the others must be configured (hosts), because a name
// that anybody's DNS can point here is what rebinding attacks use.
func newGuard(address net.Addr, hosts, origins []string, secure bool) (*guard, error) {
	g := &guard{origins: slices.Clone(origins), scheme: "http", cross: http.NewCrossOriginProtection()}
	standard := "80"
	if secure {
		g.scheme, standard = "https", "443"
	}
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return nil, err
	}
	names := slices.Clone(hosts)
	switch ip := net.ParseIP(host); {
	case ip == nil:
		names = append(names, host)
	case ip.IsUnspecified():
		names = append(names, "127.0.0.1", "::1", "localhost")
	case ip.IsLoopback():
		names = append(names, ip.String(), "localhost")
	default:
		names = append(names, ip.String())
	}
	for _, name := range names {
		if _, _, err := net.SplitHostPort(name); err == nil {
			g.hosts = append(g.hosts, name)
			continue
		}
		name = strings.Trim(name, "[]")
		g.hosts = append(g.hosts, net.JoinHostPort(name, port))
		if port == standard {
			g.hosts = append(g.hosts, strings.TrimSuffix(net.JoinHostPort(name, ""), ":"))
		}
	}
	for _, origin := range origins {
		if err := g.cross.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// check is nil for a request that may be looked at.
func (g *guard) check(r *http.Request) *local.Error {
	if !slices.Contains(g.hosts, r.Host) {
		return &local.Error{Code: local.CodeForbiddenHost}
	}
	if given, ok := r.Header["Origin"]; ok && (len(given) != 1 || !g.origin(given[0], r.Host)) {
		return &local.Error{Code: local.CodeForbiddenOrigin}
	}
	if err := g.cross.Check(r); err != nil {
		return &local.Error{Code: local.CodeForbiddenOrigin, Detail: err.Error()}
	}
	return nil
}

// origin is the page's own for that host, or a configured one. "null" is neither.
func (g *guard) origin(origin, host string) bool {
	return origin == g.scheme+"://"+host || slices.Contains(g.origins, origin)
}

// securityHeaders go out with every answer, refusals included.
var securityHeaders = map[string]string{
	"Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; " +
		"font-src 'self'; connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), hid=(), microphone=(), payment=(), serial=(), usb=()",
	"Cache-Control":                "no-store",
}
