// Package config reads the service's YAML file (design 7) and says, for every mistake in it, the line,
// the reason and the remedy in words for the IT staff of a public body. It also holds the operators'
// file. It never changes a file, opens no line and asks nothing of the network; a file with an error
// yields no configuration at all, so that the service never runs on half of one.
package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"sportello/driver"
	"sportello/protocol/govpay"
)

// Config is a whole, checked configuration: every default is filled in.
type Config struct {
	Path          string // the file it was read from
	Installation  string // two characters, in every reference and payment id
	Listen        string // HOST:PORT
	DataDir       string
	Language      string // it, en, de
	OperatorsFile string
	Creditors     []Creditor
	Terminals     []Terminal
	Platform      Platform
	Offline       Offline
	Services      []Service // kinds of debt the counter may create

	TLS       *TLS     // nil: plain HTTP on loopback
	Hosts     []string // further Host names the page may be asked for
	Origins   []string // further exact origins
	Printer   Printer
	Scanner   Scanner
	Retention Retention
	Log       Log
	Metrics   Metrics

	Warnings []Problem // what is allowed but looks wrong
}

// Creditor is a public body this counter takes payments for.
type Creditor struct {
	TaxCode string // 11 digits
	Name    string
	GLN     string // 13 digits, for GS1-128 codes; may be empty
}

// Terminal is one entry of terminals[], with the profile's values where the file has none.
type Terminal struct {
	Name           string
	Label          string
	Profile        string // nexi, numera
	Address        string
	TerminalID     string
	CashRegisterID string
	LRC            string
	Exclusivity    driver.Exclusivity
	Settlement     string // terminal, platform; the same for all terminals of a file
	PSP            PSP
	NoticeData     *driver.NoticeData // nil: the contract carries no additional data
	MaxNotices     int                // in one card transaction
	Reversal       string             // none, provider
	Receipts       string             // ecr, terminal
	FullLines      bool               // a full line of a slip ends by itself
	Command        string             // X, P: the payment command
	ACKForm        string             // auto, or how the LRC of our acknowledgements is written
	AnyState       bool               // a status that no document explains allows a payment
	Sends          int                // times a command that moves no money is sent in all
	Timing         driver.Timing
}

// PSP is the payment service provider behind a terminal: receipts are told apart by it (design 5.2).
type PSP struct {
	ID           string
	Intermediary string
	Channel      string
	PaymentType  string
}

// Driver is the terminal as its driver needs it.
func (t Terminal) Driver() driver.Config {
	form := t.ACKForm
	if form == "auto" {
		form = "" // learned from the terminal
	}
	return driver.Config{
		Name: t.Name, Driver: t.Profile, Address: t.Address,
		TerminalID: t.TerminalID, CashRegisterID: t.CashRegisterID,
		LRC: t.LRC, Exclusivity: t.Exclusivity, NoticeData: t.NoticeData,
		Receipts: t.Receipts, FullLines: t.FullLines, Command: t.Command, ACKForm: form, AnyState: t.AnyState, Sends: t.Sends, Timing: t.Timing,
	}
}

// Platform is the regional platform and who we are there.
type Platform struct {
	Driver      string // govpay
	Pagamento   string
	Pendenze    string
	Ragioneria  string
	Backoffice  string
	Application string
	Auth        govpay.Auth
	CAFile      string

	Proxy                        string // empty: from the environment; none; or an address
	ProxyUser, ProxyPasswordFile string
	Verify                       []govpay.API    // who is asked about a notice, in this order; empty: the client's own order
	Timeouts                     govpay.Timeouts // zero: the client's own
}

// GovPay is the platform as its client needs it.
func (p Platform) GovPay() govpay.Config {
	return govpay.Config{
		Pagamento: p.Pagamento, Pendenze: p.Pendenze, Ragioneria: p.Ragioneria, Backoffice: p.Backoffice,
		Auth: p.Auth, CAFile: p.CAFile,
		Proxy: p.Proxy, ProxyUser: p.ProxyUser, ProxyPasswordFile: p.ProxyPasswordFile,
		Timeouts: p.Timeouts,
	}
}

// Offline is the body's written choice to charge while the platform is away (design 8). Where Allow is
// true every limit is positive; VerifiedWithin is zero only where a debt may be charged unverified.
type Offline struct {
	Allow          bool
	MaxAmountCents int64         // of one payment
	MaxTotalCents  int64         // of one period
	MaxPayments    int           // in one period
	MaxHours       time.Duration // a period ends by itself after these
	VerifiedWithin time.Duration // only what this installation verified that recently
}

// Service is a kind of debt that is created at the counter. One read from the platform's catalogue has
// nothing but its Type and its Creditor.
type Service struct {
	Type     string // idTipoPendenza
	Name     string // what the clerk picks
	Creditor string // tax code
	Reason   string // causale
	Cents    int64  // 0: asked

	// Where the money goes: an account code of the platform, or an IBAN with its accounting.
	EntryCode                            string
	IBAN, AccountingKind, AccountingCode string

	Taxonomy string          // tassonomiaAvviso; may be empty
	DueDays  int             // 0: no due date
	Form     json.RawMessage // a JSON schema, an object; nil: no further fields
}

// Catalogue tells whether the platform's catalogue has to say what the service is.
func (s Service) Catalogue() bool { return s.Name == "" }

// TLS are the PEM files for a page that is not served on loopback.
type TLS struct {
	Certificate string
	Key         string
}

// Printer is the receipt printer of the service; an empty name means that there is none, and the page prints.
type Printer struct {
	Name    string // tcp://HOST[:9100]; on Linux a device file; on Windows a printer's name or \\SERVER\SHARE
	Copies  int
	Columns int // characters on a line
	Cut     bool
	// Automatic is what is printed by itself when a card was charged: none, slip, attestation.
	Automatic string
}

// Scanner says what keyboard layout the barcode scanner types with.
type Scanner struct {
	Keyboard string // auto, it, us
}

// Retention says when personal data of finished payments is erased. Zero: never by itself.
type Retention struct {
	Personal time.Duration
}

// Load reads and checks the file at path. The error of a file with mistakes is an *InvalidError,
// which carries all of them.
func Load(path string) (*Config, error) {
	c, problems := Check(path)
	if c == nil {
		return nil, &InvalidError{Path: path, Problems: problems}
	}
	return c, nil
}

// Check reads the file at path and tells everything that is wrong or doubtful in it, in the order of
// the lines. The configuration is nil when one of the problems is more than a warning.
func Check(path string) (*Config, []Problem) {
	r := &reader{file: path}
	c := &Config{Path: path}
	if root := r.open(); root != nil {
		readConfig(root, c)
	}
	r.sort()
	if slices.ContainsFunc(r.problems, func(p Problem) bool { return !p.Warning }) {
		return nil, r.problems
	}
	c.Warnings = r.problems
	return c, r.problems
}

// DefaultPath is where the file is when nobody says: /etc/sportello/config.yaml, on Windows
// %ProgramData%\Sportello\config.yaml.
func DefaultPath() string {
	if runtime.GOOS != "windows" {
		return "/etc/sportello/config.yaml"
	}
	dir := os.Getenv("ProgramData")
	if dir == "" {
		dir = `C:\ProgramData`
	}
	return filepath.Join(dir, "Sportello", "config.yaml")
}

// Place is where a client command finds the running service.
type Place struct {
	Listen      string // HOST:PORT
	DataDir     string // holds cli.token
	Certificate string // of the service, where it speaks TLS
}

// Locate reads only what a client command needs, so that it works for people who may not read the
// service's secrets. What else is wrong in the file is the service's concern.
func Locate(path string) (Place, error) {
	r := &reader{file: path}
	var p Place
	if root := r.open(); root != nil {
		var c Config
		readPlace(root, &c)
		p = Place{Listen: c.Listen, DataDir: c.DataDir}
		if tls := root.section("tls"); tls != nil {
			p.Certificate = tls.text("certificate", "")
		}
	}
	r.problems = slices.DeleteFunc(r.problems, func(p Problem) bool { return p.Warning })
	if len(r.problems) > 0 {
		r.sort()
		return Place{}, &InvalidError{Path: path, Problems: r.problems}
	}
	return p, nil
}
