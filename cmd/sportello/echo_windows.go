package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// noEcho stops a console from showing what is typed; false when f is no console.
func noEcho(f *os.File) (restore func(), terminal bool) {
	h := windows.Handle(f.Fd())
	var before uint32
	if err := windows.GetConsoleMode(h, &before); err != nil {
		return func() {}, false
	}
	if err := windows.SetConsoleMode(h, before&^windows.ENABLE_ECHO_INPUT); err != nil {
		return func() {}, true
	}
	return func() { _ = windows.SetConsoleMode(h, before) }, true
}
