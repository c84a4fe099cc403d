package main

import (
	"flag"
	"fmt"
	"os"

	"sportello/cmd/sportello/internal/config"
)

// runConfig checks a configuration file: every problem with line, reason and remedy.
func runConfig(args []string) int {
	fs := flag.NewFlagSet("config", flag.ContinueOnError)
	path := configFlag(fs)
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() == 0 || fs.Arg(0) != "check" || fs.NArg() > 2 {
		return usageError("config: l'unico comando è check", "sportello config check /etc/sportello/config.yaml")
	}
	file := orElse(orElse(*path, os.Getenv(configName)), config.DefaultPath())
	if fs.NArg() == 2 {
		file = fs.Arg(1)
	}
	c, problems := config.Check(file)
	for _, p := range problems {
		fmt.Fprintln(os.Stdout, p)
	}
	if c == nil {
		fmt.Fprintf(os.Stderr, "%s: la configurazione non si può usare.\n", file)
		return exitUsage
	}
	fmt.Fprintf(os.Stdout, "%s: configurazione valida, %s, %s.\n", file, counted(len(c.Terminals), "un terminale", "terminali"), counted(len(c.Creditors), "un ente", "enti"))
	return exitDone
}
