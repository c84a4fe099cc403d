//go:build !windows

package main

import (
	"net"
	"os"
)

// notifyManager tells systemd how the service is (sd_notify(3)). Without systemd it does nothing; what
// systemd does not hear, it finds out by its own limits.
func notifyManager(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"}) // a leading @ is an abstract name there, too
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}
