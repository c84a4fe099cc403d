package ui

import (
	"strings"
	"testing"
	"testing/fstest"

	"sportello/protocol/local"
)

// The page this binary carries is the one Built says it is: run with and without the tag webui.
func TestBuiltIsTrue(t *testing.T) {
	d := open(t, nil)
	got := d.ask("GET", "/", "", "")
	if got.status != 200 || got.header.Get("Content-Type") != "text/html; charset=utf-8" || got.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	page := string(got.body)
	if strings.Contains(page, `content="not-included"`) == Built {
		t.Errorf("Built is %v and the page says otherwise", Built)
	}
	if strings.Contains(page, "<script type=\"module\"") != Built {
		t.Errorf("Built is %v and the page has the other's script", Built)
	}
	if !strings.Contains(page, `lang="it"`) {
		t.Error("the page does not say that it is Italian")
	}
	for _, inline := range []string{"<style", "style=", "onclick=", "<script>"} {
		if strings.Contains(page, inline) {
			t.Errorf("the policy forbids %s", inline)
		}
	}
}

// The built page is told its language, which it has to know before anybody signs in; the hand-written one is Italian.
func TestPageLanguage(t *testing.T) {
	d := open(t, func(o *Options) { o.Language = local.German })
	page := string(d.ask("GET", "/", "", "").body)
	if strings.Contains(page, `<html lang="de"`) != Built {
		t.Errorf("Built is %v: %.80s", Built, page)
	}
}

func TestPageFiles(t *testing.T) {
	d := open(t, func(o *Options) {
		o.Page = fstest.MapFS{
			"index.html":                      {Data: []byte("<!doctype html>mine")},
			"assets/index-BX3kq_9d.js":        {Data: []byte("export {}")},
			"assets/index-BX3kq_9d.css":       {Data: []byte("body{}")},
			"assets/titillium-Ab12-_xy.woff2": {Data: []byte("wOF2")},
			"sprites.svg":                     {Data: []byte("<svg/>")},
			"assets/plain.js":                 {Data: []byte("1")},
			"secret.go":                       {Data: []byte("package x")},
			"assets/noextension":              {Data: []byte("x")},
		}
	})
	const forever = "public, max-age=31536000, immutable"
	for path, want := range map[string][3]string{
		"/":                                {"text/html; charset=utf-8", "no-store", "<!doctype html>mine"},
		"/index.html":                      {"text/html; charset=utf-8", "no-store", "<!doctype html>mine"},
		"/?x=1":                            {"text/html; charset=utf-8", "no-store", "<!doctype html>mine"},
		"/assets/index-BX3kq_9d.js":        {"text/javascript; charset=utf-8", forever, "export {}"},
		"/assets/index-BX3kq_9d.css":       {"text/css; charset=utf-8", forever, "body{}"},
		"/assets/titillium-Ab12-_xy.woff2": {"font/woff2", forever, "wOF2"},
		"/sprites.svg":                     {"image/svg+xml", "no-cache", "<svg/>"},
		"/assets/plain.js":                 {"text/javascript; charset=utf-8", "no-cache", "1"},
	} {
		got := d.ask("GET", path, "", "")
		if have := [3]string{got.header.Get("Content-Type"), got.header.Get("Cache-Control"), string(got.body)}; got.status != 200 || have != want {
			t.Errorf("%s: %d %q, want %q", path, got.status, have, want)
		}
		if head := d.ask("HEAD", path, "", ""); head.status != 200 || len(head.body) != 0 {
			t.Errorf("HEAD %s: %d", path, head.status)
		}
	}
	for _, path := range []string{"/payments", "/assets", "/assets/", "/secret.go", "/assets/noextension", "/no.js", "/%2e%2e/secret.go", "/assets/..%2findex.html", "/assets%5c..%5cindex.html", "/.html"} {
		if got := d.ask("GET", path, "", ""); got.status != 404 || got.code(t) != local.CodeNotFound {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := d.ask("POST", "/", "", `{}`); got.status != 405 {
		t.Errorf("POST /: %d", got.status)
	}
}
