package govpaytest

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestSeedNamesTheLine: a seed is written by hand; what is wrong in it is found by its line.
func TestSeedNamesTheLine(t *testing.T) {
	const head = "{\"v\":1,\n\"creditors\":[],\n"
	for seed, want := range map[string]string{
		head + "\"debts\":[\n{\"other_creditor\":true}]}": "line 4: ",
		head + "\"debts\":[{\"notice\" \"x\"}]}":          "line 3: ",
		head + "\"debts\":[\n{\"importo\":1}]}":           "line 4: ",
		head + "\"debts\":[":                              "line 3: ",
		"":                                                "line 1: ",
	} {
		if _, err := ReadSeed(strings.NewReader(seed)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", seed, err)
		}
	}
}

// TestPapersHaveItalianLetters: the accents of a reason, and an amount as people write it.
func TestPapersHaveItalianLetters(t *testing.T) {
	s, err := New(Options{Seed: Demo(time.Now())})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	paper := onePage(s.noticeText(s.positions[key{"01199250158", demoNotice(2)}])...)
	for _, want := range []string{"Carta d'identit\xe0 elettronica", "16,00 euro", "/WinAnsiEncoding"} {
		if !bytes.Contains(paper, []byte(want)) {
			t.Errorf("%q is missing", want)
		}
	}
	if got := latin1("a\u0080 €"); got != "a? ?" {
		t.Errorf("%q", got)
	}
}
