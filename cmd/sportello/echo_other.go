//go:build !linux && !windows

package main

import "os"

// noEcho does nothing on systems that the service is not made for; what is typed is shown.
func noEcho(*os.File) (restore func(), terminal bool) { return func() {}, false }
