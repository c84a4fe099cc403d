package ui

import (
	"context"
	"net/http"
	"time"

	"sportello/protocol/local"
)

const (
	readyTimeout = 2 * time.Second
	maxPathValue = 64 // characters of a payment id or a terminal's name
	fewPayments  = 100
	mostPayments = 1000
	maxChannel   = 35 // characters of a provider's channel (pagoPA)
)

func (s *Server) state(c *call) (answer, error) {
	snapshot, err := s.snapshot(c.r.Context(), s.options.Hub.Sequence(), c.by)
	return answer{http.StatusOK, snapshot}, err
}

// snapshot is the till's, numbered with the last event that was published before it was taken.
func (s *Server) snapshot(ctx context.Context, sequence uint64, by local.Operator) (local.Snapshot, error) {
	snapshot, err := s.options.Till.Snapshot(ctx, by)
	snapshot.Sequence = sequence
	snapshot.Operator = by
	if roster, ok := s.options.Operators.(Roster); ok {
		snapshot.Operators = roster.All()
	}
	if s.options.Papers != nil {
		snapshot.Printer = s.options.Papers.Printer()
	}
	return snapshot, err
}

func (s *Server) lookup(c *call) (answer, error) {
	var request local.LookupRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	notice, err := s.options.Till.Lookup(c.r.Context(), request)
	return answer{http.StatusOK, notice}, err
}

// pay hands the request to the till, which makes it happen once whatever becomes of this connection.
func (s *Server) pay(c *call) (answer, error) {
	var request local.PaymentRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	if err := checkRequestID(request.RequestID); err != nil {
		return answer{}, err
	}
	payment, err := s.options.Till.Pay(context.WithoutCancel(c.r.Context()), c.by, request)
	return answer{http.StatusAccepted, payment}, err
}

func (s *Server) payment(c *call) (answer, error) {
	id, err := pathValue(c.r, "id")
	if err != nil {
		return answer{}, err
	}
	payment, err := s.options.Till.Payment(c.r.Context(), id)
	return answer{http.StatusOK, payment}, err
}

func pathValue(r *http.Request, name string) (string, error) {
	value := r.PathValue(name)
	if value == "" || len(value) > maxPathValue {
		return "", &local.Error{Code: local.CodeNotFound}
	}
	return value, nil
}

func (s *Server) terminals(c *call) (answer, error) {
	terminals, err := s.options.Till.Terminals(c.r.Context())
	return listed(terminals, err)
}

// actions are what may be asked of a terminal, and by whom (design 5.7, 9).
var actions = map[string]local.Role{
	"status":  local.RoleClerk,
	"detect":  local.RoleClerk, // with quiet_totals: a supervisor
	"last":    local.RoleClerk,
	"totals":  local.RoleClerk,
	"reprint": local.RoleClerk,
	"closing": local.RoleClerk,
	"free":    local.RoleClerk,
	"adopt":   local.RoleSupervisor,
	"close":   local.RoleSupervisor,
	"channel": local.RoleSupervisor, // with the channel
}

func (s *Server) terminalAction(c *call) (answer, error) {
	name, err := pathValue(c.r, "name")
	if err != nil {
		return answer{}, err
	}
	action := c.r.PathValue("action")
	role, ok := actions[action]
	if !ok {
		return answer{}, &local.Error{Code: local.CodeNotFound}
	}
	var request local.ActionRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	if request.QuietTotals && action != "detect" {
		return answer{}, badRequest("quiet_totals")
	}
	if (action == "channel") != (request.Channel != "") || !writing(request.Channel, maxChannel) {
		return answer{}, badRequest("channel")
	}
	if role == local.RoleSupervisor || request.QuietTotals {
		if err := supervisor(c); err != nil {
			return answer{}, err
		}
	}
	return s.repeats.once(c.r.Context(), c.by.ID, request.RequestID, c.r.URL.Path, request, func() (answer, error) {
		report, err := s.options.Till.TerminalAction(context.WithoutCancel(c.r.Context()), c.by, name, action, request)
		return answer{http.StatusOK, report}, err
	})
}

func (s *Server) queue(c *call) (answer, error) {
	queue, err := s.options.Till.Queue(c.r.Context())
	return listed(queue, err)
}

func (s *Server) cases(c *call) (answer, error) {
	all := false
	for name, values := range c.r.URL.Query() {
		if name != "all" || len(values) != 1 || values[0] != "true" && values[0] != "false" {
			return answer{}, badRequest(name)
		}
		all = values[0] == "true"
	}
	cases, err := s.options.Till.Cases(c.r.Context(), all)
	return listed(cases, err)
}

func (s *Server) ledgerCheck(c *call) (answer, error) {
	report, err := s.options.Till.Check(c.r.Context())
	return answer{http.StatusOK, report}, err
}

func (s *Server) healthz(*call) (answer, error) {
	return answer{http.StatusOK, local.Health{Status: "ok", Version: s.options.Version}}, nil
}

// readyz asks the till for something small; a till that does not answer is not ready.
func (s *Server) readyz(c *call) (answer, error) {
	ctx, cancel := context.WithTimeout(c.r.Context(), readyTimeout)
	defer cancel()
	if _, err := s.options.Till.Terminals(ctx); err != nil {
		return answer{http.StatusServiceUnavailable, local.Health{Status: "not_ready", Version: s.options.Version}}, nil
	}
	return answer{http.StatusOK, local.Health{Status: "ok", Version: s.options.Version}}, nil
}

// listed answers with a list, [] when there is nothing in it.
func listed[T any](list []T, err error) (answer, error) {
	if list == nil {
		list = []T{}
	}
	return answer{http.StatusOK, list}, err
}
