package govpaytest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestDeeds is each deed of the script, by what a client sees and by what has
// become of the platform.
func TestDeeds(t *testing.T) {
	base := Bases("", "basic")
	pay := asking{http.MethodPost, base[apiPagamento] + "/pagamenti" + triple, jsonType, byNotice(40), 0, ""}
	look := asking{http.MethodGet, base[apiPagamento] + "/pendenze/byAvviso/" + comune + "/" + demoNotice(40), jsonType, "", 0, ""}
	back := pay
	back.body = strings.Replace(pay.body, `{"pendenze"`, `{"urlRitorno":"https://x.example.it","pendenze"`, 1)
	for _, x := range []struct {
		name     string
		rule     Rule
		ask      asking
		status   int // 0: no answer
		shows    string
		attempts int
	}{
		{"cut before", Rule{On: "pagamenti", Do: "down"}, pay, 0, "", 0},
		{"cut after the work", Rule{On: "pagamenti", Do: "lost"}, pay, 0, "", 1},
		{"half an answer", Rule{On: "pagamenti", Do: "cut"}, pay, 0, "", 1},
		{"a proxy", Rule{On: "pagamenti", Do: "html", Status: 503}, pay, 503, "<html>", 0},
		{"a proxy that lost patience", Rule{On: "pagamenti", Do: "html", Status: 504, Arrived: true}, pay, 504, "<html>", 1},
		{"an error after the work", Rule{On: "pagamenti", Do: "status", Status: 500, Arrived: true}, pay, 500, "INTERNAL", 1},
		{"401 in the middle", Rule{On: "*", Do: "status", Status: 401}, look, 401, `"codice":"401"`, 0},
		{"404 without codice", Rule{On: "byAvviso", Do: "html", Status: 404}, look, 404, "<html>", 0},
		{"only one API", Rule{On: "byAvviso", API: apiRagioneria, Do: "html"}, look, 200, "NON_ESEGUITA", 0},
		{"only one notice", Rule{On: "byAvviso", Notice: demoNotice(41), Do: "html"}, look, 200, "NON_ESEGUITA", 0},
		{"this notice", Rule{On: "*", Notice: demoNotice(40), Do: "html"}, look, 200, "<html>", 0},
		{"this notice, in a body", Rule{On: "pagamenti", Notice: demoNotice(40), Do: "html"}, pay, 200, "<html>", 0},
		{"amount changed", Rule{On: "byAvviso", Do: "amount", Cents: 777}, look, 200, `"importo":7.77`, 0},
		{"irregular", Rule{On: "byAvviso", Do: "state", State: StateIrregular}, look, 200, `"stato":"ANOMALA"`, 0},
		{"no state at all", Rule{On: "byAvviso", Do: "state"}, look, 200, `"numeroAvviso"`, 0},
		{"owner away", Rule{On: "byAvviso", Do: "owner_down"}, look, 404, "404000", 0},
		{"owner away", Rule{On: "pagamenti", Do: "owner_down"}, pay, 502, "502000", 0},
		{"id 0", Rule{On: "pagamenti", Do: "id_zero"}, back, 201, `"id":"0"`, 0},
		{"redirect", Rule{On: "pagamenti", Do: "checkout_redirect"}, back, 302, "", 0},
		{"refused by pagoPA", Rule{On: "pagamenti", Do: "nodo", Code: "PPT_SYSTEM_ERROR"}, pay, 502, "PPT_SYSTEM_ERROR", 1},
	} {
		s, a, _ := rich(t, nil)
		if err := s.SetRules(x.rule); err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
		status, _, text, fields := a.ask(x.ask)
		if status != x.status || !strings.Contains(text, x.shows) {
			t.Errorf("%s: %d, want %d\n\t%.200s", x.name, status, x.status, text)
		}
		if _, has := fields["stato"]; has && x.name == "no state at all" {
			t.Errorf("%s: %s", x.name, text)
		}
		if n := len(s.Attempts(comune, demoNotice(40))); n != x.attempts {
			t.Errorf("%s: %d attempts, want %d", x.name, n, x.attempts)
		}
	}
}

// TestReceiptDeeds is what a script makes of the receipts of charges and carts.
func TestReceiptDeeds(t *testing.T) {
	base := Bases("", "basic")
	pay := asking{http.MethodPost, base[apiPagamento] + "/pagamenti" + triple, jsonType, byNotice(40), 201, ""}
	for _, x := range []struct {
		rule     Rule
		now      string // state at once
		later    string // state after three hours
		provider Provider
		receipts int
	}{
		{Rule{Do: "late", Delay: "3h"}, stateOpen, StatePaid, DefaultProvider, 1},
		{Rule{Do: "never"}, stateOpen, stateOpen, DefaultProvider, 0},
		{Rule{Do: "twice"}, StatePaid, StateIrregular, DefaultProvider, 2},
		{Rule{Do: "refused"}, stateOpen, stateOpen, DefaultProvider, 1},
		{Rule{Do: "amount", Cents: 1}, StateIrregular, StateIrregular, DefaultProvider, 1},
		{Rule{Do: "other_provider"}, StatePaid, StatePaid, OtherProvider, 1},
		{Rule{Do: "other_channel"}, StatePaid, StatePaid, Provider{ID: "CIPBITMM", Channel: "13212880150_99"}, 1},
		{Rule{Do: "late", Delay: "3h", Notice: demoNotice(41)}, StatePaid, StatePaid, DefaultProvider, 1},
	} {
		s, a, now := rich(t, nil)
		x.rule.On = opBooking
		if err := s.SetRules(x.rule); err != nil {
			t.Fatalf("%s: %v", x.rule.Do, err)
		}
		a.want(pay)
		if got := state(t, s, 40); got != x.now {
			t.Errorf("%s: %s at once, want %s", x.rule.Do, got, x.now)
		}
		*now = now.Add(3 * time.Hour)
		if got := state(t, s, 40); got != x.later {
			t.Errorf("%s: %s later, want %s", x.rule.Do, got, x.later)
		}
		receipts := 0
		for _, y := range s.Attempts(comune, demoNotice(40)) {
			if y.Outcome != "" {
				receipts++
			}
			if y.Provider.ID != x.provider.ID || y.Provider.Channel != x.provider.Channel {
				t.Errorf("%s: by %+v", x.rule.Do, y.Provider)
			}
		}
		if receipts != x.receipts {
			t.Errorf("%s: %d receipts, want %d", x.rule.Do, receipts, x.receipts)
		}
	}
}

// lines is a log to wait for.
type lines chan string

func (l lines) Write(text []byte) (int, error) {
	l <- string(text)
	return len(text), nil
}

// TestLateWork: the platform works on when its client has given up, and a stop
// of the platform ends even that.
func TestLateWork(t *testing.T) {
	logged := make(lines, 10)
	s, a, _ := rich(t, func(o *Options) { o.Log = logged })
	if err := s.SetRules(Rule{On: "pagamenti", Do: "late", DelayMS: 5000, Times: 1}, Rule{On: "pagamenti", Do: "late", Delay: "1h"}); err != nil {
		t.Fatal(err)
	}
	a.http.Timeout = time.Second
	pay := asking{http.MethodPost, Bases("", "basic")[apiPagamento] + "/pagamenti" + triple, jsonType, byNotice(40), 0, ""}
	if status, _, _, _ := a.ask(pay); status != 0 {
		t.Fatalf("answered with %d", status)
	}
	if n := len(s.Attempts(comune, demoNotice(40))); n != 0 {
		t.Fatalf("%d attempts already", n)
	}
	if line := <-logged; !strings.Contains(line, `"effect":"cart `) {
		t.Errorf("log: %s", line)
	}
	if n := len(s.Attempts(comune, demoNotice(40))); n != 1 {
		t.Errorf("%d attempts by a call that nobody waited for, want 1", n)
	}
	pay.body = byNotice(41)
	a.ask(pay)
	s.Stop() // returns although an hour is left
	if n := len(s.Attempts(comune, demoNotice(41))); n != 0 {
		t.Errorf("%d attempts after the stop", n)
	}
}

func TestRulesThatCannotBe(t *testing.T) {
	for _, line := range []string{
		`{"on":"nowhere","do":"down"}`, `{"on":"byAvviso","do":"nothing"}`, `{"on":"byAvviso","do":"id_zero"}`, `{"on":"booking","do":"down"}`,
		`{"on":"tls","do":"slow","delay":"1s"}`, `{"on":"*","do":"slow"}`, `{"on":"*","do":"late","delay":"soon"}`, `{"on":"byAvviso","do":"amount"}`,
		`{"on":"pagamenti","do":"nodo"}`, `{"on":"*","do":"down","api":"console"}`, `{"on":"*","do":"down","notice":"12"}`, `{"on":"*","do":"down","word":1}`,
		`{"on":"*","do":"status"}`, `{"on":"*","do":"down","skip":-1}`, `{"on":"*","do":"down","arrived":true}`,
	} {
		if _, err := ReadRules(strings.NewReader(line)); err == nil {
			t.Errorf("%s: accepted", line)
		}
	}
}

// TestCertificates is HTTPS, right and wrong.
func TestCertificates(t *testing.T) {
	id, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{ClientSubject: "CN=sportello", APIID: "sportello", APIKey: "chiave"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.StartTLS("127.0.0.1:0", id); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(id.CA()) {
		t.Fatal("no authority")
	}
	get := func(segment string, client *tls.Certificate, change func(*http.Request)) (int, error) {
		t.Helper()
		conf := &tls.Config{RootCAs: pool}
		if client != nil {
			conf.Certificates = []tls.Certificate{*client}
		}
		c := http.Client{Transport: &http.Transport{TLSClientConfig: conf, DisableKeepAlives: true}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, Bases("https://"+s.AddrTLS(), segment)[apiPendenze]+"/profilo", nil)
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		resp, err := c.Do(r)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		return resp.StatusCode, nil
	}
	certificate := func(name string) *tls.Certificate {
		cert, key, err := id.Client(name)
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		return &pair
	}
	basic := func(r *http.Request) { r.SetBasicAuth("sportello", "sportello") }
	nothing := func(*http.Request) {}
	key := func(k string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("X-APP-ID", "sportello"); r.Header.Set("X-API-KEY", k) }
	}
	for _, x := range []struct {
		name, segment string
		client        *tls.Certificate
		change        func(*http.Request)
		status        int
	}{
		{"basic", "basic", nil, basic, 200}, {"basic without", "basic", nil, nothing, 401},
		{"key", "apikey", nil, key("chiave"), 200}, {"wrong key", "apikey", nil, key("x"), 401},
		{"certificate", "ssl", certificate("sportello"), nothing, 200}, {"no certificate", "ssl", nil, basic, 401},
		{"another's certificate", "ssl", certificate("altri"), nothing, 401}, {"segment never enabled", "sslheader", nil, basic, 403},
	} {
		if got, err := get(x.segment, x.client, x.change); got != x.status {
			t.Errorf("%s: %d %v, want %d", x.name, got, err, x.status)
		}
	}
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	for deed, as := range map[string]func(error) bool{
		"wrong_host": func(err error) bool { return errors.As(err, &host) },
		"expired":    func(err error) bool { return errors.As(err, &invalid) && invalid.Reason == x509.Expired },
		"unknown_ca": func(err error) bool { return errors.As(err, &unknown) },
	} {
		if err := s.SetRules(Rule{On: "tls", Do: deed, Times: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := get("basic", nil, basic); err == nil || !as(err) {
			t.Errorf("%s: %v", deed, err)
		}
		if status, err := get("basic", nil, basic); status != 200 {
			t.Errorf("after %s: %d %v", deed, status, err)
		}
	}
}

// TestScriptInDocs keeps the documented script true: every line of every example
// is read, and every operation and deed is named.
func TestScriptInDocs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/piattaforma-simulata.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, `{"on"`) {
			continue
		}
		lines++
		if _, err := ReadRules(strings.NewReader(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if lines < 10 {
		t.Errorf("only %d rules in the examples", lines)
	}
	for deed := range deeds {
		if !strings.Contains(string(text), "`"+deed+"`") {
			t.Errorf("deed %q is not documented", deed)
		}
	}
	for _, e := range endpoints {
		if !strings.Contains(string(text), "`"+e.operation+"`") {
			t.Errorf("operation %q is not documented", e.operation)
		}
	}
}
