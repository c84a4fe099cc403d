package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"regexp"
	"strings"
)

// failSimulated says what keeps a simulator from starting, and gives the exit code: a value or a file that was
// named on the command line. The simulator's own words stand behind ours.
func failSimulated(name string, err error) int {
	complain(fmt.Sprintf("simulate %s: %s", name, notSimulated(err)), "che cosa si può scrivere: "+map[string]string{
		"terminal": "docs/simulatore.md", "platform": "docs/piattaforma-simulata.md"}[name])
	return exitFailed
}

var simulatedLine = regexp.MustCompile(`line (\d+)`)

// kinds are JSON's, by the names that package json has for Go's.
var kinds = strings.NewReplacer("string", "un testo", "bool", "true o false", "int64", "un numero intero", "int", "un numero intero",
	"number", "un numero", "object", "un gruppo { }", "array", "un elenco [ ]")

func notSimulated(err error) string {
	where := ""
	var path *fs.PathError
	if errors.As(err, &path) {
		where, err = path.Path+": ", path.Err
		if said, known := fileWords(err); known {
			return where + said
		}
	}
	var address *net.AddrError
	var listening *net.OpError
	switch {
	case errors.Is(err, errPanelElsewhere):
		return err.Error()
	case errors.As(err, &address):
		return fmt.Sprintf("%q non è HOST:PORT", address.Addr)
	case errors.As(err, &listening) && listening.Addr != nil:
		return listening.Addr.String() + ": l'indirizzo " + listenReason(err)
	}
	if m := simulatedLine.FindStringSubmatch(err.Error()); m != nil {
		where += "riga " + m[1] + ": "
	}
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Sprintf("%sin %s va %s, non %s", where, kind.Field, kinds.Replace(kind.Type.Name()), kinds.Replace(kind.Value))
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return where + "non è JSON, o è tagliato a metà: controllare virgole, virgolette e parentesi"
	}
	if _, name, unknown := strings.Cut(err.Error(), "unknown field "); unknown {
		return where + "la voce " + name + " non esiste"
	}
	return where + "un valore non va bene [" + err.Error() + "]"
}
