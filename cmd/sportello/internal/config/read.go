package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"sportello/protocol/pagopa"
)

func readConfig(s *section, c *Config) {
	c.Installation = s.must("installation", "A1")
	if c.Installation != "" && !installationShape.MatchString(c.Installation) {
		s.bad("installation", fmt.Sprintf("%q non è fatto di due caratteri A-Z o 0-9", c.Installation),
			"scegliere due caratteri, diversi per ogni installazione dell'ente, per esempio A1")
	}
	readPlace(s, c)
	c.Language = s.oneOf("language", "it", "it", "en", "de")
	c.OperatorsFile = s.must("operators_file", exampleDir()+"/operators.yaml")
	readOperatorsFile(s, c.OperatorsFile)
	c.Creditors = readCreditors(s)
	c.Terminals = readTerminals(s, len(c.Creditors))
	way := "" // the same for all
	if len(c.Terminals) > 0 {
		way = c.Terminals[0].Settlement
	}
	readPlatform(s, &c.Platform, way)
	c.Offline = readOffline(s, way)
	c.Services = readServices(s, c.Creditors, c.Platform)
	readOptional(s, c)
	checkListen(s, c)
	s.close()
}

var installationShape = regexp.MustCompile(`^[A-Z0-9]{2}$`)

// readPlace reads what the client commands need too.
func readPlace(s *section, c *Config) {
	c.Listen = s.text("listen", "127.0.0.1:8417")
	host, port, err := net.SplitHostPort(c.Listen)
	n, bad := strconv.Atoi(port)
	switch {
	case err != nil || bad != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port:
		s.bad("listen", fmt.Sprintf("%q non è INDIRIZZO:PORTA", c.Listen), "scrivere per esempio 127.0.0.1:8417")
	case host == "" || !isAddress(host):
		s.bad("listen", fmt.Sprintf("%q non è un indirizzo IP", host), "usare 127.0.0.1 (un nome come localhost può portare altrove)")
	}
	c.DataDir = s.must("data_dir", exampleDataDir())
	s.absolute("data_dir", c.DataDir)
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// isLoopback tells whether host is a loopback address or the name localhost.
func isLoopback(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsLoopback() || strings.EqualFold(host, "localhost")
}

// checkListen refuses a page that others could read on the way (design 9).
func checkListen(s *section, c *Config) {
	host, _, err := net.SplitHostPort(c.Listen)
	if err == nil && isAddress(host) && !isLoopback(host) && c.TLS == nil {
		s.bad("listen", fmt.Sprintf("%q è raggiungibile da altri PC senza cifratura", c.Listen),
			"usare 127.0.0.1, oppure aggiungere tls: {certificate: …, key: …}")
	}
}

func readCreditors(s *section) []Creditor {
	var all []Creditor
	lines := map[string]int{}
	for _, e := range s.sections("creditors", "un ente creditore") {
		c := Creditor{TaxCode: e.must("tax_code", `"01199250158"`), Name: e.must("name", "Comune di Esempio"), GLN: e.text("gln", "")}
		if c.TaxCode != "" {
			checkTaxCode(e, c.TaxCode)
			if first, twice := lines[c.TaxCode]; twice {
				e.bad("tax_code", fmt.Sprintf("l'ente %s c'è due volte (già alla riga %d)", c.TaxCode, first), "tenerne uno solo")
			} else {
				lines[c.TaxCode] = e.at("tax_code")
			}
		}
		if c.GLN != "" && !glnShape.MatchString(c.GLN) {
			e.bad("gln", fmt.Sprintf("%q non è un codice GLN di 13 cifre", c.GLN), "copiarlo dal codice a barre degli avvisi, oppure lasciarlo vuoto")
		}
		e.close()
		all = append(all, c)
	}
	return all
}

var glnShape = regexp.MustCompile(`^[0-9]{13}$`)

func checkTaxCode(s *section, code string) {
	creditor, err := pagopa.ParseCreditor(code)
	remedy := "scrivere le 11 cifre fra virgolette, zeri iniziali compresi, senza IT"
	switch {
	case errors.Is(err, pagopa.ErrCreditorLength):
		s.bad("tax_code", fmt.Sprintf("%q non ha 11 cifre", code), remedy)
	case errors.Is(err, pagopa.ErrCreditorDigits):
		s.bad("tax_code", fmt.Sprintf("%q contiene altro che cifre", code), remedy)
	case err != nil:
		s.bad("tax_code", fmt.Sprintf("%q non è il codice fiscale di un ente", code), remedy)
	case !creditor.CheckOK():
		s.warn("tax_code", fmt.Sprintf("la cifra di controllo di %q non torna", code), "ricontrollarlo; è normale solo per gli enti di prova")
	}
}

func readOptional(s *section, c *Config) {
	if t := s.section("tls"); t != nil {
		c.TLS = &TLS{Certificate: t.must("certificate", exampleDir()+"/cert.pem"), Key: t.must("key", exampleDir()+"/key.pem")}
		if c.TLS.Certificate != "" {
			t.pemFile("certificate", c.TLS.Certificate)
		}
		if c.TLS.Key != "" {
			t.secretFile("key", c.TLS.Key)
		}
		t.close()
	}
	c.Hosts = s.texts("hosts")
	for _, h := range c.Hosts {
		if !hostShape().MatchString(h) {
			s.bad("hosts", fmt.Sprintf("%q non è un nome di PC", h), "scrivere solo il nome, senza http:// e senza porta, per esempio sportello1.comune.example")
		}
	}
	c.Origins = s.texts("origins")
	for _, o := range c.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != o {
			s.bad("origins", fmt.Sprintf("%q non è un'origine", o), "scrivere solo https://NOME o https://NOME:PORTA, senza percorso e senza barra finale")
		}
	}
	if p := s.section("printer"); p != nil {
		c.Printer = readPrinter(p)
	}
	c.Scanner.Keyboard = "auto"
	if p := s.section("scanner"); p != nil {
		c.Scanner.Keyboard = p.oneOf("keyboard", "auto", "auto", "it", "us")
		p.close()
	}
	if p := s.section("retention"); p != nil {
		days := p.number("personal_days", 0, 0, 36_500)
		if days > 0 && days < 90 {
			p.bad("personal_days", fmt.Sprintf("%d giorni sono troppo pochi: una ricevuta può mancare per settimane", days), "scrivere almeno 90, oppure 0 per non cancellare mai")
		}
		c.Retention.Personal = time.Duration(days) * 24 * time.Hour
		p.close()
	}
	readUpkeep(s, c)
}

// hostShape is made when it is first needed: its counts cost more than the rest of a start.
var hostShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$`)
})
