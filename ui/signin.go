package ui

import (
	"errors"
	"net/http"
	"time"

	"sportello/protocol/local"
)

const (
	maxWaiting  = 8 // sign-ins at once; more are told to come back
	maxOperator = 64
	maxPIN      = 128
)

// signIn checks a PIN and opens a session, or opens a locked one of the same operator again. PINs are
// checked one after another: each costs memory, and the throttle must see one failure before the next try.
func (s *Server) signIn(c *call) (answer, error) {
	var request local.SessionRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	if request.Operator == "" || len(request.Operator) > maxOperator || request.PIN == "" || len(request.PIN) > maxPIN {
		return answer{}, &local.Error{Code: local.CodeBadCredentials}
	}
	operator, err := s.checkPIN(c, request)
	if err != nil {
		return answer{}, err
	}
	token := bearer(c.r)
	if before, isLocked := s.sessions.find(token); isLocked {
		if before.operator.ID == operator.ID && s.sessions.unlock(before) {
			return answer{http.StatusCreated, local.Session{Token: token, Operator: before.operator}}, nil
		}
		s.sessions.end(before) // somebody else takes the desk over
	}
	return answer{http.StatusCreated, local.Session{Token: s.sessions.open(operator), Operator: operator}}, nil
}

func (s *Server) checkPIN(c *call, request local.SessionRequest) (local.Operator, error) {
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return local.Operator{}, throttled(time.Second)
	}
	select {
	case s.signing <- struct{}{}:
		defer func() { <-s.signing }()
	case <-c.r.Context().Done():
		return local.Operator{}, c.r.Context().Err()
	}
	if err := s.throttle.check(request.Operator); err != nil {
		return local.Operator{}, err
	}
	operator, err := s.options.Operators.Check(request.Operator, request.PIN)
	var known *local.Error
	switch {
	case err == nil:
		s.throttle.succeeded(request.Operator)
	case errors.As(err, &known) && known.Code == local.CodeBadCredentials:
		s.throttle.failed(request.Operator)
		// Not the id: people type PINs into the wrong field.
		s.options.Log.Warn().Msg("sign-in refused: wrong operator id or PIN")
	}
	return operator, err
}

func (s *Server) signOut(c *call) (answer, error) {
	s.sessions.end(c.session)
	return answer{status: http.StatusNoContent}, nil
}

// lockSession needs no request id to be safe to repeat: locked is locked.
func (s *Server) lockSession(c *call) (answer, error) {
	var request local.ActionRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	s.sessions.lock(c.session)
	return answer{status: http.StatusNoContent}, nil
}
