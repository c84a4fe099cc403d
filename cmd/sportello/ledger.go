package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
)

// runLedger checks or prints the ledger: through the running service, or from the file when none runs.
func runLedger(args []string) int {
	if len(args) == 0 {
		return usageError("ledger: manca che cosa fare", "sportello ledger check  ·  sportello ledger dump")
	}
	fs := flag.NewFlagSet("ledger "+args[0], flag.ContinueOnError)
	configPath := configFlag(fs)
	asJSON := fs.Bool("json", false, "un solo documento JSON")
	if !parse(fs, args[1:]) || fs.NArg() > 0 {
		return exitUsage
	}
	switch args[0] {
	case "check":
		return ledgerCheck(*configPath, *asJSON)
	case "dump":
		return ledgerDump(*configPath)
	case "backup", "restore":
		return notYet("ledger " + args[0])
	}
	return usageError(fmt.Sprintf("ledger: comando %q sconosciuto", args[0]), "check, dump")
}

func ledgerCheck(configPath string, asJSON bool) int {
	place, code := locate(configPath)
	if code != exitDone {
		return code
	}
	rep, err := ledger.CheckFile(filepath.Join(place.DataDir, ledger.FileName))
	if errors.Is(err, ledger.ErrInUse) {
		c, cerr := connect(configPath)
		if cerr != nil {
			return failClient(cerr)
		}
		if err = c.get(context.Background(), "/api/v1/ledger/check", &rep); err != nil {
			return failClient(err)
		}
	} else if errors.Is(err, ledger.ErrNotFound) {
		complain("in "+place.DataDir+" non c'è un registro", "controllare data_dir; il registro nasce al primo avvio del servizio (sportello run)")
		return exitFailed
	} else if err != nil {
		return fail(err)
	}
	if !asJSON {
		return printReport(os.Stdout, rep)
	}
	if code := printJSON(rep); code != exitDone || len(rep.Problems) > 0 {
		return exitFailed
	}
	return exitDone
}

func printReport(w io.Writer, rep ledger.Report) int {
	if len(rep.Problems) == 0 {
		fmt.Fprintf(w, "Registro integro: %d voci, %d pagamenti.\nUltima impronta: %s\n", rep.Entries, rep.Payments, rep.Head)
		return exitDone
	}
	for _, p := range rep.Problems {
		fmt.Fprintf(w, "%s: %s\n", p.Where, p.What)
	}
	fmt.Fprintf(w, "Problemi trovati: %d. Non cancellare il registro: conservarne una copia e chiamare l'assistenza.\n", len(rep.Problems))
	return exitFailed
}

// ledgerDump prints every entry of a ledger that no service has open.
func ledgerDump(configPath string) int {
	cfg, err := config.Load(orElse(orElse(configPath, os.Getenv(configName)), config.DefaultPath()))
	if err != nil {
		return failConfig(err)
	}
	if _, err := os.Stat(filepath.Join(cfg.DataDir, ledger.FileName)); err != nil {
		return fail(err)
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
