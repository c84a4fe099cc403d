package govpaytest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

func (s *Server) write(w http.ResponseWriter, a answer, n *note) {
	s.head(w, a, n)
	n.log()
	_, _ = w.Write(a.body) // the client may be gone
}

// head writes what stands above the body.
func (s *Server) head(w http.ResponseWriter, a answer, n *note) {
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.attachment != "" {
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", a.attachment))
	}
	if a.transaction {
		s.mu.Lock()
		s.serial++
		serial := s.serial
		s.mu.Unlock()
		n.entry.Transaction = fmt.Sprintf("5f0c2c36-0c55-4c59-9d0e-%012x", serial)
		w.Header().Set("X-Govpay-IdTransazione", n.entry.Transaction)
	}
	n.request.Status = a.status
	w.WriteHeader(a.status)
}

// spoil answers as the rule says; the status stays 0 when the connection was cut.
// honest does the platform's work and must run at most once.
func (s *Server) spoil(w http.ResponseWriter, r *http.Request, rule Rule, honest func() answer, n *note) {
	switch rule.Do {
	case "slow": // in front of the platform: whoever gives up leaves nothing behind
		if !wait(rule.delay(), r.Context().Done()) {
			return
		}
		s.write(w, honest(), n)
	case "late": // in the platform: the work goes on although nobody waits any more
		s.mu.Lock()
		stopped := s.stopped.Done()
		s.mu.Unlock()
		if !wait(rule.delay(), stopped) {
			return
		}
		a := honest()
		if r.Context().Err() != nil {
			return
		}
		s.write(w, a, n)
	case "lost": // the work is done, its answer never leaves
		_ = honest()
		n.log()
		reset(w)
	case "html":
		if rule.Arrived { // the proxy lost patience, the platform did not
			_ = honest()
		}
		status := rule.Status
		if status == 0 {
			status = http.StatusOK
		}
		s.write(w, page(status), n)
	case "status":
		if rule.Arrived {
			_ = honest()
		}
		s.write(w, rule.fault(), n)
	case "wrong_json":
		s.write(w, answer{status: http.StatusOK, contentType: "application/json", body: []byte(`{"esito":42}`), transaction: true}, n)
	case "redirect":
		a := page(http.StatusFound)
		a.location = "/login"
		s.write(w, a, n)
	case "cut":
		a := honest()
		s.head(w, a, n)
		n.request.Status = 0
		n.log()
		_, _ = w.Write(bytes.Clone(a.body[:len(a.body)/2]))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default: // down
		n.log()
		reset(w)
	}
}

// fault is the platform's own answer with the rule's status, and the code that
// goes with it where the rule has none.
func (r Rule) fault() answer {
	categoria, codice := "INTERNO", "INTERNAL"
	switch r.Status {
	case http.StatusUnauthorized:
		categoria, codice = "AUTORIZZAZIONE", "401"
	case http.StatusForbidden:
		categoria, codice = "AUTORIZZAZIONE", "403000"
	case http.StatusNotFound:
		categoria, codice = "OPERAZIONE", "404000"
	}
	if r.Code != "" {
		codice = r.Code
	}
	return fault(r.Status, categoria, codice, "guasto del copione")
}

// wait is false when it was ended before its time.
func wait(d time.Duration, end <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-end:
		return false
	}
}

// reset drops the connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: the stream is reset instead
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
