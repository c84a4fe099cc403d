package simulator

// Fault is one way of misbehaving, by its stable name.
type Fault string

// The faults of the line. In brackets the case of ECR17 7 that it makes; the rows are
// in cases_table.go. Where a field is not given, the value in brackets holds.
const (
	HTTPBanner      Fault = "http_banner"        // on connect: a web server answers (C15)
	Silent          Fault = "silent"             // neither acknowledges nor executes (R03, R13); on connect: never answers
	HangUp          Fault = "hang_up"            // closes at: "end" of the request, "ack"; on connect at once (C03, C04)
	HalfOpen        Fault = "half_open"          // after the request this line is dead without a FIN; the next is served (C05)
	NeverReads      Fault = "never_reads"        // reads the head of the request and no more for delay_ms (1 min); on connect nothing (Z12)
	ResetInside     Fault = "reset_inside"       // RST when bytes (50) of the request are read (C07)
	ResetUnread     Fault = "reset_unread"       // RST when the request has come; it is never looked at (C09)
	ResetExecute    Fault = "reset_then_execute" // RST when the request has come, and it is executed (C08)
	CutBeforeAuth   Fault = "cut_before_auth"    // line cut after the card was read; the bank is never asked (D28)
	CutAfterAuth    Fault = "cut_after_auth"     // line cut when the bank has decided, before the answer (C08, D27)
	CutAndRun       Fault = "cut_and_run"        // line cut after the ACK; the bank decides delay_ms (1 min) later, others are answered meanwhile (G05)
	HalfResult      Fault = "half_result"        // half of the result's bytes, then the line is cut
	CloseWithResult Fault = "close_with_result"  // the FIN comes with the result (C10)
	CloseBeforeACK  Fault = "close_before_ack"   // closes behind the result, its ACK is never read (C11, D12)
	AutoCancel      Fault = "auto_cancel"        // a result that was not confirmed is cancelled with the bank (D13)
	Split           Fault = "split"              // byte by byte, delay_ms apart (C12)
	Glue            Fault = "glue"               // ACK, progress, result and tickets in one segment (C13)
	Stall           Fault = "stall"              // nothing for delay_ms (5 s) after the ACK (C14)
	Slow            Fault = "slow"               // delay_ms before at: "ack" (R01) or "result" (D25)
	Off             Fault = "off"                // cut after the ACK, not executed, and every line is closed at once for delay_ms (10 min) (Z08)
	Reboot          Fault = "reboot"             // likewise (30 s), after the card was read; the print switch is forgotten (D28)
	Deaf            Fault = "deaf"               // this request and all others are not answered for delay_ms (5 min) (Z09)
	Noise           Fault = "noise"              // random bytes for delay_ms (10 min) after the ACK, bytes (64) each second (Z13)
	EndlessSTX      Fault = "endless_stx"        // STX and bytes (64 KiB) without an ETX after the ACK (Z14)
)

// The faults of the acknowledgement.
const (
	NoACK       Fault = "no_ack"                  // executes and answers, but never acknowledges the request (R02)
	Nak         Fault = "nak"                     // NAK, not executed (R04, R05)
	NakExecute  Fault = "nak_then_execute"        // NAK, and executed all the same (R06)
	DoubleACK   Fault = "double_ack"              // the ACK twice (R10)
	OtherACK    Fault = "ack_other_form"          // ACK of the form "form" (one that is not ours) (R07)
	BadACK      Fault = "ack_bad_lrc"             // ACK with an LRC that no form has (R08)
	BareACK     Fault = "bare_ack"                // 06 alone (R09)
	StaleResult Fault = "stale_result_before_ack" // the result saved before, again (R17)
	StaleInside Fault = "stale_result_after_ack"  // likewise, when the request is acknowledged and its data have come; then the procedure goes on (D11)
	OlderResult Fault = "older_result_before_ack" // the result of a sale of yesterday, never seen: amount_cents (that of the request) (R18, R19)
)

// The faults of progress frames.
const (
	ProgressFirst  Fault = "progress_before_ack"   // (P01)
	ProgressMany   Fault = "progress_many"         // times (200) of them in delay_ms (5 min), before the bank is asked (P03, D26)
	ProgressOdd    Fault = "progress_odd_length"   // of 19, 21 and 40 characters (P04)
	ProgressNoEOT  Fault = "progress_no_eot"       // without EOT, the STX of the result follows (P05)
	ProgressText   Fault = "progress_text"         // text, as it is, before the bank is asked (P06, P07)
	ProgressTicket Fault = "progress_in_ticket"    // between the parts of the ticket (P02)
	ProgressAfter  Fault = "progress_after_result" // (P08)
)

// The faults of results.
const (
	NoResult        Fault = "no_result"         // executed, and never answered; the line stays (D27, D37, G18)
	BadLRC          Fault = "bad_lrc"           // result with a wrong LRC: times (1), -1 = always (D08, D09)
	Duplicate       Fault = "duplicate_result"  // the confirmed result again: times (2) (D10)
	WrongTID        Fault = "wrong_tid"         // the answer carries terminal_id (the last digit differs) (D16, G13)
	AmountDiffers   Fault = "amount_differs"    // the bank charges amount_cents instead, and says so; 0: it only says so (D15)
	Partial         Fault = "partial_amount"    // the bank approves amount_cents (half) and says so (D14)
	ResultCode      Fault = "result_code"       // the answer says code; the bank's truth is not touched (D04, D07)
	LocalRefusal    Fault = "local_refusal"     // the terminal refuses with code (01) and text; the bank is never asked (D05, R16)
	Decline         Fault = "decline"           // the bank refuses with action code (D02)
	Cancel          Fault = "cancel"            // the customer presses the red key; the bank is never asked (D03)
	ShortResult     Fault = "short_result"      // one byte too short (D17)
	DenialText      Fault = "denial_text"       // 00, and the text of a refusal in the body: text (NEGATA) (D18)
	LettersInAmount Fault = "letters_in_amount" // (D19)
	WrongLetter     Fault = "wrong_letter"      // the answer has the letter text (T) (D20)
	VResult         Fault = "v_result"          // V; at: "applied", the customer chose his currency, or "plain" (D21, D22)
	ExtendedResult  Fault = "extended_result"   // 92 bytes, also to P (D23)
	PlainResult     Fault = "plain_result"      // 71 bytes, also to X (D24)
	HostDay         Fault = "host_day"          // the result's day of the year is code, 3 digits (D32, D33)
	HostTimeOff     Fault = "host_time_off"     // the result's time is delay_ms (2 h) late (G14)
	StanBack        Fault = "stan_back"         // the result says STAN 000001 (G12)
	EmptyMemory     Fault = "empty_last"        // G finds nothing: 01 and blanks (G08)
	UnequalTotals   Fault = "unequal_totals"    // C: the host's total is amount_cents (1) more (D36)
	BlankTotal      Fault = "blank_total"       // T, C: no total (D38)
)

// The faults of additional data and of VAS.
const (
	DataOptional Fault = "data_optional"      // goes on without the data after a NAK to them, or when they do not come (U02)
	ResultFirst  Fault = "result_before_data" // does not wait for the data (U07)
	DataFirst    Fault = "data_answer_first"  // the answer U before the result (U06)
	NoDataAnswer Fault = "no_data_answer"     // (U05)
	VASSplit     Fault = "vas_parts"          // the answer K in times (3) parts (K01)
	VASRepeat    Fault = "vas_repeat_part"    // the second part twice (K02)
	VASMissing   Fault = "vas_missing_part"   // the second part is missing (K03)
	VASLength    Fault = "vas_wrong_length"   // the last part declares more bytes than it has (K04)
	VASRefused   Fault = "vas_refused"        // RESPID is code (01) (K05)
)

// The faults of tickets; the print switch must be on.
const (
	TicketParts    Fault = "ticket_parts"         // in times (5) parts (S01)
	TicketFirst    Fault = "ticket_first"         // S before the result (S04)
	TicketCut      Fault = "ticket_cut"           // line cut after times (2) parts (S02)
	TicketNoEnd    Fault = "ticket_no_end"        // no end mark (S03)
	TicketSplit    Fault = "ticket_split_control" // a control byte and what it formats in two parts (S05)
	TicketFull     Fault = "ticket_full_lines"    // lines of 24 characters and 7D (S06)
	TicketTwo      Fault = "two_tickets"          // the customer's copy, then the merchant's (S07)
	TicketEqual    Fault = "equal_tickets"        // two equal ones, of one part each (S09)
	TicketBadLRC   Fault = "ticket_bad_lrc"       // times (1) copies of the first part are damaged (S08)
	TicketRepeat   Fault = "ticket_repeat"        // the first part again, delay_ms (3 s) after its ACK (S08)
	TicketCommands Fault = "ticket_commands"      // 1B and printer commands in mid text (S10)
	TicketLong     Fault = "ticket_long_part"     // parts of bytes (250) characters of text (S15)
	SwitchForgot   Fault = "switch_forgotten"     // the print switch is off again (S12)
	NoTicket       Fault = "no_ticket"            // R: ACK, and nothing (S13)
	NoReferenceOn  Fault = "no_reference"         // the ticket is without the reference (S14)
)

// What others do on the terminal, when the request is done with.
const (
	ForeignSale     Fault = "foreign_sale"     // a sale of amount_cents (the same), at: "saved" if it replaces the saved result (G04, G15, G16)
	ForeignReversal Fault = "foreign_reversal" // the last sale is given back, from another cash register (G10)
	ForeignClose    Fault = "foreign_close"    // somebody closes the session (G17)
	ForeignPreauth  Fault = "foreign_preauth"  // another cash register's pre-authorisation is the saved result (G11)
)

// faultSpec says where a fault may happen and which fields it takes.
type faultSpec struct {
	on     string // request letters; "" is any
	line   bool   // on connect too
	only   bool   // on connect only
	inside bool   // happens while the request is still coming
	counts bool   // Times is its own, and not how many requests in a row
	fields string // JSON names of its own fields, blank separated
}

const payments = "PXSpicH"

var faultSpecs = map[Fault]faultSpec{
	HTTPBanner:      {line: true, only: true},
	Silent:          {line: true},
	HangUp:          {line: true, fields: "at"},
	HalfOpen:        {},
	NeverReads:      {line: true, inside: true, fields: "delay_ms"},
	ResetInside:     {inside: true, fields: "bytes"},
	ResetUnread:     {inside: true},
	ResetExecute:    {},
	CutBeforeAuth:   {},
	CutAfterAuth:    {},
	CutAndRun:       {on: payments, fields: "delay_ms"},
	HalfResult:      {},
	CloseWithResult: {},
	CloseBeforeACK:  {},
	AutoCancel:      {on: payments},
	Split:           {fields: "delay_ms"},
	Glue:            {},
	Stall:           {fields: "delay_ms"},
	Slow:            {fields: "at delay_ms"},
	Off:             {fields: "delay_ms"},
	Reboot:          {on: payments, fields: "delay_ms"},
	Deaf:            {fields: "delay_ms"},
	Noise:           {fields: "delay_ms bytes"},
	EndlessSTX:      {fields: "bytes"},

	NoACK:       {},
	Nak:         {},
	NakExecute:  {},
	DoubleACK:   {},
	OtherACK:    {fields: "form"},
	BadACK:      {},
	BareACK:     {},
	StaleResult: {},
	StaleInside: {},
	OlderResult: {fields: "amount_cents"},

	ProgressFirst:  {},
	ProgressMany:   {counts: true, fields: "times delay_ms"},
	ProgressOdd:    {},
	ProgressNoEOT:  {},
	ProgressText:   {fields: "text"},
	ProgressTicket: {},
	ProgressAfter:  {},

	NoResult:        {},
	BadLRC:          {counts: true, fields: "times"},
	Duplicate:       {counts: true, fields: "times"},
	WrongTID:        {fields: "terminal_id"},
	AmountDiffers:   {fields: "amount_cents"},
	Partial:         {on: "PXp", fields: "amount_cents"},
	ResultCode:      {fields: "code"},
	LocalRefusal:    {on: payments, fields: "code text"},
	Decline:         {fields: "code"},
	Cancel:          {},
	ShortResult:     {},
	DenialText:      {fields: "text"},
	LettersInAmount: {},
	WrongLetter:     {fields: "text"},
	VResult:         {on: "PX", fields: "at"},
	ExtendedResult:  {on: "PX"},
	PlainResult:     {on: "PX"},
	HostDay:         {fields: "code"},
	HostTimeOff:     {fields: "delay_ms"},
	StanBack:        {},
	EmptyMemory:     {on: "G"},
	UnequalTotals:   {on: "C", fields: "amount_cents"},
	BlankTotal:      {on: "CT"},

	DataOptional: {},
	ResultFirst:  {on: payments},
	DataFirst:    {on: payments},
	NoDataAnswer: {},
	VASSplit:     {on: "K", counts: true, fields: "times"},
	VASRepeat:    {on: "K"},
	VASMissing:   {on: "K"},
	VASLength:    {on: "K"},
	VASRefused:   {on: "K", fields: "code"},

	TicketParts:    {counts: true, fields: "times"},
	TicketFirst:    {on: payments},
	TicketCut:      {counts: true, fields: "times"},
	TicketNoEnd:    {},
	TicketSplit:    {},
	TicketFull:     {},
	TicketTwo:      {},
	TicketEqual:    {},
	TicketBadLRC:   {counts: true, fields: "times"},
	TicketRepeat:   {fields: "delay_ms"},
	TicketCommands: {},
	TicketLong:     {fields: "bytes"},
	SwitchForgot:   {},
	NoTicket:       {on: "R"},
	NoReferenceOn:  {},

	ForeignSale:     {fields: "amount_cents at"},
	ForeignReversal: {},
	ForeignClose:    {},
	ForeignPreauth:  {},
}
