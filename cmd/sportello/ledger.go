package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// runLedger checks or prints the ledger: through the running service, or from the file when none runs.
func runLedger(args []string) int {
	if len(args) > 0 && args[0] == "backup" { // the same as by itself
		return runBackup(args[1:])
	}
	if len(args) > 0 && args[0] == "restore" {
		return runRestore(args[1:])
	}
	fs := flag.NewFlagSet("ledger", flag.ContinueOnError)
	configPath := configFlag(fs)
	asJSON := fs.Bool("json", false, "un solo documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	const both = "sportello ledger check  ·  sportello ledger dump"
	if fs.NArg() != 1 {
		return usageError("ledger: serve un comando, e uno solo", both)
	}
	switch fs.Arg(0) {
	case "check":
		return ledgerCheck(*configPath, *asJSON)
	case "dump":
		return ledgerDump(*configPath)
	}
	return usageError(fmt.Sprintf("ledger: comando %q sconosciuto", fs.Arg(0)), both)
}

func ledgerCheck(configPath string, asJSON bool) int {
	place, err := findPlace(configPath)
	if err != nil {
		return failJSON(asJSON, err)
	}
	path := filepath.Join(place.DataDir, ledger.FileName)
	rep, err := ledger.CheckFile(path)
	switch {
	case errors.Is(err, ledger.ErrInUse):
		c, cerr := connect(configPath)
		if cerr != nil {
			return failJSON(asJSON, cerr)
		}
		defer c.Close()
		if err = c.get(context.Background(), api+"ledger/check", &rep); err != nil {
			return failJSON(asJSON, err)
		}
	case err != nil:
		if asJSON {
			printFailure(local.Error{Code: codeFile, Message: path + ": " + inWords(err)}, "")
		}
		return failLedger(path, err)
	}
	if !asJSON {
		return printReport(os.Stdout, rep)
	}
	if code := printJSON(rep); code != exitDone || len(rep.Problems) > 0 {
		return exitFailed
	}
	return exitDone
}

// failLedger says why a ledger cannot be looked at.
func failLedger(path string, err error) int {
	if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		complain("in "+filepath.Dir(path)+" non c'è un registro", "controllare data_dir; il registro nasce al primo avvio del servizio (sportello run)")
		return exitFailed
	}
	if errors.Is(err, fs.ErrPermission) {
		complain(path+": "+inWords(err), "ripetere il comando con l'utente del servizio")
		return exitFailed
	}
	return failFile(path, err)
}

func printReport(w io.Writer, rep ledger.Report) int {
	if len(rep.Problems) == 0 {
		fmt.Fprintf(w, "Registro integro: %s, %s.\nUltima impronta: %s\n", counted(rep.Entries, "una voce", "voci"), payments(rep.Payments), rep.Head)
		return exitDone
	}
	worst := len(mends) - 1
	for _, p := range rep.Problems {
		fmt.Fprintln(w, problemText(p))
		worst = min(worst, slices.Index(mends, problemOf(p).mend))
	}
	fmt.Fprintf(w, "Problemi trovati: %d.\n  ► %s\n", len(rep.Problems), mends[worst])
	return exitFailed
}

// What is to be done about a finding.
const (
	mendFile = "Non cancellare il registro: fermare il servizio (sportello service stop), conservare una copia della cartella dei dati e chiamare l'assistenza. " +
		"Per incassare intanto: sportello restore con l'ultima copia buona (sportello restore --check la verifica)."
	mendRules = "Non cancellare il registro: farne una copia (sportello backup) e chiamare l'assistenza con questo elenco. " +
		"Dei pagamenti nominati qui confrontare lo scontrino con la lista dei movimenti del prestatore."
	mendNothing = "Nessun incasso è toccato e non serve fare nulla: il servizio rifà l'indice da sé."
)

// mends are these, the gravest first: where it applies the others wait.
var mends = []string{mendFile, mendRules, mendNothing}

// problemKind is a place of a ledger that a check names, in words, with what is wrong there and what to do.
type problemKind struct{ place, name, wrong, mend string }

var problemKinds = []problemKind{
	{"entry", "scrittura", "non è come è stata scritta, o non segue dalle precedenti", mendFile},
	{"blob", "dati della scrittura", "non corrispondono alla scrittura a cui appartengono", mendFile},
	{"payment", "pagamento", "sta in un modo che le regole non permettono", mendRules},
	{"offline period", "periodo a piattaforma spenta", "i suoi conti non sono quelli dei pagamenti", mendRules},
	{"state", "tabella", "non corrisponde alle scritture", mendRules},
	{"archive", "indice dell'archivio", "non corrisponde ai pagamenti, che sono intatti: il servizio lo rifà da sé", mendNothing},
	{"page", "pagina", "il file è danneggiato", mendFile},
	{"meta pages", "prime pagine", "il file è danneggiato", mendFile},
	{"file", "file", "è danneggiato, tagliato o di un'altra versione", mendFile},
}

func problemOf(p ledger.Problem) problemKind {
	for _, kind := range problemKinds {
		if strings.HasPrefix(p.Where, kind.place) {
			return kind
		}
	}
	return problemKind{p.Where, p.Where, "non è come dovrebbe", mendFile}
}

// problemText is a finding in words, with the key by which support finds it; theirs stand small behind it.
func problemText(p ledger.Problem) string {
	kind := problemOf(p)
	return fmt.Sprintf("%s%s: %s [%s]", kind.name, strings.TrimPrefix(p.Where, kind.place), kind.wrong, p)
}

// ledgerDump prints every entry of a ledger that no service has open.
func ledgerDump(configPath string) int {
	cfg, err := config.Load(orElse(orElse(configPath, os.Getenv(configName)), config.DefaultPath()))
	if err != nil {
		return failConfig(err)
	}
	path := filepath.Join(cfg.DataDir, ledger.FileName)
	if _, err := os.Stat(path); err != nil {
		return failLedger(path, err)
	}
	l, err := ledger.Open(cfg.DataDir, ledger.Options{Installation: cfg.Installation, Log: zerolog.Nop()})
	if err != nil {
		return failStart(err, cfg)
	}
	if err := errors.Join(l.Dump(os.Stdout), l.Close()); err != nil {
		return fail(err)
	}
	return exitDone
}

func printJSON(v any) int {
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fail(err)
	}
	return exitDone
}
