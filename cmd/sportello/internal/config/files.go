package config

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode"
)

// absolute checks a path: the service's working directory is not the administrator's.
func (s *section) absolute(name, value string) bool {
	if value == "" {
		return false
	}
	if strings.IndexFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
		s.bad(name, "fra virgolette doppie le barre \\ del percorso sono lette come comandi", `scrivere i percorsi di Windows fra apici singoli: 'C:\ProgramData\Sportello'`)
		return false
	}
	if !filepath.IsAbs(value) {
		s.bad(name, fmt.Sprintf("%q non è un percorso completo su questo sistema", value), "scrivere il percorso dall'inizio, per esempio "+exampleDir())
		return false
	}
	return true
}

// exampleDataDir is where the ledger goes when nobody chose another place.
func exampleDataDir() string {
	if filepath.Separator == '\\' {
		return exampleDir()
	}
	return "/var/lib/sportello"
}

func exampleDir() string {
	if filepath.Separator == '\\' {
		return `'C:\ProgramData\Sportello'`
	}
	return "/etc/sportello"
}

// secretFile checks that a file with a secret can be read by us and not by everybody.
func (s *section) secretFile(name, path string) {
	b, ok := s.readable(name, path)
	if !ok {
		return
	}
	if len(bytes.TrimSpace(b)) == 0 {
		s.bad(name, "il file "+path+" è vuoto", "scriverci il segreto, su una riga")
	}
	if open, err := worldReadable(path); err == nil && open {
		s.bad(name, "il file "+path+" è leggibile da tutti gli utenti del PC", "togliere il permesso: chmod o-rwx "+path)
	}
}

// pemFile checks that a file can be read and holds a PEM block.
func (s *section) pemFile(name, path string) {
	b, ok := s.readable(name, path)
	if !ok {
		return
	}
	if block, _ := pem.Decode(b); block == nil {
		s.bad(name, "il file "+path+" non è in formato PEM", "convertirlo: deve contenere righe -----BEGIN …-----")
	}
}

// fileRemedy is what to do about a file that the configuration names.
func fileRemedy(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "dare la lettura all'utente del servizio"
	case errors.Is(err, errFolder):
		return "indicare il file, non la cartella che lo contiene"
	}
	return "creare il file, o darne la lettura all'utente del servizio"
}

// readable reads the beginning of a file, or says why that cannot be done.
func (s *section) readable(name, path string) ([]byte, bool) {
	if !s.absolute(name, path) {
		return nil, false
	}
	b, err := readFile(path, maxFile)
	if err != nil {
		s.bad(name, path+": "+openReason(err), fileRemedy(err))
		return nil, false
	}
	return b, true
}
