package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSimulatorsThatCannotStart: the file and its line, or the value, in Italian first.
func TestSimulatorsThatCannotStart(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	kind := write("kind.json", "{\"v\":1,\n\"debts\":[\n{\"other_creditor\":true}]}")
	half := write("half.json", "{\"v\":1,\n\"debts\":[")
	name := write("name.json", "{\"v\":1,\n\"importo\":1}")
	old := write("old.json", "{\"v\":2}")
	script := write("script.jsonl", "# prima\n{\"on\":\"X\",\"fault\":\"guasto\"}\n")
	taken := notTheService(t)
	for args, want := range map[string]string{
		"platform --listen 127.0.0.1:0 --seed " + kind:                kind + ": riga 3: in debts.other_creditor va un testo, non true o false",
		"platform --listen 127.0.0.1:0 --seed " + half:                half + ": riga 2: non è JSON, o è tagliato a metà",
		"platform --listen 127.0.0.1:0 --seed " + name:                name + ": riga 2: la voce \"importo\" non esiste",
		"platform --listen 127.0.0.1:0 --seed " + old:                 old + ": un valore non va bene [",
		"platform --listen 127.0.0.1:0 --seed " + dir:                 dir + ": è una cartella, non un file",
		"platform --listen 127.0.0.1:0 --seed " + dir + "/none":       dir + "/none: non c'è",
		"platform --listen " + taken:                                  taken + ": l'indirizzo è già in uso",
		"platform --listen pippo":                                     "\"pippo\" non è HOST:PORT",
		"terminal --listen tcp://" + taken:                            taken + ": l'indirizzo è già in uso",
		"terminal --listen tcp://127.0.0.1:0 --faults " + script:      script + ": riga 2: un valore non va bene [",
		"terminal --listen tcp://127.0.0.1:0 --bank " + dir:           dir + ": è una cartella",
		"terminal --listen tcp://127.0.0.1:0 --panel 0.0.0.0:1":       "solo su questo computer",
		"terminal --listen tcp://127.0.0.1:0 --terminal-id 1":         "un valore non va bene [",
		"platform --tls-listen 127.0.0.1:0 --tls-cert no --tls-key k": "no: non c'è",
	} {
		r := cli(t, "", append([]string{"simulate"}, strings.Fields(args)...)...)
		expect(t, r, exitFailed, "", want)
		if !strings.HasPrefix(r.errors, "errore: simulate ") || !strings.Contains(r.errors, "\n  ► che cosa si può scrivere: docs/") {
			t.Errorf("%s: %s", args, r.errors)
		}
	}
	for args, want := range map[string]string{
		"":                              "manca che cosa simulare",
		"pippo":                         "non so simulare",
		"--pippo":                       "opzione sconosciuta --pippo",
		"terminal":                      "serve --listen oppure --pty",
		"terminal x --pty y":            "\"x\" è di troppo",
		"terminal --pty y --clients x":  "valore non valido \"x\" per --clients",
		"terminal --listen x --lrc lrc": "--lrc \"lrc\" non esiste",
	} {
		expect(t, cli(t, "", append([]string{"simulate"}, strings.Fields(args)...)...), exitUsage, "", want)
	}
	expect(t, cli(t, "", "simulate", "-h"), exitDone, "simulate terminal -h", "")
}
