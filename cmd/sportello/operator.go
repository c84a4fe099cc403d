package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"sportello/cmd/sportello/internal/config"
)

// runOperator makes the hash of a PIN. The PIN comes from standard input, never from the arguments,
// which other users of the PC can see.
func runOperator(args []string) int {
	fs := flag.NewFlagSet("operator", flag.ContinueOnError)
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() != 1 || fs.Arg(0) != "hash" {
		return usageError("operator: l'unico comando è hash, e il PIN non si scrive sulla riga di comando", "sportello operator hash")
	}
	pin, err := readPIN("Nuovo PIN: ")
	if err != nil {
		return fail(fmt.Errorf("PIN: %w", err))
	}
	hash, err := config.HashPIN(pin)
	if err != nil {
		return usageError("operator hash: il PIN deve avere da 4 a 64 caratteri", "meglio almeno 6")
	}
	if utf8.RuneCountInString(pin) < 6 {
		fmt.Fprintln(os.Stderr, "attenzione: un PIN di meno di 6 caratteri si indovina presto da una copia del file")
	}
	fmt.Fprintln(os.Stdout, hash)
	return exitDone
}

var errNoPIN = errors.New("nessun PIN su standard input")

// readPIN reads one line of standard input, without echo when it is a terminal.
func readPIN(prompt string) (string, error) {
	restore, terminal := noEcho(os.Stdin)
	if terminal {
		fmt.Fprint(os.Stderr, prompt)
		defer fmt.Fprintln(os.Stderr)
		defer restore()
	}
	line, err := readLine(os.Stdin)
	if err == nil && line == "" {
		err = errNoPIN
	}
	return line, err
}

// readLine reads one line and not a byte of the next, which is somebody else's. "" is an empty line, or the end.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < 1024; {
		n, err := r.Read(one)
		if n == 1 && one[0] == '\n' || errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		line = append(line, one[:n]...)
	}
	return strings.TrimSuffix(string(line), "\r"), nil
}
