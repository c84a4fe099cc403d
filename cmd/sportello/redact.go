package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// redactor takes out of a text what must not leave this PC: secrets by their value and by what stands before them, and what
// looks like a card number, a person's tax code, a notice number, an account or an address. It takes too much rather
// than too little: the bundle is for finding out what is wrong, and nobody's data are needed for that.
type redactor struct {
	secrets []string // by value, longest first
	public  []string // tax codes of bodies and providers: they are in the configuration for everybody
}

// newRedactor knows some secrets by their value.
func newRedactor(secrets, public []string) *redactor {
	r := &redactor{public: public}
	for _, s := range secrets {
		for _, line := range strings.Split(s, "\n") {
			if line = strings.TrimSpace(line); len(line) >= 4 && !slices.Contains(public, line) {
				r.secrets = append(r.secrets, written(line)...)
			}
		}
	}
	slices.SortFunc(r.secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	r.secrets = slices.Compact(r.secrets)
	return r
}

// percent is a byte as an address writes it.
var percent = regexp.MustCompile(`%[0-9A-F]{2}`)

// written is a secret in the forms in which files, logs and addresses may hold it.
func written(secret string) []string {
	all := []string{secret, strings.ReplaceAll(secret, "'", "''")} // YAML between single quotes
	for range 2 {                                                  // a text in a text
		for _, s := range slices.Clone(all) {
			var plain bytes.Buffer
			enc := json.NewEncoder(&plain)
			enc.SetEscapeHTML(false)
			_ = enc.Encode(s)
			html, _ := json.Marshal(s)
			for _, quoted := range []string{plain.String(), string(html), strconv.Quote(s), strconv.QuoteToASCII(s)} {
				quoted = strings.TrimSpace(quoted)
				all = append(all, quoted[1:len(quoted)-1])
			}
		}
	}
	for _, s := range []string{url.QueryEscape(secret), url.PathEscape(secret), url.User(secret).String()} {
		all = append(all, s, percent.ReplaceAllStringFunc(s, strings.ToLower))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// looks is what stands before a secret, and what looks like one. Digits are those of every script.
type looks struct {
	pemBlock, userInfo, namedSecret, argon, longRun, person, iban, account, mail, digitRun, controlled, fraction *regexp.Regexp
}

// before is what a code may stand right behind: nothing, no letter and no digit, or one that an escape ends with.
const before = `(^|[^a-z0-9]|\\[abfnrtv]|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|%[0-9a-f]{2})`

// patterns are made when they are first needed: their counts cost more than the rest of a start, and stay in memory.
var patterns = sync.OnceValue(func() looks {
	return looks{
		pemBlock:    regexp.MustCompile(`(?s)-----BEGIN [^-\n]*-----.*?(-----END [^-\n]*-----|$)`),
		userInfo:    regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://)[^/\s"']*@`),
		namedSecret: regexp.MustCompile(`(?i)((?:pass(?:word|wd|phrase)?|pwd|parola[ _-]?(?:d'ordine|chiave)|secret|segreto|token|authori[sz]ation|api[_ -]?key|chiave[_ ]api|private[_ ]?key|cookie|bearer|basic|pin|hash)\\*["']?\]?(\s*(?::|=>?)\s*\[?|\s+(?:(?:è|is|di)\s+)?))(\\*"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|(?:basic|bearer)\s+\S+|[^\s,;}\]]+)`),
		argon:       regexp.MustCompile(`\$argon2[^\s"']*`),
		longRun:     regexp.MustCompile(`[A-Za-z0-9+_=-]{32,}`),
		person:      regexp.MustCompile(`(?i)` + before + `[a-z]{6}[0-9lmnpqrstuv]{2}[abcdehlmprst][0-9lmnpqrstuv]{2}[a-z][0-9lmnpqrstuv]{3}[a-z]($|[^a-z0-9])`),
		iban:        regexp.MustCompile(`(?i)` + before + `(?:IT|SM)[ -]?[0-9]{2}[ -]?[a-z](?:[ -]?[0-9a-z]){22}`),
		account:     regexp.MustCompile(`(?i)` + before + `[a-z]{2}[ -]?[0-9]{2}`),
		mail:        regexp.MustCompile(`[^\s"'<>(),;:=]+@[^\s"'<>(),;:=]+\.[^\s"'<>(),;:=]+`),
		digitRun:    regexp.MustCompile(`\p{Nd}(?:[ \t.\x{00A0}_/*-]{0,2}\p{Nd}){10,}`),
		controlled:  regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f]`),
		fraction:    regexp.MustCompile(`^[0-5][0-9][.][0-9]{9}$`), // the end of a moment
	}
})

const (
	tookSecret = "«tolto»"
	tookPerson = "«codice fiscale»"
	tookNumber = "«numero»"
)

// text is what may leave.
func (r *redactor) text(s string) string {
	s = strings.ToValidUTF8(s, "?")
	s = patterns().controlled.ReplaceAllString(s, "?")
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, tookSecret)
	}
	s = patterns().pemBlock.ReplaceAllString(s, tookSecret)
	s = patterns().argon.ReplaceAllString(s, tookSecret)
	s = patterns().userInfo.ReplaceAllString(s, "${1}"+tookSecret+"@")
	s = replaceNamed(s)
	s = patterns().mail.ReplaceAllStringFunc(s, func(m string) string {
		if strings.Contains(m, tookSecret) {
			return m
		}
		return "«email»"
	})
	s = patterns().iban.ReplaceAllString(s, "${1}"+tookNumber)
	s = withoutAccounts(s)
	for range 2 { // two that share what stands between them
		s = patterns().person.ReplaceAllString(s, "${1}"+tookPerson+"${2}")
	}
	s = patterns().digitRun.ReplaceAllStringFunc(s, r.number)
	return patterns().longRun.ReplaceAllStringFunc(s, func(run string) string {
		if !strings.ContainsFunc(run, unicode.IsDigit) && !strings.ContainsFunc(run, unicode.IsUpper) {
			return run // words with dashes, a path
		}
		return tookSecret
	})
}

// ours is text of a sentence of this program, in which a password is spoken of and never told.
func (r *redactor) ours(s string) string {
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, tookSecret)
	}
	s = patterns().userInfo.ReplaceAllString(s, "${1}"+tookSecret+"@")
	s = patterns().person.ReplaceAllString(s, "${1}"+tookPerson+"${2}")
	return patterns().digitRun.ReplaceAllStringFunc(s, r.number)
}

// replaceNamed takes what stands after the name of a secret; behind a mere space only what has a digit: a sentence may
// speak of a password.
func replaceNamed(s string) string {
	return patterns().namedSecret.ReplaceAllStringFunc(s, func(m string) string {
		of := patterns().namedSecret.FindStringSubmatch(m)
		if strings.TrimSpace(of[2]) == "" && !strings.ContainsFunc(of[3], unicode.IsDigit) {
			return m
		}
		return of[1] + tookSecret
	})
}

// number lets the codes of bodies pass, and fractions of a second; eleven digits and more are somebody's.
func (r *redactor) number(run string) string {
	if slices.Contains(r.public, run) || patterns().fraction.MatchString(run) {
		return run
	}
	return tookNumber
}
