package ui

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"sportello/protocol/local"
)

// demoTerminalPath is where the page of the demonstration finds the simulated terminal. It is no part of
// the contract: everywhere else nothing is there.
const demoTerminalPath = "/demo/terminal/"

// demoTerminal lets whoever has signed in press the keys of Options.DemoTerminal.
func (s *Server) demoTerminal(w http.ResponseWriter, r *http.Request) {
	if s.options.DemoTerminal == nil {
		s.refuse(w, r, &local.Error{Code: local.CodeNotFound})
		return
	}
	if err := s.authorize(&call{w: w, r: r}, signedIn); err != nil {
		s.refuse(w, r, err)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.refuse(w, r, badRequest(""))
		return
	}
	// A key may wait for a customer: only the body had to come soon, and only the server's end cuts it short.
	deadlines := http.NewResponseController(w)
	_ = deadlines.SetReadDeadline(time.Time{})
	_ = deadlines.SetWriteDeadline(time.Time{})
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()

	inner := r.Clone(ctx)
	inner.Header.Del("Authorization")
	inner.Body = io.NopCloser(bytes.NewReader(body))
	http.StripPrefix(strings.TrimSuffix(demoTerminalPath, "/"), s.options.DemoTerminal).ServeHTTP(w, inner)
}
