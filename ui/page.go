package ui

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"sportello/protocol/local"
)

// contentTypes are ours and not the system's: on Windows the registry can turn .js into text/plain, and
// with nosniff no browser would run it then.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
	".woff":        "font/woff",
	".woff2":       "font/woff2",
}

// hashed names change with their content, as the page's build makes them (assets/index-BX3kq_9d.js).
var hashed = regexp.MustCompile(`^assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$`)

// pages serves the page's files and nothing else: "/" is index.html, the page finds its way by the part
// after #, so that no other address leads to it.
func (s *Server) pages() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if strings.HasPrefix(r.URL.Path, "/api/") {
				s.refuse(w, r, &local.Error{Code: local.CodeNotFound})
				return
			}
			w.Header().Set("Allow", "GET, HEAD")
			s.refuse(w, r, &local.Error{Code: local.CodeMethod})
			return
		}
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		kind, known := contentTypes[path.Ext(name)]
		if !known || !fs.ValidPath(name) {
			s.refuse(w, r, &local.Error{Code: local.CodeNotFound})
			return
		}
		content, err := fs.ReadFile(s.options.Page, name)
		if err != nil {
			s.refuse(w, r, &local.Error{Code: local.CodeNotFound})
			return
		}
		if name == "index.html" && Built {
			content = s.inLanguage(content)
		}
		switch {
		case hashed.MatchString(name):
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		case name != "index.html":
			w.Header().Set("Cache-Control", "no-cache")
		}
		w.Header().Set("Content-Type", kind)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
		if r.Method == http.MethodHead {
			return
		}
		_, _ = w.Write(content)
	})
}

// inLanguage says in the page's first line which language the service is set to: the page fetches its texts by
// it, before anybody has signed in.
func (s *Server) inLanguage(page []byte) []byte {
	return bytes.Replace(page, []byte(`<html lang="it"`), []byte(`<html lang="`+string(s.options.Language)+`"`), 1)
}
