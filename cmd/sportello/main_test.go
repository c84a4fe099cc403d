package main

import (
	"flag"
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// executeEnv makes the test binary be the program: commands are tested as processes of their own, with
// their real exit codes and outputs.
const executeEnv = "SPORTELLO_TEST_EXECUTE"

// atOnce is how many parallel tests run where -parallel says nothing: they wait for other processes and
// lines, and need more of them than there are cores.
const atOnce = "12"

func TestMain(m *testing.M) {
	if os.Getenv(executeEnv) != "" {
		os.Exit(execute(os.Args[1:]))
	}
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == p.DefValue {
		_ = p.Value.Set(atOnce)
	}
	goleak.VerifyTestMain(closingConnections{m})
}

// closingConnections closes idle HTTP connections of the tests before goroutines are counted, and
// removes the binary they used.
type closingConnections struct{ *testing.M }

func (c closingConnections) Run() int {
	code := c.M.Run()
	http.DefaultClient.CloseIdleConnections()
	if binaryDir != "" {
		_ = os.RemoveAll(binaryDir)
	}
	return code
}
