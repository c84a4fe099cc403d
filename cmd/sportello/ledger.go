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
	for _, p := range rep.Problems {
		fmt.Fprintln(w, problemText(p))
	}
	fmt.Fprintf(w, "Problemi trovati: %d. Non cancellare il registro: conservarne una copia e chiamare l'assistenza.\n", len(rep.Problems))
	return exitFailed
}

// problemKinds are the places of a ledger that a check names, in words, with what is wrong with each.
var problemKinds = []struct{ place, name, wrong string }{
	{"entry", "scrittura", "non è come è stata scritta, o non segue dalle precedenti"},
	{"blob", "dati della scrittura", "non corrispondono alla scrittura a cui appartengono"},
	{"payment", "pagamento", "sta in un modo che le regole non permettono"},
	{"offline period", "periodo a piattaforma spenta", "i suoi conti non sono quelli dei pagamenti"},
	{"state", "tabella", "non corrisponde alle scritture"},
	{"archive", "indice dell'archivio", "non corrisponde ai pagamenti, che sono intatti: il servizio lo rifà da sé"},
	{"page", "pagina", "il file è danneggiato"},
	{"meta pages", "prime pagine", "il file è danneggiato"},
	{"file", "file", "è danneggiato, tagliato o di un'altra versione"},
}

// problemText is a finding in words, with the key by which support finds it; theirs stand small behind it.
func problemText(p ledger.Problem) string {
	for _, kind := range problemKinds {
		if key, ok := strings.CutPrefix(p.Where, kind.place); ok {
			return fmt.Sprintf("%s%s: %s [%s]", kind.name, key, kind.wrong, p)
		}
	}
	return fmt.Sprintf("%s: non è come dovrebbe [%s]", p.Where, p.What)
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
