package config

import (
	"fmt"
	"net/url"
	"strings"
)

func readPlatform(s *section, p *Platform) {
	e := s.section("platform")
	if e == nil {
		if s.values["platform"] == nil || s.isNull("platform") {
			s.bad("platform", "manca: senza la piattaforma non si trovano gli avvisi", "partire dall'esempio in docs/integratore.md")
		}
		return
	}
	p.Driver = e.oneOf("driver", "govpay", "govpay")
	const example = "https://govpay.example.it/govpay/"
	p.Pagamento = e.must("pagamento", example+"frontend/api/pagamento/rs/basic/v2")
	p.Pendenze = e.text("pendenze", "")
	p.Ragioneria = e.must("ragioneria", example+"backend/api/ragioneria/rs/basic/v3")
	p.Backoffice = e.text("backoffice", "")
	for _, a := range []struct{ name, value string }{
		{"pagamento", p.Pagamento}, {"pendenze", p.Pendenze}, {"ragioneria", p.Ragioneria}, {"backoffice", p.Backoffice},
	} {
		if a.value != "" {
			readURL(e, a.name, a.value)
		}
	}
	p.Application = e.must("application", "A2A-SPORTELLO")
	readAuth(e, p)
	if p.CAFile = e.text("ca_file", ""); p.CAFile != "" {
		e.pemFile("ca_file", p.CAFile)
	}
	e.close()
}

// readURL never repeats the address in the reason: it may hold a password.
func readURL(s *section, name, address string) {
	remedy := "scrivere l'indirizzo base, per esempio https://govpay.example.it/govpay/…/rs/basic/v2"
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		s.bad(name, "non è un indirizzo https://", remedy)
	case u.User != nil:
		s.bad(name, "contiene un utente o una password", "toglierli dall'indirizzo e usare auth")
	case u.RawQuery != "" || u.Fragment != "":
		s.bad(name, "contiene ? o #", remedy)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		s.bad(name, "usa http://: password e dati dei cittadini viaggerebbero in chiaro", "usare https://")
	}
}

// ways are the three ways to sign in to the platform; the keys of one go together.
var ways = [][]string{{"user", "password_file"}, {"certificate", "key"}, {"api_id", "api_key_file"}}

func readAuth(s *section, p *Platform) {
	const choice = "scegliere uno dei modi: {user, password_file}, {certificate, key} oppure {api_id, api_key_file}"
	e := s.section("auth")
	if e == nil {
		if s.values["auth"] == nil || s.isNull("auth") {
			s.bad("auth", "manca: la piattaforma chiede chi siamo", choice)
		}
		return
	}
	a := &p.Auth
	values := map[string]*string{
		"user": &a.User, "password_file": &a.PasswordFile, "certificate": &a.Certificate,
		"key": &a.Key, "api_id": &a.APIID, "api_key_file": &a.APIKeyFile,
	}
	var chosen []string
	for _, way := range ways {
		for i, name := range way {
			*values[name] = e.text(name, "")
			if *values[name] != "" && (i == 0 || *values[way[0]] == "") {
				chosen = append(chosen, way[0])
			}
		}
		if first, second := *values[way[0]], *values[way[1]]; (first == "") != (second == "") {
			missing := way[0]
			if first != "" {
				missing = way[1]
			}
			e.bad(missing, fmt.Sprintf("manca: %s e %s vanno insieme", way[0], way[1]), "aggiungere «"+missing+": …»")
		}
	}
	a.APIIDHeader, a.APIKeyHeader = e.text("api_id_header", ""), e.text("api_key_header", "")
	switch {
	case len(chosen) == 0:
		s.bad("auth", "non dice chi siamo", choice)
	case len(chosen) > 1:
		s.bad("auth", "ci sono più modi di accesso insieme ("+strings.Join(chosen, ", ")+")", choice)
	}
	if strings.ContainsAny(a.User, ":\r\n") {
		e.bad("user", "un nome utente non può contenere due punti o a capo", "correggere il nome utente")
	}
	for _, name := range []string{"password_file", "key", "api_key_file"} {
		if *values[name] != "" {
			e.secretFile(name, *values[name])
		}
	}
	if a.Certificate != "" {
		e.pemFile("certificate", a.Certificate)
	}
	e.close()
}
