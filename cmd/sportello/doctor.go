package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"sportello/cmd/sportello/internal/config"
)

// grade is how a check ended.
type grade string

const (
	gradeWell   grade = "ok"
	gradeDoubt  grade = "warning" // works, and somebody should look at it
	gradeBroken grade = "broken"
	gradeConfig grade = "configuration" // broken, and mended in a file
)

var marks = map[grade]string{gradeWell: "✓", gradeDoubt: "!", gradeBroken: "✗", gradeConfig: "✗"}

// examined is one check: what was looked at, what was found, what to do now. Found and Remedy are Italian;
// Check and Code are stable. It holds no secret and no personal data.
type examined struct {
	Check  string `json:"check"`        // configuration, data_dir, service, reach, tls …
	Of     string `json:"of,omitempty"` // the interface, the creditor, the terminal, the file
	State  grade  `json:"state"`
	Code   string `json:"code"`
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"`

	Detail      string     `json:"detail,omitempty"` // small print: a status, a codice
	Issuer      string     `json:"issuer,omitempty"` // who signed the certificate that the server showed
	Expires     *time.Time `json:"expires,omitempty"`
	SkewSeconds int        `json:"skew_seconds,omitempty"` // their clock minus ours
	TookMS      int64      `json:"took_ms,omitempty"`
	Transaction string     `json:"transaction,omitempty"` // the key into the platform's own log
}

// diagnosis is the whole of it, one JSON document.
type diagnosis struct {
	Version string     `json:"version"`
	Config  string     `json:"config"`
	At      time.Time  `json:"at"`
	State   grade      `json:"state"` // the worst of the checks
	Checks  []examined `json:"checks"`
}

// doctor looks at an installation and changes nothing. It is used by one command.
type doctor struct {
	path      string
	terminals bool // ask the terminals for their status, too
	quick     bool // do not verify a large ledger, which takes minutes
	print     func(examined)
	result    diagnosis
	word      *examined // the service's bad word about the platform, until our own probes have been made
}

// runDoctor says what works, what does not, and what to do about it.
func runDoctor(args []string) int {
	fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
	path := configFlag(fs)
	asJSON := fs.Bool("json", false, "un solo documento JSON")
	terminals := fs.Bool("terminals", false, "chiede lo stato anche ai terminali, se il servizio è fermo; non muove denaro")
	if !parseAlone(fs, args) {
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	d := &doctor{path: orElse(orElse(*path, os.Getenv(configName)), config.DefaultPath()), terminals: *terminals, print: func(examined) {}}
	if !*asJSON {
		fmt.Fprintf(os.Stdout, "Sportello POS %s: diagnosi di %s\n\n", version, d.path)
		d.print = func(e examined) { printExamined(os.Stdout, e) }
	}
	d.examine(ctx)
	if *asJSON {
		if code := printJSON(d.result); code != exitDone {
			return code
		}
	} else {
		d.conclude(os.Stdout)
	}
	return map[grade]int{gradeBroken: exitFailed, gradeConfig: exitUsage}[d.result.State]
}

// examine makes every check, from this PC outwards. What a broken configuration does not say is left out.
func (d *doctor) examine(ctx context.Context) {
	d.result = diagnosis{Version: version, Config: d.path, At: time.Now().Round(time.Second), State: gradeWell, Checks: []examined{}}
	cfg := d.configuration()
	place, err := config.Locate(d.path)
	if err == nil {
		running := d.service(ctx, place, cfg)
		held := running
		if d.dataDir(place.DataDir, running) {
			held = !d.ledger(place.DataDir, running) || running
		}
		d.system(place, cfg)
		if cfg != nil {
			d.certificateFiles(cfg)
			before := len(d.result.Checks)
			d.platform(ctx, cfg)
			d.weigh(d.result.Checks[before:])
			d.terminalLines(ctx, cfg, held)
		}
	}
	d.weigh(nil)
}

// weigh notes the service's bad word about the platform. It may be an old one: where the probes of this run
// have just succeeded it is a doubt, and no fault.
func (d *doctor) weigh(probes []examined) {
	if d.word == nil {
		return
	}
	e := *d.word
	d.word = nil
	bad := func(p examined) bool { return p.State == gradeBroken || p.State == gradeConfig }
	if len(probes) > 0 && !slices.ContainsFunc(probes, bad) {
		e.State = gradeDoubt
		e.Remedy = "le prove di adesso riescono: è la sua ultima parola, e cambia alla prossima domanda alla piattaforma; se resta, gira con un altro utente o un altro proxy"
	}
	d.note(e)
}

// note takes down one check.
func (d *doctor) note(e examined) {
	d.result.Checks = append(d.result.Checks, e)
	worse := map[grade]int{gradeWell: 0, gradeDoubt: 1, gradeBroken: 2, gradeConfig: 3}
	if worse[e.State] > worse[d.result.State] {
		d.result.State = e.State
	}
	d.print(e)
}

func (d *doctor) well(check, of, found string) {
	d.note(examined{Check: check, Of: of, State: gradeWell, Code: "ok", Found: found})
}

// configuration reads the file as config check does.
func (d *doctor) configuration() *config.Config {
	cfg, problems := config.Check(d.path)
	for _, p := range problems {
		e := examined{Check: "configuration", Of: p.Key, State: gradeConfig, Code: "config_error", Found: p.Reason, Remedy: p.Remedy}
		if p.Warning {
			e.State, e.Code = gradeDoubt, "config_doubtful"
		}
		if p.Line > 0 {
			e.Found = fmt.Sprintf("riga %d: %s", p.Line, e.Found)
		}
		if p.File != d.path {
			e.Found = p.File + ": " + e.Found
		}
		d.note(e)
	}
	if cfg != nil && len(problems) == 0 {
		d.well("configuration", "", fmt.Sprintf("valida: terminali %d, enti %d", len(cfg.Terminals), len(cfg.Creditors)))
	}
	return cfg
}

// checkNames are what people read instead of the stable names.
var checkNames = map[string]string{
	"configuration": "configurazione", "data_dir": "cartella dei dati", "space": "spazio su disco", "ledger": "registro",
	"page": "indirizzo della pagina", "service": "servizio", "certificate_file": "certificato",
	"proxy": "proxy", "reach": "collegamento", "tls": "certificato", "credentials": "credenziali", "profile": "interfaccia",
	"clock": "orologio", "expiry": "scadenza del certificato", "creditor": "ente", "grant": "permessi",
	"system_clock": "orologio del PC", "rights": "diritti", "serial": "porta seriale", "firewall": "firewall", "antivirus": "antivirus",
	"registration": "registrazione", "queue": "coda", "services": "debito da creare", "terminal": "terminale",
}

// printExamined writes a check on a line, and on the next what to do.
func printExamined(w io.Writer, e examined) {
	subject := orElse(checkNames[e.Check], e.Check)
	if e.Of != "" {
		subject = strings.TrimSpace(e.Of + " · " + subject)
	}
	if e.Check == "configuration" {
		subject = strings.TrimSuffix(checkNames[e.Check]+" · "+e.Of, " · ")
	}
	code := ""
	if e.State != gradeWell {
		code = " [" + strings.TrimSpace(e.Code+" "+e.Detail) + "]"
	}
	fmt.Fprintf(w, "%s %s: %s%s\n", marks[e.State], subject, e.Found, code)
	if e.Remedy != "" {
		fmt.Fprintf(w, "    ► %s\n", e.Remedy)
	}
}

// conclude is the last line: what it comes to.
func (d *doctor) conclude(w io.Writer) {
	broken, doubtful := 0, 0
	for _, e := range d.result.Checks {
		switch e.State {
		case gradeBroken, gradeConfig:
			broken++
		case gradeDoubt:
			doubtful++
		}
	}
	switch {
	case d.result.State == gradeConfig:
		fmt.Fprintf(w, "\nLa configurazione non si può usare: correggerla e ripetere; la piattaforma non è stata provata.\n")
	case broken > 0:
		fmt.Fprintf(w, "\nDa sistemare: %d. Da guardare: %d. Non è stato cambiato nulla.\n", broken, doubtful)
	default:
		fmt.Fprintf(w, "\nTutto funziona. Da guardare: %d. Non è stato cambiato nulla.\n", doubtful)
	}
}
