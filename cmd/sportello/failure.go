package main

import (
	"errors"

	"sportello/protocol/local"
)

// Codes of a command's own failures under --json, beside pay's.
const (
	codeSetup local.Code = "command_setup" // the configuration, the token or the PIN cannot be read
	codeFile  local.Code = "file_unusable" // a file that the command reads or writes
)

// failJSON is failClient for a command with --json, whose one document on standard output is then the error.
func failJSON(asJSON bool, err error) int {
	if asJSON {
		printFailure(documentOf(err), "")
	}
	return failClient(err)
}

// documentOf is an error of a client command as the API writes its own.
func documentOf(err error) local.Error {
	var no *refusal
	switch {
	case errors.As(err, &no):
		return no.Body
	case errors.Is(err, errSetup), errors.Is(err, errNoPIN):
		return local.Error{Code: codeSetup, Message: err.Error()}
	case errors.Is(err, errUnreachable):
		return local.Error{Code: codeUnreachable, Message: err.Error()}
	}
	return local.Error{Code: codeLost, Message: err.Error()}
}

// printFailure writes the one JSON document of --json when there is nothing else to write.
func printFailure(e local.Error, requestID string) {
	printJSON(struct {
		local.ErrorBody
		RequestID string `json:"request_id,omitempty"`
	}{local.ErrorBody{Error: e}, requestID})
}
