package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

// version is set by the release build: -ldflags "-X main.version=0.1.0".
var version = "sviluppo"

// runVersion says what this binary was built from.
func runVersion([]string) int {
	fmt.Fprintln(os.Stdout, versionLine())
	return exitDone
}

// versionLine names release, commit, Go version and platform.
func versionLine() string {
	commit := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		modified := false
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				commit = s.Value[:min(12, len(s.Value))]
			case "vcs.modified":
				modified = s.Value == "true"
			}
		}
		if commit != "" && modified {
			commit += "+"
		}
	}
	if commit != "" {
		commit = " (" + commit + ")"
	}
	return fmt.Sprintf("sportello %s%s, %s, %s/%s", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
