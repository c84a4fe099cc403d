package main

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"unicode/utf16"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
)

// startStep is where a start of the service ended, as its specific exit code for the manager of Windows:
// one number says from afar what a start failed at. The numbers do not change.
type startStep uint32

const (
	stepDone          startStep = 0
	stepConfiguration startStep = 2 // the same as the exit code of design 7
	stepLog           startStep = 10
	stepData          startStep = 11
	stepLedgerInUse   startStep = 12
	stepLedgerDamaged startStep = 13
	stepDisk          startStep = 14
	stepListen        startStep = 15
	stepOther         startStep = 19
	stepRun           startStep = 20 // the page's server ended
)

var stepWords = map[startStep]string{
	stepDone: "nessun errore", stepConfiguration: "configurazione", stepLog: "file di log", stepData: "cartella dei dati",
	stepLedgerInUse: "registro in uso da un altro programma", stepLedgerDamaged: "registro danneggiato",
	stepDisk: "disco pieno", stepListen: "indirizzo della pagina", stepOther: "avvio", stepRun: "la pagina si è fermata",
}

func (s startStep) String() string { return orElse(stepWords[s], fmt.Sprintf("passo %d", uint32(s))) }

// stepOf is the step at which a start ended with err.
func stepOf(err error) startStep {
	var bad *config.InvalidError
	var damaged *ledger.DamagedError
	switch {
	case err == nil:
		return stepDone
	case errors.As(err, &bad):
		return stepConfiguration
	case errors.Is(err, ledger.ErrInUse):
		return stepLedgerInUse
	case errors.As(err, &damaged):
		return stepLedgerDamaged
	case errors.Is(err, ledger.ErrDiskFull), errors.Is(err, syscall.ENOSPC):
		return stepDisk
	case errors.Is(err, errListen):
		return stepListen
	case errors.Is(err, errData), errors.Is(err, fs.ErrPermission):
		return stepData
	}
	return stepOther
}

// serviceSID is the identity that Windows gives a service by its name: S-1-5-80 and the SHA-1 of the name
// in capitals. It is computed, because the name cannot be looked up before the service has run.
func serviceSID(name string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(strings.ToUpper(name))) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	sum := sha1.Sum(b)
	sid := "S-1-5-80"
	for i := 0; i < len(sum); i += 4 {
		sid += fmt.Sprintf("-%d", uint32(sum[i])|uint32(sum[i+1])<<8|uint32(sum[i+2])<<16|uint32(sum[i+3])<<24)
	}
	return sid
}
