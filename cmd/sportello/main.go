// Command sportello is the one binary of Sportello POS: the service at the counter, the commands that
// speak to it, and the two simulators. This package wires the parts together and talks to people on a
// terminal; it decides nothing about money, which is the till's and the ledger's.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// Exit codes (design 7). Scripts rely on them.
const (
	exitDone        = 0 // for pay: charged
	exitFailed      = 1
	exitUsage       = 2 // wrong usage or configuration
	exitNotCharged  = 3 // declined, or refused before the charge
	exitUnknown     = 4 // outcome unknown, or the service was lost after it accepted
	exitUnreachable = 5 // service not reachable, nothing accepted
)

// command is one verb of the command line.
type command struct {
	name     string
	synopsis string // what follows the name
	help     string // one line
	example  string // what follows "sportello "
	run      func(args []string) int
}

// commands is every verb, in the order of the help. It is filled by init, because the commands themselves look
// into it for their help.
var commands []command

func init() {
	commands = []command{
		{"run", "--config FILE", "avvia il servizio di cassa", "run --config /etc/sportello/config.yaml", runService},
		{"demo", "[--listen IND] [--data DIR] [--fast] [--manual-keys]", "avvia servizio, terminale e piattaforma simulati", "demo", runDemo},
		{"simulate", "terminal --listen tcp://HOST:PORT|--pty FILE [--panel HOST:PORT] … | platform --listen HOST:PORT …", "avvia uno dei due simulatori da solo; «simulate terminal -h» e «simulate platform -h» ne elencano le opzioni", "simulate terminal --listen tcp://127.0.0.1:10000", runSimulate},
		{"pay", "AVVISO… --terminal NOME [--request-id ID] [--expect-cents N] [--json]", "incassa uno o più avvisi con carta", "pay 302000100000000107 --terminal cassa1", runPay},
		{"payments", "[--day|--from|--to AAAA-MM-GG] [--state STATO] [--notice CIFRE] [--iuv CIFRE] [--stan N] [--amount-cents N] [--registration STATO] [--by OPERATORE] [--terminal NOME] [--reference RIF] [--receipt-number ANNO/N] [--limit N] [--json]",
			"cerca fra i pagamenti, dal più recente", "payments --state unknown", runPayments},
		{"payment", "ID [--json]", "mostra un pagamento", "payment A1-00000012", runPayment},
		{"story", "ID [--json]", "la storia di un pagamento, passo per passo", "story A1-00000012", runStory},
		{"receipt", "ID [--notice N] [--pdf FILE] [--json]", "mostra lo scontrino di un pagamento, o la ricevuta pagoPA di un suo avviso", "receipt A1-00000012 --notice 1 --pdf ricevuta.pdf", runReceipt},
		{"resolve", "ID [--charged [--stan N --auth X]|--not-charged|--parked|--reversed|--not-reversed [--note TESTO]|--sign|--turn-down] [--seq N --operator CODICE] [--json]",
			"mostra le prove di un esito non noto, e registra che cosa ne dicono le persone", "resolve A1-00000012", runResolve},
		{"reverse", "ID --operator CODICE [--request-id ID] [--json]", "storna un pagamento sul terminale (responsabile)", "reverse A1-00000012 --operator bianchi", runReverse},
		{"queue", "[--follow] [--json]", "avvisi incassati di cui si attende la ricevuta pagoPA", "queue --follow", runQueue},
		{"cases", "[--all] | show ID | end ID --refunded|--closed|--resubmit --proof TESTO --seq N | sign ID [--turn-down] --seq N [--operator CODICE] [--json]",
			"ciò che le persone devono sistemare", "cases end A1-C00000007 --closed --proof \"mandato 45/2026\" --seq 31 --operator bianchi", runCases},
		{"terminal", "status|detect|last|totals|reprint|close|adopt|free NOME [--quiet-totals] | channel NOME CANALE [--operator CODICE] [--json]", "interroga un terminale o decide per lui", "terminal status cassa1", runTerminal},
		{"offline", "open --reason TESTO | close | status [--operator CODICE] [--request-id ID] [--json]", "periodo di incasso a piattaforma spenta (responsabile)",
			"offline open --reason \"piattaforma ferma dalle 9\" --operator bianchi", runOffline},
		{"services", "[--json]", "debiti che si possono creare qui, con i dati che chiedono", "services", runServices},
		{"positions", "search CODICEFISCALE|- [--creditor ENTE] | create SERVIZIO --debtor CODICEFISCALE|- --name NOME|- [--company] [--email IND] [--field NOME=VALORE]… [--amount EURO] [--reason TESTO] [--creditor ENTE] [--request-id ID] [--json]",
			"cerca i debiti di una persona, o ne crea uno; con - i dati personali si leggono da standard input", "positions search RSSMRA80A01H501U", runPositions},
		{"notice-pdf", "AVVISO --out FILE", "scrive in un file l'avviso da stampare", "notice-pdf 302000100000000107 --out avviso.pdf", runNoticePDF},
		{"report", "day [--date AAAA-MM-GG] [--csv FILE|--pdf FILE|--json]", "riepilogo di una giornata contabile, con la testa del registro", "report day --pdf riepilogo.pdf", runReport},
		{"ledger", "check|dump", "verifica o stampa il registro", "ledger check", runLedger},
		{"backup", "FILE [--operator CODICE] [--json]", "scrive una copia del registro, anche mentre si incassa", "backup /var/backups/sportello.db", runBackup},
		{"restore", "FILE [--set-aside|--check] | status | add --terminal NOME --notice AVVISO[@ENTE]=EURO… --stan N [--auth X] --at \"AAAA-MM-GG HH:MM\" --operator CODICE [--request-id ID] [--json]",
			"fa di una copia il registro, e porta a incassare di nuovo", "restore /var/backups/sportello.db", runRestore},
		{"move", "FILE [--json]", "ritira questa installazione e scrive l'ultima copia per il nuovo PC", "move /media/usb/cassa1.db", runMove},
		{"config", "check FILE", "controlla il file di configurazione", "config check /etc/sportello/config.yaml", runConfig},
		{"operator", "hash", "calcola l'impronta di un PIN per il file degli operatori", "operator hash", runOperator},
		{"service", "install|uninstall|start|stop|status [--json]|upgrade-ready [--wait 30s]", "mette, toglie, avvia e ferma il servizio di sistema", "service status", runServiceControl},
		{"doctor", "[--terminals] [--json]", "prova configurazione, disco, servizio e piattaforma, e dice che cosa fare", "doctor", runDoctor},
		{"bundle", "[--out FILE|-] [--operator CODICE]", "informazioni per l'assistenza in un testo, senza segreti né dati personali", "bundle --out assistenza.txt", runBundle},
		{"version", "", "versione del programma", "version", runVersion},
	}
}

func main() { os.Exit(execute(os.Args[1:])) }

// execute runs one command line and returns the exit code.
func execute(args []string) int {
	if len(args) == 0 {
		usage(os.Stderr)
		return exitUsage
	}
	name, args := args[0], args[1:]
	switch name {
	case "help", "-h", "--help":
		if len(args) > 0 {
			c, ok := find(args[0])
			if !ok {
				return unknownCommand(args[0])
			}
			fmt.Fprintln(os.Stdout, synopsis(c))
			return exitDone
		}
		usage(os.Stdout)
		return exitDone
	case "--version":
		return runVersion(nil)
	}
	c, ok := find(name)
	if !ok {
		return unknownCommand(name)
	}
	return c.run(args)
}

func unknownCommand(name string) int {
	return usageError(fmt.Sprintf("comando %q sconosciuto", name), "sportello help")
}

func find(name string) (command, bool) {
	for _, c := range commands {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Sportello POS: incassa avvisi pagoPA con carta allo sportello.\n\nUso: sportello COMANDO [argomenti]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.help)
	}
	fmt.Fprint(w, `
I comandi trovano il servizio con --config FILE, con SPORTELLO_CONFIG o nel file
predefinito; --operator CODICE entra con un operatore. Codici di uscita: 0 fatto
(pay: incassato; reverse: stornato), 1 non riuscito, 2 uso o configurazione
errati, 3 non incassato (reverse: non stornato), 4 esito sconosciuto, 5 servizio
non raggiungibile e niente accettato.

Esempio:
  $ sportello pay 302000100000000107 --terminal cassa1
  $ sportello payments --json
`)
}

func synopsis(c command) string {
	s := fmt.Sprintf("Uso: sportello %s %s\n  %s", c.name, c.synopsis, c.help)
	if c.example != "" {
		s += "\nEsempio:\n  $ sportello " + c.example
	}
	return s
}

// usageError says what is wrong with the command line and what to type instead.
func usageError(what, instead string) int {
	complain(what, instead)
	return exitUsage
}

// fail says an error that has no better place.
func fail(err error) int {
	complain(err.Error(), "")
	return exitFailed
}

// complain writes an error in two parts: what happened, and what to do.
func complain(what, hint string) {
	fmt.Fprintln(os.Stderr, "errore: "+what)
	if hint != "" {
		fmt.Fprintln(os.Stderr, "  ► "+hint)
	}
}

// parse reads the flags of fs wherever they stand among the arguments; fs.Args() are the others. It
// returns false after it has said what is wrong. -h prints the command's help and ends the program.
func parse(fs *flag.FlagSet, args []string) bool {
	fs.Init(fs.Name(), flag.ContinueOnError)
	fs.SetOutput(io.Discard) // its messages are English; ours follow
	fs.Usage = func() {}
	verb, _, _ := strings.Cut(fs.Name(), " ")
	c, _ := find(verb)
	var others []string
	for len(args) > 0 {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stdout, synopsis(c))
			printOptions(os.Stdout, fs)
			os.Exit(exitDone)
		} else if err != nil {
			usageError(fs.Name()+": "+inItalian(err), about(fs, c, err))
			return false
		}
		rest := fs.Args()
		if ended := len(args) - len(rest); ended > 0 && args[ended-1] == "--" {
			others = append(others, rest...)
			break
		}
		if len(rest) == 0 {
			break
		}
		others, args = append(others, rest[0]), rest[1:]
	}
	if err := fs.Parse(append([]string{"--"}, others...)); err != nil {
		return false // it cannot: there are no flags any more
	}
	return true
}

// wrongValue is how package flag names the option whose value does not do.
var wrongValue = regexp.MustCompile(`(?:for flag|for|needs an argument:) -([a-z-]+)`)

// about is what helps with a wrong command line: what the option takes, or how the command is written.
func about(fs *flag.FlagSet, c command, err error) string {
	if m := wrongValue.FindStringSubmatch(err.Error()); m != nil {
		if f := fs.Lookup(m[1]); f != nil {
			return "--" + f.Name + ": " + f.Usage
		}
	}
	return "sportello " + c.name + " " + c.synopsis
}

// parseAlone is parse for a command that takes options and nothing else.
func parseAlone(fs *flag.FlagSet, args []string) bool {
	if !parse(fs, args) {
		return false
	}
	if fs.NArg() > 0 {
		usageError(fmt.Sprintf("%s: %q è di troppo", fs.Name(), fs.Arg(0)), "sportello "+fs.Name()+" -h")
		return false
	}
	return true
}

func printOptions(w io.Writer, fs *flag.FlagSet) {
	heading := "Opzioni:\n"
	fs.VisitAll(func(f *flag.Flag) {
		preset := ""
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" {
			preset = " (predefinito: " + f.DefValue + ")"
		}
		fmt.Fprintf(w, "%s  --%-15s %s%s\n", heading, f.Name, f.Usage, preset)
		heading = ""
	})
}

// inItalian translates what package flag says.
func inItalian(err error) string {
	return strings.NewReplacer(
		"bad flag syntax: ", "opzione scritta male: ",
		"flag provided but not defined: -", "opzione sconosciuta --",
		"flag needs an argument: -", "manca il valore di --",
		"invalid value ", "valore non valido ", "invalid boolean value ", "valore non valido ",
		" for flag -", " per --", " for -", " per --", ": parse error", "", ": value out of range", ": fuori dai limiti",
	).Replace(err.Error())
}
