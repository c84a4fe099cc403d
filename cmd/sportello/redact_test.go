package main

import (
	"regexp"
	"testing"
)

// TestEachRule: of every rule a text that no other takes whole, so that each is seen to be missing.
func TestEachRule(t *testing.T) {
	r := newRedactor([]string{"s3greto", `a"b\c/d è<f`}, nil)
	cases := []struct{ rule, text, want string }{
		{"by value", "x s3greto y", "x «tolto» y"},
		{"by value, quoted", `{"m":"a\"b\\c/d è<f"}`, `{"m":"«tolto»"}`},
		{"by value, for a page", `{"m":"a\"b\\c/d è\u003cf"}`, `{"m":"«tolto»"}`},
		{"by value, quoted twice", `{"m":"{\"p\":\"a\\\"b\\\\c/d è<f\"}"}`, `{"m":"{\"p\":\"«tolto»\"}"}`},
		{"by value, in ASCII", `"a\"b\\c/d \u00e8<f"`, `"«tolto»"`},
		{"by value, in a query", "x=a%22b%5Cc%2Fd+%C3%A8%3Cf&y", "x=«tolto»&y"},
		{"by value, in a query, small", "x=a%22b%5cc%2fd+%c3%a8%3cf&y", "x=«tolto»&y"},
		{"by value, in a path", "/a%22b%5Cc%2Fd%20%C3%A8%3Cf/", "/«tolto»/"},
		{"PEM", "-----BEGIN KEY-----\nab1\n-----END KEY-----", "«tolto»"},
		{"argon2", "$argon2id$v=19$m=64,t=2,p=1$c29t$aGFz", "«tolto»"},
		{"user info", "http://utente:parola@host/x", "http://«tolto»@host/x"},
		{"user info with an at", "http://utente:pa@rola@host/x", "http://«tolto»@host/x"},
		{"named", "password=breve1", "password=«tolto»"},
		{"header", "Authorization: Basic dTpw", "Authorization: «tolto»"},
		{"header in a list", `{"Authorization":["Bearer b1"]}`, `{"Authorization":[«tolto»]}`},
		{"header in a map", "map[Authorization:[Basic dTpw]]", "map[Authorization:[«tolto»"},
		{"e-mail", "a.b@c.it", "«email»"},
		{"IBAN", "IT60X0542811101ABCDEF123456", "«numero»"}, // its ten digits in a row are not enough for a number
		{"IBAN, small, with blanks", "it60 x054 2811 101a bcde f123 456", "«numero»"},
		{"IBAN in a value", "_IT60X0542811101ABCDEF123456_", "_«numero»_"},
		{"IBAN after an escape", `"a\nIT60X0542811101ABCDEF123456\n"`, `"a\n«numero»\n"`},
		{"IBAN of San Marino", "SM60X0542811101ABCDEF123456", "«numero»"},
		{"IBAN of the Netherlands", "su NL91ABNA0417164300 ok", "su «numero» ok"},
		{"IBAN in groups", "nl91 abna 0417 1643 00 ok", "«numero» ok"},
		{"IBAN of France", "FR14 2004 1010 0505 0001 3M02 606.", "«numero»."},
		{"IBAN after another word", "ok12 NL91ABNA0417164300", "ok12 «numero»"},
		{"IBAN after an escape, of Malta", `\nMT84MALT011000012345MTLCAST001S\n`, `\n«numero»\n`},
		{"no IBAN", "se20 entries were written again", "se20 entries were written again"},
		{"tax code", "rssmra80a01h501u", "«codice fiscale»"},
		{"tax code after an escape", `"a\nRSSMRA80A01H501U\n"`, `"a\n«codice fiscale»\n"`},
		{"tax code after an escaped quote", `\u0022RSSMRA80A01H501U\u0022`, `\u0022«codice fiscale»\u0022`},
		{"tax code in an address", "cf%3DRSSMRA80A01H501U%26", "cf%3D«codice fiscale»%26"},
		{"two tax codes", "RSSMRA80A01H501U RSSMRA80A01H501U", "«codice fiscale» «codice fiscale»"},
		{"number", "4111 1111 1111 1111", "«numero»"},
		{"number with tabs", "4111\t1111\t1111\t1111", "«numero»"},
		{"fraction", "07:15:50.123456789", "07:15:50.123456789"},
		{"long run", "abcdefghijklmnopqrstuvwxyzABCDEF", "«tolto»"},
		{"controls", "a\x00b", "a?b"},
	}
	for _, c := range cases {
		if got := r.text(c.text); got != c.want {
			t.Errorf("%s: %q has become %q, not %q", c.rule, c.text, got, c.want)
		}
	}
	all := patterns
	defer func() { patterns = all }()
	for rule, of := range map[string]func(*looks) **regexp.Regexp{
		"pemBlock": func(l *looks) **regexp.Regexp { return &l.pemBlock }, "userInfo": func(l *looks) **regexp.Regexp { return &l.userInfo },
		"namedSecret": func(l *looks) **regexp.Regexp { return &l.namedSecret }, "argon": func(l *looks) **regexp.Regexp { return &l.argon },
		"longRun": func(l *looks) **regexp.Regexp { return &l.longRun }, "person": func(l *looks) **regexp.Regexp { return &l.person },
		"iban": func(l *looks) **regexp.Regexp { return &l.iban }, "account": func(l *looks) **regexp.Regexp { return &l.account }, "mail": func(l *looks) **regexp.Regexp { return &l.mail },
		"digitRun": func(l *looks) **regexp.Regexp { return &l.digitRun }, "controlled": func(l *looks) **regexp.Regexp { return &l.controlled },
		"fraction": func(l *looks) **regexp.Regexp { return &l.fraction },
	} {
		without, missed := all(), false
		*of(&without) = regexp.MustCompile(`[^\s\S]`)
		patterns = func() looks { return without }
		for _, c := range cases {
			missed = missed || r.text(c.text) != c.want
		}
		if !missed {
			t.Errorf("without %s nothing is seen to be missing", rule)
		}
	}
}
