package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"sportello/protocol/govpay"
)

// readPlatform reads who the platform is; way is the settlement of the terminals.
func readPlatform(s *section, p *Platform, way string) {
	e := s.section("platform")
	if e == nil {
		if s.values["platform"] == nil || s.isNull("platform") {
			s.bad("platform", "manca: senza la piattaforma non si trovano gli avvisi", "partire dall'esempio in docs/integratore.md")
		}
		return
	}
	p.Driver = e.oneOf("driver", "govpay", "govpay")
	const example = "https://govpay.example.it/govpay/"
	// API Pagamento is being removed: what verifies and submits without it may do without its address.
	if p.Backoffice = e.text("backoffice", ""); p.Backoffice == "" || way == "platform" {
		p.Pagamento = e.must("pagamento", example+"frontend/api/pagamento/rs/basic/v2")
	} else {
		p.Pagamento = e.text("pagamento", "")
	}
	p.Pendenze = e.text("pendenze", "")
	p.Ragioneria = e.must("ragioneria", example+"backend/api/ragioneria/rs/basic/v3")
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
	readProxy(e, p)
	readVerify(e, p)
	readTimeouts(e, p)
	e.close()
}

// readProxy never repeats the address in the reason: it may hold a password.
func readProxy(s *section, p *Platform) {
	p.Proxy = s.text("proxy", "")
	p.ProxyUser, p.ProxyPasswordFile = s.text("proxy_user", ""), s.text("proxy_password_file", "")
	explicit := p.Proxy != "" && p.Proxy != govpay.ProxyNone
	if explicit {
		const remedy = "scrivere per esempio http://proxy.ente.example:3128, oppure none per non usarne nessuno; senza la voce vale l'ambiente (HTTPS_PROXY, NO_PROXY)"
		switch u, err := url.Parse(p.Proxy); {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			s.bad("proxy", "non è l'indirizzo di un proxy", remedy)
		case u.User != nil:
			s.bad("proxy", "contiene un utente o una password", "toglierli dall'indirizzo e usare proxy_user e proxy_password_file")
		case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
			s.bad("proxy", "ha qualcosa dopo la porta", remedy)
		}
	}
	switch {
	case (p.ProxyUser == "") != (p.ProxyPasswordFile == ""):
		missing := "proxy_user"
		if p.ProxyUser != "" {
			missing = "proxy_password_file"
		}
		s.bad(missing, "manca: proxy_user e proxy_password_file vanno insieme", "aggiungere «"+missing+": …»")
	case p.ProxyUser != "" && !explicit:
		s.bad("proxy_user", "serve solo con un indirizzo in proxy", "aggiungere «proxy: http://…», oppure togliere proxy_user e proxy_password_file")
	case strings.ContainsAny(p.ProxyUser, ":\r\n"):
		s.bad("proxy_user", "un nome utente non può contenere due punti o a capo", "correggere il nome utente")
	}
	if p.ProxyPasswordFile != "" {
		s.secretFile("proxy_password_file", p.ProxyPasswordFile)
	}
}

// readVerify reads who is asked about a notice, in which order.
func readVerify(s *section, p *Platform) {
	addresses := map[govpay.API]string{
		govpay.Pagamento: p.Pagamento, govpay.Backoffice: p.Backoffice, govpay.Pendenze: p.Pendenze, govpay.Ragioneria: p.Ragioneria,
	}
	words := []string{string(govpay.Pagamento), string(govpay.Backoffice), string(govpay.Pendenze), string(govpay.Ragioneria)}
	before := len(s.r.problems)
	for _, word := range s.texts("verify") {
		api := govpay.API(word)
		switch {
		case !slices.Contains(words, word):
			remedy := "scegliere fra: " + strings.Join(words, ", ")
			if near := nearest(word, words); near != "" {
				remedy += "; forse intendevi «" + near + "»"
			}
			s.bad("verify", fmt.Sprintf("%q non è un'API che verifica gli avvisi", word), remedy)
		case slices.Contains(p.Verify, api):
			s.bad("verify", word+" c'è due volte", "tenerla una volta sola, al suo posto nell'ordine")
		case addresses[api] == "":
			s.bad("verify", "di "+word+" manca l'indirizzo", "aggiungere «"+word+": https://…» in platform, oppure toglierla da verify")
		}
		p.Verify = append(p.Verify, api)
	}
	if len(p.Verify) > 0 && len(s.r.problems) == before && !slices.Contains(p.Verify, govpay.Pagamento) && !slices.Contains(p.Verify, govpay.Backoffice) {
		s.warn("verify", "senza pagamento e backoffice gli avvisi si verificano per metà: pendenze vede solo i debiti creati da questa applicazione, ragioneria non dice lo stato del debito né i pagamenti in corso",
			"aggiungere pagamento o backoffice, se la piattaforma li concede")
	}
}

// readTimeouts reads how long a call may take; zero stays the client's own.
func readTimeouts(s *section, p *Platform) {
	e := s.section("timeouts")
	if e == nil {
		return
	}
	p.Timeouts = govpay.Timeouts{
		Verify: e.optional("verify", 50*time.Millisecond, 2*time.Minute),
		Read:   e.optional("read", 50*time.Millisecond, 2*time.Minute),
		Submit: e.optional("submit", 50*time.Millisecond, 10*time.Minute),
	}
	for _, short := range []struct {
		name         string
		value, least time.Duration
		otherwise    string
	}{
		{"verify", p.Timeouts.Verify, 10 * time.Second, "la piattaforma può dover chiedere all'ente, e ha bisogno di 7 secondi"},
		{"read", p.Timeouts.Read, 5 * time.Second, "una piattaforma lenta sembrerebbe spenta"},
		{"submit", p.Timeouts.Submit, govpay.SubmitWindow, "la piattaforma può lavorare fino a 5 minuti, e ogni registrazione lenta finirebbe senza esito"},
	} {
		if short.value != 0 && short.value < short.least {
			e.warn(short.name, fmt.Sprintf("%s è poco: %s", short.value, short.otherwise), fmt.Sprintf("scrivere almeno %.0fs, salvo che la piattaforma sia simulata", short.least.Seconds()))
		}
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
