// Command gotest runs go test and prints what a person needs: a line a package, the whole output of
// what failed, why something was skipped ("LEFT OUT: ..."), and at the end what failed once more, in few
// lines ("FAILED TEST: ..."). It judges nothing itself: its exit code is go test's.
//
//	go run ./.ci/gotest -race ./...
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

func main() {
	cmd := exec.Command("go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
	said := map[string]*strings.Builder{} // output of tests that still run
	for lines := bufio.NewReader(out); ; {
		line, err := lines.ReadString('\n')
		if line != "" {
			report(line, said)
		}
		if err != nil {
			break
		}
	}
	for _, f := range failed {
		fmt.Println("FAILED TEST: " + f)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", count["pass"], count["fail"], count["skip"])
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
}

// count is how many tests ended how.
var count = map[string]int{}

// failed is what failed, and why, in a few lines each. parts are the tests with a part that failed: the part tells.
var (
	failed []string
	parts  = map[string]bool{}
)

func report(line string, said map[string]*strings.Builder) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil {
		fmt.Print(line) // not an event: go itself has something to say
		return
	}
	key := e.Package + e.ImportPath + " " + e.Test
	if said[key] == nil {
		said[key] = &strings.Builder{}
	}
	text := said[key]
	if e.Test != "" {
		count[e.Action]++
	}
	switch e.Action {
	case "output", "build-output":
		text.WriteString(e.Output)
		return
	case "fail", "build-fail":
		fmt.Print(text)
		if name := strings.TrimSpace(key); !parts[name] {
			failed = append(failed, name+"\n"+why(text.String()))
		}
		for whole := e.Test; whole != ""; {
			whole = whole[:max(0, strings.LastIndex(whole, "/"))]
			parts[strings.TrimSpace(e.Package+" "+whole)] = true
		}
	case "skip":
		if e.Test != "" {
			fmt.Printf("LEFT OUT: %s %s: %s\n", e.Package, e.Test, reason(text.String()))
		}
	case "pass":
		if e.Test == "" {
			fmt.Printf("ok    %s  %.1fs\n", e.Package, e.Elapsed)
		}
	default:
		return
	}
	delete(said, key)
}

// why is what a test that failed said first: few lines, none of them long.
func why(output string) string {
	var said []string
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "=== ") || strings.TrimSpace(line) == "" {
			continue
		}
		if len(line) > 300 {
			line = line[:300] + "…"
		}
		if said = append(said, "    "+line); len(said) == 6 {
			break
		}
	}
	return strings.Join(said, "\n")
}

// reason is what a test said before it skipped: the text after file and line.
func reason(output string) string {
	for line := range strings.Lines(output) {
		if _, why, found := strings.Cut(line, ".go:"); found {
			if _, why, found = strings.Cut(why, ": "); found {
				return strings.TrimSpace(why)
			}
		}
	}
	return "no reason given"
}
