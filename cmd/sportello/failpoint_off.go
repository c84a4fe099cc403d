//go:build !failpoint || !unix

package main

import "time"

// failpoint does nothing in a release; see failpoint_on.go.
var failpoint func(string)

// submitWindow is the platform's own in a release; see failpoint_on.go.
const submitWindow time.Duration = 0
