//go:build !linux

package main

import (
	"net"
	"testing"
)

// freeAddress is an address at which nobody listens; here it cannot be kept, so that somebody else may be given it.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
