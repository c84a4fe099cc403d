package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// TestServiceThatDoesNotRun: Italian first, with its address; that nothing was accepted is said of what asks for
// something to be done, and the words of Go nowhere.
func TestServiceThatDoesNotRun(t *testing.T) {
	f := newFake(t)
	address := closedAddress(t)
	f.write(f.config, "listen: "+address+"\ndata_dir: '"+f.dir+"'\n")
	for args, question := range map[string]bool{
		"queue": true, "payments": true, "payment A1-1": true, "story A1-1": true, "cases": true, "offline status": true, "services": true, "resolve A1-1": true,
		"pay " + tari + " --terminal cassa1": false, "positions create MENSA --debtor - --name X": false, "terminal status cassa1": false,
	} {
		r := f.runWith(rossi+"\n", strings.Fields(args)...)
		expect(t, r, exitUnreachable, "", "errore: il servizio non è in funzione ("+address+")\n  ► ")
		expect(t, r, exitUnreachable, "", "sportello service start")
		if strings.Contains(r.errors, "niente è stato accettato") == question {
			t.Errorf("%s: %s", args, r.errors)
		}
		for _, foreign := range []string{"dial", "refused", "http://", "Post", "Get"} {
			if strings.Contains(r.errors, foreign) {
				t.Errorf("%s: %q in %s", args, foreign, r.errors)
			}
		}
	}
}

// TestLineCutBeforeTheAnswer: the request has left, and the service ended.
func TestLineCutBeforeTheAnswer(t *testing.T) {
	f := newFake(t)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(s.Close)
	f.write(f.config, "listen: "+s.Listener.Addr().String()+"\ndata_dir: '"+f.dir+"'\n")
	r := f.run("queue")
	expect(t, r, exitFailed, "", "il collegamento con il servizio si è interrotto prima della risposta ("+s.Listener.Addr().String()+")")
	if strings.Contains(r.errors, "EOF") {
		t.Errorf("%s", r.errors)
	}
}

// TestFindingsOfACheck: each is an Italian sentence with the key, and what support reads behind it.
func TestFindingsOfACheck(t *testing.T) {
	for where, want := range map[string]string{
		"entry 17": "scrittura 17: non è come è stata scritta", "blob 0011": "dati della scrittura 0011: ", "payment A1-00000003": "pagamento A1-00000003: sta in un modo",
		"offline period O1": "periodo a piattaforma spenta O1: ", "state outbox/A1": "tabella outbox/A1: ", "archive": "indice dell'archivio: ", "page 7": "pagina 7: ",
		"meta pages": "prime pagine: ", "file": "file: ", "elsewhere": "elsewhere: non è come dovrebbe",
	} {
		got := problemText(ledger.Problem{Where: where, What: "was changed"})
		if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "was changed]") {
			t.Errorf("%q", got)
		}
	}
}

// TestWhatToDoAboutFindings: the gravest counts; where only the index is wrong nobody is called.
func TestWhatToDoAboutFindings(t *testing.T) {
	for what, places := range map[string][]string{
		mendFile: {"archive", "entry 17", "payment A1-00000003"}, mendRules: {"state x", "archive"}, mendNothing: {"archive"},
	} {
		var rep ledger.Report
		for _, where := range places {
			rep.Problems = append(rep.Problems, ledger.Problem{Where: where, What: "was changed"})
		}
		var b strings.Builder
		if code := printReport(&b, rep); code != exitFailed || strings.Count(b.String(), "►") != 1 || !strings.HasSuffix(b.String(), "  ► "+what+"\n") {
			t.Errorf("%d %s", code, b.String())
		}
	}
}

// TestPlatformAwayForADebt: of a search nobody is told that what is charged is safe; of a charge one is.
func TestPlatformAwayForADebt(t *testing.T) {
	f := newFake(t)
	away := local.Render(&local.Error{Code: local.CodePlatformUnavailable}, local.Italian)
	for _, path := range []string{"positions/search", "notices/pdf", "notices/lookup"} {
		f.refusals[api+path] = away
	}
	for _, args := range []string{"positions search " + rossi, "notice-pdf " + tari + " --out -"} {
		r := f.run(strings.Fields(args)...)
		expect(t, r, exitFailed, "", "non risponde. [platform_unavailable]\n  ► Riprovare fra qualche minuto; sportello doctor")
		if strings.Contains(r.errors, "al sicuro") {
			t.Errorf("%s: %s", args, r.errors)
		}
	}
	expect(t, f.run("pay", tari, "--terminal", "cassa1"), exitNotCharged, "", "al sicuro")
}

// TestAnnounce: what takes its time says what is waited for; what does not says nothing.
func TestAnnounce(t *testing.T) {
	for name, wait := range map[string]time.Duration{"slow": quietFor, "quick": quietFor - 1} {
		t.Run(name, func(t *testing.T) {
			said := ""
			synctest.Test(t, func(t *testing.T) {
				said = captured(t, func() {
					answered := announce("la piattaforma cerca")
					time.Sleep(wait)
					synctest.Wait()
					answered()
				})
			})
			if want := map[string]string{"slow": "· la piattaforma cerca…\n"}[name]; said != want {
				t.Errorf("said %q, want %q", said, want)
			}
		})
	}
}

// captured is what fn writes on standard error.
func captured(t *testing.T, fn func()) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stderr")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stderr
	os.Stderr = f
	fn()
	os.Stderr = before
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
