package ecr17

// Requests of the cash desk. Terminal ids have 8 digits, cash register ids up
// to 8; amounts are euro cents.

// StatusRequest asks the terminal's state (s, 2.1).
type StatusRequest struct{ TID string }

// PaymentRequest asks a payment (P, X) or a pre-authorisation (p) (2.2). Use X:
// its answer carries amount and action code.
//
// ECR17 2.2: the contract text stands right aligned, as the documentation says.
// The terminal skips blanks when it prints it, at 24 columns a line, so a
// reference has no blank inside and at most 24 characters.
type PaymentRequest struct {
	Code         byte // 'X', 'P' or 'p'
	TID          string
	CashRegister string
	MoreData     bool // an AdditionalData follows
	CardPresent  bool // card already in the reader
	CardChoice   CardChoice
	AmountCents  int64  // 1 to 99999999
	Text         string // contract text, at most 128; our reference goes here
}

// IncrementRequest raises (i) or collects (c) a pre-authorisation (2.7).
//
// ECR17 2.7: the page of the closure shows the letter i with hex 63; 63 is c,
// and so is the answer. The code of the pre-authorisation stands at 160, not
// at 168.
type IncrementRequest struct {
	Code         byte // 'i' or 'c'
	TID          string
	CashRegister string
	MoreData     bool
	AmountCents  int64
	Text         string
	PreauthCode  string // 9 digits
}

// VerifyRequest asks a card verification (H, 2.8). No money moves. Its answer
// has letter and length of a payment's (P): only what was asked tells them
// apart (ClassPayment, EffectPerhaps).
type VerifyRequest struct {
	TID          string
	CashRegister string
	MoreData     bool
	CardChoice   CardChoice
}

// ReversalRequest asks to give a payment back (S, 2.5).
//
// ECR17 2.5: the flag for additional data is at 25, unlike elsewhere. Byte 26
// stays 0 (same card); the other values are managed by no terminal known.
type ReversalRequest struct {
	TID          string
	CashRegister string
	STAN         string // 6 digits; "000000" = the last one, unchecked: never in recovery
	MoreData     bool
}

// TotalsRequest asks the terminal's total (T, 2.9).
//
// ECR17 2.9: the overview promises a remote total too; the layout has only the
// terminal's own. A negative total cannot be written and reads as absent.
type TotalsRequest struct {
	TID          string
	CashRegister string
	MoreData     bool
}

// CloseRequest closes the session and zeroes the total (C, 2.9).
type CloseRequest struct {
	TID          string
	CashRegister string
	MoreData     bool
}

// LastResultRequest asks the saved result again (G, 2.10). The answer is the
// saved message byte for byte, however old; ClassifyLast tells whose it is.
type LastResultRequest struct {
	TID          string
	CashRegister string
	StoredData   bool // the saved U answer too
}

// PrintSwitch sends receipts to the ECR or to the terminal's printer (E, 2.11).
// It is forgotten at the end of each procedure. An ACK is its whole answer.
type PrintSwitch struct {
	TID   string
	ToECR bool
}

// ReprintRequest asks a copy of a ticket (R, 2.11).
//
// ECR17 2.11: the page calls it a message of the terminal; it is one to it. No
// result follows, only the ticket, and that only with ToECR.
type ReprintRequest struct {
	TID     string
	ToECR   bool
	Service bool // last service ticket instead of the last financial one
}

func decodeRequest(s string, mode Mode) (Message, error) {
	var v values
	switch s[9] {
	case 's':
		err := statusRequestTable.unpack(&v, s, mode)
		return StatusRequest{TID: v.text[fTID]}, err
	case 'P', 'X', 'p':
		err := paymentTable.unpack(&v, s, mode)
		m := PaymentRequest{
			Code: v.code, TID: v.text[fTID], CashRegister: v.text[fRegister],
			MoreData: v.flag(fMore), CardPresent: v.flag(fCardPresent), CardChoice: v.cardChoice(),
			AmountCents: v.number(fAmount), Text: v.text[fText],
		}
		return m, first(err, paymentTable.checkChoice(m.CardChoice))
	case 'i', 'c':
		err := incrementTable.unpack(&v, s, mode)
		return IncrementRequest{
			Code: v.code, TID: v.text[fTID], CashRegister: v.text[fRegister], MoreData: v.flag(fMore),
			AmountCents: v.number(fAmount), Text: v.text[fText], PreauthCode: v.text[fPreauth],
		}, err
	case 'H':
		err := verifyTable.unpack(&v, s, mode)
		m := VerifyRequest{TID: v.text[fTID], CashRegister: v.text[fRegister], MoreData: v.flag(fMore), CardChoice: v.cardChoice()}
		return m, first(err, verifyTable.checkChoice(m.CardChoice))
	case 'S':
		err := reversalTable.unpack(&v, s, mode)
		return ReversalRequest{TID: v.text[fTID], CashRegister: v.text[fRegister], STAN: v.text[fSTAN], MoreData: v.flag(fMore)}, err
	case 'T':
		err := sessionTable.unpack(&v, s, mode)
		return TotalsRequest{TID: v.text[fTID], CashRegister: v.text[fRegister], MoreData: v.flag(fMore)}, err
	case 'C':
		err := sessionTable.unpack(&v, s, mode)
		return CloseRequest{TID: v.text[fTID], CashRegister: v.text[fRegister], MoreData: v.flag(fMore)}, err
	case 'G':
		err := lastResultTable.unpack(&v, s, mode)
		return LastResultRequest{TID: v.text[fTID], CashRegister: v.text[fRegister], StoredData: v.flag(fMore)}, err
	case 'E':
		err := printSwitchTable.unpack(&v, s, mode)
		return PrintSwitch{TID: v.text[fTID], ToECR: v.flag(fToECR)}, err
	case 'R':
		err := reprintTable.unpack(&v, s, mode)
		return ReprintRequest{TID: v.text[fTID], ToECR: v.flag(fToECR), Service: v.flag(fService)}, err
	case 'U':
		return decodeAdditionalData(&v, s, mode)
	default: // 'K': checkHeader let nothing else through
		return decodeVASRequest(&v, s, mode)
	}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *values) cardChoice() CardChoice { return CardChoice(v.number(fCardChoice)) }

func (l *layout) checkChoice(c CardChoice) error {
	if c <= OtherCards {
		return nil
	}
	for i := range l.rows {
		if l.rows[i].id == fCardChoice {
			return l.fault(&l.rows[i], numberText(int64(c)), ErrRange)
		}
	}
	return ErrRange
}

// request begins the values of a request.
func request(code byte, tid, register string, more bool) values {
	v := values{code: code}
	v.setText(fTID, tid)
	v.setText(fRegister, register)
	v.setFlag(fMore, more)
	return v
}

// AppendPayload implements Message.
func (m StatusRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request('s', m.TID, "", false)
	return statusRequestTable.pack(dst, &v)
}

// AppendPayload implements Message.
func (m PaymentRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request(m.Code, m.TID, m.CashRegister, m.MoreData)
	v.setFlag(fCardPresent, m.CardPresent)
	v.setNumber(fCardChoice, int64(m.CardChoice))
	v.setNumber(fAmount, m.AmountCents)
	v.setText(fText, m.Text)
	if err := first(paymentTable.checkCode(m.Code), paymentTable.checkChoice(m.CardChoice)); err != nil {
		return dst, err
	}
	return paymentTable.pack(dst, &v)
}

// AppendPayload implements Message.
func (m IncrementRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request(m.Code, m.TID, m.CashRegister, m.MoreData)
	v.setNumber(fAmount, m.AmountCents)
	v.setText(fText, m.Text)
	v.setText(fPreauth, m.PreauthCode)
	if err := incrementTable.checkCode(m.Code); err != nil {
		return dst, err
	}
	return incrementTable.pack(dst, &v)
}

// AppendPayload implements Message.
func (m VerifyRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request('H', m.TID, m.CashRegister, m.MoreData)
	v.setNumber(fCardChoice, int64(m.CardChoice))
	if err := verifyTable.checkChoice(m.CardChoice); err != nil {
		return dst, err
	}
	return verifyTable.pack(dst, &v)
}

// AppendPayload implements Message.
func (m ReversalRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request('S', m.TID, m.CashRegister, m.MoreData)
	v.setText(fSTAN, m.STAN)
	return reversalTable.pack(dst, &v)
}

// AppendPayload implements Message.
func (m TotalsRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request('T', m.TID, m.CashRegister, m.MoreData)
	return sessionTable.pack(dst, &v)
}

// AppendPayload implements Message.
func (m CloseRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request('C', m.TID, m.CashRegister, m.MoreData)
	return sessionTable.pack(dst, &v)
}

// AppendPayload implements Message.
func (m LastResultRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request('G', m.TID, m.CashRegister, m.StoredData)
	return lastResultTable.pack(dst, &v)
}

// AppendPayload implements Message.
func (m PrintSwitch) AppendPayload(dst []byte) ([]byte, error) {
	v := request('E', m.TID, "", false)
	v.setFlag(fToECR, m.ToECR)
	return printSwitchTable.pack(dst, &v)
}

// AppendPayload implements Message.
func (m ReprintRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request('R', m.TID, "", false)
	v.setFlag(fToECR, m.ToECR)
	v.setFlag(fService, m.Service)
	return reprintTable.pack(dst, &v)
}
