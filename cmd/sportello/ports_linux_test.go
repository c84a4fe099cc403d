package main

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// freeAddress is an address of this test's own, from the kernel, until the test ends: nobody listens on it until
// somebody is told to, also where whoever does is killed and comes back.
//
// A socket that is bound and does not listen keeps it: the kernel gives the port to nobody who asks for any, and whoever
// names it may listen there, since both sides allow the address to be used again, as every listener of Go's does.
func freeAddress(t testing.TB) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
}
