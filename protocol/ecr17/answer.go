package ecr17

// Answers of the terminal other than results (result.go), data (data.go) and
// services (vas.go).

// StatusAnswer is the answer to StatusRequest (2.1). Its terminal id is the
// real one, also when asked with the wildcard.
//
// ECR17 2.1: releases may be absent, and need not fill eight characters each.
type StatusAnswer struct {
	TID      string
	Clock    Clock
	State    TerminalState
	Releases string // software releases, 8 characters each, as they came
}

// TotalsAnswer is the answer to TotalsRequest (2.9).
type TotalsAnswer struct {
	TID        string
	Code       ResultCode
	TotalCents int64
	HasTotal   bool // false: not readable, which is not zero
}

// CloseAnswer is the answer to CloseRequest (2.9). Closed with different
// totals is legal and must be shown to somebody.
type CloseAnswer struct {
	TID            string
	Code           ResultCode
	TotalCents     int64
	HasTotal       bool
	HostTotalCents int64
	HasHostTotal   bool
	Reason         string // codes other than "00"
	ActionCode     ActionCode
}

// Balanced reports two readable and equal totals.
func (m CloseAnswer) Balanced() bool {
	return m.HasTotal && m.HasHostTotal && m.TotalCents == m.HostTotalCents
}

// TicketPart is one piece of a ticket (S, 2.12). Join the texts of all parts
// before reading them as a ticket: a line or a control may be split (section 4).
//
// ECR17 2.12: the "14 per line" of its page is a misprint of 24. A text over
// 200 bytes is taken when it comes (S15) and never written.
type TicketPart struct {
	TID  string
	Text string // 1 to 200 bytes with print controls
}

// Last reports the end of a ticket in this part.
func (m TicketPart) Last() bool { return len(m.Text) > 0 && m.Text[len(m.Text)-1] == ESC }

func decodeAnswer(s string, mode Mode) (Message, error) {
	var v values
	done := len(s) >= bodyAt && s[10:12] == string(ResultOK)
	switch s[9] {
	case 's':
		err := statusAnswerTable.unpack(&v, s, mode)
		m := StatusAnswer{TID: v.text[fTID], Clock: Clock(v.text[fClock]), State: StateUnreadable, Releases: v.text[fReleases]}
		if n, ok := v.amount(fState); ok {
			m.State = TerminalState(n)
		}
		return m, err
	case 'T':
		table := totalsAnswerTable
		if !done {
			table = totalsRefusedTable
		}
		err := table.unpack(&v, s, mode)
		m := TotalsAnswer{TID: v.text[fTID], Code: ResultCode(v.text[fResult])}
		m.TotalCents, m.HasTotal = v.amount(fTotal)
		return m, err
	case 'C':
		table := closeAnswerTable
		if !done {
			table = closeRefusedTable
		}
		err := table.unpack(&v, s, mode)
		m := CloseAnswer{TID: v.text[fTID], Code: ResultCode(v.text[fResult]), Reason: v.text[fReason], ActionCode: ActionCode(v.text[fAction])}
		m.TotalCents, m.HasTotal = v.amount(fTotal)
		m.HostTotalCents, m.HasHostTotal = v.amount(fHostTotal)
		return m, err
	case 'S':
		err := ticketTable.unpack(&v, s, mode)
		m := TicketPart{TID: v.text[fTID], Text: v.text[fText]}
		if m.Text == "" {
			err = first(err, ticketTable.fault(ticketTable.tail(), "", ErrShort))
		}
		return m, err
	case 'U':
		return decodeAdditionalDataAnswer(&v, s, mode)
	default: // 'K': checkHeader let nothing else through
		return decodeVASPart(&v, s, mode)
	}
}

// answer begins the values of an answer.
func answer(code byte, tid string, result ResultCode) values {
	v := values{code: code}
	v.setText(fTID, tid)
	v.setText(fResult, string(result))
	return v
}

// AppendPayload implements Message.
func (m StatusAnswer) AppendPayload(dst []byte) ([]byte, error) {
	v := answer('s', m.TID, "")
	v.setText(fClock, string(m.Clock))
	v.setAmount(fState, int64(m.State), m.State >= 0)
	v.setText(fReleases, m.Releases)
	return statusAnswerTable.pack(dst, &v)
}

// AppendPayload implements Message. An absent total is written as blanks.
func (m TotalsAnswer) AppendPayload(dst []byte) ([]byte, error) {
	v := answer('T', m.TID, m.Code)
	v.setAmount(fTotal, m.TotalCents, m.HasTotal)
	return totalsAnswerTable.pack(dst, &v)
}

// AppendPayload implements Message. An absent total is written as blanks.
func (m CloseAnswer) AppendPayload(dst []byte) ([]byte, error) {
	v := answer('C', m.TID, m.Code)
	v.setAmount(fTotal, m.TotalCents, m.HasTotal)
	v.setAmount(fHostTotal, m.HostTotalCents, m.HasHostTotal)
	v.setText(fReason, m.Reason)
	v.setText(fAction, string(m.ActionCode))
	if m.Code == ResultOK {
		return closeAnswerTable.pack(dst, &v)
	}
	return closeRefusedTable.pack(dst, &v)
}

// AppendPayload implements Message. A longer text goes through SplitTicket.
func (m TicketPart) AppendPayload(dst []byte) ([]byte, error) {
	v := answer('S', m.TID, "")
	v.setText(fText, m.Text)
	if m.Text == "" {
		return dst, ticketTable.fault(ticketTable.tail(), "", ErrShort)
	}
	return ticketTable.pack(dst, &v)
}

// SplitTicket cuts a ticket text into parts of at most 200 bytes.
func SplitTicket(tid, text string) []TicketPart {
	var parts []TicketPart
	for len(text) > 0 {
		n := min(len(text), maxTicket)
		parts = append(parts, TicketPart{TID: tid, Text: text[:n]})
		text = text[n:]
	}
	return parts
}
