//go:build !windows

package govpay

import "syscall"

var (
	refusedErrnos = []error{syscall.ECONNREFUSED}
	routeErrnos   = []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH}
	resetErrnos   = []error{syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EPIPE}
)
