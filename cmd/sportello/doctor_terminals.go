package main

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
	"sportello/driver"
	"sportello/protocol/local"
)

// statusLimit bounds one terminal's question: with lrc: auto four scopes are tried.
const statusLimit = 45 * time.Second

// terminalRefusals are the words of the catalogue for what a driver says to a status request.
var terminalRefusals = []struct {
	err  error
	code local.Code
}{
	{driver.ErrUnreachable, local.CodeTerminalUnreachable},
	{driver.ErrSilent, local.CodeTerminalSilent},
	{driver.ErrNotATerminal, local.CodeNotATerminal},
	{driver.ErrWrongTerminal, local.CodeWrongTerminal},
	{driver.ErrWrongScope, local.CodeWrongScope},
	{driver.ErrNotReady, local.CodeTerminalNotReady},
	{driver.ErrRefused, local.CodeTerminalRefused},
	{driver.ErrBusy, local.CodeTerminalBusy},
	{driver.ErrConfig, local.CodeTerminalConfig},
	{context.DeadlineExceeded, local.CodeTerminalSilent},
}

// terminalLines asks each terminal for its status, which moves no money: only when told to, and never
// beside a service that may be in the middle of a payment.
func (d *doctor) terminalLines(ctx context.Context, cfg *config.Config, held bool) {
	if !d.terminals {
		return
	}
	for _, t := range cfg.Terminals {
		if held {
			d.well("terminal", t.Name, "può tenerlo un servizio in funzione: non lo si tocca (sportello terminal status "+t.Name+")")
			continue
		}
		if ctx.Err() == nil {
			d.note(askStatus(ctx, t))
		}
	}
}

func askStatus(ctx context.Context, t config.Terminal) examined {
	e := examined{Check: "terminal", Of: t.Name, State: gradeBroken}
	terminal, err := drivers[t.Profile](t.Driver(), zerolog.Nop())
	if err != nil {
		return terminalRefused(e, err, t.Label)
	}
	defer terminal.Close()
	ctx, cancel := context.WithTimeout(ctx, statusLimit)
	defer cancel()
	status, err := terminal.Status(ctx)
	switch {
	case err != nil:
		return terminalRefused(e, err, t.Label)
	case status.TerminalID != t.TerminalID:
		return terminalRefused(e, driver.ErrWrongTerminal, t.Label)
	case !status.Ready:
		e = terminalRefused(e, driver.ErrNotReady, t.Label)
		e.Detail = status.Code
		return e
	}
	e.State, e.Code, e.Found = gradeWell, "ok", "risponde, pronto (software "+orElse(status.Software, "?")+", LRC "+orElse(status.Scope, "?")+")"
	return e
}

func terminalRefused(e examined, err error, label string) examined {
	code := local.CodeInternal
	for _, r := range terminalRefusals {
		if errors.Is(err, r.err) {
			code = r.code
			break
		}
	}
	said := local.Render(&local.Error{Code: code, Args: map[string]string{local.ArgTerminal: label}}, local.Italian)
	e.Code, e.Found, e.Remedy = string(code), said.Message, said.Hint
	var refusal *driver.Refusal
	if errors.As(err, &refusal) {
		e.Detail = refusal.Detail
	}
	return e
}
