package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"sportello/protocol/local"
)

const (
	maxBody      = 64 << 10
	bodyTimeout  = 10 * time.Second // from the headers to the body's end
	writeTimeout = 30 * time.Second // for one answer
)

// decode reads one JSON object into v, strictly: the right content type, UTF-8, at most 64 KiB, no unknown
// and no repeated field, nothing after it. What a money request says must have one reading.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return badRequest("Content-Type")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return badRequest("")
	}
	// The rest of the exchange has its own time limits; this one was for the body.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return decodeStrict(body, v)
}

func decodeStrict(body []byte, v any) error {
	if !utf8.Valid(body) {
		return badRequest("")
	}
	tokens := json.NewDecoder(bytes.NewReader(body))
	if start, err := tokens.Token(); err != nil || start != json.Delim('{') {
		return badRequest("")
	}
	if err := objectOnce(tokens, 1); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return badRequest(kind.Field)
		}
		return badRequest("")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badRequest("")
	}
	return nil
}

const maxDepth = 16

// objectOnce reads the rest of an object and refuses a field that is there twice in any spelling:
// encoding/json would take the last one and does not tell "Amount" from "amount".
func objectOnce(tokens *json.Decoder, depth int) error {
	if depth > maxDepth {
		return badRequest("")
	}
	seen := map[string]bool{}
	for tokens.More() {
		name, err := tokens.Token()
		if err != nil {
			return badRequest("")
		}
		key := strings.ToLower(name.(string))
		if seen[key] || !ascii(key) {
			return badRequest(key)
		}
		seen[key] = true
		if err := valueOnce(tokens, depth); err != nil {
			return err
		}
	}
	if _, err := tokens.Token(); err != nil {
		return badRequest("")
	}
	return nil
}

// ascii: our fields are, and Unicode folding would give them other spellings (U+017F reads as s).
func ascii(key string) bool {
	for i := range len(key) {
		if key[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func valueOnce(tokens *json.Decoder, depth int) error {
	value, err := tokens.Token()
	if err != nil {
		return badRequest("")
	}
	switch value {
	case json.Delim('{'):
		return objectOnce(tokens, depth+1)
	case json.Delim('['):
		if depth >= maxDepth {
			return badRequest("")
		}
		for tokens.More() {
			if err := valueOnce(tokens, depth+1); err != nil {
				return err
			}
		}
		if _, err := tokens.Token(); err != nil {
			return badRequest("")
		}
	}
	return nil
}

// badRequest names the field where one is known; it is ours or a JSON key, so it is cut short.
func badRequest(field string) *local.Error {
	err := &local.Error{Code: local.CodeBadRequest}
	if field != "" && len(field) <= 64 {
		err.Args = map[string]string{local.ArgField: field}
	}
	return err
}

// answer is what a handler has to say: a status and a body to encode, or none.
type answer struct {
	status int
	body   any
}

// write sends an answer. Lists are [] and never null.
func (s *Server) write(w http.ResponseWriter, a answer) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	if file, ok := a.body.(interface {
		write(http.ResponseWriter, int)
	}); ok { // a paper or a sheet
		file.write(w, a.status)
		return
	}
	text, err := json.Marshal(a.body)
	if err != nil {
		s.options.Log.Error().Err(err).Msg("answer could not be encoded")
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(text) // a client that is gone has nobody to tell
}

// refusal is the answer to an error, in the request's language. What is not meant for people is logged
// and becomes internal.
func (s *Server) refusal(r *http.Request, err error) answer {
	var known *local.Error
	if !errors.As(err, &known) {
		known = &local.Error{Code: local.CodeInternal, Err: err}
	}
	status := local.HTTPStatus(known.Code)
	if status < http.StatusBadRequest { // a reason is no refusal: the till is wrong
		status = http.StatusInternalServerError
	}
	if status == http.StatusInternalServerError {
		s.options.Log.Error().Err(err).Str("method", r.Method).Str("route", r.Pattern).Msg("request failed")
	}
	return answer{status, local.ErrorBody{Error: local.Render(known, s.language(r))}}
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	a := s.refusal(r, err)
	body := a.body.(local.ErrorBody)
	switch body.Error.Code {
	case local.CodeUnauthorized, local.CodeSessionLocked, local.CodeBadCredentials:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case local.CodeThrottled:
		var known *local.Error
		if errors.As(err, &known) && known.Args[local.ArgSeconds] != "" {
			w.Header().Set("Retry-After", known.Args[local.ArgSeconds])
		}
	}
	s.write(w, a)
}
