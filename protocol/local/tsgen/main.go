// Command tsgen writes the page's TypeScript types from package local, so that the two cannot drift:
// named string types become unions of their constants, structs become interfaces. It reads source and
// writes one file; it must never know anything about what the types mean.
//
//	go run ./protocol/local/tsgen -o ui/web/src/core/types.gen.ts   # from the repository's root
//	go run ./protocol/local/tsgen -check ui/web/src/core/types.gen.ts
//
// Times are RFC 3339 strings, amounts are numbers of cents.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("dir", "protocol/local", "folder of package local")
	out := flag.String("o", "", "file to write; empty: standard output")
	check := flag.String("check", "", "file to compare with instead of writing; ends with 1 when it differs")
	flag.Parse()
	if err := run(*dir, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "tsgen:", err)
		os.Exit(1)
	}
}

func run(dir, out, check string) error {
	source, err := Generate(dir)
	if err != nil {
		return err
	}
	switch {
	case check != "":
		old, err := os.ReadFile(check)
		if err != nil {
			return err
		}
		if !bytes.Equal(old, source) {
			return fmt.Errorf("%q is not what protocol/local says now: run `go generate ./protocol/local`", check)
		}
		return nil
	case out == "":
		_, err = os.Stdout.Write(source)
		return err
	}
	return os.WriteFile(out, source, 0o644)
}
