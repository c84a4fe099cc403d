//go:build !failpoint || !unix

package main

// failpoint does nothing in a release; see failpoint_on.go.
var failpoint func(string)
