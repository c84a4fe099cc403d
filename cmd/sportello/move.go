package main

import (
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

// runMove retires this installation and writes its last copy, for the PC that goes on. From then on nothing is
// charged here, so the copy lacks nothing: it is made after the ledger says so.
func runMove(args []string) int {
	fs := flag.NewFlagSet("move", flag.ContinueOnError)
	path := configFlag(fs)
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() != 1 {
		return usageError("move: serve il file dell'ultima copia", "sportello service stop; sportello move /media/usb/cassa1.db")
	}
	cfg, err := config.Load(orElse(orElse(*path, os.Getenv(configName)), config.DefaultPath()))
	if err != nil {
		return failConfig(err)
	}
	file, source := fs.Arg(0), filepath.Join(cfg.DataDir, ledger.FileName)
	if _, err := os.Lstat(file); err == nil { // before anything is retired
		return failBackup(errCopyThere, file, *asJSON)
	}
	err = ledger.Retire(cfg.DataDir, ledger.Options{Installation: cfg.Installation, Log: zerolog.Nop(), Failpoint: named("ledger.", failpoint)})
	if errors.Is(err, ledger.ErrInUse) {
		return failRestore(err, file, cfg, *asJSON)
	}
	if err != nil {
		return failBackup(err, file, *asJSON)
	}
	owned := ownedLike(cfg.DataDir)
	done, err := writeCopy(file, source, func(w io.Writer) (ledger.Copy, error) { return ledger.BackupFile(source, w) })
	if err != nil {
		code := failBackup(err, file, *asJSON)
		complain("questa installazione è già ritirata: qui non si incassa più", "ripetere sportello move con un altro file; per tornare indietro, due persone chiudono il caso")
		return code
	}
	if owned != nil {
		complain("i file del registro sono di questo utente: "+cause(owned).Error(), "dare "+cfg.DataDir+" e ciò che contiene all'utente del servizio")
	}
	if *asJSON {
		return printJSON(backupAnswer{file, done})
	}
	fmt.Fprintf(os.Stdout, "Installazione %s ritirata: su questo PC non si incassa più.\nUltima copia: %s, %d voci.\nSHA-256: %s\n", cfg.Installation, file, done.Entries, done.SHA256)
	fmt.Fprintf(os.Stdout, "\nSul nuovo PC: nella configurazione un codice nuovo (installation: %s), poi\n  sportello restore %s\ne avviare il servizio. Su questo: sportello service uninstall.\n",
		orElse(nextCode([]string{cfg.Installation}), "…"), filepath.Base(file))
	return exitDone
}
