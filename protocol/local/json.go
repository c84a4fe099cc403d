package local

import "encoding/json"

// MarshalJSON writes lists that the contract promises as [] and never as null.
func (p Payment) MarshalJSON() ([]byte, error) {
	type plain Payment
	p.Notices = filled(p.Notices)
	p.ResolvedBy = filled(p.ResolvedBy)
	return json.Marshal(plain(p))
}

// MarshalJSON writes lists that the contract promises as [] and never as null.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	type plain Snapshot
	s.Creditors = filled(s.Creditors)
	s.Terminals = filled(s.Terminals)
	s.Activities = filled(s.Activities)
	s.Payments = filled(s.Payments)
	return json.Marshal(plain(s))
}

// MarshalJSON writes lists that the contract promises as [] and never as null.
func (c Closing) MarshalJSON() ([]byte, error) {
	type plain Closing
	c.Differences = filled(c.Differences)
	return json.Marshal(plain(c))
}

// MarshalJSON writes lists that the contract promises as [] and never as null.
func (d ClosingDiff) MarshalJSON() ([]byte, error) {
	type plain ClosingDiff
	d.Payments = filled(d.Payments)
	return json.Marshal(plain(d))
}

// MarshalJSON writes lists that the contract promises as [] and never as null.
func (r SearchResult) MarshalJSON() ([]byte, error) {
	type plain SearchResult
	r.Positions = filled(r.Positions)
	return json.Marshal(plain(r))
}

func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
