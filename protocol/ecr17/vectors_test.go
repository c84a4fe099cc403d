package ecr17

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// vector is one object of testdata/ecr17-vectors.json.
type vector struct {
	Name      string
	Direction string
	LRCMode   string `json:"lrc_mode"`
	Hex       string
	Fields    map[string]any
	Valid     bool
	Why       string
	Kind      string
	Layer     string
}

const vectorFile = "../../testdata/ecr17-vectors.json"

// vectors reads the golden vectors; a test without them proves nothing.
func vectors(tb testing.TB) []vector {
	tb.Helper()
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		tb.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil {
		tb.Fatal(err)
	}
	if len(all) < 90 {
		tb.Fatalf("%d vectors in %s, at least 90 expected", len(all), vectorFile)
	}
	return all
}

func (v vector) bytes(tb testing.TB) []byte {
	tb.Helper()
	b, err := hex.DecodeString(v.Hex)
	if err != nil {
		tb.Fatalf("%s: %v", v.Name, err)
	}
	return b
}

func (v vector) dir() Direction {
	if v.Direction == "ecr->pos" {
		return ToTerminal
	}
	return FromTerminal
}

// application cuts the vector's one application frame.
func (v vector) application(tb testing.TB) (Frame, Scope) {
	tb.Helper()
	scope, err := ParseScope(v.LRCMode)
	if err != nil {
		tb.Fatalf("%s: %v", v.Name, err)
	}
	frames, _ := deframe(v.bytes(tb), nil)
	if len(frames) != 1 || frames[0].Kind != FrameApplication {
		tb.Fatalf("%s: frames %v, one application frame expected", v.Name, frames)
	}
	return frames[0], scope
}

// notStrict are valid vectors that a terminal may send but that are not the
// canonical form: read leniently only.
var notStrict = map[string]string{
	"vas_resp_part2_gap_blank": "blanks in the undocumented gap; written as zeros",
}

// refusals says what becomes of each invalid vector, by its own why.
var refusals = map[string]struct {
	strict, lenient error // nil: accepted
	also            func(Message) error
}{
	"totals_resp_blank_amount": {strict: ErrNotDigits, also: func(m Message) error {
		if t := m.(TotalsAnswer); t.HasTotal || t.TotalCents != 0 {
			return fmt.Errorf("blank total read as %d", t.TotalCents)
		}
		return nil
	}},
	"header_only_wrong_code": {strict: ErrCode, lenient: ErrCode},
	"wrong_tid": {also: func(m Message) error { // delivered; the session compares
		if tid := m.(Result).TID; tid != "99999999" {
			return fmt.Errorf("terminal id %q", tid)
		}
		return nil
	}},
	"tid_not_digits":           {strict: ErrHeader, lenient: ErrHeader},
	"non_ascii_in_description": {strict: ErrNotASCII, lenient: ErrNotASCII},
	"non_ascii_request":        {strict: ErrNotASCII, lenient: ErrNotASCII},
	"overlong_payment_168":     {strict: ErrLong}, // lenient is for answers; the terminal reads strictly
	"short_payment_166":        {strict: ErrShort, lenient: ErrShort},
	"overlong_ticket_201":      {strict: ErrLong}, // tolerated on receive
	"short_result_70": {strict: ErrShort, lenient: ErrShort, also: func(m Message) error {
		if r := m.(Result); r.Class != ClassUnknown || r.OnlineID != "" || r.STAN != "004711" {
			return fmt.Errorf("class %v, online %q, STAN %q", r.Class, r.OnlineID, r.STAN)
		}
		return nil
	}},
	"amount_not_digits": {strict: ErrNotDigits, lenient: ErrNotDigits, also: func(m Message) error {
		if r := m.(Result); r.HasAmount {
			return fmt.Errorf("amount read as %d", r.AmountCents)
		}
		return nil
	}},
	"approved_with_text_body": {strict: ErrContradictory, lenient: ErrContradictory},
	"day_of_year_367": {also: func(m Message) error { // outcome stands, no time
		r := m.(Result)
		if _, ok := r.HostTime.Time(testNow); ok || r.Code != ResultOK {
			return fmt.Errorf("code %q, time of day 367 accepted: %v", r.Code, ok)
		}
		return nil
	}},
	"u_missing_esc": {strict: ErrTags, lenient: ErrTags},
}

func TestVectors(t *testing.T) {
	counts := map[string]int{}
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			switch {
			case v.Kind == "stream":
				counts["stream"]++
				testStream(t, v)
			case v.LRCMode == "none":
				counts["progress"]++
				testProgress(t, v)
			case strings.HasPrefix(v.LRCMode, "control"):
				counts["control"]++
				testControl(t, v)
			default:
				counts["message"]++
				testMessage(t, v)
			}
		})
	}
	// Card services (K) belong to a later stage of the product, but their
	// messages are here already; nothing is left out.
	t.Logf("vectors run: %v; left out: none", counts)
}

func testControl(t *testing.T, v vector) {
	frames, _ := deframe(v.bytes(t), nil)
	if len(frames) != 1 {
		t.Fatalf("frames %v", frames)
	}
	f := frames[0]
	if want, _ := v.Fields["type"].(string); f.Kind.String() != strings.TrimSuffix(want, "?") {
		t.Errorf("kind %v, want %s", f.Kind, want)
	}
	if f.Suspected() == v.Valid {
		t.Errorf("suspected %v for a vector with valid %v", f.Suspected(), v.Valid)
	}
	if !v.Valid {
		return
	}
	form, err := ParseControlForm(strings.TrimPrefix(v.LRCMode, "control:"))
	if err != nil || f.Form != form {
		t.Errorf("form %v, want %v (%v)", f.Form, form, err)
	}
	appendControl := AppendACK
	if f.Kind == FrameNAK {
		appendControl = AppendNAK
	}
	if got := hex.EncodeToString(appendControl(nil, form)); got != v.Hex {
		t.Errorf("written %s, want %s", got, v.Hex)
	}
}

func testProgress(t *testing.T, v vector) {
	frames, d := deframe(v.bytes(t), nil)
	if len(frames) != 1 || frames[0].Kind != FrameProgress {
		t.Fatalf("frames %v", frames)
	}
	if want, ok := v.Fields["text"].(string); ok && frames[0].Text() != want {
		t.Errorf("text %q, want %q", frames[0].Text(), want)
	}
	if frames[0].Cut == v.Valid {
		t.Errorf("cut %v for a vector with valid %v", frames[0].Cut, v.Valid)
	}
	if v.Name == "progress_no_eot" {
		if lead, n := d.Pending(); lead != STX || n != 1 {
			t.Errorf("pending %#x, %d bytes; the STX must go on", lead, n)
		}
	}
}

func testMessage(t *testing.T, v vector) {
	if v.Name == "truncated_no_lrc" {
		frames, d := deframe(v.bytes(t), nil)
		if _, n := d.Pending(); len(frames) != 0 || n != len(v.bytes(t)) {
			t.Errorf("frames %v, pending %d: must wait for the LRC", frames, n)
		}
		return
	}
	f, scope := v.application(t)
	switch v.Name {
	case "bad_payload_bit_amount", "wrong_mode_status":
		if f.Valid(scope) {
			t.Error("accepted under the locked scope")
		}
		if _, ok := f.Scope(); !ok {
			t.Error("the vector should look right to a detecting codec")
		}
		return
	}
	if !f.Valid(scope) {
		t.Fatalf("LRC %#02x, want %#02x", f.LRC, LRC(scope, f.Payload))
	}
	if s, ok := f.Scope(); !ok || s != scope {
		t.Errorf("detected scope %v %v, want %v", s, ok, scope)
	}
	if !v.Valid {
		testRefusal(t, v, f)
		return
	}
	m, err := Decode(v.dir(), f.Payload, Lenient)
	if err != nil {
		t.Fatal(err)
	}
	compareFields(t, v.Fields, m, f)
	if why, ok := notStrict[v.Name]; ok {
		t.Logf("lenient only: %s", why)
		return
	}
	m, err = Decode(v.dir(), f.Payload, Strict)
	if err != nil {
		t.Fatal(err)
	}
	frame, err := AppendMessage(nil, m, scope)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(frame); got != v.Hex {
		t.Errorf("written %s\nwant    %s", got, v.Hex)
	}
}

func testRefusal(t *testing.T, v vector, f Frame) {
	want, ok := refusals[v.Name]
	if !ok {
		t.Fatalf("no expectation for this invalid vector: %s", v.Why)
	}
	for _, mode := range []Mode{Strict, Lenient} {
		cause := want.strict
		if mode == Lenient {
			cause = want.lenient
		}
		m, err := Decode(v.dir(), f.Payload, mode)
		if !errors.Is(err, cause) {
			t.Errorf("mode %d: error %v, want %v", mode, err, cause)
		}
		if want.also == nil {
			continue
		}
		if err := want.also(m); err != nil {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
}

func testStream(t *testing.T, v vector) {
	frames, _ := deframe(v.bytes(t), nil)
	scope, err := ParseScope(v.LRCMode)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range frames {
		switch f.Kind {
		case FrameApplication:
			if !f.Valid(scope) {
				t.Errorf("bad LRC in %v", f)
			}
			got = append(got, string(f.Payload[9:10]))
		case FrameProgress:
			got = append(got, "PROGRESS")
		default:
			got = append(got, f.Kind.String())
		}
	}
	var want []string
	for _, w := range v.Fields["frames"].([]any) {
		name, _, _ := strings.Cut(w.(string), "(") // E(duplicate): a judgement of the session
		want = append(want, name)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("frames %v, want %v", got, want)
	}
}

// compareFields checks every field of the vector against the message.
func compareFields(t *testing.T, fields map[string]any, m Message, f Frame) {
	t.Helper()
	for name, want := range fields {
		if n, ok := want.(float64); ok {
			want = fmt.Sprint(int64(n))
		}
		if list, ok := want.([]any); ok {
			want = fmt.Sprint(list)
		}
		got, ok := fieldOf(name, m, f)
		if !ok {
			t.Errorf("field %q of %T is not compared", name, m)
			continue
		}
		if got != fmt.Sprint(want) {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func fieldOf(name string, m Message, f Frame) (string, bool) {
	switch name {
	case "code":
		return string(f.Payload[9:10]), true
	case "tid":
		return string(f.Payload[:8]), true
	case "lrc":
		return fmt.Sprint(f.LRC), true
	}
	flag := func(b bool) string {
		if b {
			return "1"
		}
		return "0"
	}
	var all map[string]string
	switch m := m.(type) {
	case StatusAnswer:
		all = map[string]string{"datetime": string(m.Clock), "status": fmt.Sprint(m.State), "sw": m.Releases}
	case PaymentRequest:
		all = map[string]string{
			"ecr": m.CashRegister, "gt_flag": flag(m.MoreData), "card_present": flag(m.CardPresent),
			"type": fmt.Sprint(m.CardChoice), "amount": fmt.Sprint(m.AmountCents), "text": m.Text,
		}
	case IncrementRequest:
		all = map[string]string{"amount": fmt.Sprint(m.AmountCents), "preauth_code": m.PreauthCode}
	case ReversalRequest:
		all = map[string]string{"stan": m.STAN}
	case LastResultRequest:
		all = map[string]string{"gt_flag": flag(m.StoredData)}
	case PrintSwitch:
		all = map[string]string{"flag": flag(m.ToECR)}
	case ReprintRequest:
		all = map[string]string{"to_ecr": flag(m.ToECR), "ticket": flag(m.Service)}
	case AdditionalData:
		all = map[string]string{"iso": m.ISOField, "tag": m.AnswerTag, "index": m.IndexMap, "tags": fmt.Sprint(m.Tags)}
	case AdditionalDataAnswer:
		all = map[string]string{"len": fmt.Sprint(len(m.Data)), "data": m.Data}
	case TotalsAnswer:
		all = map[string]string{"result": string(m.Code), "pos_total": fmt.Sprint(m.TotalCents)}
	case CloseAnswer:
		all = map[string]string{
			"result": string(m.Code), "desc": m.Reason, "action": string(m.ActionCode),
			"pos_total": fmt.Sprint(m.TotalCents), "host_total": fmt.Sprint(m.HostTotalCents),
		}
	case TicketPart:
		tickets := ReadTickets(m.Text, 0)
		all = map[string]string{"last": fmt.Sprint(m.Last()), "text_len": fmt.Sprint(len(m.Text))}
		if len(tickets) > 0 {
			all["text"] = strings.TrimSpace(tickets[0].Text())
		}
	case VASRequest:
		all = map[string]string{"len": fmt.Sprint(len(m.XML)), "xml": m.XML}
	case VASPart:
		all = map[string]string{"len": fmt.Sprint(len(m.XML)), "xml": m.XML, "more": flag(m.More), "seq": fmt.Sprintf("%03d", m.Sequence)}
	case Result:
		all = map[string]string{
			"result": string(m.Code), "pan": m.PAN.wire, "entry": string(m.Entry), "auth": m.AuthCode,
			"host_time": string(m.HostTime), "card": string(m.CardType), "acquirer": m.Acquirer, "stan": m.STAN,
			"online": m.OnlineID, "desc": m.Reason, "action": string(m.ActionCode), "amount": fmt.Sprint(m.AmountCents),
			"dcc": flag(m.DCC.Applied), "rate": m.DCC.Rate, "currency": m.DCC.Currency, "dcc_amount": m.DCC.Amount,
			"precision": m.DCC.Decimals, "preauth_code": m.PreauthCode, "action_at_37": string(m.VerifyActionCode),
		}
	}
	got, ok := all[name]
	return got, ok
}
