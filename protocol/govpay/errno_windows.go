package govpay

import "syscall"

// Windows' own numbers: those of package syscall are invented there.
var (
	refusedErrnos = []error{syscall.Errno(10061)}                                             // WSAECONNREFUSED
	routeErrnos   = []error{syscall.Errno(10051), syscall.Errno(10065)}                       // WSAENETUNREACH, WSAEHOSTUNREACH
	resetErrnos   = []error{syscall.Errno(10053), syscall.Errno(10054), syscall.Errno(10058)} // WSAECONNABORTED, WSAECONNRESET, WSAESHUTDOWN
)
