package ecr17

import (
	"errors"
	"strings"
	"testing"
)

// allTables lists every table, so that the checks below see them all.
func allTables() []*layout {
	all := []*layout{
		statusRequestTable, paymentTable, incrementTable, verifyTable, reversalTable, sessionTable,
		lastResultTable, printSwitchTable, reprintTable, additionalDataTable, vasRequestTable,
		statusAnswerTable, totalsAnswerTable, totalsRefusedTable, closeAnswerTable, closeRefusedTable,
		ticketTable, additionalAnswerTable, vasPartTable,
	}
	for _, t := range classTables[ClassPayment:] {
		all = append(all, t.done, t.refused)
	}
	return all
}

// The rows of a table follow each other without gap or overlap up to its
// width, carry a description, and name each value once.
func TestTables(t *testing.T) {
	names := map[string]bool{}
	for _, l := range allTables() {
		if err := l.verify(); err != nil {
			t.Errorf("%s: %v", l.name, err)
		}
		if names[l.name] {
			t.Errorf("two tables are named %q", l.name)
		}
		names[l.name] = true
	}
	for c := ClassPayment; int(c) < len(classTables); c++ {
		for _, l := range []*layout{classTables[c].done, classTables[c].refused} {
			if l.width != c.Length() || l.codes != string(c.Letter()) {
				t.Errorf("%s: %d bytes of %q, class %v says %d of %q", l.name, l.width, l.codes, c, c.Length(), c.Letter())
			}
		}
	}
	if numFields > 64 {
		t.Errorf("%d fields do not fit the presence bits", numFields)
	}
}

// The checks above would be worth nothing if they let mistakes pass.
func TestTablesCheckFindsMistakes(t *testing.T) {
	rows := func(at, width int) []field {
		return []field{{fText, "text", at, width, kindText, blankRight, 0, "a text"}}
	}
	for name, try := range map[string]func() (*layout, error){
		"gap":       func() (*layout, error) { return newLayout("t", "t", 20, rows(12, 9)) },
		"overlap":   func() (*layout, error) { return newLayout("t", "t", 20, rows(10, 11)) },
		"width":     func() (*layout, error) { return newLayout("t", "t", 21, rows(11, 10)) },
		"duplicate": func() (*layout, error) { return newLayout("t", "t", 30, rows(11, 10), rows(21, 10)) },
		"kind": func() (*layout, error) {
			return newLayout("t", "t", 11, []field{{fAmount, "amount", 11, 1, kindText, exact, 0, "a text"}})
		},
	} {
		if _, err := try(); err == nil {
			t.Errorf("%s not found", name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a wrong table does not end the program")
		}
	}()
	table("t", "t", 20, rows(12, 9))
}

// Lengths of the table in 2.0.
func TestLengths(t *testing.T) {
	for _, c := range []struct {
		m    Message
		want int
	}{
		{StatusRequest{TID: AnyTerminal}, 10},
		{StatusAnswer{TID: AnyTerminal, Clock: "0110261942", State: 2}, 31},
		{PaymentRequest{Code: 'X', TID: AnyTerminal, AmountCents: 1}, 167},
		{IncrementRequest{Code: 'c', TID: AnyTerminal, AmountCents: 1, PreauthCode: "1"}, 176},
		{VerifyRequest{TID: AnyTerminal}, 39},
		{ReversalRequest{TID: AnyTerminal, STAN: "004711"}, 26},
		{TotalsRequest{TID: AnyTerminal}, 26},
		{CloseRequest{TID: AnyTerminal}, 26},
		{LastResultRequest{TID: AnyTerminal}, 22},
		{PrintSwitch{TID: AnyTerminal}, 11},
		{ReprintRequest{TID: AnyTerminal}, 22},
		{AdditionalData{TID: AnyTerminal, ISOField: "00", IndexMap: "5000", Tags: []string{"A"}}, 38},
		{AdditionalDataAnswer{TID: AnyTerminal, Data: "TOKEN"}, 34},
		{TotalsAnswer{TID: AnyTerminal, Code: "00"}, 34},
		{CloseAnswer{TID: AnyTerminal, Code: "00"}, 44},
		{CloseAnswer{TID: AnyTerminal, Code: "01"}, 44},
		{TicketPart{TID: AnyTerminal, Text: strings.Repeat("A", 200)}, 210},
		{VASRequest{TID: AnyTerminal, XML: "<a/>"}, 30},
		{VASPart{TID: AnyTerminal, Sequence: 1, XML: "<a/>"}, 30},
	} {
		p, err := c.m.AppendPayload(nil)
		if err != nil || len(p) != c.want {
			t.Errorf("%T: %d bytes, want %d (%v)", c.m, len(p), c.want, err)
		}
	}
	for c := ClassPayment; int(c) < len(classes); c++ {
		for _, code := range []ResultCode{ResultOK, ResultRefused} {
			p, err := Result{Class: c, TID: AnyTerminal, Code: code}.AppendPayload(nil)
			if err != nil || len(p) != c.Length() {
				t.Errorf("%v %s: %d bytes, want %d (%v)", c, code, len(p), c.Length(), err)
			}
		}
	}
}

// What may not be written is refused with the name of the field, and nothing
// is appended.
func TestEncodeRefuses(t *testing.T) {
	good := PaymentRequest{Code: 'X', TID: "12345678", CashRegister: "1", AmountCents: 650, Text: "RIFA1KQ7M2X9D"}
	with := func(change func(*PaymentRequest)) PaymentRequest {
		m := good
		change(&m)
		return m
	}
	for _, c := range []struct {
		m     Message
		field string
		cause error
	}{
		{with(func(m *PaymentRequest) { m.AmountCents = 0 }), "amount", ErrRange},
		{with(func(m *PaymentRequest) { m.AmountCents = -1 }), "amount", ErrRange},
		{with(func(m *PaymentRequest) { m.AmountCents = 100_000_000 }), "amount", ErrTooWide},
		{with(func(m *PaymentRequest) { m.CardChoice = 4 }), "card_choice", ErrRange},
		{with(func(m *PaymentRequest) { m.TID = "1234567" }), "terminal_id", ErrShort},
		{with(func(m *PaymentRequest) { m.TID = "123456789" }), "terminal_id", ErrTooWide},
		{with(func(m *PaymentRequest) { m.TID = "1234567A" }), "terminal_id", ErrNotDigits},
		{with(func(m *PaymentRequest) { m.CashRegister = "C1" }), "cash_register", ErrNotDigits},
		{with(func(m *PaymentRequest) { m.Text = "CAFFÈ" }), "contract_text", ErrNotText},
		{with(func(m *PaymentRequest) { m.Text = "A\x03B" }), "contract_text", ErrNotText},
		{with(func(m *PaymentRequest) { m.Text = strings.Repeat("A", 129) }), "contract_text", ErrTooWide},
		{with(func(m *PaymentRequest) { m.Code = 'E' }), "code", ErrCode},
		{IncrementRequest{Code: 'P', TID: AnyTerminal, AmountCents: 1, PreauthCode: "1"}, "code", ErrCode},
		{ReversalRequest{TID: AnyTerminal}, "stan", ErrShort}, // never the unchecked 000000 by omission
		{AdditionalData{TID: AnyTerminal, ISOField: "62", IndexMap: "5000", Tags: []string{"A\x1bB"}}, "tags", ErrNotText},
		{AdditionalData{TID: AnyTerminal, ISOField: "62", IndexMap: "5000", Tags: []string{""}}, "tags", ErrTags},
		{AdditionalData{TID: AnyTerminal, ISOField: "62", IndexMap: "1234", Tags: []string{"A", "B", "C", "D", "E"}}, "tags", ErrTags},
		{AdditionalData{TID: AnyTerminal, ISOField: "62", IndexMap: "1000", Tags: []string{strings.Repeat("A", 31)}}, "tags", ErrTooWide},
		{AdditionalData{TID: AnyTerminal, ISOField: "62", IndexMap: "5000", Tags: []string{strings.Repeat("A", 101)}}, "tags", ErrTooWide},
		{AdditionalData{TID: AnyTerminal, ISOField: "62", IndexMap: "500", Tags: []string{"A"}}, "index_map", ErrShort},
		{AdditionalDataAnswer{TID: AnyTerminal, Data: strings.Repeat("A", 256)}, "data", ErrTooWide},
		{TicketPart{TID: AnyTerminal, Text: strings.Repeat("A", 201)}, "text", ErrTooWide},
		{TicketPart{TID: AnyTerminal}, "text", ErrShort},
		{VASRequest{TID: AnyTerminal, XML: strings.Repeat("A", 1025)}, "xml", ErrTooWide},
		{VASPart{TID: AnyTerminal, XML: "A"}, "sequence", ErrRange},
		{Result{Class: ClassExtended, TID: AnyTerminal, Code: "0"}, "result", ErrShort},
	} {
		p, err := c.m.AppendPayload([]byte("kept"))
		var fe *FieldError
		if !errors.As(err, &fe) || fe.Field != c.field || !errors.Is(err, c.cause) {
			t.Errorf("%+v: error %v, want %s: %v", c.m, err, c.field, c.cause)
			continue
		}
		if string(p) != "kept" {
			t.Errorf("%T: appended %q in spite of the error", c.m, p)
		}
		if fe.Desc == "" || !strings.Contains(err.Error(), fe.Desc) {
			t.Errorf("%v: the description is missing", err)
		}
	}
	if _, err := (Result{TID: AnyTerminal}).AppendPayload(nil); !errors.Is(err, ErrLength) {
		t.Errorf("a result without class: %v", err)
	}
}

func TestDecodeNamesTheField(t *testing.T) {
	p, err := PaymentRequest{Code: 'X', TID: "12345678", AmountCents: 650}.AppendPayload(nil)
	if err != nil {
		t.Fatal(err)
	}
	copy(p[23:], "0000A650")
	_, err = Decode(ToTerminal, p, Strict)
	const want = `ecr17: P/X/p payment request: amount (amount in cents, 1 to 99999999, at 24, 8 wide): "0000A650": not digits`
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func TestDecodeHeader(t *testing.T) {
	for _, c := range []struct {
		dir     Direction
		payload string
		cause   error
	}{
		{ToTerminal, "123456780s", nil},
		{FromTerminal, "123456780E", nil},
		{FromTerminal, "12345678 E", nil}, // byte 9 is logged, not refused
		{ToTerminal, "123456780s"[:9], ErrShort},
		{ToTerminal, "", ErrShort},
		{ToTerminal, "1234567A0s", ErrHeader},
		{ToTerminal, "123456780V", ErrCode},
		{FromTerminal, "123456780P", ErrCode},
		{FromTerminal, "123456780\x00", ErrCode},
		{FromTerminal, "123456780E\x80", ErrNotASCII},
		{FromTerminal, "123456780s" + strings.Repeat("0", maxMessage-headerLen), nil},
		{FromTerminal, "123456780s" + strings.Repeat("0", maxMessage-headerLen+1), ErrLong}, // more than a frame holds
	} {
		tid, code, err := Header(c.dir, []byte(c.payload))
		if !errors.Is(err, c.cause) {
			t.Errorf("%v %q: %v, want %v", c.dir, c.payload, err, c.cause)
		}
		if err == nil && (tid != c.payload[:8] || code != c.payload[9]) {
			t.Errorf("%q: terminal id %q code %q", c.payload, tid, code)
		}
	}
	if _, err := Decode(FromTerminal, []byte("12345678 s000000000001102619422"), Strict); !errors.Is(err, ErrHeader) {
		t.Errorf("strict took another byte 9: %v", err)
	}
}

// The same letter is another message in the other direction.
func TestDirection(t *testing.T) {
	p := []byte("304122070S00000007004711" + "00")
	if m, err := DecodeAs[ReversalRequest](ToTerminal, p, Strict); err != nil || m.STAN != "004711" {
		t.Errorf("reversal: %+v, %v", m, err)
	}
	if m, err := DecodeAs[TicketPart](FromTerminal, p, Strict); err != nil || m.Text != "0000000700471100" {
		t.Errorf("ticket: %+v, %v", m, err)
	}
	if _, err := DecodeAs[TicketPart](ToTerminal, p, Strict); !errors.Is(err, ErrKind) {
		t.Errorf("a request as ticket: %v", err)
	}
}

// Absent is not zero, and zero is not absent.
func TestAbsentTotals(t *testing.T) {
	for _, c := range []struct {
		field string
		cents int64
		has   bool
	}{
		{"0000000000000000", 0, true},
		{"0000000000845020", 845020, true},
		{"                ", 0, false},
		{"000000000000A000", 0, false},
		{"-000000000000001", 0, false},
	} {
		m, err := DecodeAs[TotalsAnswer](FromTerminal, []byte("304122070T00"+c.field+"000000"), Lenient)
		if err != nil || m.HasTotal != c.has || m.TotalCents != c.cents {
			t.Errorf("%q: %+v, %v", c.field, m, err)
		}
	}
	short := []byte("304122070T00000000")
	if m, err := DecodeAs[TotalsAnswer](FromTerminal, short, Lenient); !errors.Is(err, ErrShort) || m.HasTotal {
		t.Errorf("short: %+v, %v", m, err)
	}
	c := CloseAnswer{TotalCents: 5, HasTotal: true, HostTotalCents: 5}
	if c.Balanced() {
		t.Error("balanced with an absent total")
	}
	if c.HasHostTotal = true; !c.Balanced() {
		t.Error("equal totals not balanced")
	}
}

func TestAdditionalDataAnswerWidths(t *testing.T) {
	const head = "304122070U000000"
	for _, c := range []struct {
		payload, data   string
		strict, lenient error
	}{
		{head + "003ABC0000000000", "ABC", nil, nil},
		{head + "003ABC" + strings.Repeat(" ", 252) + "0000000000", "ABC", ErrReserved, nil}, // fixed field of 255
		{head + "003ABC", "ABC", ErrReserved, nil},
		{head + "0000000000000", "", nil, nil},
		{head + "004ABC", "", ErrShort, ErrShort},
		{head + "0A3ABC0000000000", "", ErrNotDigits, ErrNotDigits},
		{head + "256" + strings.Repeat("A", 300), "", ErrLong, ErrTooWide},
	} {
		for mode, cause := range map[Mode]error{Strict: c.strict, Lenient: c.lenient} {
			m, err := DecodeAs[AdditionalDataAnswer](FromTerminal, []byte(c.payload), mode)
			if !errors.Is(err, cause) || err == nil && m.Data != c.data {
				t.Errorf("mode %d, %.40q: %q, %v", mode, c.payload, m.Data, err)
			}
		}
	}
}
