package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
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
