//go:build !failpoint || !unix

package main

import "time"

// failpoint does nothing in a release; see failpoint_on.go.
var failpoint func(string)

// A release waits for the platform as long as settle says; see failpoint_on.go.
var (
	submitWindow  time.Duration
	submitRepeats []time.Duration
)
