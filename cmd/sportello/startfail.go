package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// failConfig prints every mistake of a configuration.
func failConfig(err error) int {
	var bad *config.InvalidError
	if !errors.As(err, &bad) {
		return fail(err)
	}
	for _, p := range bad.Problems {
		fmt.Fprintln(os.Stderr, p)
	}
	complain(bad.Path+": la configurazione non si può usare", "correggerla e controllarla con: sportello config check "+bad.Path)
	return exitUsage
}

// failStart explains why the service did not start.
func failStart(err error, cfg *config.Config) int {
	var code local.Code
	var damaged *ledger.DamagedError
	detail := cfg.DataDir
	switch {
	case errors.Is(err, ledger.ErrInUse):
		code = local.CodeLedgerInUse
	case errors.As(err, &damaged):
		code, detail = local.CodeLedgerDamaged, damaged.Path+": "+damaged.What
	case errors.Is(err, ledger.ErrDiskFull), isFull(err):
		code = local.CodeDiskFull
	case errors.Is(err, ledger.ErrRetired):
		complain("il codice "+cfg.Installation+" è di prima: nel registro ce n'è uno più nuovo, e i codici di prima sono ritirati",
			"rimettere in installation il codice più nuovo; dopo un ripristino, uno che venga dopo in ordine alfabetico")
		return exitFailed
	case errors.Is(err, errListen):
		complain(fmt.Sprintf("l'indirizzo %s della pagina non si può usare: %s", cfg.Listen, listenReason(err)),
			"forse il servizio è già in funzione; altrimenti cambiare listen nella configurazione")
		return exitFailed
	case errors.Is(err, errData), errors.Is(err, fs.ErrPermission): // the configuration's own files were read before
		complain(fmt.Sprintf("la cartella dei dati %s non si può usare: %s", cfg.DataDir, inWords(err)),
			"correggere data_dir nella configurazione, o dare la cartella all'utente del servizio")
		return exitFailed
	default:
		return failConfig(err)
	}
	e := local.Render(&local.Error{Code: code}, local.Language(cfg.Language))
	complain(e.Message+" ("+detail+")", e.Hint)
	return exitFailed
}

// cause is what the system said, without our words around it.
func cause(err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	return err
}

// inWords is the system's no about a file in words for people; what is not usual stays as the system says it.
func inWords(err error) string {
	if said, known := fileWords(err); known {
		return said
	}
	return cause(err).Error()
}

func fileWords(err error) (said string, known bool) {
	for _, one := range []struct {
		is   bool
		text string
	}{
		{errors.Is(err, fs.ErrNotExist) || errors.Is(err, ledger.ErrNotFound), "non c'è"},
		{errors.Is(err, fs.ErrExist), "c'è già"},
		{errors.Is(err, fs.ErrPermission), "questo utente non ne ha il permesso"},
		{isFull(err), "il disco è pieno"},
		{isErrno(err, syscall.EROFS, 19), "il disco è di sola lettura"},
		{isErrno(err, syscall.EISDIR, 0), "è una cartella, non un file"},
		{isErrno(err, syscall.ENOTDIR, 267), "nel percorso c'è un file al posto di una cartella"},
		{isErrno(err, syscall.ENAMETOOLONG, 206), "il nome è troppo lungo"},
	} {
		if one.is {
			return one.text, true
		}
	}
	return "", false
}

// isErrno tells whether the system said this: Windows has numbers of its own (0: none), which package syscall's
// names there are not.
func isErrno(err error, unix syscall.Errno, windows uintptr) bool {
	var no syscall.Errno
	if !errors.As(err, &no) {
		return false
	}
	if runtime.GOOS == "windows" && windows != 0 {
		return uintptr(no) == windows
	}
	return no == unix
}

// isFull tells whether a disk has no room left.
func isFull(err error) bool {
	return isErrno(err, syscall.ENOSPC, 112) || isErrno(err, syscall.ENOSPC, 39)
}

// failFile says what is wrong with a file that was named on the command line.
func failFile(path string, err error) int {
	hint := "indicare un altro file"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint = "controllare il percorso"
	case errors.Is(err, fs.ErrPermission):
		hint = "usare un file e una cartella di questo utente"
	case isFull(err):
		hint = "liberare spazio, o indicare un altro disco"
	}
	complain(path+": "+inWords(err), hint)
	return exitFailed
}

// listenReason is the system's no in words for people; what is not usual stays as the system says it.
func listenReason(err error) string {
	switch {
	case isErrno(err, syscall.EADDRINUSE, 10048):
		return "è già in uso"
	case isErrno(err, syscall.EADDRNOTAVAIL, 10049):
		return "non è un indirizzo di questo PC"
	case isErrno(err, syscall.EACCES, 10013):
		return "l'utente del servizio non può usare questa porta"
	}
	return cause(err).Error()
}
