package govpay

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// forward is a small HTTP proxy: CONNECT for https, whole addresses for http.
type forward struct {
	login string // user:password that it wants
	deny  int    // status for everybody

	mu   sync.Mutex // guards seen
	seen []string
}

func (p *forward) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	auth := http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	user, password, _ := auth.BasicAuth()
	p.mu.Lock()
	p.seen = append(p.seen, r.Method+" "+r.Host)
	p.mu.Unlock()
	switch {
	case p.deny != 0:
		w.WriteHeader(p.deny)
		return
	case p.login != "" && user+":"+password != p.login:
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	if r.Method != http.MethodConnect {
		out, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(out)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
		return
	}
	far, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(far, bufio.NewReader(rw))
		_ = far.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(near, far)
	near.Close()
	<-done
}

func (p *forward) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.seen, "; ")
}

func TestExplicitProxy(t *testing.T) {
	dir, ca := t.TempDir(), newAuthority(t, "CA della Regione")
	cert, key := ca.issue(t, "127.0.0.1", -time.Hour, time.Hour)
	far := secure(t, profileOnly, cert, key, nil)
	plain := httptest.NewServer(profileOnly)
	t.Cleanup(plain.Close)
	p := &forward{login: "ufficio:segretissima"}
	proxy := httptest.NewServer(p)
	t.Cleanup(proxy.Close)

	conf := Config{
		Pagamento: far.URL, Ragioneria: plain.URL, CAFile: write(t, filepath.Join(dir, "ca.pem"), ca.pem), Proxy: proxy.URL,
		ProxyUser: "ufficio", ProxyPasswordFile: write(t, filepath.Join(dir, "proxy"), []byte("segretissima\n")),
	}
	c := open(t, conf)
	for _, api := range []API{Pagamento, Ragioneria} {
		if _, err := c.Profile(t.Context(), api); err != nil {
			t.Errorf("%s: %v", api, err)
		}
	}
	want := "CONNECT " + strings.TrimPrefix(far.URL, "https://") + "; GET " + strings.TrimPrefix(plain.URL, "http://")
	if p.log() != want {
		t.Errorf("the proxy saw %q, want %q", p.log(), want)
	}
	c.Close()

	wrong := conf
	wrong.ProxyPasswordFile = write(t, filepath.Join(dir, "wrong"), []byte("altra"))
	c = open(t, wrong)
	for _, api := range []API{Pagamento, Ragioneria} {
		_, err := c.Profile(t.Context(), api)
		if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "altra") || strings.Contains(err.Error(), "segretissima") {
			t.Errorf("%s: %v", api, err)
		}
	}
	wrong.ProxyPasswordFile = filepath.Join(dir, "none")
	if _, err := open(t, wrong).Profile(t.Context(), Pagamento); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("password file missing: %v", err)
	}
	before := p.log()
	conf.Proxy, conf.ProxyUser, conf.ProxyPasswordFile = ProxyNone, "", ""
	if _, err := open(t, conf).Profile(t.Context(), Pagamento); err != nil || p.log() != before {
		t.Errorf("without proxy: %v", err)
	}
	for _, bad := range []Config{
		{Proxy: "proxy:3128"}, {Proxy: "ftp://x"}, {Proxy: "http://u:p@x"}, {Proxy: "http://"}, {Proxy: "http://x", ProxyUser: "u"},
		{ProxyUser: "u", ProxyPasswordFile: "f"}, {Proxy: "http://\x00"},
	} {
		if _, err := New(bad); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestProxyFromEnvironment runs in a process of its own: net/http reads the
// environment once.
func TestProxyFromEnvironment(t *testing.T) {
	if base := os.Getenv("GOVPAY_TEST_BASE"); base != "" {
		p, err := open(t, Config{Pagamento: base}).Profile(t.Context(), Pagamento)
		fmt.Printf("name %q, %v\n", p.Name, err)
		return
	}
	p := &forward{}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.seen = append(p.seen, r.Method+" "+r.Host)
		p.mu.Unlock()
		profileOnly(w, r) // as if the platform had answered through it
	}))
	t.Cleanup(proxy.Close)
	run := func(env ...string) string {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyFromEnvironment$")
		cmd.Env = append(os.Environ(), append(env, "GOVPAY_TEST_BASE=http://govpay.invalid/x")...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if out := run("HTTP_PROXY=" + proxy.URL); !strings.Contains(out, `name "SPORTELLO", <nil>`) || p.log() != "GET govpay.invalid" {
		t.Errorf("the proxy saw %q:\n%s", p.log(), out)
	}
	if out := run("HTTP_PROXY="+proxy.URL, "NO_PROXY=govpay.invalid"); !strings.Contains(out, "unavailable") || p.log() != "GET govpay.invalid" {
		t.Errorf("with NO_PROXY the proxy saw %q:\n%s", p.log(), out)
	}
}
