package config

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"sportello/driver"
	"sportello/driver/line"
)

// profile is what a kind of terminal has where the file says nothing.
type profile struct {
	lrc         string
	exclusivity driver.Exclusivity
	settlement  string
	paymentType string
	noticeData  driver.NoticeData
	maxNotices  int
	reversal    string
	receipts    string
	timing      driver.Timing
}

// ecr17Profile holds for both profiles: they speak the same protocol, and nothing known tells their
// defaults apart (ECR17 1.3, 1.6, 2.13).
var ecr17Profile = profile{
	lrc: "auto", exclusivity: driver.Shared, settlement: "terminal", paymentType: "CP",
	noticeData: driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"},
	maxNotices: 1, reversal: "none", receipts: "ecr",
	timing: driver.Timing{Result: 180 * time.Second, HardStop: 600 * time.Second, Quiet: 300 * time.Second, GiveUp: 15 * time.Minute},
}

var profiles = map[string]profile{"nexi": ecr17Profile, "numera": ecr17Profile}

var (
	nameShape      = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)
	eightDigits    = regexp.MustCompile(`^[0-9]{8}$`)
	pspShape       = regexp.MustCompile(`^[A-Za-z0-9_]{1,35}$`)
	indexMapShape  = regexp.MustCompile(`^[0-5]{4}$`)
	paymentTypeTwo = regexp.MustCompile(`^[A-Z]{2,4}$`)
)

// terminals remembers what must be unique among them, each with its line.
type terminals struct {
	names, addresses, ids map[string]int
	settlement            string // the first one's
	creditors             int
}

func readTerminals(s *section, creditors int) []Terminal {
	seen := terminals{names: map[string]int{}, addresses: map[string]int{}, ids: map[string]int{}, creditors: creditors}
	var all []Terminal
	for _, e := range s.sections("terminals", "un terminale") {
		all = append(all, readTerminal(e, &seen))
	}
	return all
}

func readTerminal(s *section, seen *terminals) Terminal {
	t := Terminal{Name: s.must("name", "cassa1")}
	if t.Name != "" {
		if !nameShape.MatchString(t.Name) {
			s.bad("name", fmt.Sprintf("%q non va bene come nome", t.Name), "usare lettere minuscole, cifre, - e _ (al massimo 32), per esempio cassa1; per le persone c'è label")
		}
		s.unique("name", t.Name, seen.names, "un altro terminale ha lo stesso nome", "dare un nome diverso a ogni terminale")
	}
	t.Label = s.text("label", t.Name)
	t.Profile = s.must("driver", "nexi")
	if t.Profile != "" {
		t.Profile = s.oneOf("driver", "nexi", "nexi", "numera")
	} else {
		t.Profile = "nexi" // reported; the rest is still checked
	}
	p := profiles[t.Profile]
	t.Address = s.must("address", "tcp://192.168.1.50:10000")
	if t.Address != "" {
		readAddress(s, t.Address, seen)
	}
	t.TerminalID = s.must("terminal_id", `"12345678"`)
	if t.TerminalID != "" {
		s.digits("terminal_id", t.TerminalID, "è il codice TID stampato sugli scontrini del terminale")
		if first, twice := seen.ids[t.TerminalID]; twice {
			s.warn("terminal_id", fmt.Sprintf("anche il terminale alla riga %d ha %s", first, t.TerminalID), "ogni terminale ha il suo TID: ricontrollarlo su uno scontrino")
		} else {
			seen.ids[t.TerminalID] = s.at("terminal_id")
		}
	}
	t.CashRegisterID = s.text("cash_register_id", "00000001")
	s.digits("cash_register_id", t.CashRegisterID, "basta 00000001, salvo diverse indicazioni della banca")
	t.LRC = s.oneOf("lrc", p.lrc, "auto", "stx+payload+etx", "payload+etx", "payload", "stx+payload")
	t.Exclusivity = driver.Exclusivity(s.oneOf("exclusivity", string(p.exclusivity), "exclusive", "manual", "shared"))
	t.Settlement = readSettlement(s, p, seen)
	t.PSP = readPSP(s, p, t.Settlement)
	t.NoticeData = readNoticeData(s, p, seen.creditors, t.Settlement)
	t.MaxNotices = readMaxNotices(s, p, t)
	t.Reversal = s.oneOf("reversal", p.reversal, "none", "provider")
	switch {
	case t.Reversal != "provider":
	case t.Settlement == "platform":
		s.warn("reversal", "con settlement: platform non conta: si storna solo finché il pagamento non è stato inviato alla piattaforma", "scrivere reversal: none")
	default:
		s.warn("reversal", "lo storno sul terminale restituisce il denaro: se il prestatore non annulla anche il pagamento pagoPA il debito resta pagato",
			"lasciarlo solo se il prestatore lo ha confermato per iscritto; altrimenti reversal: none")
	}
	t.Receipts = s.oneOf("receipts", p.receipts, "ecr", "terminal")
	t.FullLines = s.boolean("full_lines", false)
	t.Command = s.oneOf("command", "X", "X", "P")
	t.ACKForm = s.oneOf("ack_form", "auto", "auto", "ctrl", "ctrl+etx", "stx+ctrl+etx", "stx+ctrl", "etx")
	t.AnyState = s.boolean("any_state", false)
	if t.AnyState {
		s.warn("any_state", "si incassa anche con uno stato del terminale che nessun documento spiega", "lasciarlo solo se il gestore del terminale ha spiegato per iscritto quello stato")
	}
	t.Sends = s.number("sends", 3, 1, 5)
	t.Timing = readTiming(s, p)
	s.close()
	return t
}

func (s *section) unique(name, value string, seen map[string]int, reason, remedy string) {
	if first, twice := seen[value]; twice {
		s.bad(name, fmt.Sprintf("%s (riga %d)", reason, first), remedy)
		return
	}
	seen[value] = s.at(name)
}

func (s *section) digits(name, value, where string) {
	if !eightDigits.MatchString(value) {
		s.bad(name, fmt.Sprintf("%q non è fatto di 8 cifre", value), "scrivere 8 cifre fra virgolette, zeri iniziali compresi: "+where)
	}
}

const addressForms = "scrivere tcp://INDIRIZZO:PORTA, serial:///dev/ttyUSB0?baud=9600&format=8N1, serial://COM3 oppure serial://usb/VID:PID"

func readAddress(s *section, address string, seen *terminals) {
	a, err := line.ParseAddress(address)
	if err != nil {
		s.bad("address", fmt.Sprintf("%q %s", address, addressReason(address)), addressForms)
		return
	}
	// Speed and format do not make another line of the same device.
	device := fmt.Sprintf("%s %s %s:%s %s", a.Kind, a.Path, a.VID, a.PID, a.Number)
	s.unique("address", device, seen.addresses, "un altro terminale è sulla stessa linea", "una linea porta a un solo terminale: correggere l'indirizzo o togliere il doppione")
}

// addressReason says in Italian what the usual slips are.
func addressReason(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	switch {
	case !ok:
		return "non inizia con tcp:// o serial://"
	case strings.EqualFold(scheme, "tcp") && !strings.Contains(rest[strings.LastIndex(rest, "]")+1:], ":"):
		return "non ha la porta (è impostata sul terminale, non ce n'è una abituale)"
	case strings.EqualFold(scheme, "tcp"):
		return "non ha un indirizzo e una porta validi"
	case strings.EqualFold(scheme, "serial"):
		return "non indica una porta seriale valida"
	}
	return fmt.Sprintf("usa %s://, che non è un tipo di linea", scheme)
}

// readSettlement keeps one way for a creditor: all terminals serve all creditors, so one way for all.
func readSettlement(s *section, p profile, seen *terminals) string {
	way := s.oneOf("settlement", p.settlement, "terminal", "platform")
	if seen.settlement == "" {
		seen.settlement = way
	} else if seen.settlement != way {
		s.bad("settlement", fmt.Sprintf("un altro terminale usa %q: lo stesso avviso avrebbe due strade", seen.settlement), "usare la stessa strada su tutti i terminali dell'installazione")
	}
	return way
}

// paymentTypes are the values of tipoVersamento that the platform can read.
var paymentTypes = []string{"CP", "BBT", "BP", "AD", "OBEP", "PO", "OTH"}

func readPSP(s *section, p profile, way string) PSP {
	e := s.section("psp")
	if e == nil {
		if s.values["psp"] == nil || s.isNull("psp") {
			s.bad("psp", "manca: senza, le ricevute del prestatore non si riconoscono", "aggiungere «psp: {id: …}» con il codice del prestatore (lo dà la banca, o una ricevuta già arrivata)")
		}
		return PSP{PaymentType: p.paymentType}
	}
	psp := PSP{
		ID: e.must("id", "CIPBITMM"), Intermediary: e.text("intermediary", ""),
		Channel: e.text("channel", ""), PaymentType: e.text("payment_type", p.paymentType),
	}
	for _, f := range []struct{ name, value string }{{"id", psp.ID}, {"intermediary", psp.Intermediary}, {"channel", psp.Channel}} {
		if f.value != "" && !pspShape.MatchString(f.value) {
			e.bad(f.name, fmt.Sprintf("%q ha caratteri che un codice pagoPA non ha", f.value), "usare lettere, cifre e _ (al massimo 35), come nelle ricevute")
		}
	}
	const asked = "con settlement: platform la piattaforma lo chiede per registrare il pagamento"
	switch {
	case way == "platform":
		for _, f := range []struct{ name, value, example string }{{"intermediary", psp.Intermediary, "13212880150"}, {"channel", psp.Channel, "13212880150_90"}} {
			if f.value == "" {
				e.bad(f.name, "manca: "+asked, "aggiungere il codice che dà il prestatore, per esempio «"+f.name+": \""+f.example+"\"»")
			}
		}
	case psp.Channel == "":
		e.warn("channel", "manca: ogni ricevuta resta sospesa con un caso (channel_unproven) e il terminale non risulta mai provato",
			"scrivere il codice del canale (lo dà la banca, o una ricevuta già arrivata), per esempio channel: \"13212880150_90\"")
	}
	switch {
	case way == "platform":
		psp.PaymentType = e.oneOf("payment_type", p.paymentType, paymentTypes...)
	case !paymentTypeTwo.MatchString(psp.PaymentType):
		e.bad("payment_type", fmt.Sprintf("%q non è un tipo di versamento", psp.PaymentType), "scrivere CP (carta), salvo diverse indicazioni del prestatore")
	}
	e.close()
	return psp
}
